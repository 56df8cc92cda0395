/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts of rules by their text, so that equal ones are one; and marks, so that a rule that is left
 * out leaves nothing behind. A slot may hold a part that was taken back: its text then differs, or
 * its number is not given out.
 */
#include <stdlib.h>

#include "tools/sigc/sigc.h"

#define SLOTS_FIRST 1024
#define NO_TEXT     UINT32_MAX /* as long as no text is */

static uint32_t
hash_of(struct span text)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < text.bytes; i++)
		h = (h ^ text.data[i]) * 16777619u;
	return h;
}

static const struct sigc_part_key *
key_of(const struct sigc *s, uint32_t id)
{
	return (const struct sigc_part_key *)(void *)s->part_keys.bytes + id;
}

static uint32_t
part_count(const struct sigc *s)
{
	return (uint32_t)(s->part_keys.used / sizeof(struct sigc_part_key));
}

static void
put(struct sigc *s, uint32_t id)
{
	uint32_t *slots = (uint32_t *)(void *)s->part_slots.bytes;
	uint32_t mask = (uint32_t)(s->part_slots.used / sizeof(*slots)) - 1;
	uint32_t i = key_of(s, id)->hash & mask;

	while (slots[i] != 0 && slots[i] - 1 < part_count(s) && slots[i] - 1 != id)
		i = (i + 1) & mask;
	slots[i] = id + 1;
	s->part_puts++; /* those taken back leave their slots */
}

/* At most half of them are used; the new ones are empty. */
static void
make_slots(struct sigc *s)
{
	size_t want = SLOTS_FIRST;
	uint32_t zero = 0;

	if (s->part_slots.used / sizeof(zero) > 2 * (size_t)s->part_puts)
		return;
	while (want <= 4 * (size_t)part_count(s))
		want *= 2;
	s->part_slots.used = 0;
	for (size_t i = 0; i < want; i++)
		table_add(&s->part_slots, &zero, sizeof(zero));
	s->part_puts = 0;
	for (uint32_t id = 0; id < part_count(s); id++) {
		if (key_of(s, id)->bytes != NO_TEXT)
			put(s, id);
	}
}

bool
sigc_find_part(struct sigc *s, struct span text, uint32_t *id)
{
	struct generation_part none = { 0, 0 };
	struct sigc_part_key key = { 0, (uint32_t)text.bytes, hash_of(text) };
	const uint32_t *slots;
	uint32_t mask, i;

	make_slots(s);
	slots = (const uint32_t *)(void *)s->part_slots.bytes;
	mask = (uint32_t)(s->part_slots.used / sizeof(*slots)) - 1;
	for (i = key.hash & mask; slots[i] != 0; i = (i + 1) & mask) {
		uint32_t other = slots[i] - 1;

		if (other < part_count(s) && key_of(s, other)->hash == key.hash &&
		    span_equal(text, span_of(s->names.bytes + key_of(s, other)->text,
					 key_of(s, other)->bytes))) {
			*id = other;
			return true;
		}
	}
	*id = part_count(s);
	key.text = table_add_text(&s->names, text);
	table_add(&s->part_keys, &key, sizeof(key));
	table_add(&s->parts, &none, sizeof(none));
	put(s, *id);
	return false;
}

uint32_t
sigc_add_link_part(struct sigc *s)
{
	struct generation_part none = { 0, 0 };
	uint32_t id = part_count(s);
	struct sigc_part_key key = { 0, NO_TEXT, id * 2654435761u };

	table_add(&s->part_keys, &key, sizeof(key));
	table_add(&s->parts, &none, sizeof(none));
	return id;
}

/* Every table that a rule adds to, in one order. */
static struct sigc_table *
table_of(struct sigc *s, unsigned i)
{
	struct sigc_table *all[] = { &s->names, &s->literals, &s->patterns, &s->checks,
		&s->elements, &s->compared, &s->rules, &s->rule_parts, &s->steps, &s->parts,
		&s->triggers, &s->part_keys, &s->regexes };

	return all[i];
}

struct sigc_mark
sigc_mark(struct sigc *s)
{
	struct sigc_mark mark;

	for (unsigned i = 0; i < SIGC_MARKED; i++)
		mark.used[i] = table_of(s, i)->used;
	return mark;
}

void
sigc_undo(struct sigc *s, const struct sigc_mark *mark)
{
	for (unsigned i = 0; i < SIGC_MARKED; i++)
		table_of(s, i)->used = mark->used[i];
}
