/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many segments from many places: what they take of the victim's memory, what they make it send,
 * and what is left for an honest neighbour. Each test names its attack and the bound.
 */
#include "dataplane/net/tcp/tcp_limits.h"
#include "tests/sim/hostile/hostile.h"
#include "tests/unit/harness.h"

#define RUN_MS       1000
#define PER_MS       200 /* 200,000 segments a second: 10 times what the neighbour sends */
#define NEIGHBOUR_OK 8   /* tenths of what it gets in peace */

static struct hostile h;

int
harness_setup(void)
{
	return hostile_setup();
}

static void
syns(struct hostile *v, uint32_t ms, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < PER_MS; i++)
		hostile_send(v, &(struct attack){ .source = (ms * PER_MS + i) & 0xffff,
				    .port = (uint16_t)(ms + 1024),
				    .flags = SEGMENT_SYN,
				    .seq = ms * i,
				    .window = 65535 });
}

/* Half-open connections are bounded and hold no buffer; the neighbour does not notice. */
TEST(syn_flood)
{
	uint64_t peace = hostile_peace(RUN_MS);

	hostile_init(&h, (struct tcp_config){ .half_open_max = 256 });
	hostile_run(&h, RUN_MS, syns, NULL);
	CHECK(h.connections_most <= 256 + 1);
	CHECK(h.buffers_most < HOSTILE_BUFFERS / 4);
	CHECK(h.neighbour_bytes * 10 >= peace * NEIGHBOUR_OK);
	hostile_wait(&h, 70000, NULL, NULL); /* all retries and their deadline */
	CHECK(tcp_connection_count(h.victim) == 1);
	CHECK(hostile_fini(&h));
}

/* One SYN makes us send a bounded number of SYN-ACKs to an address that may be a third's. */
TEST(syn_ack_amplification)
{
	hostile_init(&h, (struct tcp_config){ 0 });
	hostile_send(&h, &(struct attack){ .port = 1024, .flags = SEGMENT_SYN, .window = 65535 });
	hostile_wait(&h, 70000, NULL, NULL);
	CHECK(h.syn_acks >= 1 && h.syn_acks <= 1 + SYN_RETRIES_MAX);
	CHECK(h.payload_bytes == 0);
	CHECK(hostile_fini(&h));
}

/* Connections that do nothing: a bounded number, and not one buffer each. */
TEST(connection_hoarding)
{
	uint64_t peace = hostile_peace(RUN_MS);
	struct foe f = { 0 };
	unsigned opened = 0;

	hostile_init(&h, (struct tcp_config){ .connections_max = 200 });
	for (uint16_t port = 2000; port < 2600; port++)
		opened += hostile_open(&h, &f, port, NULL, 0);
	CHECK(opened == 199); /* and the neighbour's */
	h.neighbour_bytes = 0;
	hostile_run(&h, RUN_MS, NULL, NULL);
	CHECK(h.buffers_most < 200);
	CHECK(h.neighbour_bytes * 10 >= peace * NEIGHBOUR_OK);
	CHECK(hostile_fini(&h));
}

struct stray {
	uint8_t flags;
	uint32_t length;
};

static void
strays(struct hostile *v, uint32_t ms, void *arg)
{
	const struct stray *s = arg;

	for (uint32_t i = 0; i < PER_MS; i++)
		hostile_send(v, &(struct attack){ .source = i,
				    .port = (uint16_t)(1024 + ms),
				    .flags = s->flags,
				    .seq = i,
				    .ack = ms,
				    .length = s->length });
}

/* Strangers are reset, a bounded number a second; a RST and what has no ACK never. */
TEST(stray_segments_and_resets)
{
	static const struct {
		const char *name;
		struct stray s;
		bool answered;
	} rows[] = { { "ACKs", { SEGMENT_ACK, 0 }, true }, { "data", { SEGMENT_ACK, 100 }, true },
		{ "FINs", { SEGMENT_FIN | SEGMENT_ACK, 0 }, true }, { "no flags", { 0, 0 }, false },
		{ "RSTs", { SEGMENT_RST, 0 }, false },
		{ "RST and SYN", { SEGMENT_RST | SEGMENT_SYN, 0 }, false } };
	uint64_t peace = hostile_peace(RUN_MS);

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct stray s = rows[i].s;

		hostile_init(&h, (struct tcp_config){ 0 });
		hostile_run(&h, RUN_MS, strays, &s);
		CHECK_ROW(rows[i].name, (h.segments > 0) == rows[i].answered);
		CHECK_ROW(rows[i].name, h.segments == h.resets);
		CHECK_ROW(rows[i].name, h.resets <= REFUSALS_PER_SECOND * (RUN_MS / 1000 + 1));
		CHECK_ROW(rows[i].name, h.connections_most == 1);
		CHECK_ROW(rows[i].name, h.neighbour_bytes * 10 >= peace * NEIGHBOUR_OK);
		CHECK_ROW(rows[i].name, hostile_fini(&h));
	}
}

/* After a restart a peer of the dead stack learns it at once. */
TEST(restart_is_told)
{
	hostile_init(&h, (struct tcp_config){ 0 });
	hostile_send(&h, &(struct attack){ .port = 999,
			     .flags = SEGMENT_ACK | SEGMENT_PSH,
			     .seq = 77,
			     .ack = 4711,
			     .length = 100 });
	CHECK(h.resets == 1 && h.last.seq == 4711);
	CHECK(hostile_fini(&h));
}

static void
open_and_close(struct hostile *v, uint32_t ms, void *arg)
{
	struct foe f = { .source = ms };

	(void)arg;
	if (hostile_open(v, &f, (uint16_t)(1024 + ms % 60000), NULL, 0)) {
		hostile_run(v, 1, NULL, NULL);
		tcp_begin(v->victim, v->now);
		hostile_say(v, &f, SEGMENT_FIN | SEGMENT_ACK, 65535, 0);
	}
}

/* TIME-WAIT has a table of its own: no more than that, whatever comes. */
TEST(time_wait_flood)
{
	hostile_init(&h, (struct tcp_config){ .time_wait_max = 64 });
	hostile_run(&h, 500, open_and_close, NULL);
	CHECK(hostile_counter(&h, TCP_COUNTER_PASSIVE_OPENS) > 400);
	CHECK(h.connections_most < HOSTILE_CONNS);
	CHECK(h.neighbour_bytes > 0);
	CHECK(hostile_fini(&h));
}

/* Every combination of flags, to a listener and to a connection: at most one answer each. */
TEST(christmas_trees)
{
	for (unsigned flags = 0; flags < 64; flags++) {
		struct foe f = { 0 };
		uint64_t before;

		hostile_init(&h, (struct tcp_config){ 0 });
		hostile_send(&h, &(struct attack){ .port = 3000,
				     .flags = (uint8_t)flags,
				     .seq = 5,
				     .ack = 9,
				     .length = flags % 2 * 10 });
		hostile_run(&h, 1, NULL, NULL);
		CHECK_SEED(flags, h.segments <= 1);
		CHECK_SEED(flags, hostile_open(&h, &f, 3001, NULL, 0));
		before = h.segments;
		hostile_say(&h, &f, (uint8_t)flags, 65535, 10);
		hostile_run(&h, 1, NULL, NULL);
		CHECK_SEED(flags, h.segments - before <= 1);
		CHECK_SEED(flags, hostile_fini(&h));
	}
}

/* RFC 6528: nothing of one flow's numbers tells those of another. */
TEST(initial_numbers_cannot_be_guessed)
{
	uint32_t last = 0, step = 0;
	unsigned alike = 0, near = 0;

	hostile_init(&h, (struct tcp_config){ 0 });
	for (uint16_t port = 1; port <= 500; port++) {
		hostile_send(
		    &h, &(struct attack){ .port = port, .flags = SEGMENT_SYN, .window = 65535 });
		alike += h.last.seq - last == step;
		near += h.last.seq - last + 65536 < 131072;
		step = h.last.seq - last;
		last = h.last.seq;
	}
	CHECK(alike == 0);
	CHECK(near <= 2);
	CHECK(hostile_fini(&h));
}

/* RFC 7323 §5.4: timestamps tell neither the clock nor how long we are up. */
TEST(timestamps_begin_anywhere)
{
	static const uint8_t ts[] = { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0 };
	uint32_t first = 0;
	unsigned near = 0;

	hostile_init(&h, (struct tcp_config){ 0 });
	for (uint16_t port = 1; port <= 100; port++) {
		hostile_send(&h, &(struct attack){ .port = port,
				     .flags = SEGMENT_SYN,
				     .window = 65535,
				     .options = ts,
				     .option_bytes = sizeof(ts) });
		CHECK(h.last.has_ts);
		near += h.last.ts_val - first + 1000000 < 2000000;
		first = h.last.ts_val;
	}
	CHECK(near <= 2);
	CHECK(hostile_fini(&h));
}
