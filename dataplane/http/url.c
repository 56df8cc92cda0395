/* SPDX-License-Identifier: BSD-3-Clause */
/* Request targets (RFC 9112 §3.2, RFC 3986 §3): absolute, origin and authority form, taken apart.
 */
#include "dataplane/http/http.h"

static bool
is_scheme_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '-' || c == '.';
}

/* Bytes of "scheme" when "://" follows it, else 0. Of most it is the first one. */
static size_t
scheme_bytes(struct span t)
{
	size_t n = 0;

	if (t.bytes >= 7 && memcmp(t.data, "http://", 7) == 0)
		return 4;
	while (n < t.bytes && is_scheme_byte(t.data[n]))
		n++;
	return n > 0 && t.bytes >= n + 3 && memcmp(t.data + n, "://", 3) == 0 ? n : 0;
}

static bool
ends_authority(uint8_t c)
{
	return c == '/' || c == '?' || c == '#';
}

/* Takes the authority off the front (RFC 3986 §3.2), as it stands but for user:password@. */
static struct span
take_authority(struct span *rest)
{
	size_t end = 0, start = 0;
	struct span authority;

	for (; end < rest->bytes && !ends_authority(rest->data[end]); end++) {
		if (rest->data[end] == '@')
			start = end + 1;
	}
	authority = span_from(span_first(*rest, end), start);
	*rest = span_from(*rest, end);
	return authority;
}

/* Brackets of an IPv6 literal are left out. */
static void
split_authority(struct span a, struct http_url *out)
{
	const uint8_t *close;
	size_t colon;

	if (a.bytes > 0 && a.data[0] == '[' && (close = memchr(a.data, ']', a.bytes)) != NULL) {
		out->host = span_of(a.data + 1, (size_t)(close - a.data) - 1);
		a = span_from(a, (size_t)(close - a.data) + 1);
		if (a.bytes > 0 && a.data[0] == ':')
			out->port = span_from(a, 1);
		return;
	}
	for (colon = 0; colon < a.bytes && a.data[colon] != ':'; colon++)
		continue;
	out->host = span_first(a, colon);
	out->port = span_from(a, colon + 1);
}

enum parse_result
http_url_parse(struct span target, struct http_url *out)
{
	size_t scheme = scheme_bytes(target), path;
	struct span rest = target;
	const uint8_t *query;

	memset(out, 0, sizeof(*out));
	if (target.bytes == 0)
		return PARSE_BAD;
	if (scheme > 0) {
		out->scheme = span_first(target, scheme);
		rest = span_from(target, scheme + 3);
	}
	if (scheme > 0 || target.data[0] != '/') {
		split_authority(take_authority(&rest), out);
		out->is_authority = scheme == 0 && rest.bytes == 0;
	}
	query = rest.bytes > 0 ? memchr(rest.data, '?', rest.bytes) : NULL;
	path = query != NULL ? (size_t)(query - rest.data) : rest.bytes;
	out->path = span_first(rest, path);
	out->query = span_from(rest, path + 1);
	return PARSE_DONE;
}

static size_t
put(char *out, size_t room, size_t at, struct span s)
{
	size_t n = s.bytes < room - at ? s.bytes : room - at;

	if (n > 0)
		memcpy(out + at, s.data, n);
	return at + n;
}

/* A Host field has no business to, but may hold user:password@, too. */
static struct span
without_user(struct span host)
{
	size_t at = host.bytes;

	while (at > 0 && host.data[at - 1] != '@')
		at--;
	return span_from(host, at);
}

size_t
http_url_for_log(struct span target, struct span host_header, char *out, size_t room)
{
	size_t scheme = scheme_bytes(target), at;
	struct span rest = scheme > 0 ? span_from(target, scheme + 3) : target;

	if (target.bytes > 0 && target.data[0] == '/')
		at = put(out, room, 0, without_user(host_header));
	else
		at = put(out, room, 0, take_authority(&rest));
	if (rest.bytes == 1 && rest.data[0] == '/')
		return at;
	return put(out, room, at, rest);
}
