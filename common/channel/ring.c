/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The two ends of a ring. The memory is a struct rte_ring that rte_ring_init() made (create.c), and
 * its words mean what DPDK's single-producer, single-consumer code makes them mean: a test runs the
 * header's functions against these. They are not called here because they take mask, size and sync
 * type from the ring on each call, and in shared memory these belong to whoever writes last: a
 * changed mask would turn into a read outside, a changed sync type into a wait without end.
 *
 * So each end keeps its own position, mask and capacity in private memory. From the ring it reads
 * one word, the other side's tail; one that lies further than the capacity is not sound, counted,
 * and taken for "nothing new". Its own words it only writes. A side that restarts takes its
 * position from the ring once, when it resumes.
 *
 *     word        written by   when
 *     prod.head   producer     ring_reserve(): position + 1
 *     prod.tail   producer     ring_commit(), release: the slots before it are whole
 *     cons.head   consumer     ring_peek(): position + 1, a sign of what was being looked at
 *     cons.tail   consumer     ring_done(), release: the slots before it may be used again
 *
 * A consumer that died between peek and done left cons.tail alone, and is shown the slot again. A
 * producer that died before commit left prod.tail alone, and its slot was never seen.
 */
#include "common/channel/view.h"

#include <errno.h>
#include <string.h>

#include <rte_ring_core.h>

#define FETCHED_BYTES 512 /* of a record: its fixed part, and the texts of most */

uint64_t
ring_bytes(uint32_t slots, uint32_t slot_bytes)
{
	return sizeof(struct rte_ring) + (uint64_t)slots * slot_bytes;
}

void
ring_end_init(struct ring_end *e, void *ring, uint32_t slots, uint32_t slot_bytes)
{
	*e = (struct ring_end){
		.ring = ring,
		.slots = (uint8_t *)ring + sizeof(struct rte_ring),
		.slot_bytes = slot_bytes,
		.mask = slots - 1,
		.capacity = slots - 1, /* one stays empty: full and empty must differ */
	};
}

/* Whether the ring says of itself what the shape says: asked once, at the attach. */
bool
ring_end_is_sound(const struct ring_end *e)
{
	return e->ring->size == e->mask + 1 && e->ring->mask == e->mask &&
	       e->ring->capacity == e->capacity && e->ring->prod.sync_type == RTE_RING_SYNC_ST &&
	       e->ring->cons.sync_type == RTE_RING_SYNC_ST;
}

/* Goes on where the last producer published; where that cannot be, with an empty ring. */
void
ring_end_resume_producer(struct ring_end *e, uint64_t *unsound)
{
	uint32_t tail = __atomic_load_n(&e->ring->cons.tail, __ATOMIC_ACQUIRE);

	e->position = __atomic_load_n(&e->ring->prod.tail, __ATOMIC_ACQUIRE);
	e->other = e->refused = tail;
	e->reserved = false;
	if (e->position - tail > e->capacity) {
		(*unsound)++;
		e->position = tail;
	}
	__atomic_store_n(&e->ring->prod.head, e->position, __ATOMIC_RELAXED);
	__atomic_store_n(&e->ring->prod.tail, e->position, __ATOMIC_RELEASE);
}

/* Goes on with the oldest slot that was not done; where that cannot be, behind the newest. */
void
ring_end_resume_consumer(struct ring_end *e, uint64_t *unsound)
{
	uint32_t tail = __atomic_load_n(&e->ring->prod.tail, __ATOMIC_ACQUIRE);

	e->position = __atomic_load_n(&e->ring->cons.tail, __ATOMIC_ACQUIRE);
	e->other = e->refused = tail;
	e->reserved = false;
	if (tail - e->position > e->capacity) {
		(*unsound)++;
		e->position = tail;
	}
	__atomic_store_n(&e->ring->cons.head, e->position, __ATOMIC_RELAXED);
	__atomic_store_n(&e->ring->cons.tail, e->position, __ATOMIC_RELEASE);
}

static void *
slot_at(const struct ring_end *e, uint32_t position)
{
	return e->slots + (size_t)(position & e->mask) * e->slot_bytes;
}

/* Counts a position that cannot be, once for each value seen. */
static void
refuse(struct ring_end *e, uint32_t position, uint64_t *unsound)
{
	if (position != e->refused)
		(*unsound)++;
	e->refused = position;
}

/*
 * The start of a slot that is to be built in soon. The other side's core has read it since it was
 * last written, and the first stores to each line would wait for that core. PREFETCHW is no
 * operation on a processor that lacks it.
 */
static void
fetch_to_write(const struct ring_end *e, uint32_t position)
{
	const uint8_t *slot = slot_at(e, position);

	for (uint32_t at = 0; at < FETCHED_BYTES && at < e->slot_bytes; at += RTE_CACHE_LINE_SIZE)
		__asm__ volatile("prefetchw %0" : : "m"(slot[at]));
}

/* The next slot to build in, NULL when full. Asked again before the commit it is the same one. */
static void *
ring_reserve(struct ring_end *e, uint64_t *unsound)
{
	if (e->position - e->other >= e->capacity) {
		uint32_t tail = __atomic_load_n(&e->ring->cons.tail, __ATOMIC_ACQUIRE);

		if (e->position - tail > e->capacity) {
			refuse(e, tail, unsound);
			return NULL;
		}
		e->other = tail;
		if (e->position - tail == e->capacity)
			return NULL;
	}
	e->reserved = true;
	__atomic_store_n(&e->ring->prod.head, e->position + 1, __ATOMIC_RELAXED);
	return slot_at(e, e->position);
}

static void
ring_commit(struct ring_end *e)
{
	assert(e->reserved);
	e->reserved = false;
	e->position++;
	__atomic_store_n(&e->ring->prod.tail, e->position, __ATOMIC_RELEASE);
}

/* The oldest slot, NULL when there is none. */
static const void *
ring_peek(struct ring_end *e, uint64_t *unsound)
{
	if (e->other == e->position) {
		uint32_t tail = __atomic_load_n(&e->ring->prod.tail, __ATOMIC_ACQUIRE);

		if (tail - e->position > e->capacity) {
			refuse(e, tail, unsound);
			return NULL;
		}
		e->other = tail;
		if (tail == e->position)
			return NULL;
	}
	e->reserved = true;
	__atomic_store_n(&e->ring->cons.head, e->position + 1, __ATOMIC_RELAXED);
	return slot_at(e, e->position);
}

static void
ring_done(struct ring_end *e)
{
	assert(e->reserved);
	e->reserved = false;
	e->position++;
	__atomic_store_n(&e->ring->cons.tail, e->position, __ATOMIC_RELEASE);
}

/* Each side resumes the ends it has. */
void
channel_resume(struct channel_core *c)
{
	if (c->region->is_dataplane) {
		ring_end_resume_producer(&c->notices, &c->unsound);
		ring_end_resume_producer(&c->records, &c->unsound);
		ring_end_resume_producer(&c->observations, &c->unsound);
		ring_end_resume_consumer(&c->commands, &c->unsound);
	} else {
		ring_end_resume_consumer(&c->notices, &c->unsound);
		ring_end_resume_consumer(&c->records, &c->unsound);
		ring_end_resume_consumer(&c->observations, &c->unsound);
		ring_end_resume_producer(&c->commands, &c->unsound);
	}
}

void
channel_mend_consumer(struct channel_core *c)
{
	channel_resume(c);
}

struct notice *
notice_reserve(struct channel_core *c)
{
	return ring_reserve(&c->notices, &c->unsound);
}

void
notice_commit(struct channel_core *c)
{
	struct notice *n = slot_at(&c->notices, c->notices.position);

	n->serial = ++c->notice_serial;
	ring_commit(&c->notices);
}

struct record_slot *
record_reserve(struct channel_core *c)
{
	return ring_reserve(&c->records, &c->unsound);
}

void
record_commit(struct channel_core *c)
{
	ring_commit(&c->records);
	fetch_to_write(&c->records, c->records.position);
}

/* Ends: each turn empties a slot, and `other` is read anew only after the last one. */
bool
notice_peek(struct channel_core *c, struct notice *out)
{
	const void *slot;

	while ((slot = ring_peek(&c->notices, &c->unsound)) != NULL) {
		if (notice_copy_out(slot, c->arena_blocks, out))
			return true;
		c->unsound++;
		ring_done(&c->notices);
		if (c->notices.other == c->notices.position)
			return false;
	}
	return false;
}

void
notice_done(struct channel_core *c)
{
	ring_done(&c->notices);
}

bool
record_peek(struct channel_core *c, struct record_slot *out)
{
	const void *slot;

	while ((slot = ring_peek(&c->records, &c->unsound)) != NULL) {
		if (record_copy_out(slot, out))
			return true;
		c->unsound++;
		ring_done(&c->records);
		if (c->records.other == c->records.position)
			return false;
	}
	return false;
}

void
record_done(struct channel_core *c)
{
	ring_done(&c->records);
}

struct observation *
observation_reserve(struct channel_core *c)
{
	return ring_reserve(&c->observations, &c->unsound);
}

void
observation_commit(struct channel_core *c)
{
	ring_commit(&c->observations);
}

uint32_t
observation_room(struct channel_core *c)
{
	struct ring_end *e = &c->observations;
	uint32_t tail = __atomic_load_n(&e->ring->cons.tail, __ATOMIC_ACQUIRE);

	if (e->position - tail > e->capacity) {
		refuse(e, tail, &c->unsound);
		return 0;
	}
	e->other = tail;
	return e->capacity - (e->position - tail);
}

bool
observation_peek(struct channel_core *c, struct observation *out)
{
	const void *slot;

	while ((slot = ring_peek(&c->observations, &c->unsound)) != NULL) {
		memcpy(out, slot, sizeof(*out));
		if (observation_is_sound(out))
			return true;
		c->unsound++;
		ring_done(&c->observations);
		if (c->observations.other == c->observations.position)
			return false;
	}
	return false;
}

void
observation_done(struct channel_core *c)
{
	ring_done(&c->observations);
}

uint64_t
channel_unsound(const struct channel_core *c)
{
	return c->unsound;
}

int
command_send(struct channel_core *c, const struct command *command)
{
	void *slot = ring_reserve(&c->commands, &c->unsound);

	if (slot == NULL)
		return -EAGAIN;
	memcpy(slot, command, sizeof(*command));
	ring_commit(&c->commands);
	return 0;
}

static bool
command_is_sound(const struct command *command)
{
	if (command_observes(command))
		return observe_request_is_sound(&command->observe);
	return command->kind < COMMAND_KIND_COUNT && command->verdict < VERDICT_COUNT &&
	       command->source < SOURCE_COUNT &&
	       memchr(command->threat, 0, sizeof(command->threat)) != NULL;
}

bool
command_take(struct channel_core *c, struct command *out)
{
	const void *slot;

	while ((slot = ring_peek(&c->commands, &c->unsound)) != NULL) {
		memcpy(out, slot, sizeof(*out));
		ring_done(&c->commands);
		if (command_is_sound(out))
			return true;
		c->unsound++;
		if (c->commands.other == c->commands.position)
			return false;
	}
	return false;
}
