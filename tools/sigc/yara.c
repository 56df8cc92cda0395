/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA sources: rules, their strings by yara_string.c, and what a file includes. Rules are compiled
 * when the file and all that it includes are read, for a global rule binds all others. A rule that
 * asks for what is not read here (regular expressions, xor, conditions that yara_condition.c does
 * not know) goes to the sandbox as it is written (yara_deep.c). What is no YARA stops the compiler,
 * but for conditions.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

#define INCLUDES_MAX 8    /* within each other */
#define FILES_MAX    4096 /* that one file includes, directly or not */

/* A name, and of what: a number in its table. */
struct numbered {
	struct span name;
	size_t number;
};

static int
by_name(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;
	int order = (x->name.bytes > y->name.bytes) - (x->name.bytes < y->name.bytes);

	if (order == 0 && x->name.bytes > 0)
		order = memcmp(x->name.data, y->name.data, x->name.bytes);
	return order != 0 ? order : (x->number > y->number) - (x->number < y->number);
}

/* Puts them in order; the number of the first whose name, which is not empty, stands before;
 * SIZE_MAX: there is none. */
static size_t
find_twice(struct numbered *names, size_t count)
{
	size_t found = SIZE_MAX;

	if (names == NULL)
		return SIZE_MAX;
	qsort(names, count, sizeof(*names), by_name);
	for (size_t i = 1; i < count; i++) {
		if (names[i].name.bytes > 0 && span_equal(names[i - 1].name, names[i].name) &&
		    names[i].number < found)
			found = names[i].number;
	}
	return found;
}

/* The strings of a rule from that one on. */
static int
check_string_names(struct yara_file *f, size_t first)
{
	const struct yara_string *all =
	    (const struct yara_string *)(const void *)f->to->strings.bytes;
	size_t count = f->to->strings.used / sizeof(*all), twice;
	struct sigc_table names = { 0 };

	for (size_t i = first; i < count; i++)
		table_add(&names, &(struct numbered){ all[i].id, i }, sizeof(struct numbered));
	twice = find_twice((struct numbered *)(void *)names.bytes, count - first);
	free(names.bytes);
	if (twice == SIZE_MAX)
		return 0;
	f->text.line = all[twice].line;
	return yara_fail(f, "a string of a name that stands before in its rule");
}

/* Of all rules of a source, wherever they were included. */
static int
check_rule_names(struct yara_source *from)
{
	const struct yara_rule *all = (const struct yara_rule *)(const void *)from->rules.bytes;
	const struct sigc_file *files =
	    (const struct sigc_file *)(const void *)from->s->files.bytes;
	size_t count = from->rules.used / sizeof(*all), twice;
	struct sigc_table names = { 0 };

	for (size_t i = 0; i < count; i++)
		table_add(&names, &(struct numbered){ all[i].name, i }, sizeof(struct numbered));
	twice = find_twice((struct numbered *)(void *)names.bytes, count);
	free(names.bytes);
	if (twice == SIZE_MAX)
		return 0;
	snprintf(from->s->error, SIGC_ERROR_MAX,
	    "%.300s:%u: %.*s: a rule of that name stands before",
	    (const char *)from->s->left_out_names.bytes + files[all[twice].origin.file].path,
	    all[twice].origin.line,
	    (int)(all[twice].name.bytes < 128 ? all[twice].name.bytes : 128),
	    (const char *)all[twice].name.data);
	return -EINVAL;
}

/* The condition, up to the brace that ends the rule. */
static int
read_condition(struct yara_file *f, struct yara_rule *r)
{
	struct span all, inner;

	yara_skip_blanks(&f->text);
	all = f->text.left;
	for (uint8_t last = ' ';;) {
		uint8_t c;

		yara_skip_blanks(&f->text);
		if (f->text.left.bytes == 0)
			return yara_fail(f, "a rule without end");
		c = f->text.left.data[0];
		if (c == '}')
			break;
		if (c == '"' || (c == '/' && last == 's')) { /* matches /…/ */
			if (yara_take_quoted(f, c, &inner) != 0)
				return -EINVAL;
		} else {
			yara_skip(&f->text, 1);
		}
		last = c;
	}
	r->condition = span_first(all, all.bytes - f->text.left.bytes);
	yara_skip(&f->text, 1);
	return 0;
}

/* Strings, or "meta:" and "variables:", which are passed over up to the next section. */
static int
read_section(struct yara_file *f, bool is_strings)
{
	for (;;) {
		struct yara_text before;
		struct span word, unused;

		yara_skip_blanks(&f->text);
		before = f->text;
		if (f->text.left.bytes == 0)
			return yara_fail(f, "a rule without end");
		if (is_strings && yara_take(&f->text, "$")) {
			if (yara_read_string(f, yara_take_word(&f->text)) != 0)
				return -EINVAL;
			continue;
		}
		word = yara_take_word(&f->text);
		if (span_is(word, "condition") || span_is(word, "strings")) {
			f->text = before;
			return 0;
		}
		if (is_strings)
			return yara_fail(f, "expected $ and the name of a string, or condition:");
		if (word.bytes == 0 && yara_starts(&f->text, "\"")) {
			if (yara_take_quoted(f, '"', &unused) != 0)
				return -EINVAL;
		} else if (word.bytes == 0) {
			yara_skip(&f->text, 1);
		}
	}
}

/* `from` is all that is left from the word "rule" on, which was taken. */
static int
read_rule(struct yara_file *f, struct span from, bool is_private, bool is_global)
{
	struct yara_source *to = f->to;
	struct yara_rule r = { .name = yara_take_word(&f->text),
		.is_private = is_private,
		.is_global = is_global,
		.origin = { to->s->at.file, f->text.line },
		.strings = to->strings.used / sizeof(struct yara_string) };

	if (r.name.bytes == 0)
		return yara_fail(f, "a rule without a name");
	if (yara_take(&f->text, ":")) {
		while (yara_take_word(&f->text).bytes > 0)
			continue; /* tags */
	}
	if (!yara_take(&f->text, "{"))
		return yara_fail(f, "expected { behind the name of a rule");
	for (;;) {
		struct span word = yara_take_word(&f->text);

		if (!yara_take(&f->text, ":"))
			return yara_fail(f, "expected meta:, strings: or condition:");
		if (span_is(word, "condition"))
			break;
		if (!span_is(word, "meta") && !span_is(word, "strings"))
			return yara_fail(f, "expected meta:, strings: or condition:");
		if (read_section(f, span_is(word, "strings")) != 0)
			return -EINVAL;
	}
	if (read_condition(f, &r) != 0 || check_string_names(f, r.strings) != 0)
		return -EINVAL;
	r.written = span_first(from, from.bytes - f->text.left.bytes);
	r.string_count = to->strings.used / sizeof(struct yara_string) - r.strings;
	table_add(&to->rules, &r, sizeof(r));
	return 0;
}

static uint8_t *load(struct yara_source *to, const char *path, size_t *bytes);
static int read_source(struct yara_source *to, const char *path, struct span all, unsigned depth);

static int
read_include(struct yara_file *f, struct span name)
{
	const char *slash = strrchr(f->path, '/');
	struct sigc_origin at = f->to->s->at;
	char path[4096];
	uint8_t *bytes;
	size_t count;
	int rc;

	if (f->depth == INCLUDES_MAX)
		return yara_fail(f, "includes within includes, more than 8");
	if (++f->to->file_count > FILES_MAX)
		return yara_fail(f, "more than 4096 includes");
	if (name.bytes > 0 && name.data[0] == '/')
		slash = NULL;
	snprintf(path, sizeof(path), "%.*s%.*s", slash != NULL ? (int)(slash - f->path) + 1 : 0,
	    f->path, (int)name.bytes, (const char *)name.data);
	bytes = load(f->to, path, &count);
	if (bytes == NULL) { /* told with the line that asks for it */
		char why[180];

		snprintf(why, sizeof(why), "%.170s", f->to->s->error);
		return yara_fail(f, why);
	}
	rc = read_source(f->to, path, span_of(bytes, count), f->depth + 1);
	f->to->s->at = at;
	sigc_where(f->path, &f->to->s->at.line);
	return rc;
}

static int
read_item(struct yara_file *f)
{
	bool is_private = false, is_global = false;
	struct span word, name, from;

	for (;;) {
		yara_skip_blanks(&f->text);
		from = f->text.left;
		word = yara_take_word(&f->text);
		if (span_is(word, "rule"))
			return read_rule(f, from, is_private, is_global);
		if (span_is(word, "import") || span_is(word, "include")) {
			yara_skip_blanks(&f->text);
			if (!yara_starts(&f->text, "\"") || yara_take_quoted(f, '"', &name) != 0)
				return yara_fail(f, "expected a name in quotes");
			if (span_is(word, "include"))
				return read_include(f, name);
			table_add(&f->to->imports, &name, sizeof(name));
			return 0;
		}
		if (span_is(word, "private"))
			is_private = true;
		else if (span_is(word, "global"))
			is_global = f->to->has_global = true;
		else
			break;
	}
	return yara_fail(f, "expected rule, import or include");
}

/* The source's; NULL with the error set. */
static uint8_t *
load(struct yara_source *to, const char *path, size_t *bytes)
{
	FILE *f = sigc_open(to->s, path);
	struct sigc_table t = { 0 };
	uint8_t piece[4096];
	size_t n;

	if (f == NULL)
		return NULL;
	errno = 0;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		table_add(&t, piece, n);
	if (ferror(f) != 0) {
		snprintf(to->s->error, SIGC_ERROR_MAX, "%.300s: %s", path, strerror(errno));
		fclose(f);
		free(t.bytes);
		return NULL;
	}
	fclose(f);
	*bytes = t.used;
	table_add(&t, "", 1);
	table_add(&to->buffers, &t.bytes, sizeof(t.bytes));
	return t.bytes;
}

static int
read_source(struct yara_source *to, const char *path, struct span all, unsigned depth)
{
	struct yara_file f = {
		.to = to, .path = path, .text = { .line = 1, .left = all }, .depth = depth
	};
	int rc = 0;

	sigc_begin_file(to->s, path);
	if (sigc_is_foreign(all) != NULL)
		return yara_fail(&f, sigc_is_foreign(all));
	if (all.bytes > 0 && memchr(all.data, 0, all.bytes) != NULL)
		return yara_fail(&f, "a NUL byte in the file");
	if (yara_starts(&f.text, "\xef\xbb\xbf")) /* UTF-8's mark */
		yara_skip(&f.text, 3);
	yara_skip_blanks(&f.text);
	while (rc == 0 && f.text.left.bytes > 0) {
		rc = read_item(&f);
		yara_skip_blanks(&f.text);
	}
	return rc;
}

static void
compile_all(struct yara_source *from)
{
	const struct yara_rules all = { (const struct yara_rule *)(const void *)from->rules.bytes,
		from->rules.used / sizeof(struct yara_rule),
		(const struct yara_string *)(const void *)from->strings.bytes, from->texts.bytes,
		(const struct span *)(const void *)from->imports.bytes,
		from->imports.used / sizeof(struct span), from->has_global };

	for (size_t i = 0; i < all.count; i++) {
		enum skip_reason why = SKIP_GLOBAL;

		from->s->at = all.rules[i].origin;
		if (from->has_global || yara_compile(from->s, &all, i, &why) == 0)
			why = from->has_global ? SKIP_GLOBAL : SKIP_COUNT;
		table_add(&from->why, &why, sizeof(why));
	}
	yara_add_deep(from->s, &all, (const enum skip_reason *)(const void *)from->why.bytes);
}

int
sigc_read_yara(struct sigc *s, const char *path)
{
	struct yara_source to = { .s = s };
	uint8_t **buffers, *bytes;
	size_t count;
	int rc = -EINVAL;

	bytes = load(&to, path, &count);
	if (bytes != NULL)
		rc = read_source(&to, path, span_of(bytes, count), 0);
	if (rc == 0)
		rc = check_rule_names(&to);
	if (rc == 0)
		compile_all(&to);
	buffers = (uint8_t **)(void *)to.buffers.bytes;
	for (size_t i = 0; i < to.buffers.used / sizeof(*buffers); i++)
		free(buffers[i]);
	free(to.buffers.bytes);
	free(to.rules.bytes);
	free(to.strings.bytes);
	free(to.texts.bytes);
	free(to.imports.bytes);
	free(to.why.bytes);
	return rc;
}
