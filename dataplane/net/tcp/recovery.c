/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an ACK tells: round-trip time and RTO (RFC 6298), what arrived (scoreboard.c), what is lost
 * (rack.c; three duplicate ACKs where there is no SACK, RFC 6582), and how much may fly now
 * (congestion.c). recovery_take_ack() is the one way in for an ACK; the timers come in below it.
 */
#include "dataplane/net/tcp/conn.h"

void
recovery_arm_rto(struct tcp_conn *c)
{
	uint64_t rto = c->rto_ns << (c->backoff < 10 ? c->backoff : 10);

	if (rto > (uint64_t)RTO_MAX_MS * 1000000u)
		rto = (uint64_t)RTO_MAX_MS * 1000000u;
	c->rto_at = mono_add(c->tcp->now, nanoseconds((int64_t)rto));
	if (!mono_is_set(c->progress_at))
		c->progress_at = c->tcp->now;
}

/*
 * RFC 6298 §2.3, with the least timeout in the place of G: it is of the part above SRTT, or on a
 * steady path longer than the minimum each ACK that the peer delays would come too late.
 */
static void
take_rtt(struct tcp_conn *c, struct seq ack)
{
	uint64_t above = (uint64_t)c->tcp->config.rto_min.ns, sample, error;

	if (!c->rtt_timing || seq_before(ack, c->rtt_seq))
		return;
	c->rtt_timing = false;
	sample = (uint64_t)mono_since(c->tcp->now, c->rtt_sent_at).ns;
	if (c->srtt_ns == 0) {
		c->srtt_ns = sample + 1;
		c->rttvar_ns = sample / 2;
	} else {
		error = sample > c->srtt_ns ? sample - c->srtt_ns : c->srtt_ns - sample;
		c->rttvar_ns += error / 4 - c->rttvar_ns / 4;
		c->srtt_ns += sample / 8 - c->srtt_ns / 8;
	}
	if (above < 4 * c->rttvar_ns)
		above = 4 * c->rttvar_ns;
	c->rto_ns = c->srtt_ns + above;
}

/* A SYN that had to go twice: RFC 6298 §5.7, RFC 5681 §3.1. */
void
recovery_init(struct tcp_conn *c, struct seq ack)
{
	bool resent = c->syn_retries > 0;

	congestion_init(&c->congestion, (resent ? 1 : INITIAL_SEGMENTS) * (uint32_t)c->mss, c->mss,
	    c->tcp->config.slow_start_segments);
	if (c->tcp->config.congestion == TCP_CONGESTION_LINUX)
		congestion_as_linux(&c->congestion);
	c->rto_ns = (uint64_t)(resent ? RTO_AFTER_SYN_LOSS_MS : RTO_INITIAL_MS) * 1000000u;
	c->backoff = 0;
	c->recover = c->snd_una;
	scoreboard_clear(c);
	take_rtt(c, ack);
	if (c->srtt_ns != 0)
		rack_take_rtt(c, (uint32_t)(c->srtt_ns / 1000));
}

/* The block tells of bytes that had arrived before (RFC 2883 §4): below the ACK, or within the
 * second. */
static bool
is_dsack(const struct segment *s)
{
	const struct seq_range *r = s->options.sacks;

	if (s->options.sack_count == 0)
		return false;
	if (!seq_after(r[0].end, s->ack))
		return true;
	return s->options.sack_count > 1 && !seq_before(r[0].start, r[1].start) &&
	       !seq_after(r[0].end, r[1].end);
}

/*
 * Each block must lie in what is outstanding: others are old, duplicates, or lies. From the lowest
 * on, or two blocks that are news at once would look like reordering. Returns the bytes of news.
 */
static uint32_t
take_sacks(struct tcp_conn *c, const struct segment *s)
{
	struct seq_range sorted[4];
	unsigned n = 0;
	uint32_t news = 0;

	for (unsigned i = 0; i < s->options.sack_count; i++) {
		struct seq_range r = s->options.sacks[i];
		unsigned at = n;

		if (!seq_after(r.start, c->snd_una) || seq_after(r.end, c->snd_nxt))
			continue;
		for (; at > 0 && seq_before(r.start, sorted[at - 1].start); at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = r;
		n++;
	}
	for (unsigned i = 0; i < n; i++)
		news += scoreboard_sack(c, sorted[i], &s->options);
	return news;
}

/*
 * Bytes believed to fly (RFC 6675 §4, SetPipe). Without SACK each duplicate ACK says that a segment
 * has left: the first two let new data go (RFC 3042), in recovery they inflate (RFC 5681 §3.2).
 */
uint32_t
recovery_pipe(const struct tcp_conn *c)
{
	uint32_t pipe = in_flight(c) - c->sacked_bytes - c->lost_bytes;
	uint32_t left = c->use_sack || c->in_loss ? 0 : c->dup_acks * (uint32_t)c->mss;

	return pipe > left ? pipe - left : 0;
}

bool
recovery_next(struct tcp_conn *c, struct seq *start, uint32_t *bytes)
{
	struct seq data_end = seq_add(c->snd_una, (uint32_t)c->snd.bytes);
	struct seq_range lost;

	if (!scoreboard_next_lost(c, &lost))
		return false;
	*start = lost.start;
	/* A FIN alone has no bytes; it rides on the segment that ends the queue. */
	*bytes = seq_before(lost.start, data_end)
		     ? (uint32_t)seq_diff(seq_earlier(lost.end, data_end), lost.start)
		     : 0;
	return true;
}

/*
 * RFC 3168 §6.1.2: an echoed mark counts as a loss, once a window; CWR says that it was heard. The
 * window comes down over a round trip, as PRR has it: at once, nothing would go for three tenths.
 */
static void
take_ecn_echo(struct tcp_conn *c)
{
	if (c->in_cwr && seq_before(c->snd_una, c->cwr_end))
		return;
	c->in_cwr = c->cwr_due = true;
	c->cwr_end = c->snd_nxt;
	undo_forget(c);
	if (c->in_recovery || c->in_loss || in_flight(c) == 0)
		return;
	tcp_count(c->tcp, TCP_COUNTER_ECN_REDUCTIONS);
	congestion_recovery_begin(&c->congestion, in_flight(c));
	c->reducing = true;
}

static void
enter_recovery(struct tcp_conn *c)
{
	tcp_count(c->tcp, TCP_COUNTER_FAST_RECOVERIES);
	if (c->reducing) { /* for an echo, in this window: once is enough (RFC 3168 §6.1.2) */
		c->reducing = false;
	} else {
		/* What was SACKed flies in the sense of RFC 5681 §3.1 (RFC 6675 §5, 4.2). */
		congestion_recovery_begin(&c->congestion, in_flight(c));
		undo_begin(c);
	}
	c->in_recovery = true;
	c->cwr_due = c->use_ecn;
	c->recover = c->snd_nxt;
	c->rack.probe_at = MONO_NONE;
	c->rack.tlp_is_out = false;
	if (!c->use_sack)
		scoreboard_lose_first(c);
}

/* What is lost goes again; where that is not a probe of the path alone, there is congestion. Out
 * of line as send_mtu_probe() is. */
static __rte_noinline void
take_loss(struct tcp_conn *c)
{
	if (c->mss_is_low && path_alone_is_lost(c))
		c->rack.probe_at = MONO_NONE; /* not now that SACKs tell (RFC 8985 §7.2) */
	else
		enter_recovery(c);
}

/* Without SACK: how many of the duplicate ACKs told of segments that this ACK covers. */
static uint32_t
told_before(const struct tcp_conn *c, uint32_t acked)
{
	uint32_t segments = acked / c->mss;
	uint32_t covered = segments > 1 ? segments - 1 : 0;

	return covered < c->dup_acks ? covered : c->dup_acks;
}

/*
 * RFC 6582 §3.2, step 5: an ACK that ends within a recovery shows the next hole. Of the duplicate
 * ACKs that were counted as segments gone, those it covers no longer fly in any case. Returns the
 * bytes whose arrival is news.
 */
static uint32_t
take_partial(struct tcp_conn *c, uint32_t acked)
{
	uint32_t covered = told_before(c, acked);

	c->dup_acks = (uint8_t)(c->dup_acks - covered);
	scoreboard_lose_first(c);
	c->resend_one = true;
	return acked - covered * c->mss;
}

/* What was to be repaired has arrived. */
static void
leave_recovery(struct tcp_conn *c)
{
	if (c->in_recovery) {
		congestion_recovery_end(&c->congestion);
		rack_recovery_ended(c);
	}
	c->in_recovery = c->in_loss = false;
}

/*
 * What opens the window. Of what SACKs or duplicates told of before, as little comes now: a hole
 * that was only late would let a burst go. On a path that reorders this is every hole, so there all
 * that is acknowledged counts (RFC 5681 §3.1). After a timeout RFC 3465's L is one segment (§2.3).
 */
static uint32_t
bytes_to_grow_by(const struct tcp_conn *c, uint32_t acked, uint32_t news, bool reorders)
{
	uint32_t bytes = reorders ? acked : news;

	return c->in_loss && bytes > c->mss ? c->mss : bytes;
}

/* The reduction for an echo is done when what flew then was acknowledged. */
static void
end_reduction(struct tcp_conn *c)
{
	if (c->reducing)
		congestion_recovery_end(&c->congestion);
	c->reducing = false;
}

/* New data was acknowledged. Returns the bytes that nothing told of before. */
static uint32_t
advance(struct tcp_conn *c, const struct segment *s)
{
	uint32_t acked = (uint32_t)seq_diff(s->ack, c->snd_una), pipe = recovery_pipe(c);
	uint32_t bytes = acked, news, growth;
	bool repaired = c->in_recovery || c->reducing;
	bool reorders = c->rack.reorders;

	if (c->fin_sent && seq_is(s->ack, c->snd_nxt) && acked > c->snd.bytes) {
		c->fin_acked = true;
		bytes = (uint32_t)c->snd.bytes;
	}
	take_rtt(c, s->ack);
	chain_drop(&c->snd, bytes);
	news = scoreboard_acknowledge(c, s->ack, &s->options);
	growth = bytes_to_grow_by(
	    c, acked, c->use_sack ? news : acked - told_before(c, acked) * c->mss, reorders);
	if (c->mss_is_low)
		path_take_ack(c);
	c->backoff = 0;
	c->reopened = false;
	c->progress_at = c->rto_at = c->rack.probe_at = MONO_NONE;
	if ((c->in_recovery || c->in_loss) && !seq_before(s->ack, c->recover))
		leave_recovery(c);
	if (!seq_before(s->ack, c->cwr_end))
		end_reduction(c);
	if (c->in_recovery && !c->use_sack)
		news = take_partial(c, acked);
	else
		c->dup_acks = 0;
	if (!repaired && !(c->use_ecn && (s->flags & FLAG_ECE)))
		congestion_grow(
		    &c->congestion, c->tcp->now, nanoseconds((int64_t)c->srtt_ns), growth, pipe);
	if (in_flight(c) > 0)
		recovery_arm_rto(c);
	else
		c->rack.has_sent = false; /* its time must not grow so old that it wraps */
	return news;
}

/*
 * RFC 5681 §2. Where SACK was agreed on, only an ACK with `news` in its blocks counts (RFC 6675
 * §2): others are our peer's answers to whatever somebody sends it in our name.
 */
static bool
is_duplicate(const struct tcp_conn *c, const struct segment *s, uint32_t news)
{
	return seq_is(s->ack, c->snd_una) && s->length == 0 && in_flight(c) > 0 &&
	       (s->flags & (FLAG_SYN | FLAG_FIN)) == 0 &&
	       (c->use_sack ? news > 0 : s->window << c->snd_scale == c->snd_wnd);
}

/* The probe at the tail took the place of a recovery: it costs what one costs (RFC 8985 §7.4.2). */
static void
take_probe_repair(struct tcp_conn *c)
{
	tcp_count(c->tcp, TCP_COUNTER_TAIL_REPAIRS);
	undo_forget(c);
	congestion_recovery_begin(&c->congestion, in_flight(c));
	congestion_recovery_end(&c->congestion);
}

void
recovery_take_ack(struct tcp_conn *c, const struct segment *s)
{
	uint32_t delivered = 0, news = 0;
	bool advances = seq_after(s->ack, c->snd_una);
	bool dsack = c->use_sack && is_dsack(s), lost;

	if (dsack)
		rack_take_dsack(c);
	if (rack_probe_repaired(c, s, dsack) && !c->in_recovery && !c->in_loss && !c->reducing)
		take_probe_repair(c);
	if (c->use_ecn && (s->flags & FLAG_ECE))
		take_ecn_echo(c);
	if (advances)
		delivered = advance(c, s);
	if (c->use_sack)
		news = take_sacks(c, s);
	delivered += news;
	if (!advances && is_duplicate(c, s, news) && c->dup_acks < 255) {
		c->dup_acks++;
		delivered += c->use_sack ? 0 : c->mss;
	}
	undo_take_ack(c, s, advances, dsack); /* first: it tells RACK that the path reorders */
	lost = rack_detect_loss(c);
	if (!c->in_recovery && !c->in_loss && in_flight(c) > 0 &&
	    (c->use_sack ? c->lost_bytes > 0 : c->dup_acks >= DUP_THRESHOLD))
		take_loss(c);
	if (c->in_recovery || c->reducing) /* a mark says that there is no room to grow into */
		congestion_recovery_acked(&c->congestion, delivered, recovery_pipe(c),
		    c->in_recovery && advances && !lost);
	output_schedule(c);
}

void
recovery_reorder_timeout(struct tcp_conn *c)
{
	if (!rack_detect_loss(c))
		return;
	if (!c->in_recovery && !c->in_loss)
		take_loss(c);
	if (c->in_recovery)
		congestion_recovery_acked(&c->congestion, 0, recovery_pipe(c), false);
	output_schedule(c);
}

/* Everything is to be sent again, for a reason that is not congestion. */
void
recovery_resend_all(struct tcp_conn *c)
{
	if (c->in_recovery) /* PRR's share of this moment is no window to go on with */
		congestion_recovery_end(&c->congestion);
	end_reduction(c);
	scoreboard_lose_all(c);
	undo_forget(c);
	c->in_loss = in_flight(c) > 0;
	c->in_recovery = false;
	c->recover = c->snd_nxt;
	c->rack.probe_at = c->rack.reorder_at = MONO_NONE;
}

/* RFC 6298 §5.4 to §5.7, RFC 5681 §3.1; what is lost is RACK's to say (RFC 8985 §6.3). */
void
recovery_timeout(struct tcp_conn *c)
{
	tcp_count(c->tcp, TCP_COUNTER_RTO_EXPIRED);
	undo_forget(c);
	end_reduction(c);
	path_take_timeout(c);
	if (!c->in_loss)
		congestion_reduce(&c->congestion);
	congestion_timeout(&c->congestion);
	rack_timeout(c);
	c->in_loss = true;
	c->cwr_due = c->use_ecn;
	c->in_recovery = false;
	c->recover = c->snd_nxt;
	c->rack.probe_at = MONO_NONE;
	c->dup_acks = 0;
	c->rtt_timing = false;
	if (c->backoff < 16)
		c->backoff++;
	recovery_arm_rto(c);
	output_schedule(c);
}
