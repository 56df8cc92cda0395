/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces of a room: none overlaps another, what is free is found again, and bounds hold. */
#include "scanners/decode/room.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

#define PIECES 32

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

/* Each piece is filled with its own number, and must have it when it goes. */
TEST(pieces_do_not_overlap)
{
	struct rooms *r = rooms_create(1, ROOM_BYTES);
	struct room *room = room_take(r);

	for (uint64_t seed = 1; seed < 40; seed++) {
		uint8_t *pieces[PIECES] = { NULL };
		size_t sizes[PIECES] = { 0 };
		uint64_t state = seed;

		for (unsigned step = 0; step < 400; step++) {
			unsigned i = next_random(&state) % PIECES;

			if (pieces[i] != NULL) {
				CHECK_SEED(seed, pieces[i][0] == i && pieces[i][sizes[i] - 1] == i);
				room_free(room, pieces[i]);
				pieces[i] = NULL;
				continue;
			}
			sizes[i] = 1 + next_random(&state) %
					   (next_random(&state) % 7 == 0 ? 1 << 16 : 3000);
			pieces[i] = room_alloc(room, sizes[i]);
			if (pieces[i] != NULL)
				memset(pieces[i], (int)i, sizes[i]);
		}
		for (unsigned i = 0; i < PIECES; i++)
			room_free(room, pieces[i]);
		CHECK_SEED(seed, rooms_bytes_now(r) == 0);
	}
	room_put(room);
	rooms_destroy(r);
}

/* As brotli grows its ring: the new one beside the old one, and all else in between. */
TEST(sixteen_mebibytes_grow_from_eight)
{
	struct rooms *r = rooms_create(1, ROOM_BYTES);
	struct room *room = room_take(r);
	uint8_t *ring = room_alloc(room, 1024), *tables = room_alloc(room, 3 << 20);

	for (size_t bytes = 2048; bytes <= (16u << 20); bytes *= 2) {
		uint8_t *larger = room_alloc(room, bytes + 542);

		CHECK_SEED(bytes, larger != NULL);
		room_free(room, ring);
		ring = larger;
	}
	CHECK(tables != NULL && room_alloc(room, 20 << 20) == NULL);
	room_put(room);
	CHECK(rooms_bytes_now(r) == 0);
	rooms_destroy(r);
}

TEST(rooms_share_one_bound)
{
	struct rooms *r = rooms_create(2, 3 << 20);
	struct room *a = room_take(r), *b = room_take(r);

	CHECK(a != NULL && b != NULL && room_take(r) == NULL);
	CHECK(room_alloc(a, 2 << 20) != NULL && room_alloc(b, 2 << 20) == NULL);
	CHECK(room_alloc(b, 1 << 10) != NULL && room_alloc(b, SIZE_MAX) == NULL);
	room_put(a);
	CHECK(room_alloc(b, 2 << 20) != NULL);
	room_put(b);
	CHECK(rooms_bytes_now(r) == 0 && room_take(r) != NULL);
	rooms_destroy(r);
}

TEST(no_rooms_are_none)
{
	struct rooms *r = rooms_create(0, 1 << 20);

	CHECK(r != NULL && room_take(r) == NULL);
	rooms_destroy(r);
}
