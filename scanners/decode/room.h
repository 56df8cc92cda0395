/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory for libraries that want to allocate: brotli and zstd keep windows of up to 16 and 8 MiB. A
 * room is address space reserved at start, of which only touched pages cost anything; a decoder has
 * one to itself and gives all of it back at once. What all rooms of a pool have given out is
 * bounded, so that many large windows end as DECODE_LACKING and not as memory that is gone.
 *
 * First fit, in order of addresses; free neighbours are joined as they are met. Libraries hold a
 * few dozen pieces at most, so a walk is short. One thread.
 */
#ifndef SLUICE_DECODE_ROOM_H
#define SLUICE_DECODE_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* brotli's ring of 16 MiB, the 8 it grows from, what lies free below them by then, its tables' 3.4
 */
#define ROOM_BYTES ((size_t)36 << 20)

struct room;
struct rooms;

/* `bytes_max` is what all of them may give out at a time. NULL when address space is lacking. */
struct rooms *rooms_create(uint32_t count, size_t bytes_max);
void rooms_destroy(struct rooms *r);

/* NULL: all are taken. */
struct room *room_take(struct rooms *r);
/* Whether it would give none. */
bool rooms_are_out(const struct rooms *r);
/* Ends everything allocated in it. Pages beyond the first MiB go back to the system. */
void room_put(struct room *room);

/* In the libraries' form; `room` is a struct room. NULL: no such piece left, or none allowed. */
void *room_alloc(void *room, size_t bytes);
void room_free(void *room, void *piece);
/* What the rooms have given out now. */
size_t rooms_bytes_now(const struct rooms *r);

#endif
