/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Candidates of one scan that depend on bytes to come, in the order in which they were found. A
 * scan has room for WAITING_CHUNK of its own; more are in chunks that it borrows from its core's
 * pool, up to WAITING_MAX: one pattern of GENERATION_REACH_MAX bytes that are all the same begins
 * anew at each of them. The pool is for few scans at once; one that finds it empty has failed, as
 * one has that needs more.
 */
#ifndef SLUICE_SIGNATURE_WAITING_H
#define SLUICE_SIGNATURE_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#define WAITING_CHUNK 63
#define WAITING_MAX   (33 * WAITING_CHUNK) /* GENERATION_REACH_MAX and some */

struct candidate {
	uint32_t pattern;
	unsigned literal;
	uint64_t literal_end, wanted; /* nothing changes before there are so many bytes */
};

struct waiting_chunk {
	struct waiting_chunk *next;
	struct candidate rows[WAITING_CHUNK];
};

struct waiting {
	uint32_t count;
	struct waiting_chunk first;
};

struct waiting_pool {
	struct waiting_chunk *memory, *free;
};

/* For scans of one core, `scans` of them at once. 0 or -ENOMEM; a pool that is made stays. */
int waiting_pool_init(struct waiting_pool *pool, uint32_t scans);
void waiting_pool_fini(struct waiting_pool *pool);

/* False: there is no room. */
bool waiting_add(struct waiting_pool *pool, struct waiting *w, const struct candidate *c);
/* Asks of each whose bytes are there, in their order; those of which `settle` says true are gone.
 */
void waiting_settle(struct waiting_pool *pool, struct waiting *w, uint64_t seen,
    bool (*settle)(void *arg, struct candidate *c), void *arg);
/* None waits any more. */
void waiting_clear(struct waiting_pool *pool, struct waiting *w);

#endif
