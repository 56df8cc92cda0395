/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/decode/room.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#define KEPT_BYTES ((size_t)1 << 20) /* stay touched between decoders: most need no more */
#define ALIGN      ((size_t)64)

/* Before each piece; pieces follow one another without gaps up to `top`. */
struct piece {
	size_t bytes; /* of the piece with this header, a multiple of ALIGN */
	bool used;
	uint8_t unused[ALIGN - sizeof(size_t) - sizeof(bool)];
};

struct room {
	struct room *next_free;
	struct rooms *all;
	uint8_t *base;
	size_t top, touched; /* offsets: behind the last piece; the furthest it ever was */
};

struct rooms {
	struct room *free, *list;
	uint8_t *mapping;
	uint32_t count;
	size_t bytes_now, bytes_max;
};

struct rooms *
rooms_create(uint32_t count, size_t bytes_max)
{
	struct rooms *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->count = count;
	r->bytes_max = bytes_max;
	r->list = calloc(count + 1, sizeof(*r->list));
	if (count > 0)
		r->mapping = mmap(NULL, count * ROOM_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (r->list == NULL || r->mapping == MAP_FAILED) {
		r->mapping = r->mapping == MAP_FAILED ? NULL : r->mapping;
		rooms_destroy(r);
		return NULL;
	}
	for (uint32_t i = 0; i < count; i++) {
		r->list[i].all = r;
		r->list[i].base = r->mapping + i * ROOM_BYTES;
		r->list[i].next_free = r->free;
		r->free = &r->list[i];
	}
	return r;
}

void
rooms_destroy(struct rooms *r)
{
	if (r == NULL)
		return;
	if (r->mapping != NULL)
		munmap(r->mapping, r->count * ROOM_BYTES);
	free(r->list);
	free(r);
}

struct room *
room_take(struct rooms *r)
{
	struct room *room = r->free;

	if (room != NULL)
		r->free = room->next_free;
	return room;
}

bool
rooms_are_out(const struct rooms *r)
{
	return r->free == NULL;
}

static struct piece *
piece_at(const struct room *room, size_t offset)
{
	return (struct piece *)(room->base + offset);
}

void
room_put(struct room *room)
{
	for (size_t at = 0; at < room->top; at += piece_at(room, at)->bytes) {
		if (piece_at(room, at)->used)
			room->all->bytes_now -= piece_at(room, at)->bytes;
	}
	if (room->touched > KEPT_BYTES)
		madvise(room->base + KEPT_BYTES, ROOM_BYTES - KEPT_BYTES, MADV_DONTNEED);
	room->top = room->touched = 0;
	room->next_free = room->all->free;
	room->all->free = room;
}

/* Joins the free pieces behind a free one; forgets the last one, if it is that. */
static void
join(struct room *room, size_t at)
{
	struct piece *p = piece_at(room, at);

	while (at + p->bytes < room->top && !piece_at(room, at + p->bytes)->used)
		p->bytes += piece_at(room, at + p->bytes)->bytes;
	if (at + p->bytes == room->top)
		room->top = at;
}

/* Where a piece of that size can be; ROOM_BYTES: nowhere. */
static size_t
place_for(struct room *room, size_t bytes)
{
	size_t at = 0;

	while (at < room->top) {
		struct piece *p = piece_at(room, at);

		if (!p->used)
			join(room, at);
		if (at == room->top)
			break;
		if (!p->used && p->bytes >= bytes)
			return at;
		at += p->bytes;
	}
	return bytes <= ROOM_BYTES - room->top ? room->top : ROOM_BYTES;
}

/* Makes the place a piece in use; what is left of a free one stays free. */
static void
occupy(struct room *room, size_t at, size_t bytes)
{
	struct piece *p = piece_at(room, at);

	if (at == room->top)
		room->top += bytes;
	else if (p->bytes > bytes)
		*piece_at(room, at + bytes) = (struct piece){ .bytes = p->bytes - bytes };
	else
		bytes = p->bytes;
	*p = (struct piece){ .bytes = bytes, .used = true };
	if (room->top > room->touched)
		room->touched = room->top;
}

void *
room_alloc(void *opaque, size_t bytes)
{
	struct room *room = opaque;
	size_t at;

	if (bytes > ROOM_BYTES - 2 * ALIGN)
		return NULL;
	bytes = (bytes + sizeof(struct piece) + ALIGN - 1) / ALIGN * ALIGN;
	if (bytes > room->all->bytes_max - room->all->bytes_now)
		return NULL;
	at = place_for(room, bytes);
	if (at == ROOM_BYTES)
		return NULL;
	occupy(room, at, bytes);
	room->all->bytes_now += piece_at(room, at)->bytes;
	return piece_at(room, at) + 1;
}

void
room_free(void *opaque, void *memory)
{
	struct room *room = opaque;
	struct piece *p = memory;

	if (p == NULL)
		return;
	p--;
	p->used = false;
	room->all->bytes_now -= p->bytes;
	join(room, (size_t)((uint8_t *)p - room->base));
}

size_t
rooms_bytes_now(const struct rooms *r)
{
	return r->bytes_now;
}
