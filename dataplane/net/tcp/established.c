/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A segment of a connection that both sides opened, in the steps of RFC 9293 §3.10.7.4: is it in
 * the window, RST, SYN, the ACK field, the text, the FIN. What fails a step is counted by cause and
 * answered only as that step says. The connection may be gone when input_established() returns.
 */
#include "dataplane/net/tcp/flight.h"

/* RFC 7323 §5.3: an old timestamp, unless the connection slept for 24 days. Never for a RST. */
static bool
is_old_duplicate(struct tcp_conn *c, const struct segment *s)
{
	uint64_t idle_ms = (uint64_t)mono_since(c->tcp->now, c->ts_recent_at).ns / 1000000u;

	return c->use_ts && s->options.has_ts && (s->flags & FLAG_RST) == 0 &&
	       (int32_t)(s->options.ts_val - c->ts_recent) < 0 && idle_ms < PAWS_IDLE_MS;
}

/* First step: does any of it lie in the window? (RFC 9293 §3.4) */
bool
input_is_acceptable(const struct tcp_conn *c, const struct segment *s)
{
	/* A RST counts by its number alone, even where the window is shut (MUST-66). */
	uint32_t length = s->flags & FLAG_RST ? 0 : s->length + ((s->flags & FLAG_FIN) != 0);
	struct seq end = seq_add(s->seq, length), edge = seq_later(c->rcv_adv, c->rcv_nxt);

	if (length == 0)
		return !seq_before(s->seq, c->rcv_nxt) && !seq_after(s->seq, edge);
	/* A FIN alone needs no room: where it were refused its sender would only ask again. */
	return seq_after(end, c->rcv_nxt) &&
	       (seq_before(s->seq, edge) || (s->length == 0 && seq_is(s->seq, edge)));
}

/*
 * More than the window that was announced: nothing of it is taken, which tells a sender that does
 * not heed windows, unless nothing waits here: then all is. RFC 9293 §3.10.7.4 leaves open what to
 * do with such a segment; to cut it keeps its buffer all the same, and makes it come again.
 */
static bool
exceeds_window(const struct tcp_conn *c, const struct segment *s)
{
	struct seq end = seq_add(s->seq, s->length);

	return seq_after(end, seq_later(c->rcv_adv, c->rcv_nxt)) &&
	       (c->rcv.bytes > 0 || c->run_count > 0 || seq_after(s->seq, c->rcv_nxt));
}

/* Cuts off what was received before, and what lies beyond the peer's FIN. */
static void
trim(struct tcp_conn *c, struct segment *s)
{
	struct chain bytes = CHAIN_EMPTY;
	int32_t old = seq_diff(c->rcv_nxt, s->seq), over;

	s->told_twice = old > 0;
	if (old <= 0 && !c->fin_received)
		return;
	chain_append(&bytes, s->m);
	s->m = NULL;
	if (old > 0) {
		uint32_t n = (uint32_t)old < s->length ? (uint32_t)old : s->length;

		reasm_note_twice(c, (struct seq_range){ s->seq, seq_add(s->seq, n) });
		c->tcp->counters[TCP_COUNTER_OVERLAPS] += n;
		c->quick_acks = QUICK_ACKS;
		chain_drop(&bytes, n);
		s->seq = seq_add(s->seq, n);
		s->length -= n;
		output_ack_now(c);
	}
	over = seq_diff(seq_add(s->seq, s->length), c->fin_seq);
	if (c->fin_received && over > 0) {
		struct chain inside = CHAIN_EMPTY;
		uint32_t keep = (uint32_t)over < s->length ? s->length - (uint32_t)over : 0;

		if (chain_take(&bytes, &c->tcp->env.pools, keep, &inside) != 0)
			keep = 0;
		chain_free(&bytes);
		bytes = inside;
		s->length = keep;
		output_ack_now(c);
	}
	s->m = bytes.first;
}

/* Of what was received lately: a peer that misjudges a loss sends thousands, and means no harm. */
static bool
is_late_copy(const struct tcp_conn *c, const struct segment *s)
{
	int32_t behind = seq_diff(c->rcv_nxt, s->seq);

	return s->length > 0 && behind > 0 && (uint32_t)behind <= c->window_limit;
}

/* Outside the window: an ACK tells where we are; an empty segment is answered rarely (ACK wars). */
void
input_reject(struct tcp_conn *c, const struct segment *s)
{
	struct seq end = seq_add(s->seq, s->length);

	tcp_count(c->tcp, TCP_COUNTER_OUT_OF_WINDOW);
	if (!is_late_copy(c, s))
		flight_rejected(c);
	if (s->flags & FLAG_RST)
		return;
	if (s->length > 0 || (s->flags & FLAG_FIN)) {
		if (seq_before(s->seq, c->rcv_nxt)) {
			reasm_note_twice(
			    c, (struct seq_range){ s->seq, seq_earlier(end, c->rcv_nxt) });
			c->quick_acks = QUICK_ACKS;
		}
		output_ack_now(c);
	} else if (!seq_is(s->seq, seq_add(c->rcv_nxt, 0u - 1)) || !c->ack_now) {
		ask_if_meant(c);
	}
}

/* Second step, RFC 5961 §3: exactly rcv_nxt ends it, elsewhere in the window it must prove itself.
 */
void
input_take_reset(struct tcp_conn *c, const struct segment *s)
{
	if (!seq_is(s->seq, c->rcv_nxt)) {
		ask_if_meant(c);
		return;
	}
	tcp_count(c->tcp, TCP_COUNTER_ESTAB_RESETS);
	if (c->snd.bytes > 0)
		flight_report(c, TCP_FAULT_RESET); /* it cuts what we were sending */
	else
		flight_freeze(c, TCP_FAULT_RESET);
	conn_end(c);
}

/* RFC 7323 §4.3: only what lies at the left edge of the last ACK moves the echo. */
static void
take_timestamp(struct tcp_conn *c, const struct segment *s)
{
	if (c->use_ts && s->options.has_ts && !seq_after(s->seq, c->last_ack_sent) &&
	    (int32_t)(s->options.ts_val - c->ts_recent) >= 0) {
		c->ts_recent = s->options.ts_val;
		c->ts_recent_at = c->tcp->now;
		c->echoes_copy = false;
	}
}

static bool
ack_is_plausible(const struct tcp_conn *c, const struct segment *s)
{
	uint32_t most = c->max_snd_wnd > INT32_MAX ? INT32_MAX : c->max_snd_wnd;

	return !seq_after(s->ack, c->snd_nxt) && seq_diff(c->snd_una, s->ack) <= (int32_t)most;
}

/*
 * Bytes that were taken come again: our ACK was lost, and the one that answers this copy will be
 * the peer's measure of a round trip. So it echoes the copy's timestamp: with the one before, its
 * sample would be all the time it waited, and its RTO thrice that. Only that one ACK: a copy is no
 * news (RFC 7323 §5.3, R2), and where it overtook what was sent before it, as on a path that
 * reorders, PAWS would drop that. A stranger's is kept out by the ACK field.
 */
static void
echo_late_copy(struct tcp_conn *c, const struct segment *s)
{
	if ((s->flags & (FLAG_ACK | FLAG_SYN | FLAG_RST)) != FLAG_ACK || !is_late_copy(c, s) ||
	    !ack_is_plausible(c, s))
		return;
	if (c->use_ts && s->options.has_ts && !seq_after(s->seq, c->last_ack_sent)) {
		c->echoes_copy = true;
		c->ts_copy = s->options.ts_val;
	}
}

/*
 * RFC 3168 §6.1.3: a mark is echoed on every ACK until the peer says CWR. Marks on what we drop or
 * on pure ACKs mean nothing. The first is told at once, as a loss would be.
 */
static void
take_mark(struct tcp_conn *c, const struct segment *s)
{
	if (!c->use_ecn)
		return;
	if (s->flags & FLAG_CWR)
		c->ecn_echo = false;
	if (s->ecn == ECN_CE && s->length > 0) {
		tcp_count(c->tcp, TCP_COUNTER_ECN_MARKS);
		if (!c->ecn_echo)
			output_ack_now(c);
		c->ecn_echo = true;
	}
}

/*
 * Is this segment's window newer than the one we know? RFC 9293 §3.10.7.4 asks for SEG.SEQ first;
 * then one that was sent again, behind others that came early, moves snd_una and not the window,
 * and the old window from the new left edge is more than was ever announced. An ACK never goes
 * back, so it says what is newer before SEG.SEQ does.
 */
static bool
is_newer_window(const struct tcp_conn *c, const struct segment *s)
{
	return seq_after(s->ack, c->wl2) || (seq_is(s->ack, c->wl2) && !seq_before(s->seq, c->wl1));
}

/*
 * A peer that reads again has the whole user timeout; one that opens, shuts, and acknowledges
 * nothing in between has not. What went while the window was shut may have been dropped, so once a
 * probe or a timeout has waited, all goes again at once, and a lone probe's byte with what follows
 * it. Before, nothing has been waited for: two empty segments must not bring a flight again.
 */
static void
take_opened_window(struct tcp_conn *c)
{
	if (!c->reopened)
		c->progress_at = in_flight(c) > 0 ? c->tcp->now : MONO_NONE;
	c->reopened = true;
	c->persist_at = MONO_NONE;
	if (c->backoff == 0)
		return;
	if (in_flight(c) == 1 && !c->fin_sent) {
		c->snd_nxt = c->snd_una;
		scoreboard_clear(c);
	}
	recovery_resend_all(c);
	c->backoff = 0;
	c->rto_at = MONO_NONE;
	if (c->congestion.cwnd < 2u * c->mss)
		c->congestion.cwnd = 2u * c->mss;
}

static void
take_window(struct tcp_conn *c, const struct segment *s)
{
	uint32_t window = s->window << c->snd_scale;
	bool was_shut = c->snd_wnd == 0;

	if (!is_newer_window(c, s))
		return;
	c->snd_wnd = window;
	c->wl1 = s->seq;
	c->wl2 = s->ack;
	if (window > c->max_snd_wnd)
		c->max_snd_wnd = window;
	if (was_shut && window > 0)
		take_opened_window(c);
	output_schedule(c);
}

/* An ACK of the far past, or of what was never sent. Rare: in line it costs each ACK 7
 * instructions. */
static __rte_noinline void
refuse_ack(struct tcp_conn *c, const struct segment *s)
{
	if (c->tcp->config.drop_acks_of_unsent && seq_after(s->ack, c->snd_nxt))
		tcp_count(c->tcp, TCP_COUNTER_OUT_OF_WINDOW);
	else
		ask_if_meant(c);
}

/* Fifth step, the ACK field. False: the segment goes no further. */
static bool
take_ack(struct tcp_conn *c, const struct segment *s)
{
	if (!ack_is_plausible(c, s)) {
		refuse_ack(c, s);
		return false;
	}
	recovery_take_ack(c, s);
	if (!seq_before(s->ack, c->snd_una))
		take_window(c, s);
	conn_list_ready(c);
	return true;
}

/* Our FIN was acknowledged: where that leads. False: the connection is gone. */
static bool
after_fin_acked(struct tcp_conn *c)
{
	switch (c->state) {
	case TCP_FIN_WAIT_1:
		c->state = TCP_FIN_WAIT_2;
		c->close_at =
		    c->released ? mono_add(c->tcp->now, milliseconds(FIN_WAIT_2_MS)) : MONO_NONE;
		return true;
	case TCP_CLOSING:
		conn_time_wait(c);
		return false;
	case TCP_LAST_ACK:
		conn_end(c);
		return false;
	default:
		return true;
	}
}

/*
 * Who closes behind a request may wait for the ACK of its FIN as for that of the request: what
 * answers it carries both (RFC 9293 §3.8.6.3). Not who sent nothing, and gets no answer; nor where
 * we closed, too; nor after a hole; nor at a shut window, where a FIN asks as a probe does.
 */
static void
answer_fin(struct tcp_conn *c)
{
	bool is_shut = !seq_before(c->fin_seq, c->rcv_adv);

	if (c->state == TCP_ESTABLISHED && c->received_bytes > 0 && !is_shut && c->quick_acks == 0)
		output_ack_soon(c);
	else
		output_ack_now(c);
}

/* Eighth step: the FIN counts once every byte before it has come. False: the connection is gone. */
static bool
after_fin_reached(struct tcp_conn *c)
{
	c->fin_reached = true;
	c->dsack.end = c->dsack.start; /* all it will ever send has come: it is of no use to it */
	c->rcv_nxt = seq_add(c->rcv_nxt, 1);
	answer_fin(c);
	conn_list_ready(c);
	switch (c->state) {
	case TCP_ESTABLISHED:
		c->state = TCP_CLOSE_WAIT;
		return true;
	case TCP_FIN_WAIT_1:
		c->state = TCP_CLOSING;
		return true;
	case TCP_FIN_WAIT_2:
		conn_time_wait(c);
		return false;
	default:
		return true;
	}
}

/*
 * Notes where the peer's FIN stands. The first one stands for good, and one below bytes that are
 * held already is a lie: what came first wins. Only after the ACK field has proved itself, or a
 * blind FIN could cut an object short (RFC 5961 §5).
 */
static void
take_fin(struct tcp_conn *c, const struct segment *s)
{
	struct seq at = seq_add(s->seq, s->length);

	if (c->fin_received || exceeds_window(c, s) || seq_before(at, reasm_end(c)))
		return;
	c->fin_received = true;
	c->fin_seq = at;
	if (seq_after(s->seq, c->rcv_nxt)) {
		c->quick_acks = QUICK_ACKS; /* beyond a hole: RFC 5681 §4.2 */
		output_ack_now(c);
	}
}

static void
take_text(struct tcp_conn *c, struct segment *s)
{
	if (s->flags & FLAG_URG)
		tcp_count(c->tcp, TCP_COUNTER_URGENT);
	if (c->fin_reached || s->length == 0)
		return;
	reasm_take(c, s);
	output_ack_soon(c);
}

/* New bytes, and nobody will read them: where that is asked for, the peer is told (SHLD-3). */
static bool
is_late_data(const struct tcp_conn *c, const struct segment *s)
{
	return c->tcp->config.reset_late_data && c->released && s->length > 0 &&
	       seq_after(seq_add(s->seq, s->length), c->rcv_nxt) && ack_is_plausible(c, s);
}

void
input_established(struct tcp_conn *c, struct segment *s)
{
	c->heard_at = c->tcp->now;
	flight_note(c, TCP_FLIGHT_IN, s->flags, s->seq, s->ack, s->length, s->window);
	if (predicted_take(c, s))
		return;
	if (c->keepalive_probes > 0)
		timers_set_keepalive(c, c->keepalive_ms);
	if (is_old_duplicate(c, s)) {
		tcp_count(c->tcp, TCP_COUNTER_PAWS_REJECTED);
		input_reject(c, s);
		return;
	}
	if (!input_is_acceptable(c, s)) {
		/* A shut window must not stop the ACK field of what stands right at it (§3.10.7.4).
		 */
		bool at_edge = seq_is(s->seq, c->rcv_nxt) &&
			       (s->flags & (FLAG_ACK | FLAG_RST | FLAG_SYN)) == FLAG_ACK;

		echo_late_copy(c, s);
		input_reject(c, s);
		if (at_edge && take_ack(c, s) && c->fin_acked)
			after_fin_acked(c);
		return;
	}
	if (s->flags & FLAG_RST) {
		input_take_reset(c, s);
		return;
	}
	if (s->flags & FLAG_SYN) {
		ask_if_meant(c);
		return;
	}
	if ((s->flags & FLAG_ACK) == 0)
		return;
	if (is_late_data(c, s)) {
		tcp_count(c->tcp, TCP_COUNTER_OUT_RSTS);
		output_stray(c->tcp, &c->endpoints, s->ack, seq_of(0), FLAG_RST, 0, NULL, 0);
		conn_end(c);
		return;
	}
	if (!take_ack(c, s))
		return;
	/* Behind the ACK field, which is all that a blind sender cannot have right (RFC 5961 §5): a
	 * timestamp of its would have PAWS drop everything that the peer sends. */
	take_timestamp(c, s);
	take_mark(c, s);
	if (s->flags & FLAG_FIN)
		take_fin(c, s);
	if (c->fin_acked && !after_fin_acked(c))
		return;
	if (s->length > 0 && exceeds_window(c, s)) {
		tcp_count(c->tcp, TCP_COUNTER_OUT_OF_WINDOW);
		flight_rejected(c);
		c->quick_acks = QUICK_ACKS; /* what comes of it again is all that its sender has */
		output_ack_now(c);
	} else if (s->length > 0 && !(c->tcp->is_short && pressure_drops(c, s))) {
		trim(c, s);
		take_text(c, s);
	}
	if (c->fin_received && !c->fin_reached && seq_is(c->fin_seq, c->rcv_nxt))
		after_fin_reached(c);
}
