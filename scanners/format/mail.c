/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether text is a message (RFC 5322, mbox: RFC 4155). It has no magic number, and most text ends
 * the look at its first line.
 */
#include <emmintrin.h>

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

/* The line in front of a message in an mbox. */
static bool
is_mbox(struct span line)
{
	return line.bytes >= 5 && strncasecmp((const char *)line.data, "From ", 5) == 0;
}

/* How many bytes in front are printable, no blank, no colon: by sixteen, as long as all are. */
static size_t
name_bytes(struct span text)
{
	const __m128i blank = _mm_set1_epi8(' '), colon = _mm_set1_epi8(':'),
		      del = _mm_set1_epi8(0x7f);
	size_t n = 0;

	for (; n + 16 <= text.bytes; n += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.data + n));
		/* signed: bytes from 80 on are less than a blank */
		__m128i ends = _mm_or_si128(_mm_cmpeq_epi8(v, colon), _mm_cmpeq_epi8(v, del));
		unsigned in =
		    (unsigned)_mm_movemask_epi8(_mm_andnot_si128(ends, _mm_cmpgt_epi8(v, blank)));

		if (in != 0xffff)
			return n + (unsigned)__builtin_ctz(~in);
	}
	while (n < text.bytes && text.data[n] > ' ' && text.data[n] < 0x7f && text.data[n] != ':')
		n++;
	return n;
}

/* A field's name: printable, no blank, a colon behind it, which is in the same line. */
static bool
is_field(struct span text)
{
	size_t n = name_bytes(text);

	return n > 0 && n < text.bytes && text.data[n] == ':';
}

#define FIELD(letter, name)                            \
	{                                              \
		letter, sizeof(name ":") - 1, name ":" \
	}

/* By their first letters, of which a mask says which there are: most lines of text end there. */
static const struct {
	uint8_t letter;
	uint8_t bytes;
	char text[30];
} known[] = {
	FIELD('c', "cc"),
	FIELD('c', "content-transfer-encoding"),
	FIELD('c', "content-type"),
	FIELD('d', "date"),
	FIELD('d', "delivered-to"),
	FIELD('f', "from"),
	FIELD('m', "message-id"),
	FIELD('m', "mime-version"),
	FIELD('r', "received"),
	FIELD('r', "reply-to"),
	FIELD('r', "return-path"),
	FIELD('s', "subject"),
	FIELD('t', "to"),
};

#define LETTER(c) (1u << ((c)&31))

static const uint32_t letters =
    LETTER('c') | LETTER('d') | LETTER('f') | LETTER('m') | LETTER('r') | LETTER('s') | LETTER('t');

/* A field that mail has. */
static bool
is_known(struct span line)
{
	uint8_t letter = line.data[0] | 0x20;

	if (letter < 'a' || letter > 'z' || (letters & LETTER(letter)) == 0)
		return false;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i].letter == letter && line.bytes >= known[i].bytes &&
		    strncasecmp((const char *)line.data, known[i].text, known[i].bytes) == 0)
			return true;
	}
	return false;
}

bool
format_is_mail(struct span object)
{
	struct span head = span_first(object, FORMAT_HEAD_BYTES), line;
	unsigned seen = 0;
	size_t at = 0, next;

	if (!is_field(head) && !is_mbox(head))
		return false;
	for (; at < head.bytes && seen < KNOWN_LEAST; at = next) {
		line = line_at(head, at, &next);
		if (line.bytes == 0)
			return false;
		seen += is_known(line);
	}
	return seen >= KNOWN_LEAST;
}
