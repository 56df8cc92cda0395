/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/text.h"

#include "scanners/document/text_writer.h"

#define UTF16_PROBE_UNITS 16 /* of a text without a mark, that must be ASCII */
#define REPLACEMENT       0xfffdu

static void
rewrite_plain(struct text_writer *w, struct span in)
{
	for (size_t i = 0; i < in.bytes && !w->out.is_over; i++) {
		uint8_t c = in.data[i];

		if (text_is_space(c))
			w->is_blank = true;
		else if (c > ' ' && c < 0x80)
			text_put(w, c);
	}
}

void
text_rewrite(struct span in, enum text_form form, text_piece piece, void *arg)
{
	struct text_writer w = { .out = { .piece = piece, .arg = arg } };

	if (form == TEXT_PLAIN)
		rewrite_plain(&w, in);
	else
		text_rewrite_html(&w, in, form == TEXT_HTML);
	if (w.is_blank)
		piece_put(&w.out, ' ');
	piece_flush(&w.out);
}

bool
text_has_markup(struct span in)
{
	static const char *const tags[] = { "html", "head", "body", "title", "script", "iframe",
		"object", "embed", "form", "meta", "link", "table", "div", "font", "img ", "a href",
		"!doctype html", "style", "svg" };
	const uint8_t *at;

	while (in.bytes > 0 && (at = memchr(in.data, '<', in.bytes)) != NULL) {
		in = span_from(in, (size_t)(at - in.data) + 1);
		for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
			if (span_starts_nocase(in, tags[i]))
				return true;
		}
	}
	return false;
}

/* A tag that is ended, or goes on. */
static bool
begins_tag(struct span s, const char *word)
{
	size_t end = strlen(word);

	return span_starts_nocase(s, word) && s.bytes > end &&
	       (s.data[end] == '>' || s.data[end] == '/' || text_is_space(s.data[end]));
}

static bool
has_nocase(struct span s, const char *word)
{
	while (s.bytes > 0 && !span_starts_nocase(s, word))
		s = span_from(s, 1);
	return s.bytes > 0;
}

bool
text_is_page(struct span in)
{
	static const char *const tags[] = { "script", "iframe", "img", "object", "table" };
	const uint8_t *at;
	bool has_link = false;

	while (in.bytes > 0 && (at = memchr(in.data, '<', in.bytes)) != NULL) {
		in = span_from(in, (size_t)(at - in.data) + 1);
		for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
			if (begins_tag(in, tags[i]))
				return true;
		}
		if (span_starts_nocase(in, "html>") || span_starts_nocase(in, "head>"))
			return true;
		if (!has_link && span_starts_nocase(in, "a ")) {
			if (has_nocase(in, "href"))
				return true;
			has_link = true; /* and no target: none will come */
		}
	}
	return false;
}

static unsigned
unit_at(struct span in, size_t at, bool is_big)
{
	return is_big ? (unsigned)in.data[at] << 8 | in.data[at + 1]
		      : (unsigned)in.data[at + 1] << 8 | in.data[at];
}

static bool
is_ascii_units(struct span in, bool is_big)
{
	if (in.bytes < 2 * UTF16_PROBE_UNITS)
		return false;
	for (size_t i = 0; i < UTF16_PROBE_UNITS; i++) {
		unsigned u = unit_at(in, 2 * i, is_big);

		if (u >= 0x7f || (u < ' ' && !text_is_space((uint8_t)u)))
			return false;
	}
	return true;
}

bool
text_is_likely(struct span head)
{
	for (size_t at = 2; at + 1 < head.bytes; at += 2) {
		unsigned u = unit_at(head, at, true);

		if (u < ' ' ? u < '\a' || (u > '\r' && u != 0x1b) || u == '\v' : u == 0x7f)
			return false;
	}
	return head.bytes >= 2;
}

bool
text_is_utf16(struct span in, bool *is_big, size_t *skip)
{
	*skip = 0;
	if (in.bytes >= 2 && ((in.data[0] ^ in.data[1]) == 1) && in.data[0] >= 0xfe) {
		*is_big = in.data[0] == 0xfe;
		*skip = 2;
		return in.bytes > 2;
	}
	*is_big = is_ascii_units(in, true);
	return *is_big || is_ascii_units(in, false);
}

/* RFC 3629 3 */
static void
put_utf8(struct piece_writer *w, unsigned c)
{
	if (c < 0x80) {
		piece_put(w, (uint8_t)c);
		return;
	}
	if (c >= 0x10000) {
		piece_put(w, (uint8_t)(0xf0 | c >> 18));
		piece_put(w, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
	} else if (c >= 0x800) {
		piece_put(w, (uint8_t)(0xe0 | c >> 12));
	}
	piece_put(w, c >= 0x800 ? (uint8_t)(0x80 | (c >> 6 & 0x3f)) : (uint8_t)(0xc0 | c >> 6));
	piece_put(w, (uint8_t)(0x80 | (c & 0x3f)));
}

void
text_end_units(struct piece_writer *w, unsigned *high)
{
	if (*high != 0)
		put_utf8(w, REPLACEMENT);
	*high = 0;
}

/* RFC 2781 2.2 */
void
text_put_unit(struct piece_writer *w, unsigned *high, unsigned unit)
{
	if (*high != 0 && (unit & 0xfc00) == 0xdc00) {
		put_utf8(w, 0x10000 + ((*high & 0x3ff) << 10 | (unit & 0x3ff)));
		*high = 0;
		return;
	}
	text_end_units(w, high);
	if ((unit & 0xfc00) == 0xd800)
		*high = unit;
	else
		put_utf8(w, (unit & 0xfc00) == 0xdc00 ? REPLACEMENT : unit);
}

void
text_from_utf16(struct span in, bool is_big, text_piece piece, void *arg)
{
	struct piece_writer w = { .piece = piece, .arg = arg };
	unsigned high = 0;

	for (size_t at = 0; at + 1 < in.bytes && !w.is_over; at += 2)
		text_put_unit(&w, &high, unit_at(in, at, is_big));
	text_end_units(&w, &high);
	piece_flush(&w);
}

/* Units of a run that begins at `at`. */
static size_t
wide_run(struct span in, size_t at)
{
	size_t units = 0;

	for (; in.bytes - at >= 2 && in.data[at + 1] == 0; at += 2, units++) {
		uint8_t c = in.data[at];

		if (c >= 0x7f || (c < ' ' && !text_is_space(c)))
			break;
	}
	return units;
}

void
text_from_wide_runs(struct span in, text_piece piece, void *arg)
{
	struct piece_writer w = { .piece = piece, .arg = arg };

	for (size_t at = 0; at + 1 < in.bytes && !w.is_over;) {
		size_t units = wide_run(in, at);

		if (units < TEXT_WIDE_RUN_MIN) {
			at++;
			continue;
		}
		for (size_t i = 0; i < units && !w.is_over; i++)
			piece_put(&w, in.data[at + 2 * i]);
		piece_put(&w, '\n');
		at += 2 * units;
	}
	piece_flush(&w);
}
