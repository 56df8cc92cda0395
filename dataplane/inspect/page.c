/* SPDX-License-Identifier: BSD-3-Clause */
/* A template is a list of pieces: literal text, or one of the variables. */
#include "dataplane/inspect/page.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/letters.h"

enum variable {
	LITERAL,
	THREAT,
	URL,
	REASON,
	UUID
};

static const char *const variable_names[] = {
	[THREAT] = "threat",
	[URL] = "url",
	[REASON] = "reason",
	[UUID] = "uuid",
};

struct piece {
	enum variable variable;
	struct span text; /* LITERAL: into page->template */
};

struct page {
	unsigned count;
	struct piece pieces[PAGE_PIECES_MAX];
	char template[];
};

static const char builtin[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Access blocked</title>\n"
    "<style>body{font-family:sans-serif;max-width:40em;margin:4em auto;padding:0 1em;color:#222}"
    "h1{color:#a40000}dt{font-weight:bold;margin-top:.6em}dd{margin:0;word-break:break-all}"
    "</style></head>\n"
    "<body><h1>Access blocked</h1>\n"
    "<p>The object you asked for was not delivered: {{reason}}.</p>\n"
    "<dl><dt>Threat</dt><dd>{{threat}}</dd>\n"
    "<dt>Address</dt><dd>{{url}}</dd>\n"
    "<dt>Incident</dt><dd>{{uuid}}</dd></dl>\n"
    "<p>If you think that this is a mistake, give the incident number to your administrator.</p>\n"
    "</body></html>\n";

static enum variable
variable_of(struct span name)
{
	for (enum variable v = THREAT; v <= UUID; v++) {
		if (span_is(span_trim(name), variable_names[v]))
			return v;
	}
	return LITERAL;
}

static int
add_piece(struct page *p, enum variable v, struct span text)
{
	if (v == LITERAL && text.bytes == 0)
		return 0;
	if (p->count == PAGE_PIECES_MAX)
		return -EINVAL;
	p->pieces[p->count++] = (struct piece){ v, text };
	return 0;
}

/* Cuts the template into pieces; the error text is the caller's to prefix with a file name. */
static int
split(struct page *p, char *error, size_t error_room)
{
	const char *at = p->template;
	const char *open;

	while ((open = strstr(at, "{{")) != NULL) {
		const char *close = strstr(open, "}}");
		enum variable v;

		if (close == NULL) {
			snprintf(
			    error, error_room, "'{{' without '}}' at byte %td", open - p->template);
			return -EINVAL;
		}
		v = variable_of(span_of(open + 2, (size_t)(close - open - 2)));
		if (v == LITERAL) {
			snprintf(error, error_room,
			    "unknown variable '%.*s', expected threat, url, reason or uuid",
			    (int)(close + 2 - open), open);
			return -EINVAL;
		}
		if (add_piece(p, LITERAL, span_of(at, (size_t)(open - at))) != 0 ||
		    add_piece(p, v, span_of(NULL, 0)) != 0)
			goto too_many;
		at = close + 2;
	}
	if (add_piece(p, LITERAL, span_text(at)) == 0)
		return 0;
too_many:
	snprintf(error, error_room, "more than %d pieces", PAGE_PIECES_MAX);
	return -EINVAL;
}

int
page_parse(const char *template_text, struct page **out, char *error, size_t error_room)
{
	const char *text = template_text != NULL ? template_text : builtin;
	size_t bytes = strlen(text);
	struct page *p;
	int rc;

	if (bytes > PAGE_TEMPLATE_BYTES_MAX) {
		snprintf(error, error_room, "larger than %d bytes", PAGE_TEMPLATE_BYTES_MAX);
		return -EINVAL;
	}
	p = calloc(1, sizeof(*p) + bytes + 1);
	if (p == NULL)
		return -ENOMEM;
	memcpy(p->template, text, bytes);
	rc = split(p, error, error_room);
	if (rc != 0) {
		free(p);
		return rc;
	}
	*out = p;
	return 0;
}

void
page_free(struct page *p)
{
	free(p);
}

static struct span
value_of(const struct page_values *values, enum variable v)
{
	switch (v) {
	case THREAT:
		return values->threat;
	case URL:
		return values->url;
	case REASON:
		return values->reason;
	case UUID:
		return values->uuid;
	case LITERAL:
		break;
	}
	return span_of(NULL, 0);
}

/* What stands for a byte in HTML text and quoted attributes; NULL: itself. */
static const char *
escape_of(uint8_t c)
{
	return c < 0x20 || c >= 0x7f ? "&#xFFFD;" : html_reference(c);
}

/* False: there is no room for all of it; what there is room for is there, no escape cut. */
static bool
put_escaped(struct span value, char *out, size_t room, size_t *at)
{
	for (size_t i = 0; i < value.bytes; i++) {
		const char *escape = escape_of(value.data[i]);
		size_t n = escape != NULL ? strlen(escape) : 1;

		if (n > room - *at)
			return false;
		if (escape != NULL)
			memcpy(out + *at, escape, n);
		else
			out[*at] = (char)value.data[i];
		*at += n;
	}
	return true;
}

size_t
page_render(const struct page *p, const struct page_values *values, char *out, size_t room)
{
	size_t at = 0;

	for (unsigned i = 0; i < p->count; i++) {
		const struct piece *piece = &p->pieces[i];

		if (piece->variable != LITERAL) {
			if (!put_escaped(value_of(values, piece->variable), out, room, &at))
				break;
			continue;
		}
		if (piece->text.bytes > room - at)
			break;
		memcpy(out + at, piece->text.data, piece->text.bytes);
		at += piece->text.bytes;
	}
	return at;
}
