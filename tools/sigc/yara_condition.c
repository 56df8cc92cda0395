/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions of YARA rules to steps (generation_file.h). Read, by falling rank:
 *
 *     or   and   not   ( … )   true   false
 *     $a   $a at N   $a in (N..M)
 *     any|all|none|N of them|($a, $b*)
 *     #a, filesize, uint8|16|32[be](N)  == != < <= > >=  N, or the other way round
 *
 * Everything else (modules, other rules, variables, for, @a, !a, arithmetic) leaves the rule out.
 * So do reads behind the first GENERATION_READ_MAX bytes, which are not kept, and counts of a
 * string of several forms, whose matches may not come in order.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

#define NESTING_MAX 24

struct condition {
	struct sigc *s;
	struct yara_text text;
	const struct yara_rule *rule;
	const struct yara_string *strings;
	const uint8_t *texts;
	uint32_t name, parts[GENERATION_RULE_PARTS_MAX];
	unsigned part_count, nesting, depth; /* depth: values on the stack */
	enum skip_reason why;
};

/* Parts without one of which a term can't hold; 0: it may hold without any. */
typedef uint64_t triggers;

static int
leave_out(struct condition *c, enum skip_reason why)
{
	c->why = why;
	return -ENOTSUP;
}

static int
add_step(struct condition *c, struct generation_step step, unsigned taken)
{
	c->depth += 1 - taken;
	if (c->depth > GENERATION_STACK_MAX)
		return leave_out(c, SKIP_EXPRESSION);
	table_add(&c->s->steps, &step, sizeof(step));
	return 0;
}

static bool
take_keyword(struct condition *c, const char *word)
{
	struct yara_text before = c->text;

	if (span_is(yara_take_word(&c->text), word))
		return true;
	c->text = before;
	return false;
}

/* The rule's own number of the part; it is compiled unless an equal one has been. */
static int
add_part(struct condition *c, const struct yara_string *y, const char *offset, uint16_t *out)
{
	struct sigc_table text = { 0 };
	enum skip_reason why;
	uint32_t id;
	int rc;

	if (y->why != SKIP_COUNT)
		return leave_out(c, y->why);
	table_add(&text, offset, strlen(offset));
	table_add(&text, c->texts + y->text, y->bytes);
	rc = sigc_add_part(c->s, span_of(text.bytes, text.used), c->name, &id, &why);
	free(text.bytes);
	if (rc != 0)
		return leave_out(c, rc == -ENOTSUP ? why : SKIP_EXPRESSION);
	for (*out = 0; *out < c->part_count && c->parts[*out] != id;)
		++*out;
	if (*out == GENERATION_RULE_PARTS_MAX)
		return leave_out(c, SKIP_EXPRESSION);
	c->parts[*out] = id;
	c->part_count += *out == c->part_count;
	return 0;
}

static int
use_string(struct condition *c, const struct yara_string *y, const char *offset, triggers *t)
{
	uint16_t part;
	int rc = add_part(c, y, offset, &part);

	if (rc != 0)
		return rc;
	*t = UINT64_C(1) << part;
	return add_step(c, (struct generation_step){ .kind = STEP_PART, .part = part }, 0);
}

/*
 * One to three bytes at a fixed place are read, not looked for; at least one of one, for where they
 * can't be read the string just isn't there.
 */
static int
read_plain(struct condition *c, const struct yara_string *y, uint64_t at)
{
	unsigned first = y->plain_bytes == 1 ? 1 : 2;
	struct generation_step step = { .kind = STEP_READ,
		.part = (uint16_t)at,
		.value = y->plain[0] | (first == 2 ? (uint32_t)y->plain[1] << 8 : 0),
		.kinds = first };
	int rc = add_step(c, step, 0);

	if (rc == 0 && y->plain_bytes == 3) {
		step.part = (uint16_t)(at + 2);
		step.value = y->plain[2];
		step.kinds = 1;
		rc = add_step(c, step, 0);
		if (rc == 0)
			rc = add_step(c, (struct generation_step){ .kind = STEP_AND }, 2);
	}
	if (rc != 0)
		return rc;
	return add_step(
	    c, (struct generation_step){ .kind = STEP_AT_LEAST, .value = 1, .kinds = 1 }, 1);
}

/* Those whose name begins so, from *i on; NULL: no more. */
static const struct yara_string *
next_string(const struct condition *c, struct span id, bool is_start, size_t *i)
{
	for (; *i < c->rule->string_count; ++*i) {
		const struct yara_string *y = &c->strings[*i];

		if (is_start
			? y->id.bytes >= id.bytes && span_equal(span_first(y->id, id.bytes), id)
			: span_equal(y->id, id) && id.bytes > 0)
			return &c->strings[(*i)++];
	}
	return NULL;
}

static const struct yara_string *
take_string(struct condition *c)
{
	size_t i = 0;

	return next_string(c, yara_take_word(&c->text), false, &i);
}

/* "$a", "$a at N", "$a in (N..M)"; the $ is taken. */
static int
read_string(struct condition *c, triggers *t)
{
	const struct yara_string *y = take_string(c);
	uint64_t from = 0, to = 0;
	char offset[64] = "";

	*t = 0;
	if (y == NULL)
		return leave_out(c, SKIP_SYNTAX);
	if (take_keyword(c, "at")) {
		if (!yara_take_number(&c->text, &from))
			return leave_out(c, SKIP_SYNTAX);
		if (y->plain_bytes > 0 && from + y->plain_bytes <= GENERATION_READ_MAX)
			return read_plain(c, y, from);
		snprintf(offset, sizeof(offset), "%llu:", (unsigned long long)from);
	} else if (take_keyword(c, "in")) {
		if (!yara_take(&c->text, "(") || !yara_take_number(&c->text, &from) ||
		    !yara_take(&c->text, "..") || !yara_take_number(&c->text, &to) ||
		    !yara_take(&c->text, ")") || to < from)
			return leave_out(c, SKIP_SYNTAX);
		snprintf(offset, sizeof(offset), "%llu,%llu:", (unsigned long long)from,
		    (unsigned long long)(to - from));
	}
	return use_string(c, y, offset, t);
}

/* Pushes every string of a set; the triggers of the first (how many) in `each`. */
static int
push_set(struct condition *c, triggers each[GENERATION_STACK_MAX], unsigned *count)
{
	bool is_all = take_keyword(c, "them"), more = true;
	int rc = 0;

	*count = 0;
	if (!is_all && !yara_take(&c->text, "("))
		return leave_out(c, SKIP_SYNTAX);
	while (rc == 0 && more) {
		struct span id = span_of("", 0);
		const struct yara_string *y;
		bool is_start = is_all;
		size_t i = 0;

		if (!is_all) {
			if (!yara_take(&c->text, "$"))
				return leave_out(c, SKIP_SYNTAX);
			id = yara_take_word(&c->text);
			is_start = yara_take(&c->text, "*");
		}
		while (rc == 0 && (y = next_string(c, id, is_start, &i)) != NULL) {
			if (*count == GENERATION_STACK_MAX)
				return leave_out(c, SKIP_EXPRESSION);
			rc = use_string(c, y, "", &each[(*count)++]);
		}
		more = !is_all && yara_take(&c->text, ",");
	}
	if (rc == 0 && !is_all && !yara_take(&c->text, ")"))
		rc = leave_out(c, SKIP_SYNTAX);
	return rc;
}

/* "of SET" behind `least`; 0: all. `none`: not any. */
static int
read_of(struct condition *c, uint64_t least, bool none, triggers *t)
{
	triggers each[GENERATION_STACK_MAX];
	unsigned count;
	int rc;

	if (!take_keyword(c, "of"))
		return leave_out(c, SKIP_SYNTAX);
	rc = push_set(c, each, &count);
	if (rc != 0)
		return rc;
	if (least == 0)
		least = count;
	if (count == 0 || least > count)
		return leave_out(c, SKIP_SYNTAX); /* never true, or an error in YARA */
	/* Without one of all but `least` - 1 there are not enough. */
	*t = 0;
	for (unsigned i = 0; !none && i < count - least + 1; i++)
		*t |= each[i];
	rc = add_step(c,
	    (struct generation_step){
		.kind = STEP_AT_LEAST, .value = (uint32_t)least, .kinds = count },
	    count);
	if (rc == 0 && none)
		rc = add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1);
	return rc;
}

enum operator{
	IS,
	DIFFERS,
	UNDER,
	UPTO,
	OVER,
	FROM,
	NO_OPERATOR
};

static enum operator take_operator(struct condition *c)
{
	return yara_take(&c->text, "==")   ? IS
	       : yara_take(&c->text, "!=") ? DIFFERS
	       : yara_take(&c->text, "<=") ? UPTO
	       : yara_take(&c->text, ">=") ? FROM
	       : yara_take(&c->text, "<")  ? UNDER
	       : yara_take(&c->text, ">")  ? OVER
					   : NO_OPERATOR;
}

/* What is compared with a number: #a, filesize, uintXX(N). */
struct operand {
	enum {
		COUNT_OF_STRING,
		FILE_SIZE,
		NUMBER_READ
	} kind;
	const struct yara_string *string;
	uint64_t at;
	uint32_t width;
};

static int
take_operand(struct condition *c, struct operand *o)
{
	static const struct {
		const char *word;
		uint32_t width;
	} reads[] = { { "uint8", 1 }, { "uint16", 2 }, { "uint32", 4 },
		{ "uint8be", 1 | READ_BIG_ENDIAN }, { "uint16be", 2 | READ_BIG_ENDIAN },
		{ "uint32be", 4 | READ_BIG_ENDIAN } };

	if (yara_take(&c->text, "#")) {
		o->kind = COUNT_OF_STRING;
		o->string = take_string(c);
		return o->string != NULL ? 0 : leave_out(c, SKIP_SYNTAX);
	}
	o->kind = FILE_SIZE;
	if (take_keyword(c, "filesize"))
		return 0;
	o->kind = NUMBER_READ;
	for (unsigned i = 0; i < sizeof(reads) / sizeof(reads[0]); i++) {
		if (!take_keyword(c, reads[i].word))
			continue;
		o->width = reads[i].width;
		if (!yara_take(&c->text, "(") || !yara_take_number(&c->text, &o->at) ||
		    !yara_take(&c->text, ")") ||
		    o->at + (o->width & READ_WIDTH) > GENERATION_READ_MAX)
			return leave_out(c, SKIP_SYNTAX);
		return 0;
	}
	return leave_out(c, SKIP_MODULE);
}

/* IS, OVER and UNDER and their opposites, which are all that is needed of whole numbers. */
static int
compare(struct condition *c, uint16_t is_step, enum operator op, uint64_t number, unsigned taken)
{
	struct generation_step step = { .kind = is_step };
	int rc;

	if (op == UPTO || op == FROM) { /* not over, not under */
		rc = compare(c, is_step, op == UPTO ? OVER : UNDER, number, taken);
		return rc == 0 ? add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1) : rc;
	}
	if (number > UINT32_MAX)
		return leave_out(c, SKIP_SYNTAX);
	step.value = (uint32_t)number;
	step.kind = (uint16_t)(is_step + (op == OVER ? 1 : op == UNDER ? 2 : 0));
	rc = add_step(c, step, taken);
	if (rc == 0 && op == DIFFERS)
		rc = add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1);
	return rc;
}

/* Whether no match at all would do. */
static bool
holds_of_none(enum operator op, uint64_t number)
{
	return op == IS        ? number == 0
	       : op == DIFFERS ? number != 0
	       : op == UNDER   ? number > 0
	       : op == FROM    ? number == 0
			       : op == UPTO;
}

static int
add_comparison(
    struct condition *c, const struct operand *o, enum operator op, uint64_t number, triggers *t)
{
	bool is_presence = number == 0 || (number == 1 && (op == FROM || op == UNDER));
	int rc;

	*t = 0;
	switch (o->kind) {
	case COUNT_OF_STRING:
		if (!is_presence && !o->string->is_one_form)
			return leave_out(c, SKIP_FORMS);
		rc = use_string(c, o->string, "", t);
		if (holds_of_none(op, number))
			*t = 0;
		return rc == 0 ? compare(c, STEP_COUNT_IS, op, number, 1) : rc;
	case FILE_SIZE:
		return compare(c, STEP_SIZE_IS, op, number, 0);
	default:
		if ((op != IS && op != DIFFERS) || number > UINT32_MAX)
			return leave_out(c, SKIP_SYNTAX);
		return add_step(c,
		    (struct generation_step){ .kind = STEP_READ,
			.part = (uint16_t)o->at,
			.value = (uint32_t)number,
			.kinds = o->width | (op == DIFFERS ? READ_DIFFERS : 0) },
		    0);
	}
}

/* "N of …", or "N == …" with the operand behind it. */
static int
read_from_number(struct condition *c, uint64_t number, triggers *t)
{
	static const enum operator turned[] = { IS, DIFFERS, OVER, FROM, UNDER, UPTO };
	enum operator op = take_operator(c);
	struct operand o = { 0 };
	int rc;

	if (op == NO_OPERATOR)
		return number > 0 ? read_of(c, number, false, t) : leave_out(c, SKIP_SYNTAX);
	rc = take_operand(c, &o);
	return rc == 0 ? add_comparison(c, &o, turned[op], number, t) : rc;
}

static int
read_comparison(struct condition *c, triggers *t)
{
	struct operand o = { 0 };
	enum operator op;
	uint64_t number;
	int rc = take_operand(c, &o);

	if (rc != 0)
		return rc;
	op = take_operator(c);
	if (op == NO_OPERATOR || !yara_take_number(&c->text, &number))
		return leave_out(c, SKIP_SYNTAX);
	return add_comparison(c, &o, op, number, t);
}

static int read_or(struct condition *c, triggers *t);

static int
read_primary(struct condition *c, triggers *t)
{
	uint64_t number;
	int rc;

	*t = 0;
	if (yara_take(&c->text, "(")) {
		if (++c->nesting > NESTING_MAX)
			return leave_out(c, SKIP_EXPRESSION);
		rc = read_or(c, t);
		c->nesting--;
		if (rc == 0 && !yara_take(&c->text, ")"))
			rc = leave_out(c, SKIP_SYNTAX);
		return rc;
	}
	if (yara_take(&c->text, "$"))
		return read_string(c, t);
	if (take_keyword(c, "true"))
		return add_step(c, (struct generation_step){ .kind = STEP_AT_LEAST }, 0);
	if (take_keyword(c, "false"))
		return add_step(
		    c, (struct generation_step){ .kind = STEP_AT_LEAST, .value = 1 }, 0);
	if (take_keyword(c, "all"))
		return read_of(c, 0, false, t);
	if (take_keyword(c, "any"))
		return read_of(c, 1, false, t);
	if (take_keyword(c, "none"))
		return read_of(c, 1, true, t);
	if (take_keyword(c, "for"))
		return leave_out(c, SKIP_FOR);
	if (yara_take(&c->text, "@") || yara_take(&c->text, "!"))
		return leave_out(c, SKIP_SYNTAX);
	if (yara_take_number(&c->text, &number))
		return read_from_number(c, number, t);
	return read_comparison(c, t);
}

static int
read_not(struct condition *c, triggers *t)
{
	int rc;

	if (!take_keyword(c, "not"))
		return read_primary(c, t);
	if (++c->nesting > NESTING_MAX)
		return leave_out(c, SKIP_EXPRESSION);
	rc = read_not(c, t);
	c->nesting--;
	*t = 0;
	return rc == 0 ? add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1) : rc;
}

static int
read_and(struct condition *c, triggers *t)
{
	int rc = read_not(c, t);

	while (rc == 0 && take_keyword(c, "and")) {
		triggers more;

		rc = read_not(c, &more);
		if (*t == 0 || (more != 0 && __builtin_popcountll(more) < __builtin_popcountll(*t)))
			*t = more;
		if (rc == 0)
			rc = add_step(c, (struct generation_step){ .kind = STEP_AND }, 2);
	}
	return rc;
}

static int
read_or(struct condition *c, triggers *t)
{
	int rc = read_and(c, t);

	while (rc == 0 && take_keyword(c, "or")) {
		triggers more;

		rc = read_and(c, &more);
		*t = *t == 0 || more == 0 ? 0 : *t | more;
		if (rc == 0)
			rc = add_step(c, (struct generation_step){ .kind = STEP_OR }, 2);
	}
	return rc;
}

/* Its words are the condition and all strings by name. */
static void
count_rule(struct sigc *s, const struct yara_rule *rule, const struct yara_string *strings,
    const uint8_t *texts)
{
	struct sigc_table words = { 0 };

	for (size_t i = 0; i < rule->string_count; i++) {
		table_add_text(&words, strings[i].id);
		table_add_text(&words, span_of(texts + strings[i].text, strings[i].bytes));
	}
	table_add(&words, rule->condition.data, rule->condition.bytes);
	sigc_count(s, 'y', span_of(words.bytes, words.used));
	free(words.bytes);
}

void
yara_compile(struct sigc *s, const struct yara_rule *rule, const struct yara_string *strings,
    const uint8_t *texts)
{
	struct condition c = { .s = s,
		.text = { rule->condition, rule->origin.line },
		.rule = rule,
		.strings = strings,
		.texts = texts };
	struct sigc_mark mark = sigc_mark(s);
	struct generation_rule r = { .size_max = UINT64_MAX };
	triggers t = 0;
	int rc;

	r.name = c.name = table_add_text(&s->names, rule->name);
	r.steps = (uint32_t)(s->steps.used / sizeof(struct generation_step));
	rc = read_or(&c, &t);
	yara_skip_blanks(&c.text);
	if (rc == 0 && c.text.left.bytes > 0)
		rc = leave_out(&c, SKIP_SYNTAX);
	if (rc == 0 && t == 0)
		rc = leave_out(&c, SKIP_NEGATIVE);
	if (rc != 0) {
		sigc_undo(s, &mark);
		sigc_skip(s, rule->name, c.why);
		return;
	}
	r.step_count = (uint16_t)(s->steps.used / sizeof(struct generation_step) - r.steps);
	r.part_count = (uint16_t)c.part_count;
	sigc_add_rule(s, &r, c.parts, t);
	count_rule(s, rule, strings, texts);
}
