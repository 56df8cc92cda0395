/* SPDX-License-Identifier: BSD-3-Clause */
/* What one core hands another: who owns a flow is asked of all, and guessed by none. */
#include "dataplane/exchange.h"

#include <string.h>

#include "tests/unit/harness.h"

#define CORES   3
#define BUFFERS 2047 /* more than an inbox holds */

struct rig {
	struct exchange x;
	struct rte_mempool *pool;
};

static void
rig_init(struct rig *r, unsigned cores)
{
	CHECK(exchange_init(&r->x, cores) == 0);
	r->pool = rte_pktmbuf_pool_create("exchange_test", BUFFERS, 0,
	    RTE_ALIGN(sizeof(struct exchange_note), RTE_MBUF_PRIV_ALIGN), 256, SOCKET_ID_ANY);
	CHECK(r->pool != NULL);
}

/* Whether every buffer came back. */
static bool
rig_fini(struct rig *r)
{
	bool all;

	exchange_fini(&r->x);
	all = rte_mempool_in_use_count(r->pool) == 0;
	rte_mempool_free(r->pool);
	return all;
}

/* What core `at` finds, when it finds one and no other does. */
static struct rte_mbuf *
taken_by(struct rig *r, unsigned at)
{
	struct rte_mbuf *m[2], *found = NULL;

	for (unsigned core = 0; core < r->x.count; core++) {
		unsigned n = exchange_take(&r->x, core, m, 2);

		CHECK(n == (core == at));
		if (core == at && n > 0)
			found = m[0];
	}
	return found;
}

/* A port that spreads by a hash of its own: each core looks, and the one that is last refuses. */
TEST(a_segment_that_landed_elsewhere_goes_round_once)
{
	struct exchange_note note = { .ecn = 3, .is_frame = true };
	struct rte_mbuf *m;
	struct rig r;

	rig_init(&r, CORES);
	memset(&note.source, 1, sizeof(note.source));
	memset(&note.destination, 2, sizeof(note.destination));
	m = rte_pktmbuf_alloc(r.pool);
	for (unsigned hop = 1; hop < CORES; hop++) {
		struct exchange_note *found;

		CHECK(exchange_pass_on(&r.x, (hop + 1) % CORES, m, &note));
		CHECK(taken_by(&r, (hop + 2) % CORES) == m);
		found = exchange_note_of(m);
		CHECK(found->hops == hop && found->ecn == 3 && !found->is_frame);
		CHECK(memcmp(&found->source, &note.source, sizeof(note.source)) == 0);
		CHECK(memcmp(&found->destination, &note.destination, sizeof(note.source)) == 0);
		note = *found;
	}
	CHECK(!exchange_pass_on(&r.x, 1, m, &note)); /* all have seen it: it is still ours */
	CHECK(taken_by(&r, CORES) == NULL);
	rte_pktmbuf_free(m);
	CHECK(rig_fini(&r));
}

TEST(a_lone_core_asks_nobody)
{
	struct exchange_note note = { .hops = 0 };
	struct rte_mbuf *m;
	struct rig r;

	rig_init(&r, 1);
	m = rte_pktmbuf_alloc(r.pool);
	CHECK(!exchange_pass_on(&r.x, 0, m, &note));
	rte_pktmbuf_free(m);
	CHECK(rig_fini(&r));
}

/* A core that stands still holds no more than its inbox does. */
TEST(what_an_inbox_has_no_room_for_is_let_go)
{
	struct exchange_note note = { .hops = 0 };
	struct rig r;

	rig_init(&r, CORES);
	for (unsigned i = 0; i < 2 * EXCHANGE_SLOTS; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(r.pool);

		CHECK_SEED(i, m != NULL);
		CHECK_SEED(i, exchange_pass_on(&r.x, 0, m, &note));
	}
	CHECK(rte_mempool_in_use_count(r.pool) == EXCHANGE_SLOTS - 1);
	CHECK(rig_fini(&r));
}

/* What a neighbour says of its address, every core's table must hear. */
TEST(a_frame_for_all_is_copied_to_every_other_core)
{
	struct rte_mbuf *frame, *copies[2];
	struct rig r;

	rig_init(&r, CORES);
	frame = rte_pktmbuf_alloc(r.pool);
	memcpy(rte_pktmbuf_append(frame, 5), "hello", 5);
	exchange_copy_to_all(&r.x, 1, frame, r.pool);
	CHECK(exchange_take(&r.x, 1, copies, 2) == 0);
	for (unsigned core = 0; core < CORES; core += 2) {
		CHECK(exchange_take(&r.x, core, copies, 2) == 1);
		CHECK(copies[0] != frame && exchange_note_of(copies[0])->is_frame);
		CHECK(memcmp(rte_pktmbuf_mtod(copies[0], char *), "hello", 5) == 0);
		rte_pktmbuf_free(copies[0]);
	}
	rte_pktmbuf_free(frame);
	CHECK(rig_fini(&r));
}
