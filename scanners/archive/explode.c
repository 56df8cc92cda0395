/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/explode.h"

#include <errno.h>

#include "scanners/archive/prefix.h"

#define LITERALS      256
#define LENGTHS       64
#define LONGEST_TOLD  63 /* a length's code that a byte more follows */
#define CODES_FLIPPED 1  /* their bits stand the other way round than RFC 1951 has them */

struct exploder {
	struct bits in;
	struct window out;
	unsigned flags;
	struct prefix literals, lengths, distances;
};

/* 5.3.7: bytes, each a length of codes and how many in a row have it. */
static bool
read_prefix(struct bits *in, struct prefix *p, unsigned symbols)
{
	uint8_t lengths[LITERALS];
	unsigned runs = 1 + bits_take(in, 8), used = 0;

	for (; runs > 0; runs--) {
		unsigned length = 1 + bits_take(in, 4), times = 1 + bits_take(in, 4);

		if (times > symbols - used || in->is_short)
			return false;
		memset(lengths + used, (int)length, times);
		used += times;
	}
	return used == symbols && prefix_build(p, lengths, symbols);
}

static bool
read_prefixes(struct exploder *e)
{
	if ((e->flags & EXPLODE_LITERALS) != 0 && !read_prefix(&e->in, &e->literals, LITERALS))
		return false;
	return read_prefix(&e->in, &e->lengths, LENGTHS) &&
	       read_prefix(&e->in, &e->distances, LENGTHS);
}

static bool
copy_match(struct exploder *e)
{
	unsigned low_bits = (e->flags & EXPLODE_WINDOW_8K) != 0 ? 7 : 6;
	size_t low = bits_take(&e->in, low_bits);
	int high = prefix_next(&e->distances, &e->in, CODES_FLIPPED);
	int told = prefix_next(&e->lengths, &e->in, CODES_FLIPPED);
	size_t length;

	if (high < 0 || told < 0)
		return false;
	length = (size_t)told + ((e->flags & EXPLODE_LITERALS) != 0 ? 3 : 2);
	if (told == LONGEST_TOLD)
		length += bits_take(&e->in, 8);
	if (e->in.is_short)
		return false;
	window_copy(&e->out, ((size_t)high << low_bits | low) + 1, length);
	return true;
}

static bool
put_literal(struct exploder *e)
{
	int byte = (e->flags & EXPLODE_LITERALS) != 0
		       ? prefix_next(&e->literals, &e->in, CODES_FLIPPED)
		       : (int)bits_take(&e->in, 8);

	if (byte < 0 || e->in.is_short)
		return false;
	window_put(&e->out, (uint8_t)byte);
	return true;
}

int
explode(struct span packed, unsigned flags, uint64_t bytes, span_sink sink, void *arg)
{
	struct exploder e = { .in.in = packed, .flags = flags };
	bool is_sound = read_prefixes(&e);

	e.out.sink = sink;
	e.out.arg = arg;
	while (is_sound && e.out.total < bytes && !e.out.is_over)
		is_sound = bits_take(&e.in, 1) != 0 ? put_literal(&e) : copy_match(&e);
	window_flush(&e.out);
	return e.out.is_over ? -ENOSPC : is_sound && e.out.total == bytes ? 0 : -EBADMSG;
}
