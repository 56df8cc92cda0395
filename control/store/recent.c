/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where each recent object's row is. An index of SQLite's by uuid, which is random, would have
 * every insert write a page of its own; rows are only ever appended, so the index stands here, in
 * memory, and is made anew when the store is opened. A row's number picks its place, and whatever
 * stood there goes: RECENT_PLACES newest are known, more than are kept. What it says is a hint: the
 * row is asked for by number and uuid.
 */
#include <string.h>

#include "control/store/internal.h"

static uint32_t
chain_of(const uint8_t uuid[16])
{
	uint32_t word;

	memcpy(&word, uuid, sizeof(word)); /* random, or at worst a long chain */
	return (word * 2654435769u) >> (32 - RECENT_PLACES_BITS);
}

static uint32_t
place_of(int64_t id)
{
	return (uint32_t)((uint64_t)id & (RECENT_PLACES - 1));
}

static void
forget_place(struct recent *r, uint32_t place)
{
	struct recent_row *row = &r->rows[place];
	uint32_t *at;

	if (row->id == 0)
		return;
	for (at = &r->chains[chain_of(row->uuid)]; *at != place + 1; at = &r->rows[*at - 1].next)
		;
	*at = row->next;
	row->id = 0;
}

int64_t
recent_find(const struct recent *r, const uint8_t uuid[16])
{
	for (uint32_t at = r->chains[chain_of(uuid)]; at != 0; at = r->rows[at - 1].next) {
		if (memcmp(r->rows[at - 1].uuid, uuid, 16) == 0)
			return r->rows[at - 1].id;
	}
	return 0;
}

void
recent_put(struct recent *r, const uint8_t uuid[16], int64_t id)
{
	uint32_t place = place_of(id), *chain = &r->chains[chain_of(uuid)];

	if (id <= 0) /* not of our making: 0 is none */
		return;
	forget_place(r, place);
	r->rows[place] = (struct recent_row){ .id = id, .next = *chain };
	memcpy(r->rows[place].uuid, uuid, 16);
	*chain = place + 1;
}

void
recent_forget(struct recent *r, int64_t id)
{
	uint32_t place = place_of(id);

	if (r->rows[place].id == id)
		forget_place(r, place);
}
