/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RACK-TLP (RFC 8985): what is lost is told by time. Whatever was sent before something that
 * arrived, and a little longer ago than a round trip, is lost; how much longer follows the
 * reordering that was seen. When the tail of a flight is met by silence, a probe after two round
 * trips takes the place of a timeout. Names are the RFC's; times are microseconds.
 *
 * RACK marks ranges of the scoreboard, recovery.c acts on them. It needs SACK; without, duplicate
 * ACKs are counted (recovery.c).
 */
#include "dataplane/net/tcp/conn.h"

/* RFC 8985 §4: RACK_sent_after() */
static bool
sent_after(uint32_t t1, struct seq end1, uint32_t t2, struct seq end2)
{
	return (int32_t)(t1 - t2) > 0 || (t1 == t2 && seq_after(end1, end2));
}

/* A retransmission was sent after this echo was: the ACK is for the original (§6.2, step 2). */
static bool
echo_is_older(const struct tcp_conn *c, const struct tcp_options *o, uint32_t age_us)
{
	uint32_t sent_ms = ts_clock(c->tcp) + c->ts_offset - age_us / 1000 - 1;

	return c->use_ts && o->has_ts && (int32_t)(o->ts_ecr - sent_ms) < 0;
}

void
rack_take_rtt(struct tcp_conn *c, uint32_t rtt_us)
{
	struct rack *r = &c->rack;

	if (!mono_is_set(r->min_rtt_at) || rtt_us <= r->min_rtt_us ||
	    mono_since(c->tcp->now, r->min_rtt_at).ns > (int64_t)MIN_RTT_MS * 1000000) {
		r->min_rtt_us = rtt_us;
		r->min_rtt_at = c->tcp->now;
	}
}

void
rack_delivered(
    struct tcp_conn *c, const struct sent_range *s, struct seq end, const struct tcp_options *o)
{
	struct rack *r = &c->rack;
	uint32_t rtt_us = now_us(c->tcp) - s->sent_us;

	/* Step 3: below what arrived before, and never sent again: the path reorders. */
	if (!r->has_fack || seq_after(end, r->fack))
		r->fack = end;
	else if (seq_before(end, r->fack) && !s->again)
		r->reorders = true;
	r->has_fack = true;
	/* Step 2. An answer that came too soon for a retransmission is the original's. */
	if (s->again && (rtt_us < r->min_rtt_us || echo_is_older(c, o, rtt_us)))
		return;
	if (!s->again) {
		rack_take_rtt(c, rtt_us);
		congestion_take_rtt(&c->congestion, rtt_us);
	}
	r->rtt_us = rtt_us;
	if (!r->has_sent || sent_after(s->sent_us, end, r->sent_us, r->end)) {
		r->sent_us = s->sent_us;
		r->end = end;
		r->has_sent = true;
	}
}

void
rack_take_dsack(struct tcp_conn *c)
{
	struct rack *r = &c->rack;

	tcp_count(c->tcp, TCP_COUNTER_DSACKS);
	if (r->in_dsack_round)
		return;
	/* §6.2, step 4: a retransmission too many. Wait longer, for sixteen recoveries. */
	r->in_dsack_round = true;
	r->dsack_round = c->snd_nxt;
	r->reo_wnd_persist = REO_WND_PERSIST;
	if (r->reo_wnd_mult < REO_WND_MULT_MAX)
		r->reo_wnd_mult++;
}

void
rack_recovery_ended(struct tcp_conn *c)
{
	struct rack *r = &c->rack;

	if (r->reo_wnd_persist > 0 && --r->reo_wnd_persist == 0)
		r->reo_wnd_mult = 0;
}

/* §6.2, step 4. reo_wnd_mult counts from 0: the DSACKs beyond the first quarter. */
static uint32_t
reorder_window(const struct tcp_conn *c)
{
	uint64_t window, most = c->srtt_ns / 1000;

	if (!c->rack.reorders && (c->in_recovery || c->in_loss || c->dup_acks >= DUP_THRESHOLD ||
				     c->sacked_bytes >= DUP_THRESHOLD * (uint32_t)c->mss))
		return 0;
	window = (uint64_t)(c->rack.reo_wnd_mult + 1) * c->rack.min_rtt_us / 4;
	return (uint32_t)(window < most ? window : most);
}

/* Step 5 for one range; what is not lost yet says in rack.wait_us how long until it would be. */
static bool
is_lost(struct tcp_conn *c, struct sent_range *s)
{
	struct rack *r = &c->rack;
	int32_t left;

	if (!sent_after(r->sent_us, r->end, s->sent_us, s->end))
		return false;
	left = (int32_t)(s->sent_us + r->rtt_us + r->reo_wnd_us - now_us(c->tcp));
	if (left <= 0)
		return true;
	if ((uint32_t)left > r->wait_us)
		r->wait_us = (uint32_t)left;
	return false;
}

bool
rack_detect_loss(struct tcp_conn *c)
{
	struct rack *r = &c->rack;
	bool any;

	r->reorder_at = MONO_NONE;
	if (!c->use_sack || !r->has_sent || c->sent_count == 0)
		return false;
	if (r->in_dsack_round && !seq_before(c->snd_una, r->dsack_round))
		r->in_dsack_round = false;
	r->reo_wnd_us = reorder_window(c);
	r->wait_us = 0;
	any = scoreboard_lose_older(c, is_lost);
	if (r->wait_us > 0)
		r->reorder_at = mono_add(c->tcp->now, microseconds((int64_t)r->wait_us + 1));
	return any;
}

static bool
is_overdue(struct tcp_conn *c, struct sent_range *s)
{
	return (int32_t)(s->sent_us + c->rack.rtt_us + c->rack.reo_wnd_us - now_us(c->tcp)) <= 0;
}

void
rack_timeout(struct tcp_conn *c)
{
	c->rack.reorder_at = MONO_NONE;
	c->rack.tlp_is_out = false;
	if (c->sent_count > 0 && c->sent[0].state == SENT_SACKED)
		scoreboard_forget_sacks(c); /* it went back on them (RFC 2018 §8) */
	scoreboard_lose_first(c);
	if (c->use_sack)
		scoreboard_lose_older(c, is_overdue);
	else
		scoreboard_lose_all(c);
}

/* §7.2: TLP_calc_PTO(). Never later than the RTO, whose place it then takes once. */
void
rack_arm_probe(struct tcp_conn *c)
{
	uint64_t wait = (uint64_t)RTO_INITIAL_MS * 1000000u;

	c->rack.probe_at = MONO_NONE;
	if (!c->use_sack || c->in_recovery || c->in_loss || c->rack.tlp_is_out ||
	    c->sacked_bytes > 0 || in_flight(c) == 0 || in_flight(c) > c->snd_wnd ||
	    !mono_is_set(c->rto_at))
		return;
	if (c->srtt_ns != 0)
		wait = 2 * c->srtt_ns + (uint64_t)TLP_MIN_MS * 1000000u;
	if (c->srtt_ns != 0 && in_flight(c) <= c->mss)
		wait += (uint64_t)TLP_MAX_ACK_DELAY_MS * 1000000u;
	c->rack.probe_at =
	    mono_earlier(mono_add(c->tcp->now, nanoseconds((int64_t)wait)), c->rto_at);
}

void
rack_probe(struct tcp_conn *c)
{
	struct seq before = c->snd_nxt;

	c->rack.probe_at = MONO_NONE;
	if (in_flight(c) == 0 || !output_tail_probe(c))
		return;
	tcp_count(c->tcp, TCP_COUNTER_TAIL_PROBES);
	c->rack.tlp_is_out = true;
	c->rack.tlp_resent = seq_is(before, c->snd_nxt);
	c->rack.tlp_end = c->snd_nxt;
	recovery_arm_rto(c);
}

/* §7.4.2: did the probe repair a loss that nobody else would tell of? */
bool
rack_probe_repaired(struct tcp_conn *c, const struct segment *s, bool dsack)
{
	struct rack *r = &c->rack;

	if (!r->tlp_is_out || seq_before(s->ack, r->tlp_end))
		return false;
	if (!r->tlp_resent || dsack) {
		r->tlp_is_out = false;
		return false;
	}
	if (seq_after(s->ack, r->tlp_end)) {
		r->tlp_is_out = false;
		return true;
	}
	if (s->length == 0 && seq_is(s->ack, c->snd_una) && s->options.sack_count == 0)
		r->tlp_is_out = false; /* a duplicate without SACK: both copies arrived */
	return false;
}
