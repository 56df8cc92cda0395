/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run of bytes somebody else owns: pointer and length, never NUL-terminated. A span is valid as
 * long as its lender says; taking one copies nothing. Nothing here reads past `bytes`.
 */
#ifndef SLUICE_BASE_SPAN_H
#define SLUICE_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

struct span {
	const uint8_t *data;
	size_t bytes;
};

/* Takes bytes that are decoded or unpacked, lent for the call; false ends that. */
typedef bool (*span_sink)(void *arg, struct span bytes);

static inline struct span
span_of(const void *data, size_t bytes)
{
	return (struct span){ data, bytes };
}

static inline struct span
span_text(const char *text)
{
	return span_of(text, strlen(text));
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.bytes == b.bytes && (a.bytes == 0 || memcmp(a.data, b.data, a.bytes) == 0);
}

static inline bool
span_is(struct span a, const char *text)
{
	return span_equal(a, span_text(text));
}

/* Compares ASCII letters without case, as header names and schemes are (RFC 9110 §5.1). */
static inline bool
span_is_nocase(struct span a, const char *text)
{
	return a.bytes == strlen(text) &&
	       (a.bytes == 0 || strncasecmp((const char *)a.data, text, a.bytes) == 0);
}

static inline bool
span_starts(struct span a, const char *text)
{
	size_t n = strlen(text);

	return a.bytes >= n && (n == 0 || memcmp(a.data, text, n) == 0);
}

/* As span_is_nocase() has it. */
static inline bool
span_starts_nocase(struct span a, const char *text)
{
	size_t n = strlen(text);

	return a.bytes >= n && (n == 0 || strncasecmp((const char *)a.data, text, n) == 0);
}

/* Whether these bytes, of which some may be zero, stand at `at`. */
static inline bool
span_has(struct span a, size_t at, const void *bytes, size_t count)
{
	return at <= a.bytes && count <= a.bytes - at &&
	       (count == 0 || memcmp(a.data + at, bytes, count) == 0);
}

/* The span from `offset` on, empty when it starts past the end. */
static inline struct span
span_from(struct span a, size_t offset)
{
	if (offset >= a.bytes)
		return span_of(NULL, 0);
	return span_of(a.data + offset, a.bytes - offset);
}

/* At most the first `bytes` of a span. */
static inline struct span
span_first(struct span a, size_t bytes)
{
	return span_of(a.data, bytes < a.bytes ? bytes : a.bytes);
}

/*
 * Where a short text first stands, or NULL. By its first byte, which is to be a rare one: memmem()
 * takes five times as long over a head or a page. At worst as many steps as both lengths
 * multiplied.
 */
static inline const uint8_t *
span_find(struct span a, const char *text)
{
	size_t n = strlen(text);
	const uint8_t *at;

	while (a.bytes >= n && (at = memchr(a.data, text[0], a.bytes - n + 1)) != NULL) {
		if (memcmp(at, text, n) == 0)
			return at;
		a = span_from(a, (size_t)(at + 1 - a.data));
	}
	return NULL;
}

/* Without the blanks (space, tab) at either end: RFC 9110 §5.6.3, OWS. */
static inline struct span
span_trim(struct span a)
{
	while (a.bytes > 0 && (a.data[0] == ' ' || a.data[0] == '\t')) {
		a.data++;
		a.bytes--;
	}
	while (a.bytes > 0 && (a.data[a.bytes - 1] == ' ' || a.data[a.bytes - 1] == '\t'))
		a.bytes--;
	return a;
}

#endif
