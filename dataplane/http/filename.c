/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An object's name: Content-Disposition's filename* (RFC 8187), else filename (RFC 6266), quoted or
 * not, else the last segment of the URL's path, percent-decoded. Nothing is escaped here.
 *
 * A form's parts write theirs otherwise (RFC 7578 §4.2, and what browsers make of it): a backslash
 * stands for itself unless a quote follows it that does not end the value, a quote, CR and LF are
 * "%22", "%0D" and "%0A", and old browsers send the whole path.
 */
#include "common/base/letters.h"
#include "dataplane/http/parameter.h"

static size_t
put_decoded(struct span s, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < s.bytes && n < room; i++) {
		bool coded = s.data[i] == '%' && i + 2 < s.bytes;
		int byte = coded ? hex_pair(s.data + i + 1) : -1;

		if (byte >= 0) {
			out[n++] = (char)byte;
			i += 2;
		} else {
			out[n++] = (char)s.data[i];
		}
	}
	return n;
}

/* filename*: charset'language'percent-coded. */
static size_t
from_extended(struct span extended, char *out, size_t room)
{
	char raw[1024];
	size_t n = http_parameter_value(extended, raw, sizeof(raw));
	struct span s = span_of(raw, n);
	const uint8_t *first = n ? memchr(raw, '\'', n) : NULL;
	const uint8_t *second =
	    first ? memchr(first + 1, '\'', n - (size_t)(first + 1 - (uint8_t *)raw)) : NULL;

	if (second != NULL)
		s = span_from(s, (size_t)(second + 1 - (uint8_t *)raw));
	return put_decoded(s, out, room);
}

static size_t
from_disposition(struct span value, char *out, size_t room)
{
	size_t n = from_extended(http_parameter(value, "filename*"), out, room);

	return n > 0 ? n : http_parameter_value(http_parameter(value, "filename"), out, room);
}

static size_t
from_target(struct span target, char *out, size_t room)
{
	struct http_url url;
	size_t slash;

	if (http_url_parse(target, &url) != PARSE_DONE)
		return 0;
	for (slash = url.path.bytes; slash > 0 && url.path.data[slash - 1] != '/'; slash--)
		continue;
	return put_decoded(span_from(url.path, slash), out, room);
}

size_t
http_filename(
    const struct http_head *request, const struct http_head *response, char *out, size_t room)
{
	size_t n = 0;

	if (response != NULL)
		n = from_disposition(http_field(response, "Content-Disposition"), out, room);
	if (n == 0 && request != NULL)
		n = from_disposition(http_field(request, "Content-Disposition"), out, room);
	if (n == 0 && request != NULL)
		n = from_target(request->target, out, room);
	return n;
}

/* Whether a quote that follows a backslash ends the value all the same: nothing, or the next
 * parameter, stands behind it. */
static bool
quote_ends(struct span behind)
{
	behind = span_trim(behind);
	return behind.bytes == 0 || behind.data[0] == ';';
}

/* What the byte at the start stands for; `*used` bytes of it. */
static char
form_byte(struct span rest, size_t *used)
{
	static const struct {
		const char *coded;
		char plain;
	} codes[] = { { "%22", '"' }, { "%0d", '\r' }, { "%0a", '\n' } };

	for (size_t i = 0; rest.bytes > 2 && i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strncasecmp((const char *)rest.data, codes[i].coded, 3) == 0) {
			*used = 3;
			return codes[i].plain;
		}
	}
	if (rest.bytes > 1 && memcmp(rest.data, "\\\"", 2) == 0 &&
	    !quote_ends(span_from(rest, 2))) {
		*used = 2;
		return '"';
	}
	*used = 1;
	return (char)rest.data[0];
}

/* A quoted value as forms have it, or what is there up to the next semicolon. */
static size_t
put_form_value(struct span s, char *out, size_t room)
{
	size_t n = 0, used;

	if (s.bytes == 0 || s.data[0] != '"')
		return http_parameter_value(s, out, room);
	for (size_t i = 1; i < s.bytes && n < room && s.data[i] != '"'; i += used)
		out[n++] = form_byte(span_from(s, i), &used);
	return n;
}

size_t
http_part_filename(struct span disposition, struct span content_type, char *out, size_t room)
{
	char name[1024]; /* with folders */
	size_t n = from_extended(http_parameter(disposition, "filename*"), name, sizeof(name));
	size_t start;

	if (n == 0)
		n = put_form_value(http_parameter(disposition, "filename"), name, sizeof(name));
	if (n == 0)
		n = http_parameter_value(http_parameter(content_type, "name"), name, sizeof(name));
	for (start = n; start > 0 && name[start - 1] != '/' && name[start - 1] != '\\'; start--)
		continue;
	n = n - start < room ? n - start : room;
	memcpy(out, name + start, n);
	return n;
}
