/* SPDX-License-Identifier: BSD-3-Clause */
/* What a segment repeats of the runs beyond a hole, as D-SACK tells it (RFC 2883 §4). */
#include "dataplane/net/tcp/conn.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define CONFIG ((struct tcp_config){ .checksum_offload_rx = true })

struct repeat_case {
	const char *name;
	uint32_t from, to;             /* after [101, 201), [301, 401) and [501, 601) */
	uint32_t dsack_from, dsack_to; /* the same: nothing was repeated */
	uint32_t held;                 /* of the bytes beyond the hole, then */
	unsigned runs;
};

static struct rig_segment
data(uint32_t from, uint32_t to)
{
	return (struct rig_segment){ ACK, from, 1, RIG_WINDOW, to - from, false, 0, 0 };
}

/* A connection that holds three runs and has told of them. */
static struct tcp_conn *
with_runs(struct rig *r)
{
	rig_init(r, CONFIG);
	rig_accept(r, false);
	r->conn->use_sack = true;
	rig_in(r, data(101, 201));
	rig_in(r, data(301, 401));
	rig_in(r, data(501, 601));
	return r->conn;
}

TEST(rfc2883_4_the_first_of_several_duplicates_is_told)
{
	static const struct repeat_case cases[] = {
		{ "one run", 301, 401, 301, 401, 300, 3 },
		{ "the middle of one", 320, 340, 320, 340, 300, 3 },
		{ "the end of one and more", 351, 451, 351, 401, 350, 3 },
		{ "before one and its front", 251, 351, 301, 351, 350, 3 },
		{ "two runs and the hole between", 101, 401, 101, 201, 400, 2 },
		{ "parts of two", 151, 351, 151, 201, 400, 2 },
		{ "all three, and around them", 51, 701, 101, 201, 650, 1 },
		{ "a hole alone", 201, 301, 0, 0, 400, 2 },
		{ "beyond all", 601, 701, 0, 0, 400, 3 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		const struct repeat_case *k = &cases[i];
		struct rig r;
		struct tcp_conn *c = with_runs(&r);
		struct seq first = c->rcv_nxt; /* relative number 1 */

		rig_add(&r, data(k->from, k->to));
		CHECK_ROW(k->name, (uint32_t)seq_diff(c->dsack.end, c->dsack.start) ==
				       k->dsack_to - k->dsack_from);
		if (k->dsack_to != k->dsack_from)
			CHECK_ROW(k->name,
			    (uint32_t)seq_diff(c->dsack.start, first) == k->dsack_from - 1);
		CHECK_ROW(k->name, c->reasm_bytes == k->held);
		CHECK_ROW(k->name, c->run_count == k->runs);
		rig_turn(&r, microseconds(10)); /* told once, in one ACK */
		CHECK_ROW(k->name, !seq_before(c->dsack.start, c->dsack.end));
		CHECK_ROW(k->name, rig_fini(&r));
	}
}

/* Bytes below rcv_nxt come first: the runs that the same segment repeats are not told instead. */
TEST(rfc2883_4_below_the_ack_comes_before_what_is_held)
{
	struct rig r;
	struct tcp_conn *c = with_runs(&r);
	struct seq first = c->rcv_nxt; /* relative number 1 */

	rig_in(&r, data(1, 51));
	rig_add(&r, data(1, 151));
	CHECK(seq_diff(c->dsack.start, first) == 0);
	CHECK(seq_diff(c->dsack.end, first) == 50);
	CHECK(seq_diff(c->rcv_nxt, first) == 200);
	CHECK(rig_fini(&r));
}
