/* SPDX-License-Identifier: BSD-3-Clause */
/* Cookies beside half-open connections: what a peer was told is what counts, whoever remembers. */
#include "dataplane/net/tcp/tcp_limits.h"
#include "tests/sim/hostile/hostile.h"
#include "tests/unit/harness.h"

#define WINDOW 2000

static struct hostile h;

static void
say(uint16_t port, uint8_t flags, uint32_t seq, uint32_t ack, const uint8_t *options, uint8_t n)
{
	hostile_send(&h, &(struct attack){ .port = port,
			     .flags = flags,
			     .seq = seq,
			     .ack = ack,
			     .window = WINDOW,
			     .options = options,
			     .option_bytes = n });
	hostile_run(&h, 1, NULL, NULL);
}

/*
 * The half-open table is full: a SYN without timestamps gets a cookie, which offers no window
 * scale. There is room when the SYN comes again, and the SYN-ACK of what is kept now offers one.
 * The peer had taken the cookie: its window is not scaled, and ours must not be.
 */
TEST(a_cookie_taken_up_has_what_it_offered)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4, 4, 2, 1, 1, 3, 3, 7, 1 };
	uint32_t cookie;

	hostile_init(&h, (struct tcp_config){ .half_open_max = 1 });
	h.answer_bytes = 20000;
	say(1, SEGMENT_SYN, 1000, 0, NULL, 0);
	say(2, SEGMENT_SYN, 1000, 0, options, sizeof(options));
	CHECK(hostile_counter(&h, TCP_COUNTER_SYN_COOKIES_SENT) == 1);
	CHECK(h.last.flags == (SEGMENT_SYN | SEGMENT_ACK) && !h.last.has_scale);
	cookie = h.last.seq;
	say(1, SEGMENT_RST, 1001, 0, NULL, 0);
	say(2, SEGMENT_SYN, 1000, 0, options, sizeof(options));
	CHECK(hostile_counter(&h, TCP_COUNTER_SYN_COOKIES_SENT) == 1);
	CHECK(h.last.flags == (SEGMENT_SYN | SEGMENT_ACK) && h.last.has_scale);
	CHECK(h.last.seq != cookie);
	say(2, SEGMENT_ACK, 1001, cookie + 1, NULL, 0);
	hostile_run(&h, 10, NULL, NULL);
	CHECK(h.last.seq - (cookie + 1) < WINDOW);
	CHECK(h.payload_bytes > 0 && h.payload_bytes <= WINDOW);
	CHECK(h.last.window >= 65535 - WINDOW); /* all that 16 bits can say */
	CHECK(hostile_fini(&h));
}

/*
 * Between a cookie and its ACK a SYN in the peer's name finds room in the table (seed 749254). What
 * it began is not opened by the ACK, wherever that stands, and does not stand in the way either:
 * who returns a cookie heard us. One that acknowledges neither opens nothing.
 */
TEST(a_cookie_opens_its_own_past_a_forged_syn)
{
	static const struct {
		const char *name;
		uint32_t forged, ack_off;
		bool opens;
	} cases[] = {
		{ "in the window of the forged", 1000, 0, true },
		{ "before it", 90000000, 0, true },
		{ "another number", 1000, 2, false },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		uint32_t cookie;

		hostile_init(&h, (struct tcp_config){ .half_open_max = 1 });
		h.answer_bytes = 1000;
		say(1, SEGMENT_SYN, 1000, 0, NULL, 0);
		say(2, SEGMENT_SYN, 1100, 0, NULL, 0);
		cookie = h.last.seq;
		say(1, SEGMENT_RST, 1001, 0, NULL, 0);
		say(2, SEGMENT_SYN, cases[i].forged, 0, NULL, 0);
		CHECK_ROW(cases[i].name, hostile_counter(&h, TCP_COUNTER_SYN_COOKIES_SENT) == 1);
		say(2, SEGMENT_ACK, 1101, cookie + 1 + cases[i].ack_off, NULL, 0);
		/* 1: the neighbour's */
		CHECK_ROW(cases[i].name,
		    hostile_counter(&h, TCP_COUNTER_PASSIVE_OPENS) == 1u + cases[i].opens);
		CHECK_ROW(cases[i].name, h.payload_bytes == (cases[i].opens ? 1000 : 0));
		if (cases[i].opens)
			CHECK_ROW(
			    cases[i].name, h.last.ack == 1101 && h.last.seq - (cookie + 1) < 1000);
		CHECK_ROW(cases[i].name, hostile_fini(&h));
	}
}
