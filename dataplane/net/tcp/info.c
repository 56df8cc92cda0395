/* SPDX-License-Identifier: BSD-3-Clause */
/* How connections stand, for those who look on: nothing here changes one. */
#include "dataplane/net/tcp/conn.h"

/* The earliest deadline and whose it is. The lazily armed wheel may fire before it. */
static void
tell_timer(const struct tcp_conn *c, struct tcp_info *out)
{
	const struct {
		enum tcp_timer timer;
		struct mono at;
	} all[] = {
		{ TCP_TIMER_RTO, c->rto_at },
		{ TCP_TIMER_PERSIST, c->persist_at },
		{ TCP_TIMER_REORDER, c->rack.reorder_at },
		{ TCP_TIMER_TAIL_PROBE, c->rack.probe_at },
		{ TCP_TIMER_DELAYED_ACK, c->delayed_ack_at },
		{ TCP_TIMER_KEEPALIVE, c->keepalive_at },
		{ TCP_TIMER_CLOSE, c->close_at },
	};
	struct mono first = MONO_NEVER;

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (mono_is_set(all[i].at) && mono_before(all[i].at, first)) {
			first = all[i].at;
			out->timer = all[i].timer;
		}
	}
	if (out->timer != TCP_TIMER_NONE && mono_before(c->tcp->now, first))
		out->timer_ms = (uint32_t)(mono_since(first, c->tcp->now).ns / 1000000);
}

void
tcp_info(const struct tcp_conn *c, struct tcp_info *out)
{
	static const char *const names[TCP_STATE_COUNT] = {
#define X(id, word) [TCP_STATE_##id] = word,
		TCP_STATES(X)
#undef X
	};
	uint32_t age = (uint32_t)(c->tcp->now.ns >> OPENED_AT_SHIFT) - c->opened_at;
	int32_t window = seq_diff(c->rcv_adv, c->rcv_nxt);

	*out = (struct tcp_info){
		.state = names[c->state],
		.state_id = (enum tcp_state)c->state,
		.has_timestamps = c->use_ts,
		.has_sack = c->use_sack,
		.has_scale = c->snd_scale != 0 || c->rcv_scale != 0,
		.has_ecn = c->use_ecn,
		.is_active = c->active,
		.send_scale = c->snd_scale,
		.receive_scale = c->rcv_scale,
		.label = c->label,
		.age_ms = ((uint64_t)age << OPENED_AT_SHIFT) / 1000000u,
		.in_flight_bytes = in_flight(c),
		.lost_bytes = c->lost_bytes,
		.sacked_bytes = c->sacked_bytes,
		.rtt_us = (uint32_t)(c->srtt_ns / 1000),
		.rtt_var_us = (uint32_t)(c->rttvar_ns / 1000),
		.rto_us = (uint32_t)(c->rto_ns / 1000),
		.cwnd_bytes = c->congestion.cwnd,
		.ssthresh_bytes = c->congestion.ssthresh,
		.mss_bytes = c->mss,
		.send_queue_bytes = (uint32_t)c->snd.bytes,
		.receive_queue_bytes = (uint32_t)c->rcv.bytes,
		.out_of_order_bytes = c->reasm_bytes,
		.send_window_bytes = c->snd_wnd,
		.receive_window_bytes = window > 0 ? (uint32_t)window : 0,
		.sent_bytes = c->sent_bytes,
		.received_bytes = c->received_bytes,
		.retransmitted_segments = c->retransmitted_segments,
	};
	tell_timer(c, out);
}

uint32_t
tcp_places(const struct tcp *t)
{
	return t->config.connections_max;
}

const struct tcp_conn *
tcp_conn_at(const struct tcp *t, uint32_t place)
{
	const struct tcp_conn *c;

	if (place >= t->config.connections_max)
		return NULL;
	c = &t->conns[place];
	return c->state != TCP_CLOSED ? c : NULL;
}

uint32_t
tcp_time_wait_places(const struct tcp *t)
{
	return t->config.time_wait_max;
}

/* One that is over is found as such by its time: nothing needs a mark. */
bool
tcp_time_wait_at(
    const struct tcp *t, uint32_t place, struct tcp_endpoints *out, struct duration *left)
{
	const struct time_wait *w;

	if (place >= t->config.time_wait_max)
		return false;
	w = &t->time_wait_slots[place];
	if (!mono_is_set(w->until) || !mono_before(t->now, w->until))
		return false;
	*out = w->endpoints;
	*left = mono_since(w->until, t->now);
	return true;
}
