/* SPDX-License-Identifier: BSD-3-Clause */
/* Four lanes: what every processor has that we run on. */
#include <emmintrin.h>

#include "scanners/digest/constants.h"
#include "scanners/digest/internal.h"

#define WIDTH           4
#define TARGET          __attribute__((target("sse2")))
#define LOAD(p, at)     ((vector)_mm_loadu_si128((const __m128i *)(const void *)((p)[0] + (at))))
#define LOW32(x, y)     ((vector)_mm_unpacklo_epi32((__m128i)(x), (__m128i)(y)))
#define HIGH32(x, y)    ((vector)_mm_unpackhi_epi32((__m128i)(x), (__m128i)(y)))
#define LOW64(x, y)     ((vector)_mm_unpacklo_epi64((__m128i)(x), (__m128i)(y)))
#define HIGH64(x, y)    ((vector)_mm_unpackhi_epi64((__m128i)(x), (__m128i)(y)))
#define ROTATE(x, n)    (((x) << (n)) | ((x) >> (32 - (n))))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define EITHER(x, y, z) ((y) ^ ((x) | ~(z)))
#define XOR3(x, y, z)   ((x) ^ (y) ^ (z))
#include "scanners/digest/lanes.inc"

TARGET void
md5_sse2(struct lanes *l, unsigned first, size_t blocks)
{
	md5_sets(l, first, blocks, 1);
}

TARGET void
md5_sse2_twice(struct lanes *l, unsigned first, size_t blocks)
{
	md5_sets(l, first, blocks, 2);
}
