/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must stand in an object for a YARA string to match, where the string itself is not read
 * here: a run of plain bytes that every match holds, or a few of which it holds one. Of a
 * hexadecimal string the piece between its open gaps and alternatives that tells most; of a regular
 * expression the longest run outside of what may be left out, one for each of its alternatives; of
 * base64 the three encodings. What is not understood ends a run: too few bytes are asked for, never
 * too many.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

#define RUN_MIN     4 /* as ANCHOR_GOOD of hex.c */
#define RUN_MAX     24
#define XOR_MAX     8 /* keys; more would be as many literals */
#define GAP_MAX     64
#define NESTING_MAX 16

struct run {
	uint8_t bytes[RUN_MAX];
	unsigned count;
};

/* One of these; none: nothing is known. */
struct choice {
	struct run runs[YARA_NEEDED_MAX];
	unsigned count;
};

struct regex {
	struct span left;
	unsigned depth;
};

static unsigned
shortest(const struct choice *c)
{
	unsigned n = c->count > 0 ? RUN_MAX : 0;

	for (unsigned i = 0; i < c->count; i++)
		n = c->runs[i].count < n ? c->runs[i].count : n;
	return n;
}

static void
take_better(struct choice *best, const struct choice *other)
{
	if (shortest(other) > shortest(best))
		*best = *other;
}

/* A run has ended; it may be the best there is. */
static void
end_run(struct choice *best, struct run *run)
{
	struct choice alone = { .count = run->count > 0 };

	alone.runs[0] = *run;
	take_better(best, &alone);
	run->count = 0;
}

static void
add_byte(struct choice *best, struct run *run, uint8_t byte)
{
	if (run->count == RUN_MAX)
		end_run(best, run);
	run->bytes[run->count++] = byte;
}

/* "{n,m}", "?", "*", "+" and a "?" behind; how often at least, and whether there was one. */
static bool
take_quantifier(struct regex *r, uint64_t *min)
{
	struct span at = r->left;

	*min = 1;
	if (at.bytes == 0)
		return false;
	if (at.data[0] == '{') {
		size_t n = 1;

		while (n < at.bytes && (isdigit(at.data[n]) || at.data[n] == ','))
			n++;
		if (n == 1 || n >= at.bytes || at.data[n] != '}')
			return false;
		at = span_from(at, 1);
		*min = 0;
		sigc_take_number(&at, min);
		at = span_from(r->left, n + 1);
	} else if (strchr("?*+", at.data[0]) != NULL && at.data[0] != 0) {
		*min = at.data[0] == '+';
		at = span_from(at, 1);
	} else {
		return false;
	}
	if (at.bytes > 0 && at.data[0] == '?')
		at = span_from(at, 1);
	r->left = at;
	return true;
}

/* Behind its bracket, which may begin with ']' or "^]". */
static void
skip_class(struct regex *r)
{
	size_t n = r->left.bytes > 0 && r->left.data[0] == '^' ? 1 : 0;

	for (n += n < r->left.bytes && r->left.data[n] == ']';
	     n < r->left.bytes && r->left.data[n] != ']'; n++)
		n += r->left.data[n] == '\\';
	r->left = span_from(r->left, n + 1);
}

enum atom {
	ATOM_BYTE,
	ATOM_EDGE, /* no byte of its own */
	ATOM_ANY   /* one byte, or something that is not understood */
};

static enum atom
take_escape(struct regex *r, uint8_t *byte)
{
	static const char letters[] = "nrtfa", bytes[] = "\n\r\t\f\a";
	uint8_t c = r->left.bytes > 0 ? r->left.data[0] : 0;
	const char *letter = c != 0 ? strchr(letters, c) : NULL;

	r->left = span_from(r->left, 1);
	*byte = letter != NULL ? (uint8_t)bytes[letter - letters] : c;
	if (c == 'x' && r->left.bytes >= 2 && hex_pair(r->left.data) >= 0) {
		*byte = (uint8_t)hex_pair(r->left.data);
		r->left = span_from(r->left, 2);
		return ATOM_BYTE;
	}
	if (c == 'b' || c == 'B')
		return ATOM_EDGE;
	return letter != NULL || (c != 0 && !isalnum(c)) ? ATOM_BYTE : ATOM_ANY;
}

static enum atom
take_atom(struct regex *r, uint8_t *byte)
{
	*byte = r->left.data[0];
	r->left = span_from(r->left, 1);
	switch (*byte) {
	case '\\':
		return take_escape(r, byte);
	case '[':
		skip_class(r);
		return ATOM_ANY;
	case '^':
	case '$':
		return ATOM_EDGE;
	case '.':
	case '{':
	case '*':
	case '+':
	case '?':
		return ATOM_ANY;
	default:
		return ATOM_BYTE;
	}
}

static bool read_alternatives(struct regex *r, struct choice *out);

/* Up to '|', ')' or the end. False: nested too deep. */
static bool
read_sequence(struct regex *r, struct choice *best)
{
	struct run run = { .count = 0 };
	uint64_t min;
	uint8_t byte;

	*best = (struct choice){ .count = 0 };
	while (r->left.bytes > 0 && r->left.data[0] != '|' && r->left.data[0] != ')') {
		struct choice inner = { .count = 0 };
		enum atom atom = ATOM_ANY;
		bool is_group = r->left.data[0] == '(';

		if (is_group) {
			r->left = span_from(r->left, 1);
			if (!read_alternatives(r, &inner))
				return false;
			r->left = span_from(r->left, 1); /* its ')' */
		} else {
			atom = take_atom(r, &byte);
		}
		if (!take_quantifier(r, &min) && atom != ATOM_ANY) {
			if (atom == ATOM_BYTE)
				add_byte(best, &run, byte);
			continue;
		}
		if (atom == ATOM_BYTE && min > 0)
			add_byte(best, &run, byte);
		end_run(best, &run);
		if (is_group && min > 0)
			take_better(best, &inner);
	}
	end_run(best, &run);
	return true;
}

static bool
read_alternatives(struct regex *r, struct choice *out)
{
	bool all_known = true, more = true;

	*out = (struct choice){ .count = 0 };
	if (++r->depth > NESTING_MAX)
		return false;
	while (more) {
		struct choice one;

		if (!read_sequence(r, &one))
			return false;
		all_known &= one.count > 0 && out->count + one.count <= YARA_NEEDED_MAX;
		for (unsigned i = 0; all_known && i < one.count; i++)
			out->runs[out->count++] = one.runs[i];
		more = r->left.bytes > 0 && r->left.data[0] == '|';
		r->left = span_from(r->left, more ? 1 : 0);
	}
	if (!all_known)
		out->count = 0;
	r->depth--;
	return true;
}

static void
add_text(struct sigc_table *out, const char *text)
{
	table_add(out, text, strlen(text));
}

/* The end of a pattern: how its letters stand in the object. */
static void
add_modifiers(struct sigc_table *out, bool nocase, bool wide, bool ascii)
{
	if (nocase || wide)
		add_text(out, "::");
	add_text(out, nocase ? "i" : "");
	add_text(out, wide ? "w" : "");
	add_text(out, wide && ascii ? "a" : "");
	table_add(out, "", 1);
}

static void
add_bytes(struct sigc_table *out, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char two[3];

		snprintf(two, sizeof(two), "%02x", bytes[i]);
		add_text(out, two);
	}
}

static unsigned
regex_needs(const struct yara_string *y, struct sigc_table *out)
{
	struct regex r = { .left = y->written };
	struct choice c;
	bool nocase =
	    y->nocase || (y->flags.bytes > 0 && memchr(y->flags.data, 'i', y->flags.bytes) != NULL);

	if (!read_alternatives(&r, &c) || r.left.bytes > 0 || shortest(&c) < RUN_MIN)
		return 0;
	for (unsigned i = 0; i < c.count; i++) {
		add_bytes(out, c.runs[i].bytes, c.runs[i].count);
		add_modifiers(out, nocase, y->wide, y->ascii);
	}
	return c.count;
}

/* A piece of a hexadecimal string that ends here, where it is better than the best so far. */
struct pieces {
	struct sigc_table now, best;
	unsigned now_whole, best_whole;
};

static void
end_piece(struct pieces *p)
{
	struct sigc_table old = p->best;

	if (p->now_whole > p->best_whole) {
		p->best = p->now;
		p->best_whole = p->now_whole;
		p->now = old;
	}
	p->now.used = 0;
	p->now_whole = 0;
}

/* Behind '[': a short gap stays in the piece. */
static void
take_jump(struct yara_text *t, struct pieces *p)
{
	uint64_t min = 0, max;
	char text[64];
	bool is_open = !yara_take_number(t, &min);

	max = min;
	if (yara_take(t, "-"))
		is_open |= !yara_take_number(t, &max);
	while (t->left.bytes > 0 && !yara_take(t, "]"))
		t->left = span_from(t->left, 1);
	if (is_open || max > GAP_MAX || max < min || p->now.used == 0) {
		end_piece(p);
		return;
	}
	snprintf(
	    text, sizeof(text), "{%llu-%llu}", (unsigned long long)min, (unsigned long long)max);
	add_text(&p->now, text);
}

/* Behind '(', to its end. */
static void
skip_group(struct yara_text *t)
{
	for (unsigned depth = 1; t->left.bytes > 0 && depth > 0;) {
		yara_skip_blanks(t);
		if (t->left.bytes == 0)
			return;
		depth += t->left.data[0] == '(';
		depth -= t->left.data[0] == ')';
		t->left = span_from(t->left, 1);
	}
}

static void
take_byte(struct yara_text *t, struct pieces *p)
{
	uint8_t first = t->left.data[0], second;

	t->left = span_from(t->left, 1);
	yara_skip_blanks(t);
	second = t->left.bytes > 0 ? t->left.data[0] : '?';
	t->left = span_from(t->left, 1);
	table_add(&p->now, &first, 1);
	table_add(&p->now, &second, 1);
	p->now_whole += hex_digit(first) >= 0 && hex_digit(second) >= 0;
}

static unsigned
hex_needs(const struct yara_string *y, struct sigc_table *out)
{
	struct yara_text t = { y->written, 0 };
	struct pieces p = { .now_whole = 0 };
	unsigned count = 0;

	for (yara_skip_blanks(&t); t.left.bytes > 0; yara_skip_blanks(&t)) {
		if (yara_take(&t, "[")) {
			take_jump(&t, &p);
		} else if (yara_take(&t, "(")) {
			end_piece(&p);
			skip_group(&t);
		} else if (yara_take(&t, "~")) {
			end_piece(&p);
			take_byte(&t, &p);
			p.now.used = p.now_whole = 0;
		} else {
			take_byte(&t, &p);
		}
	}
	end_piece(&p);
	while (p.best.used > 0 && p.best.bytes[p.best.used - 1] == '}') { /* a gap at its end */
		while (p.best.bytes[--p.best.used] != '{')
			continue;
	}
	if (p.best_whole >= RUN_MIN) {
		table_add(out, p.best.bytes, p.best.used);
		table_add(out, "", 1);
		count = 1;
	}
	free(p.now.bytes);
	free(p.best.bytes);
	return count;
}

/* The bytes of a text. */
static struct sigc_table
text_bytes(const struct yara_string *y)
{
	struct span left = y->written;
	struct sigc_table t = { 0 };
	uint8_t byte;

	while (left.bytes > 0) {
		size_t n = yara_unescape(left, &byte);

		table_add(&t, &byte, 1);
		left = span_from(left, n > 0 ? n : 1);
	}
	return t;
}

static struct sigc_table
widened(const struct sigc_table *from)
{
	struct sigc_table t = { 0 };

	for (size_t i = 0; i < from->used; i++) {
		table_add(&t, &from->bytes[i], 1);
		table_add(&t, "", 1);
	}
	return t;
}

/* Behind `shift` bytes that are not known: the letters that hang on none of these. */
static unsigned
add_base64(const struct sigc_table *text, unsigned shift, bool is_wide, struct sigc_table *out)
{
	static const char letters[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t first = (8 * (size_t)shift + 5) / 6, end = 8 * (shift + text->used) / 6;
	uint8_t run[RUN_MAX];
	unsigned count = 0;

	for (size_t at = first; at < end && count < RUN_MAX; at++) {
		unsigned value = 0;

		for (size_t bit = 6 * at; bit < 6 * at + 6; bit++) {
			size_t i = bit / 8 - shift;

			value = value << 1 | (text->bytes[i] >> (7 - bit % 8) & 1);
		}
		run[count++] = (uint8_t)letters[value];
	}
	if (count < RUN_MIN)
		return 0;
	add_bytes(out, run, count);
	add_modifiers(out, false, is_wide, false);
	return 1;
}

/* All three places of one text in base64, plain, wide or both; 0: one is too short. */
static unsigned
base64_needs(const struct yara_string *y, const struct sigc_table *text, struct sigc_table *out)
{
	unsigned count = 0, wanted = 0;

	for (unsigned shift = 0; shift < 3; shift++) {
		if (y->is_base64)
			count += add_base64(text, shift, false, out);
		if (y->is_base64_wide)
			count += add_base64(text, shift, true, out);
		wanted += y->is_base64 + y->is_base64_wide;
	}
	return count == wanted ? count : 0;
}

static unsigned
xor_needs(const struct yara_string *y, const struct sigc_table *text, struct sigc_table *out)
{
	unsigned count = 0;
	size_t n = text->used < RUN_MAX ? text->used : RUN_MAX;

	if (y->xor_max - y->xor_min >= XOR_MAX || n < RUN_MIN)
		return 0;
	for (unsigned key = y->xor_min; key <= y->xor_max; key++, count++) {
		uint8_t run[RUN_MAX];

		for (size_t i = 0; i < n; i++)
			run[i] = (uint8_t)(text->bytes[i] ^ key);
		add_bytes(out, run, n);
		add_modifiers(out, false, false, false);
	}
	return count;
}

/* A text in one of its forms, as `is_wide` says. */
static unsigned
form_needs(const struct yara_string *y, bool is_wide, struct sigc_table *out)
{
	struct sigc_table plain = text_bytes(y), text = plain;
	size_t n;
	unsigned count;

	if (is_wide)
		text = widened(&plain);
	n = text.used < RUN_MAX ? text.used : RUN_MAX;
	if (y->is_base64 || y->is_base64_wide) {
		count = y->has_alphabet ? 0 : base64_needs(y, &text, out);
	} else if (y->is_xor) {
		count = xor_needs(y, &text, out);
	} else {
		count = n >= RUN_MIN;
		add_bytes(out, text.bytes, count > 0 ? n : 0);
		if (count > 0)
			add_modifiers(out, y->nocase, false, false);
	}
	if (is_wide)
		free(text.bytes);
	free(plain.bytes);
	return count;
}

static unsigned
text_needs(const struct yara_string *y, struct sigc_table *out)
{
	unsigned narrow = 0, wide = 0;

	if (!y->wide || y->ascii) {
		narrow = form_needs(y, false, out);
		if (narrow == 0)
			return 0;
	}
	if (y->wide) {
		wide = form_needs(y, true, out);
		if (wide == 0)
			return 0;
	}
	return narrow + wide <= YARA_NEEDED_MAX ? narrow + wide : 0;
}

unsigned
yara_needed(const struct yara_string *y, struct sigc_table *out)
{
	size_t before = out->used;
	unsigned count = y->form == YARA_REGEX ? regex_needs(y, out)
			 : y->form == YARA_HEX ? hex_needs(y, out)
					       : text_needs(y, out);

	if (count == 0)
		out->used = before;
	return count;
}
