/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Candidates that wait: random comings and goings beside a plain array, of two scans that share a
 * pool, and what happens at the limits.
 */
#include "scanners/signature/waiting.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

#define TURNS 400

/* What should be in it, and what settle() is to say and has been asked. */
struct mirror {
	struct candidate rows[WAITING_MAX];
	uint32_t count, asked;
	uint64_t seed;
};

static uint64_t
next(struct mirror *m)
{
	m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
	return m->seed >> 33;
}

/* Each third one is done with, by its number. */
static bool
settle_third(void *arg, struct candidate *c)
{
	struct mirror *m = arg;

	m->asked++;
	return c->literal % 3 == 0;
}

static void
settle_mirror(struct mirror *m, uint64_t seen)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		if (m->rows[i].wanted > seen || m->rows[i].literal % 3 != 0)
			m->rows[left++] = m->rows[i];
	}
	m->count = left;
}

struct listing {
	struct candidate rows[WAITING_MAX];
	uint32_t count;
};

static bool
list(void *arg, struct candidate *c)
{
	struct listing *l = arg;

	l->rows[l->count++] = *c;
	return false;
}

static void
check_same(struct waiting_pool *pool, struct waiting *w, const struct mirror *m)
{
	static struct listing l;

	l.count = 0;
	waiting_settle(pool, w, UINT64_MAX, list, &l);
	CHECK(l.count == m->count && w->count == m->count);
	CHECK(memcmp(l.rows, m->rows, m->count * sizeof(m->rows[0])) == 0);
}

static void
take_turn(struct waiting_pool *pool, struct waiting *w, struct mirror *m)
{
	uint32_t more = (uint32_t)(next(m) % 200);
	uint64_t seen = next(m) % 1000;

	for (; more > 0 && m->count < WAITING_MAX; more--) {
		struct candidate c = { .literal = (unsigned)next(m) % 50,
			.literal_end = next(m),
			.wanted = next(m) % 1000 };

		m->rows[m->count++] = c;
		CHECK(waiting_add(pool, w, &c));
	}
	waiting_settle(pool, w, seen, settle_third, m);
	settle_mirror(m, seen);
	check_same(pool, w, m);
}

TEST(those_that_wait_keep_their_order)
{
	static struct mirror mirrors[2];
	static struct waiting waiting[2];
	struct waiting_pool pool = { NULL, NULL };

	CHECK(waiting_pool_init(&pool, 33 * 16) == 0);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		unsigned i = turn % 2;

		mirrors[i].seed += i;
		take_turn(&pool, &waiting[i], &mirrors[i]);
		if (turn % 29 == 0) {
			waiting_clear(&pool, &waiting[i]);
			mirrors[i].count = 0;
			check_same(&pool, &waiting[i], &mirrors[i]);
		}
	}
	waiting_pool_fini(&pool);
}

/* A pool for one scan is enough for all that one may have, again and again, and no more. */
TEST(what_does_not_fit_is_told)
{
	static struct waiting greedy, other;
	struct waiting_pool pool = { NULL, NULL };
	struct candidate c = { .literal = 1, .wanted = 5 };

	CHECK(waiting_pool_init(&pool, 1) == 0);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < WAITING_MAX; i++)
			CHECK(waiting_add(&pool, &greedy, &c));
		CHECK(!waiting_add(&pool, &greedy, &c));
		for (unsigned i = 0; i < WAITING_CHUNK; i++)
			CHECK(waiting_add(&pool, &other, &c));
		for (unsigned i = 0; i < WAITING_CHUNK; i++)
			CHECK(waiting_add(&pool, &other, &c)); /* the one chunk that is left */
		CHECK(!waiting_add(&pool, &other, &c));
		waiting_clear(&pool, &greedy);
		CHECK(waiting_add(&pool, &other, &c));
		waiting_clear(&pool, &other);
	}
	waiting_pool_fini(&pool);
}

TEST(only_those_whose_bytes_are_there_are_asked)
{
	static struct waiting w;
	static struct mirror m;
	struct waiting_pool pool = { NULL, NULL };

	CHECK(waiting_pool_init(&pool, 1) == 0);
	for (unsigned i = 0; i < 100; i++) {
		struct candidate c = { .literal = 1, .wanted = i };

		CHECK(waiting_add(&pool, &w, &c));
	}
	waiting_settle(&pool, &w, 30, settle_third, &m);
	CHECK(m.asked == 31 && w.count == 100);
	waiting_settle(&pool, &w, UINT64_MAX, settle_third, &m);
	CHECK(m.asked == 131);
	waiting_clear(&pool, &w);
	waiting_pool_fini(&pool);
}
