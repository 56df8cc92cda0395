/* SPDX-License-Identifier: BSD-3-Clause */
/* Blocks taken, linked, lent, read, found after a restart, taken back; and headers with lies in
 * them. */
#include <stdlib.h>

#include "tests/unit/common/channel/peer.h"

/* A chain of three blocks with 100, all and 7 bytes, lent under a job. */
#define LENT_BYTES (100 + ARENA_PAYLOAD_BYTES + 7)

static uint32_t
lend_three(struct channel_core *core, uint64_t job)
{
	uint32_t blocks[3], used[3] = { 100, ARENA_PAYLOAD_BYTES, 7 };
	struct notice told = { .kind = NOTICE_SANDBOX, .job = job, .job_bytes = LENT_BYTES };

	for (unsigned i = 0; i < 3; i++) {
		blocks[i] = arena_take(core);
		CHECK(blocks[i] != ARENA_NONE);
		memset(arena_payload(core, blocks[i]), (int)('a' + i), used[i]);
	}
	for (unsigned i = 0; i < 3; i++)
		arena_link(core, blocks[i], i < 2 ? blocks[i + 1] : ARENA_NONE, used[i]);
	told.first_block = blocks[0];
	record_text_put(&told.object, RECORD_TEXT_URL, span_text("example.test/z"));
	arena_lend(core, blocks[0], job, &told);
	return blocks[0];
}

static void
put_chain(struct channel_core *core, uint32_t block)
{
	while (block != ARENA_NONE) {
		uint32_t next = arena_next(core, block);

		arena_put(core, block);
		block = next;
	}
}

/* Reads all there is; returns how many bytes, and in `sum` what was in them. */
static uint64_t
read_all(struct channel_core *reader, uint32_t first, uint64_t job, uint64_t bytes, uint64_t *sum)
{
	struct arena_reader r;
	struct span part;
	uint64_t got = 0;

	*sum = 0;
	arena_read_begin(reader, first, job, bytes, &r);
	while (arena_read_next(&r, &part)) {
		for (size_t i = 0; i < part.bytes; i++)
			*sum += part.data[i];
		got += part.bytes;
	}
	CHECK(got + r.left == bytes);
	return got;
}

TEST(arena_take_and_put)
{
	struct peers p;
	uint32_t blocks[PEER_BLOCKS];

	peers_open(&p);
	CHECK(arena_free_blocks(p.core) == PEER_BLOCKS);
	for (unsigned i = 0; i < PEER_BLOCKS; i++) {
		blocks[i] = arena_take(p.core);
		CHECK(blocks[i] < PEER_BLOCKS);
		CHECK(arena_payload(p.core, blocks[i]) != NULL);
		for (unsigned j = 0; j < i; j++)
			CHECK(blocks[i] != blocks[j]);
	}
	CHECK(arena_take(p.core) == ARENA_NONE && arena_free_blocks(p.core) == 0);
	arena_put(p.core, blocks[3]);
	CHECK(arena_take(p.core) == blocks[3]); /* the last touched first */
	CHECK(arena_payload(p.core, PEER_BLOCKS) == NULL);
	CHECK(arena_payload(p.core, ARENA_NONE) == NULL);
	for (unsigned i = 0; i < PEER_BLOCKS; i++)
		arena_put(p.core, blocks[i]);
	CHECK(arena_free_blocks(p.core) == PEER_BLOCKS);
	peers_close(&p);
}

TEST(arena_lend_and_read)
{
	struct peers p;
	uint64_t sum;
	uint32_t first;

	peers_open(&p);
	first = lend_three(p.core, 9);
	CHECK(read_all(p.reader, first, 9, LENT_BYTES, &sum) == LENT_BYTES);
	CHECK(sum == 100 * 'a' + (uint64_t)ARENA_PAYLOAD_BYTES * 'b' + 7 * 'c');
	CHECK(read_all(p.reader, first, 9, 50, &sum) == 50);
	CHECK(
	    read_all(p.reader, first, 9, LENT_BYTES + 1, &sum) == LENT_BYTES); /* too short: told */
	CHECK(read_all(p.reader, first, 8, LENT_BYTES, &sum) == 0);            /* another's job */
	CHECK(read_all(p.reader, ARENA_NONE, 9, LENT_BYTES, &sum) == 0);
	CHECK(read_all(p.reader, PEER_BLOCKS, 9, LENT_BYTES, &sum) == 0);
	arena_take_back(p.core, first);
	CHECK(read_all(p.reader, first, 9, LENT_BYTES, &sum) == 0);
	put_chain(p.core, first);
	CHECK(arena_free_blocks(p.core) == PEER_BLOCKS);
	peers_close(&p);
}

TEST(arena_find_after_restart)
{
	struct peers p;
	uint32_t at = 0, first, second;
	struct notice n;

	peers_open(&p);
	CHECK(!arena_find_lent(p.reader, &at, &n));
	first = lend_three(p.core, 9);
	second = lend_three(p.core, 10);
	peers_restart_control(&p);
	at = 0;
	CHECK(arena_find_lent(p.reader, &at, &n));
	CHECK(n.job == 9 && n.first_block == first && n.job_bytes == LENT_BYTES);
	CHECK(span_is(record_text_get(&n.object, RECORD_TEXT_URL), "example.test/z"));
	CHECK(arena_find_lent(p.reader, &at, &n) && n.job == 10 && n.first_block == second);
	CHECK(!arena_find_lent(p.reader, &at, &n));
	arena_take_back(p.core, first);
	at = 0;
	CHECK(arena_find_lent(p.reader, &at, &n) && n.job == 10);
	CHECK(!arena_find_lent(p.reader, &at, &n));
	peers_close(&p);
}

/* Chains with loops, to the outside, or with too many bytes in a block end; they lead nowhere. */
TEST(arena_reader_is_bounded)
{
	static const struct {
		const char *name;
		uint32_t next, used_bytes;
	} cases[] = {
		{ "points at itself", 0, 100 },
		{ "points at itself, empty", 0, 0 },
		{ "points outside", PEER_BLOCKS, 100 },
		{ "more than a block", ARENA_NONE, ARENA_PAYLOAD_BYTES + 1 },
		{ "far more than a block", 1, UINT32_MAX },
	};
	struct peers p;
	uint64_t sum;

	peers_open(&p);
	CHECK(lend_three(p.core, 9) == 0);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct arena_header *h = (struct arena_header *)p.core->arena;

		h->next = cases[i].next;
		h->used_bytes = cases[i].used_bytes;
		CHECK_ROW(cases[i].name, read_all(p.reader, 0, 9, 1u << 30, &sum) <=
					     (uint64_t)PEER_BLOCKS * ARENA_PAYLOAD_BYTES);
	}
	CHECK(arena_next(p.core, 0) == 1); /* the core's own copy */
	peers_close(&p);
}

TEST(arena_headers_with_any_byte_wrong)
{
	struct peers p;
	uint64_t sum;

	peers_open(&p);
	CHECK(lend_three(p.core, 9) == 0);
	for (unsigned block = 0; block < 3; block++) {
		uint8_t *bytes = p.core->arena + (size_t)block * ARENA_BLOCK_BYTES;

		for (size_t at = 0; at < sizeof(struct arena_header); at++) {
			struct notice n;
			uint32_t from = 0;

			bytes[at] ^= 0xff;
			CHECK(read_all(p.reader, 0, 9, LENT_BYTES, &sum) <= LENT_BYTES);
			while (arena_find_lent(p.reader, &from, &n))
				CHECK(n.job == 9 && n.first_block == 0);
			bytes[at] ^= 0xff;
		}
	}
	arena_take_back(p.core, 0); /* the core goes by its own account */
	put_chain(p.core, 0);
	CHECK(arena_free_blocks(p.core) == PEER_BLOCKS);
	peers_close(&p);
}

TEST(stats_cross_over)
{
	struct peers p;
	struct core_stats *mine, *seen = malloc(sizeof(*seen));

	peers_open(&p);
	mine = channel_stats(p.core);
	count(mine, COUNTER_BLOCKED, 3);
	histogram_add(&mine->object_ns, 1000);
	mine->held_now = 4;
	mine->verdicts[VERDICT_BAD][SOURCE_CACHED] = 2;
	channel_stats_read(p.reader, seen);
	CHECK(memcmp(mine, seen, sizeof(*seen)) == 0);
	CHECK(seen->counters[COUNTER_BLOCKED] == 3 && seen->object_ns.count == 1);
	channel_stats_read(region_core(p.control, 1), seen);
	CHECK(seen->counters[COUNTER_BLOCKED] == 0);
	free(seen);
	peers_close(&p);
}
