/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures of members of archives: each is asked of a member by numbers first, and by a regular
 * expression over its name where all of these fit.
 */
#include "scanners/signature/internal.h"

static const struct generation_member *
row(const struct generation *g, size_t i)
{
	return (const struct generation_member *)(const void *)g->sections[GENERATION_MEMBERS]
		   .data +
	       i;
}

static size_t
rows(const struct generation *g)
{
	return g->sections[GENERATION_MEMBERS].bytes / sizeof(struct generation_member);
}

bool
generation_has_members(const struct generation *g)
{
	return g->sections[GENERATION_MEMBERS].bytes > 0;
}

static bool
is_in(const struct generation_range *r, uint64_t value)
{
	return value >= r->min && value <= r->max;
}

static bool
numbers_fit(const struct generation_member *s, const struct signature_member *m)
{
	return (s->archives == 0 || (s->archives & m->archives) != 0) &&
	       (s->encrypted == MEMBER_IS_EITHER ||
		   (s->encrypted == MEMBER_IS_ENCRYPTED) == m->is_encrypted) &&
	       (s->crc == 0 || s->crc == m->crc) && is_in(&s->archive_bytes, m->archive_bytes) &&
	       is_in(&s->packed_bytes, m->packed_bytes) && is_in(&s->bytes, m->bytes) &&
	       is_in(&s->position, m->position);
}

/* 1, 0, or negative as `search` says. */
static int
name_fits(const struct generation *g, uint32_t id, struct span name, signature_regex_search search,
    void *arg)
{
	struct signature_regex what = { .id = id, .bytes = name };
	const struct generation_regex *x;
	size_t start, end;

	if (id == GENERATION_NO_REGEX)
		return 1;
	x = (const struct generation_regex *)(const void *)g->sections[GENERATION_REGEXES].data +
	    id;
	what.options = x->options;
	what.text = (const char *)g->sections[GENERATION_NAMES].data + x->text;
	return search(arg, &what, &start, &end);
}

int
generation_match_member(const struct generation *g, const struct signature_member *m,
    signature_regex_search search, void *arg, const char **threat)
{
	int unknown = 0;

	for (size_t i = 0; i < rows(g); i++) {
		const struct generation_member *s = row(g, i);
		int rc = numbers_fit(s, m) ? name_fits(g, s->regex, m->name, search, arg) : 0;

		if (rc == 1) {
			*threat = (const char *)g->sections[GENERATION_NAMES].data + s->name;
			return 1;
		}
		if (rc < 0)
			unknown = rc;
	}
	return unknown;
}

bool
member_table_is_sound(const struct generation *g)
{
	size_t regexes = g->sections[GENERATION_REGEXES].bytes / sizeof(struct generation_regex);

	if (g->sections[GENERATION_MEMBERS].bytes % sizeof(struct generation_member) != 0)
		return false;
	for (size_t i = 0; i < rows(g); i++) {
		const struct generation_member *s = row(g, i);

		if (s->name >= g->sections[GENERATION_NAMES].bytes ||
		    (s->regex != GENERATION_NO_REGEX && s->regex >= regexes))
			return false;
	}
	return true;
}
