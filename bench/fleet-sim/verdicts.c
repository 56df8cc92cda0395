/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/verdicts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/fleet-sim/chance.h"

int
verdicts_init(struct verdicts *v, uint32_t entries)
{
	v->set_count = entries < VERDICTS_WAYS ? 1 : entries / VERDICTS_WAYS;
	v->sets = calloc((size_t)v->set_count * VERDICTS_WAYS, sizeof(*v->sets));
	return v->sets != NULL ? 0 : -ENOMEM;
}

void
verdicts_fini(struct verdicts *v)
{
	free(v->sets);
	v->sets = NULL;
}

void
verdicts_clear(struct verdicts *v)
{
	memset(v->sets, 0, (size_t)v->set_count * VERDICTS_WAYS * sizeof(*v->sets));
}

static struct verdict_entry *
set_of(const struct verdicts *v, uint32_t object)
{
	return v->sets +
	       ((chance_mix(object) >> 32) * v->set_count >> 32) * (uint64_t)VERDICTS_WAYS;
}

/* The first of its set is the one used last: those before `place` move back. */
static struct verdict_entry *
move_first(struct verdict_entry *set, unsigned place)
{
	struct verdict_entry found = set[place];

	memmove(set + 1, set, place * sizeof(*set));
	set[0] = found;
	return set;
}

struct verdict_entry *
verdicts_find(struct verdicts *v, uint32_t object)
{
	struct verdict_entry *set = set_of(v, object);

	for (unsigned i = 0; i < VERDICTS_WAYS; i++) {
		if (set[i].object == object)
			return move_first(set, i);
	}
	return NULL;
}

void
verdicts_put(struct verdicts *v, uint32_t object, uint16_t generation, enum verdict verdict)
{
	struct verdict_entry *e = verdicts_find(v, object);

	if (e == NULL)
		e = move_first(set_of(v, object), VERDICTS_WAYS - 1);
	*e = (struct verdict_entry){ object, generation, (uint8_t)verdict };
}
