/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logical signatures, at the end of an object: how often each part was met stands in a table of the
 * scan's own, and only rules that one of these parts triggers are evaluated.
 * Bounds: TALLIES_MAX parts a scan, GENERATION_STACK_MAX values in an expression.
 */
#include "scanners/signature/internal.h"

struct value {
	bool holds;
	uint64_t matches, parts; /* parts: a bit for each of the rule's own */
};

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
tallies_count(struct tallies *t, const struct pattern_match *m)
{
	struct tally *slot = &t->slots[slot_of(t, m->part)];

	if (slot->part_and_1 == 0) {
		if (t->used == TALLIES_MAX)
			return false;
		t->used++;
		*slot = (struct tally){ m->part + 1, 1, m->start };
	} else if (m->start > slot->last_start && slot->count < UINT32_MAX) {
		slot->count++;
		slot->last_start = m->start;
	}
	return true;
}

static struct value
compare(struct value v, const struct generation_step *s)
{
	bool holds = s->kind == STEP_COUNT_IS     ? v.matches == s->value
		     : s->kind == STEP_COUNT_OVER ? v.matches > s->value
						  : v.matches < s->value;

	if (s->kinds > 0 && (uint32_t)__builtin_popcountll(v.parts) < s->kinds)
		holds = false;
	return holds ? (struct value){ true, v.matches, v.parts } : (struct value){ false, 0, 0 };
}

static struct value
join(struct value a, struct value b, bool holds)
{
	if (!holds)
		return (struct value){ false, 0, 0 };
	return (struct value){ true, a.matches + b.matches, a.parts | b.parts };
}

static bool
expression_holds(
    const struct generation *g, const struct generation_rule *r, const struct tallies *t)
{
	const struct generation_step *s = row(g, GENERATION_STEPS, sizeof(*s), r->steps);
	const uint32_t *parts = row(g, GENERATION_RULE_PARTS, sizeof(*parts), r->parts);
	struct value stack[GENERATION_STACK_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < r->step_count; i++, s++) {
		if (s->kind == STEP_PART) {
			uint32_t count = t->slots[slot_of(t, parts[s->part])].count;

			stack[n++] = (struct value){ count > 0, count,
				count > 0 ? UINT64_C(1) << s->part : 0 };
		} else if (s->kind == STEP_AND || s->kind == STEP_OR) {
			bool both = stack[n - 1].holds && stack[n - 2].holds,
			     any = stack[n - 1].holds || stack[n - 2].holds;

			n--;
			stack[n - 1] =
			    join(stack[n - 1], stack[n], s->kind == STEP_AND ? both : any);
		} else {
			stack[n - 1] = compare(stack[n - 1], s);
		}
	}
	return stack[0].holds;
}

unsigned
target_of(enum format f)
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
		return TARGET_ANY;
	}
}

const char *
rules_judge(const struct generation *g, const struct tallies *t, unsigned target, uint64_t size)
{
	for (unsigned i = 0; i < TALLY_SLOTS; i++) {
		const struct generation_part *p;

		if (t->slots[i].part_and_1 == 0)
			continue;
		p = row(g, GENERATION_PARTS, sizeof(*p), t->slots[i].part_and_1 - 1);
		for (uint32_t k = 0; k < p->trigger_count; k++) {
			const uint32_t *id =
			    row(g, GENERATION_TRIGGERS, sizeof(*id), p->triggers + k);
			const struct generation_rule *r = row(g, GENERATION_RULES, sizeof(*r), *id);

			if ((r->target == TARGET_ANY || r->target == target) &&
			    size >= r->size_min && size <= r->size_max && expression_holds(g, r, t))
				return (const char *)g->sections[GENERATION_NAMES].data + r->name;
		}
	}
	return NULL;
}

/* The stack never runs empty, nor over, and one value is left. */
static bool
steps_are_sound(const struct generation *g, const struct generation_rule *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->step_count; i++) {
		const struct generation_step *s =
		    row(g, GENERATION_STEPS, sizeof(*s), r->steps + i);
		bool joins = s->kind == STEP_AND || s->kind == STEP_OR;

		if (s->kind == 0 || s->kind >= STEP_KIND_COUNT)
			return false;
		if (s->kind == STEP_PART ? n++ == GENERATION_STACK_MAX || s->part >= r->part_count
					 : n < (joins ? 2 : 1))
			return false;
		n -= joins;
	}
	return n == 1;
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
	for (size_t i = 0; i < rows(g, GENERATION_RULE_PARTS, sizeof(uint32_t)); i++) {
		if (*(const uint32_t *)row(g, GENERATION_RULE_PARTS, sizeof(uint32_t), i) >=
		    part_count)
			return false;
	}
	for (size_t i = 0; i < trigger_count; i++) {
		if (*(const uint32_t *)row(g, GENERATION_TRIGGERS, sizeof(uint32_t), i) >=
		    rule_count)
			return false;
	}
	for (size_t i = 0; i < part_count; i++) {
		const struct generation_part *p = row(g, GENERATION_PARTS, sizeof(*p), i);

		if (p->triggers > trigger_count || p->trigger_count > trigger_count - p->triggers)
			return false;
	}
	return true;
}
