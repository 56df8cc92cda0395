/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Object bytes for a sandbox, in blocks. The core alone takes, links, lends and puts; its free
 * list, links and owners are private memory, and what the headers in the region say of them is for
 * control to read. Control writes nothing here.
 *
 * The notice of a lent chain stands in a table beside the arena, a place per block, found by the
 * chain's first block: it can never be full, and as the file is sparse, only places that were used
 * take memory. A chain that is lent has, in this order: the notice, each block's header from the
 * second on, and last, with release order, the first block's owner.
 *
 * Block states:   FREE --take--> CORE --lend--> CONTROL --take_back--> CORE --put--> FREE
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/channel/view.h"

static struct arena_header *
header_of(const struct channel_core *c, uint32_t block)
{
	return (struct arena_header *)(c->arena + (size_t)block * ARENA_BLOCK_BYTES);
}

static void *
told_of(const struct channel_core *c, uint32_t block)
{
	return c->told + (size_t)block * RECORD_BYTES;
}

/* The last block is taken first after a put: memory that was touched is used again. */
int
arena_account_init(struct channel_core *c)
{
	struct arena_account *a = &c->account;

	a->free_stack = calloc(c->arena_blocks, sizeof(*a->free_stack));
	a->next = calloc(c->arena_blocks, sizeof(*a->next));
	a->owner = calloc(c->arena_blocks, sizeof(*a->owner));
	if (a->free_stack == NULL || a->next == NULL || a->owner == NULL)
		return -ENOMEM;
	for (uint32_t block = 0; block < c->arena_blocks; block++) {
		a->free_stack[c->arena_blocks - 1 - block] = block;
		a->next[block] = ARENA_NONE;
		a->owner[block] = ARENA_FREE;
	}
	a->free_count = c->arena_blocks;
	return 0;
}

void
arena_account_fini(struct channel_core *c)
{
	free(c->account.free_stack);
	free(c->account.next);
	free(c->account.owner);
	c->account = (struct arena_account){ 0 };
}

static void
set_owner(struct channel_core *c, uint32_t block, enum arena_owner owner)
{
	c->account.owner[block] = (uint8_t)owner;
	__atomic_store_n(&header_of(c, block)->owner, (uint32_t)owner, __ATOMIC_RELEASE);
}

uint32_t
arena_take(struct channel_core *c)
{
	struct arena_account *a = &c->account;
	struct arena_header *h;
	uint32_t block;

	if (a->free_count == 0)
		return ARENA_NONE;
	block = a->free_stack[--a->free_count];
	assert(a->owner[block] == ARENA_FREE);
	a->next[block] = ARENA_NONE;
	h = header_of(c, block);
	h->next = ARENA_NONE;
	h->used_bytes = 0;
	h->first = ARENA_NONE;
	h->job = 0;
	set_owner(c, block, ARENA_CORE);
	return block;
}

void
arena_put(struct channel_core *c, uint32_t block)
{
	struct arena_account *a = &c->account;

	assert(block < c->arena_blocks);
	assert(a->owner[block] == ARENA_CORE); /* lent ones are taken back first */
	set_owner(c, block, ARENA_FREE);
	a->next[block] = ARENA_NONE;
	a->free_stack[a->free_count++] = block;
}

uint32_t
arena_free_blocks(const struct channel_core *c)
{
	return c->account.free_count;
}

uint8_t *
arena_payload(struct channel_core *c, uint32_t block)
{
	if (block >= c->arena_blocks)
		return NULL;
	return (uint8_t *)header_of(c, block) + sizeof(struct arena_header);
}

void
arena_link(struct channel_core *c, uint32_t block, uint32_t next, uint32_t used_bytes)
{
	struct arena_header *h;

	assert(block < c->arena_blocks);
	assert(next < c->arena_blocks || next == ARENA_NONE);
	assert(used_bytes <= ARENA_PAYLOAD_BYTES);
	c->account.next[block] = next;
	h = header_of(c, block);
	h->next = next;
	h->used_bytes = used_bytes;
}

uint32_t
arena_next(struct channel_core *c, uint32_t block)
{
	assert(block < c->arena_blocks);
	return c->account.next[block];
}

void
arena_lend(struct channel_core *c, uint32_t first, uint64_t job, const struct notice *told)
{
	uint32_t steps = 0;

	assert(first < c->arena_blocks && job != 0);
	memcpy(told_of(c, first), told, sizeof(*told));
	for (uint32_t b = c->account.next[first]; b != ARENA_NONE; b = c->account.next[b]) {
		steps++;
		assert(steps < c->arena_blocks); /* a chain has no loop */
		assert(c->account.owner[b] == ARENA_CORE);
		header_of(c, b)->first = first;
		header_of(c, b)->job = job;
		set_owner(c, b, ARENA_CONTROL);
	}
	assert(c->account.owner[first] == ARENA_CORE);
	header_of(c, first)->first = first;
	header_of(c, first)->job = job;
	set_owner(c, first, ARENA_CONTROL);
}

void
arena_take_back(struct channel_core *c, uint32_t first)
{
	uint32_t steps = 0;

	for (uint32_t b = first; b != ARENA_NONE; b = c->account.next[b]) {
		steps++;
		assert(steps <= c->arena_blocks);
		assert(c->account.owner[b] == ARENA_CONTROL);
		set_owner(c, b, ARENA_CORE);
		header_of(c, b)->job = 0;
	}
}

void
arena_read_begin(
    struct channel_core *c, uint32_t first, uint64_t job, uint64_t bytes, struct arena_reader *out)
{
	*out = (struct arena_reader){ .core = c, .job = job, .left = bytes, .block = first };
}

/* A block's header, copied out; false when it is not a block lent under this job. */
static bool
lent_header(const struct channel_core *c, uint32_t block, uint64_t job, struct arena_header *out)
{
	if (block >= c->arena_blocks)
		return false;
	out->owner = __atomic_load_n(&header_of(c, block)->owner, __ATOMIC_ACQUIRE);
	out->next = __atomic_load_n(&header_of(c, block)->next, __ATOMIC_RELAXED);
	out->used_bytes = __atomic_load_n(&header_of(c, block)->used_bytes, __ATOMIC_RELAXED);
	out->first = __atomic_load_n(&header_of(c, block)->first, __ATOMIC_RELAXED);
	out->job = __atomic_load_n(&header_of(c, block)->job, __ATOMIC_RELAXED);
	return out->owner == ARENA_CONTROL && out->job == job && job != 0 &&
	       out->used_bytes <= ARENA_PAYLOAD_BYTES;
}

bool
arena_read_next(struct arena_reader *r, struct span *out)
{
	struct arena_header h;

	while (r->left > 0) {
		if (r->steps++ >= r->core->arena_blocks ||
		    !lent_header(r->core, r->block, r->job, &h))
			return false;
		*out = span_of(arena_payload(r->core, r->block),
		    h.used_bytes < r->left ? h.used_bytes : (size_t)r->left);
		r->block = h.next;
		r->left -= out->bytes;
		if (out->bytes > 0)
			return true;
	}
	return false;
}

/* Whether a lent chain starts at this block, and the notice that tells of it. */
static bool
lent_at(const struct channel_core *c, uint32_t block, struct notice *out)
{
	uint64_t job = __atomic_load_n(&header_of(c, block)->job, __ATOMIC_RELAXED);
	struct arena_header h;

	if (!lent_header(c, block, job, &h) || h.first != block)
		return false;
	return notice_copy_out(told_of(c, block), c->arena_blocks, out) && out->job == job &&
	       out->first_block == block;
}

bool
arena_find_lent(struct channel_core *c, uint32_t *at, struct notice *out)
{
	for (uint32_t block = *at; block < c->arena_blocks; block++) {
		if (lent_at(c, block, out)) {
			*at = block + 1;
			return true;
		}
	}
	*at = c->arena_blocks;
	return false;
}
