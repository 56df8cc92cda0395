/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Off the path: somebody who knows the neighbour's address and ports but not its numbers, or knows
 * another connection. The neighbour's connection lives, and gets its share.
 */
#include "dataplane/net/tcp/tcp_limits.h"
#include "tests/sim/hostile/hostile.h"
#include "tests/unit/harness.h"

#define RUN_MS 500

static struct hostile h;

struct blind {
	uint8_t flags;
	uint32_t length;
	uint16_t port;
	uint32_t random;
};

/* 200,000 guesses a second. */
static void
guess(struct hostile *v, uint32_t ms, void *arg)
{
	struct blind *b = arg;

	(void)ms;
	for (unsigned i = 0; i < 200; i++) {
		b->random = b->random * 1664525 + 1013904223;
		hostile_send(v, &(struct attack){ .as_neighbour = true,
				    .port = b->port,
				    .flags = b->flags,
				    .seq = b->random,
				    .ack = b->random * 2654435761u,
				    .length = b->length });
	}
}

/* RFC 5961: only a RST at exactly rcv_nxt ends it; a SYN, data or FIN is challenged or dropped. */
TEST(blind_injection)
{
	static const struct {
		const char *name;
		uint8_t flags;
		uint32_t length;
	} rows[] = { { "RST", SEGMENT_RST, 0 }, { "RST, ACK", SEGMENT_RST | SEGMENT_ACK, 0 },
		{ "SYN", SEGMENT_SYN, 0 }, { "SYN, ACK", SEGMENT_SYN | SEGMENT_ACK, 0 },
		{ "data", SEGMENT_ACK, 1000 }, { "FIN", SEGMENT_FIN | SEGMENT_ACK, 0 },
		{ "data without ACK", SEGMENT_PSH, 1000 }, { "ACK", SEGMENT_ACK, 0 } };
	uint64_t peace = hostile_peace(RUN_MS);

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct blind b = { rows[i].flags, rows[i].length, 0, i + 1 };

		hostile_init(&h, (struct tcp_config){ 0 });
		b.port = tcp_endpoints(h.client)->local_port;
		hostile_run(&h, RUN_MS, guess, &b);
		CHECK_ROW(rows[i].name, (tcp_events(h.client) & TCP_EVENT_ENDED) == 0);
		CHECK_ROW(rows[i].name, h.neighbour_bytes * 10 >= peace * 8);
		CHECK_ROW(rows[i].name, h.buffers_most < HOSTILE_BUFFERS / 2);
		CHECK_ROW(rows[i].name, hostile_fini(&h));
	}
}

/* CVE-2016-5696: challenges are counted per connection, so one's tell nothing of another's. */
TEST(challenge_acks_of_one_say_nothing_of_another)
{
	struct foe a = { .source = 1 }, b = { .source = 2 };
	uint64_t before;

	hostile_init(&h, (struct tcp_config){ 0 });
	CHECK(hostile_open(&h, &a, 7000, NULL, 0) && hostile_open(&h, &b, 7001, NULL, 0));
	before = h.segments;
	for (unsigned i = 0; i < 1000; i++)
		hostile_say(&h, &a, SEGMENT_SYN, 65535, 0);
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.segments == before + 1);
	hostile_say(&h, &b, SEGMENT_SYN, 65535, 0);
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.segments == before + 2);
	hostile_run(&h, CHALLENGE_ACK_MS, NULL, NULL);
	hostile_say(&h, &a, SEGMENT_SYN, 65535, 0);
	hostile_run(&h, 1, NULL, NULL);
	CHECK(h.segments == before + 3);
	CHECK(hostile_fini(&h));
}

static void
old_acks(struct hostile *v, uint32_t ms, void *arg)
{
	const struct foe *f = arg;

	(void)ms;
	for (unsigned i = 0; i < 100; i++)
		hostile_send(v, &(struct attack){ .port = f->port,
				    .flags = SEGMENT_ACK,
				    .seq = f->seq - 5000 - i,
				    .ack = f->ack,
				    .window = 65535 });
}

/* ACK wars: an empty segment outside the window is answered twice a second at most. */
TEST(ack_storm)
{
	struct foe f = { 0 };
	uint64_t before;

	hostile_init(&h, (struct tcp_config){ 0 });
	CHECK(hostile_open(&h, &f, 7000, NULL, 0));
	before = h.segments;
	hostile_run(&h, 5000, old_acks, &f);
	CHECK(h.segments - before <= 5000 / CHALLENGE_ACK_MS + 1);
	CHECK(h.segments - before >= 5000 / CHALLENGE_ACK_MS - 1);
	CHECK(hostile_fini(&h));
}

/* A timestamp of the far future, outside the window, must not make all that follow look old. */
TEST(a_forged_timestamp_does_not_freeze_a_connection)
{
	static const uint8_t ts[] = { 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0 };
	uint8_t future[] = { 1, 1, 8, 10, 0x70, 0, 0, 0, 0, 0, 0, 0 };
	struct foe f = { 0 };
	struct attack a;

	hostile_init(&h, (struct tcp_config){ 0 });
	h.reads = true;
	CHECK(hostile_open(&h, &f, 7000, ts, sizeof(ts)));
	a = (struct attack){ .port = 7000,
		.flags = SEGMENT_ACK,
		.seq = f.seq + (1u << 28),
		.ack = f.ack,
		.options = future,
		.option_bytes = sizeof(future),
		.length = 100 };
	hostile_send(&h, &a);
	a.seq = f.seq;
	a.options = ts;
	hostile_send(&h, &a);
	hostile_run(&h, 100, NULL, NULL);
	CHECK(h.last.ack == f.seq + 100);
	CHECK(hostile_counter(&h, TCP_COUNTER_PAWS_REJECTED) == 0);
	CHECK(hostile_fini(&h));
}

/* What an ICMP error quotes of the connection that answer_begins() opens. */
static struct tcp_endpoints
quoted(void)
{
	return (struct tcp_endpoints){ .local = address_v4((const uint8_t[]){ 192, 0, 2, 1 }),
		.remote = address_v4((const uint8_t[]){ 198, 51, 0, 0 }),
		.local_port = HOSTILE_PORT,
		.remote_port = 7000 };
}

/* Opens a connection whose victim answers with 100,000 bytes; the first of them fly. */
static void
answer_begins(struct foe *f)
{
	static const uint8_t mss[] = { 2, 4, 1460 >> 8, 1460 & 0xff };

	hostile_init(&h, (struct tcp_config){ 0 });
	h.answer_bytes = 100000;
	CHECK(hostile_open(&h, f, 7000, mss, sizeof(mss)));
	hostile_run(&h, 1, NULL, NULL);
}

/* RFC 5927: an ICMP error of a number that does not fly is nothing; of one that does, it lowers the
 * MSS, never below the floor. */
TEST(icmp_lies)
{
	static const struct {
		const char *name;
		uint32_t offset, mtu;
		bool unreachable, lowers;
	} rows[] = { { "a number not sent", 1u << 20, 576, false, false },
		{ "a number acknowledged long ago", 0u - 5000, 576, false, false },
		{ "an MTU of 68", 0, 68, false, false }, { "an MTU of 0", 0, 0, false, false },
		{ "unreachable", 0, 0, true, false },
		{ "one that is true", 0, 1000, false, true } };

	struct tcp_endpoints e = quoted();

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct foe f = { 0 };
		uint32_t largest;

		answer_begins(&f);
		tcp_icmp(h.victim, &e, f.ack + rows[i].offset, rows[i].unreachable, rows[i].mtu);
		h.last = (struct wire_segment){ 0 };
		f.ack += 1460;
		hostile_say(&h, &f, SEGMENT_ACK, 65535, 0);
		hostile_run(&h, 1, NULL, NULL);
		largest = h.last.length;
		CHECK_ROW(rows[i].name, largest > 0);
		CHECK_ROW(rows[i].name, rows[i].lowers == (largest <= 1000 - 40));
		CHECK_ROW(rows[i].name, largest >= MSS_FLOOR);
		CHECK_ROW(rows[i].name, hostile_fini(&h));
	}
}

/*
 * A peer that lowers the MTU a byte at a time, a step a millisecond: each makes what flies go
 * again. One step is believed in MTU_LOWER_MS, or 50 kB of ICMP would make us send 3.5 MB.
 */
TEST(mtu_lowered_step_by_step)
{
	struct tcp_endpoints e = quoted();
	struct foe f = { 0 };
	uint64_t first;

	answer_begins(&f);
	first = h.payload_bytes;
	for (uint32_t mtu = 1499; mtu >= 68; mtu--) {
		tcp_icmp(h.victim, &e, f.ack, false, mtu);
		hostile_run(&h, 1, NULL, NULL);
	}
	CHECK(h.payload_bytes <= (2 + 1432 / MTU_LOWER_MS) * first);
	CHECK(hostile_fini(&h));
}
