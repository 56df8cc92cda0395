/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether text is a message (RFC 5322, mbox: RFC 4155). It has no magic number, and most text ends
 * the look at its first line.
 */
#include "scanners/format/format.h"

#define KNOWN_LEAST 2

/* The line at `at` without its end; `*next` is where the one after it begins. */
static struct span
line_at(struct span head, size_t at, size_t *next)
{
	struct span rest = span_from(head, at);
	const uint8_t *end = memchr(rest.data, '\n', rest.bytes);
	size_t bytes = end != NULL ? (size_t)(end - rest.data) : rest.bytes;

	*next = at + bytes + (end != NULL);
	return span_first(rest, bytes - (bytes > 0 && rest.data[bytes - 1] == '\r'));
}

static bool
begins(struct span s, const char *word)
{
	size_t n = strlen(word);

	return s.bytes >= n && strncasecmp((const char *)s.data, word, n) == 0;
}

/* A field's name: printable, no blank, a colon behind it. */
static bool
is_field(struct span line)
{
	size_t n = 0;

	while (n < line.bytes && line.data[n] > ' ' && line.data[n] < 0x7f && line.data[n] != ':')
		n++;
	return n > 0 && n < line.bytes && line.data[n] == ':';
}

bool
format_is_mail(struct span object)
{
	static const char *const known[] = { "received:", "from:", "to:", "subject:", "date:",
		"message-id:", "mime-version:", "return-path:", "delivered-to:", "content-type:",
		"content-transfer-encoding:", "reply-to:", "cc:" };
	struct span head = span_first(object, FORMAT_HEAD_BYTES), line;
	unsigned seen = 0;
	size_t at = 0, next;

	for (; at < head.bytes && seen < KNOWN_LEAST; at = next) {
		line = line_at(head, at, &next);
		if (line.bytes == 0 || (at == 0 && !is_field(line) && !begins(line, "From ")))
			return false;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			seen += begins(line, known[i]);
	}
	return seen >= KNOWN_LEAST;
}
