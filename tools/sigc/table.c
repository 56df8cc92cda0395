/* SPDX-License-Identifier: BSD-3-Clause */
/* Growing tables; the program's memory limit ends a run that wants too much. */
#include <stdio.h>
#include <stdlib.h>

#include "tools/sigc/sigc.h"

size_t
table_add(struct sigc_table *t, const void *bytes, size_t count)
{
	size_t at = t->used;

	if (t->room - t->used < count) {
		t->room = (t->room + count) * 2 + 4096;
		t->bytes = realloc(t->bytes, t->room);
		if (t->bytes == NULL)
			sigc_give_up("the limit of memory is reached");
	}
	if (count > 0)
		memcpy(t->bytes + at, bytes, count);
	t->used += count;
	return at;
}

bool
table_holds(const struct sigc_table *sorted, const void *row, size_t row_bytes,
    int (*order)(const void *, const void *, void *), void *arg)
{
	size_t low = 0, high = sorted->used / row_bytes;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int is = order(sorted->bytes + middle * row_bytes, row, arg);

		if (is == 0)
			return true;
		if (is < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

uint32_t
table_add_text(struct sigc_table *t, struct span text)
{
	uint32_t at = (uint32_t)table_add(t, text.data, text.bytes);

	table_add(t, "", 1);
	return at;
}

void
sigc_free(struct sigc *s)
{
	struct sigc_table *all[] = { &s->names, &s->literals, &s->patterns, &s->urls, &s->url_keys,
		&s->lists, &s->files, &s->left_out, &s->left_out_names, &s->seen_slots,
		&s->forgotten, &s->rule_origins, &s->digest_origins, &s->digest_names,
		&s->section_sizes, &s->checks, &s->elements, &s->compared, &s->rules,
		&s->rule_parts, &s->steps, &s->parts, &s->triggers, &s->part_keys, &s->part_slots,
		&s->ignored, &s->always, &s->gates, &s->regexes, &s->members, &s->deep,
		&s->deep_texts, &s->deep_names, &s->compiled_yara };

	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		free(all[i]->bytes);
	for (unsigned i = 0; i < SIGC_SETS * SIGC_KINDS; i++)
		free(s->digests[i / SIGC_KINDS][i % SIGC_KINDS].bytes);
	free(s->earlier.bytes);
}
