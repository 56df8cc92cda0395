/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Strings of YARA rules, to parts of logical signatures in ClamAV's words:
 *
 *     "text"  { 6A ?? [2-4] (68 | 69) }  with nocase, wide, ascii, fullword, private
 *
 * Regular expressions and what xor, base64 or ~ makes of a string are kept as they are written
 * (`why`). What libyara's grammar has not stops the compiler.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

int
yara_fail(struct yara_file *f, const char *what)
{
	snprintf(f->to->s->error, SIGC_ERROR_MAX, "%.300s:%u: %s", f->path, f->text.line, what);
	return -EINVAL;
}

int
yara_take_quoted(struct yara_file *f, uint8_t quote, struct span *inner)
{
	struct span left = f->text.left;
	size_t n = 1;

	while (n < left.bytes && left.data[n] != quote && left.data[n] != '\n')
		n += left.data[n] == '\\' ? 2 : 1;
	if (n >= left.bytes || left.data[n] != quote)
		return yara_fail(f, "a text or expression without end");
	*inner = span_first(span_from(left, 1), n - 1);
	yara_skip(&f->text, n + 1);
	return 0;
}

static void
add_hex(struct yara_source *to, uint8_t byte)
{
	char text[3];

	snprintf(text, sizeof(text), "%02x", byte);
	table_add(&to->texts, text, 2);
}

static int
read_text(struct yara_file *f, struct yara_string *out)
{
	struct span inner;
	size_t count = 0;
	int rc = yara_take_quoted(f, '"', &inner);

	out->written = inner;
	while (rc == 0 && inner.bytes > 0) {
		uint8_t byte;
		size_t n = yara_unescape(inner, &byte);

		if (n == 0)
			return yara_fail(f, "no such escape in a text");
		if (count < sizeof(out->plain))
			out->plain[count] = byte;
		count++;
		add_hex(f->to, byte);
		inner = span_from(inner, n);
	}
	if (rc == 0 && count == 0)
		return yara_fail(f, "an empty text");
	out->plain_bytes = count <= sizeof(out->plain) ? (uint8_t)count : 0;
	return rc;
}

/* "[n-m]" of a hexadecimal string, as ClamAV writes it. */
static int
read_jump(struct yara_file *f, struct yara_string *out)
{
	uint64_t min = 0, max;
	char text[64];
	bool has_min = yara_take_number(&f->text, &min);
	bool is_range = yara_take(&f->text, "-");

	max = min;
	if (is_range && !yara_take_number(&f->text, &max))
		out->why = SKIP_OPEN_GAP;
	else if (!has_min || (!is_range && min == 0) || min > max)
		return yara_fail(f, "a jump of no length");
	if (!yara_take(&f->text, "]"))
		return yara_fail(f, "expected ] behind a jump");
	out->is_one_form &= min == max;
	snprintf(
	    text, sizeof(text), "{%llu-%llu}", (unsigned long long)min, (unsigned long long)max);
	table_add(&f->to->texts, text, strlen(text));
	return 0;
}

/*
 * What may stand there: a jump between bytes alone, and in each alternative a byte at least (the
 * grammar of libyara's hex_grammar.y).
 */
static int
check_hex_order(struct yara_file *f, uint8_t last, uint8_t next, unsigned depth)
{
	if (next == '[' && strchr("{(|", last) != NULL)
		return yara_fail(f, "a jump that no byte stands before");
	if (strchr("}|)", next) == NULL)
		return 0;
	if (last == '[')
		return yara_fail(f, "a jump that no byte stands behind");
	if (next == '}' && depth > 0)
		return yara_fail(f, "expected ) in a hexadecimal string");
	if (next != '}' && depth == 0)
		return yara_fail(f, "a ) or | outside of ( ) in a hexadecimal string");
	return strchr("{(|", last) != NULL
		   ? yara_fail(f, "no byte in a hexadecimal string, or one of its "
				  "alternatives")
		   : 0;
}

/* The two digits of a byte, or ? for one, of which the first was seen. */
static int
read_hex_byte(struct yara_file *f)
{
	for (unsigned i = 0; i < 2; i++) {
		uint8_t c = f->text.left.bytes > 0 ? (uint8_t)tolower(f->text.left.data[0]) : 0;

		if (hex_digit(c) < 0 && c != '?')
			return yara_fail(f, "no hexadecimal digit");
		table_add(&f->to->texts, &c, 1);
		yara_skip(&f->text, 1);
	}
	return 0;
}

/* What `c` begins, which comes next and may stand there. */
static int
read_hex_item(struct yara_file *f, struct yara_string *out, uint8_t c, unsigned *depth)
{
	if (strchr("[()|~", c) == NULL)
		return read_hex_byte(f);
	yara_skip(&f->text, 1);
	if (c == '[') {
		if (*depth > 0)
			out->why = SKIP_NESTED;
		return read_jump(f, out);
	}
	*depth += c == '(';
	*depth -= c == ')';
	if (*depth > 1)
		out->why = SKIP_NESTED;
	if (c == '~')
		out->why = SKIP_STRING_FORM;
	out->is_one_form &= c != '(';
	table_add(&f->to->texts, &c, 1);
	return 0;
}

static int
read_hex(struct yara_file *f, struct yara_string *out)
{
	unsigned depth = 0;

	yara_skip(&f->text, 1);
	out->written = f->text.left;
	for (uint8_t c, last = '{';; last = c) {
		yara_skip_blanks(&f->text);
		if (f->text.left.bytes == 0)
			return yara_fail(f, "a hexadecimal string without end");
		c = f->text.left.data[0];
		if (check_hex_order(f, last, c, depth) != 0)
			return -EINVAL;
		if (c == '}')
			break;
		if (read_hex_item(f, out, c, &depth) != 0)
			return -EINVAL;
	}
	out->written.bytes = (size_t)(f->text.left.data - out->written.data);
	yara_skip(&f->text, 1);
	return 0;
}

/* base64("…"): another alphabet, of no use here. */
static int
read_alphabet(struct yara_file *f, struct yara_string *out)
{
	struct span alphabet;

	if (!yara_take(&f->text, "("))
		return 0;
	out->has_alphabet = true;
	yara_skip_blanks(&f->text);
	if (!yara_starts(&f->text, "\"") || yara_take_quoted(f, '"', &alphabet) != 0 ||
	    !yara_take(&f->text, ")"))
		return yara_fail(f, "expected (\"ALPHABET\") behind base64");
	return 0;
}

/* xor, xor(n), xor(n-m). */
static int
read_xor(struct yara_file *f, struct yara_string *out)
{
	uint64_t min = 0, max = 255;

	if (yara_take(&f->text, "(")) {
		if (!yara_take_number(&f->text, &min))
			return yara_fail(f, "expected a number behind xor(");
		max = min;
		if (yara_take(&f->text, "-") && !yara_take_number(&f->text, &max))
			return yara_fail(f, "expected a number behind xor(n-");
		if (!yara_take(&f->text, ")") || min > max || max > 255)
			return yara_fail(f, "expected xor(n-m), of one byte each");
	}
	out->is_xor = true;
	out->xor_min = (uint8_t)min;
	out->xor_max = (uint8_t)max;
	return 0;
}

enum modifier {
	NOCASE,
	WIDE,
	ASCII,
	FULLWORD,
	XOR,
	BASE64,
	BASE64_WIDE,
	PRIVATE,
	MODIFIERS
};

static enum modifier
modifier_of(struct span word)
{
	static const char *const words[MODIFIERS] = { "nocase", "wide", "ascii", "fullword", "xor",
		"base64", "base64wide", "private" };
	unsigned i = 0;

	while (i < MODIFIERS && !span_is(word, words[i]))
		i++;
	return (enum modifier)i;
}

/* One that was not told before; 1: the word is none. `told`: a bit for each. */
static int
read_modifier(struct yara_file *f, struct yara_string *out, struct span word, unsigned *told)
{
	enum modifier m = modifier_of(word);
	unsigned bit = 1U << m;

	if (m == MODIFIERS)
		return 1;
	if ((*told & bit) != 0)
		return yara_fail(f, "a modifier that is told twice");
	if (m != PRIVATE &&
	    (out->form == YARA_HEX || (out->form == YARA_REGEX && m >= XOR && m <= BASE64_WIDE)))
		return yara_fail(f, "a modifier that is for texts alone");
	*told |= bit;
	if (m == XOR)
		return read_xor(f, out);
	return m == BASE64 || m == BASE64_WIDE ? read_alphabet(f, out) : 0;
}

/* Words behind a string; the first that is no modifier is left there. */
static int
read_modifiers(struct yara_file *f, struct yara_string *out)
{
	struct yara_text before = f->text;
	unsigned told = 0;
	char text[8] = "::";
	size_t n = 2;
	int rc;

	while ((rc = read_modifier(f, out, yara_take_word(&f->text), &told)) == 0)
		before = f->text;
	if (rc < 0)
		return rc;
	f->text = before;
	out->nocase = (told & 1U << NOCASE) != 0;
	out->wide = (told & 1U << WIDE) != 0;
	out->ascii = (told & 1U << ASCII) != 0;
	out->is_base64 = (told & 1U << BASE64) != 0;
	out->is_base64_wide = (told & 1U << BASE64_WIDE) != 0;
	if (out->is_xor || out->is_base64 || out->is_base64_wide)
		out->why = SKIP_STRING_FORM;
	if (out->nocase)
		text[n++] = 'i';
	if (out->wide)
		text[n++] = 'w';
	if (out->wide && out->ascii)
		text[n++] = 'a';
	if ((told & 1U << FULLWORD) != 0)
		text[n++] = 'f';
	out->is_one_form &= !(out->wide && out->ascii);
	if (n > 2 || out->why != SKIP_COUNT) /* what the object has are other bytes */
		out->plain_bytes = 0;
	table_add(&f->to->texts, text, n > 2 ? n : 0);
	return 0;
}

int
yara_read_string(struct yara_file *f, struct span id)
{
	struct yara_string out = { .id = id,
		.line = f->text.line,
		.text = f->to->texts.used,
		.why = SKIP_COUNT,
		.is_one_form = true };
	int rc;

	if (!yara_take(&f->text, "="))
		return yara_fail(f, "expected = behind the name of a string");
	yara_skip_blanks(&f->text);
	if (yara_starts(&f->text, "\"")) {
		rc = read_text(f, &out);
	} else if (yara_starts(&f->text, "{")) {
		out.form = YARA_HEX;
		rc = read_hex(f, &out);
	} else if (yara_starts(&f->text, "/")) {
		out.why = SKIP_REGEX;
		out.form = YARA_REGEX;
		rc = yara_take_quoted(f, '/', &out.written);
		if (rc == 0 && f->text.left.bytes > 0 && isalpha(f->text.left.data[0]))
			out.flags = yara_take_word(&f->text); /* which touch it */
	} else {
		rc = yara_fail(f, "expected a text, { or /");
	}
	if (rc == 0)
		rc = read_modifiers(f, &out);
	out.bytes = f->to->texts.used - out.text;
	if (rc == 0)
		table_add(&f->to->strings, &out, sizeof(out));
	return rc;
}
