/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/inlay.h"

#include "common/base/base64.h"
#include "common/base/letters.h"
#include "scanners/document/piece_writer.h"
#include "scanners/document/text_writer.h"

#define MEDIA_TYPE_MAX 256 /* from "data:" to the comma */
#define UU_MORE_MAX    2   /* letters behind a line's own: some writers add a sum */

static bool
is_letter(uint8_t c)
{
	return base64_value(c) >= 0;
}

/* "\/" is a slash, as JSON has it. */
static bool
is_escaped_slash(struct span s, size_t at)
{
	return s.data[at] == '\\' && at + 1 < s.bytes && s.data[at + 1] == '/';
}

static size_t
behind_letters(struct span s, size_t at)
{
	while (at < s.bytes && (is_letter(s.data[at]) || is_escaped_slash(s, at)))
		at++;
	return at;
}

static bool
ends_with(struct span s, const char *word)
{
	size_t bytes = strlen(word);

	return s.bytes >= bytes &&
	       strncasecmp((const char *)s.data + s.bytes - bytes, word, bytes) == 0;
}

/* Where a URI ends that a quote stands before, or none. */
static size_t
behind_uri(struct span s, size_t at, uint8_t quote)
{
	for (; at < s.bytes; at++) {
		uint8_t c = s.data[at];

		if (quote != 0 ? c == quote : text_is_space(c) || strchr("\"'()<>`", c) != NULL)
			break;
	}
	return at;
}

/* At what stands behind "data:", `word` bytes of it before `at`. */
static bool
take_uri(struct span s, size_t at, struct inlay *out)
{
	uint8_t before = at > 5 ? s.data[at - 6] : 0;
	uint8_t quote = before == '"' || before == '\'' || before == '`' ? before : 0;
	struct span rest = span_first(span_from(s, at), MEDIA_TYPE_MAX);
	const uint8_t *comma = rest.bytes > 0 ? memchr(rest.data, ',', rest.bytes) : NULL;
	size_t begin, end;

	if (comma == NULL)
		return false;
	begin = (size_t)(comma - s.data) + 1;
	if (behind_uri(s, at, quote) < begin)
		return false; /* the comma is not its own */
	end = behind_uri(s, begin, quote);
	out->kind = ends_with(span_first(rest, (size_t)(comma - rest.data)), ";base64")
			? INLAY_URI_BASE64
			: INLAY_URI;
	out->raw = span_of(s.data + begin, end - begin);
	return out->raw.bytes >= INLAY_URI_MIN;
}

/* What parts lines, and strings that are put together; '+' where no letter follows. */
static bool
is_parting(uint8_t c)
{
	return text_is_space(c) || (c != 0 && strchr("\"'`,+\\", c) != NULL);
}

/* Where the next letters begin, from `at` on and before `limit`; an escape is none. */
static size_t
find_letters(struct span s, size_t at, size_t limit)
{
	while (at < limit) {
		bool is_plus =
		    s.data[at] == '+' && (at + 1 == s.bytes || !is_letter(s.data[at + 1]));

		if (is_escaped_slash(s, at) || (is_letter(s.data[at]) && !is_plus))
			return at;
		at += s.data[at] == '\\' ? 2 : 1;
	}
	return limit;
}

/*
 * The next piece of a run that ends at `at`: a long one, whatever the gap holds; else the short one
 * that comes first, if nothing but what parts them stands between. False: the run ends.
 */
static bool
next_piece(struct span s, size_t at, size_t *begin, size_t *end)
{
	size_t limit = s.bytes - at < INLAY_GAP_MAX ? s.bytes : at + INLAY_GAP_MAX;
	size_t first = find_letters(s, at, limit), first_end = behind_letters(s, first);
	size_t i = at;

	for (*begin = first, *end = first_end; *begin < limit;
	     *begin = find_letters(s, *end, limit), *end = behind_letters(s, *begin)) {
		if (*end - *begin >= INLAY_PIECE_MIN)
			return true;
		if (*end < s.bytes && s.data[*end] == '=')
			break;
	}
	while (i < first && is_parting(s.data[i]))
		i++;
	*begin = first;
	*end = first_end;
	return first < limit && (i == first || s.data[first - 2] == '\\') &&
	       (first_end == s.bytes || s.data[first_end] != ':');
}

/* Whether it says anything: rulers and padding are one letter over and over. */
static bool
is_varied(struct span s)
{
	for (size_t i = 1; i < s.bytes; i++) {
		if (s.data[i] != s.data[0])
			return true;
	}
	return false;
}

static bool
is_hex_piece(struct span s, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++) {
		if (hex_digit(s.data[i]) < 0)
			return false;
	}
	return true;
}

/* At a piece from `at` to `end`. False: it is no file; `*behind` is where it ends. */
static bool
take_run(struct span s, size_t at, size_t end, size_t *behind, struct inlay *out)
{
	size_t begin = at, letters = 0;
	bool is_hex = true, more = true;

	while (more) {
		bool is_hexed = is_hex && is_hex_piece(s, begin, end);

		if (is_hex && !is_hexed && letters > 0 && end - begin < INLAY_PIECE_MIN)
			break; /* a word behind the digits */
		is_hex = is_hexed;
		letters += end - begin;
		*behind = end;
		more = end - begin >= INLAY_PIECE_MIN && end < s.bytes && s.data[end] != '=' &&
		       next_piece(s, end, &begin, &end);
	}
	out->kind = is_hex ? INLAY_HEX : INLAY_BASE64;
	out->raw = span_of(s.data + at, *behind - at);
	return letters >= INLAY_RUN_MIN && is_varied(out->raw);
}

static size_t
behind_line(struct span s, size_t at)
{
	const uint8_t *end = at < s.bytes ? memchr(s.data + at, '\n', s.bytes - at) : NULL;

	return end != NULL ? (size_t)(end - s.data) + 1 : s.bytes;
}

/* A line of a uuencoded file, without its end: as many letters as its first says, or blanks lost.
 */
static bool
is_uu_line(struct span s)
{
	unsigned bytes = s.bytes > 0 ? (s.data[0] - ' ') & 63u : 0;

	if (bytes == 0 || s.bytes > 1 + (bytes + 2) / 3 * 4 + UU_MORE_MAX)
		return false;
	for (size_t i = 0; i < s.bytes; i++) {
		if (s.data[i] < ' ' || s.data[i] > '`')
			return false;
	}
	return true;
}

/* The line at `at`, without its end; *next is where the next one begins. */
static struct span
line_at(struct span s, size_t at, size_t *next)
{
	struct span line;

	*next = behind_line(s, at);
	line = span_of(s.data + at, *next - at);
	while (line.bytes > 0 &&
	       (line.data[line.bytes - 1] == '\n' || line.data[line.bytes - 1] == '\r'))
		line.bytes--;
	return line;
}

/* At the blank of "begin 644 name", which a line begins with. */
static bool
take_uu(struct span s, size_t at, struct inlay *out)
{
	size_t digits = at + 1, begin, next;

	while (digits < s.bytes && s.data[digits] >= '0' && s.data[digits] <= '7')
		digits++;
	if (digits - at < 4 || digits >= s.bytes || s.data[digits] != ' ')
		return false;
	begin = next = behind_line(s, digits);
	while (next < s.bytes) {
		size_t line = next;

		if (!is_uu_line(line_at(s, line, &next)) ||
		    (s.bytes - line >= 4 && memcmp(s.data + line, "end", 3) == 0)) {
			next = line;
			break;
		}
	}
	out->kind = INLAY_UU;
	out->raw = span_of(s.data + begin, next - begin);
	return next > begin;
}

static bool
begins_line(struct span s, size_t at)
{
	return at == 0 || s.data[at - 1] == '\n' || s.data[at - 1] == '\r';
}

bool
inlay_next(struct span text, size_t *at, struct inlay *out)
{
	while (*at < text.bytes) {
		size_t begin = *at, end = behind_letters(text, begin);

		*at = end + 1;
		if (end - begin >= INLAY_PIECE_MIN && take_run(text, begin, end, at, out))
			return true;
		if (end < text.bytes && text.data[end] == ' ' && begins_line(text, begin) &&
		    span_is(span_of(text.data + begin, end - begin), "begin") &&
		    take_uu(text, end, out)) {
			*at = (size_t)(out->raw.data - text.data) + out->raw.bytes;
			return true;
		}
		if (end < text.bytes && text.data[end] == ':' &&
		    ends_with(span_of(text.data + begin, end - begin), "data") &&
		    take_uri(text, end + 1, out)) {
			*at = (size_t)(out->raw.data - text.data) + out->raw.bytes;
			return true;
		}
	}
	*at = text.bytes;
	return false;
}

/* Letters gathered to bytes, of four bits or six each. */
struct gathered {
	uint32_t bits;
	unsigned count;
};

static void
gather(struct gathered *g, struct piece_writer *o, unsigned value, unsigned bits)
{
	g->bits = g->bits << bits | value;
	g->count += bits;
	if (g->count < 8)
		return;
	g->count -= 8;
	piece_put(o, (uint8_t)(g->bits >> g->count));
}

/* The letters of a run, without what stands between its pieces: as they are, or what they mean. */
static void
walk_run(const struct inlay *i, bool is_raw, struct piece_writer *o)
{
	struct span s = i->raw;
	struct gathered g = { 0 };
	size_t at = 0, end = behind_letters(s, 0);

	while (!o->is_over) {
		for (; at < end; at++) {
			if (s.data[at] == '\\')
				continue;
			if (is_raw)
				piece_put(o, s.data[at]);
			else if (i->kind == INLAY_HEX)
				gather(&g, o, (unsigned)hex_digit(s.data[at]), 4);
			else
				gather(&g, o, (unsigned)base64_value(s.data[at]), 6);
		}
		if (end == s.bytes || !next_piece(s, end, &at, &end))
			return;
	}
}

void
inlay_letters(const struct inlay *i, span_sink sink, void *arg)
{
	struct piece_writer o = { .piece = sink, .arg = arg };

	walk_run(i, true, &o);
	piece_flush(&o);
}

/* One byte of a URI, its escape resolved (RFC 3986 2.1). */
static uint8_t
uri_byte(struct span s, size_t *at)
{
	int escaped = s.data[*at] == '%' && s.bytes - *at > 2 ? hex_pair(s.data + *at + 1) : -1;

	*at += escaped >= 0 ? 3 : 1;
	return escaped >= 0 ? (uint8_t)escaped : s.data[*at - 1];
}

static void
decode_uri(struct span s, bool is_base64, struct piece_writer *o)
{
	struct gathered g = { 0 };

	for (size_t at = 0; at < s.bytes && !o->is_over;) {
		uint8_t c = uri_byte(s, &at);

		if (!is_base64)
			piece_put(o, c);
		else if (c == '=')
			return;
		else if (is_letter(c))
			gather(&g, o, (unsigned)base64_value(c), 6);
	}
}

/* Each line for itself; letters that are lost are blanks, which mean zeros. */
static void
decode_uu(struct span s, struct piece_writer *o)
{
	for (size_t at = 0; at < s.bytes && !o->is_over;) {
		struct span line = line_at(s, at, &at);
		unsigned left = line.bytes > 0 ? (line.data[0] - ' ') & 63u : 0;

		for (size_t i = 1; left > 0 && i < line.bytes; i += 4) {
			uint32_t bits = 0;

			for (size_t k = i; k < i + 4; k++)
				bits =
				    bits << 6 | (k < line.bytes ? (line.data[k] - ' ') & 63u : 0);
			for (unsigned k = 0; k < 3 && left > 0; k++, left--)
				piece_put(o, (uint8_t)(bits >> (16 - 8 * k)));
		}
	}
}

void
inlay_decode(const struct inlay *i, span_sink sink, void *arg)
{
	struct piece_writer o = { .piece = sink, .arg = arg };

	if (i->kind == INLAY_BASE64 || i->kind == INLAY_HEX)
		walk_run(i, false, &o);
	else if (i->kind == INLAY_UU)
		decode_uu(i->raw, &o);
	else
		decode_uri(i->raw, i->kind == INLAY_URI_BASE64, &o);
	piece_flush(&o);
}
