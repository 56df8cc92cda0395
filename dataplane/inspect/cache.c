/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The set is chosen by the first bytes of the digest, which is uniform by itself: whoever could
 * choose SHA-256 prefixes to crowd a set would only evict what they made.
 */
#include "dataplane/inspect/cache.h"

#include <stdlib.h>
#include <string.h>

struct entry {
	uint8_t sha256[32];
	uint64_t stamp;
	bool used, asked;
	struct cache_verdict said;
};

struct cache {
	uint32_t sets, entries;
	uint8_t *hands; /* per set: where the clock stands */
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
	c->slots = calloc((size_t)c->sets * CACHE_WAYS, sizeof(*c->slots));
	if (c->hands == NULL || c->slots == NULL) {
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

static struct entry *
lookup(struct cache *c, const uint8_t sha256[32])
{
	struct entry *set = &c->slots[(size_t)set_of(c, sha256) * CACHE_WAYS];

	for (unsigned i = 0; i < CACHE_WAYS; i++) {
		if (set[i].used && memcmp(set[i].sha256, sha256, 32) == 0)
			return &set[i];
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
	struct entry *set = &c->slots[(size_t)number * CACHE_WAYS];

	for (unsigned i = 0; i < CACHE_WAYS; i++) {
		if (!set[i].used)
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
		e = make_room(c, sha256);
		evicted = e->used;
		if (!e->used)
			c->entries++;
		memcpy(e->sha256, sha256, 32);
	}
	e->used = true;
	e->asked = false;
	e->stamp = stamp;
	e->said = *verdict;
	return evicted;
}

void
cache_clear(struct cache *c)
{
	memset(c->slots, 0, (size_t)c->sets * CACHE_WAYS * sizeof(*c->slots));
	c->entries = 0;
}

uint32_t
cache_entries(const struct cache *c)
{
	return c->entries;
}
