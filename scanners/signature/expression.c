/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Expressions of rules, in postfix order (generation_file.h). Besides holding or not, a value may
 * be undefined, as YARA has it, or unseen: it hangs on bytes of the object that are not kept. What
 * is decided without those is decided: false and unseen is false, true or unseen is true.
 * What hangs on a name, or on a regular expression, is unseen where that is left open
 * (object_facts); then how often something was met may be open though it holds.
 * Bounds: GENERATION_STACK_MAX values; the steps are as many as the generation holds.
 */
#include "scanners/signature/internal.h"

struct value {
	bool holds, is_undefined, is_unseen;
	bool is_open; /* it holds, with more matches, or more parts, than are told */
	/* parts: a bit for each of the rule's own; those of a value that does not hold count for
	 * nothing. A part that was not met is of it: "=0" and "<n" make it hold, and ClamAV counts
	 * it. */
	uint64_t matches, parts;
	int64_t number;
};

/* What steps look at. */
struct context {
	const struct generation *generation;
	const struct generation_rule *rule;
	const uint32_t *parts; /* the rule's */
	struct tallies *tallies;
	const struct object_facts *object;
};

static const void *
row(const struct generation *g, unsigned section, size_t each, size_t i)
{
	return g->sections[section].data + each * i;
}

static struct value
number(int64_t n)
{
	return (struct value){ .number = n };
}

static const struct value undefined = { .is_undefined = true };
static const struct value unseen = { .is_unseen = true };

/* A block that is counted tells its sum to the one around it, not its parts, as ClamAV has it. */
static struct value
count(struct value v, const struct generation_step *s)
{
	bool holds = s->kind == STEP_COUNT_IS     ? v.matches == s->value
		     : s->kind == STEP_COUNT_OVER ? v.matches > s->value
						  : v.matches < s->value;

	if (v.is_unseen || v.is_open)
		return unseen;
	if (s->kinds > 0 && (uint32_t)__builtin_popcountll(v.parts) < s->kinds)
		holds = false;
	v.holds = holds;
	if (s[-1].kind != STEP_PART && s[-1].kind != STEP_REGEX)
		v.parts = 0;
	return holds ? v : (struct value){ 0 };
}

static struct value
both(struct value a, struct value b)
{
	if ((!a.holds && !a.is_unseen) || (!b.holds && !b.is_unseen))
		return (struct value){ 0 };
	if (a.is_unseen || b.is_unseen)
		return unseen;
	return (struct value){ .holds = true,
		.is_open = a.is_open || b.is_open,
		.matches = a.matches + b.matches,
		.parts = a.parts | b.parts };
}

/* Of two that are undefined it is false, as "and" is: so libyara 4.2.3 has it. */
static struct value
either(struct value a, struct value b)
{
	if (a.holds || b.holds)
		return (struct value){ .holds = true,
			.is_open = a.is_open || b.is_open || a.is_unseen || b.is_unseen,
			.matches = a.matches + b.matches,
			.parts = (a.holds ? a.parts : 0) | (b.holds ? b.parts : 0) };
	if (a.is_unseen || b.is_unseen)
		return unseen;
	return (struct value){ 0 };
}

static struct value
opposite(struct value v)
{
	return v.is_undefined || v.is_unseen ? v : (struct value){ .holds = !v.holds };
}

static struct value
at_least(const struct value *of, const struct generation_step *s)
{
	unsigned sure = 0, open = 0;

	for (unsigned i = 0; i < s->kinds; i++) {
		sure += of[i].holds;
		open += of[i].is_unseen;
	}
	if (sure < s->value && sure + open >= s->value)
		return unseen;
	return (struct value){ .holds = sure >= s->value };
}

/* The object's byte where it is kept: of its start or its end; -1: it is not. */
static int
object_byte(const struct object_facts *o, uint64_t at)
{
	return at < o->head.bytes ? o->head.data[at] : view_byte(o->tail, at);
}

static struct value
read_number(struct value at, const struct generation_step *s, const struct object_facts *o)
{
	unsigned width = s->kinds & READ_WIDTH;
	uint64_t n = 0;

	if (at.is_undefined || at.is_unseen)
		return at;
	if (at.number < 0 || (uint64_t)at.number > o->size || o->size - (uint64_t)at.number < width)
		return undefined;
	for (unsigned i = 0; i < width; i++) {
		int b = object_byte(o, (uint64_t)at.number + i);

		if (b < 0)
			return unseen;
		n |= (uint64_t)b << 8 * (s->kinds & READ_BIG_ENDIAN ? width - 1 - i : i);
	}
	if (s->kinds & READ_SIGNED) { /* widths are checked when a generation is opened */
		uint64_t sign = UINT64_C(0x80) << (8 * width - 8) % 64;

		n = (n ^ sign) - sign;
	}
	return number((int64_t)n);
}

/* Shifts by more than there are bits, as YARA does them. */
static struct value
shift(int64_t a, int64_t by, bool to_the_left)
{
	if (by < 0)
		return undefined;
	if (by > 63)
		return number(0);
	return number(to_the_left ? (int64_t)((uint64_t)a << by) : a >> by);
}

static struct value
compute(struct value a, struct value b, uint32_t how)
{
	uint64_t x = (uint64_t)a.number, y = (uint64_t)b.number;

	if (a.is_undefined || b.is_undefined)
		return undefined;
	if (a.is_unseen || b.is_unseen)
		return unseen;
	switch (how) {
	case MATH_ADD:
		return number((int64_t)(x + y));
	case MATH_SUBTRACT:
		return number((int64_t)(x - y));
	case MATH_MULTIPLY:
		return number((int64_t)(x * y));
	case MATH_DIVIDE:
	case MATH_MODULO:
		if (b.number == 0 || (a.number == INT64_MIN && b.number == -1))
			return undefined;
		return number(how == MATH_DIVIDE ? a.number / b.number : a.number % b.number);
	case MATH_AND:
		return number((int64_t)(x & y));
	case MATH_OR:
		return number((int64_t)(x | y));
	case MATH_XOR:
		return number((int64_t)(x ^ y));
	default:
		return shift(a.number, b.number, how == MATH_LEFT);
	}
}

static struct value
compare(struct value a, struct value b, uint32_t how)
{
	bool holds = how == COMPARE_IS        ? a.number == b.number
		     : how == COMPARE_DIFFERS ? a.number != b.number
		     : how == COMPARE_UNDER   ? a.number < b.number
		     : how == COMPARE_UPTO    ? a.number <= b.number
		     : how == COMPARE_OVER    ? a.number > b.number
					      : a.number >= b.number;

	if (a.is_undefined || b.is_undefined)
		return undefined;
	return a.is_unseen || b.is_unseen ? unseen : (struct value){ .holds = holds };
}

static const struct signature_variables *
variables_of(const struct object_facts *o)
{
	struct object_name *n = o->name;
	char text[SIGNATURE_NAME_MAX];
	size_t bytes;

	if (!n->is_known) {
		bytes = n->of != NULL ? n->of(n->arg, text, sizeof(text)) : 0;
		signature_variables(span_of(text, bytes), o->format, o->head, &n->variables);
		n->is_known = true;
	}
	return &n->variables;
}

static struct value
compare_name(const struct generation_step *s, const struct context *c)
{
	const char *text = (const char *)c->generation->sections[GENERATION_NAMES].data + s->value;

	if (c->object->name == NULL)
		return unseen;
	return (struct value){ .holds = signature_text_compare(variables_of(c->object)->of[s->part],
				   span_text(text), s->kinds) };
}

static struct value
met(const struct generation_step *s, const struct tally *t)
{
	return (struct value){
		.holds = t->count > 0, .matches = t->count, .parts = UINT64_C(1) << s->part
	};
}

static struct value
regex(const struct generation_step *s, const struct context *c)
{
	const struct tally *t = regex_tally(c->generation, c->rule, s, c->tallies, c->object);

	return t != NULL ? met(s, t) : unseen;
}

/* Of a program whose headers were read; there are none of what is none. */
static struct value
of_program(const struct generation_step *s, const struct signature_program *p)
{
	if (p->result != PROGRAM_YES)
		return p->result == PROGRAM_BEYOND ? unseen : undefined;
	return number(s->kind == STEP_ENTRY ? (int64_t)p->at.entry : p->at.section_count);
}

/* What a step pushes that takes nothing. */
static struct value
fact(const struct generation_step *s, const struct context *c)
{
	const struct tally *t;

	if (s->kind == STEP_NUMBER)
		return number((int64_t)(s->value | (uint64_t)s->kinds << 32));
	if (s->kind == STEP_SIZE)
		return number((int64_t)c->object->size);
	if (s->kind == STEP_NAME)
		return compare_name(s, c);
	if (s->kind == STEP_CONTAINER)
		return (struct value){ .holds = (c->object->containers >> s->value & 1) != 0 };
	if (s->kind == STEP_SECTIONS || s->kind == STEP_ENTRY)
		return of_program(s, c->object->program);
	t = tallies_of(c->tallies, c->parts[s->part]);
	if (s->kind == STEP_MATCHES)
		return number(t->count);
	if (s->kind == STEP_START)
		return t->count > 0 ? number((int64_t)t->first_start) : undefined;
	return met(s, t);
}

/* Takes what the step asks for off the stack and puts one value there; where it then ends. */
static struct value *
do_step(const struct generation_step *s, struct value *top, const struct context *c)
{
	switch (s->kind) {
	case STEP_AND:
		top[-2] = both(top[-2], top[-1]);
		return top - 1;
	case STEP_OR:
		top[-2] = either(top[-2], top[-1]);
		return top - 1;
	case STEP_MATH:
		top[-2] = compute(top[-2], top[-1], s->value);
		return top - 1;
	case STEP_COMPARE:
		top[-2] = compare(top[-2], top[-1], s->value);
		return top - 1;
	case STEP_NOT:
		top[-1] = opposite(top[-1]);
		return top;
	case STEP_AT_LEAST:
		top -= s->kinds;
		*top = at_least(top, s);
		return top + 1;
	case STEP_READ:
		top[-1] = read_number(top[-1], s, c->object);
		return top;
	case STEP_UNSURE:
		if (top[-1].holds)
			top[-1] = unseen;
		return top;
	case STEP_COUNT_IS:
	case STEP_COUNT_OVER:
	case STEP_COUNT_UNDER:
		top[-1] = count(top[-1], s);
		return top;
	case STEP_REGEX:
		*top = regex(s, c);
		return top + 1;
	default:
		*top = fact(s, c);
		return top + 1;
	}
}

enum rule_result
expression_judge(const struct generation *g, const struct generation_rule *r, struct tallies *t,
    const struct object_facts *o)
{
	const struct generation_step *s = row(g, GENERATION_STEPS, sizeof(*s), r->steps);
	struct context c = { g, r, row(g, GENERATION_RULE_PARTS, sizeof(uint32_t), r->parts), t,
		o };
	struct value stack[GENERATION_STACK_MAX] = { 0 }, *top = stack;

	for (unsigned i = 0; i < r->step_count; i++, s++)
		top = do_step(s, top, &c);
	return stack[0].holds ? RULE_YES : stack[0].is_unseen ? RULE_UNSEEN : RULE_NO;
}

/* How many values a step takes off the stack; each puts one there. */
static uint32_t
taken_by(const struct generation_step *s)
{
	switch (s->kind) {
	case STEP_PART:
	case STEP_NUMBER:
	case STEP_SIZE:
	case STEP_MATCHES:
	case STEP_START:
	case STEP_NAME:
	case STEP_REGEX:
	case STEP_CONTAINER:
	case STEP_SECTIONS:
	case STEP_ENTRY:
		return 0;
	case STEP_AND:
	case STEP_OR:
	case STEP_MATH:
	case STEP_COMPARE:
		return 2;
	case STEP_AT_LEAST:
		return s->kinds;
	default:
		return 1;
	}
}

/* There is such a regular expression, and it is that part: its trigger speaks of smaller ones. */
static bool
regex_is_part(const struct generation *g, const struct generation_step *s)
{
	const struct generation_regex *x;

	if (s->value >= g->sections[GENERATION_REGEXES].bytes / sizeof(*x))
		return false;
	x = row(g, GENERATION_REGEXES, sizeof(*x), s->value);
	return x->part == s->part && x->step_count > 0;
}

static bool
step_is_sound(
    const struct generation *g, const struct generation_step *s, const struct generation_rule *r)
{
	unsigned width = s->kinds & READ_WIDTH;

	switch (s->kind) {
	case STEP_PART:
	case STEP_MATCHES:
	case STEP_START:
		return s->part < r->part_count;
	case STEP_REGEX:
		return s->part < r->part_count && regex_is_part(g, s);
	case STEP_READ:
		return width == 1 || width == 2 || width == 4;
	case STEP_MATH:
		return s->value < MATH_COUNT;
	case STEP_COMPARE:
		return s->value < COMPARE_COUNT;
	case STEP_CONTAINER:
		return s->value < CONTAINER_COUNT;
	case STEP_NAME:
		return s->part < VARIABLE_COUNT && (s->kinds & ~TEXT_NOCASE) < TEXT_COUNT &&
		       s->value < g->sections[GENERATION_NAMES].bytes && r->by_name != 0;
	default:
		return s->kind > 0 && s->kind < STEP_KIND_COUNT;
	}
}

bool
steps_are_sound(const struct generation *g, const struct generation_rule *r)
{
	uint32_t n = 0;

	for (unsigned i = 0; i < r->step_count; i++) {
		const struct generation_step *s =
		    row(g, GENERATION_STEPS, sizeof(*s), r->steps + i);

		if (!step_is_sound(g, s, r) || taken_by(s) > n)
			return false;
		n = n - taken_by(s) + 1;
		if (n > GENERATION_STACK_MAX)
			return false;
	}
	return n == 1;
}
