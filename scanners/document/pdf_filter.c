/* SPDX-License-Identifier: BSD-3-Clause */
/* The filters of ISO 32000-1 7.4 that are no compression of others: hex, base 85, runs, LZW. */
#include "scanners/document/pdf_lexer.h"
#include "scanners/document/piece_writer.h"

#define LZW_CODES 4096
#define LZW_CLEAR 256
#define LZW_END   257
#define LZW_FIRST 258

static bool
decode_hex(struct span in, struct piece_writer *o)
{
	static const char digits[] = "0123456789abcdef";
	unsigned high = 16;

	for (size_t i = 0; i < in.bytes && !o->is_over; i++) {
		uint8_t c = in.data[i] >= 'A' && in.data[i] <= 'F' ? in.data[i] | 0x20 : in.data[i];
		const char *digit = c != 0 ? strchr(digits, c) : NULL;

		if (c == '>')
			break;
		if (digit == NULL) { /* blanks; readers pass over the rest as well */
			continue;
		} else if (high == 16) {
			high = (unsigned)(digit - digits);
		} else {
			piece_put(o, (uint8_t)(high << 4 | (unsigned)(digit - digits)));
			high = 16;
		}
	}
	if (high < 16)
		piece_put(o, (uint8_t)(high << 4));
	return true;
}

/* Five characters are four bytes; `count` of a last group are one fewer. */
static void
put_group(struct piece_writer *o, const uint8_t group[5], unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < 5; i++)
		value = value * 85 + (i < count ? group[i] : 84u);
	for (unsigned i = 0; i + 1 < count; i++)
		piece_put(o, (uint8_t)(value >> (24 - 8 * i)));
}

static bool
decode_85(struct span in, struct piece_writer *o)
{
	uint8_t group[5];
	unsigned count = 0;

	for (size_t i = 0; i < in.bytes && in.data[i] != '~' && !o->is_over; i++) {
		uint8_t c = in.data[i];

		if (c == 'z' && count == 0) {
			for (unsigned k = 0; k < 4; k++)
				piece_put(o, 0);
		} else if (c >= '!' && c <= 'u') {
			group[count++] = (uint8_t)(c - '!');
			if (count == 5) {
				put_group(o, group, 5);
				count = 0;
			}
		}
	}
	if (count > 1)
		put_group(o, group, count);
	return true;
}

/* 7.4.5: up to 128 bytes as they are, or one byte up to 128 times. */
static bool
decode_runs(struct span in, struct piece_writer *o)
{
	size_t at = 0;

	while (at < in.bytes && in.data[at] != 128 && !o->is_over) {
		unsigned n = in.data[at++];
		bool is_run = n > 128;
		unsigned count = is_run ? 257 - n : n + 1;

		for (unsigned i = 0; i < count && at < in.bytes; i++)
			piece_put(o, in.data[is_run ? at : at++]);
		at += is_run;
	}
	return at <= in.bytes;
}

struct lzw {
	uint16_t before[LZW_CODES]; /* the code that this one extends */
	uint8_t last[LZW_CODES], first[LZW_CODES];
	unsigned next, bits;
	unsigned early; /* by how many codes the width grows before it must (7.4.4.3) */
};

/* A code's bytes, last to first, then turned. False: a code that is not there. */
static void
put_code(struct piece_writer *o, const struct lzw *t, unsigned code)
{
	uint8_t text[LZW_CODES];
	unsigned n = 0;

	for (; code >= LZW_FIRST && n < LZW_CODES - 1; code = t->before[code])
		text[n++] = t->last[code];
	text[n++] = (uint8_t)code;
	while (n > 0)
		piece_put(o, text[--n]);
}

static uint8_t
first_of(const struct lzw *t, unsigned code)
{
	return code < 256 ? (uint8_t)code : t->first[code];
}

/* One more code, for what came before and one byte. */
static void
learn(struct lzw *t, unsigned before, uint8_t byte)
{
	if (t->next == LZW_CODES)
		return;
	t->before[t->next] = (uint16_t)before;
	t->last[t->next] = byte;
	t->first[t->next] = first_of(t, before);
	t->next++;
	if (t->next + t->early >= 1u << t->bits && t->bits < 12)
		t->bits++;
}

static bool
decode_lzw(struct span in, bool is_late, struct piece_writer *o)
{
	struct lzw t = { .next = LZW_FIRST, .bits = 9, .early = is_late ? 0 : 1 };
	unsigned held = 0, before = LZW_CLEAR;
	uint64_t bits = 0;

	for (size_t at = 0; !o->is_over;) {
		unsigned code;

		for (; held < t.bits && at < in.bytes; held += 8)
			bits = bits << 8 | in.data[at++];
		if (held < t.bits)
			return true; /* without its end mark */
		held -= t.bits;
		code = (unsigned)(bits >> held) & ((1u << t.bits) - 1);
		if (code == LZW_END)
			return true;
		if (code == LZW_CLEAR) {
			t.next = LZW_FIRST;
			t.bits = 9;
		} else if (before == LZW_CLEAR) {
			if (code > 255)
				return false;
			piece_put(o, (uint8_t)code);
		} else {
			if (code > t.next || (code == t.next && t.next == LZW_CODES))
				return false;
			if (code == t.next)
				learn(&t, before, first_of(&t, before));
			else
				learn(&t, before, first_of(&t, code));
			put_code(o, &t, code);
		}
		before = code;
	}
	return true;
}

bool
pdf_decode(const struct pdf_coding *c, struct span in, span_sink sink, void *arg)
{
	struct piece_writer o = { .piece = sink, .arg = arg };
	bool good = c->filter == PDF_HEX    ? decode_hex(in, &o)
		    : c->filter == PDF_85   ? decode_85(in, &o)
		    : c->filter == PDF_RUNS ? decode_runs(in, &o)
					    : decode_lzw(in, c->is_late, &o);

	piece_flush(&o);
	return good;
}
