/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The databases. Hyperscan's speed hangs on the size of the set, and most signatures are for one
 * kind of object: each target gets a database of its own patterns and those for any, so that every
 * object is still scanned once, but a page not for what programs may hold. A form's holds nothing
 * of any's, with which its bytes are scanned too. Literals stand in the order of their bytes, each
 * once, so that a database is the same wherever its signatures were read and whatever stood beside
 * them.
 */
#include <errno.h>
#include <stdlib.h>

#include <hs/hs.h>

#include "tools/sigc/sigc.h"

#define ANY_TARGET (1u << TARGET_ANY)

static void
mark_parts_of(const struct sigc *s, uint32_t rule, uint32_t *targets)
{
	const struct generation_rule *r =
	    (const struct generation_rule *)(const void *)s->rules.bytes + rule;
	const uint32_t *parts = (const uint32_t *)(const void *)s->rule_parts.bytes;

	for (unsigned k = 0; k < r->part_count; k++)
		targets[parts[r->parts + k]] |= 1u << r->target;
}

/* For each part a bit for each target of the rules that may ask for it; the caller's. */
static uint32_t *
targets_of_parts(const struct sigc *s)
{
	const uint32_t *always = (const uint32_t *)(const void *)s->always.bytes;
	const struct sigc_trigger *t = (const struct sigc_trigger *)(const void *)s->triggers.bytes;
	uint32_t *targets =
	    calloc(s->parts.used / sizeof(struct generation_part) + 1, sizeof(*targets));

	if (targets == NULL)
		abort();
	for (size_t i = 0; i < s->triggers.used / sizeof(*t); i++)
		mark_parts_of(s, t[i].rule, targets);
	for (size_t i = 0; i < s->always.used / sizeof(*always); i++)
		mark_parts_of(s, always[i], targets);
	return targets;
}

uint32_t
sigc_assign_targets(struct sigc *s)
{
	struct pattern *p = (struct pattern *)(void *)s->patterns.bytes;
	uint32_t *of_parts = targets_of_parts(s), all = ANY_TARGET;

	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		p[i].targets = p[i].whole != GENERATION_NO_PART ? of_parts[p[i].whole] : ANY_TARGET;
		all |= p[i].targets & (p[i].targets & ANY_TARGET ? TARGET_FORMS : UINT32_MAX);
	}
	free(of_parts);
	return all;
}

bool
sigc_is_of_target(const struct pattern *p, unsigned target)
{
	uint32_t own = 1u << target;

	return (p->targets & (own & TARGET_FORMS ? own : ANY_TARGET | own)) != 0;
}

static int
by_literal(const void *a, const void *b, void *arg)
{
	const struct sigc *s = arg;
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	int order;

	if (p[i].bytes_count != p[k].bytes_count)
		return p[i].bytes_count < p[k].bytes_count ? -1 : 1;
	order = memcmp(
	    s->literals.bytes + p[i].bytes_at, s->literals.bytes + p[k].bytes_at, p[i].bytes_count);
	if (order != 0)
		return order;
	if (p[i].nocase != p[k].nocase)
		return p[i].nocase ? 1 : -1;
	return i < k ? -1 : i > k;
}

static bool
is_same_literal(const struct sigc *s, const struct pattern *a, const struct pattern *b)
{
	return a->nocase == b->nocase && a->bytes_count == b->bytes_count &&
	       memcmp(s->literals.bytes + a->bytes_at, s->literals.bytes + b->bytes_at,
		   a->bytes_count) == 0;
}

uint32_t *
sigc_sort_patterns(const struct sigc *s)
{
	uint32_t n = (uint32_t)(s->patterns.used / sizeof(struct pattern));
	uint32_t *sorted = calloc(n + 1, sizeof(*sorted));

	if (sorted == NULL)
		abort();
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = i;
	qsort_r(sorted, n, sizeof(*sorted), by_literal, (void *)(uintptr_t)s);
	return sorted;
}

void
sigc_target_numbers(
    const struct sigc *s, const uint32_t *sorted, unsigned target, struct sigc_table *out)
{
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	uint32_t *last = NULL;

	out->used = 0;
	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		const struct pattern *now = &p[sorted[i]];
		size_t at;

		if (!sigc_is_of_target(now, target))
			continue;
		if (last != NULL && is_same_literal(s, &p[*last], now))
			*last |= GENERATION_NUMBER_MORE;
		at = table_add(out, &sorted[i], sizeof(sorted[i])); /* it may move */
		last = (uint32_t *)(void *)(out->bytes + at);
	}
}

const struct pattern *
sigc_next_literal(
    const struct sigc *s, const struct sigc_table *numbers, unsigned *at, unsigned *id)
{
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	const uint32_t *all = (const uint32_t *)(const void *)numbers->bytes;
	unsigned count = (unsigned)(numbers->used / sizeof(*all));

	if (*at >= count)
		return NULL;
	*id = *at;
	while ((all[*at] & GENERATION_NUMBER_MORE) != 0) /* the last of them has it not */
		(*at)++;
	return &p[all[(*at)++]];
}

/* What hs_compile_lit_multi() takes; `room` of each. */
struct literals {
	const char **texts;
	size_t *lengths;
	unsigned *flags, *ids, count;
};

static void
collect(const struct sigc *s, const struct sigc_table *numbers, struct literals *l)
{
	size_t n = numbers->used / sizeof(uint32_t);
	const struct pattern *p;
	unsigned at = 0, id;

	l->texts = calloc(n + 1, sizeof(*l->texts));
	l->lengths = calloc(n + 1, sizeof(*l->lengths));
	l->flags = calloc(n + 1, sizeof(*l->flags));
	l->ids = calloc(n + 1, sizeof(*l->ids));
	if (l->texts == NULL || l->lengths == NULL || l->flags == NULL || l->ids == NULL)
		abort();
	while ((p = sigc_next_literal(s, numbers, &at, &id)) != NULL) {
		l->texts[l->count] = (const char *)s->literals.bytes + p->bytes_at;
		l->lengths[l->count] = p->bytes_count;
		l->flags[l->count] = p->nocase ? HS_FLAG_CASELESS : 0;
		l->ids[l->count++] = id;
	}
}

static int
say(char error[SIGC_ERROR_MAX], const char *what)
{
	snprintf(error, SIGC_ERROR_MAX, "Hyperscan: %.480s", what);
	return -EINVAL;
}

int
sigc_compile(const struct sigc *s, const struct sigc_table *numbers, unsigned mode, char **out,
    size_t *bytes, char error[SIGC_ERROR_MAX])
{
	struct literals l = { 0 };
	hs_compile_error_t *why = NULL;
	hs_database_t *db = NULL;
	int rc = 0;

	collect(s, numbers, &l);
	if (hs_compile_lit_multi(
		l.texts, l.flags, l.ids, l.lengths, l.count, mode, NULL, &db, &why) != HS_SUCCESS) {
		rc = say(error, why->message);
		hs_free_compile_error(why);
	} else if (hs_serialize_database(db, out, bytes) != HS_SUCCESS) {
		rc = say(error, "the database can't be written down");
	}
	hs_free_database(db);
	free(l.texts);
	free(l.lengths);
	free(l.flags);
	free(l.ids);
	return rc;
}
