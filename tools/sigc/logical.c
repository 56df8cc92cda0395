/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Logical signatures, ClamAV's .ldb: NAME;CONDITIONS;EXPRESSION;PART;PART…, each part one of
 * hex.c's patterns with OFFSET: before and ::MODIFIERS behind, or a regular expression (regex.c),
 * which makes the rule one for the sandbox (TARGET_WHOLE, unless it is for a form), as do
 * conditions on what the object lies in or on a program's headers, which become terms of the
 * expression. A rule is taken whole or not at all: what it had added is taken back when one of its
 * parts can't be honoured. CONDITIONS are conditions.c's.
 *
 * Equal patterns of different rules are one. Each rule names its triggers: parts one of which must
 * have been met for the expression to hold; a rule that may hold without any is left out. Those of
 * a regular expression are its trigger's.
 *
 * The expression is read as ClamAV reads it (cli_ac_chklsig): & and | have one rank and bind to the
 * right, but in brackets the last of them binds last: 0&1|2 is 0&(1|2), (0&1|2) is (0&1)|2, and
 * (0&1|2&3) is (0&(1|2))&3. =n, >n, <n behind a part compare its matches, behind a block the sum of
 * those of its parts that hold, and ,m asks for m different ones.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/sigc.h"

#define NESTING_MAX 24

/* Parts without one of which a term can't hold; 0: it may hold without any. */
typedef uint64_t triggers;

/* Of a rule's parts, those that are regular expressions. */
struct regexes {
	triggers are;                            /* a bit each */
	uint32_t row[GENERATION_RULE_PARTS_MAX]; /* in REGEXES */
	triggers of[GENERATION_RULE_PARTS_MAX];  /* their triggers' */
};

struct expression {
	struct sigc *s;
	const struct regexes *regexes;
	struct span text;
	unsigned part_count, nesting, values;
	enum skip_reason why;
};

static int read_block(struct expression *x, triggers *out, unsigned *terms);

static bool
next_is(const struct expression *x, const char *any_of)
{
	return x->text.bytes > 0 && strchr(any_of, x->text.data[0]) != NULL;
}

static uint8_t
take(struct expression *x)
{
	uint8_t c = x->text.bytes > 0 ? x->text.data[0] : 0;

	x->text = span_from(x->text, 1);
	return c;
}

static void
add_step(struct expression *x, uint16_t kind, uint32_t value, uint32_t kinds)
{
	struct generation_step step = { kind, 0, value, kinds };

	table_add(&x->s->steps, &step, sizeof(step));
}

/* What it takes to be met. */
static triggers
add_part_step(struct expression *x, unsigned part)
{
	struct generation_step step = { STEP_PART, (uint16_t)part, 0, 0 };
	triggers itself = UINT64_C(1) << part;
	bool is_regex = (x->regexes->are & itself) != 0;

	if (is_regex) {
		step.kind = STEP_REGEX;
		step.value = x->regexes->row[part];
	}
	table_add(&x->s->steps, &step, sizeof(step));
	return is_regex ? x->regexes->of[part] : itself;
}

static int
leave_out(struct expression *x)
{
	x->why = SKIP_EXPRESSION;
	return -ENOTSUP;
}

/* "=n", ">n,m" … behind a term; it may make it hold without matches. */
static int
read_count(struct expression *x, bool of_block, triggers *t)
{
	uint64_t value, kinds = 0;
	uint8_t op;

	if (!next_is(x, "=<>"))
		return 0;
	op = take(x);
	if (next_is(x, "="))
		return leave_out(x); /* "8==9": found in the field */
	if (!sigc_take_number(&x->text, &value))
		return -EINVAL;
	if (next_is(x, ",")) {
		take(x);
		if (!of_block || !sigc_take_number(&x->text, &kinds))
			return leave_out(x); /* "0=2,&1": so was this */
	}
	add_step(x,
	    op == '='   ? STEP_COUNT_IS
	    : op == '>' ? STEP_COUNT_OVER
			: STEP_COUNT_UNDER,
	    (uint32_t)value, (uint32_t)kinds);
	if (op == '<' || (op == '=' && value == 0))
		*t = 0;
	return 0;
}

static int
read_term(struct expression *x, triggers *out)
{
	uint64_t part;
	unsigned terms;
	int rc;

	if (next_is(x, "(")) {
		take(x);
		if (++x->nesting > NESTING_MAX)
			return -EINVAL;
		rc = read_block(x, out, &terms);
		x->nesting--;
		if (rc != 0 || !next_is(x, ")"))
			return rc != 0 ? rc : -EINVAL;
		take(x);
		if (terms == 1 && next_is(x, "=<>"))
			return leave_out(x); /* ClamAV reads these its own way */
		return read_count(x, true, out);
	}
	if (!sigc_take_number(&x->text, &part) || part >= x->part_count)
		return -EINVAL;
	if (++x->values > GENERATION_STACK_MAX)
		return leave_out(x);
	*out = add_part_step(x, (unsigned)part);
	return read_count(x, false, out);
}

/* What stands before and behind an operator becomes one term. */
static void
join(struct expression *x, uint8_t op, triggers *left, triggers right)
{
	add_step(x, op == '&' ? STEP_AND : STEP_OR, 0, 0);
	if (op == '|')
		*left = *left == 0 || right == 0 ? 0 : *left | right;
	else if (*left == 0 ||
		 (right != 0 && __builtin_popcountll(right) < __builtin_popcountll(*left)))
		*left = right;
}

/* Terms up to the operator at `stop`, or all that follow. */
static int
read_terms(struct expression *x, const uint8_t *stop, triggers *out, unsigned *terms)
{
	triggers rest;
	unsigned rest_terms;
	int rc = read_term(x, out);
	uint8_t op;

	*terms = 1;
	if (rc != 0 || !next_is(x, "&|") || x->text.data == stop)
		return rc;
	op = take(x);
	if (++x->nesting > 2 * GENERATION_RULE_PARTS_MAX)
		return -EINVAL;
	rc = read_terms(x, stop, &rest, &rest_terms);
	x->nesting--;
	*terms += rest_terms;
	if (rc == 0)
		join(x, op, out, rest);
	return rc;
}

/* The last operator of the block that the text is in, not of those inside; NULL: it has none. */
static const uint8_t *
last_operator(struct span text)
{
	const uint8_t *last = NULL;
	unsigned depth = 0;

	for (size_t i = 0; i < text.bytes && (depth > 0 || text.data[i] != ')'); i++) {
		uint8_t c = text.data[i];

		depth += (c == '(') - (c == ')');
		if (depth == 0 && (c == '&' || c == '|'))
			last = text.data + i;
	}
	return last;
}

/* What stands in brackets. */
static int
read_block(struct expression *x, triggers *out, unsigned *terms)
{
	const uint8_t *last = last_operator(x->text);
	triggers right;
	uint8_t op;
	int rc = read_terms(x, last, out, terms);

	if (rc != 0 || last == NULL)
		return rc;
	if (x->text.data != last)
		return -EINVAL;
	op = take(x);
	rc = read_term(x, &right);
	++*terms;
	if (rc == 0)
		join(x, op, out, right);
	return rc;
}

/* "::iwfa" at a part's end is taken off. */
static bool
read_modifiers(struct span *text, unsigned *modifiers)
{
	static const char letters[] = "iwfa";
	size_t n = text->bytes;

	*modifiers = 0;
	while (n > 0 && text->data[n - 1] != ':')
		n--;
	if (n < 2 || text->data[n - 2] != ':')
		return true;
	for (size_t i = n; i < text->bytes; i++) {
		const char *letter = strchr(letters, text->data[i]);

		if (letter == NULL || text->data[i] == 0)
			return false;
		*modifiers |= 1u << (letter - letters);
	}
	*text = span_first(*text, n - 2);
	return true;
}

/* What a part is that is no pattern; SKIP_COUNT: it may be one. */
static enum skip_reason
kind_of(struct span text)
{
	if (sigc_is_regex(text))
		return SKIP_REGEX;
	if (text.bytes > 0 && memchr(text.data, '#', text.bytes) != NULL)
		return SKIP_COMPARE;
	if (text.bytes > 0 && text.data[0] == '$')
		return SKIP_MACRO;
	return SKIP_COUNT;
}

/* The patterns of one text of a part. */
static int
add_patterns(struct sigc *s, struct span text, uint32_t name, uint32_t part, enum skip_reason *why)
{
	struct sigc_hex h = {
		.name = name, .place.max = UINT64_MAX, .part = part, .why = SKIP_COUNT
	};
	struct span offset;
	int rc = 0;

	if (!read_modifiers(&text, &h.modifiers))
		return -EINVAL;
	offset = sigc_take_field(&text, ':');
	h.text = text.bytes > 0 ? text : offset;
	*why = SKIP_OFFSET;
	if (text.bytes > 0 && !sigc_parse_offset(offset, &h.place))
		return -ENOTSUP;
	if (!(h.modifiers & SIGC_WIDE) || h.modifiers & SIGC_ASCII) {
		struct sigc_hex narrow = h;

		narrow.modifiers &= ~(unsigned)SIGC_WIDE;
		rc = sigc_add_hex(s, &narrow);
		*why = narrow.why;
	}
	if (rc == 0 && h.modifiers & SIGC_WIDE) {
		rc = sigc_add_hex(s, &h);
		*why = h.why;
	}
	return rc;
}

int
sigc_add_part(struct sigc *s, struct span text, uint32_t name, uint32_t *id, enum skip_reason *why)
{
	*why = kind_of(text);
	if (*why != SKIP_COUNT)
		return -ENOTSUP;
	return sigc_find_part(s, text, id) ? 0 : add_patterns(s, text, name, *id, why);
}

int
sigc_add_any_part(
    struct sigc *s, struct span texts, uint32_t name, uint32_t *id, enum skip_reason *why)
{
	int rc = 0;

	if (sigc_find_part(s, texts, id))
		return 0;
	while (rc == 0 && texts.bytes > 0)
		rc = add_patterns(s, sigc_take_field(&texts, 0), name, *id, why);
	return rc;
}

/* Who can tell where it begins, of objects of the target. Equal parts are one, whatever their
 * rules' targets. */
static enum sigc_teller
teller_of(struct span part, uint16_t target)
{
	struct sigc_place place;
	struct span offset = sigc_take_field(&part, ':');

	if (part.bytes == 0 || kind_of(offset) != SKIP_COUNT || !sigc_parse_offset(offset, &place))
		return TOLD_BY_STREAM; /* or, of the last, refused elsewhere */
	return sigc_place_is_told(&place, target);
}

/* build.c sorts the triggers by part. */
void
sigc_add_rule(struct sigc *s, struct generation_rule *r, const uint32_t *ids, uint64_t t)
{
	uint32_t number = (uint32_t)(s->rules.used / sizeof(*r));

	r->parts =
	    (uint32_t)(table_add(&s->rule_parts, ids, r->part_count * sizeof(*ids)) / sizeof(*ids));
	table_add(&s->rules, r, sizeof(*r));
	if (t == 0)
		table_add(&s->always, &number, sizeof(number));
	for (unsigned i = 0; i < r->part_count; i++) {
		struct sigc_trigger trigger = { ids[i], number };

		if (t & UINT64_C(1) << i)
			table_add(&s->triggers, &trigger, sizeof(trigger));
	}
	table_add(&s->rule_origins, &s->at, sizeof(s->at));
}

/* All of it: its steps, and what it takes to hold. */
static int
read_expression(struct expression *x, uint32_t *steps, uint16_t *step_count, triggers *out)
{
	unsigned terms;
	int rc;

	*steps = (uint32_t)(x->s->steps.used / sizeof(struct generation_step));
	rc = read_terms(x, NULL, out, &terms);
	if (rc == 0 && x->text.bytes > 0)
		rc = -EINVAL;
	*step_count = (uint16_t)(x->s->steps.used / sizeof(struct generation_step) - *steps);
	return rc;
}

/* Part number `i`, whose trigger may speak of those before it alone. */
static int
read_regex(struct sigc *s, struct span part, unsigned i, struct regexes *out, enum skip_reason *why)
{
	struct expression trigger = { .s = s, .regexes = out, .part_count = i };
	struct generation_regex row = { .part = (uint16_t)i };
	struct sigc_regex regex;
	int rc = sigc_parse_regex(part, &regex, why);

	if (rc != 0)
		return rc;
	trigger.text = regex.trigger;
	rc = read_expression(&trigger, &row.steps, &row.step_count, &out->of[i]);
	if (rc != 0) {
		*why = trigger.why;
		return rc;
	}
	rc = sigc_add_regex(s, &regex, &row, why);
	if (rc < 0)
		return rc;
	out->row[i] = (uint32_t)rc;
	out->are |= UINT64_C(1) << i;
	return 0;
}

static int
read_regexes(struct sigc *s, const struct generation_rule *r, struct span parts,
    struct regexes *out, enum skip_reason *why)
{
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < r->part_count; i++) {
		struct span part = sigc_take_part(&parts);

		*why = SKIP_REGEX;
		if (sigc_is_regex(part))
			rc = s->has_sandbox ? read_regex(s, part, i, out, why) : -ENOTSUP;
	}
	return rc;
}

/* `*is_deep`: where one of them begins the sandbox alone can tell. */
static int
add_parts(struct sigc *s, const struct generation_rule *r, struct span parts, triggers regexes,
    uint32_t *ids, bool *is_deep, enum skip_reason *why)
{
	int rc = 0;

	*is_deep = false;
	for (unsigned i = 0; rc == 0 && i < r->part_count; i++) {
		struct span part = sigc_take_part(&parts);
		enum sigc_teller teller = teller_of(part, r->target);

		*why = SKIP_OFFSET;
		if (regexes & UINT64_C(1) << i) {
			ids[i] = sigc_add_link_part(s); /* no other rule's */
			continue;
		}
		if (teller == TOLD_BY_NOBODY || (teller == TOLD_BY_WHOLE && !s->has_sandbox))
			return -ENOTSUP;
		*is_deep |= teller == TOLD_BY_WHOLE;
		rc = sigc_add_part(s, part, r->name, &ids[i], why);
	}
	return rc;
}

struct rule_text {
	struct span name, expression, parts, words;
	const struct sigc_surroundings *around;
};

static int
read_rule(
    struct sigc *s, struct generation_rule *r, const struct rule_text *text, enum skip_reason *why)
{
	struct regexes regexes = { .are = 0 };
	struct expression x = {
		.s = s, .regexes = &regexes, .text = text->expression, .part_count = r->part_count
	};
	uint32_t ids[GENERATION_RULE_PARTS_MAX];
	triggers t = 0;
	bool is_deep = false;
	int rc = read_regexes(s, r, text->parts, &regexes, why);

	if (rc != 0)
		return rc;
	rc = read_expression(&x, &r->steps, &r->step_count, &t);
	*why = x.why;
	if (rc == 0)
		rc = add_parts(s, r, text->parts, regexes.are, ids, &is_deep, why);
	if (rc == 0 && t == 0) {
		*why = SKIP_NEGATIVE;
		rc = -ENOTSUP;
	}
	if (rc != 0)
		return rc;
	is_deep |= sigc_add_surroundings(s, r, text->around) || regexes.are != 0;
	if (is_deep && !sigc_target_is_form(r->target)) {
		r->of = r->target;
		r->target = TARGET_WHOLE;
	}
	*why = regexes.are != 0 ? SKIP_REGEX : SKIP_WHOLE;
	sigc_add_rule(s, r, ids, t);
	return 0;
}

/*
 * ClamAV also has the scripts of HTML in a form of their own, their names rewritten to n000, n001
 * and so on, which is not made here. A blank before such a name stands in no other form.
 */
static bool
names_rewritten_script(struct span parts)
{
	return memmem(parts.data, parts.bytes, "206e303030", 10) != NULL;
}

/* Adds a rule or takes everything back; `words` are all but its name. */
static int
add_or_undo(struct sigc *s, struct generation_rule *r, const struct rule_text *t)
{
	struct sigc_mark mark = sigc_mark(s);
	enum skip_reason why = SKIP_COUNT;
	int rc;

	r->name = table_add_text(&s->names, t->name);
	rc = read_rule(s, r, t, &why);
	if (rc != 0)
		sigc_undo(s, &mark);
	if (rc == 0)
		sigc_count(s, 'r', t->words);
	if (rc == 0 && sigc_target_is_form(r->target))
		sigc_note_deep(s, t->name, r->target == TARGET_WHOLE ? why : SKIP_FORM);
	if (rc == -ENOTSUP)
		sigc_skip(s, t->name, why);
	return rc == -ENOTSUP ? 0 : rc;
}

int
sigc_add_logical(struct sigc *s, struct span line)
{
	struct generation_rule r = { .size_max = UINT64_MAX };
	struct sigc_surroundings around = { .has_container = false };
	struct rule_text t = { .name = sigc_take_field(&line, ';'), .around = &around };
	enum skip_reason why = SKIP_COUNT;
	struct span conditions;
	unsigned parts;
	int rc;

	t.words = line;
	conditions = sigc_take_field(&line, ';');
	t.expression = sigc_take_field(&line, ';');
	t.parts = line;
	parts = sigc_count_parts(line);
	if (t.name.bytes == 0 || line.bytes == 0)
		return -EINVAL;
	rc = sigc_read_conditions(s, conditions, &r, &around, &why);
	if (rc == 0 && parts > GENERATION_RULE_PARTS_MAX) {
		why = SKIP_EXPRESSION;
		rc = -ENOTSUP;
	}
	if (rc == 0 && r.target == TARGET_HTML && names_rewritten_script(line)) {
		why = SKIP_SCRIPT;
		rc = -ENOTSUP;
	}
	if (rc == -ENOTSUP)
		sigc_skip(s, t.name, why);
	if (rc != 0)
		return rc == -ENOTSUP ? 0 : rc;
	r.part_count = (uint16_t)parts;
	return add_or_undo(s, &r, &t);
}

int
sigc_add_targeted(
    struct sigc *s, struct span name, uint16_t target, struct span part, struct span words)
{
	struct generation_rule r = { .size_max = UINT64_MAX, .target = target, .part_count = 1 };
	const struct sigc_surroundings around = { .has_container = false };
	struct rule_text t = { .name = name,
		.expression = span_text("0"),
		.parts = part,
		.words = words,
		.around = &around };

	return add_or_undo(s, &r, &t);
}
