/* SPDX-License-Identifier: BSD-3-Clause */
/* Byte by byte: what the other kinds are compared with. */
#include "dataplane/http/scan_kinds.h"

/* RFC 9110 §5.6.2. */
static bool
is_token_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c > 0x20 && c < 0x7f && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static inline unsigned
read_lines(struct span block, size_t *at, struct head_line *lines, unsigned room, bool strict)
{
	struct head_line l = { .start = (uint32_t)*at };
	bool named = false;
	unsigned n = 0;

	for (uint32_t i = l.start; i < block.bytes && n < room; i++) {
		uint8_t c = block.data[i];

		if (!named && c != '\n' && (strict ? !is_token_byte(c) : c == ':')) {
			l.name_end = i;
			named = true;
		}
		if (c == '\n') {
			l.bare_lf = i == l.start || block.data[i - 1] != '\r';
			l.end = l.bare_lf ? i : i - 1;
			if (!named)
				l.name_end = l.end;
			lines[n++] = l;
			l = (struct head_line){ .start = i + 1 };
			named = false;
		} else if (strict && (c == 0 || (i > l.start && block.data[i - 1] == '\r'))) {
			l.forbidden = true;
		}
	}
	*at = l.start;
	return n;
}

static unsigned
tolerant(struct span block, size_t *at, struct head_line *lines, unsigned room)
{
	return read_lines(block, at, lines, room, false);
}

static unsigned
strict(struct span block, size_t *at, struct head_line *lines, unsigned room)
{
	return read_lines(block, at, lines, room, true);
}

static size_t
end(struct span block)
{
	for (size_t i = 4; i <= block.bytes; i++) {
		if (memcmp(block.data + i - 4, "\r\n\r\n", 4) == 0)
			return i;
	}
	return 0;
}

const struct http_scan http_scan_scalar = { tolerant, strict, end };
