/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logical signatures, at the end of an object: how often each part was met stands in a table of the
 * scan's own, and only rules that one of these parts triggers are evaluated.
 * Bounds: TALLIES_MAX parts a scan, GENERATION_STACK_MAX values in an expression.
 */
#include "scanners/signature/internal.h"

struct value {
	bool holds, is_undefined;
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
	return holds ? (struct value){ true, false, v.matches, v.parts } : (struct value){ 0 };
}

static struct value
join(struct value a, struct value b, bool holds)
{
	if (!holds)
		return (struct value){ 0 };
	return (struct value){ true, false, a.matches + b.matches, a.parts | b.parts };
}

static struct value
read_number(const struct generation_step *s, struct span head)
{
	unsigned width = s->kinds & READ_WIDTH;
	uint32_t n = 0;

	if (s->part > head.bytes || head.bytes - s->part < width)
		return (struct value){ .is_undefined = true };
	for (unsigned i = 0; i < width; i++)
		n |= (uint32_t)head.data[s->part + i]
		     << 8 * (s->kinds & READ_BIG_ENDIAN ? width - 1 - i : i);
	return (struct value){ .holds = (n == s->value) == !(s->kinds & READ_DIFFERS) };
}

static bool
size_fits(const struct generation_step *s, uint64_t size)
{
	return s->kind == STEP_SIZE_IS     ? size == s->value
	       : s->kind == STEP_SIZE_OVER ? size > s->value
					   : size < s->value;
}

static bool
are_at_least(const struct value *of, const struct generation_step *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->kinds; i++)
		n += of[i].holds;
	return n >= s->value;
}

/* The counts of the rule's parts, in its own order. */
struct counts {
	const uint32_t *parts;
	const struct tallies *tallies;
};

/* Takes what the step asks for off the stack and puts one value there; where it then ends. */
static struct value *
do_step(const struct generation_step *s, struct value *top, const struct counts *c,
    const struct object_facts *o)
{
	uint32_t count;

	switch (s->kind) {
	case STEP_PART:
		count = c->tallies->slots[slot_of(c->tallies, c->parts[s->part])].count;
		*top = (struct value){ .holds = count > 0,
			.matches = count,
			.parts = count > 0 ? UINT64_C(1) << s->part : 0 };
		return top + 1;
	case STEP_AND:
		top[-2] = join(top[-2], top[-1], top[-2].holds && top[-1].holds);
		return top - 1;
	case STEP_OR:
		top[-2] = join(top[-2], top[-1], top[-2].holds || top[-1].holds);
		return top - 1;
	case STEP_NOT:
		top[-1].holds = !top[-1].holds && !top[-1].is_undefined;
		return top;
	case STEP_AT_LEAST:
		top -= s->kinds;
		*top = (struct value){ .holds = are_at_least(top, s) };
		return top + 1;
	case STEP_SIZE_IS:
	case STEP_SIZE_OVER:
	case STEP_SIZE_UNDER:
		*top = (struct value){ .holds = size_fits(s, o->size) };
		return top + 1;
	case STEP_READ:
		*top = read_number(s, o->head);
		return top + 1;
	default:
		top[-1] = compare(top[-1], s);
		return top;
	}
}

static bool
expression_holds(const struct generation *g, const struct generation_rule *r,
    const struct tallies *t, const struct object_facts *o)
{
	const struct generation_step *s = row(g, GENERATION_STEPS, sizeof(*s), r->steps);
	struct counts c = { row(g, GENERATION_RULE_PARTS, sizeof(uint32_t), r->parts), t };
	struct value stack[GENERATION_STACK_MAX] = { 0 }, *top = stack;

	for (unsigned i = 0; i < r->step_count; i++, s++)
		top = do_step(s, top, &c, o);
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
rules_judge(const struct generation *g, const struct tallies *t, const struct object_facts *o)
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

			if ((r->target == TARGET_ANY || r->target == o->target) &&
			    o->size >= r->size_min && o->size <= r->size_max &&
			    expression_holds(g, r, t, o))
				return (const char *)g->sections[GENERATION_NAMES].data + r->name;
		}
	}
	return NULL;
}

/* How many values a step takes off the stack; each puts one there. */
static uint32_t
taken_by(const struct generation_step *s)
{
	switch (s->kind) {
	case STEP_PART:
	case STEP_SIZE_IS:
	case STEP_SIZE_OVER:
	case STEP_SIZE_UNDER:
	case STEP_READ:
		return 0;
	case STEP_AND:
	case STEP_OR:
		return 2;
	case STEP_AT_LEAST:
		return s->kinds;
	default:
		return 1;
	}
}

static bool
step_is_sound(const struct generation_step *s, const struct generation_rule *r)
{
	unsigned width = s->kinds & READ_WIDTH;

	if (s->kind == 0 || s->kind >= STEP_KIND_COUNT)
		return false;
	return s->kind == STEP_PART   ? s->part < r->part_count
	       : s->kind == STEP_READ ? width == 1 || width == 2 || width == 4
				      : true;
}

/* The stack never runs empty, nor over, and one value is left. */
static bool
steps_are_sound(const struct generation *g, const struct generation_rule *r)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < r->step_count; i++) {
		const struct generation_step *s =
		    row(g, GENERATION_STEPS, sizeof(*s), r->steps + i);

		if (!step_is_sound(s, r) || taken_by(s) > n)
			return false;
		n = n - taken_by(s) + 1;
		if (n > GENERATION_STACK_MAX)
			return false;
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
