/* SPDX-License-Identifier: BSD-3-Clause */
/* The counts are DPDK's own for external buffers, so that freeing an mbuf lets go of its block. */
#include "dataplane/inspect/blocks.h"

#include <errno.h>
#include <stdlib.h>

struct block_count {
	struct rte_mbuf_ext_shared_info shared;
	struct blocks *owner;
	uint32_t block;
};

struct blocks {
	struct channel_core *channel;
	struct block_count *counts;
};

/* Runs when the last reference to a block goes. */
static void
block_free(void *address, void *opaque)
{
	struct block_count *count = opaque;

	(void)address;
	arena_put(count->owner->channel, count->block);
}

struct blocks *
blocks_create(struct channel_core *channel, uint32_t arena_blocks)
{
	struct blocks *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->channel = channel;
	b->counts = calloc(arena_blocks, sizeof(*b->counts));
	if (b->counts == NULL) {
		free(b);
		return NULL;
	}
	for (uint32_t i = 0; i < arena_blocks; i++) {
		b->counts[i].owner = b;
		b->counts[i].block = i;
		b->counts[i].shared.free_cb = block_free;
		b->counts[i].shared.fcb_opaque = &b->counts[i];
	}
	return b;
}

void
blocks_destroy(struct blocks *b)
{
	if (b == NULL)
		return;
	free(b->counts);
	free(b);
}

/* Adds an empty block to the run's end. */
static int
grow(struct blocks *b, struct block_run *run)
{
	uint32_t block = arena_take(b->channel);

	if (block == ARENA_NONE)
		return -ENOBUFS;
	rte_mbuf_ext_refcnt_set(&b->counts[block].shared, 1);
	arena_link(b->channel, block, ARENA_NONE, 0);
	if (run->last != ARENA_NONE)
		arena_link(b->channel, run->last, block, run->last_used);
	else
		run->first = block;
	run->last = block;
	run->last_used = 0;
	return 0;
}

int
block_run_append(struct blocks *b, struct block_run *run, struct span bytes)
{
	while (bytes.bytes > 0) {
		size_t n = ARENA_PAYLOAD_BYTES - run->last_used;

		if (run->last == ARENA_NONE || n == 0) {
			int rc = grow(b, run);

			if (rc != 0)
				return rc;
			n = ARENA_PAYLOAD_BYTES;
		}
		if (n > bytes.bytes)
			n = bytes.bytes;
		memcpy(arena_payload(b->channel, run->last) + run->last_used, bytes.data, n);
		run->last_used += (uint32_t)n;
		run->bytes += n;
		arena_link(b->channel, run->last, ARENA_NONE, run->last_used);
		bytes = span_from(bytes, n);
	}
	return 0;
}

int
block_run_share(struct blocks *b, const struct block_run *run, uint64_t from, uint64_t count,
    const struct chain_pools *pools, struct chain *out)
{
	struct chain shared = CHAIN_EMPTY;
	uint32_t block = run->first;

	for (; from >= ARENA_PAYLOAD_BYTES && count > 0; from -= ARENA_PAYLOAD_BYTES)
		block = arena_next(b->channel, block);
	for (; count > 0; block = arena_next(b->channel, block)) {
		size_t room = ARENA_PAYLOAD_BYTES - (size_t)from;
		size_t n = count < room ? (size_t)count : room;

		if (chain_append_external(&shared, pools,
			(char *)arena_payload(b->channel, block) + from, n,
			&b->counts[block].shared) != 0) {
			chain_free(&shared);
			return -ENOBUFS;
		}
		count -= n;
		from = 0;
	}
	chain_append_chain(out, &shared);
	return 0;
}

void
block_run_hold(struct blocks *b, const struct block_run *run)
{
	for (uint32_t block = run->first; block != ARENA_NONE;
	     block = arena_next(b->channel, block))
		rte_mbuf_ext_refcnt_update(&b->counts[block].shared, 1);
}

void
block_run_release(struct blocks *b, struct block_run *run)
{
	uint32_t next;

	for (uint32_t block = run->first; block != ARENA_NONE; block = next) {
		struct block_count *count = &b->counts[block];

		next = arena_next(b->channel, block);
		if (rte_mbuf_ext_refcnt_update(&count->shared, -1) == 0)
			block_free(NULL, count);
	}
	*run = BLOCK_RUN_EMPTY;
}
