/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/spelled.h"

#include "common/base/letters.h"
#include "scanners/document/piece_writer.h"
#include "scanners/document/text_writer.h"

#define ESCAPE_BYTES_MAX 6 /* "\u004d" */

/* Where one number or escape ends, and its byte; where it begins, it is none. */
typedef size_t take(struct span s, size_t at, uint8_t *byte);

static uint8_t
at_or_zero(struct span s, size_t at)
{
	return at < s.bytes ? s.data[at] : 0;
}

static bool
is_word(uint8_t c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
	       c == '.' || c == '$';
}

/* Digits from `at` on, up to a byte's worth; nothing of a word or a larger number. */
static size_t
take_digits(struct span s, size_t at, unsigned base, uint8_t *byte)
{
	unsigned value = 0;
	size_t i = at;

	for (; i < s.bytes && i - at < 3; i++) {
		int digit = hex_digit(s.data[i]);

		if (digit < 0 || (unsigned)digit >= base)
			break;
		value = value * base + (unsigned)digit;
	}
	*byte = (uint8_t)value;
	return value > 0xff || is_word(at_or_zero(s, i)) ? at : i;
}

static size_t
take_number(struct span s, size_t at, uint8_t *byte)
{
	uint8_t c = at_or_zero(s, at), mark = at_or_zero(s, at + 1) | 0x20;
	size_t end;

	if ((c == '0' && mark == 'x') || (c == '&' && mark == 'h')) {
		end = take_digits(s, at + 2, 16, byte);
		return end > at + 2 ? end : at;
	}
	return c >= '0' && c <= '9' ? take_digits(s, at, 10, byte) : at;
}

static size_t
take_escape(struct span s, size_t at, uint8_t *byte)
{
	static const struct {
		const char *mark;
		size_t bytes;
	} kinds[] = { { "\\x", 2 }, { "\\u00", 4 }, { "%u00", 4 }, { "%", 1 } };
	struct span rest = span_first(span_from(s, at), ESCAPE_BYTES_MAX);
	int value;

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t bytes = kinds[i].bytes;

		if (rest.bytes < bytes + 2 || memcmp(rest.data, kinds[i].mark, bytes) != 0)
			continue;
		value = hex_pair(rest.data + bytes);
		if (value < 0)
			continue;
		*byte = (uint8_t)value;
		return at + bytes + 2;
	}
	return at;
}

/* A comma, and what a line's end may look like. */
static size_t
behind_comma(struct span s, size_t at)
{
	size_t limit = s.bytes - at < SPELLED_GAP_MAX ? s.bytes : at + SPELLED_GAP_MAX;
	unsigned commas = 0;

	while (at < limit && (text_is_space(s.data[at]) || s.data[at] == '_' || s.data[at] == '`' ||
				 (s.data[at] == ',' && commas++ == 0)))
		at++;
	return commas == 1 ? at : s.bytes;
}

/* Nothing, or a string's end and the next one's begin. */
static size_t
behind_quotes(struct span s, size_t at)
{
	size_t limit = s.bytes - at < SPELLED_GAP_MAX ? s.bytes : at + SPELLED_GAP_MAX;

	while (at < limit && (text_is_space(s.data[at]) ||
				 (s.data[at] != 0 && strchr("\"'`+&_,.", s.data[at]) != NULL)))
		at++;
	return at;
}

static size_t
behind_gap(struct span s, size_t at, bool is_escaped)
{
	return is_escaped ? behind_quotes(s, at) : behind_comma(s, at);
}

/* From `at` on, as many as stand in a row; where they end. `writer` may be NULL. */
static size_t
walk(struct span s, size_t at, bool is_escaped, struct piece_writer *writer, size_t *count)
{
	take *one = is_escaped ? take_escape : take_number;
	size_t begin = at, end = at;
	uint8_t byte;

	for (*count = 0; begin < s.bytes; (*count)++) {
		size_t behind = one(s, begin, &byte);

		if (behind == begin || (writer != NULL && writer->is_over))
			break;
		if (writer != NULL)
			piece_put(writer, byte);
		end = behind;
		begin = behind_gap(s, end, is_escaped);
	}
	return end;
}

bool
spelled_next(struct span text, size_t *at, struct spelled *out)
{
	while (*at < text.bytes) {
		uint8_t c = text.data[*at], before = *at > 0 ? text.data[*at - 1] : 0;
		size_t begin = *at, end, count = 0;

		out->is_escaped = c == '\\' || c == '%';
		if (!out->is_escaped && ((c < '0' || c > '9' || is_word(before)) && c != '&')) {
			++*at;
			continue;
		}
		end = walk(text, begin, out->is_escaped, NULL, &count);
		*at = end > begin ? end : begin + 1;
		if (count < SPELLED_MIN)
			continue;
		out->raw = span_of(text.data + begin, end - begin);
		return true;
	}
	return false;
}

void
spelled_decode(const struct spelled *s, span_sink sink, void *arg)
{
	struct piece_writer o = { .piece = sink, .arg = arg };
	size_t count;

	walk(s->raw, 0, s->is_escaped, &o, &count);
	piece_flush(&o);
}
