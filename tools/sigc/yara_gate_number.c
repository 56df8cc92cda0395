/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a comparison of numbers needs that is not read, for a gate (yara_gate.c):
 *
 *     @a - @b < 700            both strings, for without one its place is undefined, and so is what
 *                              is computed and compared with it
 *     #a + #b > 5              any of them; behind ">" counts, filesize, reads and constants may be
 *     #a + #b > #c + #d        added up, for none of these is negative; behind ">=" and "==" stands
 *                              a number that is not 0
 *
 * Only what is arithmetic from end to end is looked at.
 */
#include <ctype.h>
#include <errno.h>

#include "tools/sigc/yara.h"

#define CONSTANT_MAX (UINT64_C(1) << 40) /* sums of these do not overflow */
#define STRINGS_MAX  16

enum relation {
	RELATION_NONE,
	RELATION_OVER,
	RELATION_FROM,
	RELATION_IS,
	RELATION_OTHER
};

struct comparison {
	enum relation how;
	unsigned places, counts, depth;            /* counts: left of the sign */
	const struct yara_string *of[STRINGS_MAX]; /* places, or counts left of the sign */
	bool left_is_counts, right_is_positive;    /* nothing else there but sums */
	unsigned right_terms;
	uint64_t number; /* the last one right of the sign */
};

/* "<", "<=" …, not "<<" nor ">>"; RELATION_NONE: another sign. */
static enum relation
take_relation(struct yara_text *t)
{
	if (yara_starts(t, "<<") || yara_starts(t, ">>"))
		return RELATION_NONE;
	if (yara_take(t, ">="))
		return RELATION_FROM;
	if (yara_take(t, "=="))
		return RELATION_IS;
	if (yara_take(t, "<=") || yara_take(t, "!=") || yara_take(t, "<"))
		return RELATION_OTHER;
	return yara_take(t, ">") ? RELATION_OVER : RELATION_NONE;
}

/* "[…]" behind a place; whatever stands in it, without the string the place is undefined. */
static void
skip_index(struct yara_text *t)
{
	if (!yara_take(t, "["))
		return;
	while (t->left.bytes > 0 && t->left.data[0] != ']')
		yara_skip(t, 1);
	yara_take(t, "]");
}

/* "@a", "!a[1]", "#a"; false: not so. */
static bool
take_string(struct condition *c, struct comparison *of)
{
	bool is_count = yara_take(&c->text, "#"), is_left = of->how == RELATION_NONE;
	const struct yara_string *y;

	if (!is_count && !yara_take(&c->text, "@") && !yara_take(&c->text, "!"))
		return false;
	y = yara_take_string(c);
	if (y == NULL || of->places + of->counts == STRINGS_MAX)
		return false;
	of->right_terms += !is_left;
	if (!is_count) {
		skip_index(&c->text);
		of->counts = 0; /* these alone are needed then */
		of->of[of->places++] = y;
	} else if (is_left && of->places == 0) {
		of->of[of->counts++] = y;
	}
	return true;
}

/* "uint16", "int8be" … */
static bool
is_read(struct span word, bool *is_signed)
{
	static const char *const widths[] = { "int8", "int16", "int32", "int8be", "int16be",
		"int32be" };

	*is_signed = word.bytes > 0 && word.data[0] != 'u';
	word = span_from(word, *is_signed ? 0 : 1);
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		if (span_is(word, widths[i]))
			return true;
	}
	return false;
}

/* "filesize", or what stands before a read's bracket. */
static bool
take_number_word(struct condition *c, struct comparison *of)
{
	struct span word = yara_take_word(&c->text);
	bool is_signed = false, is_number = span_is(word, "filesize") || is_read(word, &is_signed);

	of->left_is_counts &= of->how != RELATION_NONE;
	of->right_is_positive &= !is_signed;
	of->right_terms++;
	return is_number;
}

static bool
take_sign(struct condition *c, struct comparison *of)
{
	enum relation how;

	if (yara_take(&c->text, "+"))
		return true;
	if (yara_take(&c->text, "(")) {
		of->depth++;
		return true;
	}
	if (yara_take(&c->text, ")")) {
		of->depth--;
		return true;
	}
	how = take_relation(&c->text);
	if (how != RELATION_NONE) {
		if (of->how != RELATION_NONE || of->depth > 0)
			return false;
		of->how = how;
		return true;
	}
	of->left_is_counts &= of->how != RELATION_NONE;
	of->right_is_positive = false;
	if (c->text.left.bytes == 0 || strchr("-*\\%&|^~<>", c->text.left.data[0]) == NULL)
		return false;
	yara_skip(&c->text, 1);
	return true;
}

/* False: it is more than arithmetic. */
static bool
read_comparison(struct condition *c, struct comparison *of)
{
	*of = (struct comparison){ .left_is_counts = true, .right_is_positive = true };
	for (;;) {
		struct yara_text before;
		uint64_t n;

		yara_skip_blanks(&c->text);
		if (of->depth == 0 && yara_is_whole(c))
			return of->how != RELATION_NONE;
		before = c->text;
		if (c->text.left.bytes == 0)
			return false;
		if (strchr("#@", c->text.left.data[0]) != NULL ||
		    (yara_starts(&c->text, "!") && !yara_starts(&c->text, "!="))) {
			if (!take_string(c, of))
				return false;
		} else if (yara_take_number(&c->text, &n)) {
			of->left_is_counts &= of->how != RELATION_NONE;
			of->right_is_positive &= n < CONSTANT_MAX;
			of->right_terms++;
			of->number = n;
		} else {
			c->text = before;
			if (isalpha(c->text.left.data[0]) ? !take_number_word(c, of)
							  : !take_sign(c, of))
				return false;
		}
	}
}

/* Whether it can't hold where none of the counts on its left is more than 0. */
static bool
needs_a_count(const struct comparison *of)
{
	if (of->counts == 0 || !of->left_is_counts || !of->right_is_positive)
		return false;
	if (of->how == RELATION_OVER)
		return true;
	return (of->how == RELATION_FROM || of->how == RELATION_IS) && of->right_terms == 1 &&
	       of->number > 0;
}

int
yara_push_of_numbers(struct condition *c, triggers *t)
{
	struct comparison of;
	unsigned count;
	int rc = 0;

	*t = 0;
	if (!read_comparison(c, &of) || (of.places == 0 && !needs_a_count(&of)))
		return -ENOTSUP;
	count = of.places > 0 ? of.places : of.counts;
	for (unsigned i = 0; i < count && rc == 0; i++) {
		triggers one = 0;

		rc = yara_push_string(c, of.of[i], &one);
		if (of.places > 0)
			*t = *t == 0 || (one != 0 &&
					    __builtin_popcountll(one) < __builtin_popcountll(*t))
				 ? one
				 : *t;
		else
			*t = i == 0 || (*t != 0 && one != 0) ? *t | one : 0;
	}
	return rc == 0 ? yara_add_step(c,
			     (struct generation_step){ .kind = STEP_AT_LEAST,
				 .value = of.places > 0 ? count : 1,
				 .kinds = count },
			     count)
		       : rc;
}
