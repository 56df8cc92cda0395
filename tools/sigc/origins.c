/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where each threat's name stands: the file and the line that people are told of when they ask why
 * (sluicectl explain). Sorted by name, so that it is found by bisection. Paths begin at their
 * source, so that the same sources make the same generation wherever they lie.
 */
#include <stdlib.h>

#include "tools/sigc/sigc.h"

static int
by_number(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_name(const void *a, const void *b, void *names)
{
	const struct generation_origin *x = a, *y = b;
	int order = strcmp((const char *)names + x->name, (const char *)names + y->name);

	if (order == 0)
		order = by_number(x->file, y->file);
	return order != 0 ? order : by_number(x->line, y->line);
}

static void
add(struct sigc_table *t, uint32_t name, struct sigc_origin at)
{
	struct generation_origin row = { .name = name, .file = at.file, .line = at.line };

	table_add(t, &row, sizeof(row));
}

/* Of rows that end with a name and the row of its origin. */
static void
note_rows(struct sigc *s, const struct sigc_table *t, size_t each)
{
	const struct sigc_origin *origins =
	    (const struct sigc_origin *)(const void *)s->digest_origins.bytes;

	for (size_t at = 0; at < t->used; at += each) {
		uint32_t words[2];

		memcpy(words, t->bytes + at + each - sizeof(words), sizeof(words));
		add(&s->digest_names, words[0], origins[words[1]]);
	}
}

void
sigc_note_digests(struct sigc *s)
{
	for (unsigned i = 0; i < SIGC_SETS * SIGC_KINDS; i++)
		note_rows(s, &s->digests[i / SIGC_KINDS][i % SIGC_KINDS],
		    sigc_digest_row_bytes(i % SIGC_KINDS));
	note_rows(s, &s->members, sizeof(struct generation_member));
}

/* Those that are threats by themselves, and rules; what only asks the sandbox is neither. */
static void
add_rules(const struct sigc *s, struct sigc_table *out)
{
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	const struct generation_rule *r =
	    (const struct generation_rule *)(const void *)s->rules.bytes;
	const struct sigc_origin *origins =
	    (const struct sigc_origin *)(const void *)s->rule_origins.bytes;
	const struct sigc_deep *d = (const struct sigc_deep *)(const void *)s->deep.bytes;

	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		if (p[i].whole == GENERATION_NO_PART)
			add(out, p[i].name, p[i].origin);
	}
	for (size_t i = 0; i < s->rules.used / sizeof(*r); i++) {
		if (!r[i].is_deep)
			add(out, r[i].name, origins[i]);
	}
	for (size_t i = 0; i < s->deep.used / sizeof(*d); i++) {
		if (d[i].is_told)
			add(out, d[i].name, d[i].origin);
	}
}

/* Numbers of files become their paths' places in `files`. */
static void
place_files(const struct sigc *s, struct sigc_table *rows, struct sigc_table *files)
{
	const struct sigc_file *f = (const struct sigc_file *)(const void *)s->files.bytes;
	struct generation_origin *r = (struct generation_origin *)(void *)rows->bytes;
	size_t count = s->files.used / sizeof(*f), n = rows->used / sizeof(*r);
	uint32_t *places = calloc(count + 1, sizeof(*places));

	if (places == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		places[i] = table_add_text(
		    files, span_text((const char *)s->left_out_names.bytes + f[i].short_path));
	for (size_t i = 0; i < n; i++)
		r[i].file = places[r[i].file];
	free(places);
}

/* A pattern may have been made several times of one line. */
static void
drop_doubles(const struct sigc *s, struct sigc_table *rows)
{
	struct generation_origin *r = (struct generation_origin *)(void *)rows->bytes;
	size_t n = rows->used / sizeof(*r), kept = 0;

	for (size_t i = 1; i < n; i++) {
		if (by_name(&r[kept], &r[i], s->names.bytes) != 0)
			r[++kept] = r[i];
	}
	rows->used = n == 0 ? 0 : (kept + 1) * sizeof(*r);
}

void
sigc_build_origins(const struct sigc *s, struct sigc_table *rows, struct sigc_table *files)
{
	table_add(rows, s->digest_names.bytes, s->digest_names.used);
	add_rules(s, rows);
	place_files(s, rows, files);
	if (rows->used > 0)
		qsort_r(rows->bytes, rows->used / sizeof(struct generation_origin),
		    sizeof(struct generation_origin), by_name, s->names.bytes);
	drop_doubles(s, rows);
}
