/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Chains over mbufs of 16 bytes, so that every border is met: each function at every offset of
 * several layouts, pools that are empty at each allocation, memory of others, and random walks of
 * two chains beside plain byte arrays. Nothing may be out of the pools at the end of a test.
 */
#include "dataplane/net/chain.h"

#include <errno.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define ROOM      16 /* bytes of an mbuf */
#define POOL      64 /* mbufs of each pool */
#define SIZES_MAX 6
#define BYTES_MAX 1024

static struct chain_pools pools;

/* What any byte of a test is: its place, so that one that moved shows. */
static uint8_t pattern[BYTES_MAX];

int
harness_setup(void)
{
	if (sim_eal_init() != 0)
		return -1;
	pools.data = rte_pktmbuf_pool_create(
	    "small_data", POOL, 0, 0, RTE_PKTMBUF_HEADROOM + ROOM, SOCKET_ID_ANY);
	pools.refs = rte_pktmbuf_pool_create("small_refs", POOL, 0, 0, 0, SOCKET_ID_ANY);
	for (unsigned i = 0; i < BYTES_MAX; i++)
		pattern[i] = (uint8_t)(i * 7 + i / 251);
	return pools.data != NULL && pools.refs != NULL ? 0 : -1;
}

static unsigned
used(void)
{
	return rte_mempool_in_use_count(pools.data) + rte_mempool_in_use_count(pools.refs);
}

/* Sizes of the mbufs of a chain; 0 ends them. */
static const struct layout {
	const char *name;
	uint8_t sizes[SIZES_MAX];
} layouts[] = {
	{ "nothing", { 0 } },
	{ "one byte", { 1 } },
	{ "one full", { 16 } },
	{ "two full", { 16, 16 } },
	{ "single bytes", { 1, 1, 1 } },
	{ "room at the end", { 16, 16, 3 } },
	{ "uneven", { 5, 16, 1, 2, 15 } },
};
#define ROOMY  (&layouts[5]) /* 35 bytes */
#define UNEVEN (&layouts[6]) /* 39 bytes */

static struct rte_mbuf *
mbuf_of(const void *bytes, size_t count)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pools.data);

	memcpy(rte_pktmbuf_mtod(m, void *), bytes, count);
	m->data_len = (uint16_t)count;
	return m;
}

/* A chain laid out so, over the first bytes of the pattern. */
static struct chain
laid_out(const struct layout *l)
{
	struct chain c = CHAIN_EMPTY;

	for (unsigned i = 0; i < SIZES_MAX && l->sizes[i] != 0; i++)
		chain_append(&c, mbuf_of(pattern + c.bytes, l->sizes[i]));
	return c;
}

/* What holds of every chain, and that it holds just these bytes. */
static bool
holds(const struct chain *c, const uint8_t *bytes, size_t count)
{
	const struct rte_mbuf *last = NULL;
	uint8_t copy[BYTES_MAX];
	size_t sum = 0;

	for (const struct rte_mbuf *m = c->first; m != NULL; m = m->next) {
		if (m->data_len == 0 || m->nb_segs != 1)
			return false;
		sum += m->data_len;
		last = m;
	}
	return c->last == last && c->bytes == sum && sum == count &&
	       chain_is_empty(c) == (count == 0) &&
	       chain_copy_out(c, 0, copy, sizeof(copy)) == count && memcmp(copy, bytes, count) == 0;
}

/* Everything a pool has but `left`. */
static struct chain
emptied(struct rte_mempool *pool, unsigned left)
{
	struct chain held = CHAIN_EMPTY;

	while (rte_mempool_avail_count(pool) > left) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		m->data_len = 1; /* never read */
		chain_append(&held, m);
	}
	return held;
}

static size_t
smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

TEST(a_list_of_mbufs_is_appended_without_its_empty_ones)
{
	struct rte_mbuf *list = mbuf_of(pattern, 3);
	struct chain c = CHAIN_EMPTY;

	list->next = mbuf_of(pattern, 0);
	list->next->next = mbuf_of(pattern + 3, 3);
	list->next->next->next = mbuf_of(pattern, 0);
	list->nb_segs = 4;
	chain_append(&c, list);
	CHECK(holds(&c, pattern, 6));
	CHECK(chain_mbufs(&c) == 2 && used() == 2);
	chain_append(&c, mbuf_of(pattern, 0));
	chain_append(&c, NULL);
	CHECK(holds(&c, pattern, 6));
	chain_free(&c);
	CHECK(holds(&c, pattern, 0) && used() == 0);
}

TEST(a_chain_is_appended_whole)
{
	for (unsigned i = 0; i < COUNT_OF(layouts); i++) {
		for (unsigned j = 0; j < COUNT_OF(layouts); j++) {
			struct chain c = laid_out(&layouts[i]), tail = laid_out(&layouts[j]);
			uint8_t both[2 * SIZES_MAX * ROOM];
			size_t front = c.bytes, all = c.bytes + tail.bytes;

			memcpy(both, pattern, front);
			memcpy(both + front, pattern, tail.bytes);
			chain_append_chain(&c, &tail);
			CHECK_ROW(layouts[j].name, holds(&c, both, all));
			CHECK_ROW(layouts[j].name, holds(&tail, both, 0));
			chain_free(&c);
		}
	}
	CHECK(used() == 0);
}

/* Spans from `offset` on, put together; each must be one the cursor had not given before. */
static bool
walks(const struct chain *c, size_t offset)
{
	struct chain_cursor cursor = chain_walk(c, offset);
	size_t at = offset;
	struct span s;

	while (chain_next(&cursor, &s)) {
		if (s.bytes == 0 || at + s.bytes > c->bytes ||
		    memcmp(s.data, pattern + at, s.bytes) != 0)
			return false;
		at += s.bytes;
	}
	return !chain_next(&cursor, &s) && at == (offset < c->bytes ? c->bytes : offset);
}

TEST(bytes_are_read_from_every_offset)
{
	for (unsigned i = 0; i < COUNT_OF(layouts); i++) {
		struct chain c = laid_out(&layouts[i]);
		const char *row = layouts[i].name;

		for (size_t offset = 0; offset <= c.bytes + 2; offset++) {
			size_t there = c.bytes - smaller(offset, c.bytes);

			CHECK_ROW(row, walks(&c, offset));
			for (size_t count = 0; count <= there + 2; count++) {
				uint8_t out[BYTES_MAX] = { 0 };
				size_t n = smaller(count, there);

				out[n] = 0xee;
				CHECK_ROW(row, chain_copy_out(&c, offset, out, count) == n);
				CHECK_ROW(row, memcmp(out, pattern + offset, n) == 0);
				CHECK_ROW(row, out[n] == 0xee);
			}
		}
		CHECK_ROW(row, holds(&c, pattern, c.bytes));
		chain_free(&c);
	}
	CHECK(used() == 0);
}

TEST(the_first_bytes_are_dropped_at_every_length)
{
	for (unsigned i = 0; i < COUNT_OF(layouts); i++) {
		struct chain whole = laid_out(&layouts[i]);
		size_t all = whole.bytes;

		chain_free(&whole);
		for (size_t count = 0; count <= all + 2; count++) {
			struct chain c = laid_out(&layouts[i]);
			size_t gone = smaller(count, all);

			chain_drop(&c, count);
			CHECK_ROW(layouts[i].name, holds(&c, pattern + gone, all - gone));
			CHECK_ROW(layouts[i].name, used() == chain_mbufs(&c));
			chain_append_copy(&c, &pools, pattern + all, 3);
			CHECK_ROW(layouts[i].name, holds(&c, pattern + gone, all - gone + 3));
			chain_free(&c);
		}
	}
	CHECK(used() == 0);
}

/* What is behind the cut is not written over by what is appended to either part. */
TEST(the_first_bytes_are_taken_at_every_length)
{
	for (unsigned i = 0; i < COUNT_OF(layouts); i++) {
		struct chain whole = laid_out(&layouts[i]);
		size_t all = whole.bytes;

		chain_free(&whole);
		for (size_t count = 0; count <= all + 2; count++) {
			struct chain c = laid_out(&layouts[i]), out = CHAIN_EMPTY;
			size_t n = smaller(count, all);
			uint8_t front[BYTES_MAX];

			memcpy(front, pattern, n);
			memset(front + n, 0xee, 4);
			CHECK_ROW(layouts[i].name, chain_take(&c, &pools, count, &out) == 0);
			CHECK_ROW(layouts[i].name, holds(&out, pattern, n));
			CHECK_ROW(layouts[i].name, holds(&c, pattern + n, all - n));
			chain_append_copy(&out, &pools, front + n, 4);
			CHECK_ROW(layouts[i].name, holds(&out, front, n + 4));
			CHECK_ROW(layouts[i].name, holds(&c, pattern + n, all - n));
			chain_append_copy(&c, &pools, pattern + all, 4);
			CHECK_ROW(layouts[i].name, holds(&out, front, n + 4));
			chain_free(&out);
			CHECK_ROW(layouts[i].name, holds(&c, pattern + n, all - n + 4));
			chain_free(&c);
			CHECK_ROW(layouts[i].name, used() == 0);
		}
	}
}

/* Behind a buffer with room that is ours; else nothing is done. */
TEST(bytes_are_moved_behind_where_there_is_room)
{
	const size_t roomy = 35, room = ROOM - 3;

	for (size_t count = 0; count <= room + 2; count++) {
		struct chain from = laid_out(UNEVEN), to = laid_out(ROOMY), shared = CHAIN_EMPTY;
		size_t all = from.bytes, n = count <= room ? count : 0;
		uint8_t want[BYTES_MAX];

		memcpy(want, pattern, roomy);
		memcpy(want + roomy, pattern, n);
		CHECK(chain_move_behind(&from, count, &to) == (count <= room));
		CHECK_ROW("moved", holds(&to, want, roomy + n));
		CHECK_ROW("left", holds(&from, pattern + n, all - n));
		CHECK(chain_share(&to, &pools, 0, to.bytes, &shared) == 0);
		CHECK_ROW("read by another", !chain_move_behind(&from, 1, &to));
		CHECK_ROW("a reference", !chain_move_behind(&from, 1, &shared));
		CHECK_ROW("left", holds(&from, pattern + n, all - n));
		chain_free(&shared);
		chain_free(&from);
		chain_free(&to);
	}
	CHECK_ROW("to nothing", !chain_move_behind(&(struct chain){ 0 }, 0, &(struct chain){ 0 }));
	CHECK(used() == 0);
}

/* The part outlives the whole, or the other way round; neither writes into the other. */
static void
share_and_free(const struct layout *l, size_t offset, size_t count, bool whole_first)
{
	struct chain c = laid_out(l), part = CHAIN_EMPTY;
	size_t all = c.bytes, from = smaller(offset, all), n = smaller(count, all - from);
	uint8_t want[BYTES_MAX];

	memcpy(want, pattern + from, n);
	memset(want + n, 0xee, 4);
	CHECK_ROW(l->name, chain_share(&c, &pools, offset, count, &part) == 0);
	CHECK_ROW(l->name, holds(&part, want, n));
	chain_append_copy(&c, &pools, pattern + all, 4);
	chain_append_copy(&part, &pools, want + n, 4);
	CHECK_ROW(l->name, holds(&part, want, n + 4));
	CHECK_ROW(l->name, holds(&c, pattern, all + 4));
	if (whole_first)
		chain_free(&c);
	else
		chain_free(&part);
	CHECK_ROW(l->name, whole_first ? holds(&part, want, n + 4) : holds(&c, pattern, all + 4));
	chain_free(&c);
	chain_free(&part);
	CHECK_ROW(l->name, used() == 0);
}

TEST(bytes_are_shared_at_every_offset_and_length)
{
	for (unsigned i = 0; i < COUNT_OF(layouts); i++) {
		struct chain whole = laid_out(&layouts[i]);
		size_t all = whole.bytes;

		chain_free(&whole);
		for (size_t offset = 0; offset <= all + 1; offset++) {
			for (size_t count = 0; count <= all + 1; count++) {
				share_and_free(&layouts[i], offset, count, true);
				share_and_free(&layouts[i], offset, count, false);
			}
		}
	}
}

/* A part of a part of a part: the bytes stay as long as any of them. */
TEST(what_is_shared_can_be_shared_on)
{
	struct chain c = laid_out(UNEVEN), part = CHAIN_EMPTY, small = CHAIN_EMPTY,
		     taken = CHAIN_EMPTY;

	CHECK(chain_share(&c, &pools, 2, 30, &part) == 0);
	CHECK(chain_share(&part, &pools, 5, 20, &small) == 0);
	CHECK(chain_take(&small, &pools, 9, &taken) == 0);
	chain_free(&c);
	chain_free(&part);
	CHECK(holds(&taken, pattern + 7, 9));
	CHECK(holds(&small, pattern + 16, 11));
	chain_free(&small);
	CHECK(holds(&taken, pattern + 7, 9));
	chain_free(&taken);
	CHECK(used() == 0);
}

TEST(copies_fill_the_room_that_is_ours_first)
{
	for (unsigned i = 0; i < COUNT_OF(layouts); i++) {
		for (size_t count = 0; count <= 3 * ROOM; count++) {
			struct chain c = laid_out(&layouts[i]);
			size_t all = c.bytes, mbufs = chain_mbufs(&c);
			size_t room = c.last != NULL ? ROOM - c.last->data_len : 0;
			size_t more = count - smaller(room, count);

			CHECK_ROW(layouts[i].name,
			    chain_append_copy(&c, &pools, pattern + all, count) == 0);
			CHECK_ROW(layouts[i].name, holds(&c, pattern, all + count));
			CHECK_ROW(
			    layouts[i].name, chain_mbufs(&c) == mbufs + (more + ROOM - 1) / ROOM);
			chain_free(&c);
		}
	}
	CHECK(used() == 0);
}

/* Each allocation fails once: the call says so, and nothing has changed. */
TEST(an_empty_pool_changes_nothing)
{
	static const struct {
		const char *name;
		enum {
			COPY,
			SHARE,
			TAKE,
			EXTERNAL
		} call;
		size_t from, count;
		unsigned needs; /* mbufs */
	} rows[] = {
		{ "copy into the room", COPY, 0, 1, 0 },
		{ "copy into room and three more", COPY, 0, 40, 3 },
		{ "share nothing", SHARE, 5, 0, 0 },
		{ "share one", SHARE, 5, 16, 1 },
		{ "share all", SHARE, 0, 39, 5 },
		{ "share over borders", SHARE, 4, 19, 4 },
		{ "take at a border", TAKE, 0, 21, 0 },
		{ "take within one", TAKE, 0, 20, 1 },
		{ "external", EXTERNAL, 0, 9, 1 },
	};
	struct rte_mbuf_ext_shared_info shared = { 0 };

	rte_mbuf_ext_refcnt_set(&shared, 1); /* ours: no callback is due */
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		for (unsigned left = 0; left <= rows[i].needs; left++) {
			struct chain c = laid_out(UNEVEN), out = CHAIN_EMPTY;
			struct chain data, refs;
			unsigned before;
			int rc = 0;

			chain_append_copy(&out, &pools, pattern + 100, 2);
			data = emptied(pools.data, left);
			refs = emptied(pools.refs, left);
			before = used();
			if (rows[i].call == COPY)
				rc = chain_append_copy(&c, &pools, pattern + 39, rows[i].count);
			else if (rows[i].call == SHARE)
				rc = chain_share(&c, &pools, rows[i].from, rows[i].count, &out);
			else if (rows[i].call == TAKE)
				rc = chain_take(&c, &pools, rows[i].count, &out);
			else
				rc = chain_append_external(
				    &c, &pools, pattern + 39, rows[i].count, &shared);
			CHECK_ROW(rows[i].name, rc == (left < rows[i].needs ? -ENOBUFS : 0));
			if (rc != 0) {
				CHECK_ROW(rows[i].name, holds(&c, pattern, 39));
				CHECK_ROW(rows[i].name, holds(&out, pattern + 100, 2));
				CHECK_ROW(rows[i].name, used() == before);
				CHECK_ROW(rows[i].name, rte_mbuf_ext_refcnt_read(&shared) == 1);
			}
			chain_free(&c);
			chain_free(&out);
			chain_free(&data);
			chain_free(&refs);
			CHECK_ROW(rows[i].name, used() == 0);
		}
	}
}

struct lender {
	struct rte_mbuf_ext_shared_info shared;
	void *address;
	unsigned given_back;
};

static void
give_back(void *address, void *opaque)
{
	struct lender *l = opaque;

	l->address = address;
	l->given_back++;
}

/* Memory of others is referenced, never written, and given back once, with the last reference. */
TEST(memory_of_others_is_given_back_once)
{
	struct lender l = { .shared = { .free_cb = give_back } };
	uint8_t memory[32], copy[32];
	struct chain c = CHAIN_EMPTY, part = CHAIN_EMPTY;

	l.shared.fcb_opaque = &l;
	memcpy(memory, pattern, sizeof(memory));
	memcpy(copy, memory, sizeof(copy));
	CHECK(chain_append_external(&c, &pools, memory, 20, &l.shared) == 0);
	CHECK(rte_mbuf_ext_refcnt_read(&l.shared) == 1 && holds(&c, pattern, 20));
	CHECK(chain_append_external(&c, &pools, memory + 20, 1, &l.shared) == 0);
	CHECK(chain_append_copy(&c, &pools, pattern + 21, 9) == 0);
	CHECK(holds(&c, pattern, 30));
	CHECK(memcmp(memory, copy, sizeof(copy)) == 0);
	CHECK(chain_share(&c, &pools, 15, 5, &part) == 0);
	CHECK(rte_mbuf_ext_refcnt_read(&l.shared) == 3);
	chain_drop(&c, 20);
	CHECK(l.given_back == 0);
	chain_free(&c);
	CHECK(l.given_back == 0 && holds(&part, pattern + 15, 5));
	chain_free(&part);
	CHECK(l.given_back == 1 && l.address == memory);
	CHECK(used() == 0);
}

TEST(nothing_of_others_is_nothing)
{
	struct lender l = { .shared = { .free_cb = give_back } };
	struct chain c = laid_out(ROOMY);

	l.shared.fcb_opaque = &l;
	rte_mbuf_ext_refcnt_set(&l.shared, 1);
	CHECK(chain_append_external(&c, &pools, pattern, 0, &l.shared) == 0);
	CHECK(holds(&c, pattern, 35));
	CHECK(rte_mbuf_ext_refcnt_read(&l.shared) == 1 && l.given_back == 0);
	chain_free(&c);
	CHECK(used() == 0);
}
