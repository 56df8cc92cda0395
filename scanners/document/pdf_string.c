/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings of a PDF (ISO 32000-1 7.3.4): in parentheses with escapes, or in hex. */
#include "scanners/document/pdf_lexer.h"
#include "scanners/document/piece_writer.h"

#include "common/base/letters.h"

#define UNCLOSED_MAX 16 /* parentheses that never close: no more are read on from */

static void
set_literal(struct span raw, struct pdf_string *out)
{
	out->raw = raw;
	out->is_hex = false;
	out->is_plain = raw.bytes == 0 || (memchr(raw.data, '\\', raw.bytes) == NULL &&
					      memchr(raw.data, '\r', raw.bytes) == NULL);
}

/* At its '('. False: it has no end. */
static bool
take_literal(struct pdf_strings *r, struct pdf_string *out)
{
	size_t end = pdf_behind_literal(r->in, r->at);

	if (end == SIZE_MAX || end > r->in.bytes) {
		r->at = ++r->unclosed > UNCLOSED_MAX ? r->in.bytes : r->at + 1;
		return false;
	}
	set_literal(span_of(r->in.data + r->at + 1, end - r->at - 2), out);
	r->at = end;
	return true;
}

/* At its '<'. False: it is none. */
static bool
take_hex(struct pdf_strings *r, struct pdf_string *out)
{
	struct span rest = span_from(r->in, r->at + 1);
	size_t i = 0;

	while (i < rest.bytes && (hex_digit(rest.data[i]) >= 0 || pdf_is_blank(rest.data[i])))
		i++;
	r->at += 1 + i;
	if (i == 0 || i == rest.bytes || rest.data[i] != '>')
		return false;
	*out = (struct pdf_string){ .raw = span_first(rest, i), .is_hex = true };
	r->at++;
	return true;
}

bool
pdf_next_string(struct pdf_strings *r, struct pdf_string *out)
{
	while (r->at < r->in.bytes) {
		uint8_t c = r->in.data[r->at];

		if ((c == '(' && take_literal(r, out)) || (c == '<' && take_hex(r, out)))
			return true;
		if (c == '%')
			r->at = pdf_behind_comment(r->in, r->at);
		else if (c != '(' && c != '<')
			r->at++;
	}
	return false;
}

/* Up to three octal digits, the first of them at `at`. */
static size_t
put_octal(struct piece_writer *o, struct span s, size_t at)
{
	unsigned value = 0;

	for (unsigned i = 0; i < 3 && at < s.bytes && s.data[at] >= '0' && s.data[at] <= '7'; i++)
		value = value * 8 + (s.data[at++] - '0');
	piece_put(o, (uint8_t)value);
	return at;
}

/* The end of a line, at its first byte: one LF, or behind a backslash nothing. */
static size_t
behind_line(struct span s, size_t at)
{
	return s.data[at] == '\r' && at + 1 < s.bytes && s.data[at + 1] == '\n' ? at + 2 : at + 1;
}

/* At what stands behind the backslash; returns what is behind it (table 3). */
static size_t
put_escape(struct piece_writer *o, struct span s, size_t at)
{
	static const char letters[] = "nrtbf", meant[] = "\n\r\t\b\f";
	uint8_t c = s.data[at];
	const char *letter = c != 0 ? strchr(letters, c) : NULL;

	if (c >= '0' && c <= '7')
		return put_octal(o, s, at);
	if (c == '\n' || c == '\r')
		return behind_line(s, at);
	piece_put(o, letter != NULL ? (uint8_t)meant[letter - letters] : c);
	return at + 1;
}

void
pdf_decode_string(const struct pdf_string *string, span_sink sink, void *arg)
{
	const struct pdf_coding hex = { .filter = PDF_HEX };
	struct piece_writer o = { .piece = sink, .arg = arg };
	struct span s = string->raw;

	if (string->is_hex) {
		pdf_decode(&hex, s, sink, arg);
		return;
	}
	for (size_t at = 0; at < s.bytes && !o.is_over;) {
		uint8_t c = s.data[at];

		if (c == '\\' && at + 1 < s.bytes) {
			at = put_escape(&o, s, at + 1);
		} else if (c == '\r') {
			piece_put(&o, '\n');
			at = behind_line(s, at);
		} else {
			piece_put(&o, c);
			at++;
		}
	}
	piece_flush(&o);
}
