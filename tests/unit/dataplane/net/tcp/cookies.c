/* SPDX-License-Identifier: BSD-3-Clause */
/* A flood of SYNs, and the cookies that stand against it. */
#include "tests/sim/sim.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define FLOOD     100000u
#define HALF_OPEN 64u

/* Another stranger for each n: 10.x.y.z, with a port of its own. */
static void
be_stranger(struct rig *r, uint32_t n)
{
	uint8_t a[4] = { 10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n };

	r->endpoints.remote = address_v4(a);
	r->endpoints.remote_port = (uint16_t)(1024 + n % 60000);
	r->saw_syn = false;
}

static void
be_honest(struct rig *r)
{
	static const uint8_t a[4] = { 192, 0, 2, 2 };

	r->endpoints.remote = address_v4(a);
	r->endpoints.remote_port = 40000;
	r->saw_syn = false;
}

static void
flood(struct rig *r, uint32_t count)
{
	for (uint32_t n = 0; n < count; n++) {
		be_stranger(r, n);
		rig_in(r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, n % 2 == 0, 1000, 0 });
	}
}

static struct tcp_config
small_table(void)
{
	return (struct tcp_config){
		.checksum_offload_rx = true, .connections_max = 256, .half_open_max = HALF_OPEN
	};
}

TEST(rfc4987_3_6_a_flood_takes_no_memory_and_an_honest_client_gets_in)
{
	struct rig r;
	uint32_t held;

	rig_init(&r, small_table());
	flood(&r, FLOOD);
	CHECK(tcp_connection_count(r.tcp) == HALF_OPEN);
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_SENT) == FLOOD - HALF_OPEN);
	CHECK(rig_counter(&r, TCP_COUNTER_LISTEN_DROPS) == 0);
	held = sim_pools_used();
	CHECK(held == 0);
	be_honest(&r);
	rig_accept(&r, true); /* aborts if it does not get in */
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_RECV) == 1);
	CHECK(tcp_connection_count(r.tcp) == HALF_OPEN + 1);
	rig_in(&r, (struct rig_segment){ ACK | PSH, 1, 1, RIG_WINDOW, 100, true, 1000, 0 });
	CHECK(tcp_receivable(r.conn) == 100);
	rig_send(&r, 200);
	CHECK(r.sent_count == 1 && r.sent[0].seq == 1 && r.sent[0].length == 200);
	CHECK(rig_fini(&r));
}

/* Guesses: each bit of a good cookie flipped, another port, another number, an old one. */
TEST(rfc4987_3_6_only_our_cookies_open)
{
	struct rig r;
	uint32_t iss;

	rig_init(&r, small_table());
	flood(&r, HALF_OPEN);
	be_honest(&r);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_answered(&r, SYN | ACK, 0, 1));
	iss = r.iss;
	for (unsigned bit = 0; bit < 32; bit++) {
		r.iss = iss ^ 1u << bit;
		rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
		CHECK(r.sent_count == 0);
	}
	r.iss = iss;
	rig_in(&r, (struct rig_segment){ ACK, 2, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 0);
	r.endpoints.remote_port++;
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 0);
	r.endpoints.remote_port--;
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_FAILED) == 34);
	CHECK(r.conn == NULL);
	rig_turn(&r, seconds(61));
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 1 && r.sent[0].flags == RST);
	CHECK(r.conn == NULL);
	CHECK(rig_fini(&r));
}

/* With no cookie about, an ACK from nowhere is refused without a look at it. */
TEST(rfc4987_3_6_not_believed_when_none_was_sent)
{
	struct rig r;

	rig_init(&r, small_table());
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 1 && r.sent[0].flags == RST);
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_FAILED) == 0);
	CHECK(rig_fini(&r));
}

/* A cookie is on its way when the SYN comes again and finds room: the peer knows us by the cookie.
 */
TEST(a_cookie_that_is_answered_after_the_syn_came_again)
{
	struct tcp_config config = small_table();
	struct rig r;

	config.half_open_max = 1;
	rig_init(&r, config);
	be_stranger(&r, 1);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	be_honest(&r);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_SENT) == 1);
	be_stranger(&r, 1);
	r.saw_syn = true;
	rig_in(&r, (struct rig_segment){ RST, 1, 0, 0, 0, false, 0, 0 });
	CHECK(tcp_connection_count(r.tcp) == 0);
	be_honest(&r);
	r.saw_syn = true; /* the cookie's number stays what the peer counts from */
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 1 && r.sent[0].flags == (SYN | ACK) && r.sent[0].seq != 0);
	rig_in(&r, (struct rig_segment){ ACK, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.sent_count == 1 && r.sent[0].flags == RST && r.conn == NULL);
	rig_in(&r, (struct rig_segment){ ACK, 11, 1, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(r.conn != NULL && tcp_receivable(r.conn) == 0);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	CHECK(tcp_receivable(r.conn) == 10);
	rig_send(&r, 100);
	CHECK(r.sent_count == 1 && r.sent[0].seq == 1 && r.sent[0].length == 100);
	CHECK(rig_fini(&r));
}

/* The honest client comes in by a cookie, with data, and resets what it has opened. */
static bool
opens_and_resets(struct rig *r)
{
	bool opened;

	r->conn = NULL;
	r->saw_syn = false;
	rig_in(r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	rig_in(r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	opened = r->conn != NULL && tcp_receivable(r->conn) == 10;
	rig_in(r, (struct rig_segment){ RST, 11, 0, 0, 0, false, 0, 0 });
	if (r->conn != NULL)
		tcp_release(r->conn);
	r->conn = NULL;
	return opened;
}

/* The ACK that opened comes again, late: met by nothing, and by a half-open one of a late SYN. */
TEST(rfc4987_a_cookie_opens_once)
{
	struct tcp_config config = small_table();
	struct rig r;

	config.half_open_max = 1;
	rig_init(&r, config);
	be_stranger(&r, 1);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	be_honest(&r);
	CHECK(opens_and_resets(&r));
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	CHECK(r.sent_count == 1 && r.sent[0].flags == RST && r.conn == NULL);
	be_stranger(&r, 1);
	r.saw_syn = true;
	rig_in(&r, (struct rig_segment){ RST, 1, 0, 0, 0, false, 0, 0 });
	be_honest(&r);
	r.saw_syn = true;
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(tcp_connection_count(r.tcp) == 1);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	CHECK(r.conn == NULL);
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_RECV) == 1);
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_SPENT) == 2);
	CHECK(rig_fini(&r));
}

/* However many were spent, nobody is kept out, and the last of them do not open again. */
TEST(spent_cookies_keep_nobody_out)
{
	enum {
		CLIENTS = 50000,
		LAST = 100
	};
	static uint32_t numbers[CLIENTS];
	struct tcp_config config = small_table();
	struct rig r;

	config.half_open_max = 1;
	config.connections_max = 8;
	rig_init(&r, config);
	be_stranger(&r, CLIENTS);
	rig_in(&r, (struct rig_segment){ SYN, 0, 0, RIG_WINDOW, 0, false, 0, 0 });
	for (uint32_t n = 0; n < CLIENTS; n++) {
		be_stranger(&r, n);
		CHECK_ROW("a client", opens_and_resets(&r));
		numbers[n] = r.iss;
	}
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_RECV) == CLIENTS);
	for (uint32_t n = CLIENTS - LAST; n < CLIENTS; n++) {
		be_stranger(&r, n);
		r.iss = numbers[n];
		rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	}
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_SPENT) == LAST);
	CHECK(rig_counter(&r, TCP_COUNTER_SYN_COOKIES_RECV) == CLIENTS);
	CHECK(rig_fini(&r));
}
