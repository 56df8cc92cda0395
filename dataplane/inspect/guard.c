/* SPDX-License-Identifier: BSD-3-Clause */
/* The key's first bytes choose the set: they are a digest's, so nobody can crowd one cheaply. */
#include "dataplane/inspect/guard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_SETS (GUARD_ENTRIES / GUARD_WAYS)

struct entry {
	uint8_t key[32];
	struct mono until; /* 0: never used */
	char threat[GUARD_THREAT_MAX];
};

struct guard {
	bool used;
	struct entry sets[GUARD_SETS][GUARD_WAYS];
};

struct guard *
guard_create(void)
{
	return calloc(1, sizeof(struct guard));
}

void
guard_destroy(struct guard *g)
{
	free(g);
}

static struct entry *
set_of(struct guard *g, const uint8_t key[32])
{
	return g->sets[(key[0] << 8 | key[1]) % GUARD_SETS];
}

static struct entry *
find(struct guard *g, const uint8_t key[32])
{
	struct entry *set = set_of(g, key);

	for (unsigned i = 0; i < GUARD_WAYS; i++) {
		if (set[i].until.ns != 0 && memcmp(set[i].key, key, 32) == 0)
			return &set[i];
	}
	return NULL;
}

/* The entry of a set that ends first; one that was never used ends before all others. */
static struct entry *
soonest(struct entry set[GUARD_WAYS])
{
	struct entry *e = &set[0];

	for (unsigned i = 1; i < GUARD_WAYS; i++) {
		if (mono_before(set[i].until, e->until))
			e = &set[i];
	}
	return e;
}

void
guard_put(
    struct guard *g, const uint8_t key[32], const char *threat, struct mono now, struct mono until)
{
	struct entry *e = find(g, key);

	if (!mono_before(now, until))
		return;
	if (e == NULL)
		e = soonest(set_of(g, key));
	memcpy(e->key, key, 32);
	e->until = until;
	snprintf(e->threat, sizeof(e->threat), "%s", threat);
	g->used = true;
}

const char *
guard_find(struct guard *g, const uint8_t key[32], struct mono now)
{
	struct entry *e = find(g, key);

	return e != NULL && mono_before(now, e->until) ? e->threat : NULL;
}

bool
guard_is_used(const struct guard *g)
{
	return g->used;
}
