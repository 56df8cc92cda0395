/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An object's name: Content-Disposition's filename* (RFC 8187), else filename (RFC 6266), quoted or
 * not, else the last segment of the URL's path, percent-decoded. Nothing is escaped here.
 */
#include "dataplane/http/http.h"

static int
hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t
put_decoded(struct span s, char *out, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < s.bytes && n < room; i++) {
		bool coded = s.data[i] == '%' && i + 2 < s.bytes;
		int high = coded ? hex(s.data[i + 1]) : -1, low = coded ? hex(s.data[i + 2]) : -1;

		if (high >= 0 && low >= 0) {
			out[n++] = (char)(high << 4 | low);
			i += 2;
		} else {
			out[n++] = (char)s.data[i];
		}
	}
	return n;
}

/* A quoted string without quotes and escapes, or up to the next semicolon. */
static size_t
put_value(struct span s, char *out, size_t room)
{
	size_t n = 0;
	bool quoted = s.bytes > 0 && s.data[0] == '"';

	for (size_t i = quoted ? 1 : 0; i < s.bytes && n < room; i++) {
		if (quoted ? s.data[i] == '"' : s.data[i] == ';')
			break;
		if (quoted && s.data[i] == '\\' && i + 1 < s.bytes)
			i++;
		out[n++] = (char)s.data[i];
	}
	while (!quoted && n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
		n--;
	return n;
}

/* The value of a parameter; data NULL: none. Looks for the name behind a ';' that is not quoted. */
static struct span
find_parameter(struct span value, const char *name)
{
	size_t length = strlen(name);
	bool quoted = false;

	for (size_t i = 0; i < value.bytes; i++) {
		struct span p;

		if (value.data[i] == '"')
			quoted = !quoted;
		else if (quoted && value.data[i] == '\\')
			i++;
		if (quoted || value.data[i] != ';')
			continue;
		p = span_trim(span_from(value, i + 1));
		if (p.bytes <= length || strncasecmp((const char *)p.data, name, length) != 0)
			continue;
		p = span_trim(span_from(p, length));
		if (p.bytes > 0 && p.data[0] == '=')
			return span_trim(span_from(p, 1));
	}
	return span_of(NULL, 0);
}

static size_t
from_disposition(struct span value, char *out, size_t room)
{
	struct span extended = find_parameter(value, "filename*"),
		    plain = find_parameter(value, "filename");

	if (extended.bytes > 0) {
		char raw[1024];
		size_t n = put_value(extended, raw, sizeof(raw));
		struct span s = span_of(raw, n);
		const uint8_t *first = n ? memchr(raw, '\'', n) : NULL;
		const uint8_t *second =
		    first ? memchr(first + 1, '\'', n - (size_t)(first + 1 - (uint8_t *)raw))
			  : NULL;

		if (second != NULL)
			s = span_from(s, (size_t)(second + 1 - (uint8_t *)raw));
		n = put_decoded(s, out, room);
		if (n > 0)
			return n;
	}
	return put_value(plain, out, room);
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
