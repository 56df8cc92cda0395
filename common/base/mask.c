/* SPDX-License-Identifier: BSD-3-Clause */
/* Greedy matching with one point of return: the last star seen. */
#include "common/base/mask.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* How many mask bytes the element at `at` takes: two for an escaped byte. */
static size_t
element_bytes(struct span mask, size_t at)
{
	return mask.data[at] == '\\' && at + 1 < mask.bytes ? 2 : 1;
}

/* Whether the element at `at` (no star) matches this byte. */
static bool
element_matches(struct span mask, size_t at, uint8_t c)
{
	if (element_bytes(mask, at) == 2)
		return lower(mask.data[at + 1]) == lower(c);
	return mask.data[at] == '?' || lower(mask.data[at]) == lower(c);
}

bool
mask_matches(struct span mask, struct span text)
{
	size_t m = 0, t = 0, star = SIZE_MAX, star_text = 0;

	while (t < text.bytes) {
		if (m < mask.bytes && mask.data[m] == '*') {
			star = m++;
			star_text = t;
		} else if (m < mask.bytes && element_matches(mask, m, text.data[t])) {
			m += element_bytes(mask, m);
			t++;
		} else if (star != SIZE_MAX) {
			m = star + 1;
			t = ++star_text;
		} else {
			return false;
		}
	}
	while (m < mask.bytes && mask.data[m] == '*')
		m++;
	return m == mask.bytes;
}
