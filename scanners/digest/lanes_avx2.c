/* SPDX-License-Identifier: BSD-3-Clause */
/* Eight lanes. */
#include <immintrin.h>

#include "scanners/digest/constants.h"
#include "scanners/digest/internal.h"

#define AT16(p, at) _mm_loadu_si128((const __m128i *)(const void *)((p) + (at)))

#define WIDTH             8
#define TARGET            __attribute__((target("avx2")))
#define LOAD(p, at)       ((vector)_mm256_set_m128i(AT16((p)[4], at), AT16((p)[0], at)))
#define LOW32(x, y)       ((vector)_mm256_unpacklo_epi32((__m256i)(x), (__m256i)(y)))
#define HIGH32(x, y)      ((vector)_mm256_unpackhi_epi32((__m256i)(x), (__m256i)(y)))
#define LOW64(x, y)       ((vector)_mm256_unpacklo_epi64((__m256i)(x), (__m256i)(y)))
#define HIGH64(x, y)      ((vector)_mm256_unpackhi_epi64((__m256i)(x), (__m256i)(y)))
#define TURNED            0x0c0d0e0f08090a0b, 0x0405060700010203
#define SWAP(x)           ((vector)_mm256_shuffle_epi8((__m256i)(x), _mm256_set_epi64x(TURNED, TURNED)))
#define ROTATE(x, n)      (((x) << (n)) | ((x) >> (32 - (n))))
#define CHOOSE(x, y, z)   ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define EITHER(x, y, z)   ((y) ^ ((x) | ~(z)))
#define XOR3(x, y, z)     ((x) ^ (y) ^ (z))
#include "scanners/digest/lanes.inc"

TARGET void
md5_avx2(struct lanes *l, unsigned first, size_t blocks)
{
	md5_sets(l, first, blocks, 1);
}

TARGET void
md5_avx2_twice(struct lanes *l, unsigned first, size_t blocks)
{
	md5_sets(l, first, blocks, 2);
}

TARGET void
sha256_avx2(struct lanes *l, unsigned first, size_t blocks)
{
	sha256_set(l, first, blocks);
}
