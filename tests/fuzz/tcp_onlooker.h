/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tcp_input's programs hold of the stack's segments, by the peer's port, without a look into
 * it: the rules of tests/sim/world/watch.c that stand against a peer who obeys none.
 *
 * Bytes are those of the stream, at their place, each time. Nothing but a probe's byte goes past
 * the highest edge that was announced: a peer may take its window back (RFC 9293 §3.8.6.2.1), but
 * the edge it once gave stands for what is sent again. Only what acknowledges a number that was
 * sent announces an edge: the stack drops the rest with its window. A FIN stays where it is. No
 * more is acknowledged than was ever sent to it, no ACK and no window is taken back, a window opens
 * by a segment or half of itself (RFC 9293 §3.8.6.2.2), no segment is above the MSS. A turn sends
 * no more segments without text than came in, and a few by timers. What segments without text, SYN
 * or FIN are answered with, where the answer says nothing new, is a challenge (RFC 5961 §7), and
 * those are rare. Only text counts as received whose segment acknowledges nothing that was not sent
 * (RFC 5961 §5), and it is acknowledged from the first byte on without a gap.
 *
 * A life is what one SYN began. Numbers in it count from its two SYNs, so that nothing here wraps.
 */
#ifndef SLUICE_FUZZ_TCP_ONLOOKER_H
#define SLUICE_FUZZ_TCP_ONLOOKER_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_mbuf.h>

#include "tests/fuzz/tcp_steps.h"

#define SYNS_KNOWN      4
#define ISNS_KNOWN      4   /* of the SYN-ACKs to one SYN: each cookie has its own */
#define MSS_LEAST       536 /* dataplane/net/tcp/tcp_limits.h, MSS_FLOOR */
#define MSS_MAX         1460
#define SCALE_OFFERED   7
#define SCALE_MAX       14
#define WINDOW_STEP     500        /* MSS_LEAST less options: the least by which a window opens */
#define CHALLENGE_NS    500000000u /* from one challenge to the next */
#define CHALLENGES_MAX  4          /* sooner: beside it a keepalive, what a drought held back */
#define RANGES_MAX      64         /* of text beyond a gap; with more, all of it counts */
#define EMPTY_BY_TIMERS 8 /* a turn, by port: an ACK, a SYN-ACK, a FIN, a RST, a window update */

/* One of the peer's ports: what the stack has said there. */
struct life {
	uint32_t begin;    /* the first byte's number, by the stack's SYN-ACK */
	uint32_t seq, ack; /* where the stack believes the peer to be, and what it sent last */
	uint32_t ts;       /* the stack's last timestamp */
	bool open, spoke;  /* the stack sent its SYN-ACK; and something after it */
	uint32_t isns[ISNS_KNOWN];
	unsigned isn_count;
	uint64_t written;         /* by the application */
	uint64_t end, edge, fin;  /* highest sent; highest edge heard of; where the FIN is, or 0 */
	uint64_t acked, our_edge; /* highest acknowledged, highest edge announced */
	uint64_t heard_bytes;     /* text and FINs that came, whatever their numbers */
	uint8_t scale, our_scale;
	bool heard_fin, saw_rst;
	uint32_t syn_count; /* that came; of the last of them `syns` has the numbers */
	uint32_t syns[SYNS_KNOWN];
	bool any_window;        /* a segment of random bytes may have announced what it liked */
	bool any_text;          /* or brought what it liked */
	uint32_t in, empty_out; /* segments of this turn */
	uint32_t in_bare;       /* of them without text, SYN, FIN */
	uint32_t stale_acks;    /* bare ACKs of this turn that say nothing new */
	uint32_t challenges;    /* each less than CHALLENGE_NS after the one before */
	uint64_t challenge_ns;
	/* Text with an ACK that can be, from byte 0 to `whole`, and beyond it. */
	uint64_t whole;
	struct {
		uint64_t start, end;
	} beyond[RANGES_MAX];
	unsigned beyond_count;
};

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void
put32(uint8_t *at, uint32_t n)
{
	at[0] = (uint8_t)(n >> 24);
	at[1] = (uint8_t)(n >> 16);
	at[2] = (uint8_t)(n >> 8);
	at[3] = (uint8_t)n;
}

/* The byte that stands at a number, whoever sends it and however often. */
static uint8_t
byte_at(uint32_t n)
{
	return (uint8_t)(n ^ n >> 7 ^ n >> 15);
}

static uint32_t
payload_of(const uint8_t *h, uint32_t bytes)
{
	return bytes - (h[12] >> 4) * 4u;
}

/* The window scale in a SYN's options, -1 where it offers none. */
static int
scale_in(const uint8_t *h)
{
	unsigned bytes = (h[12] >> 4) * 4u;

	for (unsigned i = 20; i < bytes && h[i] != 0;) {
		if (h[i] == 3 && i + 2 < bytes)
			return h[i + 2];
		i += h[i] == 1 ? 1 : h[i + 1];
	}
	return -1;
}

/*
 * A SYN-ACK: a life begins, or it is the one we know, perhaps with another number. Where something
 * was acknowledged or sent already, it is another's, even with the same numbers: RFC 6528's clock
 * gives a SYN that comes again within its tick the number that a connection gone by now had. So
 * may it be where a RST, of either side, may have ended it.
 */
static void
onlooker_take_syn_ack(struct life *l, const uint8_t *h)
{
	uint32_t begin = get32(h + 8), isn = get32(h + 4);
	int ours = scale_in(h);

	if (l->open && begin == l->begin && isn == l->isns[0] && l->acked == 0 && l->end == 1 &&
	    !l->saw_rst)
		return;
	if (!l->open || begin != l->begin || l->spoke || l->saw_rst) {
		*l = (struct life){ .begin = begin,
			.seq = begin,
			.open = true,
			.in = l->in,
			.empty_out = l->empty_out,
			.end = 1,
			.any_window = l->any_window,
			.any_text = l->any_text };
	}
	l->scale = ours >= 0 ? SCALE_OFFERED : 0;
	l->our_scale = ours >= 0 ? (uint8_t)ours : 0;
	for (unsigned i = 0; i < l->isn_count; i++) {
		if (l->isns[i] == isn)
			return;
	}
	memmove(l->isns + 1, l->isns, (ISNS_KNOWN - 1) * sizeof(l->isns[0]));
	l->isns[0] = isn;
	l->isn_count += l->isn_count < ISNS_KNOWN;
}

/* The stack opened by a cookie, and believes of scales what the timestamp says that came back. */
static void
onlooker_cookie_opened(struct life *l)
{
	l->scale = SCALE_MAX;
	l->our_scale = SCALE_MAX;
}

/* [start, end) of the peer's stream came. */
static void
take_range(struct life *l, uint64_t start, uint64_t end)
{
	if (l->beyond_count == RANGES_MAX) {
		l->any_text = true;
		return;
	}
	l->beyond[l->beyond_count].start = start;
	l->beyond[l->beyond_count++].end = end;
	for (unsigned i = 0; i < l->beyond_count;) {
		if (l->beyond[i].start > l->whole) {
			i++;
			continue;
		}
		if (l->beyond[i].end > l->whole)
			l->whole = l->beyond[i].end;
		l->beyond[i] = l->beyond[--l->beyond_count];
		i = 0;
	}
}

/* Its text and FIN, unless it acknowledges what this life did not send. */
static void
take_text(struct life *l, const uint8_t *h, uint32_t bytes)
{
	uint32_t length = payload_of(h, bytes) + (h[13] & 1), ack = get32(h + 8);
	int32_t start = (int32_t)(get32(h + 4) + ((h[13] & 2) != 0) - l->begin);
	bool can_be = (h[13] & 0x10) == 0;

	for (unsigned i = 0; i < l->isn_count; i++)
		can_be |= (int32_t)(ack - l->isns[i] - (uint32_t)l->end) <= 0;
	if (!can_be || length == 0 || start + (int64_t)length <= 0)
		return;
	take_range(l, start > 0 ? (uint64_t)start : 0, (uint64_t)(start + (int64_t)length));
}

/* A segment comes in. */
static void
onlooker_heard(struct life *l, const uint8_t *h, uint32_t bytes)
{
	uint64_t window = (uint64_t)(h[14] << 8 | h[15]) << (h[13] & 2 ? 0 : l->scale);
	uint32_t ack = get32(h + 8), rel;

	l->in++;
	l->in_bare += payload_of(h, bytes) == 0 && (h[13] & 3) == 0;
	l->heard_bytes += payload_of(h, bytes) + (h[13] & 1);
	l->heard_fin |= (h[13] & 1) != 0;
	l->saw_rst |= (h[13] & 4) != 0;
	if ((h[13] & 0x16) == 2) {
		l->syns[l->syn_count++ % SYNS_KNOWN] = get32(h + 4);
	}
	if (l->open)
		take_text(l, h, bytes);
	if ((h[13] & 0x10) == 0 || !l->open)
		return;
	for (unsigned i = 0; i < l->isn_count; i++) {
		rel = ack - l->isns[i];
		if (rel <= l->end && rel + window > l->edge)
			l->edge = rel + window;
	}
}

/* Random bytes come in, perhaps as a segment of this port. */
static void
onlooker_heard_anything(struct life *l, uint32_t bytes)
{
	l->in++;
	l->heard_bytes += bytes + 1;
	l->heard_fin = l->saw_rst = true;
	l->any_window = true;
	l->any_text = true;
}

/* The number that this life counts from, moved to the front; false: it is of another life. */
static bool
settle(struct life *l, uint32_t seq)
{
	for (unsigned i = 0; i < l->isn_count; i++) {
		uint32_t isn = l->isns[i];

		if (seq - isn > l->end)
			continue;
		if (l->spoke && i > 0)
			return false;
		l->isns[i] = l->isns[0];
		l->isns[0] = isn;
		return true;
	}
	return false;
}

static void
check_text(struct life *l, const struct rte_mbuf *m, const uint8_t *h, uint64_t at)
{
	uint32_t length = payload_of(h, m->pkt_len), skip = (h[12] >> 4) * 4u;
	uint64_t end = at + length, fin = end + (h[13] & 1);
	uint32_t i = 0;

	assert(length <= MSS_MAX);
	assert(length == 0 || end - 1 <= l->written); /* the SYN has number 0 */
	assert(length <= 1 || end <= l->edge || l->any_window);
	if (l->fin != 0) /* an empty segment stands behind it */
		assert((h[13] & 1) != 0 ? fin == l->fin : end + (length > 0) <= l->fin);
	if ((h[13] & 1) != 0) {
		assert(end - 1 == l->written); /* behind all of it */
		l->fin = fin;
	}
	for (; m != NULL; m = m->next) {
		const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

		for (uint32_t n = skip; n < m->data_len; n++)
			assert(p[n] == byte_at((uint32_t)at - 1 + i++));
		skip -= skip < m->data_len ? skip : m->data_len;
	}
	assert(i == length);
	if (fin > l->end)
		l->end = fin;
}

static void
check_ack(struct life *l, const uint8_t *h)
{
	uint64_t ack = get32(h + 8) - l->begin, edge = ack;

	edge += (uint64_t)(h[14] << 8 | h[15]) << l->our_scale;
	assert(ack >= l->acked);
	assert(ack <= l->heard_bytes);
	assert(ack <= l->whole || l->any_text);
	/* Less than a unit of the scale is the rounding of what was announced; behind a FIN there
	 * is nothing to announce. */
	if (!l->heard_fin && l->our_scale < SCALE_MAX)
		assert(edge + (1u << l->our_scale) > l->our_edge);
	if (!l->heard_fin && l->our_scale < SCALE_MAX && l->our_edge > 0 &&
	    edge >= l->our_edge + (1u << l->our_scale))
		assert(edge - l->our_edge + (1u << l->our_scale) >= WINDOW_STEP);
	l->acked = ack;
	if (edge > l->our_edge)
		l->our_edge = edge;
}

/* It acknowledges a SYN that came, and not what the life that is known could. */
static bool
begins_unheard(const struct life *l, const uint8_t *h)
{
	uint32_t ack = get32(h + 8);
	bool heard = false;

	for (unsigned i = 0; i < SYNS_KNOWN && i < l->syn_count; i++)
		heard |= ack == l->syns[i] + 1;
	return heard && (!l->open || ack - l->begin > l->heard_bytes);
}

/*
 * A challenge is the first that is heard of a connection whose SYN-ACK found no buffer. What was
 * agreed on stood in that one: no window is known, nor what came before now.
 */
static void
onlooker_begin_unheard(struct life *l, const uint8_t *h)
{
	*l = (struct life){ .begin = get32(h + 8),
		.seq = get32(h + 8),
		.open = true,
		.in = l->in,
		.empty_out = l->empty_out,
		.heard_bytes = l->heard_bytes,
		.end = 1,
		.scale = SCALE_MAX,
		.our_scale = SCALE_MAX,
		.isns = { get32(h + 4) - 1 },
		.isn_count = 1,
		.any_window = true,
		.any_text = true };
}

/* A segment that the stack sends, neither SYN nor RST. */
static void
onlooker_sent(struct life *l, const struct rte_mbuf *m, const uint8_t *h)
{
	if (begins_unheard(l, h) && payload_of(h, m->pkt_len) == 0) {
		onlooker_begin_unheard(l, h);
		return;
	}
	if (!l->open || !settle(l, get32(h + 4))) {
		assert(payload_of(h, m->pkt_len) == 0); /* of TIME-WAIT */
		return;
	}
	l->spoke = true;
	l->stale_acks += payload_of(h, m->pkt_len) == 0 && (h[13] & 1) == 0 &&
			 get32(h + 8) - l->begin == l->acked &&
			 l->acked + ((uint64_t)(h[14] << 8 | h[15]) << l->our_scale) <= l->our_edge;
	check_text(l, m, h, get32(h + 4) - l->isns[0]);
	check_ack(l, h);
}

/* Whether a number is one that no SYN-ACK of this life, and nothing after it, has sent. */
static bool
onlooker_never_sent(const struct life *l, uint32_t seq)
{
	for (unsigned i = 0; i < l->isn_count; i++) {
		if (seq - l->isns[i] < l->end)
			return false;
	}
	return l->open;
}

static void
onlooker_turn(struct life *l, uint64_t now_ns, bool drought)
{
	assert(l->empty_out <= l->in + EMPTY_BY_TIMERS);
	if (l->stale_acks > 0 && l->in > 0 && l->in == l->in_bare && !drought) {
		if (now_ns - l->challenge_ns >= CHALLENGE_NS)
			l->challenges = 0;
		l->challenges += l->stale_acks;
		l->challenge_ns = now_ns;
		assert(l->challenges <= CHALLENGES_MAX);
	}
	l->in = l->in_bare = l->empty_out = l->stale_acks = 0;
}

#endif
