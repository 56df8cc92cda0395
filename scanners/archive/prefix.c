/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/archive/prefix.h"

#include <assert.h>

bool
prefix_build(struct prefix *p, const uint8_t *lengths, unsigned count)
{
	uint16_t next[PREFIX_BITS_MAX + 2] = { 0 };
	int left = 1;

	assert(count <= PREFIX_SYMBOLS_MAX);
	memset(p->count, 0, sizeof(p->count));
	for (unsigned i = 0; i < count; i++)
		p->count[lengths[i]]++;
	for (unsigned bits = 1; bits <= PREFIX_BITS_MAX; bits++) {
		left = 2 * left - p->count[bits];
		if (left < 0)
			return false;
		next[bits + 1] = (uint16_t)(next[bits] + p->count[bits]);
	}
	for (unsigned i = 0; i < count; i++) {
		if (lengths[i] > 0)
			p->symbols[next[lengths[i]]++] = (uint16_t)i;
	}
	return true;
}

/* Codes of one length are consecutive numbers; the first is twice what follows the shorter ones. */
int
prefix_next(const struct prefix *p, struct bits *b, unsigned flip)
{
	unsigned code = 0, first = 0, before = 0;

	for (unsigned bits = 1; bits <= PREFIX_BITS_MAX; bits++) {
		code = 2 * code | (bits_take(b, 1) ^ flip);
		first *= 2;
		if (code - first < p->count[bits])
			return p->symbols[before + code - first];
		before += p->count[bits];
		first += p->count[bits];
	}
	return -1;
}
