/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Comparisons with what an object is called (scanners/signature/name.h), to steps:
 *
 *     filename == "…"   !=   contains   startswith   endswith, and with i before them   iequals
 *     filename matches /plain/i, with ^ before it or $ behind
 *
 * and the same of the other variables; of "matches" with another expression a gate (yara_gate.c)
 * asks for a part of it. Which rules hang on a name at all is asked of the words of
 * their conditions: too many may, never too few.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/yara.h"

bool
yara_is_variable(struct span word, unsigned *which)
{
	for (unsigned v = 0; v < VARIABLE_COUNT; v++) {
		if (!span_is(word, signature_variable_word(v)))
			continue;
		*which = v;
		return true;
	}
	return false;
}

/* A text in quotes, escapes undone; false: it is none, or has a NUL, which a name never has. */
static bool
take_text(struct yara_text *t, struct sigc_table *out)
{
	uint8_t byte;
	size_t n;

	if (!yara_take(t, "\""))
		return false;
	while (t->left.bytes > 0 && t->left.data[0] != '"') {
		n = yara_unescape(t->left, &byte);
		if (n == 0 || byte == 0)
			return false;
		table_add(out, &byte, 1);
		yara_skip(t, n);
	}
	return out->used > 0 && yara_take(t, "\"");
}

/* "i", "s", both or none, which touch the slash. */
static bool
take_flags(struct yara_text *t, uint32_t *how)
{
	for (; t->left.bytes > 0 && isalpha(t->left.data[0]); yara_skip(t, 1)) {
		if (t->left.data[0] == 'i')
			*how |= TEXT_NOCASE;
		else if (t->left.data[0] != 's')
			return false;
	}
	return true;
}

/* An expression that is no more than a text; false: it is more. */
static bool
take_plain_regex(struct yara_text *t, struct sigc_table *out, uint32_t *how)
{
	bool starts = false, ends = false;

	if (!yara_take(t, "/"))
		return false;
	if (t->left.bytes > 0 && t->left.data[0] == '^') {
		starts = true;
		yara_skip(t, 1);
	}
	while (t->left.bytes > 0 && t->left.data[0] != '/' && !ends) {
		uint8_t c = t->left.data[0];

		if (c == '\\' && t->left.bytes > 1 && ispunct(t->left.data[1])) {
			table_add(out, t->left.data + 1, 1);
			yara_skip(t, 2);
			continue;
		}
		if (c == '$')
			ends = true;
		else if (isalnum(c) || strchr(" _-,;:@~%&=!#'\"<>", c) != NULL)
			table_add(out, &c, 1);
		else
			return false;
		yara_skip(t, 1);
	}
	*how = starts && ends ? TEXT_IS : starts ? TEXT_STARTS : ends ? TEXT_ENDS : TEXT_CONTAINS;
	if (out->used == 0 || t->left.bytes == 0 || t->left.data[0] != '/')
		return false;
	yara_skip(t, 1);
	return take_flags(t, how);
}

/* The operator and what stands behind it. */
static bool
take_comparison(struct condition *c, struct sigc_table *text, uint32_t *how, bool *is_not)
{
	static const struct {
		const char *word;
		uint32_t how;
	} words[] = { { "contains", TEXT_CONTAINS }, { "startswith", TEXT_STARTS },
		{ "endswith", TEXT_ENDS }, { "iequals", TEXT_IS | TEXT_NOCASE },
		{ "icontains", TEXT_CONTAINS | TEXT_NOCASE },
		{ "istartswith", TEXT_STARTS | TEXT_NOCASE },
		{ "iendswith", TEXT_ENDS | TEXT_NOCASE } };

	*how = TEXT_IS;
	*is_not = yara_take(&c->text, "!=");
	if (*is_not || yara_take(&c->text, "=="))
		return take_text(&c->text, text);
	if (yara_take_keyword(c, "matches"))
		return take_plain_regex(&c->text, text, how);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!yara_take_keyword(c, words[i].word))
			continue;
		*how = words[i].how;
		return take_text(&c->text, text);
	}
	return false;
}

/* Of a gate: "matches" of any other expression holds only where the name has one of a few runs. */
static int
push_runs(struct condition *c, unsigned which)
{
	struct yara_text *t = &c->text;
	struct yara_choice runs;
	struct span written;
	uint32_t how = TEXT_CONTAINS;
	int rc = 0;

	if (!c->is_gate || c->negations > 0 || !yara_take_keyword(c, "matches"))
		return -ENOTSUP;
	yara_skip_blanks(t);
	if (!yara_starts(t, "/"))
		return -ENOTSUP;
	written = span_from(t->left, 1);
	yara_skip_quoted(t, '/');
	written = span_first(written, written.bytes - t->left.bytes);
	if (written.bytes == 0 || !take_flags(t, &how) ||
	    !yara_regex_runs(span_first(written, written.bytes - 1), how & TEXT_NOCASE, &runs))
		return -ENOTSUP;
	for (unsigned i = 0; i < runs.count && rc == 0; i++) {
		struct span run = span_of(runs.runs[i].bytes, runs.runs[i].count);
		struct generation_step step = { STEP_NAME, (uint16_t)which, 0, how };

		if (memchr(run.data, 0, run.bytes) != NULL)
			return -ENOTSUP;
		step.value = table_add_text(&c->s->names, run);
		rc = yara_add_step(c, step, 0);
	}
	if (rc == 0)
		rc = yara_add_step(c,
		    (struct generation_step){
			.kind = STEP_AT_LEAST, .value = 1, .kinds = runs.count },
		    runs.count);
	return rc == 0 ? yara_add_step(c, (struct generation_step){ .kind = STEP_UNSURE }, 1) : rc;
}

int
yara_read_variable(struct condition *c, unsigned which)
{
	struct generation_step step = { .kind = STEP_NAME, .part = (uint16_t)which };
	struct sigc_table text = { 0 };
	struct yara_place before;
	bool is_not = false;
	int rc = 0;

	c->by_name = true;
	before = yara_place(c);
	if (!take_comparison(c, &text, &step.kinds, &is_not)) {
		free(text.bytes);
		yara_return(c, &before);
		return push_runs(c, which) == 0 ? 0 : yara_leave_out(c, SKIP_VARIABLE);
	}
	if (rc == 0) {
		step.value = table_add_text(&c->s->names, span_of(text.bytes, text.used));
		rc = yara_add_step(c, step, 0);
	}
	if (rc == 0 && is_not)
		rc = yara_add_step(c, (struct generation_step){ .kind = STEP_NOT }, 1);
	free(text.bytes);
	return rc;
}

/* Whether a rule of that name, or whose name begins so, stands before rule `i` and is marked. */
static bool
names_a_marked_one(
    const struct yara_rules *all, size_t i, struct span word, bool is_start, const uint8_t *marks)
{
	for (size_t k = 0; k < i; k++) {
		struct span name = all->rules[k].name;

		if (marks[k] && name.bytes >= word.bytes &&
		    (is_start || name.bytes == word.bytes) &&
		    span_equal(span_first(name, word.bytes), word))
			return true;
	}
	return false;
}

void
yara_mark_by_name(const struct yara_rules *all, uint8_t *marks)
{
	bool any = false;

	for (size_t i = 0; i < all->count; i++) {
		struct yara_text t = { all->rules[i].condition, 0 };
		uint8_t before;
		struct span word;
		unsigned which;

		marks[i] = 0;
		while (!marks[i] && (word = yara_next_word(&t, &before)).bytes > 0) {
			bool is_start = t.left.bytes > 0 && t.left.data[0] == '*';

			marks[i] =
			    (strchr(".$#@!", before) == NULL && yara_is_variable(word, &which)) ||
			    (any && names_a_marked_one(all, i, word, is_start, marks));
		}
		any |= marks[i];
	}
	for (size_t i = 0; all->has_global && any && i < all->count; i++)
		marks[i] = 1; /* a global rule binds all others */
}
