/* SPDX-License-Identifier: BSD-3-Clause */
/* Every byte, everywhere in blocks of every length, by every way that this processor has. */
#include "scanners/format/controls.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

#define LENGTH_MAX 200

typedef bool way(struct span bytes);

/* As the header says it. */
static bool
is_control(unsigned c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\f' && c != '\r' && c != 0x1b) ||
	       c == 0x7f;
}

/* One byte among others; the block ends where its memory does. */
static void
check(way *in)
{
	for (size_t bytes = 0; bytes <= LENGTH_MAX; bytes++) {
		uint8_t *block = malloc(bytes > 0 ? bytes : 1);

		memset(block, 'x', bytes);
		CHECK_SEED(bytes, !in(span_of(block, bytes)));
		for (size_t at = 0; at < bytes; at++) {
			for (unsigned c = 0; c < 256; c++) {
				block[at] = (uint8_t)c;
				CHECK_SEED(c, in(span_of(block, bytes)) == is_control(c));
			}
			block[at] = at % 2 != 0 ? 0xff : '\n';
		}
		free(block);
	}
}

TEST(sixteen_at_a_time)
{
	check(controls_in_sse);
	check(controls_in);
}

TEST(thirty_two_at_a_time)
{
	if (!controls_may_avx2()) {
		harness_skip("no AVX2");
		return;
	}
	check(controls_in_avx2);
}
