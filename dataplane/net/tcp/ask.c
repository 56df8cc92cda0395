/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments without data that ask, or answer, where something is in doubt: whether the peer lives,
 * whether its window is still shut, whether it meant what came in its name.
 */
#include "dataplane/net/tcp/flight.h"

void
ask_without_data(struct tcp_conn *c)
{
	uint8_t options[OPTION_BYTES_MAX];
	unsigned n = options_build(c, options);
	uint32_t window = output_window(c) >> c->rcv_scale;

	output_stray(c->tcp, &c->endpoints, seq_add(c->snd_nxt, -1u), c->rcv_nxt, FLAG_ACK,
	    window < 65535 ? window : 65535, options, n);
}

void
ask_if_alive(struct tcp_conn *c)
{
	tcp_count(c->tcp, TCP_COUNTER_KEEPALIVE_PROBES);
	flight_note_event(c, TCP_FLIGHT_KEEPALIVE, 0);
	ask_without_data(c);
}

void
ask_if_meant(struct tcp_conn *c)
{
	if (mono_is_set(c->challenge_at) && mono_before(c->tcp->now, c->challenge_at))
		return;
	c->challenge_at = mono_add(c->tcp->now, milliseconds(CHALLENGE_ACK_MS));
	tcp_count(c->tcp, TCP_COUNTER_CHALLENGE_ACKS);
	output_ack_now(c);
}
