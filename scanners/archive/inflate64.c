/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/inflate64.h"

#include <errno.h>

#include "scanners/archive/prefix.h"

#define LITERALS_MAX    288
#define DISTANCES       32
#define LENGTH_CODES    19
#define END_OF_BLOCK    256
#define FIRST_LENGTH    257
#define REPEAT_LAST     16
#define LONGEST_LITERAL 15 /* bits; also of a distance */

struct inflater {
	struct bits in;
	struct window out;
	struct prefix literals, distances;
};

/* RFC 1951 3.2.5, but for the last length and the last two distances, which are this method's. */
static const struct range {
	uint16_t first, bits;
} lengths[] = { { 3, 0 }, { 4, 0 }, { 5, 0 }, { 6, 0 }, { 7, 0 }, { 8, 0 }, { 9, 0 }, { 10, 0 },
	{ 11, 1 }, { 13, 1 }, { 15, 1 }, { 17, 1 }, { 19, 2 }, { 23, 2 }, { 27, 2 }, { 31, 2 },
	{ 35, 3 }, { 43, 3 }, { 51, 3 }, { 59, 3 }, { 67, 4 }, { 83, 4 }, { 99, 4 }, { 115, 4 },
	{ 131, 5 }, { 163, 5 }, { 195, 5 }, { 227, 5 }, { 3, 16 } },
  distances[DISTANCES] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 5, 1 }, { 7, 1 }, { 9, 2 },
	  { 13, 2 }, { 17, 3 }, { 25, 3 }, { 33, 4 }, { 49, 4 }, { 65, 5 }, { 97, 5 }, { 129, 6 },
	  { 193, 6 }, { 257, 7 }, { 385, 7 }, { 513, 8 }, { 769, 8 }, { 1025, 9 }, { 1537, 9 },
	  { 2049, 10 }, { 3073, 10 }, { 4097, 11 }, { 6145, 11 }, { 8193, 12 }, { 12289, 12 },
	  { 16385, 13 }, { 24577, 13 }, { 32769, 14 }, { 49153, 14 } };

static size_t
take_range(struct bits *b, struct range r)
{
	return r.first + bits_take(b, r.bits);
}

/* RFC 1951 3.2.6. */
static void
build_fixed(struct inflater *f)
{
	uint8_t bits[LITERALS_MAX];

	memset(bits, 8, 144);
	memset(bits + 144, 9, 112);
	memset(bits + 256, 7, 24);
	memset(bits + 280, 8, 8);
	prefix_build(&f->literals, bits, LITERALS_MAX);
	memset(bits, 5, DISTANCES);
	prefix_build(&f->distances, bits, DISTANCES);
}

/* The lengths of all codes, of literals and distances in a row, themselves coded. */
static bool
read_lengths(struct bits *in, const struct prefix *codes, uint8_t *bits, unsigned count)
{
	for (unsigned i = 0; i < count;) {
		int symbol = prefix_next(codes, in, 0);
		unsigned times;

		if (symbol < 0 || in->is_short || (symbol == REPEAT_LAST && i == 0))
			return false;
		if (symbol <= LONGEST_LITERAL) {
			bits[i++] = (uint8_t)symbol;
			continue;
		}
		times = symbol == REPEAT_LAST ? 3 + bits_take(in, 2)
			: symbol == 17        ? 3 + bits_take(in, 3)
					      : 11 + bits_take(in, 7);
		if (times > count - i)
			return false;
		memset(bits + i, symbol == REPEAT_LAST ? bits[i - 1] : 0, times);
		i += times;
	}
	return true;
}

/* RFC 1951 3.2.7. */
static bool
build_dynamic(struct inflater *f)
{
	static const uint8_t order[LENGTH_CODES] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3,
		13, 2, 14, 1, 15 };
	uint8_t bits[LITERALS_MAX + DISTANCES] = { 0 };
	unsigned literals = 257 + bits_take(&f->in, 5), far = 1 + bits_take(&f->in, 5);
	unsigned count = 4 + bits_take(&f->in, 4);
	struct prefix codes;

	for (unsigned i = 0; i < count; i++)
		bits[order[i]] = (uint8_t)bits_take(&f->in, 3);
	if (!prefix_build(&codes, bits, LENGTH_CODES))
		return false;
	memset(bits, 0, LENGTH_CODES);
	return read_lengths(&f->in, &codes, bits, literals + far) &&
	       prefix_build(&f->literals, bits, literals) &&
	       prefix_build(&f->distances, bits + literals, far);
}

static bool
copy_match(struct inflater *f, unsigned code)
{
	size_t length, distance;
	int far;

	if (code >= sizeof(lengths) / sizeof(lengths[0]))
		return false;
	length = take_range(&f->in, lengths[code]);
	far = prefix_next(&f->distances, &f->in, 0);
	if (far < 0)
		return false;
	distance = take_range(&f->in, distances[far]);
	if (distance > f->out.total || f->in.is_short)
		return false;
	window_copy(&f->out, distance, length);
	return true;
}

static bool
read_coded(struct inflater *f)
{
	while (!f->out.is_over) {
		int symbol = prefix_next(&f->literals, &f->in, 0);

		if (symbol < 0 || f->in.is_short)
			return false;
		if (symbol == END_OF_BLOCK)
			return true;
		if (symbol < END_OF_BLOCK)
			window_put(&f->out, (uint8_t)symbol);
		else if (!copy_match(f, (unsigned)symbol - FIRST_LENGTH))
			return false;
	}
	return true;
}

/* RFC 1951 3.2.4. */
static bool
read_stored(struct inflater *f)
{
	uint32_t bytes, other;

	bits_align(&f->in);
	bytes = bits_take(&f->in, 16);
	other = bits_take(&f->in, 16);
	if (bytes != (other ^ 0xffff))
		return false;
	for (; bytes > 0 && !f->out.is_over; bytes--) {
		uint8_t byte = (uint8_t)bits_take(&f->in, 8);

		if (f->in.is_short)
			return false;
		window_put(&f->out, byte);
	}
	return true;
}

static bool
read_block(struct inflater *f)
{
	switch (bits_take(&f->in, 2)) {
	case 0:
		return read_stored(f);
	case 1:
		build_fixed(f);
		return read_coded(f);
	case 2:
		return build_dynamic(f) && read_coded(f);
	default:
		return false;
	}
}

int
inflate64(struct span packed, span_sink sink, void *arg)
{
	struct inflater f = { .in.in = packed };
	bool is_last = false, is_sound = true;

	f.out.sink = sink;
	f.out.arg = arg;
	while (is_sound && !is_last && !f.out.is_over) {
		is_last = bits_take(&f.in, 1) != 0;
		is_sound = read_block(&f) && !f.in.is_short;
	}
	window_flush(&f.out);
	return f.out.is_over ? -ENOSPC : is_sound ? 0 : -EBADMSG;
}
