/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where each byte of the shared region lies (docs/channel.md has the picture):
 *
 *     0      struct region_header      dataplane, once; never changes after it was sealed
 *     4096   struct control_words      control
 *     8192   struct dataplane_words    dataplane
 *     12288  per core, region_plan.core_bytes apart, each part at a multiple of LAYOUT_ALIGN:
 *            notices, records, commands, observations  struct rte_ring, then its slots
 *            stats                       struct core_stats
 *            told                        RECORD_BYTES per arena block: the notice of a lent chain
 *            arena                       ARENA_BLOCK_BYTES per block
 *
 * All offsets follow from the shape, by layout_plan() and nothing else: who attaches computes them
 * anew and compares, so no offset in the region is ever believed. Whoever changes a struct here
 * changes REGION_LAYOUT_HASH with it; whoever changes what a field means raises REGION_VERSION.
 */
#ifndef SLUICE_CHANNEL_LAYOUT_H
#define SLUICE_CHANNEL_LAYOUT_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "common/channel/channel.h"

#define REGION_MAGIC       0x4e47455243554c53u /* "SLUCREGN" */
#define REGION_VERSION     1
#define REGION_LAYOUT_HASH layout_hash()

#define LAYOUT_ALIGN  4096ul
#define LAYOUT_LINE   64
#define COMMAND_BYTES 192 /* a slot of the commands ring */

#define RING_SLOTS_MIN   2
#define RING_SLOTS_MAX   (1u << 20)
#define ARENA_BLOCKS_MAX (1u << 22) /* 64 GiB a core */

/* Offsets of a core's parts count from the start of that core. */
struct region_plan {
	uint64_t bytes;      /* of the whole region */
	uint64_t cores_at;   /* where core 0 starts */
	uint64_t core_bytes; /* from one core to the next */
	uint64_t notices_at, records_at, commands_at, observations_at;
	uint64_t stats_at, told_at, arena_at;
};

/* Written by the dataplane before the descriptor leaves it; read by control, once. */
struct region_header {
	uint64_t magic;
	uint32_t version;
	int32_t dataplane_pid;
	uint64_t layout_hash;
	uint64_t boot_id;
	struct region_shape shape;
	struct region_plan plan;
};

/* Written by control. A line for what cores read once per object, another for the heartbeat. */
struct control_words {
	uint32_t mode;
	uint32_t unused;
	uint64_t policy_epoch;
	uint8_t pad[LAYOUT_LINE - 16];
	uint64_t beat_ns;
	uint8_t pad2[LAYOUT_LINE - 8];
};

/* Written by the dataplane's attendant. */
struct dataplane_words {
	uint64_t generation;
	uint32_t digest_kind, digest_lanes_from; /* once, before the descriptor leaves it */
	uint64_t shadow;
	uint8_t pad[LAYOUT_LINE - 24];
};

/* The first bytes of an arena block. Written by the core; control reads. */
struct arena_header {
	uint32_t owner;      /* enum arena_owner */
	uint32_t next;       /* ARENA_NONE: the last of its chain */
	uint32_t used_bytes; /* of the payload */
	uint32_t first;      /* of the lent chain this block is in */
	uint64_t job;        /* owner is control: whose bytes these are */
	uint8_t pad[LAYOUT_LINE - 24];
};

static_assert(sizeof(struct region_header) <= LAYOUT_ALIGN, "the header has one page");
static_assert(sizeof(struct control_words) == 2 * LAYOUT_LINE, "two lines");
static_assert(sizeof(struct dataplane_words) == LAYOUT_LINE, "one line");
static_assert(sizeof(struct arena_header) == ARENA_BLOCK_BYTES - ARENA_PAYLOAD_BYTES, "one line");
static_assert(sizeof(struct command) <= COMMAND_BYTES, "a command must fit its slot");
static_assert(sizeof(struct core_stats) % sizeof(uint64_t) == 0, "read word by word");

/* -EINVAL when a count is out of its bounds. */
int layout_plan(const struct region_shape *shape, struct region_plan *out);

/* FNV-1a over the size of every shared struct, the place of every field that both sides use, and
 * the length of every word table: two builds agree on it only when they agree on all of these. */
uint64_t layout_hash(void);

#endif
