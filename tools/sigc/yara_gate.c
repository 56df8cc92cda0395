/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold here for a rule to be asked in the sandbox. The condition is read as ever, but
 * what is not read is a value that may hold or not (STEP_UNSURE), and only where what it needs is
 * there:
 *
 *     $a at …, $a in …         the string, or what it needs (yara_needed.c)
 *     #a …, @a …, !a …         the same, where the comparison can't hold without
 *     N of SET …               so many of them
 *     for N of SET : ( $ … )   the same, where the body begins with "$"
 *     for any i in (1..#a)     the string
 *     pe.x …, dotnet.x …       a PE program, elf.x … an ELF one: of others a module says nothing
 *     for any x in (0..pe.x)   the same
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

/* One of several texts must be met. */
static int
push_texts(struct condition *c, const struct sigc_table *texts, unsigned count, triggers *t)
{
	const char *next = (const char *)texts->bytes;
	int rc = 0;

	*t = 0;
	for (unsigned i = 0; i < count && rc == 0; i++, next += strlen(next) + 1) {
		uint16_t part = 0;

		rc = yara_add_text_part(c, span_text(next), &part);
		if (rc == 0)
			rc = yara_add_step(
			    c, (struct generation_step){ .kind = STEP_PART, .part = part }, 0);
		*t |= UINT64_C(1) << part;
	}
	if (rc == 0)
		rc = yara_add_step(c,
		    (struct generation_step){ .kind = STEP_AT_LEAST, .value = 1, .kinds = count },
		    count);
	return rc == 0 ? push_unsure(c) : rc;
}

int
yara_push_needed(struct condition *c, const struct yara_string *y, triggers *t)
{
	struct yara_place before = yara_place(c);
	struct sigc_table texts = { 0 };
	unsigned count = c->negations == 0 ? yara_needed(y, &texts) : 0;
	int rc = count > 0 ? push_texts(c, &texts, count, t) : -ENOTSUP;

	free(texts.bytes);
	if (rc == 0)
		return 0;
	yara_return(c, &before);
	*t = 0;
	return push_anything(c);
}

/* The string as it is, where that is read. */
static int
push_string(struct condition *c, const struct yara_string *y, triggers *t)
{
	int rc = y == NULL ? -ENOTSUP : yara_use_string(c, y, "", t);

	return rc == 0 ? push_unsure(c) : rc;
}

/* Whether "#a HOW N" can't hold of no match. */
static bool
needs_a_match(struct condition *c)
{
	bool over = yara_take(&c->text, ">"), from = over && yara_take(&c->text, "=");
	bool is = !over && yara_take(&c->text, "==");
	uint64_t n = 0;

	return (over || is) && yara_take_number(&c->text, &n) && yara_is_whole(c) &&
	       ((over && !from) || n > 0);
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

/* "any i in (1..#a) :" behind "for". */
static const struct yara_string *
take_count_loop(struct condition *c)
{
	uint64_t first;

	if (!yara_take_keyword(c, "any") || yara_take_word(&c->text).bytes == 0 ||
	    !yara_take_keyword(c, "in") || !yara_take(&c->text, "(") ||
	    !yara_take_number(&c->text, &first) || first != 1 || !yara_take(&c->text, "..") ||
	    !yara_take(&c->text, "#"))
		return NULL;
	return yara_take_string(c);
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

/* "any of SET : ( $ at … )", "any i in (1..#a) : …", behind "for". */
static int
push_loop(struct condition *c, triggers *t)
{
	struct yara_place before = yara_place(c);
	const struct yara_string *counted = take_count_loop(c);
	int rc;

	if (counted != NULL)
		return push_string(c, counted, t);
	yara_return(c, &before);
	rc = push_quantified(c, t);
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

/* "any x in (0..MODULE.x" behind "for". */
static int
push_loop_of_module(struct condition *c, struct term *out)
{
	uint64_t first;

	if (!yara_take_keyword(c, "any") || yara_take_word(&c->text).bytes == 0 ||
	    !yara_take_keyword(c, "in") || !yara_take(&c->text, "(") ||
	    !yara_take_number(&c->text, &first) || !yara_take(&c->text, ".."))
		return -ENOTSUP;
	return push_of_module(c, out);
}

/* A module, or a loop over something of one, at `before`. */
static int
push_module(struct condition *c, const struct yara_place *before, struct term *out)
{
	int rc = c->negations == 0 ? 0 : -ENOTSUP;

	if (rc == 0)
		rc = yara_take_keyword(c, "for") ? push_loop_of_module(c, out)
						 : push_of_module(c, out);
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
	const struct yara_string *y;

	if (c->negations > 0)
		return -ENOTSUP;
	if (yara_take(&c->text, "$"))
		return push_string(c, yara_take_string(c), t);
	if (yara_take(&c->text, "#")) {
		y = yara_take_string(c);
		return needs_a_match(c) ? push_string(c, y, t) : -ENOTSUP;
	}
	if (yara_take(&c->text, "@") || yara_take(&c->text, "!"))
		return push_string(c, yara_take_string(c), t);
	if (yara_take_keyword(c, "for"))
		return push_loop(c, t);
	if (push_quantified(c, t) != 0)
		return -ENOTSUP;
	return push_unsure(c);
}

int
yara_read_unknown(struct condition *c, struct term *out)
{
	struct yara_place before = yara_place(c);
	int rc;

	*out = (struct term){ 0 };
	rc = push_module(c, &before, out);
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
