/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is kept of a body, in mbufs or in the arena: where the border lies, what the budget is
 * charged, and that no byte is lost, moved or kept on when budget, arena or references run out.
 */
#include "dataplane/inspect/keep.h"

#include <errno.h>

#include "tests/unit/dataplane/inspect/arena.h"

#define P ARENA_PAYLOAD_BYTES

/* Everything that a keep needs, and how much of the body was put into it. */
struct kept {
	struct arena arena;
	struct keep_budget budget;
	struct keep keep;
	size_t start, end; /* what it holds of the body */
};

static void
kept_make(struct kept *k, uint32_t mbufs_max)
{
	*k = (struct kept){ .budget = { .mbufs_max = mbufs_max } };
	arena_make(&k->arena);
	keep_init(&k->keep);
}

static void
kept_remove(struct kept *k)
{
	keep_free(&k->keep, k->arena.blocks, &k->budget);
	CHECK(keep_bytes(&k->keep) == 0 && k->budget.mbufs_used == 0);
	arena_remove(&k->arena);
}

static int
append(struct kept *k, size_t bytes)
{
	struct chain c = CHAIN_EMPTY;
	int rc;

	CHECK(chain_append_copy(&c, sim_pools(), k->arena.body + k->end, bytes) == 0);
	k->end += bytes;
	rc = keep_append(&k->keep, k->arena.blocks, &k->budget, &c);
	CHECK(c.first == NULL);
	return rc;
}

static bool
shares(struct kept *k, size_t from, size_t count)
{
	struct chain out = CHAIN_EMPTY;
	bool same = keep_share(&k->keep, k->arena.blocks, sim_pools(), from, count, &out) == 0 &&
		    arena_chain_is(&out, k->arena.body + k->start + from, count);

	chain_free(&out);
	return same;
}

/* All of it is there, and the budget is charged with what the keep says and no more than it has. */
static bool
is_whole(struct kept *k)
{
	return keep_bytes(&k->keep) == k->end - k->start && shares(k, 0, k->end - k->start) &&
	       k->budget.mbufs_used == k->keep.charged &&
	       k->budget.mbufs_used <= k->budget.mbufs_max;
}

TEST(few_bytes_stay_in_their_mbufs_and_more_go_to_the_arena)
{
	static const struct {
		const char *name;
		uint32_t mbufs_max;
		size_t first, second;
		bool in_arena;
	} rows[] = {
		{ "little", 100, 10, 10, false },
		{ "one mbuf, one allowed", 1, 10, 0, false },
		{ "two mbufs, one allowed", 1, 10, 10, true },
		{ "none allowed", 0, 10, 0, true },
		{ "more mbufs than allowed at once", 3, 4 * RTE_MBUF_DEFAULT_DATAROOM, 0, true },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct kept k;

		kept_make(&k, rows[i].mbufs_max);
		CHECK_ROW(rows[i].name, append(&k, rows[i].first) == 0);
		if (rows[i].second > 0)
			CHECK_ROW(rows[i].name, append(&k, rows[i].second) == 0);
		CHECK_ROW(rows[i].name, is_whole(&k));
		CHECK_ROW(rows[i].name, (k.keep.run.bytes > 0) == rows[i].in_arena);
		CHECK_ROW(rows[i].name, (k.keep.received.bytes == 0) == rows[i].in_arena);
		kept_remove(&k);
	}
}

/* The bound is on bytes; once a part is in the arena, what comes later follows it there. The arena
 * of these tests is smaller than the bound: the rest stays in mbufs that no budget covers. */
TEST(past_the_bound_all_goes_to_the_arena_as_far_as_it_has_room)
{
	struct kept k;

	kept_make(&k, 1000);
	CHECK(append(&k, KEEP_MBUF_BYTES) == 0);
	CHECK(is_whole(&k) && k.keep.run.bytes == 0 && k.budget.mbufs_used > 0);
	CHECK(append(&k, 1) == -ENOBUFS);
	CHECK(is_whole(&k) && k.keep.run.bytes == ARENA_BLOCKS * P && k.budget.mbufs_used == 0);
	CHECK(append(&k, 5000) == -ENOBUFS);
	CHECK(is_whole(&k));
	CHECK(keep_to_arena(&k.keep, k.arena.blocks, &k.budget) == -ENOBUFS);
	CHECK(is_whole(&k));
	kept_remove(&k);
}

TEST(all_of_it_can_be_moved_to_the_arena)
{
	struct kept k;

	kept_make(&k, 100);
	CHECK(append(&k, 3 * P) == 0);
	CHECK(k.keep.run.bytes == 0);
	CHECK(keep_to_arena(&k.keep, k.arena.blocks, &k.budget) == 0);
	CHECK(is_whole(&k) && k.keep.received.bytes == 0 && k.budget.mbufs_used == 0);
	CHECK(append(&k, 10) == 0);
	CHECK(is_whole(&k) && k.keep.received.bytes == 0);
	kept_remove(&k);
}

/* A keep in each of its states: all in mbufs, all in the arena, and both. */
static void
kept_in_state(struct kept *k, unsigned state)
{
	kept_make(k, state == 0 ? 100 : 0);
	append(k, state == 2 ? ARENA_BLOCKS * P + 3000 : 2 * P + 10);
	CHECK(is_whole(k));
}

TEST(any_part_is_shared_and_stays)
{
	static const size_t froms[] = { 0, 1, P - 1, P, 2 * P, 2 * P + 10 };

	for (unsigned state = 0; state < 3; state++) {
		struct kept k;

		kept_in_state(&k, state);
		for (unsigned i = 0; i < COUNT_OF(froms); i++) {
			size_t rest = k.end - froms[i];

			CHECK_SEED(state, shares(&k, froms[i], 0));
			CHECK_SEED(state, shares(&k, froms[i], rest < P ? rest : P));
			CHECK_SEED(state, shares(&k, froms[i], rest));
			CHECK_SEED(state, shares(&k, k.end - rest / 2, rest / 2));
		}
		CHECK_SEED(state, is_whole(&k));
		kept_remove(&k);
	}
}

TEST(the_first_bytes_are_taken)
{
	static const size_t counts[] = { 0, 1, P - 1, P, P + 1, 2 * P + 9, 2 * P + 10 };

	for (unsigned state = 0; state < 3; state++) {
		for (unsigned i = 0; i < COUNT_OF(counts); i++) {
			struct chain out = CHAIN_EMPTY;
			struct kept k;

			kept_in_state(&k, state);
			CHECK_SEED(state, keep_take_first(&k.keep, k.arena.blocks, &k.budget,
					      sim_pools(), counts[i], &out) == 0);
			CHECK_SEED(state, arena_chain_is(&out, k.arena.body, counts[i]));
			k.start = counts[i];
			CHECK_SEED(state, is_whole(&k));
			chain_free(&out);
			CHECK_SEED(state, is_whole(&k));
			kept_remove(&k);
		}
	}
}

/* Each reference that is missing: the call says so, and all is still there. */
TEST(without_references_nothing_is_lost)
{
	for (unsigned state = 0; state < 3; state++) {
		for (unsigned left = 0; left < 12; left++) {
			struct chain held, out = CHAIN_EMPTY;
			struct kept k;
			bool first_only = left % 2 == 0;
			int rc;

			kept_in_state(&k, state);
			arena_empty_refs(left / 2, &held);
			if (first_only)
				rc = keep_take_first(
				    &k.keep, k.arena.blocks, &k.budget, sim_pools(), P + 1, &out);
			else
				rc = keep_take(
				    &k.keep, k.arena.blocks, &k.budget, sim_pools(), &out);
			chain_free(&held);
			CHECK_SEED(left, rc == 0 || rc == -ENOBUFS);
			k.start = out.bytes;
			CHECK_SEED(left, (out.bytes == 0) == (rc != 0));
			CHECK_SEED(left, arena_chain_is(&out, k.arena.body, out.bytes));
			CHECK_SEED(left, is_whole(&k));
			chain_free(&out);
			kept_remove(&k);
		}
	}
}

TEST(all_is_taken_and_the_blocks_go_with_the_chain)
{
	for (unsigned state = 0; state < 3; state++) {
		struct chain out = CHAIN_EMPTY;
		struct kept k;

		kept_in_state(&k, state);
		CHECK_SEED(
		    state, keep_take(&k.keep, k.arena.blocks, &k.budget, sim_pools(), &out) == 0);
		CHECK_SEED(state, arena_chain_is(&out, k.arena.body, k.end));
		k.start = k.end;
		CHECK_SEED(state, is_whole(&k));
		CHECK_SEED(
		    state, (arena_free_blocks(k.arena.channel) == ARENA_BLOCKS) == (state == 0));
		chain_free(&out);
		kept_remove(&k);
	}
}
