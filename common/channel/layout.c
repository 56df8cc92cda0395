/* SPDX-License-Identifier: BSD-3-Clause */
/* From a shape to the place of every part, and a hash of all that two builds must agree on. */
#include "common/channel/layout.h"

#include <errno.h>

#include <rte_ring_core.h>

#include "common/base/checked.h"
#include "common/channel/view.h"

#define FNV_OFFSET 0xcbf29ce484222325u
#define FNV_PRIME  0x100000001b3u

static bool
is_ring_size(uint32_t slots)
{
	return slots >= RING_SLOTS_MIN && slots <= RING_SLOTS_MAX && (slots & (slots - 1)) == 0;
}

static uint64_t
align_up(uint64_t n)
{
	return (n + LAYOUT_ALIGN - 1) & ~(uint64_t)(LAYOUT_ALIGN - 1);
}

/* Gives `bytes` the next aligned place and moves `end` behind it. The bounds keep sums small. */
static uint64_t
place(uint64_t *end, uint64_t bytes)
{
	uint64_t at = *end;

	*end = align_up(at + bytes);
	return at;
}

int
layout_plan(const struct region_shape *shape, struct region_plan *out)
{
	uint64_t end = 0;

	if (shape->cores == 0 || shape->cores > CHANNEL_CORES_MAX)
		return -EINVAL;
	if (!is_ring_size(shape->notices) || !is_ring_size(shape->records) ||
	    !is_ring_size(shape->commands) || !is_ring_size(shape->observations))
		return -EINVAL;
	if (shape->arena_blocks == 0 || shape->arena_blocks > ARENA_BLOCKS_MAX)
		return -EINVAL;
	out->notices_at = place(&end, ring_bytes(shape->notices, RECORD_BYTES));
	out->records_at = place(&end, ring_bytes(shape->records, RECORD_BYTES));
	out->commands_at = place(&end, ring_bytes(shape->commands, COMMAND_BYTES));
	out->observations_at = place(&end, ring_bytes(shape->observations, OBSERVATION_BYTES));
	out->stats_at = place(&end, sizeof(struct core_stats));
	out->told_at = place(&end, (uint64_t)shape->arena_blocks * RECORD_BYTES);
	out->arena_at = place(&end, (uint64_t)shape->arena_blocks * ARENA_BLOCK_BYTES);
	out->core_bytes = end;
	out->cores_at = 3 * LAYOUT_ALIGN;
	out->bytes = out->cores_at + shape->cores * out->core_bytes;
	return 0;
}

/* Size of every shared struct, place and size of its fields, length of every table of words. */
#define FIELD(type, member) offsetof(type, member), sizeof(((type *)0)->member)
static const uint64_t facts[] = {
	sizeof(struct region_header),
	FIELD(struct region_header, shape),
	FIELD(struct region_header, plan),
	FIELD(struct region_header, boot_id),
	sizeof(struct region_shape),
	sizeof(struct region_plan),
	sizeof(struct control_words),
	FIELD(struct control_words, mode),
	FIELD(struct control_words, policy_epoch),
	FIELD(struct control_words, beat_ns),
	sizeof(struct dataplane_words),
	FIELD(struct dataplane_words, generation),
	FIELD(struct dataplane_words, digest_kind),
	FIELD(struct dataplane_words, digest_lanes_from),
	FIELD(struct dataplane_words, shadow),
	sizeof(struct arena_header),
	FIELD(struct arena_header, owner),
	FIELD(struct arena_header, next),
	FIELD(struct arena_header, used_bytes),
	FIELD(struct arena_header, first),
	FIELD(struct arena_header, job),
	ARENA_BLOCK_BYTES,
	ARENA_PAYLOAD_BYTES,
	LAYOUT_ALIGN,
	RECORD_BYTES,
	COMMAND_BYTES,
	OBSERVATION_BYTES,
	sizeof(struct record),
	FIELD(struct record, wall_ns),
	FIELD(struct record, duration_ns),
	FIELD(struct record, generation),
	FIELD(struct record, size),
	FIELD(struct record, match_offset),
	FIELD(struct record, scan_ns),
	FIELD(struct record, hold_ns),
	FIELD(struct record, session),
	FIELD(struct record, flags),
	FIELD(struct record, site_line),
	FIELD(struct record, core),
	FIELD(struct record, site),
	FIELD(struct record, mode),
	FIELD(struct record, verdict),
	FIELD(struct record, source),
	FIELD(struct record, format),
	FIELD(struct record, coding),
	FIELD(struct record, uuid),
	FIELD(struct record, md5),
	FIELD(struct record, sha256),
	FIELD(struct record, client),
	FIELD(struct record, peer),
	FIELD(struct record, text_bytes),
	FIELD(struct record, http_status),
	FIELD(struct record, part),
	FIELD(struct record, shadow_generation),
	FIELD(struct record, shadow_offset),
	FIELD(struct record, shadow),
	FIELD(struct record_slot, text),
	sizeof(struct notice),
	FIELD(struct notice, serial),
	FIELD(struct notice, job),
	FIELD(struct notice, job_bytes),
	FIELD(struct notice, first_block),
	FIELD(struct notice, kind),
	FIELD(struct notice, hold_until_wall_ns),
	FIELD(struct notice, object),
	sizeof(struct command),
	FIELD(struct command, kind),
	FIELD(struct command, verdict),
	FIELD(struct command, source),
	FIELD(struct command, job),
	FIELD(struct command, generation),
	FIELD(struct command, sha256),
	FIELD(struct command, threat),
	FIELD(struct command, observe),
	FIELD(struct observe_request, filter),
	FIELD(struct observe_filter, states),
	sizeof(struct observe_term),
	sizeof(struct observation),
	FIELD(struct observation, connections),
	sizeof(struct observed_connection),
	FIELD(struct observed_connection, label),
	FIELD(struct observed_connection, rtt_us),
	FIELD(struct observed_connection, age_ms),
	FIELD(struct observation, sums),
	FIELD(struct observation, frame),
	FIELD(struct observed_frame, bytes),
	FIELD(struct observation, flight),
	FIELD(struct observed_flight, connection),
	FIELD(struct observed_flight, event),
	sizeof(struct core_stats),
	FIELD(struct core_stats, counters),
	FIELD(struct core_stats, object_ns),
	FIELD(struct core_stats, connections_now),
	FIELD(struct core_stats, verdicts),
	FIELD(struct core_stats, tcp),
	sizeof(struct histogram),
	sizeof(struct rte_ring),
	FIELD(struct rte_ring, size),
	FIELD(struct rte_ring, mask),
	FIELD(struct rte_ring, capacity),
	FIELD(struct rte_ring, prod.head),
	FIELD(struct rte_ring, prod.tail),
	FIELD(struct rte_ring, cons.head),
	FIELD(struct rte_ring, cons.tail),
	MODE_COUNT,
	SOURCE_COUNT,
	VERDICT_COUNT,
	SHADOW_COUNT,
	COUNTER_COUNT,
	RECORD_SITE_COUNT,
	RECORD_TEXT_COUNT,
	NOTICE_KIND_COUNT,
	COMMAND_KIND_COUNT,
	TCP_COUNTER_COUNT,
	TCP_STATE_COUNT,
	TCP_FAULT_COUNT,
	TCP_FLIGHT_KIND_COUNT,
	OBSERVATION_KIND_COUNT,
	OBSERVED_TIMER_COUNT,
};
#undef FIELD

uint64_t
layout_hash(void)
{
	uint64_t hash = FNV_OFFSET;

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		for (unsigned byte = 0; byte < sizeof(facts[0]); byte++)
			hash = (hash ^ (facts[i] >> (8 * byte) & 0xff)) * FNV_PRIME;
	}
	return hash;
}
