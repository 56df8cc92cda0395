/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One spelling for each host and path, the same for lists and for requests, so that what differs
 * only in writing is found: case, trailing dots, percent-encoding of what needs none and of what
 * must have it, dot segments (RFC 3986 §6.2.2), backslashes, which browsers take for slashes (URL
 * Standard §4.4), Unicode hosts as punycode (RFC 3492, folded by fold.c), IPv4 numbers in any base,
 * IPv6 in one form without zone, what IPv6 maps as IPv4. Pure; no allocation.
 */
#include <arpa/inet.h>

#include "common/base/letters.h"
#include "scanners/reputation/fold.h"
#include "scanners/reputation/reputation_table.h"

#define LABEL_POINTS_MAX 63
#define HOST_ROOM        (3 * REPUTATION_HOST_MAX) /* folding makes it shorter */

/* The byte that "%XX" at the span's start stands for, else -1. */
static int
percent_byte(struct span s)
{
	return s.bytes < 3 || s.data[0] != '%' ? -1 : hex_pair(s.data + 1);
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
		if (count == LABEL_POINTS_MAX || !fold_next_point(&label, &points[count]))
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

/* A number of an IPv4 address: decimal, "0…" octal, "0x…" hexadecimal ("0x" is 0). */
static bool
take_number(const char *text, size_t bytes, uint64_t *out)
{
	unsigned base = 10;

	if (bytes >= 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
		base = 16;
		text += 2;
		bytes -= 2;
	} else if (bytes >= 2 && text[0] == '0') {
		base = 8;
	} else if (bytes == 0) {
		return false;
	}
	for (*out = 0; bytes > 0; bytes--, text++) {
		unsigned digit = *text >= '0' && *text <= '9'   ? (unsigned)(*text - '0')
				 : *text >= 'a' && *text <= 'f' ? (unsigned)(*text - 'a') + 10
								: 16;

		if (digit >= base || *out > UINT32_MAX)
			return false;
		*out = *out * base + digit;
	}
	return true;
}

/* URL Standard §3.5: one to four numbers, the last of which fills what is left. */
static bool
parse_four(const char *host, uint32_t *address)
{
	uint64_t number, value = 0;
	unsigned parts = 0;

	for (;; host++) {
		size_t n = strcspn(host, ".");

		if (parts++ == 4 || !take_number(host, n, &number))
			return false;
		host += n;
		if (*host == 0)
			break;
		if (number > 255)
			return false;
		value = value << 8 | number;
	}
	if (number >> 8 * (5 - parts) != 0)
		return false;
	*address = (uint32_t)(value << 8 * (5 - parts) | number);
	return true;
}

static void
write_four(uint32_t address, char *host)
{
	struct in_addr four = { .s_addr = htonl(address) };

	inet_ntop(AF_INET, &four, host, INET6_ADDRSTRLEN);
}

/* Whether the host is an address in some spelling; if so it is rewritten in one. */
static bool
take_address(char *host, uint32_t *bytes)
{
	const char *last = strrchr(host, '.');
	struct in6_addr six;
	uint32_t four;

	last = last != NULL ? last + 1 : host;
	if (memchr(host, ':', *bytes) != NULL) {
		if (inet_pton(AF_INET6, host, &six) != 1)
			return false;
		if (IN6_IS_ADDR_V4MAPPED(&six)) {
			memcpy(&four, &six.s6_addr[12], sizeof(four));
			write_four(ntohl(four), host);
		} else {
			inet_ntop(AF_INET6, &six, host, INET6_ADDRSTRLEN);
		}
	} else if (*last >= '0' && *last <= '9' && parse_four(host, &four)) {
		write_four(four, host);
	} else {
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

/* Percent-encoding undone; without brackets and, of an address of IPv6, without its zone. */
static bool
decode_host(struct span host, uint8_t *out, uint32_t *bytes)
{
	bool is_six = host.bytes > 0 && memchr(host.data, ':', host.bytes) != NULL;
	const uint8_t *zone = is_six ? memchr(host.data, '%', host.bytes) : NULL;
	uint32_t n = 0;

	if (host.bytes > 2 && host.data[0] == '[' && host.data[host.bytes - 1] == ']')
		host = span_of(host.data + 1, host.bytes - 2);
	if (zone != NULL)
		host = span_first(host, (size_t)(zone - host.data));
	while (host.bytes > 0) {
		int coded = percent_byte(host);

		if (n == HOST_ROOM)
			return false;
		out[n++] = coded >= 0 ? (uint8_t)coded : host.data[0];
		host = span_from(host, coded >= 0 ? 3 : 1);
	}
	*bytes = n;
	return true;
}

/* Lower case, folded, no dots at the end. False: no host. */
static bool
plain_host(struct span host, char *out, uint32_t *bytes)
{
	uint8_t decoded[HOST_ROOM];
	uint32_t n, any = 0;

	if (!decode_host(host, decoded, &n))
		return false;
	for (uint32_t i = 0; i < n; i++)
		any |= decoded[i];
	if (any >= 0x80)
		n = fold_host(decoded, n);
	if (n > REPUTATION_HOST_MAX)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		uint8_t c = decoded[i];

		if (c <= ' ' || c == 0x7f || strchr("/?#@\\<>\"^`{|}", c) != NULL)
			return false;
		out[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
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

static bool
take_common(struct reputation_key *k, struct span host)
{
	uint16_t begins[REPUTATION_LABELS_MAX];

	if (reputation_labels(host, begins) == 0)
		return false;
	memcpy(k->bytes, host.data, host.bytes);
	k->host_bytes = (uint32_t)host.bytes;
	k->is_address = false;
	return true;
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

/* What stands as it is: not what some clients write and others encode (URL Standard §1.3). */
static bool
is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && strchr("\"'<>\\^`{|}", c) == NULL;
}

/* The path behind the host, as much as there is room for; '?' ends what has dot segments. */
static uint32_t
take_path(uint8_t *out, uint32_t room, struct span path)
{
	static const char digits[] = "0123456789ABCDEF";
	uint32_t n = 0;
	bool query = false;

	if (path.bytes == 0 || (path.data[0] != '/' && path.data[0] != '\\'))
		out[n++] = '/';
	while (path.bytes > 0 && path.data[0] != '#' && n + 3 <= room) {
		int coded = percent_byte(path);
		uint8_t c = path.data[0] == '\\' && !query ? '/' : path.data[0],
			byte = coded >= 0 ? (uint8_t)coded : c;

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
		} else if (coded >= 0 || !is_plain(c)) {
			out[n++] = '%';
			out[n++] = (uint8_t)digits[byte >> 4];
			out[n++] = (uint8_t)digits[byte & 15];
		} else {
			out[n++] = c;
		}
		path = span_from(path, coded >= 0 ? 3 : 1);
	}
	if (!query)
		return without_dots(out, n);
	return n > 1 && memchr(out, '?', n) == out + n - 1 ? n - 1 : n; /* an empty query is none */
}

bool
reputation_key_host(struct reputation_key *k, struct span host)
{
	k->path_bytes = 0;
	return take_common(k, host) || take_host(k, host);
}

void
reputation_key_path(struct reputation_key *k, struct span path)
{
	k->path_bytes =
	    take_path(k->bytes + k->host_bytes, REPUTATION_KEY_MAX - k->host_bytes - 1, path);
}
