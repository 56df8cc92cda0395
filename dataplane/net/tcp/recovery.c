/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an ACK tells: round-trip time and RTO (RFC 6298), which ranges arrived (RFC 2018, a bounded
 * scoreboard), what must be lost (RFC 6675: three segments' worth SACKed above it, or three
 * duplicate ACKs without SACK). How much may fly is congestion.c's.
 *
 * [rtx_nxt, lost_end) is what is regarded as lost and not sent again yet, SACKed ranges left out.
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

static void
take_rtt(struct tcp_conn *c, struct seq ack)
{
	uint64_t min = (uint64_t)c->tcp->config.rto_min.ns, sample, error;

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
	c->rto_ns = c->srtt_ns + 4 * c->rttvar_ns;
	if (c->rto_ns < min)
		c->rto_ns = min;
}

/* A SYN that had to go twice: RFC 6298 §5.7, RFC 5681 §3.1. */
void
recovery_init(struct tcp_conn *c, struct seq ack)
{
	bool resent = c->syn_retries > 0;

	congestion_init(&c->congestion, (resent ? 1 : INITIAL_SEGMENTS) * (uint32_t)c->mss, c->mss);
	c->rto_ns = (uint64_t)(resent ? RTO_AFTER_SYN_LOSS_MS : RTO_INITIAL_MS) * 1000000u;
	c->backoff = 0;
	c->rtx_nxt = c->lost_end = c->recover = c->snd_una;
	take_rtt(c, ack);
}

/* Merges one reported range into the sorted scoreboard; beyond its bound the highest is forgotten.
 */
static void
score(struct tcp_conn *c, struct seq_range r)
{
	unsigned i = 0, j;

	while (i < c->sack_count && seq_before(c->sacked[i].end, r.start))
		i++;
	for (j = i; j < c->sack_count && !seq_after(c->sacked[j].start, r.end); j++) {
		if (seq_before(c->sacked[j].start, r.start))
			r.start = c->sacked[j].start;
		r.end = seq_later(c->sacked[j].end, r.end);
	}
	if (j == i) {
		if (c->sack_count == SACK_RANGES_MAX) {
			if (i == SACK_RANGES_MAX)
				return;
			c->sack_count--;
		}
		memmove(&c->sacked[i + 1], &c->sacked[i], (c->sack_count - i) * sizeof(r));
		c->sack_count++;
	} else {
		memmove(&c->sacked[i + 1], &c->sacked[j], (c->sack_count - j) * sizeof(r));
		c->sack_count -= j - i - 1;
	}
	c->sacked[i] = r;
}

/* Each block must lie in what is outstanding: others are old, duplicates, or lies. */
static void
take_sacks(struct tcp_conn *c, const struct segment *s)
{
	for (unsigned i = 0; i < s->options.sack_count; i++) {
		const struct seq_range *r = &s->options.sacks[i];

		if (seq_after(r->start, c->snd_una) && !seq_after(r->end, c->snd_nxt))
			score(c, *r);
	}
}

static void
forget_acknowledged(struct tcp_conn *c)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < c->sack_count; i++) {
		if (!seq_after(c->sacked[i].end, c->snd_una))
			continue;
		if (seq_before(c->sacked[i].start, c->snd_una))
			c->sacked[i].start = c->snd_una;
		c->sacked[keep++] = c->sacked[i];
	}
	c->sack_count = keep;
	c->rtx_nxt = seq_later(c->rtx_nxt, c->snd_una);
	c->lost_end = seq_later(c->lost_end, c->snd_una);
}

static uint32_t
sacked_between(const struct tcp_conn *c, struct seq start, struct seq end)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < c->sack_count; i++) {
		struct seq a = seq_later(c->sacked[i].start, start);
		struct seq b = seq_before(c->sacked[i].end, end) ? c->sacked[i].end : end;

		if (seq_before(a, b))
			n += (uint32_t)seq_diff(b, a);
	}
	return n;
}

/*
 * Bytes believed to fly (RFC 6675 §4, SetPipe). Without SACK each duplicate ACK says that a segment
 * has left (RFC 5681 §3.2 inflates cwnd for the same reason).
 */
uint32_t
recovery_pipe(const struct tcp_conn *c)
{
	uint32_t pipe = in_flight(c) - sacked_between(c, c->snd_una, c->snd_nxt);
	uint32_t left = c->use_sack || !c->in_recovery ? 0 : c->dup_acks * (uint32_t)c->mss;

	if (seq_before(c->rtx_nxt, c->lost_end))
		pipe -= (uint32_t)seq_diff(c->lost_end, c->rtx_nxt) -
			sacked_between(c, c->rtx_nxt, c->lost_end);
	return pipe > left ? pipe - left : 0;
}

bool
recovery_next(struct tcp_conn *c, struct seq *start, uint32_t *bytes)
{
	struct seq at = c->rtx_nxt, end = c->lost_end;
	struct seq data_end = seq_add(c->snd_una, (uint32_t)c->snd.bytes);

	for (unsigned i = 0; i < c->sack_count; i++) {
		if (!seq_before(at, c->sacked[i].start) && seq_before(at, c->sacked[i].end))
			at = c->sacked[i].end;
		else if (seq_before(at, c->sacked[i].start)) {
			if (seq_before(c->sacked[i].start, end))
				end = c->sacked[i].start;
			break;
		}
	}
	c->rtx_nxt = seq_later(c->rtx_nxt, at);
	if (!seq_before(at, c->lost_end))
		return false;
	*start = at;
	/* A FIN alone has no bytes; it rides on the segment that ends the queue. */
	*bytes = seq_before(at, data_end)
		     ? (uint32_t)seq_diff(seq_before(end, data_end) ? end : data_end, at)
		     : 0;
	return true;
}

/* What lies below a SACKed byte by three segments or more is lost; so is the first hole. */
static void
mark_lost(struct tcp_conn *c)
{
	struct seq high, edge;

	if (c->sack_count == 0) {
		if (!c->in_loss)
			c->lost_end = seq_later(c->lost_end,
			    seq_add(c->snd_una, in_flight(c) < c->mss ? in_flight(c) : c->mss));
		return;
	}
	high = c->sacked[c->sack_count - 1].end;
	edge = seq_add(high, 0u - DUP_THRESHOLD * (uint32_t)c->mss);
	if (seq_before(edge, c->sacked[0].start))
		edge = c->sacked[0].start;
	c->lost_end = seq_later(c->lost_end, edge);
}

static void
enter_recovery(struct tcp_conn *c)
{
	tcp_count(c->tcp, TCP_COUNTER_FAST_RECOVERIES);
	/* What was SACKed is in flight in the sense of RFC 5681 §3.1 (RFC 6675 §5, 4.2). */
	congestion_recovery_begin(&c->congestion, in_flight(c));
	c->in_recovery = true;
	c->recover = c->snd_nxt;
	c->rtx_nxt = c->snd_una;
	c->lost_end = c->snd_una;
	mark_lost(c);
}

/*
 * RFC 6582 §3.2, step 5: an ACK that ends within a recovery shows the next hole. Of the duplicate
 * ACKs that were counted as segments gone, those it covers no longer fly in any case. Returns the
 * bytes whose arrival is news.
 */
static uint32_t
take_partial(struct tcp_conn *c, uint32_t acked)
{
	uint32_t segments = acked / c->mss;
	uint32_t covered = segments > 1 ? segments - 1 : 0;

	if (covered > c->dup_acks)
		covered = c->dup_acks;
	c->dup_acks = (uint8_t)(c->dup_acks - covered);
	c->rtx_nxt = c->snd_una;
	c->resend_one = true;
	return acked - covered * c->mss;
}

/* New data was acknowledged. Returns the bytes that nothing told of before. */
static uint32_t
advance(struct tcp_conn *c, struct seq ack)
{
	uint32_t acked = (uint32_t)seq_diff(ack, c->snd_una), pipe = recovery_pipe(c);
	uint32_t bytes = acked, news = acked - sacked_between(c, c->snd_una, ack);
	bool repaired = c->in_recovery;
	bool careful = c->in_loss; /* RFC 3465 §2.3: after a timeout L is one segment */

	if (c->fin_sent && seq_is(ack, c->snd_nxt) && acked > c->snd.bytes) {
		c->fin_acked = true;
		bytes = (uint32_t)c->snd.bytes;
	}
	take_rtt(c, ack);
	chain_drop(&c->snd, bytes);
	c->snd_una = ack;
	c->backoff = 0;
	c->progress_at = MONO_NONE;
	c->rto_at = MONO_NONE;
	forget_acknowledged(c);
	if ((c->in_recovery || c->in_loss) && !seq_before(ack, c->recover)) {
		if (c->in_recovery)
			congestion_recovery_end(&c->congestion);
		c->in_recovery = c->in_loss = false;
		c->rtx_nxt = c->lost_end = c->snd_una;
	}
	if (c->in_recovery && !c->use_sack)
		news = take_partial(c, acked);
	else
		c->dup_acks = 0;
	if (!repaired)
		congestion_grow(&c->congestion, c->tcp->now, nanoseconds((int64_t)c->srtt_ns),
		    careful && acked > c->mss ? c->mss : acked, pipe);
	if (in_flight(c) > 0)
		recovery_arm_rto(c);
	return news;
}

/* RFC 5681 §2, the definition of a duplicate ACK, less its window clause where SACK speaks. */
static bool
is_duplicate(const struct tcp_conn *c, const struct segment *s)
{
	return seq_is(s->ack, c->snd_una) && s->length == 0 && in_flight(c) > 0 &&
	       (s->flags & (FLAG_SYN | FLAG_FIN)) == 0 &&
	       (s->options.sack_count > 0 || s->window << c->snd_scale == c->snd_wnd);
}

void
recovery_take_ack(struct tcp_conn *c, const struct segment *s)
{
	uint32_t delivered = 0, sacked = sacked_between(c, c->snd_una, c->snd_nxt);
	struct seq lost_end;
	bool advances = seq_after(s->ack, c->snd_una);

	if (c->use_sack)
		take_sacks(c, s);
	delivered = sacked_between(c, c->snd_una, c->snd_nxt) - sacked;
	if (advances) {
		delivered += advance(c, s->ack);
	} else if (is_duplicate(c, s) && c->dup_acks < 255) {
		c->dup_acks++;
		delivered += c->use_sack ? 0 : c->mss;
	}
	lost_end = c->lost_end;
	if (c->in_recovery || c->in_loss) {
		mark_lost(c);
	} else if (in_flight(c) > 0 &&
		   (c->dup_acks >= DUP_THRESHOLD || sacked_between(c, c->snd_una, c->snd_nxt) >=
							DUP_THRESHOLD * (uint32_t)c->mss)) {
		enter_recovery(c);
	}
	if (c->in_recovery)
		congestion_recovery_acked(&c->congestion, delivered, recovery_pipe(c),
		    advances && !seq_after(c->lost_end, lost_end));
	output_schedule(c);
}

/* RFC 6298 §5.4 to §5.7, RFC 5681 §3.1: everything that was not SACKed is lost. */
void
recovery_timeout(struct tcp_conn *c)
{
	tcp_count(c->tcp, TCP_COUNTER_RTO_EXPIRED);
	if (!c->in_loss)
		congestion_reduce(&c->congestion, in_flight(c));
	congestion_timeout(&c->congestion);
	c->in_loss = true;
	c->in_recovery = false;
	c->recover = c->snd_nxt;
	c->rtx_nxt = c->snd_una;
	c->lost_end = c->snd_nxt;
	c->dup_acks = 0;
	c->rtt_timing = false;
	if (c->backoff < 16)
		c->backoff++;
	recovery_arm_rto(c);
	output_schedule(c);
}
