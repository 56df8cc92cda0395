/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object bytes in the arena: runs of blocks, counted references. A block is referenced by the run
 * that filled it, by each mbuf that transmits from it, and by the job that lent it to control; when
 * the last lets go, it is free again. Counts are the core's private memory: what control can write
 * is never trusted for them. One thread.
 */
#ifndef SLUICE_INSPECT_BLOCKS_H
#define SLUICE_INSPECT_BLOCKS_H

#include "common/channel/channel.h"
#include "dataplane/net/chain.h"

struct blocks; /* a core's arena with its counts */

struct block_run {
	uint32_t first, last; /* ARENA_NONE: empty */
	uint32_t last_used;   /* bytes in the last block */
	uint64_t bytes;
};

#define BLOCK_RUN_EMPTY ((struct block_run){ ARENA_NONE, ARENA_NONE, 0, 0 })

/* For an arena of that many blocks. NULL when memory is lacking. */
struct blocks *blocks_create(struct channel_core *channel, uint32_t arena_blocks);
void blocks_destroy(struct blocks *b);

/* Copies bytes to the end. -ENOBUFS when the arena is full: the run then holds a part of them. */
int block_run_append(struct blocks *b, struct block_run *run, struct span bytes);
/* References to bytes [from, from + count), to the end of `out`. -ENOBUFS: nothing was added. */
int block_run_share(struct blocks *b, const struct block_run *run, uint64_t from, uint64_t count,
    const struct chain_pools *pools, struct chain *out);
/* One more holder of a run's blocks; each calls block_run_release() once. */
void block_run_hold(struct blocks *b, const struct block_run *run);
void block_run_release(struct blocks *b, struct block_run *run);

#endif
