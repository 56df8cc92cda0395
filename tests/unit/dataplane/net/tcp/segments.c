/* SPDX-License-Identifier: BSD-3-Clause */
/* Single segments against one stack: the order of RFC 9293 §3.10.7, and the odd cases around it. */
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#include <errno.h>

#define CONFIG ((struct tcp_config){ .checksum_offload_rx = true })

struct segment_case {
	const char *name;
	struct rig_segment in;
	int answers; /* how many segments must come back */
	uint8_t flags;
	uint32_t seq, ack;
	const char *state;
};

static void
check_case(struct rig *r, const struct segment_case *k)
{
	rig_in(r, k->in);
	CHECK_ROW(k->name, (int)r->sent_count == k->answers);
	if (k->answers == 1)
		CHECK_ROW(k->name, rig_answered(r, k->flags, k->seq, k->ack));
	if (r->conn != NULL)
		CHECK_ROW(k->name, strcmp(rig_state(r), k->state) == 0);
}

TEST(rfc9293_3_10_7_2_listen)
{
	static const struct segment_case cases[] = {
		{ "RST is ignored", { RST, 0, 0, 0, 0, false, 0, 0 }, 0, 0, 0, 0, "" },
		{ "ACK is reset", { ACK, 5, 77, 0, 0, false, 0, 0 }, 1, RST, 77, 0, "" },
		{ "SYN+ACK is reset", { SYN | ACK, 5, 77, 0, 0, false, 0, 0 }, 1, RST, 77, 0, "" },
		{ "no flag is dropped", { 0, 5, 0, 0, 3, false, 0, 0 }, 0, 0, 0, 0, "" },
		{ "FIN is dropped", { FIN, 5, 0, 0, 0, false, 0, 0 }, 0, 0, 0, 0, "" },
		{ "SYN opens", { SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 }, 1, SYN | ACK, 0, 1, "" },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;

		rig_init(&r, CONFIG);
		check_case(&r, &cases[i]);
		CHECK_ROW(cases[i].name, rig_fini(&r));
	}
}

TEST(rfc9293_3_10_7_4_syn_received)
{
	static const struct segment_case cases[] = {
		{ "RST at rcv_nxt ends", { RST, 1, 0, 0, 0, false, 0, 0 }, 0, 0, 0, 0, "" },
		{ "RST in window: challenge", { RST, 9, 0, 0, 0, false, 0, 0 }, 1, ACK, 1, 1, "" },
		{ "RST beyond: nothing", { RST, 1u << 30, 0, 0, 0, false, 0, 0 }, 0, 0, 0, 0, "" },
		{ "SYN again", { SYN, 0, 0, 9, 0, false, 0, 0 }, 1, SYN | ACK, 0, 1, "" },
		{ "SYN elsewhere: challenge", { SYN, 7, 0, 9, 0, false, 0, 0 }, 1, ACK, 1, 1, "" },
		{ "ACK of nothing: reset", { ACK, 1, 9, 9, 0, false, 0, 0 }, 1, RST, 9, 0, "" },
		{ "right ACK, wrong place: challenge", { ACK, 1u << 30, 1, 9, 0, false, 0, 0 }, 1,
		    ACK, 1, 1, "" },
		{ "ACK opens", { ACK, 1, 1, 9, 0, false, 0, 0 }, 0, 0, 0, 0, "ESTABLISHED" },
		{ "ACK with FIN", { ACK | FIN, 1, 1, 9, 0, false, 0, 0 }, 1, ACK, 1, 2,
		    "CLOSE-WAIT" },
		{ "ACK with data and FIN", { ACK | FIN, 1, 1, 9, 10, false, 0, 0 }, 0, 0, 0, 0,
		    "CLOSE-WAIT" },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;

		rig_init(&r, CONFIG);
		rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
		check_case(&r, &cases[i]);
		CHECK_ROW(cases[i].name, rig_fini(&r));
	}
}

TEST(rfc9293_3_10_7_3_syn_sent)
{
	static const struct segment_case cases[] = {
		{ "bad ACK: reset", { ACK, 0, 9, 0, 0, false, 0, 0 }, 1, RST, 9, 0, "SYN-SENT" },
		{ "bad ACK with RST: nothing", { ACK | RST, 0, 9, 0, 0, false, 0, 0 }, 0, 0, 0, 0,
		    "SYN-SENT" },
		{ "RST without ACK: nothing", { RST, 0, 0, 0, 0, false, 0, 0 }, 0, 0, 0, 0,
		    "SYN-SENT" },
		{ "RST with ACK: refused", { ACK | RST, 0, 1, 0, 0, false, 0, 0 }, 0, 0, 0, 0,
		    "CLOSED" },
		{ "ACK without SYN: nothing", { ACK, 0, 1, 0, 0, false, 0, 0 }, 0, 0, 0, 0,
		    "SYN-SENT" },
		{ "SYN+ACK opens", { SYN | ACK, 0, 1, 9, 0, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "SYN: simultaneous", { SYN, 0, 0, 9, 0, false, 0, 0 }, 1, SYN | ACK, 0, 1,
		    "SYN-RECEIVED" },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;

		rig_init(&r, CONFIG);
		rig_connect(&r);
		check_case(&r, &cases[i]);
		CHECK_ROW(cases[i].name, rig_fini(&r));
	}
}

/* Figure 7: the SYN-ACK that crosses ours opens the connection, and is not answered in kind. */
TEST(rfc9293_3_5_simultaneous_open)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_connect(&r);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	rig_in(&r, (struct rig_segment){ SYN | ACK, 0, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
	CHECK(rig_answered(&r, ACK, 1, 1));
	CHECK(rig_counter(&r, TCP_COUNTER_ACTIVE_OPENS) == 1);
	CHECK(rig_fini(&r));
}

/* The caller of tcp_connect() holds the connection: its end must be told, not its memory reused. */
TEST(rfc9293_3_5_simultaneous_open_then_reset_is_reported)
{
	struct rig r;
	struct tcp_conn *c;

	rig_init(&r, CONFIG);
	rig_connect(&r);
	c = r.conn;
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	r.conn = NULL;
	rig_in(&r, (struct rig_segment){ RST, 1, 0, 0, 0, false, 0, 0 });
	CHECK(r.conn == c);
	CHECK(tcp_events(c) & TCP_EVENT_ENDED);
	CHECK(tcp_connection_count(r.tcp) == 1);
	tcp_release(c);
	CHECK(tcp_connection_count(r.tcp) == 0);
	CHECK(rig_fini(&r));
}

TEST(rfc9293_3_10_7_4_established)
{
	static const struct segment_case cases[] = {
		{ "RST at rcv_nxt ends (RFC 5961 3.2)", { RST, 1, 0, 0, 0, false, 0, 0 }, 0, 0, 0,
		    0, "CLOSED" },
		{ "RST in window: challenge", { RST, 2, 0, 0, 0, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "RST left of it: nothing", { RST, 0, 0, 0, 0, false, 0, 0 }, 0, 0, 0, 0,
		    "ESTABLISHED" },
		{ "SYN in window: challenge (RFC 5961 4.2)", { SYN, 2, 0, 9, 0, false, 0, 0 }, 1,
		    ACK, 1, 1, "ESTABLISHED" },
		{ "SYN outside: challenge", { SYN, 1u << 30, 0, 9, 0, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "SYN+ACK again: challenge", { SYN | ACK, 0, 1, 9, 0, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "ACK of the unsent: challenge", { ACK, 1, 2, 9, 0, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "ACK too old: challenge (RFC 5961 5.2)",
		    { ACK, 1, 0xf0000000u, 9, 0, false, 0, 0 }, 1, ACK, 1, 1, "ESTABLISHED" },
		{ "no ACK: nothing", { PSH, 1, 0, 9, 5, false, 0, 0 }, 0, 0, 0, 0, "ESTABLISHED" },
		{ "keepalive probe is answered", { ACK, 0, 1, 9, 0, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "data beyond the window", { ACK, 1u << 30, 1, 9, 5, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "data out of order: at once", { ACK, 11, 1, 9, 5, false, 0, 0 }, 1, ACK, 1, 1,
		    "ESTABLISHED" },
		{ "FIN with data: the ACK may wait", { ACK | FIN, 1, 1, 9, 5, false, 0, 0 }, 0, 0,
		    0, 0, "CLOSE-WAIT" },
		{ "FIN beyond a hole waits, and is answered at once (RFC 5681 4.2)",
		    { ACK | FIN, 6, 1, 9, 0, false, 0, 0 }, 1, ACK, 1, 1, "ESTABLISHED" },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;

		rig_init(&r, CONFIG);
		rig_accept(&r, false);
		check_case(&r, &cases[i]);
		CHECK_ROW(cases[i].name, rig_fini(&r));
	}
}

/* Many a blind segment, one answer in half a second; another connection's answers do not count. */
TEST(rfc5961_7_challenges_are_limited)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	r.sent_count = 0;
	for (unsigned i = 0; i < 20; i++) {
		rig_add(&r, (struct rig_segment){ RST, 2 + i, 0, 0, 0, false, 0, 0 });
		rig_turn(&r, milliseconds(1));
	}
	CHECK(r.sent_count == 1);
	CHECK(rig_counter(&r, TCP_COUNTER_CHALLENGE_ACKS) == 1);
	rig_turn(&r, milliseconds(600));
	rig_in(&r, (struct rig_segment){ RST, 2, 0, 0, 0, false, 0, 0 });
	CHECK(rig_answered(&r, ACK, 1, 1));
	CHECK(rig_fini(&r));
}

/* A FIN whose ACK field is a guess must leave no trace (RFC 5961 5: it could cut an object). */
TEST(rfc5961_5_blind_fin_leaves_no_trace)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_in(&r, (struct rig_segment){ ACK | FIN, 6, 999, 9, 0, false, 0, 0 });
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 5, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
	CHECK(rig_fini(&r));
}

/* FIN is a position (RFC 9293 §3.4): the first that came stands, and nothing is taken beyond it. */
TEST(rfc9293_3_10_7_4_fin_is_a_position)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_in(&r, (struct rig_segment){ ACK | FIN, 11, 1, RIG_WINDOW, 0, false, 0, 0 });
	rig_in(&r, (struct rig_segment){ ACK | FIN, 21, 1, RIG_WINDOW, 0, false, 0, 0 });
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 30, false, 0, 0 });
	CHECK(tcp_receivable(r.conn) == 10);
	CHECK(strcmp(rig_state(&r), "CLOSE-WAIT") == 0);
	CHECK(rig_fini(&r));
}

/* A FIN below bytes that are held already is a lie: those came first. */
TEST(rfc9293_3_10_7_4_fin_below_held_bytes_is_ignored)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_in(&r, (struct rig_segment){ ACK, 11, 1, RIG_WINDOW, 10, false, 0, 0 });
	rig_in(&r, (struct rig_segment){ ACK | FIN, 6, 1, RIG_WINDOW, 0, false, 0, 0 });
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	CHECK(tcp_receivable(r.conn) == 20);
	CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
	CHECK(rig_fini(&r));
}

/* No option: what every host can take, which is more over IPv6; a group is nobody to talk to. */
TEST(rfc9293_3_7_1_default_mss)
{
	static const uint8_t ours[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	static const uint8_t theirs[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };

	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct tcp_info info;
		struct rig r;

		rig_init(&r, CONFIG);
		if (v6) {
			r.endpoints.local = address_v6(ours);
			r.endpoints.remote = address_v6(theirs);
		}
		rig_accept(&r, false);
		tcp_info(r.conn, &info);
		CHECK(info.mss_bytes == (v6 ? 1220 : 536));
		CHECK(rig_fini(&r));
	}
}

TEST(rfc9293_3_9_2_3_open_to_one_host_only)
{
	static const char *const nobody[] = { "0.0.0.0", "224.0.0.1", "255.255.255.255",
		"::", "ff02::1" };
	struct tcp_conn *c;
	struct rig r;

	rig_init(&r, CONFIG);
	for (unsigned i = 0; i < COUNT_OF(nobody); i++) {
		struct tcp_endpoints e = r.endpoints;

		CHECK(address_parse(span_of(nobody[i], strlen(nobody[i])), &e.remote) == 0);
		CHECK_ROW(nobody[i], tcp_connect(r.tcp, &e, &c) == -EADDRNOTAVAIL);
	}
	CHECK(tcp_connection_count(r.tcp) == 0);
	CHECK(rig_fini(&r));
}

/* A delayed ACK goes when its user asks for it, and only where one is owed. */
TEST(rfc5681_4_2_an_ack_may_be_asked_for)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	r.sent_count = 0;
	tcp_acknowledge(r.conn);
	rig_turn(&r, microseconds(10));
	CHECK(r.sent_count == 0);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	CHECK(r.sent_count == 0);
	tcp_acknowledge(r.conn);
	rig_turn(&r, microseconds(10));
	CHECK(rig_answered(&r, ACK, 1, 11));
	CHECK(rig_fini(&r));
}

TEST(a_port_that_is_not_listened_to_any_more_is_closed)
{
	struct ip_address any = { { 0 } };
	struct rig r;

	rig_init(&r, CONFIG);
	tcp_unlisten(r.tcp, &any, RIG_PORT + 1); /* nobody's */
	rig_accept(&r, false);
	tcp_unlisten(r.tcp, &any, RIG_PORT);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(strcmp(rig_state(&r), "ESTABLISHED") == 0);
	tcp_abort(r.conn);
	tcp_release(r.conn);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 1 && r.sent[0].flags == (RST | ACK) && r.sent[0].ack == 1);
	CHECK(rig_fini(&r));
}

/* A port that is behind: what it does not take stays here, is not lost, and is not sent twice. */
TEST(what_has_no_way_out_waits_for_a_later_flush)
{
	static const struct {
		uint32_t way_out;
		unsigned sent;
		bool more; /* at once: not for the window, nor for a timer */
	} turns[] = { { 4, 4, true }, { 0, 0, true }, { 1, 1, true }, { 4, 4, true },
		{ 9, 1, false } }; /* cwnd is ten segments */
	uint32_t seq = 1;
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	for (unsigned i = 0; i < COUNT_OF(turns); i++) {
		r.way_out = turns[i].way_out;
		r.sent_count = 0;
		if (i == 0)
			rig_send(&r, 12 * 536); /* twelve of the default MSS */
		else
			rig_turn(&r, microseconds(10));
		CHECK(r.sent_count == turns[i].sent);
		for (unsigned k = 0; k < r.sent_count; k++, seq += 536)
			CHECK(r.sent[k].seq == seq && r.sent[k].length == 536);
		CHECK((tcp_next_deadline(r.tcp).ns == r.now.ns) == turns[i].more);
	}
	rig_in(&r, (struct rig_segment){ ACK, 1, seq, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 2 && r.sent[0].seq == seq);
	CHECK(rig_counter(&r, TCP_COUNTER_RETRANS_SEGS) == 0);
	CHECK(rig_fini(&r));
}

TEST(an_ack_that_has_no_way_out_goes_later)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	r.way_out = 0;
	for (unsigned i = 0; i < 2; i++)
		rig_in(
		    &r, (struct rig_segment){ ACK, 1 + 500 * i, 1, RIG_WINDOW, 500, false, 0, 0 });
	CHECK(r.sent_count == 0);
	r.way_out = 1;
	rig_turn(&r, microseconds(10));
	CHECK(rig_answered(&r, ACK, 1, 1001));
	rig_turn(&r, microseconds(10));
	CHECK(r.sent_count == 1 && rig_fini(&r));
}

/* A full answer of one connection does not stand in front of all others: they take turns. */
TEST(connections_that_have_much_to_send_take_turns)
{
	const uint32_t bytes = 60 * 536;
	struct tcp_conn *conns[2];
	struct rig r;

	rig_init(&r, CONFIG);
	for (unsigned k = 0; k < 2; k++) {
		uint32_t seq = 1;

		r.endpoints.remote_port++;
		r.saw_syn = false;
		rig_accept(&r, false);
		conns[k] = r.conn;
		for (unsigned i = 0; i < 7; i++) { /* opens cwnd beyond what a turn is */
			uint32_t sent = 0;

			rig_send(&r, (10u << (i < 3 ? i : 3)) * 536);
			for (unsigned n = 0; n < r.sent_count; n++)
				sent += r.sent[n].length;
			seq += sent;
			rig_in(&r, (struct rig_segment){ ACK, 1, seq, RIG_WINDOW, 0, false, 0, 0 });
			for (unsigned n = 0; n < r.sent_count; n++)
				seq += r.sent[n].length;
			rig_in(&r, (struct rig_segment){ ACK, 1, seq, RIG_WINDOW, 0, false, 0, 0 });
		}
	}
	r.way_out = 0;
	for (unsigned k = 0; k < 2; k++) {
		r.conn = conns[k];
		rig_send(&r, bytes);
		CHECK(r.sent_count == 0);
	}
	r.way_out = UINT32_MAX;
	rig_turn(&r, microseconds(10));
	CHECK(r.sent_count == RIG_SENT_MAX);
	for (unsigned i = 1; i < r.sent_count; i++) /* 45 of the first, then of the second */
		CHECK((r.sent[i].seq == r.sent[i - 1].seq + 536) == (i != 45));
	CHECK(rig_fini(&r));
}

/* The sum in these segments is wrong; whether it counts is for the port to say, if it is asked. */
TEST(rfc9293_3_1_the_port_may_vouch_for_the_checksum)
{
	static const struct {
		const char *name;
		uint64_t verdict;
		bool offload, taken;
	} rows[] = {
		{ "right", RTE_MBUF_F_RX_L4_CKSUM_GOOD, true, true },
		{ "none in it, of one host", RTE_MBUF_F_RX_L4_CKSUM_NONE, true, true },
		{ "wrong", RTE_MBUF_F_RX_L4_CKSUM_BAD, true, false },
		{ "unknown", RTE_MBUF_F_RX_L4_CKSUM_UNKNOWN, true, false },
		{ "right, and not asked", RTE_MBUF_F_RX_L4_CKSUM_GOOD, false, false },
		{ "none, and not asked", RTE_MBUF_F_RX_L4_CKSUM_NONE, false, false },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig r;

		rig_init(&r, (struct tcp_config){ .checksum_offload_rx = rows[i].offload });
		r.verdict = rows[i].verdict;
		rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
		CHECK_ROW(rows[i].name, (r.sent_count == 1) == rows[i].taken);
		CHECK_ROW(
		    rows[i].name, rig_counter(&r, TCP_COUNTER_IN_CSUM_ERRORS) == !rows[i].taken);
		CHECK_ROW(rows[i].name, rig_fini(&r));
	}
}
