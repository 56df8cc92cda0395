/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * More than there is room for: of connections, of buffers, of work in a turn. What one source, one
 * connection or one kind of peer may have of each, and what is left for others.
 */
#include "dataplane/net/tcp/tcp_limits.h"
#include "tests/sim/hostile/hostile.h"
#include "tests/unit/harness.h"

#define RUN_MS 1000

static struct hostile h;

/* One address opens until it has its share; another still gets in. */
TEST(one_source_does_not_take_all_connections)
{
	struct foe greedy = { .source = 1 }, other = { .source = 2 };
	unsigned opened = 0;

	hostile_init(
	    &h, (struct tcp_config){ .connections_max = 200, .connections_per_source_max = 100 });
	for (uint16_t port = 2000; port < 2600; port++)
		opened += hostile_open(&h, &greedy, port, NULL, 0);
	CHECK(opened == 100);
	CHECK(hostile_counter(&h, TCP_COUNTER_SOURCE_DROPS) == 500);
	CHECK(hostile_open(&h, &other, 2000, NULL, 0));
	CHECK(hostile_fini(&h));
}

/* Cookies remember nobody: more of them are out than their source may have, when the first comes
 * back. */
TEST(one_source_does_not_take_all_connections_by_cookies)
{
	uint32_t cookies[12];

	hostile_init(
	    &h, (struct tcp_config){
		    .connections_max = 200, .connections_per_source_max = 5, .half_open_max = 1 });
	hostile_send(&h, &(struct attack){ .source = 9, .port = 1, .flags = SEGMENT_SYN });
	for (uint16_t i = 0; i < COUNT_OF(cookies); i++) {
		hostile_send(&h,
		    &(struct attack){
			.source = 1, .port = 2000u + i, .flags = SEGMENT_SYN, .window = 65535 });
		hostile_run(&h, 1, NULL, NULL);
		cookies[i] = h.last.seq;
	}
	CHECK(hostile_counter(&h, TCP_COUNTER_SYN_COOKIES_SENT) == COUNT_OF(cookies));
	for (uint16_t i = 0; i < COUNT_OF(cookies); i++)
		hostile_send(&h, &(struct attack){ .source = 1,
				     .port = 2000u + i,
				     .flags = SEGMENT_ACK,
				     .seq = 1,
				     .ack = cookies[i] + 1,
				     .window = 65535 });
	hostile_run(&h, 1, NULL, NULL);
	CHECK(hostile_counter(&h, TCP_COUNTER_SYN_COOKIES_RECV) == 5);
	CHECK(hostile_counter(&h, TCP_COUNTER_SOURCE_DROPS) == COUNT_OF(cookies) - 5);
	CHECK(hostile_fini(&h));
}

struct name {
	uint32_t source;
	bool same_flow;
};

static void
syns_in_anothers_name(struct hostile *v, uint32_t ms, void *arg)
{
	const struct name *n = arg;

	for (uint32_t i = 0; i < 200; i++)
		hostile_send(v, &(struct attack){ .source = n->source,
				    .port = n->same_flow ? 999 : (uint16_t)(ms * 200 + i),
				    .flags = SEGMENT_SYN,
				    .seq = n->same_flow ? 5 : i,
				    .window = 65535 });
}

/* 200,000 SYNs a second in a third's name: it gets a thousand answers a second, and few again. */
TEST(a_third_is_not_flooded_by_our_answers)
{
	uint64_t peace = hostile_peace(RUN_MS);

	for (unsigned same = 0; same < 2; same++) {
		struct name n = { 7, same == 1 };

		hostile_init(&h, (struct tcp_config){ .half_open_max = 256 });
		hostile_run(&h, RUN_MS, syns_in_anothers_name, &n);
		hostile_wait(&h, 70000, NULL, NULL);
		CHECK_SEED(same, h.syn_acks >= SYNS_OF_STRANGER);
		CHECK_SEED(same,
		    h.syn_acks <=
			2 * SYNS_OF_STRANGER + 256 / HALF_OPEN_SHARES * (SYN_ACK_RETRIES_MAX + 1));
		CHECK_SEED(same, h.connections_most <= 256 / HALF_OPEN_SHARES + 1);
		CHECK_SEED(same, h.neighbour_bytes * 10 >= peace * 8);
		CHECK_SEED(same, hostile_fini(&h));
	}
}

/* A flood in the name of a client that is there does not shut that client out. */
TEST(a_client_is_not_shut_out_by_a_flood_in_its_name)
{
	struct name n = { 7, false };
	struct foe f = { .source = 7 };

	hostile_init(&h, (struct tcp_config){ .half_open_max = 256 });
	CHECK(hostile_open(&h, &f, 60000, NULL, 0));
	hostile_run(&h, 200, syns_in_anothers_name, &n);
	CHECK(hostile_open(&h, &f, 60001, NULL, 0));
	CHECK(hostile_fini(&h));
}

/* Half the half-open places are taken: who does not answer is asked twice more, not five times. */
TEST(retries_are_fewer_in_a_flood)
{
	hostile_init(&h, (struct tcp_config){ .half_open_max = 64 });
	for (uint32_t i = 0; i < 64; i++)
		hostile_send(
		    &h, &(struct attack){
			    .source = i, .port = 9, .flags = SEGMENT_SYN, .window = 65535 });
	hostile_wait(&h, 70000, NULL, NULL);
	CHECK(h.syn_acks <=
	      64 / 2 * (SYN_ACK_RETRIES_PRESSED + 1) + 64 / 2 * (SYN_ACK_RETRIES_MAX + 1));
	CHECK(tcp_connection_count(h.victim) == 1);
	CHECK(hostile_fini(&h));
}

/* Released, and the peer never closes: past the bound the oldest is reset, the rest has its 60 s.
 */
TEST(orphans_are_bounded)
{
	struct foe f = { .source = 3 };

	hostile_init(&h, (struct tcp_config){ 0 });
	h.leaves = true;
	for (uint16_t port = 1; port <= 700; port++) {
		CHECK_SEED(port, hostile_open(&h, &f, port, NULL, 0));
		f.ack++;
		hostile_say(&h, &f, SEGMENT_ACK, 65535, 0); /* his FIN never comes */
	}
	CHECK(h.connections_most <= HOSTILE_CONNS / 4 + 2);
	CHECK(hostile_counter(&h, TCP_COUNTER_ORPHANS_RESET) == 700 - HOSTILE_CONNS / 4);
	hostile_wait(&h, FIN_WAIT_2_MS + 1000, NULL, NULL);
	CHECK(tcp_connection_count(h.victim) == 1);
	CHECK(hostile_fini(&h));
}

struct hoard {
	struct foe foes[100];
	unsigned count;
};

static void
open_all(struct hoard *o, unsigned count, uint32_t first_source)
{
	static const uint8_t mss[] = { 2, 4, 1460 >> 8, 1460 & 0xff };

	for (unsigned i = 0; i < count; i++) {
		struct foe *f = &o->foes[o->count++];

		f->source = first_source + i;
		CHECK_SEED(i, hostile_open(&h, f, 5000, mss, sizeof(mss)));
	}
}

/* Each sends what the victim's application does not read. */
static void
send_all(struct hostile *v, uint32_t ms, void *arg)
{
	struct hoard *o = arg;

	for (unsigned i = 0; i < o->count; i++) {
		if (ms % 2 == 0)
			hostile_say(v, &o->foes[i], SEGMENT_ACK, 65535, 1460);
		else /* beyond a hole */
			hostile_send(v, &(struct attack){ .source = o->foes[i].source,
					    .port = 5000,
					    .flags = SEGMENT_ACK,
					    .seq = o->foes[i].seq + 3000 * (ms % 20),
					    .ack = o->foes[i].ack,
					    .window = 65535,
					    .length = 1460 });
	}
}

/* 100 windows of 128 KiB would take four pools: a part of the reserve stays, and the neighbour's
 * share. */
TEST(senders_to_who_does_not_read_leave_the_reserve)
{
	static struct hoard o;
	uint64_t peace = hostile_peace(RUN_MS);

	o.count = 0;
	hostile_init(&h, (struct tcp_config){ 0 });
	open_all(&o, 100, 10);
	h.neighbour_bytes = 0;
	h.buffers_most = 0;
	hostile_run(&h, RUN_MS, send_all, &o);
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_DROPS) > 1000);
	CHECK(h.buffers_most <= HOSTILE_BUFFERS - HOSTILE_BUFFERS / 4 / 8);
	CHECK(h.neighbour_bytes * 10 >= peace * 8);
	CHECK(tcp_counters(h.neighbour)[TCP_COUNTER_FAST_RECOVERIES] > 0);
	CHECK(tcp_counters(h.neighbour)[TCP_COUNTER_RTO_EXPIRED] == 0);
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_RESETS) == 0); /* our reader's fault */
	CHECK(tcp_connection_count(h.victim) == 101);
	CHECK(hostile_fini(&h));
}

/* Sends `count` segments beyond a hole of one, each `apart` bytes behind the last. */
static void
lose_one(struct foe *f, uint32_t count, uint32_t apart)
{
	for (uint32_t i = 0; i < count; i++) {
		hostile_send(&h, &(struct attack){ .source = f->source,
				     .port = f->port,
				     .flags = SEGMENT_ACK,
				     .seq = f->seq + 1460 + i * apart,
				     .ack = f->ack,
				     .window = 65535,
				     .length = 1460 });
		hostile_run(&h, 1, NULL, NULL);
	}
}

/* While buffers are few a peer may still lose a segment: as much beyond it as may wait in order is
 * kept and told of, in a few runs, so that it comes again by the next round trip. */
TEST(what_is_lost_is_told_while_buffers_are_few)
{
	static const uint8_t options[] = { 2, 4, 1460 >> 8, 1460 & 0xff, 4, 2, 1, 1 };
	static struct hoard o;
	struct foe one = { .source = 500 }, many = { .source = 501 };

	o.count = 0;
	hostile_init(&h, (struct tcp_config){ 0 });
	open_all(&o, 100, 10);
	CHECK(hostile_open(&h, &one, 5000, options, sizeof(options)));
	CHECK(hostile_open(&h, &many, 5000, options, sizeof(options)));
	hostile_run(&h, RUN_MS, send_all, &o);
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_DROPS) > 1000);

	lose_one(&one, 20, 1460);
	CHECK(h.last.sack_count == 1);
	CHECK(h.last.sacks[0][1] - one.seq <= 1460 + PRESSURE_QUEUE_BYTES);
	CHECK(h.last.sacks[0][1] - one.seq > PRESSURE_QUEUE_BYTES);
	hostile_say(&h, &one, SEGMENT_ACK, 65535, 1460);
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.last.ack - one.seq > PRESSURE_QUEUE_BYTES - 1460);

	lose_one(&many, 7, 2 * 1460);
	CHECK(h.last.sacks[0][1] - many.seq <= 1460 * 2 * REASM_RUNS_FEW);
	CHECK(h.buffers_most <= HOSTILE_BUFFERS - HOSTILE_BUFFERS / 4 / 8);
	CHECK(hostile_fini(&h));
}

/* Who does not read what we hold for him is reset once buffers are few, and only then. */
TEST(readers_who_do_not_read_are_reset_when_buffers_are_few)
{
	static struct hoard readers, senders;
	uint64_t peace = hostile_peace(6000);

	readers.count = senders.count = 0;
	hostile_init(&h, (struct tcp_config){ 0 });
	h.answer_bytes = 100000;
	open_all(&readers, 20, 10);
	h.answer_bytes = 0;
	open_all(&senders, 50, 200);
	hostile_run(&h, 4000, NULL, NULL);
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_RESETS) == 0);
	h.neighbour_bytes = 0;
	hostile_run(&h, 6000, send_all, &senders);
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_RESETS) >= 2);
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_RESETS) <= 20);
	CHECK(tcp_connection_count(h.victim) >= 51);
	CHECK(h.neighbour_bytes * 10 >= peace * 8);
	CHECK(hostile_fini(&h));
}

#define INCAST  10000
#define OF_TURN 64

static void
ack_flood(struct hostile *v, uint32_t ms, void *arg)
{
	(void)ms;
	for (unsigned i = 0; i < 200; i++)
		hostile_say(v, arg, SEGMENT_ACK, 65535, i % 10 == 0);
}

/*
 * 10,000 connections have something in the same turn, and one never stops: an application that
 * handles 64 a turn comes to all of them in as many turns as that takes, each in its order.
 */
TEST(incast_of_ten_thousand)
{
	static struct foe foes[INCAST];
	struct foe flood = { .source = 60000 };
	uint64_t peace = hostile_peace(RUN_MS);

	hostile_init(&h, (struct tcp_config){ .connections_max = INCAST + 100 });
	h.unchecked = h.quiet = true;
	for (unsigned i = 0; i < INCAST; i++) {
		foes[i].source = i;
		CHECK_SEED(i, hostile_open(&h, &foes[i], 4000, NULL, 0));
	}
	h.reads = true;
	CHECK(hostile_open(&h, &flood, 4000, NULL, 0));
	h.serves_most = OF_TURN;
	h.quiet = false;
	h.neighbour_bytes = h.served = 0;
	hostile_say(&h, &flood, SEGMENT_ACK, 65535, 1); /* the first of all, and so it stays */
	for (unsigned i = 0; i < INCAST; i++)
		hostile_say(&h, &foes[i], SEGMENT_FIN | SEGMENT_ACK, 65535, 0);
	hostile_run(&h, 1, ack_flood, &flood); /* 10 turns a millisecond */
	CHECK(h.foe_bytes > 0 && h.served <= 11 * OF_TURN);
	hostile_run(&h, INCAST / OF_TURN / 10, ack_flood, &flood);
	CHECK(h.served >= INCAST);
	CHECK(h.connections_most <= INCAST + 2);
	hostile_run(&h, RUN_MS - INCAST / OF_TURN / 10 - 1, ack_flood, &flood);
	CHECK(h.neighbour_bytes * 10 >= peace * 8);
	CHECK(h.foe_bytes > 0);
	CHECK(hostile_fini(&h));
}

/* However many segments a turn brings, their connection is handled once in it. */
TEST(a_burst_on_one_connection_is_one_piece_of_work)
{
	struct foe f = { .source = 3 };
	uint64_t before;

	hostile_init(&h, (struct tcp_config){ 0 });
	CHECK(hostile_open(&h, &f, 4000, NULL, 0));
	hostile_run(&h, 1, NULL, NULL);
	before = h.served;
	hostile_run(&h, 1, ack_flood, &f);
	CHECK(h.served == before + 1);
	CHECK(hostile_fini(&h));
}

/* Segments of 500 bytes, each of which would pin 2 KiB: where many wait they share buffers. */
TEST(half_empty_segments_share_buffers)
{
	struct foe f = { .source = 3 };
	uint32_t before;

	hostile_init(&h, (struct tcp_config){ .receive_window_bytes = 1 << 17 });
	CHECK(hostile_open(&h, &f, 4000, (const uint8_t[]){ 3, 3, 7, 1 }, 4));
	h.quiet = true;
	hostile_run(&h, 100, NULL, NULL);
	before = hostile_buffers(&h);
	for (unsigned i = 0; i < 260; i++) {
		hostile_say(&h, &f, SEGMENT_ACK, 65535, 500);
		hostile_run(
		    &h, 1, NULL, NULL); /* the window that it knows is no longer the SYN's */
	}
	CHECK(hostile_counter(&h, TCP_COUNTER_OUT_OF_WINDOW) == 0); /* all are kept */
	CHECK(hostile_counter(&h, TCP_COUNTER_PRESSURE_DROPS) == 0);
	CHECK(hostile_buffers(&h) - before <= BACKLOG_BYTES / 500 + 1 + (1 << 17) / 1024);
	CHECK(hostile_fini(&h));
}

static void
count_events(struct hostile *v, void *arg)
{
	(void)v;
	++*(unsigned *)arg;
}

/* Segments arm no timers of their own: what follows a flood is one connection's deadlines. */
TEST(a_flood_leaves_one_timer)
{
	static const uint8_t mss[] = { 2, 4, 1460 >> 8, 1460 & 0xff };
	struct foe f = { .source = 3 };
	unsigned events = 0;

	hostile_init(&h, (struct tcp_config){ 0 });
	h.answer_bytes = 50000;
	CHECK(hostile_open(&h, &f, 4000, mss, sizeof(mss)));
	for (uint32_t i = 0; i < 100000; i++)
		hostile_send(&h, &(struct attack){ .source = 3,
				     .port = 4000,
				     .flags = SEGMENT_ACK,
				     .seq = f.seq + i * 7919 % 60000,
				     .ack = f.ack + i % 3 * 1460,
				     .window = (uint16_t)(i * 31),
				     .length = i % 5 });
	hostile_wait(&h, 1000, NULL, NULL);
	hostile_wait(&h, 10000, count_events, &events);
	CHECK(events <= 100);
	CHECK(hostile_fini(&h));
}
