/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One spelling for each host and path, the same for lists and for requests, so that what differs
 * only in writing is found: case, trailing dots, percent-encoding of what needs none and of what
 * must have it, dot segments (RFC 3986 §6.2.2), Unicode hosts as punycode (RFC 3492, without
 * Unicode case folding), IPv4 numbers in any base and IPv6 in one form. Pure; no allocation.
 */
#include <arpa/inet.h>

#include "common/base/letters.h"
#include "scanners/reputation/reputation_table.h"

#define LABEL_POINTS_MAX 63

/* The byte that "%XX" at the span's start stands for, else -1. */
static int
percent_byte(struct span s)
{
	return s.bytes < 3 || s.data[0] != '%' ? -1 : hex_pair(s.data + 1);
}

/* The next code point of UTF-8 (RFC 3629: no surrogates), false where it is none. */
static bool
next_point(struct span *s, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t first = s->data[0];
	unsigned more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;

	*point = more == 0 ? first : first & (0x3f >> more);
	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || s->bytes <= more)
		return false;
	for (unsigned i = 1; i <= more; i++) {
		if ((s->data[i] & 0xc0) != 0x80)
			return false;
		*point = *point << 6 | (s->data[i] & 0x3f);
	}
	*s = span_from(*s, more + 1);
	return *point >= least[more] && *point <= 0x10ffff && (*point & ~0x7ffu) != 0xd800;
}

/* RFC 3492 §6.1. */
static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / 700 : delta / 2;
	delta += delta / points;
	for (; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* One generalised integer (§3.3); the bytes written. */
static size_t
put_integer(uint32_t q, uint32_t bias, char *out)
{
	size_t n = 0;

	for (uint32_t k = 36;; k += 36) {
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
		uint32_t digit = q < t ? q : t + (q - t) % (36 - t);

		out[n++] = (char)(digit < 26 ? 'a' + digit : '0' + digit - 26);
		if (q < t)
			return n;
		q = (q - t) / (36 - t);
	}
}

/* "xn--…" of a label (§6.3) in `out`, 512 bytes; 0 when it is no UTF-8 or too long. */
static size_t
to_punycode(struct span label, char *out)
{
	uint32_t points[LABEL_POINTS_MAX], n = 0x80, delta = 0, bias = 72, done = 0, basic;
	size_t count = 0, at = 4;

	memcpy(out, "xn--", 4);
	while (label.bytes > 0) {
		if (count == LABEL_POINTS_MAX || !next_point(&label, &points[count]))
			return 0;
		if (points[count] < 0x80) {
			out[at++] = (char)points[count];
			done++;
		}
		count++;
	}
	basic = done;
	if (basic > 0)
		out[at++] = '-';
	for (; done < count; delta++, n++) {
		uint32_t least = UINT32_MAX;

		for (size_t i = 0; i < count; i++)
			least = points[i] >= n && points[i] < least ? points[i] : least;
		delta += (least - n) * (done + 1); /* 63 points: far below 2^32 */
		n = least;
		for (size_t i = 0; i < count; i++) {
			delta += points[i] < n;
			if (points[i] != n)
				continue;
			at += put_integer(delta, bias, out + at);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
	return at;
}

/* Whether the host is an address in some spelling; if so it is rewritten in one. */
static bool
take_address(char *host, uint32_t *bytes)
{
	struct in6_addr six;
	struct in_addr four;
	const char *last = strrchr(host, '.');

	last = last != NULL ? last + 1 : host;
	if (memchr(host, ':', *bytes) != NULL) {
		if (inet_pton(AF_INET6, host, &six) != 1 ||
		    inet_ntop(AF_INET6, &six, host, INET6_ADDRSTRLEN) == NULL)
			return false;
	} else if (*last < '0' || *last > '9' || inet_aton(host, &four) == 0 ||
		   inet_ntop(AF_INET, &four, host, INET6_ADDRSTRLEN) == NULL) {
		return false;
	}
	*bytes = (uint32_t)strlen(host);
	return true;
}

/* Appends a label, as punycode where it needs that. */
static bool
put_label(struct span label, char *out, uint32_t *at)
{
	char coded[512];
	bool plain = true;

	for (size_t i = 0; i < label.bytes; i++)
		plain &= label.data[i] < 0x80;
	if (!plain)
		label = span_of(coded, to_punycode(label, coded));
	if ((!plain && label.bytes == 0) || *at + label.bytes > REPUTATION_HOST_MAX)
		return false;
	if (label.bytes > 0)
		memcpy(out + *at, label.data, label.bytes);
	*at += (uint32_t)label.bytes;
	return true;
}

/* Lower case, percent-encoding undone, no brackets, no dots at the end. False: no host. */
static bool
plain_host(struct span host, char *out, uint32_t *bytes)
{
	uint32_t n = 0;

	if (host.bytes > 2 && host.data[0] == '[' && host.data[host.bytes - 1] == ']')
		host = span_of(host.data + 1, host.bytes - 2);
	while (host.bytes > 0) {
		int coded = percent_byte(host);
		uint8_t c = coded >= 0 ? (uint8_t)coded : host.data[0];

		host = span_from(host, coded >= 0 ? 3 : 1);
		if (c <= ' ' || c == 0x7f || strchr("/?#@\\<>\"^`{|}", c) != NULL ||
		    n == REPUTATION_HOST_MAX)
			return false;
		out[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	while (n > 0 && out[n - 1] == '.')
		n--;
	out[n] = 0;
	*bytes = n;
	return n > 0;
}

static bool
take_host(struct reputation_key *k, struct span host)
{
	char plain[REPUTATION_HOST_MAX + INET6_ADDRSTRLEN];
	uint32_t bytes, at = 0;

	if (!plain_host(host, plain, &bytes))
		return false;
	k->is_address = take_address(plain, &bytes);
	if (k->is_address) {
		memcpy(k->bytes, plain, bytes);
		k->host_bytes = bytes;
		return true;
	}
	for (struct span rest = span_of(plain, bytes);;) {
		const uint8_t *dot = rest.bytes > 0 ? memchr(rest.data, '.', rest.bytes) : NULL;
		size_t n = dot != NULL ? (size_t)(dot - rest.data) : rest.bytes;

		if (!put_label(span_first(rest, n), (char *)k->bytes, &at))
			return false;
		if (dot == NULL)
			break;
		k->bytes[at++] = '.';
		rest = span_from(rest, n + 1);
	}
	k->host_bytes = at;
	return at <= REPUTATION_HOST_MAX;
}

/* RFC 3986 §2.3. */
static bool
is_unreserved(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c > 0 && strchr("-._~", c) != NULL);
}

/* Behind a segment: "/." and "/.." that end the path are gone, as §5.2.4 says. */
static uint32_t
without_dots(const uint8_t *path, uint32_t n)
{
	if (n >= 2 && memcmp(path + n - 2, "/.", 2) == 0)
		return n - 1;
	if (n < 3 || memcmp(path + n - 3, "/..", 3) != 0)
		return n;
	n -= 3;
	while (n > 0 && path[n - 1] != '/')
		n--;
	return n > 0 ? n : 1;
}

/* The path behind the host, as much as there is room for; '?' ends what has dot segments. */
static uint32_t
take_path(uint8_t *out, uint32_t room, struct span path)
{
	static const char digits[] = "0123456789ABCDEF";
	uint32_t n = 0;
	bool query = false;

	if (path.bytes == 0 || path.data[0] != '/')
		out[n++] = '/';
	while (path.bytes > 0 && path.data[0] != '#' && n + 3 <= room) {
		int coded = percent_byte(path);
		uint8_t c = path.data[0], byte = coded >= 0 ? (uint8_t)coded : c;

		if (!query && (c == '/' || c == '?')) {
			uint32_t before = n;

			n = without_dots(out, n);
			if (c == '/' && n != before) { /* it ends in a slash already */
				path = span_from(path, 1);
				continue;
			}
		}
		query |= c == '?';
		if (is_unreserved(byte)) {
			out[n++] = byte;
		} else if (coded >= 0 || c <= ' ' || c >= 0x7f) {
			out[n++] = '%';
			out[n++] = (uint8_t)digits[byte >> 4];
			out[n++] = (uint8_t)digits[byte & 15];
		} else {
			out[n++] = c;
		}
		path = span_from(path, coded >= 0 ? 3 : 1);
	}
	return query ? n : without_dots(out, n);
}

bool
reputation_key_make(struct reputation_key *k, struct span host, struct span path)
{
	if (!take_host(k, host))
		return false;
	k->path_bytes =
	    take_path(k->bytes + k->host_bytes, REPUTATION_KEY_MAX - k->host_bytes - 1, path);
	return true;
}
