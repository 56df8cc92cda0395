/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "N of SET". Each string is a part; of sets that are too large for that, "any of" makes all
 * strings one part, which is met where any of them is; that is exact. A gate (yara_gate.c) may ask
 * for less than its rule: it parts the strings into a few groups of equal size, a part each. N
 * strings lie in at least N / size of them, so these must be met. A string of which nothing is
 * known may be there or not.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

#define SET_MAX 10000 /* strings, as YARA's own limit for a rule */

/* What is looked for, with a NUL behind each; false: nothing is known. */
static bool
texts_of(struct condition *c, const struct yara_string *y, struct sigc_table *out)
{
	struct sigc_mark mark = sigc_mark(c->s);
	size_t before = out->used;
	enum skip_reason why;
	uint32_t id;

	if (y->why == SKIP_COUNT) {
		table_add(out, c->all->texts + y->text, y->bytes);
		table_add(out, "", 1);
	}
	for (unsigned way = y->why != SKIP_COUNT; way < 2; way++) {
		if (way == 1)
			out->used = before;
		if (way == 1 && (!c->is_gate || yara_needed(y, c->is_eager, out) == 0))
			break;
		if (sigc_add_any_part(c->s, span_of(out->bytes + before, out->used - before),
			c->name, &id, &why) == 0) {
			sigc_undo(c->s, &mark);
			return true;
		}
		sigc_undo(c->s, &mark);
	}
	out->used = before;
	return false;
}

static int
push_group(struct condition *c, struct sigc_table *texts, triggers *t)
{
	uint16_t part = 0;
	int rc = yara_add_texts_part(c, span_of(texts->bytes, texts->used), &part);

	texts->used = 0;
	*t |= UINT64_C(1) << part;
	return rc == 0 ? yara_add_step(
			     c, (struct generation_step){ .kind = STEP_PART, .part = part }, 0)
		       : rc;
}

static int
push_any(struct condition *c, const struct yara_string *const *set, size_t count, triggers *t)
{
	struct sigc_table texts = { 0 };
	int rc = 0;

	*t = 0;
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (set[i]->why != SKIP_COUNT)
			rc = yara_leave_out(c, set[i]->why);
		else if (!texts_of(c, set[i], &texts))
			rc = yara_leave_out(c, SKIP_SHORT);
	}
	if (rc == 0)
		rc = push_group(c, &texts, t);
	free(texts.bytes);
	return rc;
}

static int
push_groups(struct condition *c, const struct yara_string *const *set, size_t count, uint64_t least,
    triggers *t)
{
	size_t size = count / c->set_parts + 1, in_group = 0;
	struct sigc_table texts = { 0 };
	uint64_t unknown = 0;
	uint32_t groups = 0, needed;
	int rc = 0;

	assert(size > 0); /* or members are as many as a size_t can tell */
	*t = 0;
	for (size_t i = 0; i < count && rc == 0; i++) {
		if (texts_of(c, set[i], &texts))
			in_group++;
		else
			unknown++;
		if (in_group == size || (i + 1 == count && in_group > 0)) {
			rc = push_group(c, &texts, t);
			groups++;
			in_group = 0;
		}
	}
	free(texts.bytes);
	needed = least > unknown ? (uint32_t)((least - unknown + size - 1) / size) : 0;
	if (needed == 0 || needed > groups)
		*t = 0;
	if (rc == 0)
		rc = yara_add_step(c,
		    (struct generation_step){
			.kind = STEP_AT_LEAST, .value = needed, .kinds = groups },
		    groups);
	return rc == 0 ? yara_add_step(c, (struct generation_step){ .kind = STEP_UNSURE }, 1) : rc;
}

/* The strings of a set: pointers to them. */
static int
take_set(struct condition *c, struct sigc_table *set)
{
	bool is_all = yara_take_keyword(c, "them"), more = true;

	if (!is_all && !yara_take(&c->text, "("))
		return yara_leave_out(c, SKIP_SYNTAX);
	while (more) {
		struct span id = span_of("", 0);
		const struct yara_string *y;
		bool is_start = is_all;
		size_t i = 0;

		if (!is_all) {
			if (!yara_take(&c->text, "$"))
				return yara_leave_out(c, SKIP_SYNTAX);
			id = yara_take_word(&c->text);
			is_start = yara_take(&c->text, "*");
		}
		while ((y = yara_next_string(c, id, is_start, &i)) != NULL) {
			if (set->used / sizeof(y) == SET_MAX)
				return yara_leave_out(c, SKIP_EXPRESSION);
			table_add(set, &y, sizeof(y));
		}
		more = !is_all && yara_take(&c->text, ",");
	}
	return is_all || yara_take(&c->text, ")") ? 0 : yara_leave_out(c, SKIP_SYNTAX);
}

/* Pushes each string, and whether so many hold. */
static int
push_each(struct condition *c, const struct yara_string *const *set, unsigned count, uint64_t least,
    triggers *t)
{
	triggers each[GENERATION_STACK_MAX];
	int rc = 0;

	if (count > GENERATION_STACK_MAX) {
		c->lacks_parts = true;
		return yara_leave_out(c, SKIP_EXPRESSION);
	}
	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = yara_use_string(c, set[i], "", &each[i]);
	/* Without one of all but `least` - 1 there are not enough. */
	*t = 0;
	for (unsigned i = 0; rc == 0 && i < count - least + 1; i++)
		*t = i == 0 || (*t != 0 && each[i] != 0) ? *t | each[i] : 0;
	return rc == 0 ? yara_add_step(c,
			     (struct generation_step){
				 .kind = STEP_AT_LEAST, .value = (uint32_t)least, .kinds = count },
			     count)
		       : rc;
}

static int
push_set(struct condition *c, const struct sigc_table *table, uint64_t least, triggers *t)
{
	const struct yara_string *const *set =
	    (const struct yara_string *const *)(const void *)table->bytes;
	size_t count = table->used / sizeof(*set);

	if (least == 0)
		least = count;
	if (count == 0 || least > count)
		return yara_leave_out(c, SKIP_SYNTAX); /* never true, or an error in YARA */
	if (c->is_gate && c->negations == 0 && count > c->set_parts)
		return push_groups(c, set, count, least, t);
	if (!c->is_gate && least == 1 && count > GENERATION_STACK_MAX)
		return push_any(c, set, count, t);
	return push_each(c, set, (unsigned)count, least, t);
}

int
yara_read_of(struct condition *c, uint64_t least, bool none, triggers *t)
{
	struct sigc_table set = { 0 };
	int rc;

	*t = 0;
	if (!yara_take_keyword(c, "of"))
		return yara_leave_out(c, SKIP_SYNTAX);
	rc = take_set(c, &set);
	c->negations += none;
	if (rc == 0)
		rc = push_set(c, &set, least, t);
	c->negations -= none;
	free(set.bytes);
	if (rc == 0 && none) {
		*t = 0;
		rc = yara_add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1);
	}
	return rc;
}
