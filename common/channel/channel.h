/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The contract between dataplane and control: one sealed memfd that the dataplane makes and hands
 * over a Unix socket (SCM_RIGHTS). region.c lays it out, ring.c and arena.c are its parts; layout.h
 * says where each byte lies. Either side may die at any instruction; the other goes on.
 *
 * Everything read from the region is untrusted on both sides: copied, checked, then used. Offsets
 * become pointers in region.c only. Single writers:
 *
 *     part       written by   read by    full
 *     notices    core         control    nothing is lost: the object gets its on_overload answer
 *     records    core         control    dropped and counted
 *     observations  core      control    a list waits, a frame or a flight is dropped and counted
 *     commands   control      core       -EAGAIN: control keeps it and tries again
 *     arena      core         control    -ENOBUFS: the object gets its on_overload answer
 *     stats      core         control    –
 *     words      control      core       –
 *
 * Threading: a `struct channel_core` is used by one thread of each process. The rings are rte_ring
 * memory (single producer, single consumer, elements built and read in place), initialised by the
 * dataplane in create.c; ring.c reads and writes their words itself and says why, so control links
 * no DPDK library.
 */
#ifndef SLUICE_CHANNEL_H
#define SLUICE_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/histogram.h"
#include "common/base/span.h"
#include "common/base/tcp_counters.h"
#include "common/channel/record.h"
#include "common/channel/words.h"

#define CHANNEL_CORES_MAX   64
#define ARENA_NONE          UINT32_MAX
#define ARENA_BLOCK_BYTES   16384 /* header included */
#define ARENA_PAYLOAD_BYTES (ARENA_BLOCK_BYTES - 64)

struct region_shape {
	uint32_t cores;
	uint32_t notices, records, commands; /* slots of each ring, powers of two */
	uint32_t arena_blocks;               /* per core */
	uint32_t observations;               /* slots, a power of two */
};

struct region;       /* one process's view; freed by region_close() */
struct channel_core; /* one core's part of it; lives as long as its region */

/* Dataplane: creates and seals the memfd, initialises the rings. -EINVAL, -ENOMEM, -errno. */
int region_create(const struct region_shape *shape, struct region **out);
/* Control: maps a region it was handed; takes the descriptor on success. -EPROTO: other version or
 * layout. */
int region_attach(int fd, struct region **out);
/* Unmaps and closes. */
void region_close(struct region *r);

int region_fd(const struct region *r);
uint64_t region_boot_id(const struct region *r); /* random per dataplane start */
uint32_t region_cores(const struct region *r);
int32_t region_dataplane_pid(const struct region *r);
struct channel_core *region_core(struct region *r, uint32_t core);

/* The words a core reads once per object. Control writes, plain aligned stores with release order.
 */
void region_set_mode(struct region *r, enum mode m);
enum mode region_mode(const struct region *r); /* what is out of range reads as MODE_STANDARD */
void region_set_policy_epoch(struct region *r, uint64_t epoch);
uint64_t region_policy_epoch(const struct region *r);
/* Written by the dataplane's attendant once every core has moved on; read by control. */
void region_set_generation(struct region *r, uint64_t id);
uint64_t region_generation(const struct region *r);
/* The same of the generation that is tried beside it; 0: none is. */
void region_set_shadow(struct region *r, uint64_t id);
uint64_t region_shadow(const struct region *r);
/*
 * How the dataplane makes digests, an enum digest_kind of scanners/digest/engine.h, and from how
 * many objects on side by side (0: never). Written once, at its start; control checks the kind.
 */
void region_set_digests(struct region *r, uint32_t kind, uint32_t lanes_from);
void region_digests(const struct region *r, uint32_t *kind, uint32_t *lanes_from);
/* Control's heartbeat, monotonic ns: a core can tell whether anybody answers. */
void region_beat(struct region *r, uint64_t mono_ns);
uint64_t region_last_beat(const struct region *r);

/*
 * notices and records: built in place; NULL when full (records: counted by the caller). The slot
 * holds what was in it before. Without a commit nothing is sent, and the next reserve gives it
 * again.
 */
struct notice *notice_reserve(struct channel_core *c);
void notice_commit(struct channel_core *c); /* sets the serial */
struct record_slot *record_reserve(struct channel_core *c);
void record_commit(struct channel_core *c);
/* The oldest, copied out and checked; it stays in the ring until …_done(): a crash between the two
 * shows it again. Unsound ones are skipped and counted. False when empty. */
bool notice_peek(struct channel_core *c, struct notice *out);
void notice_done(struct channel_core *c);
bool record_peek(struct channel_core *c, struct record_slot *out);
void record_done(struct channel_core *c);

/* The same for what control asked to see. A frame needs several slots: room first, then each. */
struct observation *observation_reserve(struct channel_core *c);
void observation_commit(struct channel_core *c);
uint32_t observation_room(struct channel_core *c); /* slots that a core can fill now */
bool observation_peek(struct channel_core *c, struct observation *out);
void observation_done(struct channel_core *c);
uint64_t channel_unsound(const struct channel_core *c); /* skipped by this process */

int command_send(struct channel_core *c, const struct command *command); /* 0 or -EAGAIN */
bool command_take(struct channel_core *c, struct command *out);          /* checked */

/* After the other side died in the middle: control calls it once when it attaches. */
void channel_mend_consumer(struct channel_core *c);

/*
 * The arena: blocks chained by index. The core takes and puts; `owner` in the header says who may
 * use the bytes, and names the job, so that a control that restarts finds what is in flight. All
 * but the readers at the end are the core's.
 */
enum arena_owner {
	ARENA_FREE,
	ARENA_CORE,
	ARENA_CONTROL
};

uint32_t arena_take(struct channel_core *c); /* ARENA_NONE when none is free; owner: core */
void arena_put(struct channel_core *c, uint32_t block);
uint32_t arena_free_blocks(const struct channel_core *c);
uint8_t *arena_payload(struct channel_core *c, uint32_t block); /* NULL: no such block */
void arena_link(struct channel_core *c, uint32_t block, uint32_t next, uint32_t used_bytes);
uint32_t arena_next(struct channel_core *c, uint32_t block); /* from the core's private copy */
/*
 * Hands a chain to control under `job` (not 0). The notice that tells of it is copied to a place
 * beside the arena that a restarted control reads; lend first, then notice_commit(). The core may
 * still read the bytes.
 */
void arena_lend(struct channel_core *c, uint32_t first, uint64_t job, const struct notice *told);
/* Takes a lent chain back: owner is the core again. */
void arena_take_back(struct channel_core *c, uint32_t first);

/*
 * Control: reads a lent object span by span. False past its end (left is 0) or where the chain is
 * not sound, or was taken back (left is not 0). The bytes are shared memory: copy, then look.
 */
struct arena_reader {
	struct channel_core *core;
	uint64_t job, left;
	uint32_t block, steps;
};
void arena_read_begin(
    struct channel_core *c, uint32_t first, uint64_t job, uint64_t bytes, struct arena_reader *out);
bool arena_read_next(struct arena_reader *r, struct span *out);
/*
 * Control: the next lent object at or after block `*at`, for a restart; false at the end. `*at`
 * moves behind it. It may be one whose notice is still in the ring: `job` tells.
 */
bool arena_find_lent(struct channel_core *c, uint32_t *at, struct notice *out);

/* Rules of exclusion that matched: a rule's key and how often. What no place is left for is counted
 * under the last, whose key is 0. */
#define RULE_HITS_MAX 129
struct rule_hits {
	uint64_t key, count;
};

/* stats: single writer, plain stores. */
struct core_stats {
	uint64_t counters[COUNTER_COUNT];
	struct rule_hits rules[RULE_HITS_MAX];
#define X(field, help) struct histogram field;
	HISTOGRAMS(X)
#undef X
#define X(field, help) uint64_t field;
	GAUGES(X)
#undef X
	uint64_t verdicts[VERDICT_COUNT][SOURCE_COUNT];
	uint64_t tcp[TCP_COUNTER_COUNT]; /* of common/base/tcp_counters.h */
};
struct core_stats *channel_stats(struct channel_core *c); /* the core's own */
void channel_stats_read(const struct channel_core *c, struct core_stats *out);
/* Several cores together: adds all of `one`, a copy that was read, to `sum`. */
void channel_stats_add(struct core_stats *sum, const struct core_stats *one);

/* Counts a match of the rule with that key, not 0. */
void channel_count_rule(struct core_stats *s, uint64_t key);
/* How often a rule matched, of a set that was read. */
uint64_t channel_rule_hits(const struct core_stats *s, uint64_t key);

static inline void
count(struct core_stats *s, enum counter which, uint64_t n)
{
	s->counters[which] += n;
}

#endif
