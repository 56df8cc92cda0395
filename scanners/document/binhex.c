/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/binhex.h"

#include "scanners/document/piece_writer.h"

#define MARK           "(This file must be converted with BinHex"
#define RUN            0x90u
#define NAME_BYTES_MAX 63u
#define FIELDS         (1u + 4 + 4 + 2) /* behind the name: a zero, type, creator, flags */
#define HEAD_BYTES     (FIELDS + 4 + 4 + 2)
#define SUM_BYTES      2u

/* The letters of 0 to 63. */
static const char letters[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
value_of(uint8_t c)
{
	const char *found = c != 0 ? strchr(letters, c) : NULL;

	return found != NULL ? (int)(found - letters) : -1;
}

/* Behind a colon that begins a line, from `at` on; 0: there is none. */
static size_t
find_begin(struct span text, size_t at)
{
	for (size_t i = at; i + 1 < text.bytes; i++) {
		if (text.data[i] == ':' && (text.data[i - 1] == '\n' || text.data[i - 1] == '\r'))
			return i + 1;
	}
	return 0;
}

bool
binhex_next(struct span text, size_t *at, struct span *raw)
{
	struct span rest = span_from(text, *at);
	const uint8_t *found =
	    rest.bytes == 0 ? NULL : memmem(rest.data, rest.bytes, MARK, sizeof(MARK) - 1);
	size_t begin, end;

	*at = text.bytes;
	if (found == NULL)
		return false;
	begin = end = find_begin(text, (size_t)(found - text.data) + 1);
	if (begin == 0)
		return false;
	while (end < text.bytes && (is_blank(text.data[end]) || value_of(text.data[end]) >= 0))
		end++;
	*raw = span_of(text.data + begin, end - begin);
	*at = end;
	return true;
}

/* Bytes with their runs still told. */
struct unpacking {
	struct piece_writer out;
	uint8_t last;
	bool is_run; /* how long it is comes next */
};

static void
take_byte(struct unpacking *u, uint8_t byte)
{
	if (!u->is_run && byte == RUN) {
		u->is_run = true;
		return;
	}
	if (!u->is_run || byte == 0) {
		u->last = u->is_run ? RUN : byte;
		piece_put(&u->out, u->last);
	} else {
		for (unsigned i = 1; i < byte && !u->out.is_over; i++)
			piece_put(&u->out, u->last);
	}
	u->is_run = false;
}

void
binhex_decode(struct span raw, span_sink sink, void *arg)
{
	struct unpacking u = { .out = { .piece = sink, .arg = arg } };
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < raw.bytes && !u.out.is_over; i++) {
		int value = value_of(raw.data[i]);

		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		take_byte(&u, (uint8_t)(bits >> count));
	}
	piece_flush(&u.out);
}

static size_t
big_endian(struct span s, size_t at)
{
	size_t value = 0;

	for (size_t i = at; i < at + 4; i++)
		value = value << 8 | (i < s.bytes ? s.data[i] : 0);
	return value;
}

void
binhex_forks(struct span decoded, struct span forks[BINHEX_FORKS])
{
	size_t name = decoded.bytes > 0 ? decoded.data[0] : NAME_BYTES_MAX + 1;
	struct span fields = span_from(decoded, 1 + name + FIELDS), rest;

	forks[0] = forks[1] = span_of(NULL, 0);
	if (name == 0 || name > NAME_BYTES_MAX)
		return;
	rest = span_from(decoded, 1 + name + HEAD_BYTES);
	for (unsigned i = 0; i < BINHEX_FORKS; i++) {
		size_t bytes = big_endian(fields, 4 * (size_t)i);

		forks[i] = span_first(rest, bytes);
		rest = span_from(rest, bytes + SUM_BYTES);
	}
}
