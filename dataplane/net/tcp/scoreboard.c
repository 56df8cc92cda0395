/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is known of each byte between snd_una and snd_nxt: it flies, was SACKed, or is lost and to
 * be sent again; when it was sent last, and whether more than once (RFC 8985 §5.2, RFC 6675 §3).
 *
 * Ranges instead of segments: c->sent[] covers the flight without a gap, each range beginning where
 * the one before ends, so the work an ACK can cause is bounded by SENT_RANGES_MAX whatever the peer
 * claims (CVE-2019-11477); where no table can be lent (lent.c), by SENT_RANGES_FEW. New data joins
 * the last range while that is younger than a sixteenth of the round trip, and then takes the later
 * time: a quarter is what RACK can tell apart. When the table is full, neighbours that fly are
 * joined, then SACKs are not believed: both err towards waiting longer. c->sacked_bytes and
 * c->lost_bytes are the sums over it.
 */
#include "dataplane/net/tcp/conn.h"

#define SACK_ROOM   2 /* places that a SACK leaves free, for what is sent */
#define RESEND_ROOM 1

static struct seq
start_of(const struct tcp_conn *c, unsigned i)
{
	return i == 0 ? c->snd_una : c->sent[i - 1].end;
}

static uint32_t
bytes_of(const struct tcp_conn *c, unsigned i)
{
	return (uint32_t)seq_diff(c->sent[i].end, start_of(c, i));
}

static void
recount(struct tcp_conn *c)
{
	c->sacked_bytes = c->lost_bytes = 0;
	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].state == SENT_SACKED)
			c->sacked_bytes += bytes_of(c, i);
		else if (c->sent[i].state == SENT_LOST)
			c->lost_bytes += bytes_of(c, i);
	}
}

static void
join(struct tcp_conn *c, unsigned i)
{
	struct sent_range *a = &c->sent[i], *b = &c->sent[i + 1];

	if ((int32_t)(b->sent_us - a->sent_us) < 0)
		b->sent_us = a->sent_us;
	b->again |= a->again;
	c->sent_count--;
	memmove(a, b, (c->sent_count - i) * sizeof(*a));
}

static bool
are_alike(const struct sent_range *a, const struct sent_range *b)
{
	if (a->state != b->state)
		return false;
	return a->state != SENT_FLYING || (a->again == b->again && a->sent_us == b->sent_us);
}

/* After any change but the plain ones: neighbours that say the same become one. */
static void
tidy(struct tcp_conn *c)
{
	for (unsigned i = 0; i + 1 < c->sent_count;) {
		if (are_alike(&c->sent[i], &c->sent[i + 1]))
			join(c, i);
		else
			i++;
	}
	recount(c);
}

/* Joins the two flying neighbours whose times are nearest; false when there are none. */
static bool
make_room(struct tcp_conn *c)
{
	uint32_t least = UINT32_MAX;
	unsigned best = 0;

	for (unsigned i = 0; i + 1 < c->sent_count; i++) {
		const struct sent_range *a = &c->sent[i], *b = &c->sent[i + 1];
		int32_t apart = (int32_t)(b->sent_us - a->sent_us);

		if (a->state != SENT_FLYING || b->state != SENT_FLYING || a->again != b->again)
			continue;
		if ((uint32_t)(apart < 0 ? -apart : apart) < least) {
			least = (uint32_t)(apart < 0 ? -apart : apart);
			best = i;
		}
	}
	if (least == UINT32_MAX)
		return false;
	join(c, best);
	return true;
}

/* The range that `at` lies in; sent_count at the end. */
static unsigned
find(const struct tcp_conn *c, struct seq at)
{
	unsigned i = 0;

	while (i < c->sent_count && !seq_after(c->sent[i].end, at))
		i++;
	return i;
}

/* Divides, where one is needed, so that a range begins at `at`. False: the table is full. */
static bool
divide(struct tcp_conn *c, struct seq at, unsigned spare)
{
	unsigned i = find(c, at);

	if (i == c->sent_count || !seq_after(at, start_of(c, i)))
		return true;
	if (c->sent_count + spare >= lent_range_room(c) && !lent_more_ranges(c)) {
		if (!make_room(c))
			return false;
		return divide(c, at, spare); /* one less each time */
	}
	memmove(&c->sent[i + 1], &c->sent[i], (c->sent_count - i) * sizeof(c->sent[0]));
	c->sent_count++;
	c->sent[i].end = at;
	return true;
}

static void
append(struct tcp_conn *c, struct seq end)
{
	uint32_t now = now_us(c->tcp), join_us = (uint32_t)(c->srtt_ns / 16000);
	bool full = c->sent_count == lent_range_room(c) && !lent_more_ranges(c) && !make_room(c);
	bool is_first = c->sent_count == 0;
	struct sent_range *last = &c->sent[is_first ? 0 : c->sent_count - 1];

	if (!is_first && full && last->state != SENT_FLYING) {
		last->state = SENT_FLYING; /* a SACK forgotten, or a loss found once more */
		recount(c);
	} else if (is_first || last->state != SENT_FLYING ||
		   (!full && (last->again || now - last->sent_us > join_us))) {
		c->sent[c->sent_count++] = (struct sent_range){ .end = end, .sent_us = now };
		return;
	}
	last->end = end;
	last->sent_us = now;
}

static void
resend(struct tcp_conn *c, struct seq start, struct seq end)
{
	/* Where there is no room to divide, more than was sent is taken for sent: RACK finds out.
	 */
	divide(c, start, RESEND_ROOM);
	divide(c, end, RESEND_ROOM);
	for (unsigned i = find(c, start); i < c->sent_count && seq_before(start_of(c, i), end);
	     i++) {
		if (c->sent[i].state == SENT_SACKED)
			continue;
		c->sent[i].state = SENT_FLYING;
		c->sent[i].again = true;
		c->sent[i].sent_us = now_us(c->tcp);
	}
	tidy(c);
}

void
scoreboard_sent(struct tcp_conn *c, struct seq start, struct seq end)
{
	if (seq_before(start, c->snd_nxt))
		resend(c, start, seq_earlier(end, c->snd_nxt));
	if (seq_after(end, c->snd_nxt))
		append(c, end);
}

/*
 * How far into range i `at` lies, in whole segments where the range is made of full ones: receivers
 * tell of what arrived, which is segments. One that tells of single bytes would have many ranges
 * told apart, and a byte's arrival taken for a segment's (RFC 8985 §5.2).
 */
static uint32_t
segments_before(const struct tcp_conn *c, unsigned i, struct seq at, bool up)
{
	uint32_t bytes = (uint32_t)seq_diff(at, start_of(c, i)), part = bytes % c->mss;

	if (part == 0 || bytes_of(c, i) % c->mss != 0)
		return bytes;
	return up ? bytes - part + c->mss : bytes - part;
}

/* The block without what it holds of segments at its ends. */
static struct seq_range
whole_segments(const struct tcp_conn *c, struct seq_range r)
{
	unsigned first = find(c, r.start), last = find(c, r.end);

	if (first < c->sent_count)
		r.start = seq_add(start_of(c, first), segments_before(c, first, r.start, true));
	if (last < c->sent_count)
		r.end = seq_add(start_of(c, last), segments_before(c, last, r.end, false));
	return r;
}

uint32_t
scoreboard_sack(struct tcp_conn *c, struct seq_range block, const struct tcp_options *o)
{
	struct seq_range r = whole_segments(c, block);
	uint32_t news = 0;
	unsigned i = find(c, r.start);

	if (!seq_before(r.start, r.end))
		return 0;
	if (i < c->sent_count && c->sent[i].state == SENT_SACKED &&
	    !seq_after(r.end, c->sent[i].end))
		return 0;
	if (!divide(c, r.start, SACK_ROOM) || !divide(c, r.end, SACK_ROOM))
		return 0;
	i = find(c, r.start);
	if (i == c->sent_count || !seq_is(start_of(c, i), r.start))
		return 0; /* the second division took the room of the first */
	for (; i < c->sent_count && seq_before(start_of(c, i), r.end); i++) {
		if (c->sent[i].state == SENT_SACKED)
			continue;
		news += bytes_of(c, i);
		rack_delivered(c, &c->sent[i], c->sent[i].end, o);
		c->sent[i].state = SENT_SACKED;
	}
	tidy(c);
	return news;
}

uint32_t
scoreboard_acknowledge(struct tcp_conn *c, struct seq ack, const struct tcp_options *o)
{
	uint32_t news = 0;
	unsigned i;

	for (i = 0; i < c->sent_count && seq_before(start_of(c, i), ack); i++) {
		struct seq end = seq_earlier(c->sent[i].end, ack);

		if (c->sent[i].state == SENT_SACKED)
			continue;
		news += (uint32_t)seq_diff(end, start_of(c, i));
		rack_delivered(c, &c->sent[i], end, o);
	}
	if (i > 0 && seq_after(c->sent[i - 1].end, ack))
		i--;
	c->sent_count -= i;
	if (c->sent_count > 0)
		memmove(c->sent, c->sent + i, c->sent_count * sizeof(c->sent[0]));
	lent_put_ranges(c);
	c->snd_una = ack;
	if (c->sacked_bytes + c->lost_bytes > 0)
		recount(c);
	return news;
}

bool
scoreboard_next_lost(const struct tcp_conn *c, struct seq_range *out)
{
	for (unsigned i = 0; c->lost_bytes > 0 && i < c->sent_count; i++) {
		if (c->sent[i].state == SENT_LOST) {
			*out = (struct seq_range){ start_of(c, i), c->sent[i].end };
			return true;
		}
	}
	return false;
}

bool
scoreboard_lost_lies_in(const struct tcp_conn *c, struct seq_range r)
{
	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].state == SENT_LOST &&
		    (c->sent[i].again || seq_before(start_of(c, i), r.start) ||
			seq_after(c->sent[i].end, r.end)))
			return false;
	}
	return true;
}

void
scoreboard_lose_first(struct tcp_conn *c)
{
	struct seq end = seq_add(c->snd_una, c->mss);

	if (c->sent_count == 0)
		return;
	if (seq_before(end, c->sent[0].end))
		divide(c, end, 0);
	c->sent[0].state = SENT_LOST;
	tidy(c);
}

void
scoreboard_lose_all(struct tcp_conn *c)
{
	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].state == SENT_FLYING)
			c->sent[i].state = SENT_LOST;
	}
	tidy(c);
}

bool
scoreboard_lose_older(struct tcp_conn *c, bool (*is_lost)(struct tcp_conn *, struct sent_range *))
{
	bool any = false;

	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].state != SENT_FLYING || !is_lost(c, &c->sent[i]))
			continue;
		c->sent[i].state = SENT_LOST;
		any = true;
	}
	if (any)
		tidy(c);
	return any;
}

void
scoreboard_doubt_losses(struct tcp_conn *c)
{
	if (c->lost_bytes == 0)
		return;
	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].state == SENT_LOST)
			c->sent[i].state = SENT_FLYING;
	}
	tidy(c);
}

void
scoreboard_forget_sacks(struct tcp_conn *c)
{
	for (unsigned i = 0; i < c->sent_count; i++) {
		if (c->sent[i].state == SENT_SACKED)
			c->sent[i].state = SENT_LOST;
	}
	tidy(c);
}

void
scoreboard_clear(struct tcp_conn *c)
{
	c->sent_count = 0;
	lent_put_ranges(c);
	c->sacked_bytes = c->lost_bytes = 0;
}

bool
scoreboard_is_sound(const struct tcp_conn *c)
{
	uint32_t sacked = 0, lost = 0;
	struct seq at = c->snd_una;

	for (unsigned i = 0; i < c->sent_count; i++) {
		if (!seq_after(c->sent[i].end, at))
			return false;
		sacked += c->sent[i].state == SENT_SACKED ? bytes_of(c, i) : 0;
		lost += c->sent[i].state == SENT_LOST ? bytes_of(c, i) : 0;
		at = c->sent[i].end;
	}
	return seq_is(at, c->snd_nxt) && sacked == c->sacked_bytes && lost == c->lost_bytes;
}
