/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbers in YARA's conditions, and what compares them, to steps (generation_file.h). By falling
 * rank:
 *
 *     ( … )   N   filesize   #a   @a  @a[1]   [u]int8|16|32[be](…)
 *     - ~   * \ %   + -   << >>   &   ^   |   < <= > >=   == !=
 *
 * #a counts matches of a string of one form, for those of several may not come in order; whether
 * it is 0 is asked of any. @a[2] and further ones are not kept.
 */
#include <ctype.h>
#include <errno.h>

#include "tools/sigc/yara.h"

#define NESTING_MAX 24

struct operator
{
	const char *text, *not_before; /* "<" is none where "<<" or "<=" stands */
	uint32_t how;
};

static const struct operator times[] = { { "*", "", MATH_MULTIPLY }, { "\\", "", MATH_DIVIDE },
	{ "%", "", MATH_MODULO }, { NULL, NULL, 0 } };
static const struct operator plus[] = { { "+", "", MATH_ADD }, { "-", "", MATH_SUBTRACT },
	{ NULL, NULL, 0 } };
static const struct operator shifts[] = { { "<<", "", MATH_LEFT }, { ">>", "", MATH_RIGHT },
	{ NULL, NULL, 0 } };
static const struct operator ands[] = { { "&", "", MATH_AND }, { NULL, NULL, 0 } };
static const struct operator xors[] = { { "^", "", MATH_XOR }, { NULL, NULL, 0 } };
static const struct operator ors[] = { { "|", "", MATH_OR }, { NULL, NULL, 0 } };
static const struct operator* const ranks[] = { times, plus, shifts, ands, xors, ors };
static const struct operator comparisons[] = { { "==", "", COMPARE_IS },
	{ "!=", "", COMPARE_DIFFERS }, { "<=", "", COMPARE_UPTO }, { ">=", "", COMPARE_FROM },
	{ "<", "<", COMPARE_UNDER }, { ">", ">", COMPARE_OVER }, { NULL, NULL, 0 } };

static const struct operator* take_operator(struct condition *c, const struct operator* of)
{
	for (; of->text != NULL; of++) {
		struct yara_text before = c->text;

		if (!yara_take(&c->text, of->text))
			continue;
		if (c->text.left.bytes > 0 && of->not_before[0] != 0 &&
		    c->text.left.data[0] == (uint8_t)of->not_before[0]) {
			c->text = before;
			continue;
		}
		return of;
	}
	return NULL;
}

int
yara_push_constant(struct condition *c, uint64_t n, struct term *out)
{
	*out = (struct term){ .is_number = true, .is_constant = true, .constant = n };
	return yara_add_step(c,
	    (struct generation_step){
		.kind = STEP_NUMBER, .value = (uint32_t)n, .kinds = (uint32_t)(n >> 32) },
	    0);
}

static int
push_of_string(struct condition *c, const struct yara_string *y, uint16_t kind, struct term *out)
{
	uint16_t part = 0;
	int rc = yara_add_part(c, y, "", &part);

	*out = (struct term){ .is_number = true };
	if (kind == STEP_MATCHES)
		out->counted = y;
	out->triggers = UINT64_C(1) << part;
	return rc == 0 ? yara_add_step(c, (struct generation_step){ .kind = kind, .part = part }, 0)
		       : rc;
}

/* "@a", "@a[1]"; the @ is taken. */
static int
read_start(struct condition *c, struct term *out)
{
	const struct yara_string *y = yara_take_string(c);
	uint64_t which = 1;

	if (y == NULL)
		return yara_leave_out(c, SKIP_SYNTAX);
	if (!y->is_one_form)
		return yara_leave_out(c, SKIP_FORMS);
	if (yara_take(&c->text, "[") &&
	    (!yara_take_number(&c->text, &which) || !yara_take(&c->text, "]")))
		return yara_leave_out(c, SKIP_SYNTAX);
	return which == 1 ? push_of_string(c, y, STEP_START, out) : yara_leave_out(c, SKIP_SYNTAX);
}

static int
read_count(struct condition *c, struct term *out)
{
	const struct yara_string *y = yara_take_string(c);

	if (y == NULL || yara_take_keyword(c, "in"))
		return yara_leave_out(c, SKIP_SYNTAX);
	return push_of_string(c, y, STEP_MATCHES, out);
}

static const struct read_word {
	const char *word;
	uint32_t width;
} reads[] = { { "uint8", 1 }, { "uint16", 2 }, { "uint32", 4 }, { "uint8be", 1 | READ_BIG_ENDIAN },
	{ "uint16be", 2 | READ_BIG_ENDIAN }, { "uint32be", 4 | READ_BIG_ENDIAN },
	{ "int8", 1 | READ_SIGNED }, { "int16", 2 | READ_SIGNED }, { "int32", 4 | READ_SIGNED },
	{ "int8be", 1 | READ_SIGNED | READ_BIG_ENDIAN },
	{ "int16be", 2 | READ_SIGNED | READ_BIG_ENDIAN },
	{ "int32be", 4 | READ_SIGNED | READ_BIG_ENDIAN }, { NULL, 0 } };

static const struct read_word *
take_read(struct condition *c)
{
	for (const struct read_word *r = reads; r->word != NULL; r++) {
		if (yara_take_keyword(c, r->word))
			return r;
	}
	return NULL;
}

static int
read_bytes(struct condition *c, const struct read_word *r, struct term *out)
{
	struct term at;
	int rc;

	if (!yara_take(&c->text, "("))
		return yara_leave_out(c, SKIP_SYNTAX);
	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	rc = yara_read_number(c, &at);
	c->nesting--;
	if (rc == 0 && !yara_take(&c->text, ")"))
		rc = yara_leave_out(c, SKIP_SYNTAX);
	if (rc == 0 && at.counted != NULL && !at.counted->is_one_form)
		rc = yara_leave_out(c, SKIP_FORMS);
	/* Without a match there is a byte at #a, too: that at 0. */
	*out = (struct term){ .is_number = true, .triggers = at.counted == NULL ? at.triggers : 0 };
	if (rc == 0 && at.is_constant && at.constant == 0)
		out->head = r->width;
	return rc == 0 ? yara_add_step(
			     c, (struct generation_step){ .kind = STEP_READ, .kinds = r->width }, 1)
		       : rc;
}

bool
yara_starts_number(struct condition *c)
{
	struct yara_text before = c->text;
	bool starts = yara_take(&c->text, "#") || yara_take(&c->text, "@") ||
		      yara_take_keyword(c, "filesize") || take_read(c) != NULL;

	c->text = before;
	return starts;
}

int
yara_read_operand(struct condition *c, struct term *out)
{
	const struct read_word *r;

	if (yara_take(&c->text, "#"))
		return read_count(c, out);
	if (yara_take(&c->text, "@"))
		return read_start(c, out);
	*out = (struct term){ .is_number = true };
	if (yara_take_keyword(c, "filesize"))
		return yara_add_step(c, (struct generation_step){ .kind = STEP_SIZE }, 0);
	r = take_read(c);
	return r != NULL ? read_bytes(c, r, out) : yara_leave_out(c, SKIP_MODULE);
}

/* "a" and "b" are on the stack; a count within a sum must be exact. */
static int
compute(struct condition *c, struct term *a, const struct term *b, uint32_t how)
{
	const struct yara_string *counted = a->counted != NULL ? a->counted : b->counted;

	if (!a->is_number || !b->is_number)
		return yara_leave_out(c, SKIP_SYNTAX);
	if ((a->counted != NULL && !a->counted->is_one_form) ||
	    (counted != NULL && !counted->is_one_form))
		return yara_leave_out(c, SKIP_FORMS);
	/* A sum with #a in it may be anything without it. */
	*a = (struct term){ .is_number = true,
		.triggers = a->counted == NULL && a->triggers != 0   ? a->triggers
			    : b->counted == NULL && b->triggers != 0 ? b->triggers
								     : 0 };
	return yara_add_step(c, (struct generation_step){ .kind = STEP_MATH, .value = how }, 2);
}

/* "-x" is 0 - x, "~x" is x ^ -1. */
static int
read_unary(struct condition *c, struct term *out)
{
	struct term zero = { 0 }, inner = { 0 };
	bool negates = yara_take(&c->text, "-");
	int rc;

	if (!negates && !yara_take(&c->text, "~"))
		return yara_read_primary(c, out);
	if (++c->nesting > NESTING_MAX)
		return yara_leave_out(c, SKIP_EXPRESSION);
	rc = yara_push_constant(c, negates ? 0 : UINT64_MAX, &zero);
	if (rc == 0)
		rc = read_unary(c, &inner);
	c->nesting--;
	*out = zero;
	return rc == 0 ? compute(c, out, &inner, negates ? MATH_SUBTRACT : MATH_XOR) : rc;
}

static int
read_rank(struct condition *c, unsigned rank, struct term *out)
{
	int rc = rank == 0 ? read_unary(c, out) : read_rank(c, rank - 1, out);
	const struct operator* found;

	while (rc == 0 && out->is_number && (found = take_operator(c, ranks[rank])) != NULL) {
		struct term more = { 0 };

		rc = rank == 0 ? read_unary(c, &more) : read_rank(c, rank - 1, &more);
		if (rc == 0)
			rc = compute(c, out, &more, found->how);
	}
	return rc;
}

int
yara_read_number(struct condition *c, struct term *out)
{
	int rc = read_rank(c, sizeof(ranks) / sizeof(ranks[0]) - 1, out);

	return rc == 0 && !out->is_number ? yara_leave_out(c, SKIP_SYNTAX) : rc;
}

/* Whether "count HOW number" holds of no match at all. */
static bool
holds_of_none(uint32_t how, uint64_t number)
{
	return how == COMPARE_IS        ? number == 0
	       : how == COMPARE_DIFFERS ? number != 0
	       : how == COMPARE_UNDER   ? number > 0
	       : how == COMPARE_FROM    ? number == 0
					: how == COMPARE_UPTO;
}

/* "#a HOW number", of any string where it only asks whether it is there. */
static triggers
triggers_of_count(const struct term *a, uint64_t number, uint32_t how)
{
	return holds_of_none(how, number) ? 0 : a->triggers;
}

static bool
is_presence(uint64_t number, uint32_t how)
{
	return number == 0 || (number == 1 && (how == COMPARE_FROM || how == COMPARE_UNDER));
}

/* "uint16(0) == N": what the object's first four bytes are then; no mask: nothing is known. */
static struct generation_head
begins_with(const struct term *read, const struct term *is)
{
	unsigned width = read->head & READ_WIDTH;
	struct generation_head h = { 0, 0 };

	if (read->head == 0 || read->head & READ_SIGNED || !is->is_constant ||
	    is->constant >> 8 * width != 0)
		return h;
	for (unsigned i = 0; i < width; i++) {
		unsigned from = read->head & READ_BIG_ENDIAN ? width - 1 - i : i;

		h.mask |= UINT32_C(0xff) << 8 * i;
		h.value |= (uint32_t)(is->constant >> 8 * from & 0xff) << 8 * i;
	}
	return h;
}

static int
compare(struct condition *c, struct term *a, const struct term *b, uint32_t how)
{
	static const uint32_t turned[] = { COMPARE_IS, COMPARE_DIFFERS, COMPARE_OVER, COMPARE_FROM,
		COMPARE_UNDER, COMPARE_UPTO };
	const struct term *count = a->counted != NULL ? a : b, *other = count == a ? b : a;
	uint32_t from_count = count == a ? how : turned[how];
	struct generation_head begins = { 0, 0 };
	triggers t = 0;

	if (!b->is_number)
		return yara_leave_out(c, SKIP_SYNTAX);
	if (count->counted != NULL && other->is_constant) {
		if (!count->counted->is_one_form && !is_presence(other->constant, from_count))
			return yara_leave_out(c, SKIP_FORMS);
		t = triggers_of_count(count, other->constant, from_count);
	} else {
		if ((a->counted != NULL && !a->counted->is_one_form) ||
		    (b->counted != NULL && !b->counted->is_one_form))
			return yara_leave_out(c, SKIP_FORMS);
		t = a->counted == NULL && a->triggers != 0 ? a->triggers
		    : b->counted == NULL                   ? b->triggers
							   : 0;
	}
	if (how == COMPARE_IS)
		begins = a->head != 0 ? begins_with(a, b) : begins_with(b, a);
	*a = (struct term){ .triggers = t, .begins = begins };
	return yara_add_step(c, (struct generation_step){ .kind = STEP_COMPARE, .value = how }, 2);
}

int
yara_read_relation(struct condition *c, struct term *out)
{
	int rc = read_rank(c, sizeof(ranks) / sizeof(ranks[0]) - 1, out);
	const struct operator* found;

	if (rc != 0 || !out->is_number)
		return rc;
	found = take_operator(c, comparisons);
	if (found != NULL) {
		struct term more = { 0 };

		rc = read_rank(c, sizeof(ranks) / sizeof(ranks[0]) - 1, &more);
		return rc == 0 ? compare(c, out, &more, found->how) : rc;
	}
	return rc;
}
