/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A core's verdicts by SHA-256 of the decoded object. Fixed memory: sets of CACHE_WAYS entries, a
 * clock bit each; a full set gives up the first entry that was not asked for since the hand passed.
 * A clean verdict counts only under the stamp (signatures, lists, policy) that gave it; a bad one
 * stays until it is judged again. One thread.
 */
#ifndef SLUICE_INSPECT_CACHE_H
#define SLUICE_INSPECT_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel/words.h"

#define CACHE_WAYS       8
#define CACHE_THREAT_MAX 64

struct cache;

struct cache_verdict {
	enum verdict verdict;
	bool sandboxed;                /* what said it was no scan alone: it holds under any head */
	char threat[CACHE_THREAT_MAX]; /* bad: NUL-terminated */
};

/* A threat longer than its room is cut. */
struct cache_verdict cache_verdict_of(enum verdict verdict, const char *threat, bool sandboxed);

/* `entries` is rounded up to a power of two of whole sets. NULL when memory is lacking. */
struct cache *cache_create(uint32_t entries);
void cache_destroy(struct cache *c);

bool cache_find(
    struct cache *c, const uint8_t sha256[32], uint64_t stamp, struct cache_verdict *out);
/* Returns whether another digest's entry had to go for it. */
bool cache_put(
    struct cache *c, const uint8_t sha256[32], uint64_t stamp, const struct cache_verdict *verdict);
void cache_clear(struct cache *c);
uint32_t cache_entries(const struct cache *c);

#endif
