/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digests in lanes: every kind, whatever is put down in what order, says what OpenSSL says of each
 * object in one call. A kind that this processor lacks is counted as skipped.
 */
#include "scanners/digest/queue.h"

#include <errno.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "scanners/digest/internal.h"
#include "tests/unit/harness.h"

#define OBJECTS_MAX 80
#define BYTES_MAX   6000

static uint64_t random_state;

static uint64_t
random_below(uint64_t bound)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (random_state >> 33) % bound;
}

static uint8_t noise[BYTES_MAX + OBJECTS_MAX];

static void
make_noise(void)
{
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)random_below(256);
}

struct object {
	struct digest digest;
	struct digest_values values;
	struct span body, left;
	bool finished, dropped;
};

static bool
is_right(const struct object *o)
{
	uint8_t md5[16], sha256[32];

	EVP_Digest(o->body.data, o->body.bytes, md5, NULL, EVP_md5(), NULL);
	EVP_Digest(o->body.data, o->body.bytes, sha256, NULL, EVP_sha256(), NULL);
	return memcmp(md5, o->values.md5, 16) == 0 && memcmp(sha256, o->values.sha256, 32) == 0;
}

static void
begin(struct object *o, unsigned number, size_t bytes)
{
	*o = (struct object){ .body = span_of(noise + number, bytes) };
	o->left = o->body;
	digest_init(&o->digest);
}

#define ROOM_BYTES 20000

/* A run that leaves what fills no lanes; what it left lies in one of two rooms, each time the
 * other. */
static void
run_filled(struct digest_queue *q)
{
	static uint8_t rooms[2][ROOM_BYTES];
	static unsigned next;

	digest_queue_run_filled(q, rooms[next], random_below(ROOM_BYTES + 1));
	next ^= 1;
	memset(rooms[next], 0xaa, ROOM_BYTES); /* nobody may look at it */
}

/* Objects of random lengths, pieces of random lengths in random order, runs in between. */
static bool
play(const struct digest_engine *e, unsigned count, size_t bytes_max, size_t piece_max)
{
	static struct object objects[OBJECTS_MAX];
	struct digest_queue *q = digest_queue_create(e);
	unsigned open = count;
	bool good = q != NULL;

	for (unsigned i = 0; i < count; i++)
		begin(&objects[i], i, random_below(bytes_max + 1));
	while (q != NULL && open > 0) {
		struct object *o = &objects[random_below(count)];
		struct span piece = span_first(o->left, random_below(piece_max + 1));

		if (random_below(40) == 0)
			digest_queue_run(q);
		if (random_below(20) == 0)
			run_filled(q);
		if (o->finished)
			continue;
		if (random_below(300) == 0) {
			digest_queue_drop(q, &o->digest);
			memset(&o->digest, 0xaa, sizeof(o->digest)); /* nobody may look at it */
			o->dropped = true;
		} else if (o->left.bytes > 0) {
			digest_queue_add(q, &o->digest, piece);
			o->left = span_from(o->left, piece.bytes);
			continue;
		} else {
			digest_queue_finish(q, &o->digest, &o->values);
		}
		o->finished = true;
		open--;
	}
	if (q != NULL)
		digest_queue_run(q);
	for (unsigned i = 0; i < count; i++)
		good = good && (objects[i].dropped || is_right(&objects[i]));
	good = good && digest_queue_is_empty(q);
	digest_queue_destroy(q);
	return good;
}

/* A kind, made to use lanes from so many objects on, and wide SHA-256 too. */
static bool
play_all(enum digest_kind kind, uint64_t seed)
{
	struct digest_engine e;

	random_state = seed;
	make_noise();
	if (engine_assemble(kind, &e) != 0)
		return false;
	e.lanes_from = e.md5 == NULL ? 0 : 1 + (unsigned)random_below(2 * e.width + 1);
	e.wide_from = 1 + (unsigned)random_below(e.width + 2);
	return play(&e, 1 + (unsigned)random_below(OBJECTS_MAX), 1 + random_below(BYTES_MAX),
	    1 + random_below(random_below(2) ? 100 : 3000));
}

TEST(every_kind_and_every_interleaving_is_openssls)
{
	for (enum digest_kind k = DIGEST_OPENSSL; k < DIGEST_KIND_COUNT; k++) {
		if (!digest_kind_is_usable(k)) {
			fprintf(stderr, "  %s: ", digest_kind_names[k]);
			harness_skip("this processor lacks it");
			continue;
		}
		for (uint64_t seed = 1; seed <= 60; seed++)
			CHECK_SEED(seed * 10 + k, play_all(k, seed * 10 + k));
	}
}

/* Lengths around a block's end, all at once, so that ends of one and of two blocks mix. */
TEST(every_length_up_to_three_blocks)
{
	static struct object objects[200];
	struct digest_engine e;

	for (enum digest_kind k = DIGEST_OPENSSL; k < DIGEST_KIND_COUNT; k++) {
		struct digest_queue *q;

		if (engine_assemble(k, &e) != 0)
			continue;
		e.lanes_from = e.md5 != NULL;
		e.wide_from = 1;
		q = digest_queue_create(&e);
		CHECK(q != NULL);
		for (unsigned i = 0; q != NULL && i < COUNT_OF(objects); i++) {
			begin(&objects[i], i % OBJECTS_MAX, i);
			digest_queue_add(q, &objects[i].digest, objects[i].body);
			digest_queue_finish(q, &objects[i].digest, &objects[i].values);
		}
		digest_queue_run(q);
		for (unsigned i = 0; i < COUNT_OF(objects); i++)
			CHECK_SEED(i, is_right(&objects[i]));
		digest_queue_destroy(q);
	}
}

/* More pieces than there is room for: the queue runs by itself. */
TEST(a_full_queue_loses_nothing)
{
	struct digest_engine e;
	struct digest_queue *q;
	struct object one, two;

	CHECK(engine_assemble(DIGEST_SSE2, &e) == 0);
	e.lanes_from = 2;
	q = digest_queue_create(&e);
	CHECK(q != NULL);
	begin(&one, 0, BYTES_MAX);
	begin(&two, 1, BYTES_MAX);
	for (unsigned i = 0; q != NULL && i < BYTES_MAX; i++) {
		digest_queue_add(q, &one.digest, span_of(one.body.data + i, 1));
		digest_queue_add(q, &two.digest, span_of(two.body.data + i, 1));
	}
	digest_queue_finish(q, &one.digest, &one.values);
	digest_queue_finish(q, &two.digest, &two.values);
	digest_queue_run(q);
	CHECK(is_right(&one));
	CHECK(is_right(&two));
	digest_queue_destroy(q);
}

/* Of eight lanes seven run dry: the last object's bytes wait, and none is done alone. */
TEST(what_fills_no_lanes_waits)
{
	static uint8_t room[BYTES_MAX];
	struct digest_engine e;
	struct digest_queue *q;
	struct object objects[8];
	struct digest_work w;
	size_t left;

	make_noise();
	CHECK(engine_assemble(DIGEST_SSE2, &e) == 0);
	e.lanes_from = 2;
	q = digest_queue_create(&e);
	CHECK(q != NULL);
	for (unsigned i = 0; q != NULL && i < COUNT_OF(objects); i++) {
		begin(&objects[i], i, i == 0 ? BYTES_MAX : 640);
		digest_queue_add(q, &objects[i].digest, objects[i].body);
	}
	left = digest_queue_run_filled(q, room, sizeof(room));
	w = digest_queue_work(q);
	CHECK(left == BYTES_MAX - 640);
	CHECK(w.lane_bytes == 8 * 640);
	CHECK(w.single_bytes == 0);
	CHECK(!digest_queue_is_empty(q));
	for (unsigned i = 0; i < COUNT_OF(objects); i++)
		digest_queue_finish(q, &objects[i].digest, &objects[i].values);
	digest_queue_run(q);
	for (unsigned i = 0; i < COUNT_OF(objects); i++)
		CHECK_SEED(i, is_right(&objects[i]));
	digest_queue_destroy(q);
}

/* Whoever is finished does not wait for lanes, and what has no room is not left. */
TEST(a_run_for_full_lanes_finishes_what_must_be)
{
	static uint8_t room[BYTES_MAX], lent[3000];
	struct digest_engine e;
	struct digest_queue *q;
	struct object one, two;

	make_noise();
	memcpy(lent, noise + 1, sizeof(lent));
	CHECK(engine_assemble(DIGEST_SSE2, &e) == 0);
	e.lanes_from = 3;
	q = digest_queue_create(&e);
	CHECK(q != NULL);
	if (q == NULL)
		return;
	begin(&one, 0, 1000);
	begin(&two, 1, sizeof(lent));
	digest_queue_add(q, &one.digest, one.body);
	digest_queue_add(q, &two.digest, span_of(lent, sizeof(lent)));
	digest_queue_finish(q, &one.digest, &one.values);
	CHECK(digest_queue_run_filled(q, room, sizeof(room)) == 3000);
	CHECK(is_right(&one));
	memset(lent, 0xaa, sizeof(lent)); /* they are in the room now */
	CHECK(digest_queue_run_filled(q, room, sizeof(lent) - 1) == 0);
	CHECK(digest_queue_is_empty(q));
	CHECK(digest_queue_work(q).single_bytes == 1024 + 3000 / 64 * 64);
	digest_queue_finish(q, &two.digest, &two.values);
	digest_queue_run(q);
	CHECK(is_right(&two));
	digest_queue_destroy(q);
}

/* The work is counted where it was done. */
TEST(few_objects_are_done_alone)
{
	struct digest_engine e;
	struct digest_queue *q;
	struct object objects[8];
	struct digest_work w;

	CHECK(engine_assemble(DIGEST_SSE2, &e) == 0);
	e.lanes_from = 3;
	q = digest_queue_create(&e);
	CHECK(q != NULL);
	for (unsigned n = 2; q != NULL && n <= COUNT_OF(objects); n += 6) {
		for (unsigned i = 0; i < n; i++) {
			begin(&objects[i], i, 640);
			digest_queue_add(q, &objects[i].digest, objects[i].body);
		}
		digest_queue_run(q);
		w = digest_queue_work(q);
		CHECK(w.single_bytes == (n == 2 ? 2 * 640 : 2 * 640 + 2 * DIGEST_BLOCK_BYTES));
		CHECK(w.lane_bytes == (n == 2 ? 0 : 8 * 640));
		CHECK(w.lane_objects == 0 && w.single_objects == (n == 2 ? 0 : 2));
		for (unsigned i = 0; i < n; i++)
			digest_queue_finish(q, &objects[i].digest, &objects[i].values);
		digest_queue_run(q);
		w = digest_queue_work(q);
		CHECK(w.single_objects == 2);
		CHECK(w.lane_objects == (n == 2 ? 0 : 8));
	}
	digest_queue_destroy(q);
}

TEST(what_is_chosen_is_usable_and_told)
{
	char text[DIGEST_ENGINE_TEXT_MAX];
	struct digest_engine *e;

	for (enum digest_kind k = DIGEST_AUTO; k < DIGEST_KIND_COUNT; k++) {
		int rc = digest_engine_create(k, &e, text);

		CHECK_ROW(digest_kind_names[k], text[0] != 0);
		if (!digest_kind_is_usable(k)) {
			CHECK_ROW(digest_kind_names[k], rc == -ENOTSUP);
			CHECK_ROW(text, strstr(text, digest_kind_names[k]) != NULL);
			continue;
		}
		CHECK_ROW(digest_kind_names[k], rc == 0);
		if (rc != 0)
			continue;
		CHECK_ROW(text, strstr(text, digest_kind_names[digest_engine_kind(e)]) != NULL);
		CHECK_ROW(text, k == DIGEST_AUTO || digest_engine_kind(e) == k);
		CHECK_ROW(text, k < DIGEST_SSE2 || digest_engine_lanes_from(e) > 0);
		digest_engine_destroy(e);
	}
}
