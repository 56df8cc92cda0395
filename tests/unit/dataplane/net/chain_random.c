/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three chains beside three byte arrays: whatever is done to one is done to the other, in an order
 * that a seed decides. The pools are small, so that calls fail at all places; then nothing may have
 * changed.
 */
#include <errno.h>

#include "dataplane/net/chain.h"
#include "tests/unit/harness.h"

#define SEEDS     300
#define STEPS     400
#define MIRRORS   3
#define BYTES_MAX 4096
#define ROOM      24
#define POOL      40

struct mirror {
	struct chain chain;
	uint8_t bytes[BYTES_MAX];
	size_t count;
};

struct walk {
	uint64_t state;
	struct chain_pools pools;
	struct mirror mirrors[MIRRORS];
	struct rte_mbuf_ext_shared_info shared;
	unsigned given_back;
	uint8_t lent[64];
};

/* splitmix64 (Vigna). */
static uint32_t
below(struct walk *w, uint32_t limit)
{
	uint64_t z = w->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (uint32_t)((z ^ (z >> 31)) % limit);
}

static bool
agrees(const struct mirror *m)
{
	struct chain_cursor cursor = chain_walk(&m->chain, 0);
	size_t at = 0;
	struct span s;

	while (chain_next(&cursor, &s)) {
		if (at + s.bytes > m->count || memcmp(s.data, m->bytes + at, s.bytes) != 0)
			return false;
		at += s.bytes;
	}
	return at == m->count && m->chain.bytes == at;
}

static void
mirror_append(struct mirror *m, const uint8_t *bytes, size_t count)
{
	memcpy(m->bytes + m->count, bytes, count);
	m->count += count;
}

static void
mirror_drop(struct mirror *m, size_t count)
{
	m->count -= count;
	memmove(m->bytes, m->bytes + count, m->count);
}

static void
append_copy(struct walk *w, struct mirror *m)
{
	uint8_t bytes[100];
	size_t count = below(w, sizeof(bytes));

	for (size_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)below(w, 256);
	if (chain_append_copy(&m->chain, &w->pools, bytes, count) == 0)
		mirror_append(m, bytes, count);
}

static void
append_external(struct walk *w, struct mirror *m)
{
	uint32_t from = below(w, sizeof(w->lent)), count = below(w, sizeof(w->lent) - from + 1);

	if (chain_append_external(&m->chain, &w->pools, w->lent + from, count, &w->shared) == 0)
		mirror_append(m, w->lent + from, count);
}

static void
take(struct walk *w, struct mirror *m, struct mirror *out)
{
	size_t count = below(w, (uint32_t)m->count + 3);

	if (chain_take(&m->chain, &w->pools, count, &out->chain) != 0)
		return;
	count = count < m->count ? count : m->count;
	mirror_append(out, m->bytes, count);
	mirror_drop(m, count);
}

static void
share(struct walk *w, struct mirror *m, struct mirror *out)
{
	size_t from = below(w, (uint32_t)m->count + 1), count = below(w, 60);

	if (chain_share(&m->chain, &w->pools, from, count, &out->chain) != 0)
		return;
	mirror_append(out, m->bytes + from, count < m->count - from ? count : m->count - from);
}

static void
drop(struct walk *w, struct mirror *m)
{
	size_t count = below(w, (uint32_t)m->count + 3);

	chain_drop(&m->chain, count);
	mirror_drop(m, count < m->count ? count : m->count);
}

static void
step(struct walk *w)
{
	uint32_t from = below(w, MIRRORS);
	struct mirror *m = &w->mirrors[from], *other;

	other = &w->mirrors[(from + 1 + below(w, MIRRORS - 1)) % MIRRORS];
	switch (below(w, 8)) {
	case 0:
	case 1:
		append_copy(w, m);
		break;
	case 2:
		append_external(w, m);
		break;
	case 3:
		take(w, m, other);
		break;
	case 4:
	case 5:
		share(w, m, other);
		break;
	case 6:
		drop(w, m);
		break;
	case 7:
		chain_append_chain(&other->chain, &m->chain);
		mirror_append(other, m->bytes, m->count);
		m->count = 0;
		break;
	}
	if (other->count > BYTES_MAX / 4)
		drop(w, other);
}

static void
give_back(void *address, void *opaque)
{
	struct walk *w = opaque;

	(void)address;
	w->given_back++;
}

TEST(random_walks_agree_with_byte_arrays)
{
	static struct walk w;
	struct chain_pools pools = {
		rte_pktmbuf_pool_create(
		    "walk_data", POOL, 0, 0, RTE_PKTMBUF_HEADROOM + ROOM, SOCKET_ID_ANY),
		rte_pktmbuf_pool_create("walk_refs", POOL, 0, 0, 0, SOCKET_ID_ANY),
	};

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		bool agreed = true;

		w = (struct walk){ .state = seed, .pools = pools };
		w.shared = (struct rte_mbuf_ext_shared_info){ give_back, &w, 1 };
		for (unsigned i = 0; i < sizeof(w.lent); i++)
			w.lent[i] = (uint8_t)below(&w, 256);
		for (unsigned i = 0; i < STEPS && agreed; i++) {
			step(&w);
			for (unsigned k = 0; k < MIRRORS; k++)
				agreed = agreed && agrees(&w.mirrors[k]);
		}
		CHECK_SEED(seed, agreed);
		for (unsigned k = 0; k < MIRRORS; k++)
			chain_free(&w.mirrors[k].chain);
		CHECK_SEED(seed, w.given_back == 0 && rte_mbuf_ext_refcnt_read(&w.shared) == 1);
		CHECK_SEED(seed, rte_mempool_in_use_count(pools.data) == 0);
		CHECK_SEED(seed, rte_mempool_in_use_count(pools.refs) == 0);
	}
	rte_mempool_free(pools.data);
	rte_mempool_free(pools.refs);
}
