/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YARA sources: rules with their strings, which become parts of logical signatures in ClamAV's
 * words:
 *
 *     "text"  { 6A ?? [2-4] (68 | 69) }  with nocase, wide, ascii, fullword, private
 *
 * Rules are compiled when the file and all that it includes are read, for a global rule binds all
 * others. A rule that asks for what is not read here (regular expressions, xor, conditions that
 * yara_condition.c does not know) goes to the sandbox as it is written (yara_deep.c). What is no
 * YARA stops the compiler, but for conditions.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

#define INCLUDES_MAX 8    /* within each other */
#define FILES_MAX    4096 /* that one file includes, directly or not */

struct source {
	struct sigc *s;
	struct sigc_table rules, strings, texts, buffers, imports, why;
	unsigned file_count;
	bool has_global;
};

struct file {
	struct source *to;
	const char *path;
	struct yara_text text;
	unsigned depth;
};

static int
fail(struct file *f, const char *what)
{
	snprintf(f->to->s->error, SIGC_ERROR_MAX, "%.300s:%u: %s", f->path, f->text.line, what);
	return -EINVAL;
}

/* What stands between quotes, or slashes, escapes and all. -EINVAL: the line ends before it does.
 */
static int
take_quoted(struct file *f, uint8_t quote, struct span *inner)
{
	struct span left = f->text.left;
	size_t n = 1;

	while (n < left.bytes && left.data[n] != quote && left.data[n] != '\n')
		n += left.data[n] == '\\' ? 2 : 1;
	if (n >= left.bytes || left.data[n] != quote)
		return fail(f, "a text or expression without end");
	*inner = span_first(span_from(left, 1), n - 1);
	yara_skip(&f->text, n + 1);
	return 0;
}

static void
add_hex(struct source *to, uint8_t byte)
{
	char text[3];

	snprintf(text, sizeof(text), "%02x", byte);
	table_add(&to->texts, text, 2);
}

static int
read_text(struct file *f, struct yara_string *out)
{
	struct span inner;
	size_t count = 0;
	int rc = take_quoted(f, '"', &inner);

	out->written = inner;
	while (rc == 0 && inner.bytes > 0) {
		uint8_t byte;
		size_t n = yara_unescape(inner, &byte);

		if (n == 0)
			return fail(f, "no such escape in a text");
		if (count < sizeof(out->plain))
			out->plain[count] = byte;
		count++;
		add_hex(f->to, byte);
		inner = span_from(inner, n);
	}
	if (rc == 0 && count == 0)
		return fail(f, "an empty text");
	out->plain_bytes = count <= sizeof(out->plain) ? (uint8_t)count : 0;
	return rc;
}

/* "[n-m]" of a hexadecimal string, as ClamAV writes it. */
static int
read_jump(struct file *f, struct yara_string *out)
{
	uint64_t min = 0, max;
	char text[64];
	bool has_min = yara_take_number(&f->text, &min);

	max = min;
	if (yara_take(&f->text, "-") && !yara_take_number(&f->text, &max))
		out->why = SKIP_OPEN_GAP;
	else if (!has_min && max == 0)
		return fail(f, "a jump of no length");
	if (!yara_take(&f->text, "]"))
		return fail(f, "expected ] behind a jump");
	out->is_one_form &= min == max;
	snprintf(
	    text, sizeof(text), "{%llu-%llu}", (unsigned long long)min, (unsigned long long)max);
	table_add(&f->to->texts, text, strlen(text));
	return 0;
}

static int
read_hex(struct file *f, struct yara_string *out)
{
	unsigned depth = 0;

	yara_skip(&f->text, 1);
	out->written = f->text.left;
	for (;;) {
		uint8_t c;

		yara_skip_blanks(&f->text);
		if (f->text.left.bytes == 0)
			return fail(f, "a hexadecimal string without end");
		c = f->text.left.data[0];
		out->written.bytes = (size_t)(f->text.left.data - out->written.data);
		yara_skip(&f->text, 1);
		if (c == '}')
			return depth == 0 ? 0 : fail(f, "expected ) in a hexadecimal string");
		if (c == '[') {
			if (depth > 0)
				out->why = SKIP_NESTED;
			if (read_jump(f, out) != 0)
				return -EINVAL;
			continue;
		}
		depth += c == '(';
		if (c == ')' && depth-- == 0)
			return fail(f, "a ) too many in a hexadecimal string");
		if (depth > 1)
			out->why = SKIP_NESTED;
		if (c == '~')
			out->why = SKIP_STRING_FORM;
		else if (hex_digit(c) < 0 && strchr("?()|", c) == NULL)
			return fail(f, "no hexadecimal digit");
		out->is_one_form &= c != '(';
		c = (uint8_t)tolower(c);
		table_add(&f->to->texts, &c, 1);
	}
}

/* base64("…"): another alphabet, of no use here. */
static int
read_alphabet(struct file *f, struct yara_string *out)
{
	struct span alphabet;

	if (!yara_take(&f->text, "("))
		return 0;
	out->has_alphabet = true;
	yara_skip_blanks(&f->text);
	if (!yara_starts(&f->text, "\"") || take_quoted(f, '"', &alphabet) != 0 ||
	    !yara_take(&f->text, ")"))
		return fail(f, "expected (\"ALPHABET\") behind base64");
	return 0;
}

/* xor, xor(n), xor(n-m). */
static int
read_xor(struct file *f, struct yara_string *out)
{
	uint64_t min = 0, max = 255;

	if (yara_take(&f->text, "(")) {
		if (!yara_take_number(&f->text, &min))
			return fail(f, "expected a number behind xor(");
		max = min;
		if (yara_take(&f->text, "-") && !yara_take_number(&f->text, &max))
			return fail(f, "expected a number behind xor(n-");
		if (!yara_take(&f->text, ")") || min > max || max > 255)
			return fail(f, "expected xor(n-m), of one byte each");
	}
	out->is_xor = true;
	out->xor_min = (uint8_t)min;
	out->xor_max = (uint8_t)max;
	return 0;
}

/* One modifier; 1: it is none. */
static int
read_modifier(struct file *f, struct yara_string *out, struct span word, bool *fullword)
{
	int rc = 0;

	if (span_is(word, "nocase")) {
		out->nocase = true;
	} else if (span_is(word, "wide")) {
		out->wide = true;
	} else if (span_is(word, "ascii")) {
		out->ascii = true;
	} else if (span_is(word, "fullword")) {
		*fullword = true;
	} else if (span_is(word, "xor")) {
		rc = read_xor(f, out);
	} else if (span_is(word, "base64")) {
		out->is_base64 = true;
		rc = read_alphabet(f, out);
	} else if (span_is(word, "base64wide")) {
		out->is_base64_wide = true;
		rc = read_alphabet(f, out);
	} else {
		rc = span_is(word, "private") ? 0 : 1;
	}
	return rc;
}

/* Words behind a string; the first that is no modifier is left there. */
static int
read_modifiers(struct file *f, struct yara_string *out)
{
	struct yara_text before = f->text;
	bool fullword = false;
	char text[8] = "::";
	size_t n = 2;
	int rc;

	while ((rc = read_modifier(f, out, yara_take_word(&f->text), &fullword)) == 0)
		before = f->text;
	if (rc < 0)
		return rc;
	f->text = before;
	if (out->is_xor || out->is_base64 || out->is_base64_wide)
		out->why = SKIP_STRING_FORM;
	if (out->nocase)
		text[n++] = 'i';
	if (out->wide)
		text[n++] = 'w';
	if (out->wide && out->ascii)
		text[n++] = 'a';
	if (fullword)
		text[n++] = 'f';
	out->is_one_form &= !(out->wide && out->ascii);
	if (n > 2)
		out->plain_bytes = 0;
	table_add(&f->to->texts, text, n > 2 ? n : 0);
	return 0;
}

/* "= TEXT modifiers", behind a string's name. */
static int
read_string(struct file *f, struct span id)
{
	struct yara_string out = {
		.id = id, .text = f->to->texts.used, .why = SKIP_COUNT, .is_one_form = true
	};
	int rc;

	if (!yara_take(&f->text, "="))
		return fail(f, "expected = behind the name of a string");
	yara_skip_blanks(&f->text);
	if (yara_starts(&f->text, "\"")) {
		rc = read_text(f, &out);
	} else if (yara_starts(&f->text, "{")) {
		out.form = YARA_HEX;
		rc = read_hex(f, &out);
	} else if (yara_starts(&f->text, "/")) {
		out.why = SKIP_REGEX;
		out.form = YARA_REGEX;
		rc = take_quoted(f, '/', &out.written);
		if (rc == 0 && f->text.left.bytes > 0 && isalpha(f->text.left.data[0]))
			out.flags = yara_take_word(&f->text); /* which touch it */
	} else {
		rc = fail(f, "expected a text, { or /");
	}
	if (rc == 0)
		rc = read_modifiers(f, &out);
	out.bytes = f->to->texts.used - out.text;
	if (rc == 0)
		table_add(&f->to->strings, &out, sizeof(out));
	return rc;
}

/* The condition, up to the brace that ends the rule. */
static int
read_condition(struct file *f, struct yara_rule *r)
{
	struct span all, inner;

	yara_skip_blanks(&f->text);
	all = f->text.left;
	for (uint8_t last = ' ';;) {
		uint8_t c;

		yara_skip_blanks(&f->text);
		if (f->text.left.bytes == 0)
			return fail(f, "a rule without end");
		c = f->text.left.data[0];
		if (c == '}')
			break;
		if (c == '"' || (c == '/' && last == 's')) { /* matches /…/ */
			if (take_quoted(f, c, &inner) != 0)
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
read_section(struct file *f, bool is_strings)
{
	for (;;) {
		struct yara_text before;
		struct span word, unused;

		yara_skip_blanks(&f->text);
		before = f->text;
		if (f->text.left.bytes == 0)
			return fail(f, "a rule without end");
		if (is_strings && yara_take(&f->text, "$")) {
			if (read_string(f, yara_take_word(&f->text)) != 0)
				return -EINVAL;
			continue;
		}
		word = yara_take_word(&f->text);
		if (span_is(word, "condition") || span_is(word, "strings")) {
			f->text = before;
			return 0;
		}
		if (is_strings)
			return fail(f, "expected $ and the name of a string, or condition:");
		if (word.bytes == 0 && yara_starts(&f->text, "\"")) {
			if (take_quoted(f, '"', &unused) != 0)
				return -EINVAL;
		} else if (word.bytes == 0) {
			yara_skip(&f->text, 1);
		}
	}
}

/* `from` is all that is left from the word "rule" on, which was taken. */
static int
read_rule(struct file *f, struct span from, bool is_private, bool is_global)
{
	struct source *to = f->to;
	struct yara_rule r = { .name = yara_take_word(&f->text),
		.is_private = is_private,
		.is_global = is_global,
		.origin = { to->s->at.file, f->text.line },
		.strings = to->strings.used / sizeof(struct yara_string) };

	if (r.name.bytes == 0)
		return fail(f, "a rule without a name");
	if (yara_take(&f->text, ":")) {
		while (yara_take_word(&f->text).bytes > 0)
			continue; /* tags */
	}
	if (!yara_take(&f->text, "{"))
		return fail(f, "expected { behind the name of a rule");
	for (;;) {
		struct span word = yara_take_word(&f->text);

		if (!yara_take(&f->text, ":"))
			return fail(f, "expected meta:, strings: or condition:");
		if (span_is(word, "condition"))
			break;
		if (!span_is(word, "meta") && !span_is(word, "strings"))
			return fail(f, "expected meta:, strings: or condition:");
		if (read_section(f, span_is(word, "strings")) != 0)
			return -EINVAL;
	}
	if (read_condition(f, &r) != 0)
		return -EINVAL;
	r.written = span_first(from, from.bytes - f->text.left.bytes);
	r.string_count = to->strings.used / sizeof(struct yara_string) - r.strings;
	table_add(&to->rules, &r, sizeof(r));
	return 0;
}

static uint8_t *load(struct source *to, const char *path, size_t *bytes);
static int read_source(struct source *to, const char *path, struct span all, unsigned depth);

static int
read_include(struct file *f, struct span name)
{
	const char *slash = strrchr(f->path, '/');
	struct sigc_origin at = f->to->s->at;
	char path[4096];
	uint8_t *bytes;
	size_t count;
	int rc;

	if (f->depth == INCLUDES_MAX)
		return fail(f, "includes within includes, more than 8");
	if (++f->to->file_count > FILES_MAX)
		return fail(f, "more than 4096 includes");
	snprintf(path, sizeof(path), "%.*s%.*s", slash != NULL ? (int)(slash - f->path) + 1 : 0,
	    f->path, (int)name.bytes, (const char *)name.data);
	bytes = load(f->to, path, &count);
	if (bytes == NULL) { /* told with the line that asks for it */
		char why[180];

		snprintf(why, sizeof(why), "%.170s", f->to->s->error);
		return fail(f, why);
	}
	rc = read_source(f->to, path, span_of(bytes, count), f->depth + 1);
	f->to->s->at = at;
	sigc_where(f->path, &f->to->s->at.line);
	return rc;
}

static int
read_item(struct file *f)
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
			if (!yara_starts(&f->text, "\"") || take_quoted(f, '"', &name) != 0)
				return fail(f, "expected a name in quotes");
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
	return fail(f, "expected rule, import or include");
}

/* The source's; NULL with the error set. */
static uint8_t *
load(struct source *to, const char *path, size_t *bytes)
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
read_source(struct source *to, const char *path, struct span all, unsigned depth)
{
	struct file f = {
		.to = to, .path = path, .text = { .line = 1, .left = all }, .depth = depth
	};
	int rc = 0;

	sigc_begin_file(to->s, path);
	if (yara_starts(&f.text, "\xff\xfe") || yara_starts(&f.text, "\xfe\xff"))
		return fail(&f, "UTF-16; expected UTF-8, or bytes as they are");
	if (all.bytes > 0 && memchr(all.data, 0, all.bytes) != NULL)
		return fail(&f, "a NUL byte in the file");
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
compile_all(struct source *from)
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
	struct source to = { .s = s };
	uint8_t **buffers, *bytes;
	size_t count;
	int rc = -EINVAL;

	bytes = load(&to, path, &count);
	if (bytes != NULL)
		rc = read_source(&to, path, span_of(bytes, count), 0);
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
