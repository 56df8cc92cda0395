/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of an object that may have to be sent back: the mbufs they arrived in while there are
 * few, arena blocks (one copy) once they would pin more of the receive pool than KEEP_MBUF_BYTES.
 * The mbufs of all keeps of a core are bounded by a budget, past which everything goes to the
 * arena.
 */
#ifndef SLUICE_INSPECT_KEEP_H
#define SLUICE_INSPECT_KEEP_H

#include "dataplane/inspect/blocks.h"

#define KEEP_MBUF_BYTES (128 * 1024)

struct keep_budget {
	uint32_t mbufs_max, mbufs_used;
};

struct keep {
	struct chain received; /* behind what lies in `run` */
	uint32_t charged;      /* mbufs of `received`, charged to the budget */
	struct block_run run;
};

void keep_init(struct keep *k);
uint64_t keep_bytes(const struct keep *k);
/*
 * Takes the chain. -ENOBUFS when neither budget nor arena has room: all bytes are still there, the
 * last ones in mbufs that no budget covers, so the caller must soon take or free them.
 */
int keep_append(struct keep *k, struct blocks *b, struct keep_budget *budget, struct chain *bytes);
/* Moves all of it to the arena, so that it can be lent. -ENOBUFS as above. */
int keep_to_arena(struct keep *k, struct blocks *b, struct keep_budget *budget);
/* Moves everything to `out` and is empty afterwards; -ENOBUFS: nothing has changed. */
int keep_take(struct keep *k, struct blocks *b, struct keep_budget *budget,
    const struct chain_pools *pools, struct chain *out);
/* Moves the first `count` bytes to `out`; the rest stays. -ENOBUFS: all is still there. */
int keep_take_first(struct keep *k, struct blocks *b, struct keep_budget *budget,
    const struct chain_pools *pools, uint64_t count, struct chain *out);
/* References to bytes [from, from + count), to the end of `out`; all of it stays. -ENOBUFS. */
int keep_share(const struct keep *k, struct blocks *b, const struct chain_pools *pools,
    uint64_t from, uint64_t count, struct chain *out);
void keep_free(struct keep *k, struct blocks *b, struct keep_budget *budget);

#endif
