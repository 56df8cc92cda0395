/* SPDX-License-Identifier: BSD-3-Clause */
/* Sixteen lanes; three-operand logic and rotation are one instruction each. */
#include <immintrin.h>

#include "scanners/digest/constants.h"
#include "scanners/digest/internal.h"

#define AT16(p, at) _mm_loadu_si128((const __m128i *)(const void *)((p) + (at)))
#define BITS(x, y, z, table) \
	((vector)_mm512_ternarylogic_epi32((__m512i)(x), (__m512i)(y), (__m512i)(z), table))

#define WIDTH  16
#define TARGET __attribute__((target("avx512f,avx512bw")))
#define LOAD(p, at)                                                                                \
	((vector)_mm512_inserti32x4(                                                               \
	    _mm512_inserti32x4(                                                                    \
		_mm512_inserti32x4(_mm512_castsi128_si512(AT16((p)[0], at)), AT16((p)[4], at), 1), \
		AT16((p)[8], at), 2),                                                              \
	    AT16((p)[12], at), 3))
#define LOW32(x, y)  ((vector)_mm512_unpacklo_epi32((__m512i)(x), (__m512i)(y)))
#define HIGH32(x, y) ((vector)_mm512_unpackhi_epi32((__m512i)(x), (__m512i)(y)))
#define LOW64(x, y)  ((vector)_mm512_unpacklo_epi64((__m512i)(x), (__m512i)(y)))
#define HIGH64(x, y) ((vector)_mm512_unpackhi_epi64((__m512i)(x), (__m512i)(y)))
#define TURNED       0x0c0d0e0f08090a0b, 0x0405060700010203
#define SWAP(x)                       \
	((vector)_mm512_shuffle_epi8( \
	    (__m512i)(x), _mm512_set_epi64(TURNED, TURNED, TURNED, TURNED)))
#define ROTATE(x, n)      ((vector)_mm512_rol_epi32((__m512i)(x), (n)))
#define CHOOSE(x, y, z)   BITS(x, y, z, 0xca)
#define MAJORITY(x, y, z) BITS(x, y, z, 0xe8)
#define EITHER(x, y, z)   BITS(x, y, z, 0x39)
#define XOR3(x, y, z)     BITS(x, y, z, 0x96)
#include "scanners/digest/lanes.inc"

TARGET void
md5_avx512(struct lanes *l, unsigned first, size_t blocks)
{
	md5_sets(l, first, blocks, 1);
}

TARGET void
md5_avx512_twice(struct lanes *l, unsigned first, size_t blocks)
{
	md5_sets(l, first, blocks, 2);
}

TARGET void
sha256_avx512(struct lanes *l, unsigned first, size_t blocks)
{
	sha256_set(l, first, blocks);
}
