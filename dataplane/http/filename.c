/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An object's name: Content-Disposition's filename* (RFC 8187), else filename (RFC 6266), quoted or
 * not, else the last segment of the URL's path, percent-decoded. Nothing is escaped here. Names in
 * sections (RFC 2231) and fields without a disposition type are taken as well: receivers do.
 *
 * A form's parts write theirs otherwise (RFC 7578 §4.2, and what browsers make of it): a backslash
 * stands for itself unless a quote follows it that does not end the value, a quote, CR and LF are
 * "%22", "%0D" and "%0A", and old browsers send the whole path.
 */
#include "common/base/parameter.h"
#include "dataplane/http/http.h"

/* What a parser of RFC 8187 takes first, else what mail has of RFC 2231 in sections. */
static size_t
from_coded(const struct parameter *p, char *out, size_t room)
{
	size_t n = parameter_coded(p, out, room);

	return n > 0 ? n : parameter_joined(p, out, room);
}

static size_t
from_disposition(struct span value, char *out, size_t room)
{
	struct parameter p;
	size_t n;

	if (value.bytes == 0)
		return 0;
	parameter_find(value, "filename", &p);
	n = from_coded(&p, out, room);
	return n > 0 ? n : parameter_plain(&p, out, room);
}

/* Bytes up to the last slash and with it; 0: there is none. */
static size_t
upto_slash(struct span path)
{
	const uint8_t *slash = path.bytes > 0 ? memrchr(path.data, '/', path.bytes) : NULL;

	return slash != NULL ? (size_t)(slash - path.data) + 1 : 0;
}

/* What is behind the last slash before a query, unless it may be a slash of "://". */
static bool
find_last_segment(struct span target, struct span *out)
{
	const uint8_t *query;
	size_t end, slash;

	if (target.bytes == 0)
		return false;
	query = memchr(target.data, '?', target.bytes);
	end = query != NULL ? (size_t)(query - target.data) : target.bytes;
	slash = upto_slash(span_first(target, end));
	*out = span_of(target.data + slash, end - slash);
	return slash == 1 || (slash > 1 && target.data[slash - 2] != '/');
}

static size_t
from_target(struct span target, char *out, size_t room)
{
	struct span name;
	struct http_url url;

	if (find_last_segment(target, &name))
		return percent_decode(name, out, room);
	if (http_url_parse(target, &url) != PARSE_DONE)
		return 0;
	return percent_decode(span_from(url.path, upto_slash(url.path)), out, room);
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
		return parameter_value(s, out, room);
	for (size_t i = 1; i < s.bytes && n < room && s.data[i] != '"'; i += used)
		out[n++] = form_byte(span_from(s, i), &used);
	return n;
}

size_t
http_part_filename(struct span disposition, struct span content_type, char *out, size_t room)
{
	char name[1024]; /* with folders */
	struct parameter p;
	size_t n, start;

	parameter_find(disposition, "filename", &p);
	n = from_coded(&p, name, sizeof(name));
	if (n == 0)
		n = put_form_value(p.plain, name, sizeof(name));
	if (n == 0) {
		parameter_find(content_type, "name", &p);
		n = from_coded(&p, name, sizeof(name));
	}
	if (n == 0)
		n = parameter_plain(&p, name, sizeof(name));
	for (start = n; start > 0 && name[start - 1] != '/' && name[start - 1] != '\\'; start--)
		continue;
	n = n - start < room ? n - start : room;
	memcpy(out, name + start, n);
	return n;
}
