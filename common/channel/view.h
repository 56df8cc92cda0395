/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One process's view of the region: pointers into it, and everything that must not lie in it
 * because the other side could change it: sizes, masks, its own ring positions, the arena's free
 * list. What is here is trusted; what it points at is not. Shared by the files of this folder only.
 */
#ifndef SLUICE_CHANNEL_VIEW_H
#define SLUICE_CHANNEL_VIEW_H

#include "common/channel/layout.h"

struct rte_ring;

/*
 * One end of a ring. The memory is an rte_ring that rte_ring_init() made, single producer and
 * single consumer; ring.c says why the words are read and written here and not by the header's
 * functions.
 */
struct ring_end {
	struct rte_ring *ring; /* shared */
	uint8_t *slots;        /* shared */
	uint32_t slot_bytes, mask, capacity;
	uint32_t position; /* our next slot; the ring's word is only told of it */
	uint32_t other;    /* the other side's position as last seen and found sound */
	uint32_t refused;  /* the last position that was not sound: counted once */
	bool reserved;
};

/* The core's own account of its arena; NULL pointers in control. */
struct arena_account {
	uint32_t *free_stack;
	uint32_t free_count;
	uint32_t *next;
	uint8_t *owner; /* enum arena_owner */
};

struct channel_core {
	struct region *region;
	struct ring_end notices, records, commands, observations;
	struct core_stats *stats; /* shared */
	uint8_t *told;            /* shared */
	uint8_t *arena;           /* shared */
	uint32_t arena_blocks;
	struct arena_account account;
	uint64_t notice_serial; /* the last that was given */
	uint64_t unsound;
};

struct region {
	uint8_t *base;
	int fd;
	bool is_dataplane;
	struct region_header header; /* a private copy, checked */
	struct control_words *control_words;
	struct dataplane_words *dataplane_words;
	struct channel_core cores[CHANNEL_CORES_MAX];
};

/* region.c. The one place where an offset becomes a pointer: NULL when it does not lie inside. */
void *region_at(const struct region *r, uint64_t offset, uint64_t bytes);
/* Fills in every core's pointers and sizes from the checked header. -EPROTO, -ENOMEM. */
int region_view(struct region *r);

/* ring.c */
void ring_end_init(struct ring_end *e, void *ring, uint32_t slots, uint32_t slot_bytes);
bool ring_end_is_sound(const struct ring_end *e);
void ring_end_resume_producer(struct ring_end *e, uint64_t *unsound);
void ring_end_resume_consumer(struct ring_end *e, uint64_t *unsound);
uint64_t ring_bytes(uint32_t slots, uint32_t slot_bytes);
void channel_resume(struct channel_core *c);

/* arena.c */
int arena_account_init(struct channel_core *c); /* -ENOMEM */
void arena_account_fini(struct channel_core *c);

/* record.c: copies a notice out of shared memory, only the part in use, and says if it is sound. */
bool notice_copy_out(const void *shared, uint32_t arena_blocks, struct notice *out);
bool record_copy_out(const void *shared, struct record_slot *out);

#endif
