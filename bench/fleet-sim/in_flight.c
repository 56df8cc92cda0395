/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/in_flight.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/fleet-sim/chance.h"

int
in_flight_init(struct in_flight *f, uint32_t count)
{
	uint64_t places = 16;

	while (places < 2 * (uint64_t)count)
		places *= 2;
	f->mask = places - 1;
	f->keys = calloc(places, sizeof(*f->keys));
	return f->keys != NULL ? 0 : -ENOMEM;
}

void
in_flight_fini(struct in_flight *f)
{
	free(f->keys);
}

static uint64_t
key_of(uint16_t node, uint32_t object)
{
	return (uint64_t)node << 32 | object;
}

/* Where a key stands, or the empty place that ends its search. */
static uint64_t
find(const struct in_flight *f, uint64_t key)
{
	uint64_t at = chance_mix(key) & f->mask;

	while (f->keys[at] != 0 && f->keys[at] != key)
		at = (at + 1) & f->mask;
	return at;
}

bool
in_flight_has(const struct in_flight *f, uint16_t node, uint32_t object)
{
	return f->keys[find(f, key_of(node, object))] != 0;
}

void
in_flight_add(struct in_flight *f, uint16_t node, uint32_t object)
{
	uint64_t key = key_of(node, object);

	f->keys[find(f, key)] = key;
}

/* Those behind it move up, unless they would stand before where their search begins. */
void
in_flight_remove(struct in_flight *f, uint16_t node, uint32_t object)
{
	uint64_t hole = find(f, key_of(node, object)), at = hole;

	for (;;) {
		at = (at + 1) & f->mask;
		if (f->keys[at] == 0)
			break;
		if (((at - (chance_mix(f->keys[at]) & f->mask)) & f->mask) >=
		    ((at - hole) & f->mask)) {
			f->keys[hole] = f->keys[at];
			hole = at;
		}
	}
	f->keys[hole] = 0;
}
