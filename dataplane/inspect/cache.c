/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The set is chosen by the first bytes of the digest, which is uniform by itself: whoever could
 * choose SHA-256 prefixes to crowd a set would only evict what they made. Of each digest a word
 * stands apart, all of a set in half a line: of eight entries in as many lines hardly one is read
 * that is not the right one.
 */
#include "dataplane/inspect/cache.h"

#include <stdlib.h>
#include <string.h>

#define TAG_FREE 0u
#define TAG_USED 1u /* set in each other */

struct entry {
	uint8_t sha256[32];
	uint64_t stamp;
	bool asked;
	struct cache_verdict said;
};

struct cache {
	uint32_t sets, entries;
	uint8_t *hands; /* per set: where the clock stands */
	uint32_t *tags; /* one for each slot; TAG_FREE: it holds nothing */
	struct entry *slots;
};

struct cache_verdict
cache_verdict_of(enum verdict verdict, const char *threat, bool sandboxed)
{
	struct cache_verdict v = { .verdict = verdict, .sandboxed = sandboxed };

	memcpy(v.threat, threat, strnlen(threat, sizeof(v.threat) - 1));
	return v;
}

struct cache *
cache_create(uint32_t entries)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->sets = 1;
	while (c->sets < UINT32_MAX / (2 * CACHE_WAYS) && c->sets * CACHE_WAYS < entries)
		c->sets *= 2;
	c->hands = calloc(c->sets, 1);
	c->tags = calloc((size_t)c->sets * CACHE_WAYS, sizeof(*c->tags));
	c->slots = calloc((size_t)c->sets * CACHE_WAYS, sizeof(*c->slots));
	if (c->hands == NULL || c->tags == NULL || c->slots == NULL) {
		cache_destroy(c);
		return NULL;
	}
	return c;
}

void
cache_destroy(struct cache *c)
{
	if (c == NULL)
		return;
	free(c->hands);
	free(c->tags);
	free(c->slots);
	free(c);
}

static uint32_t
set_of(const struct cache *c, const uint8_t sha256[32])
{
	uint32_t word;

	memcpy(&word, sha256, sizeof(word));
	return word & (c->sets - 1);
}

/* Of other bytes than the set is chosen by. */
static uint32_t
tag_of(const uint8_t sha256[32])
{
	uint32_t word;

	memcpy(&word, sha256 + sizeof(word), sizeof(word));
	return word | TAG_USED;
}

static struct entry *
lookup(struct cache *c, const uint8_t sha256[32])
{
	size_t first = (size_t)set_of(c, sha256) * CACHE_WAYS;
	const uint32_t *tags = c->tags + first, tag = tag_of(sha256);

	for (unsigned i = 0; i < CACHE_WAYS; i++) {
		if (tags[i] == tag && memcmp(c->slots[first + i].sha256, sha256, 32) == 0)
			return &c->slots[first + i];
	}
	return NULL;
}

bool
cache_find(struct cache *c, const uint8_t sha256[32], uint64_t stamp, struct cache_verdict *out)
{
	struct entry *e = lookup(c, sha256);

	if (e == NULL || (e->said.verdict == VERDICT_CLEAN && e->stamp != stamp))
		return false;
	e->asked = true;
	*out = e->said;
	return true;
}

/* A free entry of the set, else the clock's choice. */
static struct entry *
make_room(struct cache *c, const uint8_t sha256[32])
{
	uint32_t number = set_of(c, sha256);
	size_t first = (size_t)number * CACHE_WAYS;
	struct entry *set = &c->slots[first];

	for (unsigned i = 0; i < CACHE_WAYS; i++) {
		if (c->tags[first + i] == TAG_FREE)
			return &set[i];
	}
	for (;;) {
		struct entry *e = &set[c->hands[number]];

		c->hands[number] = (uint8_t)((c->hands[number] + 1) % CACHE_WAYS);
		if (!e->asked)
			return e;
		e->asked = false;
	}
}

bool
cache_put(
    struct cache *c, const uint8_t sha256[32], uint64_t stamp, const struct cache_verdict *verdict)
{
	struct entry *e = lookup(c, sha256);
	bool evicted = false;

	if (e == NULL) {
		uint32_t *tag;

		e = make_room(c, sha256);
		tag = &c->tags[e - c->slots];
		evicted = *tag != TAG_FREE;
		c->entries += !evicted;
		*tag = tag_of(sha256);
		memcpy(e->sha256, sha256, 32);
	}
	e->asked = false;
	e->stamp = stamp;
	e->said = *verdict;
	return evicted;
}

void
cache_clear(struct cache *c)
{
	memset(c->tags, 0, (size_t)c->sets * CACHE_WAYS * sizeof(*c->tags));
	c->entries = 0;
}

uint32_t
cache_entries(const struct cache *c)
{
	return c->entries;
}
