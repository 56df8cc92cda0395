/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * POSIX extended regular expressions (IEEE 1003.1, 9.4) as ClamAV reads them, by Henry Spencer's
 * library: what is an error there is one here. What it leaves open is as there: a backslash makes
 * any byte stand for itself but '<' and '>', which are a word's edges; '{' is one where no digit
 * follows, ')' where none is open. Classes are written out byte by byte.
 */
#include <ctype.h>

#include "scanners/regex/regex.h"
#include "tools/sigc/sigc.h"

#define REPEATS_MAX 255 /* RE_DUP_MAX */
#define ANY_CASE    "(?i)"

struct translation {
	struct span rest;
	struct sigc_table *out;
	unsigned depth; /* of open groups */
	bool is_empty;  /* nothing stands in this alternative yet */
	bool any_case;
};

typedef bool byte_set[256];

static void
put(struct translation *t, const char *text)
{
	table_add(t->out, text, strlen(text));
}

static void
put_byte(struct translation *t, uint8_t byte)
{
	char text[8];

	snprintf(text, sizeof(text), isalnum(byte) ? "%c" : "\\x%02x", byte);
	put(t, text);
}

static bool
sees(const struct translation *t, uint8_t byte)
{
	return t->rest.bytes > 0 && t->rest.data[0] == byte;
}

static bool
eats(struct translation *t, const char *text)
{
	if (!span_starts(t->rest, text))
		return false;
	t->rest = span_from(t->rest, strlen(text));
	return true;
}

static uint8_t
next(struct translation *t)
{
	uint8_t byte = t->rest.data[0];

	t->rest = span_from(t->rest, 1);
	return byte;
}

/* ":word:]"; its opening bracket is taken. */
static bool
add_class(struct translation *t, byte_set set)
{
	static const struct {
		const char *word;
		int (*holds)(int);
	} classes[] = { { ":alnum:]", isalnum }, { ":alpha:]", isalpha }, { ":blank:]", isblank },
		{ ":cntrl:]", iscntrl }, { ":digit:]", isdigit }, { ":graph:]", isgraph },
		{ ":lower:]", islower }, { ":print:]", isprint }, { ":punct:]", ispunct },
		{ ":space:]", isspace }, { ":upper:]", isupper }, { ":xdigit:]", isxdigit } };

	for (unsigned i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (!eats(t, classes[i].word))
			continue;
		for (unsigned byte = 0; byte < 128; byte++)
			set[byte] |= classes[i].holds((int)byte) != 0;
		return true;
	}
	return false;
}

/* "[.x.]" or "[=x=]" of one byte, or the byte itself. False: a longer one, or no more. */
static bool
take_symbol(struct translation *t, uint8_t *out)
{
	uint8_t how = 0;

	if (span_starts(t->rest, "[.") || span_starts(t->rest, "[="))
		how = t->rest.data[1];
	if (how != 0)
		t->rest = span_from(t->rest, 2);
	if (t->rest.bytes == 0)
		return false;
	*out = next(t);
	return how == 0 || eats(t, how == '.' ? ".]" : "=]");
}

/* A class, a byte or a range. Bytes are signed there, so that no range goes from ASCII beyond it.
 */
static bool
add_term(struct translation *t, byte_set set)
{
	uint8_t from, to;
	bool is_equal = span_starts(t->rest, "[=");

	if (sees(t, '-'))
		return false;
	if (span_starts(t->rest, "[:")) {
		t->rest = span_from(t->rest, 1);
		return add_class(t, set);
	}
	if (!take_symbol(t, &from))
		return false;
	to = from;
	if (!is_equal && sees(t, '-') && t->rest.bytes > 1 && t->rest.data[1] != ']') {
		t->rest = span_from(t->rest, 1);
		if (!take_symbol(t, &to))
			return false;
	}
	if ((int8_t)from > (int8_t)to)
		return false;
	for (unsigned byte = from; byte <= to; byte++)
		set[byte] = true;
	return true;
}

static void
put_set(struct translation *t, const byte_set set)
{
	bool any = false;

	for (unsigned byte = 0; byte < 256; byte++)
		any |= set[byte];
	if (!any) {
		put(t, "(?!)");
		return;
	}
	put(t, "[");
	for (unsigned byte = 0; byte < 256; byte++) {
		if (set[byte])
			put_byte(t, (uint8_t)byte);
	}
	put(t, "]");
}

/* What follows "[". */
static bool
take_set(struct translation *t)
{
	byte_set set = { false };
	bool is_inverted;

	if (eats(t, "[:<:]]")) {
		put(t, "(?:\\b(?=\\w))");
		return true;
	}
	if (eats(t, "[:>:]]")) {
		put(t, "(?:\\b(?<=\\w))");
		return true;
	}
	is_inverted = eats(t, "^");
	if (eats(t, "]"))
		set[']'] = true;
	else if (eats(t, "-"))
		set['-'] = true;
	while (t->rest.bytes > 0 && !sees(t, ']') && !span_starts(t->rest, "-]")) {
		if (!add_term(t, set))
			return false;
	}
	if (eats(t, "-"))
		set['-'] = true;
	if (!eats(t, "]"))
		return false;
	for (unsigned byte = 'A'; t->any_case && byte <= 'Z'; byte++)
		set[byte] = set[byte | 0x20] = set[byte] || set[byte | 0x20];
	for (unsigned byte = 0; is_inverted && byte < 256; byte++)
		set[byte] = !set[byte];
	put_set(t, set);
	return true;
}

static bool
take_escaped(struct translation *t)
{
	uint8_t byte;

	if (t->rest.bytes == 0)
		return false;
	byte = next(t);
	if (byte == '<')
		put(t, "(?:\\b(?=\\w))");
	else if (byte == '>')
		put(t, "(?:\\b(?<=\\w))");
	else
		put_byte(t, byte);
	return true;
}

static bool
is_digit_next(const struct translation *t, size_t at)
{
	return t->rest.bytes > at && isdigit(t->rest.data[at]);
}

static bool
take_count(struct translation *t, unsigned *out)
{
	*out = 0;
	if (!is_digit_next(t, 0))
		return false;
	while (is_digit_next(t, 0) && *out <= REPEATS_MAX)
		*out = *out * 10 + (unsigned)(next(t) - '0');
	return *out <= REPEATS_MAX;
}

/* "n}", "n,}" or "n,m}". */
static bool
take_bounds(struct translation *t)
{
	unsigned least, most = 0;
	char text[32];
	bool is_open = false;

	if (!take_count(t, &least))
		return false;
	most = least;
	if (eats(t, ",")) {
		is_open = !is_digit_next(t, 0);
		if (!is_open && (!take_count(t, &most) || least > most))
			return false;
	}
	if (is_open)
		snprintf(text, sizeof(text), "{%u,}", least);
	else
		snprintf(text, sizeof(text), "{%u,%u}", least, most);
	put(t, text);
	return eats(t, "}");
}

static bool
sees_repeat(const struct translation *t)
{
	return sees(t, '*') || sees(t, '+') || sees(t, '?') ||
	       (sees(t, '{') && is_digit_next(t, 1));
}

/* How often what came before may stand there, if that is said: once. */
static bool
take_repeat(struct translation *t)
{
	char text[2] = { 0 };

	if (!sees_repeat(t))
		return true;
	text[0] = (char)next(t);
	if (text[0] != '{')
		put(t, text);
	else if (!take_bounds(t))
		return false;
	return !sees_repeat(t);
}

/* A group's start; one of nothing is whole. */
static bool
open_group(struct translation *t)
{
	put(t, "(?:");
	if (eats(t, ")")) {
		put(t, ")");
		t->is_empty = false;
		return take_repeat(t);
	}
	t->depth++;
	t->is_empty = true;
	return true;
}

static bool
close_group(struct translation *t)
{
	if (t->is_empty)
		return false;
	t->depth--;
	put(t, ")");
	return take_repeat(t);
}

static bool
take_alternative(struct translation *t)
{
	if (t->is_empty)
		return false;
	t->is_empty = true;
	put(t, "|");
	return true;
}

/* What stands for itself, or for a byte or a place. */
static bool
take_atom(struct translation *t, uint8_t byte)
{
	bool is_one = true;

	t->is_empty = false;
	switch (byte) {
	case '^':
		put(t, "^");
		return !sees_repeat(t);
	case '$':
		put(t, "(?:$)");
		break;
	case '.':
		put(t, ".");
		break;
	case '[':
		is_one = take_set(t);
		break;
	case '\\':
		is_one = take_escaped(t);
		break;
	case '*':
	case '+':
	case '?':
		return false;
	case '{':
		is_one = !is_digit_next(t, 0);
		put_byte(t, byte);
		break;
	default:
		put_byte(t, byte);
		break;
	}
	return is_one && take_repeat(t);
}

static bool
take_one(struct translation *t)
{
	uint8_t byte = next(t);

	if (byte == '(')
		return open_group(t);
	if (byte == '|')
		return take_alternative(t);
	if (byte == ')' && t->depth > 0)
		return close_group(t);
	return take_atom(t, byte);
}

bool
sigc_translate_extended(struct span text, struct sigc_table *out, unsigned *options)
{
	struct translation t = { .rest = text, .out = out, .is_empty = true };

	t.any_case = eats(&t, ANY_CASE);
	*options =
	    REGEX_DOT_ALL | REGEX_DOLLAR_END_ONLY | (t.any_case ? (unsigned)REGEX_CASELESS : 0);
	while (t.rest.bytes > 0) {
		if (!take_one(&t))
			return false;
	}
	return t.depth == 0 && !t.is_empty;
}
