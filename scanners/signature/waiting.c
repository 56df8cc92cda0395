/* SPDX-License-Identifier: BSD-3-Clause */
/* See waiting.h. */
#include "scanners/signature/waiting.h"

#include <errno.h>
#include <stdlib.h>

#define SCANS_A_CHUNK 16 /* so few of them have more than WAITING_CHUNK at once */

int
waiting_pool_init(struct waiting_pool *pool, uint32_t scans)
{
	uint32_t chunks = WAITING_MAX / WAITING_CHUNK + scans / SCANS_A_CHUNK;

	if (pool->memory != NULL)
		return 0;
	pool->memory = calloc(chunks, sizeof(*pool->memory));
	if (pool->memory == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < chunks; i++) {
		pool->memory[i].next = pool->free;
		pool->free = &pool->memory[i];
	}
	return 0;
}

void
waiting_pool_fini(struct waiting_pool *pool)
{
	free(pool->memory);
	*pool = (struct waiting_pool){ NULL, NULL };
}

/* The chunk of row `i`, which is there. */
static struct waiting_chunk *
chunk_of(struct waiting *w, uint32_t i)
{
	struct waiting_chunk *c = &w->first;

	for (; i >= WAITING_CHUNK; i -= WAITING_CHUNK)
		c = c->next;
	return c;
}

bool
waiting_add(struct waiting_pool *pool, struct waiting *w, const struct candidate *c)
{
	struct waiting_chunk *chunk;

	if (w->count == WAITING_MAX)
		return false;
	if (w->count >= WAITING_CHUNK && w->count % WAITING_CHUNK == 0) {
		struct waiting_chunk *last = chunk_of(w, w->count - 1);

		chunk = pool->free;
		if (chunk == NULL)
			return false;
		pool->free = chunk->next;
		last->next = chunk;
	} else {
		chunk = chunk_of(w, w->count);
	}
	chunk->rows[w->count++ % WAITING_CHUNK] = *c;
	return true;
}

/* Only the first `count` are left: chunks behind them go back. */
static void
cut(struct waiting_pool *pool, struct waiting *w, uint32_t count)
{
	uint32_t had = w->count > 0 ? (w->count - 1) / WAITING_CHUNK : 0,
		 keeps = count > 0 ? (count - 1) / WAITING_CHUNK : 0;
	struct waiting_chunk *last = chunk_of(w, keeps * WAITING_CHUNK), *chunk = last->next;

	for (; had > keeps; had--) {
		struct waiting_chunk *next = chunk->next;

		chunk->next = pool->free;
		pool->free = chunk;
		chunk = next;
	}
	w->count = count;
}

void
waiting_settle(struct waiting_pool *pool, struct waiting *w, uint64_t seen,
    bool (*settle)(void *arg, struct candidate *c), void *arg)
{
	struct waiting_chunk *from = &w->first, *to = &w->first;
	uint32_t left = 0;

	for (uint32_t i = 0; i < w->count; i++) {
		struct candidate *c;

		if (i > 0 && i % WAITING_CHUNK == 0)
			from = from->next;
		c = &from->rows[i % WAITING_CHUNK];
		if (c->wanted <= seen && settle(arg, c))
			continue;
		if (left > 0 && left % WAITING_CHUNK == 0)
			to = to->next;
		to->rows[left++ % WAITING_CHUNK] = *c;
	}
	cut(pool, w, left);
}

void
waiting_clear(struct waiting_pool *pool, struct waiting *w)
{
	cut(pool, w, 0);
}
