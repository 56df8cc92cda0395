/* SPDX-License-Identifier: BSD-3-Clause */
/* Received mbufs first, the arena past the bound; see keep.h. */
#include "dataplane/inspect/keep.h"

#include <errno.h>

void
keep_init(struct keep *k)
{
	k->received = CHAIN_EMPTY;
	k->charged = 0;
	k->run = BLOCK_RUN_EMPTY;
}

uint64_t
keep_bytes(const struct keep *k)
{
	return k->received.bytes + k->run.bytes;
}

static void
uncharge(struct keep *k, struct keep_budget *budget)
{
	budget->mbufs_used -= k->charged;
	k->charged = 0;
}

/* Moves what was received to the arena, as far as it has room; the rest stays, in order. */
static int
spill(struct keep *k, struct blocks *b)
{
	int rc = 0;

	while (rc == 0 && !chain_is_empty(&k->received)) {
		struct chain_cursor cursor = chain_walk(&k->received, 0);
		uint64_t before = k->run.bytes;
		struct span s;

		chain_next(&cursor, &s);
		rc = block_run_append(b, &k->run, s);
		chain_drop(&k->received, k->run.bytes - before);
	}
	return rc;
}

int
keep_append(struct keep *k, struct blocks *b, struct keep_budget *budget, struct chain *bytes)
{
	uint32_t mbufs = (uint32_t)chain_mbufs(bytes);
	bool fits = k->run.bytes == 0 && k->received.bytes + bytes->bytes <= KEEP_MBUF_BYTES &&
		    mbufs <= budget->mbufs_max - budget->mbufs_used;

	chain_append_chain(&k->received, bytes);
	if (fits) {
		budget->mbufs_used += mbufs;
		k->charged += mbufs;
		return 0;
	}
	uncharge(k, budget);
	return spill(k, b);
}

int
keep_to_arena(struct keep *k, struct blocks *b, struct keep_budget *budget)
{
	uncharge(k, budget);
	return spill(k, b);
}

int
keep_take(struct keep *k, struct blocks *b, struct keep_budget *budget,
    const struct chain_pools *pools, struct chain *out)
{
	int rc = block_run_share(b, &k->run, 0, k->run.bytes, pools, out);

	if (rc != 0)
		return rc;
	chain_append_chain(out, &k->received);
	uncharge(k, budget);
	block_run_release(b, &k->run);
	return 0;
}

int
keep_take_first(struct keep *k, struct blocks *b, struct keep_budget *budget,
    const struct chain_pools *pools, uint64_t count, struct chain *out)
{
	struct chain all = CHAIN_EMPTY;
	uint32_t room = budget->mbufs_max - budget->mbufs_used + k->charged;
	int rc = keep_take(k, b, budget, pools, &all);

	if (rc != 0)
		return rc;
	rc = chain_take(&all, pools, count, out);
	chain_append_chain(&k->received, &all);
	k->charged = (uint32_t)chain_mbufs(&k->received);
	if (k->charged > room)
		k->charged = room;
	budget->mbufs_used += k->charged;
	return rc;
}

int
keep_share(const struct keep *k, struct blocks *b, const struct chain_pools *pools, uint64_t from,
    uint64_t count, struct chain *out)
{
	uint64_t in_run = 0;
	struct chain piece = CHAIN_EMPTY;
	int rc = 0;

	if (from < k->run.bytes) {
		in_run = k->run.bytes - from < count ? k->run.bytes - from : count;
		rc = block_run_share(b, &k->run, from, in_run, pools, &piece);
	}
	if (rc == 0 && count > in_run)
		rc = chain_share(
		    &k->received, pools, from + in_run - k->run.bytes, count - in_run, &piece);
	if (rc == 0)
		chain_append_chain(out, &piece);
	chain_free(&piece);
	return rc;
}

void
keep_free(struct keep *k, struct blocks *b, struct keep_budget *budget)
{
	chain_free(&k->received);
	uncharge(k, budget);
	if (k->run.first != ARENA_NONE)
		block_run_release(b, &k->run);
}
