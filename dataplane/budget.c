/* SPDX-License-Identifier: BSD-3-Clause */
/* The division, with the reason for each share. */
#include "dataplane/budget.h"

#define REFUSED_MAX       64
#define OBJECTS_MAX       4096 /* 6 KiB each; more at once than a core can scan in any useful time */
#define DECODERS_MAX      512  /* 80 KiB each: ISA-L's window and state */
#define PART_LEVELS_MAX   512  /* 16 KiB each: a part's head, a piece of it, two layers */
#define JOBS_MAX          1024
#define RING_SLOTS        4096 /* 16 MiB of records: 40 ms at 100,000 objects/s */
#define COMMAND_SLOTS     1024
#define OBSERVATION_SLOTS 1024 /* 2 MiB: 4 ms at 250,000 captured frames/s */
#define KEEP_SHARE        4    /* a quarter of the pool for objects that may be sent back */
#define RESERVE_SHARE     8    /* an eighth for rings, transmit and connections that exist */

static uint32_t
at_most(uint32_t value, uint32_t limit)
{
	return value < limit ? value : limit;
}

void
budget_compute(const struct config *c, struct budget *out)
{
	uint32_t cores = c->dataplane.cores;

	out->connections_max = (c->icap.connections_max + cores - 1) / cores;
	out->places_max = out->connections_max + REFUSED_MAX;
	out->objects_max = at_most(out->connections_max, OBJECTS_MAX);
	out->decoders_max = at_most(out->objects_max, DECODERS_MAX);
	out->part_levels_max = at_most(out->objects_max, PART_LEVELS_MAX);
	out->jobs_max = at_most(out->objects_max, JOBS_MAX);
	out->data_mbufs = c->dataplane.buffers;
	out->ref_mbufs = c->dataplane.buffers;
	out->keep_mbufs_max = c->dataplane.buffers / KEEP_SHARE;
	out->pool_reserve = c->dataplane.buffers / RESERVE_SHARE;
	out->arena_blocks =
	    (uint32_t)(((uint64_t)c->dataplane.arena_mib << 20) / ARENA_BLOCK_BYTES);
	out->shape = (struct region_shape){
		.cores = cores,
		.notices = RING_SLOTS,
		.records = RING_SLOTS,
		.commands = COMMAND_SLOTS,
		.observations = OBSERVATION_SLOTS,
		.arena_blocks = out->arena_blocks,
	};
}
