/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTML as ClamAV's signatures have it. A reader goes over it once; it is at a place of these kinds:
 *
 *     place     what stands there                             ends with
 *     text      white space as one blank, none behind a tag   '<'
 *     tag       the same, none at '=', '>' and behind '<'     '>', or text or script
 *     value     between quotes, which become double ones      its quote
 *     comment   nothing of it; a declaration ("<!…>") too     "-->", or '>'
 *     script    no white space at all, quotes as double ones  "</script", or "</style" of a style
 *
 * Without tags, what is not text is one blank, and so is a reference.
 */
#include <stdio.h>

#include "scanners/document/text_writer.h"

#define REFERENCE_MAX 10 /* "&#x10ffff;" */

struct reader {
	struct text_writer *w;
	struct span in;
	size_t at;
	bool has_tags;
	bool trims; /* white space that comes now says nothing */
};

static bool
stands(const struct reader *r, const char *word)
{
	size_t bytes = strlen(word);

	return r->in.bytes - r->at >= bytes &&
	       strncasecmp((const char *)r->in.data + r->at, word, bytes) == 0;
}

/* A tag of this very name: "<scripts>" is none. */
static bool
is_tag(const struct reader *r, const char *word)
{
	size_t end = r->at + strlen(word);

	return stands(r, word) && (end == r->in.bytes || text_is_space(r->in.data[end]) ||
				      r->in.data[end] == '>' || r->in.data[end] == '/');
}

/* Behind the next place where it stands, or at the end. */
static void
skip_behind(struct reader *r, const char *word)
{
	while (r->at < r->in.bytes && !stands(r, word))
		r->at++;
	r->at += stands(r, word) ? strlen(word) : 0;
}

static void
put(struct reader *r, uint8_t c)
{
	if (r->has_tags)
		text_put(r->w, c);
	r->trims = false;
}

static void
put_space(struct reader *r)
{
	if (!r->trims)
		r->w->is_blank = true;
}

/* "#x41;" or "#65;", behind '&'. Bytes of it, with its number; 0: it is none. */
static size_t
read_number(struct span s, unsigned *out)
{
	bool is_hex = s.bytes > 1 && (s.data[1] | 0x20) == 'x';
	size_t i = is_hex ? 2 : 1, first = i;

	*out = 0;
	for (; i < s.bytes && i < REFERENCE_MAX; i++) {
		uint8_t c = s.data[i], lower = c | 0x20;

		if (c >= '0' && c <= '9')
			*out = *out * (is_hex ? 16 : 10) + (c - '0');
		else if (is_hex && lower >= 'a' && lower <= 'f')
			*out = *out * 16 + (lower - 'a') + 10u;
		else
			break;
	}
	if (i == first)
		return 0;
	return i < s.bytes && s.data[i] == ';' ? i + 1 : i;
}

static size_t
read_name(struct span s, unsigned *out)
{
	static const struct {
		const char *name;
		unsigned c;
	} names[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
		{ "apos", '\'' }, { "nbsp", 0xa0 }, { "copy", 0xa9 }, { "reg", 0xae } };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t bytes = strlen(names[i].name);

		if (s.bytes > bytes && s.data[bytes] == ';' &&
		    memcmp(s.data, names[i].name, bytes) == 0) {
			*out = names[i].c;
			return bytes + 1;
		}
	}
	return 0;
}

/* At '&'. What is beyond a byte stays a reference, with its number in four digits or more. */
static void
take_reference(struct reader *r)
{
	struct span rest = span_first(span_from(r->in, r->at + 1), REFERENCE_MAX);
	char text[16];
	unsigned c;
	size_t bytes =
	    rest.bytes > 0 && rest.data[0] == '#' ? read_number(rest, &c) : read_name(rest, &c);

	r->at += 1 + bytes;
	if (!r->has_tags) {
		put_space(r);
		return;
	}
	if (bytes == 0) {
		put(r, '&');
	} else if (c < 0x100) {
		put(r, (uint8_t)c);
	} else {
		snprintf(text, sizeof(text), "&#x%04x;", c);
		for (size_t i = 0; text[i] != 0; i++)
			put(r, (uint8_t)text[i]);
	}
}

/* Between quotes, at the first of them. */
static void
take_value(struct reader *r)
{
	uint8_t quote = r->in.data[r->at++];

	put(r, '"');
	while (r->at < r->in.bytes && r->in.data[r->at] != quote) {
		uint8_t c = r->in.data[r->at];

		if (c == '&') {
			take_reference(r);
			continue;
		}
		if (text_is_space(c))
			put_space(r);
		else
			put(r, c);
		r->at++;
	}
	r->at++;
	put(r, '"');
}

/* The bytes of a script or a style up to its end. */
static void
take_script(struct reader *r, const char *end)
{
	for (; r->at < r->in.bytes && !stands(r, end) && !r->w->out.is_over; r->at++) {
		uint8_t c = r->in.data[r->at];

		if (!text_is_space(c))
			put(r, c == '\'' ? '"' : c);
	}
	r->w->is_blank = r->w->is_blank && !r->has_tags;
}

/* At '<'. */
static void
take_tag(struct reader *r)
{
	const char *script = NULL;
	bool is_value = false; /* what comes now: an equals sign stands before it */

	if (is_tag(r, "<script"))
		script = "</script";
	else if (is_tag(r, "<style"))
		script = "</style";
	if (!r->has_tags)
		r->w->is_blank = true;
	put(r, '<');
	r->trims = true;
	for (r->at++; r->at < r->in.bytes && r->in.data[r->at] != '>' && !r->w->out.is_over;) {
		uint8_t c = r->in.data[r->at];

		if (is_value && (c == '"' || c == '\'')) {
			take_value(r);
			is_value = false;
			continue;
		}
		if (c == '=')
			r->w->is_blank = r->w->is_blank && !r->has_tags;
		if (text_is_space(c))
			put_space(r);
		else
			put(r, c);
		is_value = c == '=' || (is_value && text_is_space(c));
		r->trims = r->trims || c == '=';
		r->at++;
	}
	if (r->at < r->in.bytes) {
		r->w->is_blank = r->w->is_blank && !r->has_tags;
		put(r, '>');
		r->at++;
	}
	if (script != NULL)
		take_script(r, script);
	r->trims = r->has_tags;
}

static void
take_declaration(struct reader *r)
{
	if (!r->has_tags)
		r->w->is_blank = true;
	skip_behind(r, stands(r, "<!--") ? "-->" : ">");
}

void
text_rewrite_html(struct text_writer *w, struct span in, bool has_tags)
{
	struct reader r = { .w = w, .in = in, .has_tags = has_tags };

	while (r.at < in.bytes && !w->out.is_over) {
		uint8_t c = in.data[r.at];

		if (stands(&r, "<!")) {
			take_declaration(&r);
		} else if (c == '<') {
			take_tag(&r);
		} else if (c == '&') {
			take_reference(&r);
		} else {
			if (text_is_space(c))
				put_space(&r);
			else
				text_put(w, c);
			r.trims = r.trims && text_is_space(c);
			r.at++;
		}
	}
}
