/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Each object that waits has a list of pieces. A run takes as many objects as there are lanes, and
 * does as many blocks of each as all of them have in one go (a run of blocks: the middle of a
 * piece, a block put together from two, the end). An object that has no more leaves its lane to the
 * next; when too few are left, they are finished one by one, or wait for the next run.
 */
#include "scanners/digest/queue.h"

#include <stdlib.h>

#include "scanners/digest/internal.h"

#define NO_PIECE   UINT32_MAX
#define BLOCKS_MAX 16 /* of a lane in a go: both digests then find the bytes in the first cache */

struct piece {
	struct span bytes;
	uint32_t next; /* of the same object */
};

/* One object on its way; its pieces' next blocks. */
struct slot {
	struct digest *digest;
	size_t blocks;
	const uint8_t *md5_at, *sha256_at;
	bool ended; /* md5_end and sha256_end are its blocks, or were */
	uint8_t md5_end[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES];
	uint8_t sha256_end[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES];
};

struct digest_queue {
	const struct digest_engine *engine;
	uint32_t piece_count, waiting_count, taken; /* `taken`: of those waiting, by a run */
	size_t bytes;                               /* of all pieces, but for what is done */
	struct digest_work work;
	struct slot slots[LANES_MAX];
	struct slot *lane_slots[LANES_MAX];
	struct lanes lanes;
	struct digest *waiting[DIGEST_PIECES_MAX]; /* NULL: dropped */
	struct piece pieces[DIGEST_PIECES_MAX];
};

struct digest_queue *
digest_queue_create(const struct digest_engine *engine)
{
	struct digest_queue *q =
	    aligned_alloc(__alignof__(struct digest_queue), sizeof(struct digest_queue));

	if (q == NULL)
		return NULL;
	memset(q, 0, sizeof(*q));
	q->engine = engine;
	for (unsigned i = 0; i < LANES_MAX; i++)
		q->lane_slots[i] = &q->slots[i];
	return q;
}

void
digest_queue_destroy(struct digest_queue *q)
{
	free(q);
}

/* Puts the object on the list of those that wait. */
static void
wait_in(struct digest_queue *q, struct digest *d)
{
	if (d->place != NOT_WAITING)
		return;
	if (q->waiting_count == DIGEST_PIECES_MAX)
		digest_queue_run(q);
	d->place = q->waiting_count;
	d->first_piece = d->last_piece = NO_PIECE;
	q->waiting[q->waiting_count++] = d;
}

void
digest_queue_add(struct digest_queue *q, struct digest *d, struct span bytes)
{
	if (bytes.bytes == 0)
		return;
	if (q->piece_count == DIGEST_PIECES_MAX)
		digest_queue_run(q);
	wait_in(q, d);
	q->bytes += bytes.bytes;
	q->pieces[q->piece_count] = (struct piece){ bytes, NO_PIECE };
	if (d->last_piece == NO_PIECE)
		d->first_piece = q->piece_count;
	else
		q->pieces[d->last_piece].next = q->piece_count;
	d->last_piece = q->piece_count++;
}

void
digest_queue_finish(struct digest_queue *q, struct digest *d, struct digest_values *out)
{
	wait_in(q, d);
	d->out = out;
}

void
digest_queue_drop(struct digest_queue *q, struct digest *d)
{
	if (d->place == NOT_WAITING)
		return;
	q->waiting[d->place] = NULL;
	d->place = NOT_WAITING;
}

/* The next whole blocks of the object's pieces; its end when it is finished. False: none left. */
static bool
take_blocks(struct digest_queue *q, struct slot *s)
{
	struct digest *d = s->digest;

	while (d->first_piece != NO_PIECE) {
		struct piece *p = &q->pieces[d->first_piece];
		size_t held = d->bytes % DIGEST_BLOCK_BYTES, n = p->bytes.bytes;

		if (n == 0) {
			d->first_piece = p->next;
			continue;
		}
		s->blocks = held == 0 ? n / DIGEST_BLOCK_BYTES : 0;
		if (s->blocks > 0) {
			s->md5_at = s->sha256_at = p->bytes.data;
			n = s->blocks * DIGEST_BLOCK_BYTES;
		} else {
			n = n < DIGEST_BLOCK_BYTES - held ? n : DIGEST_BLOCK_BYTES - held;
			memcpy(d->part + held, p->bytes.data, n);
			s->md5_at = s->sha256_at = d->part;
			s->blocks = held + n == DIGEST_BLOCK_BYTES;
		}
		d->bytes += n;
		q->bytes -= n;
		p->bytes = span_from(p->bytes, n);
		if (s->blocks > 0)
			return true;
	}
	if (d->out == NULL || s->ended)
		return false;
	s->ended = true;
	s->blocks = digest_pad(d, s->md5_end, s->sha256_end);
	s->md5_at = s->md5_end;
	s->sha256_at = s->sha256_end;
	return true;
}

/* All that was waiting of it is done. */
static void
leave(struct slot *s)
{
	struct digest *d = s->digest;

	d->place = NOT_WAITING;
	if (d->out != NULL)
		digest_write(d, d->out);
	d->out = NULL;
}

/* The next object that has a whole block; those that have not are done on the way. */
static bool
take_object(struct digest_queue *q, struct slot *s)
{
	while (q->taken < q->waiting_count) {
		s->digest = q->waiting[q->taken++];
		s->ended = false;
		if (s->digest == NULL)
			continue;
		if (take_blocks(q, s))
			return true;
		leave(s);
	}
	return false;
}

static void
load_pointers(struct digest_queue *q, unsigned lane)
{
	q->lanes.md5_at[lane] = q->lane_slots[lane]->md5_at;
	q->lanes.sha256_at[lane] = q->lane_slots[lane]->sha256_at;
}

static void
load_lane(struct digest_queue *q, unsigned lane)
{
	const struct digest *d = q->lane_slots[lane]->digest;

	for (unsigned i = 0; i < MD5_WORDS; i++)
		q->lanes.md5[i][lane] = d->md5[i];
	memcpy(q->lanes.sha256[lane], d->sha256, sizeof(d->sha256));
	load_pointers(q, lane);
}

static void
store_lane(struct digest_queue *q, unsigned lane)
{
	struct digest *d = q->lane_slots[lane]->digest;

	for (unsigned i = 0; i < MD5_WORDS; i++)
		d->md5[i] = q->lanes.md5[i][lane];
	memcpy(d->sha256, q->lanes.sha256[lane], sizeof(d->sha256));
}

void
lanes_sha256(const struct digest_engine *e, struct lanes *l, unsigned live, size_t blocks)
{
	unsigned at = 0;

	if (e->sha256_wide != NULL) {
		for (; at < live && live - at >= e->wide_from; at += e->width)
			e->sha256_wide(l, at, blocks);
	}
	for (; e->sha256_twice != NULL && at + 1 < live; at += 2)
		e->sha256_twice(l, at, blocks);
	for (; at < live; at++)
		e->sha256(l, at, blocks);
}

/* `blocks` of each of the first `live` lanes; the rest of their vectors looks at lane 0. */
static void
step(struct digest_queue *q, unsigned live, size_t blocks)
{
	const struct digest_engine *e = q->engine;
	unsigned used = live <= e->width ? e->width : 2 * e->width;

	for (unsigned i = live; i < used; i++) {
		q->lanes.md5_at[i] = q->lanes.md5_at[0];
		q->lanes.sha256_at[i] = q->lanes.sha256_at[0];
	}
	if (used == e->width)
		e->md5(&q->lanes, 0, blocks);
	else
		e->md5_twice(&q->lanes, 0, blocks);
	lanes_sha256(e, &q->lanes, live, blocks);
	q->work.lane_bytes += live * blocks * DIGEST_BLOCK_BYTES;
}

/* What the object in this lane has next, or the next object, or the last lane. How many are live.
 */
static unsigned
refill(struct digest_queue *q, unsigned lane, unsigned live)
{
	struct slot *s = q->lane_slots[lane];

	if (take_blocks(q, s)) {
		load_pointers(q, lane);
		return live;
	}
	store_lane(q, lane);
	q->work.lane_objects += s->ended;
	leave(s);
	if (take_object(q, s)) {
		load_lane(q, lane);
		return live;
	}
	live--;
	if (lane == live)
		return live;
	store_lane(q, live);
	q->lane_slots[lane] = q->lane_slots[live];
	q->lane_slots[live] = s;
	load_lane(q, lane);
	return live;
}

/* The lanes' objects that are left when they are too few. */
static void
finish_alone(struct digest_queue *q, struct slot *s)
{
	do {
		q->engine->single(s->digest, s->md5_at, s->sha256_at, s->blocks);
		q->work.single_bytes += s->blocks * DIGEST_BLOCK_BYTES;
	} while (take_blocks(q, s));
	q->work.single_objects += s->ended;
	leave(s);
}

/* Whether one of the lanes' objects is finished: somebody waits for its values. */
static bool
any_finishes(const struct digest_queue *q, unsigned live)
{
	for (unsigned i = 0; i < live; i++) {
		if (q->lane_slots[i]->digest->out != NULL)
			return true;
	}
	return false;
}

/* Bytes that wait, with those that the lanes have taken. */
static size_t
bytes_left(const struct digest_queue *q, unsigned live)
{
	size_t n = q->bytes;

	for (unsigned i = 0; i < live; i++)
		n += q->lane_slots[i]->blocks * DIGEST_BLOCK_BYTES;
	return n;
}

/* One go of all live lanes. How many are live then. */
static unsigned
advance(struct digest_queue *q, unsigned live)
{
	size_t blocks = BLOCKS_MAX;

	for (unsigned i = 0; i < live; i++)
		blocks = q->lane_slots[i]->blocks < blocks ? q->lane_slots[i]->blocks : blocks;
	step(q, live, blocks);
	for (unsigned i = live; i-- > 0;) {
		struct slot *s = q->lane_slots[i];

		s->blocks -= blocks;
		s->md5_at += blocks * DIGEST_BLOCK_BYTES;
		s->sha256_at += blocks * DIGEST_BLOCK_BYTES;
		if (s->blocks == 0)
			live = refill(q, i, live);
		else
			load_pointers(q, i);
	}
	return live;
}

/*
 * Until fewer objects have whole blocks than make lanes worth it; or, once no more than `room`
 * bytes are left and none of them is of an object that is finished, until a quarter of the lanes
 * stands empty. How many are live then: their slots hold what they have next.
 */
static unsigned
run_lanes(struct digest_queue *q, size_t room)
{
	const struct digest_engine *e = q->engine;
	unsigned live = 0, filled;

	while (live < 2 * e->width && take_object(q, q->lane_slots[live]))
		load_lane(q, live++);
	filled = live - live / 4;
	while (live > 0 && live >= e->lanes_from &&
	       (live >= filled || bytes_left(q, live) > room || any_finishes(q, live)))
		live = advance(q, live);
	for (unsigned i = 0; i < live; i++)
		store_lane(q, i);
	return live;
}

/* All lists are empty from here on. */
static void
start_over(struct digest_queue *q)
{
	q->piece_count = q->waiting_count = q->taken = 0;
	q->bytes = 0;
}

/* Bytes of the slot's object that wait: what it has next, and after that. */
static size_t
bytes_of(const struct digest_queue *q, const struct slot *s)
{
	size_t n = s->blocks * DIGEST_BLOCK_BYTES;

	for (uint32_t p = s->digest->first_piece; p != NO_PIECE; p = q->pieces[p].next)
		n += q->pieces[p].bytes.bytes;
	return n;
}

/* Takes back what the slot's object has next, and puts all that waits of it together at `to`. */
static struct span
gather(struct digest_queue *q, struct slot *s, uint8_t *to)
{
	struct digest *d = s->digest;
	size_t n;

	if (s->md5_at == d->part) { /* a block of several pieces has no other place */
		q->engine->single(d, s->md5_at, s->sha256_at, 1);
		q->work.single_bytes += DIGEST_BLOCK_BYTES;
		s->blocks = 0;
	}
	n = s->blocks * DIGEST_BLOCK_BYTES;
	memcpy(to, s->md5_at, n);
	d->bytes -= n;
	for (uint32_t p = d->first_piece; p != NO_PIECE; p = q->pieces[p].next) {
		struct span bytes = q->pieces[p].bytes;

		if (bytes.bytes > 0)
			memcpy(to + n, bytes.data, bytes.bytes);
		n += bytes.bytes;
	}
	return span_of(to, n);
}

size_t
digest_queue_run_filled(struct digest_queue *q, uint8_t *room, size_t room_bytes)
{
	struct digest *left[LANES_MAX];
	struct span bytes[LANES_MAX];
	unsigned live, left_count = 0;
	size_t used = 0;

	live = q->engine->lanes_from > 0 ? run_lanes(q, room_bytes) : 0;
	for (unsigned i = 0; i < live; i++) {
		struct slot *s = q->lane_slots[i];

		if (s->digest->out != NULL || bytes_of(q, s) > room_bytes - used) {
			finish_alone(q, s);
			continue;
		}
		left[left_count] = s->digest;
		bytes[left_count] = gather(q, s, room + used);
		used += bytes[left_count++].bytes;
	}
	while (take_object(q, &q->slots[0]))
		finish_alone(q, &q->slots[0]);
	start_over(q);
	for (unsigned i = 0; i < left_count; i++) {
		left[i]->place = NOT_WAITING;
		digest_queue_add(q, left[i], bytes[i]);
	}
	return used;
}

void
digest_queue_run(struct digest_queue *q)
{
	digest_queue_run_filled(q, NULL, 0);
}

bool
digest_queue_is_empty(const struct digest_queue *q)
{
	return q->waiting_count == 0;
}

struct digest_work
digest_queue_work(const struct digest_queue *q)
{
	return q->work;
}
