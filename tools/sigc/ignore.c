/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's .ign2: names that are not to be found, whatever file brings them and in whatever order
 * the files are read, so they are taken out when all has been read. The built-in EICAR stays: it is
 * how one sees that an appliance scans. NAME:MD5, which ignores one wording of a signature only, is
 * left out.
 */
#include <stdlib.h>

#include "tools/sigc/sigc.h"

static int
by_text(const void *a, const void *b, void *names)
{
	return strcmp((char *)names + *(const uint32_t *)a, (char *)names + *(const uint32_t *)b);
}

static bool
is_ignored(const struct sigc *s, uint32_t name)
{
	return table_holds(&s->ignored, &name, sizeof(name), by_text, s->names.bytes);
}

/* Counts and names it where it is ignored. */
static bool
drop(struct sigc *s, uint32_t name, struct sigc_origin origin)
{
	if (!is_ignored(s, name))
		return false;
	sigc_skip_later(s, origin, span_text((const char *)s->names.bytes + name), SKIP_IGNORED);
	return true;
}

/* Rows, of digests or members, whose name, the word before that of the origin, is ignored. */
static void
drop_rows(struct sigc *s, struct sigc_table *t, size_t each)
{
	const struct sigc_origin *origins =
	    (const struct sigc_origin *)(const void *)s->digest_origins.bytes;
	size_t kept = 0;

	for (size_t at = 0; at < t->used; at += each) {
		uint32_t words[2];

		memcpy(words, t->bytes + at + each - sizeof(words), sizeof(words));
		if (drop(s, words[0], origins[words[1]]))
			continue;
		memmove(t->bytes + kept, t->bytes + at, each);
		kept += each;
	}
	t->used = kept;
}

/* Gates are of use while one of the rules that share them is. */
static void
keep_gates(const struct sigc *s, uint8_t *live)
{
	const struct sigc_gate *g = (const struct sigc_gate *)(const void *)s->gates.bytes;

	for (size_t i = 0; i < s->gates.used / sizeof(*g); i++)
		live[g[i].rule] |= !is_ignored(s, g[i].name);
}

/* Rules keep their places; without a trigger they are never asked. */
static void
drop_rules(struct sigc *s)
{
	const struct generation_rule *rules =
	    (const struct generation_rule *)(void *)s->rules.bytes;
	const struct sigc_origin *origins =
	    (const struct sigc_origin *)(const void *)s->rule_origins.bytes;
	struct sigc_trigger *t = (struct sigc_trigger *)(void *)s->triggers.bytes;
	size_t n = s->triggers.used / sizeof(*t), kept = 0, count = s->rules.used / sizeof(*rules);
	uint8_t *live = calloc(count + 1, 1);

	if (live == NULL)
		abort();
	for (size_t i = 0; i < count; i++)
		live[i] = !rules[i].is_deep && !drop(s, rules[i].name, origins[i]);
	keep_gates(s, live);
	for (size_t i = 0; i < n; i++) {
		if (live[t[i].rule])
			t[kept++] = t[i];
	}
	s->triggers.used = kept * sizeof(*t);
	sigc_keep_always(s, live);
	free(live);
}

/* A rule that others name stays, but is no threat by itself. */
static void
drop_deep(struct sigc *s)
{
	struct sigc_deep *d = (struct sigc_deep *)(void *)s->deep.bytes;

	for (size_t i = 0; i < s->deep.used / sizeof(*d); i++) {
		if (d[i].is_told && drop(s, d[i].name, d[i].origin))
			d[i].is_told = false;
	}
}

/* A rule's patterns carry its name, but may be another's part as well: sigc_sweep() sees to them.
 */
static void
drop_patterns(struct sigc *s)
{
	const struct generation_pattern *checks =
	    (const struct generation_pattern *)(void *)s->checks.bytes;
	struct pattern *p = (struct pattern *)(void *)s->patterns.bytes;
	size_t n = s->patterns.used / sizeof(*p), kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool is_part = p[i].check != GENERATION_NO_PATTERN &&
			       checks[p[i].check].part != GENERATION_NO_PART;

		if (i < s->built_in || is_part || !drop(s, p[i].name, p[i].origin))
			p[kept++] = p[i];
	}
	s->patterns.used = kept * sizeof(*p);
}

void
sigc_drop_ignored(struct sigc *s)
{
	if (s->ignored.used == 0)
		return;
	qsort_r(s->ignored.bytes, s->ignored.used / sizeof(uint32_t), sizeof(uint32_t), by_text,
	    s->names.bytes);
	drop_patterns(s);
	drop_rules(s);
	drop_deep(s);
	for (unsigned i = 0; i < SIGC_SETS * SIGC_KINDS; i++) {
		unsigned kind = i % SIGC_KINDS;

		drop_rows(s, &s->digests[i / SIGC_KINDS][kind], sigc_digest_row_bytes(kind));
	}
	drop_rows(s, &s->members, sizeof(struct generation_member));
	s->ignored.used = 0;
	sigc_forget_deep(s);
	sigc_sweep(s);
}
