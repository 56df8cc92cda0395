/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/base64.h"

#include <errno.h>

/* Of four characters, the last `padding` of which are '='; -1: no such group. */
static int32_t
group(const uint8_t *four, unsigned padding)
{
	int32_t bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		int v = i < 4 - padding ? base64_value(four[i]) : 0;

		if (v < 0 || (i >= 4 - padding && four[i] != '='))
			return -1;
		bits = bits << 6 | v;
	}
	return (bits & ((1 << 8 * padding) - 1)) == 0 ? bits : -1;
}

ssize_t
base64_decode(struct span text, uint8_t *out, size_t room)
{
	size_t n = 0;

	if (text.bytes % 4 != 0)
		return -EINVAL;
	for (size_t at = 0; at < text.bytes; at += 4) {
		const uint8_t *four = text.data + at;
		bool is_last = at + 4 == text.bytes;
		unsigned padding =
		    is_last ? (four[3] == '=') + (four[3] == '=' && four[2] == '=') : 0;
		int32_t bits = group(four, padding);

		if (bits < 0)
			return -EINVAL;
		for (unsigned i = 0; i < 3 - padding; i++) {
			if (n == room)
				return -ENOBUFS;
			out[n++] = (uint8_t)(bits >> (16 - 8 * i));
		}
	}
	return (ssize_t)n;
}
