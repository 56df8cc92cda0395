/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logical signatures, at the end of an object: how often each part was met stands in a table of the
 * scan's own, and only rules that one of these parts triggers, or that may hold without any, are
 * evaluated (expression.c).
 * Bounds: TALLIES_MAX parts a scan.
 */
#include "scanners/signature/internal.h"

static const void *
row(const struct generation *g, unsigned section, size_t each, size_t i)
{
	return g->sections[section].data + each * i;
}

static size_t
rows(const struct generation *g, unsigned section, size_t each)
{
	return g->sections[section].bytes / each;
}

void
tallies_clear(struct tallies *t)
{
	if (t->used > 0)
		memset(t->slots, 0, sizeof(t->slots));
	t->used = 0;
}

/* The part's slot, or the empty one where it belongs. */
static uint32_t
slot_of(const struct tallies *t, uint32_t part)
{
	uint32_t i = part * 2654435761u % TALLY_SLOTS;

	while (t->slots[i].part_and_1 != 0 && t->slots[i].part_and_1 != part + 1)
		i = (i + 1) % TALLY_SLOTS;
	return i;
}

bool
tallies_count(struct tallies *t, uint32_t part, uint64_t start)
{
	struct tally *slot = &t->slots[slot_of(t, part)];

	if (slot->part_and_1 == 0) {
		if (t->used == TALLIES_MAX)
			return false;
		t->used++;
		*slot = (struct tally){ part + 1, 1, start, start };
	} else if (start > slot->last_start && slot->count < UINT32_MAX) {
		slot->count++;
		slot->last_start = start;
	}
	if (start < slot->first_start)
		slot->first_start = start;
	return true;
}

bool
tallies_settle(struct tallies *t, uint32_t part, bool is_known)
{
	struct tally *slot = &t->slots[slot_of(t, part)];

	if (slot->part_and_1 == 0 && t->used == TALLIES_MAX)
		return false;
	t->used += slot->part_and_1 == 0;
	*slot = (struct tally){ part + 1, 0, 0, !is_known };
	return true;
}

const struct tally *
tallies_of(const struct tallies *t, uint32_t part)
{
	return &t->slots[slot_of(t, part)];
}

/* What begins like a picture or a film to ClamAV, which asks for less than we do to name a format.
 */
static unsigned
target_by_head(struct span head)
{
	static const struct {
		const char *magic;
		unsigned target;
	} rows[] = { { "\x89PNG", TARGET_GRAPHICS }, { "GIF", TARGET_GRAPHICS },
		{ "BM", TARGET_GRAPHICS }, { "FWS", TARGET_FLASH }, { "CWS", TARGET_FLASH },
		{ "ZWS", TARGET_FLASH } };

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (span_is(span_first(head, strlen(rows[i].magic)), rows[i].magic))
			return rows[i].target;
	}
	return TARGET_ANY;
}

unsigned
target_of(enum format f, struct span head)
{
	switch (f) {
	case FORMAT_EXE:
		return TARGET_PE;
	case FORMAT_OLE:
		return TARGET_OLE;
	case FORMAT_PNG:
	case FORMAT_JPEG:
	case FORMAT_GIF:
	case FORMAT_TIFF:
	case FORMAT_BMP:
		return TARGET_GRAPHICS;
	case FORMAT_ELF:
		return TARGET_ELF;
	case FORMAT_MACHO:
		return TARGET_MACHO;
	case FORMAT_PDF:
		return TARGET_PDF;
	case FORMAT_SWF:
		return TARGET_FLASH;
	case FORMAT_JAVA_CLASS:
		return TARGET_JAVA;
	default:
		return target_by_head(head);
	}
}

/* Whether it may hold whatever the regular expressions say that were not searched for. */
static bool
may_hold_by_regexes(const struct generation *g, const struct generation_rule *r, struct tallies *t,
    const struct object_facts *o)
{
	struct object_facts without = *o;

	without.regexes = NULL;
	return expression_judge(g, r, t, &without) != RULE_NO;
}

/* Whether it is for such objects, and holds. */
static enum rule_result
judge(const struct generation *g, const struct generation_rule *r, struct tallies *t,
    const struct object_facts *o)
{
	if (((o->begins ^ r->begins.value) & r->begins.mask) != 0 ||
	    (r->target != o->target && (r->target != TARGET_ANY || o->is_form)) ||
	    (r->of != TARGET_ANY && r->of != o->of) || o->size < r->size_min ||
	    o->size > r->size_max)
		return RULE_NO;
	if (o->regexes != NULL && !may_hold_by_regexes(g, r, t, o))
		return RULE_NO;
	return expression_judge(g, r, t, o);
}

static bool
asks_for_container(const struct generation *g, const struct generation_rule *r)
{
	const struct generation_step *s = row(g, GENERATION_STEPS, sizeof(*s), r->steps);

	for (unsigned i = 0; i < r->step_count; i++) {
		if (s[i].kind == STEP_CONTAINER)
			return true;
	}
	return false;
}

static bool
may_hold_under_a_name(const struct generation *g, const struct generation_rule *r,
    struct tallies *t, const struct object_facts *o)
{
	struct object_facts nameless = *o;

	nameless.name = NULL;
	return judge(g, r, t, &nameless) != RULE_NO;
}

/* True: it holds, and is a threat. */
static bool
ask(const struct generation *g, uint32_t id, struct tallies *t, const struct object_facts *o,
    struct rules_said *out)
{
	const struct generation_rule *r = row(g, GENERATION_RULES, sizeof(*r), id);
	enum rule_result result;

	if (r->is_deep && out->wants_deep && (!r->by_name || out->by_name))
		return false;
	if (r->by_name && !may_hold_under_a_name(g, r, t, o))
		return false;
	out->by_name |= r->by_name;
	if (r->is_deep && out->wants_deep)
		return false;
	result = judge(g, r, t, o);
	if (r->is_deep) {
		out->wants_deep = result != RULE_NO;
	} else if (result == RULE_YES) {
		out->name = (const char *)g->sections[GENERATION_NAMES].data + r->name;
		out->by_name = r->by_name;
		out->by_container = asks_for_container(g, r);
	} else {
		out->is_unseen |= result == RULE_UNSEEN;
	}
	return out->name != NULL;
}

void
rules_judge(const struct generation *g, struct tallies *t, const struct object_facts *o,
    struct rules_said *out)
{
	size_t always = rows(g, GENERATION_ALWAYS, sizeof(uint32_t));

	*out = (struct rules_said){ .name = NULL };
	for (unsigned i = 0; t->used > 0 && i < TALLY_SLOTS; i++) {
		const struct generation_part *p;

		if (t->slots[i].part_and_1 == 0)
			continue;
		p = row(g, GENERATION_PARTS, sizeof(*p), t->slots[i].part_and_1 - 1);
		for (uint32_t k = 0; k < p->trigger_count; k++) {
			const uint32_t *id =
			    row(g, GENERATION_TRIGGERS, sizeof(*id), p->triggers + k);

			if (ask(g, *id, t, o, out))
				return;
		}
	}
	for (size_t i = 0; i < always; i++) {
		const uint32_t *id = row(g, GENERATION_ALWAYS, sizeof(*id), i);

		if (ask(g, *id, t, o, out))
			return;
	}
}

static bool
rule_is_sound(const struct generation *g, const struct generation_rule *r)
{
	size_t parts = rows(g, GENERATION_RULE_PARTS, sizeof(uint32_t)),
	       steps = rows(g, GENERATION_STEPS, sizeof(struct generation_step));

	return r->name < g->sections[GENERATION_NAMES].bytes && r->parts <= parts &&
	       r->part_count <= parts - r->parts && r->part_count <= GENERATION_RULE_PARTS_MAX &&
	       r->steps <= steps && r->step_count <= steps - r->steps && steps_are_sound(g, r);
}

/* Every number of a section of uint32_t. */
static bool
are_below(const struct generation *g, unsigned section, size_t limit)
{
	for (size_t i = 0; i < rows(g, section, sizeof(uint32_t)); i++) {
		if (*(const uint32_t *)row(g, section, sizeof(uint32_t), i) >= limit)
			return false;
	}
	return true;
}

bool
rules_ask_for_names(const struct generation *g)
{
	for (size_t i = 0; i < rows(g, GENERATION_RULES, sizeof(struct generation_rule)); i++) {
		const struct generation_rule *r = row(g, GENERATION_RULES, sizeof(*r), i);

		if (r->by_name)
			return true;
	}
	return false;
}

bool
rule_tables_are_sound(const struct generation *g)
{
	size_t rule_count = rows(g, GENERATION_RULES, sizeof(struct generation_rule)),
	       part_count = rows(g, GENERATION_PARTS, sizeof(struct generation_part)),
	       trigger_count = rows(g, GENERATION_TRIGGERS, sizeof(uint32_t));

	for (size_t i = 0; i < rule_count; i++) {
		if (!rule_is_sound(g, row(g, GENERATION_RULES, sizeof(struct generation_rule), i)))
			return false;
	}
	if (!regex_tables_are_sound(g))
		return false;
	if (!are_below(g, GENERATION_TRIGGERS, rule_count) ||
	    !are_below(g, GENERATION_ALWAYS, rule_count) ||
	    !are_below(g, GENERATION_RULE_PARTS, part_count))
		return false;
	for (size_t i = 0; i < part_count; i++) {
		const struct generation_part *p = row(g, GENERATION_PARTS, sizeof(*p), i);

		if (p->triggers > trigger_count || p->trigger_count > trigger_count - p->triggers)
			return false;
	}
	return true;
}
