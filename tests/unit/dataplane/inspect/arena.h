/* SPDX-License-Identifier: BSD-3-Clause */
/* An arena of few blocks for the tests of what is kept, and a body whose bytes tell their place. */
#ifndef SLUICE_TESTS_INSPECT_ARENA_H
#define SLUICE_TESTS_INSPECT_ARENA_H

#include <stdlib.h>

#include "dataplane/inspect/blocks.h"
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define ARENA_BLOCKS 6
#define BODY_BYTES   (16 * ARENA_PAYLOAD_BYTES)

struct arena {
	struct region *region;
	struct channel_core *channel;
	struct blocks *blocks;
	uint8_t *body; /* BODY_BYTES */
};

static inline void
arena_make(struct arena *a)
{
	struct region_shape shape = { .cores = 1,
		.notices = 4,
		.records = 4,
		.commands = 4,
		.observations = 4,
		.arena_blocks = ARENA_BLOCKS };

	CHECK(region_create(&shape, &a->region) == 0);
	a->channel = region_core(a->region, 0);
	a->blocks = blocks_create(a->channel, ARENA_BLOCKS);
	a->body = malloc(BODY_BYTES);
	for (size_t i = 0; i < BODY_BYTES; i++)
		a->body[i] = (uint8_t)(i * 7 + i / 251);
}

/* Everything must be back by now. */
static inline void
arena_remove(struct arena *a)
{
	CHECK(arena_free_blocks(a->channel) == ARENA_BLOCKS);
	CHECK(sim_pools_used() == 0);
	blocks_destroy(a->blocks);
	region_close(a->region);
	free(a->body);
}

/* Whether the chain is just these bytes. */
static inline bool
arena_chain_is(const struct chain *c, const uint8_t *bytes, size_t count)
{
	struct chain_cursor cursor = chain_walk(c, 0);
	size_t at = 0;
	struct span s;

	while (chain_next(&cursor, &s)) {
		if (at + s.bytes > count || memcmp(s.data, bytes + at, s.bytes) != 0)
			return false;
		at += s.bytes;
	}
	return at == count && c->bytes == count;
}

/* All references of the pool but `left`, held by `out`. */
static inline void
arena_empty_refs(unsigned left, struct chain *out)
{
	*out = CHAIN_EMPTY;
	while (rte_mempool_avail_count(sim_pools()->refs) > left) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->refs);

		m->data_len = 1; /* never read */
		chain_append(out, m);
	}
}

#endif
