/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/inspect/waits.h"

#include <stdlib.h>

#define WAITS_SETS (WAITS_ENTRIES / WAITS_WAYS)

struct waits {
	struct wait sets[WAITS_SETS][WAITS_WAYS];
};

struct waits *
waits_create(void)
{
	return calloc(1, sizeof(struct waits));
}

void
waits_destroy(struct waits *w)
{
	free(w);
}

struct wait *
waits_of(struct waits *w, uint64_t key, struct mono now)
{
	struct wait *set = w->sets[key % WAITS_SETS], *e = &set[0];

	for (unsigned i = 0; i < WAITS_WAYS; i++) {
		if (set[i].key == key && mono_before(now, set[i].until))
			return &set[i];
		if (mono_before(set[i].until, e->until))
			e = &set[i];
	}
	*e = (struct wait){ .key = key, .first = now, .until = e->until };
	return e;
}

void
waits_shown(struct wait *entry, struct mono now)
{
	entry->pages++;
	entry->until = mono_add(now, seconds(WAITS_SECONDS));
}
