/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must stand in an object for a YARA string to match, where the string itself is not read
 * here: a run of plain bytes that every match holds, or a few of which it holds one. Of a
 * hexadecimal string the piece between its open gaps and alternatives that tells most; of a regular
 * expression what yara_regex.c reads; of base64 the three encodings. Where nothing else is known of
 * a rule, shorter runs and a text under every key of xor are looked for too.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/yara.h"

#define RUN_MIN 4 /* as ANCHOR_GOOD of hex.c */
#define RUN_MAX YARA_RUN_MAX
#define XOR_MAX 8 /* keys; more would be as many literals */
/* Where nothing else is known of a rule; few are so. */
#define RUN_MIN_EAGER  3
#define XOR_MAX_EAGER  256
#define GAP_MAX        64
#define PIECE_MAX      64 /* whole bytes of a hexadecimal string's piece */
#define PIECE_TEXT_MAX 512

static unsigned
least_of(bool is_eager)
{
	return is_eager ? RUN_MIN_EAGER : RUN_MIN;
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
regex_needs(const struct yara_string *y, bool is_eager, struct sigc_table *out)
{
	struct yara_choice c;
	bool nocase =
	    y->nocase || (y->flags.bytes > 0 && memchr(y->flags.data, 'i', y->flags.bytes) != NULL);

	if (!yara_regex_runs(y->written, nocase, &c) || yara_shortest_run(&c) < least_of(is_eager))
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
	if (p->now_whole == PIECE_MAX || p->now.used > PIECE_TEXT_MAX)
		end_piece(p);
	table_add(&p->now, &first, 1);
	table_add(&p->now, &second, 1);
	p->now_whole += hex_digit(first) >= 0 && hex_digit(second) >= 0;
}

static unsigned
hex_needs(const struct yara_string *y, bool is_eager, struct sigc_table *out)
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
	if (p.best_whole >= least_of(is_eager)) {
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
xor_needs(const struct yara_string *y, const struct sigc_table *text, bool is_eager,
    struct sigc_table *out)
{
	unsigned count = 0, keys = y->xor_max - y->xor_min + 1u;
	size_t n = text->used < RUN_MAX ? text->used : RUN_MAX;

	if (keys > (is_eager ? XOR_MAX_EAGER : XOR_MAX) || n < RUN_MIN)
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
form_needs(const struct yara_string *y, bool is_wide, bool is_eager, struct sigc_table *out)
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
		count = xor_needs(y, &text, is_eager, out);
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
text_needs(const struct yara_string *y, bool is_eager, struct sigc_table *out)
{
	unsigned narrow = 0, wide = 0;

	if (!y->wide || y->ascii) {
		narrow = form_needs(y, false, is_eager, out);
		if (narrow == 0)
			return 0;
	}
	if (y->wide) {
		wide = form_needs(y, true, is_eager, out);
		if (wide == 0)
			return 0;
	}
	return narrow + wide;
}

unsigned
yara_needed(const struct yara_string *y, bool is_eager, struct sigc_table *out)
{
	size_t before = out->used;
	unsigned count = y->form == YARA_REGEX ? regex_needs(y, is_eager, out)
			 : y->form == YARA_HEX ? hex_needs(y, is_eager, out)
					       : text_needs(y, is_eager, out);

	if (count == 0)
		out->used = before;
	return count;
}
