/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Regular expressions of rules, at the end of an object that is there as a whole. Each is searched
 * for once, and only where a rule hangs on it and its trigger holds; how often it was met stands
 * among the tallies. A limit that the search meets leaves open what it says.
 *
 * As ClamAV has it (its manual's "PCRE subsignatures"): the first match counts, or with `g` every
 * one; of two that begin at the same place one. A match of no bytes, which would be met there for
 * ever, is followed by a search from the next byte.
 */
#include "scanners/signature/internal.h"

static const void *
row(const struct generation *g, unsigned section, size_t each, size_t i)
{
	return g->sections[section].data + each * i;
}

/* Where the search begins; false: behind the end, or before the start. */
static bool
begins_at(const struct generation_regex *x, uint64_t size, uint64_t *at)
{
	if (x->from == FROM_END && x->start_max > size)
		return false;
	*at = x->from == FROM_END ? size - x->start_max : x->start_min;
	return *at < size;
}

/* Counts what is met. False: what it says is not known. */
static bool
search(const struct generation *g, uint32_t id, uint32_t part, struct tallies *t,
    struct regex_search *how)
{
	const struct generation_regex *x = row(g, GENERATION_REGEXES, sizeof(*x), id);
	bool is_anywhere = x->from == FROM_START && x->start_max == UINT64_MAX;
	uint64_t shift = is_anywhere ? 0 : x->start_max - x->start_min, at;
	struct signature_regex what = { .id = id, .options = x->options };
	size_t start, end;
	int rc;

	if (!begins_at(x, how->bytes.bytes, &at))
		return true;
	what.text = (const char *)g->sections[GENERATION_NAMES].data + x->text;
	what.bytes = span_from(how->bytes, (size_t)at);
	if (x->search & SEARCH_ENCOMPASSING && shift > 0 && shift < what.bytes.bytes)
		what.bytes = span_first(what.bytes, (size_t)shift);
	what.is_anchored = !is_anywhere && shift == 0 && !(x->search & SEARCH_ROLLING);
	do {
		rc = how->search(how->arg, &what, &start, &end);
		if (rc <= 0)
			return rc == 0;
		if (!(x->search & SEARCH_ENCOMPASSING) && shift > 0 && start > shift)
			return true;
		if (!tallies_count(t, part, at + start))
			return false;
		how->end = at + end;
		what.from = end > start ? end : end + 1;
	} while (x->search & SEARCH_GLOBAL && what.from < what.bytes.bytes);
	return true;
}

static enum rule_result
judge_trigger(const struct generation *g, const struct generation_rule *r, uint32_t id,
    struct tallies *t, const struct object_facts *o)
{
	const struct generation_regex *x = row(g, GENERATION_REGEXES, sizeof(*x), id);
	struct generation_rule trigger = *r;

	trigger.steps = x->steps;
	trigger.step_count = x->step_count;
	return expression_judge(g, &trigger, t, o);
}

const struct tally *
regex_tally(const struct generation *g, const struct generation_rule *r,
    const struct generation_step *s, struct tallies *t, const struct object_facts *o)
{
	const uint32_t *part = row(g, GENERATION_RULE_PARTS, sizeof(*part), r->parts + s->part);
	const struct tally *found = tallies_of(t, *part);
	enum rule_result trigger;
	bool is_known;

	if (found->part_and_1 != 0)
		return found->count > 0 || found->last_start == 0 ? found : NULL;
	if (o->regexes == NULL)
		return NULL;
	trigger = judge_trigger(g, r, s->value, t, o);
	is_known = trigger == RULE_NO ||
		   (trigger == RULE_YES && search(g, s->value, *part, t, o->regexes));
	found = tallies_of(t, *part);
	if ((!is_known || found->part_and_1 == 0) && !tallies_settle(t, *part, is_known))
		return NULL;
	return is_known ? tallies_of(t, *part) : NULL;
}

static bool
regex_is_sound(const struct generation *g, const struct generation_regex *x)
{
	const struct generation_rule trigger = {
		.steps = x->steps, .step_count = x->step_count, .part_count = x->part
	};
	size_t steps = g->sections[GENERATION_STEPS].bytes / sizeof(struct generation_step);

	return x->text < g->sections[GENERATION_NAMES].bytes && x->start_min <= x->start_max &&
	       (x->from == FROM_START || x->from == FROM_END) && x->steps <= steps &&
	       x->step_count <= steps - x->steps &&
	       (x->step_count == 0 || steps_are_sound(g, &trigger)); /* of a member's name */
}

bool
regex_tables_are_sound(const struct generation *g)
{
	struct span all = g->sections[GENERATION_REGEXES];
	const struct generation_regex *x;

	if (all.bytes % sizeof(*x) != 0)
		return false;
	for (size_t i = 0; i < all.bytes / sizeof(*x); i++) {
		if (!regex_is_sound(g, row(g, GENERATION_REGEXES, sizeof(*x), i)))
			return false;
	}
	return true;
}
