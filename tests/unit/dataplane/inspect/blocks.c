/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs of arena blocks: filled and shared at every border of a block, held, and out of room. */
#include "dataplane/inspect/blocks.h"

#include <errno.h>

#include "tests/unit/dataplane/inspect/arena.h"

#define P ARENA_PAYLOAD_BYTES

static const size_t sizes[] = { 0, 1, P - 1, P, P + 1, 2 * P - 1, 2 * P, 3 * P + 7,
	ARENA_BLOCKS *P };
static const size_t offsets[] = { 0, 1, P - 1, P, P + 1, 2 * P, 2 * P + 1 };

/* Fills a run in pieces of `step` bytes. */
static int
fill(struct arena *a, struct block_run *run, size_t bytes, size_t step)
{
	int rc = 0;

	for (size_t at = 0; at < bytes && rc == 0; at += step)
		rc = block_run_append(
		    a->blocks, run, span_of(a->body + at, bytes - at < step ? bytes - at : step));
	return rc;
}

TEST(runs_are_filled_and_shared_at_block_borders)
{
	static const size_t steps[] = { 1000, P - 1, P, P + 1, ARENA_BLOCKS * P };
	struct arena a;

	arena_make(&a);
	for (unsigned i = 0; i < COUNT_OF(sizes); i++) {
		for (unsigned j = 0; j < COUNT_OF(steps); j++) {
			struct block_run run = BLOCK_RUN_EMPTY;
			struct chain all = CHAIN_EMPTY;

			CHECK_SEED(sizes[i], fill(&a, &run, sizes[i], steps[j]) == 0);
			CHECK_SEED(sizes[i], run.bytes == sizes[i]);
			CHECK_SEED(sizes[i],
			    arena_free_blocks(a.channel) == ARENA_BLOCKS - (sizes[i] + P - 1) / P);
			CHECK_SEED(sizes[i],
			    block_run_share(a.blocks, &run, 0, run.bytes, sim_pools(), &all) == 0);
			CHECK_SEED(sizes[i], arena_chain_is(&all, a.body, sizes[i]));
			chain_free(&all);
			block_run_release(a.blocks, &run);
			CHECK_SEED(sizes[i], run.bytes == 0 && run.first == ARENA_NONE);
		}
	}
	arena_remove(&a);
}

TEST(any_part_of_a_run_is_shared)
{
	struct block_run run = BLOCK_RUN_EMPTY;
	const size_t bytes = 3 * P + 7;
	struct arena a;

	arena_make(&a);
	CHECK(fill(&a, &run, bytes, 5000) == 0);
	for (unsigned i = 0; i < COUNT_OF(offsets); i++) {
		for (unsigned j = 0; j < COUNT_OF(sizes); j++) {
			size_t from = offsets[i], n = sizes[j];
			struct chain part = CHAIN_EMPTY;

			if (from + n > bytes)
				n = bytes - from;
			CHECK_SEED(from,
			    block_run_share(a.blocks, &run, from, n, sim_pools(), &part) == 0);
			CHECK_SEED(from, arena_chain_is(&part, a.body + from, n));
			chain_free(&part);
		}
	}
	block_run_release(a.blocks, &run);
	arena_remove(&a);
}

/* A block is free when the last of run, other holders and mbufs has let go, in whatever order. */
TEST(blocks_stay_as_long_as_anybody_holds_them)
{
	struct block_run run = BLOCK_RUN_EMPTY, other;
	struct chain part = CHAIN_EMPTY;
	struct arena a;

	arena_make(&a);
	CHECK(fill(&a, &run, 2 * P, P) == 0);
	block_run_hold(a.blocks, &run);
	other = run;
	CHECK(block_run_share(a.blocks, &run, P, 10, sim_pools(), &part) == 0);
	block_run_release(a.blocks, &run);
	CHECK(arena_free_blocks(a.channel) == ARENA_BLOCKS - 2);
	block_run_release(a.blocks, &other);
	CHECK(arena_free_blocks(a.channel) == ARENA_BLOCKS - 1);
	CHECK(arena_chain_is(&part, a.body + P, 10));
	chain_free(&part);
	block_run_release(a.blocks, &run); /* an empty run holds nothing */
	arena_remove(&a);
}

TEST(a_full_arena_keeps_what_fitted)
{
	struct block_run run = BLOCK_RUN_EMPTY, more = BLOCK_RUN_EMPTY;
	struct chain all = CHAIN_EMPTY;
	struct arena a;

	arena_make(&a);
	CHECK(block_run_append(a.blocks, &run, span_of(a.body, ARENA_BLOCKS * P + 1)) == -ENOBUFS);
	CHECK(run.bytes == ARENA_BLOCKS * P);
	CHECK(block_run_append(a.blocks, &more, span_of(a.body, 1)) == -ENOBUFS);
	CHECK(more.bytes == 0 && more.first == ARENA_NONE);
	CHECK(block_run_share(a.blocks, &run, 0, run.bytes, sim_pools(), &all) == 0);
	CHECK(arena_chain_is(&all, a.body, ARENA_BLOCKS * P));
	chain_free(&all);
	block_run_release(a.blocks, &run);
	arena_remove(&a);
}

TEST(a_share_without_references_changes_nothing)
{
	struct block_run run = BLOCK_RUN_EMPTY;
	struct arena a;

	arena_make(&a);
	CHECK(fill(&a, &run, 3 * P, P) == 0);
	for (unsigned left = 0; left <= 3; left++) {
		struct chain held, out = CHAIN_EMPTY;
		int rc;

		arena_empty_refs(left, &held);
		rc = block_run_share(a.blocks, &run, 0, 3 * P, sim_pools(), &out);
		CHECK_SEED(left, rc == (left < 3 ? -ENOBUFS : 0));
		CHECK_SEED(left, arena_chain_is(&out, a.body, left < 3 ? 0 : 3 * P));
		chain_free(&out);
		chain_free(&held);
		CHECK_SEED(left, arena_free_blocks(a.channel) == ARENA_BLOCKS - 3);
	}
	block_run_release(a.blocks, &run);
	arena_remove(&a);
}
