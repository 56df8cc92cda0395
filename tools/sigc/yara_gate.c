/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold here for a rule to be asked in the sandbox. The condition is read as ever, but
 * what is not read is a value that may hold or not (STEP_UNSURE), and only where what it needs is
 * there:
 *
 *     $a at …, $a in …         the string, or what it needs (yara_needed.c)
 *     #a …, @a …, !a …         the same, where the comparison can't hold without
 *                              (yara_gate_number.c)
 *     N of SET …               so many of them (yara_set.c)
 *     for N of SET : ( $ … )   the same, where the body begins with "$"
 *     pe.x …, dotnet.x …       a PE program, elf.x … an ELF one: of others a module says nothing
 *     for any i in (1..#a) : ( … )    the string, and what the body needs
 *     for any x in (0..pe.x) : ( … )  a PE program, and the same
 *     filename matches /…/     a part of the expression (yara_name.c)
 *     all else                 nothing
 *
 * Too much may hold, never too little: within "not" nothing is asked for.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

struct yara_place
yara_place(struct condition *c)
{
	return (struct yara_place){ c->text, sigc_mark(c->s), c->part_count, c->nesting, c->depth,
		c->steps, c->negations };
}

void
yara_return(struct condition *c, const struct yara_place *to)
{
	sigc_undo(c->s, &to->mark);
	c->text = to->text;
	c->part_count = to->part_count;
	c->nesting = to->nesting;
	c->depth = to->depth;
	c->steps = to->steps;
	c->negations = to->negations;
}

bool
yara_is_whole(struct condition *c)
{
	struct yara_text before = c->text;
	struct span word;
	bool is_whole;

	if (yara_take(&c->text, ")")) {
		c->text = before;
		return true;
	}
	word = yara_take_word(&c->text);
	is_whole = span_is(word, "and") || span_is(word, "or") ||
		   (word.bytes == 0 && c->text.left.bytes == 0);
	c->text = before;
	return is_whole;
}

/* Up to "and", "or" or a ')' that closes nothing from here. */
static void
skip_unknown(struct condition *c)
{
	struct yara_text *t = &c->text;
	bool after_matches = false;
	unsigned depth = 0;

	for (yara_skip_blanks(t); t->left.bytes > 0; yara_skip_blanks(t)) {
		uint8_t next = t->left.data[0];
		struct span word;

		if (depth == 0 && yara_is_whole(c))
			return;
		if (next == '"' || (next == '/' && after_matches)) {
			yara_skip_quoted(t, next);
			continue;
		}
		word = yara_take_word(t);
		after_matches = span_is(word, "matches");
		if (word.bytes > 0)
			continue;
		depth += next == '(';
		depth -= next == ')';
		t->left = span_from(t->left, 1);
	}
}

static int
push_unsure(struct condition *c)
{
	return yara_add_step(c, (struct generation_step){ .kind = STEP_UNSURE }, 1);
}

/* May hold, whatever is met. */
static int
push_anything(struct condition *c)
{
	int rc = yara_add_step(c, (struct generation_step){ .kind = STEP_AT_LEAST }, 0);

	return rc == 0 ? push_unsure(c) : rc;
}

int
yara_push_needed(struct condition *c, const struct yara_string *y, triggers *t)
{
	struct yara_place before = yara_place(c);
	struct sigc_table texts = { 0 };
	uint16_t part = 0;
	int rc = -ENOTSUP;

	if (c->negations == 0 && yara_needed(y, c->is_eager, &texts) > 0)
		rc = yara_add_texts_part(c, span_of(texts.bytes, texts.used), &part);
	*t = rc == 0 ? UINT64_C(1) << part : 0;
	free(texts.bytes);
	if (rc == 0)
		rc = yara_add_step(
		    c, (struct generation_step){ .kind = STEP_PART, .part = part }, 0);
	if (rc == 0)
		return push_unsure(c);
	yara_return(c, &before);
	*t = 0;
	return push_anything(c);
}

int
yara_push_string(struct condition *c, const struct yara_string *y, triggers *t)
{
	int rc = y == NULL ? -ENOTSUP : yara_use_string(c, y, "", t);

	return rc == 0 ? push_unsure(c) : rc;
}

/* "N of SET", "any of SET" …; what comes behind asks for more. */
static int
push_quantified(struct condition *c, triggers *t)
{
	uint64_t least = 1;

	if (yara_take_keyword(c, "all"))
		return yara_read_of(c, 0, false, t);
	if (yara_take_keyword(c, "any") || (yara_take_number(&c->text, &least) && least > 0))
		return yara_read_of(c, least, false, t);
	return -ENOTSUP;
}

/* ": ( $ at …" with no "or" in what follows: it holds of a string only where that was met. */
static bool
body_needs_its_string(struct condition *c)
{
	bool needs = yara_take(&c->text, ":") && yara_take(&c->text, "(") &&
		     yara_take(&c->text, "$") &&
		     (yara_take_keyword(c, "at") || yara_take_keyword(c, "in"));

	while (needs && c->text.left.bytes > 0) {
		struct span word = yara_take_word(&c->text);

		if (span_is(word, "or"))
			return false;
		if (word.bytes == 0 && yara_is_whole(c))
			break;
		if (word.bytes == 0)
			c->text.left = span_from(c->text.left, 1);
	}
	return needs;
}

/* "any of SET : ( $ at … )" behind "for". */
static int
push_loop(struct condition *c, triggers *t)
{
	int rc = push_quantified(c, t);

	if (rc == 0 && !body_needs_its_string(c))
		rc = -ENOTSUP;
	return rc == 0 ? push_unsure(c) : rc;
}

/* The object begins so, in its first `kinds` & READ_WIDTH bytes; it may hold then. */
static int
push_beginning(struct condition *c, uint32_t width, uint32_t is, struct term *out)
{
	struct generation_step read = { .kind = STEP_READ, .kinds = width },
			       same = { .kind = STEP_COMPARE, .value = COMPARE_IS };
	struct term unused;
	int rc = yara_push_constant(c, 0, &unused);

	if (rc == 0)
		rc = yara_add_step(c, read, 1);
	if (rc == 0)
		rc = yara_push_constant(c, is, &unused);
	if (rc == 0)
		rc = yara_add_step(c, same, 2);
	out->begins = (struct generation_head){ width == 2 ? 0xffff : UINT32_MAX, is };
	return rc == 0 ? push_unsure(c) : rc;
}

/*
 * "MODULE.x": what it is told of is undefined where the object is none of that module's, and so is
 * all that is compared with it. Not of what is always told, is_pe, is_dotnet and constants.
 */
static int
push_of_module(struct condition *c, struct term *out)
{
	struct span module = yara_take_word(&c->text), field;
	bool is_elf = span_is(module, "elf");

	if (!is_elf && !span_is(module, "pe") && !span_is(module, "dotnet"))
		return -ENOTSUP;
	field = yara_take(&c->text, ".") ? yara_take_word(&c->text) : span_of(NULL, 0);
	if (field.bytes == 0 || !islower(field.data[0]) || span_is(field, "is_pe") ||
	    span_is(field, "is_dotnet"))
		return -ENOTSUP;
	return is_elf ? push_beginning(c, 4, 0x464c457f, out) : push_beginning(c, 2, 0x5a4d, out);
}

/* A module, at `before`. */
static int
push_module(struct condition *c, const struct yara_place *before, struct term *out)
{
	int rc = c->negations == 0 ? push_of_module(c, out) : -ENOTSUP;

	if (rc != 0) {
		yara_return(c, before);
		*out = (struct term){ 0 };
	}
	return rc;
}

/* What it can't hold without; -ENOTSUP: nothing is known. */
static int
push_what_it_needs(struct condition *c, triggers *t)
{
	struct yara_place before = yara_place(c);

	if (c->negations > 0)
		return -ENOTSUP;
	if (yara_push_of_numbers(c, t) == 0)
		return 0;
	yara_return(c, &before);
	if (yara_take(&c->text, "$"))
		return yara_push_string(c, yara_take_string(c), t);
	if (yara_take(&c->text, "@") || yara_take(&c->text, "!"))
		return yara_push_string(c, yara_take_string(c), t);
	if (yara_take_keyword(c, "for"))
		return push_loop(c, t);
	if (push_quantified(c, t) != 0)
		return -ENOTSUP;
	return push_unsure(c);
}

/* A variable of a loop that is none of a rule's or an object's name: those would be read as such.
 */
static bool
take_loop_variable(struct condition *c)
{
	struct span word = yara_take_word(&c->text);
	unsigned which;

	for (const struct yara_rule *r = c->all->rules; r < c->rule; r++) {
		if (span_equal(r->name, word))
			return false;
	}
	return word.bytes > 0 && !yara_is_variable(word, &which);
}

/* What is gone through: of a module, "(1..#a)" …; nothing is needed of others. Up to its ':'. */
static int
push_loop_range(struct condition *c, struct term *out)
{
	struct yara_place before = yara_place(c);
	uint64_t first = 0;
	int rc = -ENOTSUP;

	*out = (struct term){ 0 };
	if (yara_take(&c->text, "(") && yara_take_number(&c->text, &first) &&
	    yara_take(&c->text, "..")) {
		if (yara_take(&c->text, "#"))
			rc = first > 0 ? yara_push_string(c, yara_take_string(c), &out->triggers)
				       : -ENOTSUP;
		else
			rc = push_of_module(c, out);
	} else {
		yara_return(c, &before);
		rc = push_of_module(c, out);
	}
	if (rc != 0) {
		yara_return(c, &before);
		*out = (struct term){ 0 };
		rc = push_anything(c);
	}
	while (c->text.left.bytes > 0 && !yara_take(&c->text, ":"))
		yara_skip(&c->text, 1);
	return rc;
}

/* "for any x in … : ( … )": what is gone through and, but for x, what is asked of any. */
static int
push_loop_of_values(struct condition *c, struct term *out)
{
	struct term body = { 0 };
	uint64_t least = 1;
	int rc;

	if (c->negations > 0 || !yara_take_keyword(c, "for") ||
	    (!yara_take_keyword(c, "any") && !(yara_take_number(&c->text, &least) && least > 0)) ||
	    !take_loop_variable(c))
		return -ENOTSUP;
	while (yara_take(&c->text, ",")) {
		if (!take_loop_variable(c))
			return -ENOTSUP;
	}
	if (!yara_take_keyword(c, "in"))
		return -ENOTSUP;
	rc = push_loop_range(c, out);
	yara_skip_blanks(&c->text);
	if (rc == 0 && !yara_starts(&c->text, "("))
		rc = -ENOTSUP;
	if (rc == 0)
		rc = yara_read_primary(c, &body);
	if (rc == 0 && body.is_number)
		rc = -ENOTSUP;
	if (rc == 0)
		rc = yara_add_step(c, (struct generation_step){ .kind = STEP_AND }, 2);
	if (rc == 0)
		yara_join_and(out, &body);
	return rc;
}

int
yara_read_unknown(struct condition *c, struct term *out)
{
	struct yara_place before = yara_place(c);
	int rc;

	*out = (struct term){ 0 };
	rc = push_module(c, &before, out);
	if (rc != 0)
		rc = push_loop_of_values(c, out);
	if (rc != 0) {
		yara_return(c, &before);
		*out = (struct term){ 0 };
	}
	if (rc != 0)
		rc = push_what_it_needs(c, &out->triggers);
	if (rc != 0) {
		yara_return(c, &before);
		out->triggers = 0;
		rc = push_anything(c);
	}
	c->text = before.text;
	skip_unknown(c);
	return rc;
}
