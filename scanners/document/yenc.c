/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/yenc.h"

#include "scanners/document/piece_writer.h"

#define BEGINS  "=ybegin "
#define PART    "=ypart "
#define ENDS    "=yend"
#define MOVED   42u
#define ESCAPED 64u /* moved by as many besides, behind '=' */

static size_t
behind_line(struct span s, size_t at)
{
	const uint8_t *end = memchr(s.data + at, '\n', s.bytes - at);

	return end != NULL ? (size_t)(end - s.data) + 1 : s.bytes;
}

/* Where the line begins that ends what begins at `at`: its own end, or another file. */
static size_t
find_end(struct span s, size_t at)
{
	while (at < s.bytes && !span_starts(span_from(s, at), ENDS) &&
	       !span_starts(span_from(s, at), BEGINS))
		at = behind_line(s, at);
	return at;
}

bool
yenc_next(struct span text, size_t *at, struct span *raw)
{
	struct span rest = span_from(text, *at);
	const uint8_t *found;

	while (rest.bytes > 0 &&
	       (found = memmem(rest.data, rest.bytes, BEGINS, sizeof(BEGINS) - 1)) != NULL) {
		size_t mark = (size_t)(found - text.data), begin = behind_line(text, mark), end;

		rest = span_from(text, mark + 1);
		if (mark > 0 && text.data[mark - 1] != '\n' && text.data[mark - 1] != '\r')
			continue;
		if (span_starts(span_from(text, begin), PART))
			begin = behind_line(text, begin);
		end = find_end(text, begin);
		rest = span_from(text, end);
		if (end == begin)
			continue;
		*raw = span_of(text.data + begin, end - begin);
		*at = end;
		return true;
	}
	*at = text.bytes;
	return false;
}

void
yenc_decode(struct span raw, span_sink sink, void *arg)
{
	struct piece_writer o = { .piece = sink, .arg = arg };
	unsigned more = MOVED;

	for (size_t i = 0; i < raw.bytes && !o.is_over; i++) {
		uint8_t c = raw.data[i];

		if (c == '\r' || c == '\n')
			continue;
		if (c == '=' && more == MOVED) {
			more += ESCAPED;
			continue;
		}
		piece_put(&o, (uint8_t)(c - more));
		more = MOVED;
	}
	piece_flush(&o);
}
