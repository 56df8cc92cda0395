/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates filled in, and the HTTP heads they go out with. */
#include "common/page/page.h"

#include <stdio.h>

#include "common/base/letters.h"
#include "common/base/utf8.h"
#include "common/page/internal.h"

#define ESCAPED_MAX 8 /* "&#xFFFD;" */

/* What stands for a byte in HTML text and quoted attributes. */
static size_t
escape_html(uint8_t c, char out[ESCAPED_MAX])
{
	const char *escape = c < 0x20 || c >= 0x7f ? "&#xFFFD;" : html_reference(c);
	size_t n = escape != NULL ? strlen(escape) : 1;

	memcpy(out, escape != NULL ? escape : (const char *)&c, n);
	return n;
}

/* All but the unreserved characters of RFC 3986 §2.3 as %HH. */
static size_t
escape_url(uint8_t c, char out[ESCAPED_MAX])
{
	static const char digits[] = "0123456789ABCDEF";
	bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';

	out[0] = is_plain ? (char)c : '%';
	out[1] = digits[c >> 4];
	out[2] = digits[c & 15];
	return is_plain ? 1 : 3;
}

/*
 * As put_escaped() in HTML, but letters that are no ASCII stay letters: a name that somebody gave,
 * which is no address that could be taken for another.
 */
static bool
put_name(struct span value, char *out, size_t room, size_t *at)
{
	bool behind_letter = false, is_accent;
	char escaped[ESCAPED_MAX];

	for (size_t i = 0; i < value.bytes;) {
		size_t shown = utf8_shown(span_from(value, i), behind_letter, &is_accent);
		const char *put = (const char *)value.data + i;
		size_t n = shown;

		if (shown == 0) {
			n = escape_html(value.data[i], escaped);
			put = escaped;
		}
		if (n > room - *at)
			return false;
		memcpy(out + *at, put, n);
		*at += n;
		behind_letter = shown > 0 ? !is_accent : is_ascii_letter(value.data[i]);
		i += shown > 0 ? shown : 1;
	}
	return true;
}

/* False: there is no room for all of it; what there is room for is there, no escape cut. */
static bool
put_escaped(struct span value, enum page_escape escape, char *out, size_t room, size_t *at)
{
	char escaped[ESCAPED_MAX];

	for (size_t i = 0; i < value.bytes; i++) {
		size_t n = escape == ESCAPE_URL ? escape_url(value.data[i], escaped)
						: escape_html(value.data[i], escaped);

		if (n > room - *at)
			return false;
		memcpy(out + *at, escaped, n);
		*at += n;
	}
	return true;
}

static bool
put_value(const struct page_piece *piece, struct span value, char *out, size_t room, size_t *at)
{
	bool is_name =
	    piece->variable == PAGE_VARIABLE_FILE || piece->variable == PAGE_VARIABLE_USER;

	return is_name && piece->escape == ESCAPE_HTML
		   ? put_name(value, out, room, at)
		   : put_escaped(value, piece->escape, out, room, at);
}

size_t
page_render(
    const struct page *p, const struct page_values *values, char *out, size_t room, bool *whole)
{
	size_t at = 0;
	bool fits = true;

	for (unsigned i = 0; i < p->count && fits; i++) {
		const struct page_piece *piece = &p->pieces[i];

		if ((piece->sources >> values->source & 1) == 0)
			continue;
		if (piece->escape != ESCAPE_NONE) {
			fits = put_value(piece, values->of[piece->variable], out, room, &at);
			continue;
		}
		fits = piece->text.bytes <= room - at;
		if (fits) {
			memcpy(out + at, piece->text.data, piece->text.bytes);
			at += piece->text.bytes;
		}
	}
	if (whole != NULL)
		*whole = fits;
	return at;
}

void
page_sample_values(struct page_values *out)
{
	static const char *const samples[PAGE_VARIABLE_COUNT] = {
#define X(id, word, sample) [PAGE_VARIABLE_##id] = sample,
		PAGE_VARIABLES(X)
#undef X
	};

	out->source = SOURCE_SCANNED;
	for (unsigned v = 0; v < PAGE_VARIABLE_COUNT; v++)
		out->of[v] = span_text(samples[v]);
}

size_t
page_head(enum page_kind kind, const char *version, const char *language,
    const struct page_values *values, size_t bytes, char out[PAGE_HEAD_MAX])
{
	struct span retry = values->of[PAGE_VARIABLE_RETRY];
	char again[96] = "";
	int n;

	if (kind == PAGE_SCANNING)
		snprintf(again, sizeof(again), "Retry-After: %.*s\r\nRefresh: %.*s\r\n",
		    (int)span_first(retry, 20).bytes, retry.data, (int)span_first(retry, 20).bytes,
		    retry.data);
	n = snprintf(out, PAGE_HEAD_MAX,
	    "HTTP/%s %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Language: %s\r\n"
	    "Content-Length: %zu\r\nCache-Control: no-store\r\n%s\r\n",
	    version, kind == PAGE_SCANNING ? "503 Service Unavailable" : "403 Forbidden", language,
	    bytes, again);
	return (size_t)n;
}

size_t
page_redirect_head(const char *version, enum config_redirect_status status, const char *location,
    char out[PAGE_HEAD_MAX])
{
	int n = snprintf(out, PAGE_HEAD_MAX,
	    "HTTP/%s %s\r\nLocation: %.*s\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n",
	    version, status == REDIRECT_307 ? "307 Temporary Redirect" : "302 Found",
	    PAGE_LOCATION_MAX, location);

	return (size_t)n;
}
