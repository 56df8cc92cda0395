/* SPDX-License-Identifier: BSD-3-Clause */
/* Closing in each order, TIME-WAIT and its reuse, and PAWS on what comes late. */
#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#include <errno.h>

#define CONFIG ((struct tcp_config){ .checksum_offload_rx = true })

/* We close first: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT. The peer's timestamp stands at 1000. */
static void
close_first(struct rig *r, bool ts)
{
	rig_init(r, CONFIG);
	rig_accept(r, ts);
	tcp_shutdown(r->conn);
	rig_turn(r, microseconds(10));
	CHECK(strcmp(rig_state(r), "FIN-WAIT-1") == 0);
	rig_in(r, (struct rig_segment){ ACK, 1, 2, RIG_WINDOW, 0, ts, 1000, 0 });
	CHECK(strcmp(rig_state(r), "FIN-WAIT-2") == 0);
	rig_in(r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, ts, 1000, 0 });
	CHECK(rig_answered(r, ACK, 2, 2));
	CHECK(strcmp(rig_state(r), "CLOSED") == 0);
	CHECK(rig_counter(r, TCP_COUNTER_TIME_WAIT) == 1);
	tcp_release(r->conn);
	r->conn = NULL;
}

TEST(rfc9293_3_6_peer_closes_first)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "CLOSE-WAIT") == 0);
	CHECK(tcp_events(r.conn) & TCP_EVENT_PEER_CLOSED);
	rig_send(&r, 100);
	CHECK(r.sent_count == 1 && r.sent[0].length == 100);
	r.sent_count = 0;
	tcp_shutdown(r.conn);
	rig_turn(&r, microseconds(10));
	CHECK(rig_answered(&r, ACK | FIN, 101, 2));
	CHECK(strcmp(rig_state(&r), "LAST-ACK") == 0);
	rig_in(&r, (struct rig_segment){ ACK, 2, 102, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "CLOSED") == 0 && r.sent_count == 0);
	CHECK(rig_counter(&r, TCP_COUNTER_TIME_WAIT) == 0);
	tcp_release(r.conn);
	CHECK(tcp_connection_count(r.tcp) == 0);
	CHECK(rig_fini(&r));
}

/*
 * Who closes in the turn that saw the peer's FIN, as a server does, answers both with one segment,
 * and with the one of its last bytes where there are any.
 */
TEST(rfc9293_3_6_a_fin_is_answered_by_ours)
{
	for (uint32_t bytes = 0; bytes <= 100; bytes += 100) {
		static const uint8_t zeros[100];
		struct chain out = CHAIN_EMPTY;
		struct rig r;

		rig_init(&r, CONFIG);
		rig_accept(&r, false);
		r.sent_count = 0;
		rig_add(&r, (struct rig_segment){ ACK | FIN, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
		CHECK(chain_append_copy(&out, sim_pools(), zeros, bytes) == 0);
		CHECK(tcp_send(r.conn, &out) == 0);
		tcp_shutdown(r.conn);
		rig_turn(&r, microseconds(10));
		CHECK(rig_answered(&r, bytes > 0 ? ACK | PSH | FIN : ACK | FIN, 1, 2));
		CHECK(r.sent[0].length == bytes);
		rig_turn(&r, milliseconds(100));
		CHECK(r.sent_count == 1);
		rig_in(&r, (struct rig_segment){ ACK, 2, bytes + 2, RIG_WINDOW, 0, false, 0, 0 });
		CHECK(strcmp(rig_state(&r), "CLOSED") == 0 && r.sent_count == 0);
		CHECK(rig_fini(&r));
	}
}

TEST(rfc9293_3_6_both_close_at_once)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	tcp_shutdown(r.conn);
	rig_turn(&r, microseconds(10));
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "CLOSING") == 0);
	rig_in(&r, (struct rig_segment){ ACK, 2, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_counter(&r, TCP_COUNTER_TIME_WAIT) == 1);
	CHECK(rig_fini(&r));
}

/* Shutting down before the handshake ended is kept: the FIN follows the opening. */
TEST(rfc9293_3_10_4_close_in_syn_sent)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_connect(&r);
	tcp_shutdown(r.conn);
	rig_in(&r, (struct rig_segment){ SYN | ACK, 0, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, ACK | FIN, 1, 1));
	CHECK(strcmp(rig_state(&r), "FIN-WAIT-1") == 0);
	CHECK(rig_fini(&r));
}

/* RFC 7323 §3.2: every segment has the timestamp, the last ACK and its repetition too. */
TEST(rfc7323_3_2_time_wait_keeps_the_timestamp)
{
	struct rig r;

	close_first(&r, true);
	CHECK(r.sent[0].has_ts && r.sent[0].ts_ecr == 1000);
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, true, 1000, 0 });
	CHECK(rig_answered(&r, ACK, 2, 2));
	CHECK(r.sent[0].has_ts && r.sent[0].ts_ecr == 1000);
	CHECK(rig_fini(&r));
}

TEST(rfc9293_3_10_7_4_a_fin_again_restarts_time_wait)
{
	struct rig r;

	close_first(&r, false);
	rig_turn(&r, seconds(50));
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	rig_turn(&r, seconds(50)); /* 100 s after the first, 50 after the second */
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, ACK, 2, 2));
	rig_turn(&r, seconds(61));
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, RST, 2, 0));
	CHECK(rig_fini(&r));
}

/* The first step holds here, too; what is empty is answered once in half a second (RFC 5961 §7). */
TEST(rfc9293_3_10_7_4_time_wait_answers_what_is_not_at_its_edge)
{
	struct rig r;

	close_first(&r, false);
	rig_in(&r, (struct rig_segment){ ACK, 2, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 0); /* at the edge */
	rig_in(&r, (struct rig_segment){ ACK, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, ACK, 2, 2));
	rig_in(&r, (struct rig_segment){ ACK, 99, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 0);
	CHECK(rig_counter(&r, TCP_COUNTER_CHALLENGE_ACKS) == 1);
	rig_in(&r, (struct rig_segment){ ACK, 1, 2, RIG_WINDOW, 1, false, 0, 0 });
	CHECK(rig_answered(&r, ACK, 2, 2)); /* data never waits */
	rig_turn(&r, milliseconds(500));
	rig_in(&r, (struct rig_segment){ ACK, 99, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, ACK, 2, 2));
	CHECK(rig_counter(&r, TCP_COUNTER_CHALLENGE_ACKS) == 2);
	rig_in(&r, (struct rig_segment){ RST, 99, 0, 0, 0, false, 0, 0 });
	CHECK(r.sent_count == 0);
	CHECK(rig_fini(&r));
}

TEST(rfc1337_time_wait_ignores_resets)
{
	struct rig r;

	close_first(&r, false);
	rig_in(&r, (struct rig_segment){ RST, 2, 0, 0, 0, false, 0, 0 });
	CHECK(r.sent_count == 0);
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, ACK, 2, 2));
	CHECK(rig_fini(&r));
}

TEST(rfc6191_2_reuse_of_time_wait)
{
	static const struct {
		const char *name;
		bool ts_before;
		struct rig_segment syn;
		bool opens;
	} cases[] = {
		{ "newer TS, lower number", true, { SYN, 0, 0, 9, 0, true, 1001, 0 }, true },
		{ "older TS, higher number", true, { SYN, 500, 0, 9, 0, true, 999, 0 }, false },
		{ "same TS, higher number", true, { SYN, 500, 0, 9, 0, true, 1000, 0 }, true },
		{ "same TS, lower number", true, { SYN, 0, 0, 9, 0, true, 1000, 0 }, false },
		{ "no TS now, higher number", true, { SYN, 500, 0, 9, 0, false, 0, 0 }, true },
		{ "TS only now", false, { SYN, 0, 0, 9, 0, true, 1, 0 }, true },
		{ "no TS, higher number", false, { SYN, 500, 0, 9, 0, false, 0, 0 }, true },
		{ "no TS, lower number", false, { SYN, 0, 0, 9, 0, false, 0, 0 }, false },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;

		close_first(&r, cases[i].ts_before);
		rig_in(&r, cases[i].syn);
		CHECK_ROW(cases[i].name, r.sent_count == 1);
		CHECK_ROW(cases[i].name, ((r.sent[0].flags & SYN) != 0) == cases[i].opens);
		CHECK_ROW(cases[i].name, rig_fini(&r));
	}
}

/*
 * The peer forgets the flow, and its next numbers follow its clock: an old segment of its may fit
 * the new life, and did, where we opened a flow again within the same tick (sim seed 1006873).
 */
TEST(rfc9293_3_10_1_open_in_time_wait)
{
	struct rig r;

	close_first(&r, false);
	rig_turn(&r, seconds(50));
	CHECK(tcp_connect(r.tcp, &r.endpoints, &r.conn) == -EADDRINUSE);
	CHECK(rig_fini(&r));
	close_first(&r, true);
	CHECK(tcp_connect(r.tcp, &r.endpoints, &r.conn) == -EADDRINUSE);
	rig_turn(&r, milliseconds(1000));
	CHECK(tcp_connect(r.tcp, &r.endpoints, &r.conn) == -EADDRINUSE);
	rig_turn(&r, milliseconds(200));
	r.saw_syn = false;
	rig_connect(&r);
	CHECK(r.sent_count == 1 && r.sent[0].flags == SYN);
	rig_in(&r, (struct rig_segment){ SYN | ACK, 0, 1, RIG_WINDOW, 0, true, 2200, 0 });
	CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
	rig_in(&r, (struct rig_segment){ ACK, 1, 0, RIG_WINDOW, 100, true, 1000, 0 });
	CHECK(tcp_receivable(r.conn) == 0);
	CHECK(rig_counter(&r, TCP_COUNTER_PAWS_REJECTED) == 1);
	CHECK(rig_fini(&r));
}

/* RFC 7323 §5.3: an older timestamp is answered and dropped; a RST is never judged by it. */
TEST(rfc7323_5_paws)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, true);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, true, 999, 0 });
	CHECK(rig_answered(&r, ACK, 1, 1));
	CHECK(tcp_receivable(r.conn) == 0);
	CHECK(rig_counter(&r, TCP_COUNTER_PAWS_REJECTED) == 1);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, true, 1001, 0 });
	CHECK(tcp_receivable(r.conn) == 10);
	rig_in(&r, (struct rig_segment){ RST, 11, 0, 0, 0, true, 1, 0 });
	CHECK(strcmp(rig_state(&r), "CLOSED") == 0);
	CHECK(rig_fini(&r));
}

TEST(rfc7323_5_5_paws_ends_after_24_days)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, true);
	tcp_begin(
	    r.tcp, mono_add(r.now, seconds(25 * 86400))); /* no turn: the wheel would walk it */
	rig_add(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, true, 5, 0 });
	CHECK(tcp_receivable(r.conn) == 10);
	CHECK(rig_fini(&r));
}
