/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One connection, opened as it should be, and then a peer that lies about what it has, sends in
 * crumbs, never reads, or never ends.
 */
#include "dataplane/net/tcp/tcp_limits.h"
#include "tests/sim/hostile/hostile.h"
#include "tests/unit/harness.h"

#define MSS 1460

static const uint8_t mss_and_sack[] = { 2, 4, MSS >> 8, MSS & 0xff, 4, 2, 1, 1 };

static struct hostile h;
static struct foe f;

/* The connection is open, and the victim has said what it has to say. */
static void
begin(uint32_t answer_bytes)
{
	hostile_init(&h, (struct tcp_config){ .receive_window_bytes = 65536 });
	h.answer_bytes = answer_bytes;
	f = (struct foe){ 0 };
	CHECK(hostile_open(&h, &f, 5000, mss_and_sack, sizeof(mss_and_sack)));
	h.neighbour_bytes = 0;
}

static void
say_at(uint32_t offset, uint32_t length)
{
	hostile_send(&h, &(struct attack){ .port = f.port,
			     .flags = SEGMENT_ACK,
			     .seq = f.seq + offset,
			     .ack = f.ack,
			     .window = 65535,
			     .length = length });
}

/* An ACK with SACK blocks [from, to), relative to what the victim sent. */
static void
sack(uint32_t ack, const uint32_t (*blocks)[2], unsigned count)
{
	uint8_t options[40] = { 1, 1, 5, (uint8_t)(2 + 8 * count) };

	for (unsigned i = 0; i < count; i++) {
		segment_put32(options + 4 + 8 * i, f.ack + blocks[i][0]);
		segment_put32(options + 8 + 8 * i, f.ack + blocks[i][1]);
	}
	hostile_send(&h, &(struct attack){ .port = f.port,
			     .flags = SEGMENT_ACK,
			     .seq = f.seq,
			     .ack = f.ack + ack,
			     .window = 65535,
			     .options = options,
			     .option_bytes = (uint8_t)(4 + 8 * count) });
}

/* CVE-2018-5390: a byte here, a byte there. Bounded runs, so bounded buffers and bounded work. */
TEST(segment_smack)
{
	uint32_t before;

	begin(0);
	before = hostile_buffers(&h);
	for (uint32_t i = 0; i < 30000; i++)
		say_at(1 + 2 * i, 1);
	CHECK(hostile_buffers(&h) <= before + REASM_RUNS_MAX + 64); /* 64: the neighbour's */
	CHECK(hostile_counter(&h, TCP_COUNTER_OUT_OF_ORDER_DROPPED) >= 30000 - REASM_RUNS_MAX);
	hostile_run(&h, 100, NULL, NULL);
	CHECK(h.neighbour_bytes > 0);
	CHECK(hostile_fini(&h));
}

/* A byte a segment, in order, to an application that does not read: buffers as the bytes need. */
TEST(crumbs_in_order)
{
	uint32_t before;

	begin(0);
	before = hostile_buffers(&h);
	for (uint32_t i = 0; i < 60000; i++)
		hostile_say(&h, &f, SEGMENT_ACK, 65535, 1);
	CHECK(hostile_buffers(&h) <= before + 65536 / 1500 + 64);
	CHECK(hostile_fini(&h));
}

#define CRUMBED_BYTES 20000

/* [from, from + length) of a stream whose first byte does not come. */
struct crumb {
	uint32_t from, length;
};

static struct crumb
descending(uint32_t i)
{
	return (struct crumb){ CRUMBED_BYTES - i, 1 };
}

/* 2, 1, 4, 3, and so on: each second one closes the hole before the first. */
static struct crumb
pairs(uint32_t i)
{
	return (struct crumb){ 1 + (i ^ 1), 1 };
}

/* Every second byte of 64, then those between. */
static struct crumb
combs(uint32_t i)
{
	return (struct crumb){ 1 + i / 64 * 64 + i % 32 * 2 + (i % 64 < 32 ? 1 : 0), 1 };
}

/* Out from a middle of 512 bytes, to both sides. */
static struct crumb
from_the_middle(uint32_t i)
{
	uint32_t k = i % 512;

	return (struct crumb){ 1 + i / 512 * 512 + (k & 1 ? 255 - k / 2 : 256 + k / 2), 1 };
}

/* Each repeats the first byte of the one before. */
static struct crumb
descending_with_overlap(uint32_t i)
{
	return (struct crumb){ CRUMBED_BYTES - i, 2 };
}

/* Each holds the one before it, and a byte on either side. */
static struct crumb
around_what_is_there(uint32_t i)
{
	uint32_t k = i % 500;

	return (struct crumb){ 1 + i / 500 * 1000 + 499 - k, 1 + 2 * k };
}

/* Two crumbs of each 20 bytes, then all 20: pieces before, between and behind them. */
static struct crumb
bridges(uint32_t i)
{
	uint32_t at = 1 + i / 3 * 20;

	return i % 3 == 0   ? (struct crumb){ at + 5, 2 }
	       : i % 3 == 1 ? (struct crumb){ at + 12, 2 }
			    : (struct crumb){ at, 20 };
}

/* Crumbs beyond a hole share buffers in whatever order they come. */
TEST(crumbs_beyond_a_hole)
{
	static const struct {
		const char *name;
		struct crumb (*crumb)(uint32_t i);
		uint32_t count;
	} cases[] = {
		{ "descending", descending, CRUMBED_BYTES },
		{ "pairs", pairs, CRUMBED_BYTES },
		{ "combs", combs, CRUMBED_BYTES / 64 * 64 },
		{ "from the middle", from_the_middle, CRUMBED_BYTES / 512 * 512 },
		{ "descending with overlap", descending_with_overlap, CRUMBED_BYTES },
		{ "around what is there", around_what_is_there, CRUMBED_BYTES / 1000 * 500 },
		{ "bridges", bridges, CRUMBED_BYTES / 20 * 3 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		uint32_t before;

		begin(0);
		before = hostile_buffers(&h);
		for (uint32_t k = 0; k < cases[i].count; k++) {
			struct crumb c = cases[i].crumb(k);

			say_at(c.from, c.length);
		}
		CHECK_ROW(cases[i].name, hostile_buffers(&h) - before <= CRUMBED_BYTES / 200 + 64);
		CHECK_ROW(cases[i].name, hostile_fini(&h));
	}
}

/* Overlaps make pieces by reference: they pin what they point at. Still in proportion to the
 * window. */
TEST(overlapping_pieces)
{
	begin(0);
	for (uint32_t at = 0; at < 64000; at += 1000) {
		say_at(at + 500, 400);
		say_at(at + 300, 700);
		say_at(at, 1000);
	}
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.buffers_most <= 4 * 65536 / 400 + REASM_RUNS_MAX + 64);
	CHECK(hostile_fini(&h));
}

/* CVE-2019-11477, -11478: holes without end. The scoreboard is bounded (tcp_check_invariants()),
 * and an ACK makes us send no more than it claims to be lost. */
TEST(sack_holes)
{
	uint64_t first;

	begin(60000);
	hostile_run(&h, 5, NULL, NULL);
	first = h.payload_bytes;
	CHECK(first >= 10 * MSS);
	for (uint32_t i = 0; i < 3000; i++) {
		uint32_t at = 1 + i * 4 % 14000;
		const uint32_t blocks[4][2] = { { at, at + 1 }, { at + 2, at + 3 },
			{ at + 4, at + 5 }, { at + 6, at + 7 } };

		sack(0, blocks, 4);
		if (i % 100 == 0)
			hostile_run(&h, 1, NULL, NULL);
	}
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.payload_bytes <= 3 * first);
	CHECK(hostile_fini(&h));
}

/* The same loss claimed again and again: one round of retransmissions, then the RTO's pace. */
TEST(the_same_loss_a_thousand_times)
{
	const uint32_t blocks[1][2] = { { MSS, 10 * MSS } };
	uint64_t first;

	begin(60000);
	hostile_run(&h, 5, NULL, NULL);
	first = h.payload_bytes;
	for (uint32_t i = 0; i < 1000; i++) {
		sack(0, blocks, 1);
		if (i % 10 == 0)
			hostile_run(&h, 1, NULL, NULL);
	}
	CHECK(h.payload_bytes - first <= 20 * MSS);
	CHECK(hostile_fini(&h));
}

/* Lies of SACK: before what flies, beyond it, backwards. As duplicate ACKs they may count, no more.
 */
TEST(sack_lies)
{
	static const uint32_t lies[][2] = { { 0u - 5000, 0u - 4000 }, { 500000, 600000 },
		{ 4000, 3000 }, { 0, 0x7fffffff } };
	uint64_t first;

	begin(60000);
	hostile_run(&h, 5, NULL, NULL);
	first = h.payload_bytes;
	for (unsigned i = 0; i < COUNT_OF(lies); i++)
		sack(0, &lies[i], 1);
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.payload_bytes == first);
	CHECK(hostile_fini(&h));
}

/* ACKs of what was not sent yet: challenged now and then, and never believed. */
TEST(optimistic_acks)
{
	uint64_t first, segments;

	begin(200000);
	hostile_run(&h, 5, NULL, NULL);
	first = h.payload_bytes;
	segments = h.segments;
	for (uint32_t i = 0; i < 1000; i++)
		hostile_send(&h, &(struct attack){ .port = f.port,
				     .flags = SEGMENT_ACK,
				     .seq = f.seq,
				     .ack = f.ack + 100000 + i,
				     .window = 65535 });
	hostile_run(&h, 100, NULL, NULL);
	CHECK(h.payload_bytes == first);
	CHECK(h.segments - segments <= 1);
	CHECK(hostile_fini(&h));
}

/* RFC 3465: an ACK cut into a thousand pays for its bytes, not for its number. */
TEST(ack_splitting)
{
	uint64_t first;

	begin(400000);
	hostile_run(&h, 5, NULL, NULL);
	first = h.payload_bytes; /* the initial window */
	for (uint32_t i = 1; i <= MSS; i++)
		hostile_send(&h, &(struct attack){ .port = f.port,
				     .flags = SEGMENT_ACK,
				     .seq = f.seq,
				     .ack = f.ack + i,
				     .window = 65535 });
	hostile_run(&h, 5, NULL, NULL);
	CHECK(h.payload_bytes - first <= 2 * MSS + MSS);
	CHECK(hostile_fini(&h));
}

/* CVE-2019-11479: an MSS below the floor is the floor. */
TEST(tiny_mss)
{
	static const uint8_t options[][4] = { { 2, 4, 0, 0 }, { 2, 4, 0, 1 }, { 2, 4, 0, 48 } };

	for (unsigned i = 0; i < COUNT_OF(options); i++) {
		hostile_init(&h, (struct tcp_config){ 0 });
		h.answer_bytes = 20000;
		f = (struct foe){ 0 };
		CHECK(hostile_open(&h, &f, 5000, options[i], 4));
		hostile_run(&h, 5, NULL, NULL);
		CHECK_SEED(i, h.payload_bytes >= 5000);
		CHECK_SEED(i, h.segments - 1 <= h.payload_bytes / MSS_FLOOR + 1);
		CHECK(hostile_fini(&h));
	}
}

static void
answer_probes(struct hostile *v, void *arg)
{
	uint64_t *seen = arg;

	if (v->segments == *seen)
		return;
	*seen = v->segments;
	hostile_say(v, &f, SEGMENT_ACK, 0, 0);
}

/* Sockstress: a window that never opens, each probe answered. It ends all the same, and probes are
 * few. */
TEST(zero_window_for_ever)
{
	uint64_t seen = 0;

	begin(60000);
	hostile_say(&h, &f, SEGMENT_ACK, 0, 0);
	hostile_wait(&h, PERSIST_TIMEOUT_MS + 70000, answer_probes, &seen);
	CHECK(tcp_connection_count(h.victim) == 1);
	CHECK(h.last.flags & SEGMENT_RST);
	CHECK(h.segments < 80);
	CHECK(hostile_fini(&h));
}

/* A peer that takes our bytes and acknowledges none: the user timeout ends it, and frees them. */
TEST(nothing_is_acknowledged)
{
	begin(60000);
	hostile_wait(&h, USER_TIMEOUT_MS + 70000, NULL, NULL);
	CHECK(tcp_connection_count(h.victim) == 1);
	CHECK(h.segments < 60);
	CHECK(hostile_fini(&h));
}

/* CVE-2015-5358: who will not end is ended: LAST-ACK by retransmissions, FIN-WAIT-2 by its
 * deadline. */
TEST(last_ack_and_fin_wait_2_squat)
{
	begin(0);
	hostile_say(&h, &f, SEGMENT_FIN | SEGMENT_ACK, 65535, 0); /* our FIN stays unacknowledged */
	hostile_wait(&h, USER_TIMEOUT_MS + 70000, NULL, NULL);
	CHECK(tcp_connection_count(h.victim) == 1);
	CHECK(hostile_fini(&h));
	begin(0);
	h.leaves = true;
	CHECK(hostile_open(&h, &f, 5001, NULL, 0));
	hostile_run(&h, 10, NULL, NULL);
	CHECK(h.last.flags & SEGMENT_FIN);
	f.ack++;
	hostile_say(&h, &f, SEGMENT_ACK, 65535, 0); /* and never a FIN of his */
	hostile_wait(&h, FIN_WAIT_2_MS + 1000, NULL, NULL);
	CHECK(tcp_connection_count(h.victim) == 2); /* the neighbour's, and that of begin() */
	CHECK(hostile_fini(&h));
}

/* ACKs by the million on one connection: no answer, no effect on the neighbour. */
static void
many_acks(struct hostile *v, uint32_t ms, void *arg)
{
	(void)ms;
	(void)arg;
	for (unsigned i = 0; i < 200; i++)
		hostile_say(v, &f, SEGMENT_ACK, 65535, 0);
}

TEST(pure_ack_flood)
{
	uint64_t peace = hostile_peace(1000), before;

	begin(0);
	before = h.segments;
	hostile_run(&h, 1000, many_acks, NULL);
	CHECK(h.segments == before);
	CHECK(h.neighbour_bytes * 10 >= peace * 8);
	CHECK(hostile_fini(&h));
}

/* RFC 7323 §2.3: a shift above 14 is 14; a window of 0xffff << 14 does not overflow. */
TEST(window_scale_of_255)
{
	static const uint8_t options[] = { 3, 3, 255, 1 };

	hostile_init(&h, (struct tcp_config){ 0 });
	h.answer_bytes = 100000;
	f = (struct foe){ 0 };
	CHECK(hostile_open(&h, &f, 5000, options, sizeof(options)));
	hostile_run(&h, 5, NULL, NULL);
	CHECK(h.payload_bytes > 0);
	CHECK(hostile_fini(&h));
}
