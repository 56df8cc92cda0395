/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The usual segment of a peer that uploads: the next bytes, and nothing else that is news. Most of
 * what comes is of this kind, so its conditions are gathered and tested once, and what the steps of
 * input.c, recovery.c and reasm.c would do with it stands here in a row. Whatever is not exactly so
 * takes those steps; nothing has been changed by then. Where the two must agree, the tests run the
 * same segments both ways (tests/unit/dataplane/net/tcp/predicted.c).
 */
#include "dataplane/net/tcp/conn.h"

/*
 * Bytes at rcv_nxt, within the window that was announced, that acknowledge nothing while nothing of
 * ours flies: the ACK field, the window and what RACK and undo make of it change nothing. No hole
 * waits, no FIN is near, buffers are not short.
 */
static bool
is_predicted(const struct tcp_conn *c, const struct segment *s)
{
	uint32_t rare;

	if (!seq_is(s->ack, c->snd_una)) /* most often: a request that acknowledges an answer */
		return false;
	rare = (uint32_t)(s->flags & ~FLAG_PSH) ^ FLAG_ACK;
	rare |= c->state ^ (uint32_t)TCP_ESTABLISHED;
	rare |= s->seq.v ^ c->rcv_nxt.v;
	rare |= c->snd_nxt.v ^ c->snd_una.v;
	rare |= s->window << c->snd_scale ^ c->snd_wnd;
	rare |= (uint32_t)(c->use_ts ^ s->options.has_ts);
	rare |= s->options.sack_count | c->run_count | c->quick_acks | c->keepalive_probes;
	rare |= (uint32_t)(c->fin_received | c->discard | c->in_recovery | c->rack.tlp_is_out |
			   c->tcp->is_short | c->tcp->config.no_prediction);
	rare |= s->ecn == ECN_CE;
	if (rare != 0)
		return false;
	return s->length > COPY_BYTES_MAX && c->rcv.bytes <= BACKLOG_BYTES &&
	       seq_diff(c->rcv_adv, c->rcv_nxt) >= (int32_t)s->length &&
	       !seq_before(s->seq, c->wl1) &&
	       (!c->use_ts || (int32_t)(s->options.ts_val - c->ts_recent) >= 0);
}

bool
predicted_take(struct tcp_conn *c, struct segment *s)
{
	struct tcp *t = c->tcp;

	if (!is_predicted(c, s))
		return false;
	if (c->use_ts && !seq_after(s->seq, c->last_ack_sent)) { /* RFC 7323 §4.3 */
		c->ts_recent = s->options.ts_val;
		c->ts_recent_at = t->now;
	}
	c->wl1 = s->seq;
	c->wl2 = s->ack;
	c->rcv_nxt = seq_add(c->rcv_nxt, s->length);
	c->received_bytes += s->length;
	chain_append(&c->rcv, s->m);
	s->m = NULL;
	if (++c->segments_unacked >= 2)
		c->ack_now = true;
	else if (!mono_is_set(c->delayed_ack_at))
		c->delayed_ack_at = mono_add(t->now, milliseconds(DELAYED_ACK_MS));
	conn_list_ready(c);
	output_schedule(c);
	return true;
}
