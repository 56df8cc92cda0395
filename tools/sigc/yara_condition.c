/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions of YARA rules to steps (generation_file.h). Read, by falling rank:
 *
 *     or   and   not   what yara_number.c compares   ( … )   true   false
 *     filename == "…" and what else yara_name.c reads
 *     $a   $a at N   $a in (N..M)   $a at filesize-N   $a in (filesize-N..filesize)
 *     any|all|none|N of them|($a, $b*)
 *     the name of a rule before it in the file: its condition is compiled once more, over its own
 *     strings
 *
 * Everything else (modules, for, !a) is not read here: the rule then goes to the
 * sandbox, and what must hold for it to be asked there is read once more, with all that as unknown
 * (yara_gate.c).
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

#define NESTING_MAX 24
#define STEPS_MAX   4096 /* rules that name rules could grow without end */

int
yara_leave_out(struct condition *c, enum skip_reason why)
{
	c->why = why;
	return -ENOTSUP;
}

int
yara_add_step(struct condition *c, struct generation_step step, unsigned taken)
{
	c->depth += 1 - taken;
	if (c->depth > GENERATION_STACK_MAX || ++c->steps > STEPS_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	table_add(&c->s->steps, &step, sizeof(step));
	return 0;
}

bool
yara_take_keyword(struct condition *c, const char *word)
{
	struct yara_text before = c->text;

	if (span_is(yara_take_word(&c->text), word))
		return true;
	c->text = before;
	return false;
}

/* The rule's own number of a part. */
static int
number_part(struct condition *c, uint32_t id, uint16_t *out)
{
	for (*out = 0; *out < c->part_count && c->parts[*out] != id;)
		++*out;
	if (*out == GENERATION_RULE_PARTS_MAX) {
		c->lacks_parts = true;
		return yara_leave_out(c, SKIP_EXPRESSION);
	}
	c->parts[*out] = id;
	c->part_count += *out == c->part_count;
	return 0;
}

int
yara_add_text_part(struct condition *c, struct span text, uint16_t *out)
{
	enum skip_reason why;
	uint32_t id;
	int rc = sigc_add_part(c->s, text, c->name, &id, &why);

	return rc == 0 ? number_part(c, id, out)
		       : yara_leave_out(c, rc == -ENOTSUP ? why : SKIP_EXPRESSION);
}

int
yara_add_texts_part(struct condition *c, struct span texts, uint16_t *out)
{
	enum skip_reason why;
	uint32_t id;
	int rc = sigc_add_any_part(c->s, texts, c->name, &id, &why);

	return rc == 0 ? number_part(c, id, out)
		       : yara_leave_out(c, rc == -ENOTSUP ? why : SKIP_EXPRESSION);
}

int
yara_add_part(struct condition *c, const struct yara_string *y, const char *offset, uint16_t *out)
{
	struct sigc_table text = { 0 };
	int rc;

	if (y->why != SKIP_COUNT)
		return yara_leave_out(c, y->why);
	table_add(&text, offset, strlen(offset));
	table_add(&text, c->all->texts + y->text, y->bytes);
	rc = yara_add_text_part(c, span_of(text.bytes, text.used), out);
	free(text.bytes);
	return rc;
}

int
yara_use_string(struct condition *c, const struct yara_string *y, const char *offset, triggers *t)
{
	struct yara_place before = yara_place(c);
	uint16_t part;
	int rc = yara_add_part(c, y, offset, &part);

	if (rc != 0 && c->is_gate) {
		yara_return(c, &before);
		return yara_push_needed(c, y, t);
	}
	if (rc != 0)
		return rc;
	*t = UINT64_C(1) << part;
	return yara_add_step(c, (struct generation_step){ .kind = STEP_PART, .part = part }, 0);
}

/*
 * One to three bytes at a fixed place are read, not looked for; at least one of one, for where they
 * can't be read the string just isn't there.
 */
static int
read_plain(struct condition *c, const struct yara_string *y, uint64_t at)
{
	struct generation_step read = { .kind = STEP_READ, .kinds = 1 },
			       same = { .kind = STEP_COMPARE, .value = COMPARE_IS },
			       one = { .kind = STEP_AT_LEAST, .value = 1, .kinds = 1 };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < y->plain_bytes; i++) {
		struct term unused;

		rc = yara_push_constant(c, at + i, &unused);
		if (rc == 0)
			rc = yara_add_step(c, read, 1);
		if (rc == 0)
			rc = yara_push_constant(c, y->plain[i], &unused);
		if (rc == 0)
			rc = yara_add_step(c, same, 2);
		if (rc == 0 && i > 0)
			rc = yara_add_step(c, (struct generation_step){ .kind = STEP_AND }, 2);
	}
	return rc == 0 ? yara_add_step(c, one, 1) : rc;
}

const struct yara_string *
yara_next_string(const struct condition *c, struct span id, bool is_start, size_t *i)
{
	for (; *i < c->rule->string_count; ++*i) {
		const struct yara_string *y = &c->all->strings[c->rule->strings + *i];

		if (is_start
			? y->id.bytes >= id.bytes && span_equal(span_first(y->id, id.bytes), id)
			: span_equal(y->id, id) && id.bytes > 0)
			return &c->all->strings[c->rule->strings + (*i)++];
	}
	return NULL;
}

const struct yara_string *
yara_take_string(struct condition *c)
{
	size_t i = 0;

	return yara_next_string(c, yara_take_word(&c->text), false, &i);
}

/* "filesize - N" behind "at", in brackets or not. */
static bool
take_near_end(struct condition *c, uint64_t *n)
{
	struct yara_text before = c->text;
	bool in_brackets = yara_take(&c->text, "(");

	if (yara_take_keyword(c, "filesize") && yara_take(&c->text, "-") &&
	    yara_take_number(&c->text, n) && (!in_brackets || yara_take(&c->text, ")")))
		return true;
	c->text = before;
	return false;
}

/* "(filesize - N .. filesize)" behind "in". */
static bool
take_last_bytes(struct condition *c, uint64_t *n)
{
	struct yara_text before = c->text;

	if (yara_take(&c->text, "(") && take_near_end(c, n) && yara_take(&c->text, "..") &&
	    yara_take_keyword(c, "filesize") && yara_take(&c->text, ")"))
		return true;
	c->text = before;
	return false;
}

/* "$a", "$a at N", "$a in (N..M)", the same near the end; the $ is taken. */
static int
read_string(struct condition *c, triggers *t)
{
	const struct yara_string *y = yara_take_string(c);
	uint64_t from = 0, to = 0;
	char offset[64] = "";

	*t = 0;
	if (y == NULL)
		return yara_leave_out(c, SKIP_SYNTAX);
	if (yara_take_keyword(c, "at")) {
		if (take_near_end(c, &from)) {
			if (from > GENERATION_REACH_MAX)
				return yara_leave_out(c, SKIP_OFFSET);
			snprintf(offset, sizeof(offset), "EOF-%llu:", (unsigned long long)from);
			return yara_use_string(c, y, offset, t);
		}
		if (!yara_take_number(&c->text, &from))
			return yara_leave_out(c, SKIP_SYNTAX);
		if (y->plain_bytes > 0)
			return read_plain(c, y, from);
		snprintf(offset, sizeof(offset), "%llu:", (unsigned long long)from);
	} else if (yara_take_keyword(c, "in")) {
		if (take_last_bytes(c, &from)) {
			snprintf(offset, sizeof(offset),
			    SIGC_NEAR_END "%llu:", (unsigned long long)from);
			return yara_use_string(c, y, offset, t);
		}
		if (!yara_take(&c->text, "(") || !yara_take_number(&c->text, &from) ||
		    !yara_take(&c->text, "..") || !yara_take_number(&c->text, &to) ||
		    !yara_take(&c->text, ")") || to < from)
			return yara_leave_out(c, SKIP_SYNTAX);
		snprintf(offset, sizeof(offset), "%llu,%llu:", (unsigned long long)from,
		    (unsigned long long)(to - from));
	}
	return yara_use_string(c, y, offset, t);
}

/* A rule whose condition is undefined does not hold, and "not" of it does; elsewhere the two are
 * the same. */
static int
push_holds_or_not(struct condition *c)
{
	if (c->negations == 0)
		return 0;
	return yara_add_step(
	    c, (struct generation_step){ .kind = STEP_AT_LEAST, .value = 1, .kinds = 1 }, 1);
}

/* What the rule says of that name, over its own strings; `c` is as it was behind it. */
static int
read_rule(struct condition *c, const struct yara_rule *named, struct term *out)
{
	struct yara_text text = c->text;
	const struct yara_rule *rule = c->rule;
	int rc;

	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	c->rule = named;
	c->text = (struct yara_text){ named->condition, named->origin.line };
	rc = yara_read_condition(c, out);
	yara_skip_blanks(&c->text);
	if (rc == 0 && c->text.left.bytes > 0)
		rc = yara_leave_out(c, SKIP_SYNTAX);
	if (rc == 0)
		rc = push_holds_or_not(c);
	c->nesting--;
	c->rule = rule;
	c->text = text;
	return rc;
}

/* A name: of a rule before this one, of a variable, or nothing that is known. */
static int
read_name(struct condition *c, struct term *out)
{
	struct span word = yara_take_word(&c->text);
	unsigned which;

	if (word.bytes == 0)
		return yara_leave_out(c, SKIP_SYNTAX);
	for (const struct yara_rule *r = c->all->rules; r < c->rule; r++) {
		if (span_equal(r->name, word))
			return read_rule(c, r, out);
	}
	return yara_is_variable(word, &which) ? yara_read_variable(c, which)
					      : yara_leave_out(c, SKIP_MODULE);
}

static int
read_brackets(struct condition *c, struct term *out)
{
	int rc;

	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	rc = yara_read_condition(c, out);
	c->nesting--;
	if (rc == 0 && !yara_take(&c->text, ")"))
		rc = yara_leave_out(c, SKIP_SYNTAX);
	return rc;
}

/* "true", "false", as a value that holds or not. */
static int
push_truth(struct condition *c, bool holds)
{
	return yara_add_step(
	    c, (struct generation_step){ .kind = STEP_AT_LEAST, .value = holds ? 0 : 1 }, 0);
}

int
yara_read_primary(struct condition *c, struct term *out)
{
	struct yara_text before;
	uint64_t number;

	*out = (struct term){ 0 };
	if (yara_take(&c->text, "("))
		return read_brackets(c, out);
	if (yara_take(&c->text, "$"))
		return read_string(c, &out->triggers);
	if (yara_take_keyword(c, "true"))
		return push_truth(c, true);
	if (yara_take_keyword(c, "false"))
		return push_truth(c, false);
	if (yara_take_keyword(c, "all"))
		return yara_read_of(c, 0, false, &out->triggers);
	if (yara_take_keyword(c, "any"))
		return yara_read_of(c, 1, false, &out->triggers);
	if (yara_take_keyword(c, "none"))
		return yara_read_of(c, 1, true, &out->triggers);
	if (yara_take_keyword(c, "for"))
		return yara_leave_out(c, SKIP_FOR);
	if (yara_take(&c->text, "!"))
		return yara_leave_out(c, SKIP_SYNTAX);
	before = c->text;
	if (yara_take_number(&c->text, &number)) {
		struct yara_text behind = c->text;

		if (!yara_take_keyword(c, "of"))
			return yara_push_constant(c, number, out);
		c->text = behind;
		return number > 0 ? yara_read_of(c, number, false, &out->triggers)
				  : yara_leave_out(c, SKIP_SYNTAX);
	}
	c->text = before;
	return yara_starts_number(c) ? yara_read_operand(c, out) : read_name(c, out);
}

/* A number holds when it is not 0; that of one thing alone, which nobody writes, is not read. */
static int
read_truth(struct condition *c, struct term *out)
{
	struct yara_place before = { .steps = 0 };
	int rc;

	if (c->is_gate)
		before = yara_place(c);
	rc = yara_read_relation(c, out);
	if (rc == 0 && out->is_number && c->nesting == 0)
		rc = yara_leave_out(c, SKIP_SYNTAX);
	if (!c->is_gate || (rc == 0 && yara_is_whole(c)))
		return rc;
	yara_return(c, &before);
	return yara_read_unknown(c, out);
}

static int
read_not(struct condition *c, struct term *out)
{
	int rc;

	if (!yara_take_keyword(c, "not"))
		return read_truth(c, out);
	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	c->negations++;
	rc = read_not(c, out);
	c->negations--;
	c->nesting--;
	if (rc == 0 && out->is_number)
		rc = yara_leave_out(c, SKIP_SYNTAX);
	*out = (struct term){ .triggers = 0 };
	return rc == 0 ? yara_add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1) : rc;
}

/* Both sides of "and" and "or" must hold or not. */
static int
join(struct condition *c, const struct term *a, const struct term *b, uint16_t kind)
{
	if (a->is_number || b->is_number)
		return yara_leave_out(c, SKIP_SYNTAX);
	return yara_add_step(c, (struct generation_step){ .kind = kind }, 2);
}

void
yara_join_and(struct term *to, const struct term *more)
{
	triggers *t = &to->triggers;

	if (*t == 0 || (more->triggers != 0 &&
			   __builtin_popcountll(more->triggers) < __builtin_popcountll(*t)))
		*t = more->triggers;
	if (to->begins.mask == 0)
		to->begins = more->begins;
}

static int
read_and(struct condition *c, struct term *out)
{
	int rc = read_not(c, out);

	while (rc == 0 && yara_take_keyword(c, "and")) {
		struct term more = { 0 };

		rc = read_not(c, &more);
		if (rc == 0)
			rc = join(c, out, &more, STEP_AND);
		yara_join_and(out, &more);
	}
	return rc;
}

int
yara_read_condition(struct condition *c, struct term *out)
{
	int rc = read_and(c, out);

	while (rc == 0 && yara_take_keyword(c, "or")) {
		struct term more = { 0 };

		rc = read_and(c, &more);
		out->triggers =
		    out->triggers == 0 || more.triggers == 0 ? 0 : out->triggers | more.triggers;
		if (rc == 0)
			rc = join(c, out, &more, STEP_OR);
		if (memcmp(&out->begins, &more.begins, sizeof(more.begins)) != 0)
			out->begins = (struct generation_head){ 0, 0 };
	}
	return rc;
}
