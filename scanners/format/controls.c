/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A byte is a control character of no text where the entries of both its halves share a bit. Bit 0
 * is for 00 to 0f but \t \n \f \r, bit 1 for 10 to 1f but ESC, bit 2 for DEL. A byte from 80 on,
 * for which a shuffle gives 0, is none whatever its lower half says.
 */
#include "scanners/format/controls.h"

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static const _Alignas(16) uint8_t low[16] = { 3, 3, 3, 3, 3, 3, 3, 3, 3, 2, 2, 1, 2, 2, 3, 7 };
static const _Alignas(16) uint8_t high[16] = { 1, 2, 0, 0, 0, 0, 0, 4 };

static inline __m128i
marks_16(const uint8_t *p)
{
	const __m128i half = _mm_set1_epi8(0x0f);
	const __m128i lows = _mm_load_si128((const __m128i *)(const void *)low);
	const __m128i highs = _mm_load_si128((const __m128i *)(const void *)high);
	__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);

	return _mm_and_si128(_mm_shuffle_epi8(lows, v),
	    _mm_shuffle_epi8(highs, _mm_and_si128(_mm_srli_epi16(v, 4), half)));
}

bool
controls_in_sse(struct span bytes)
{
	__m128i bad = _mm_setzero_si128();
	uint8_t rest[16];
	size_t i = 0;

	for (; i + 16 <= bytes.bytes; i += 16)
		bad = _mm_or_si128(bad, marks_16(bytes.data + i));
	if (i < bytes.bytes) {
		memset(rest, ' ', sizeof(rest));
		memcpy(rest, bytes.data + i, bytes.bytes - i);
		bad = _mm_or_si128(bad, marks_16(rest));
	}
	return _mm_testz_si128(bad, bad) == 0;
}

static inline AVX2 __m256i
marks_32(const uint8_t *p)
{
	const __m256i half = _mm256_set1_epi8(0x0f);
	const __m256i lows =
	    _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)low));
	const __m256i highs =
	    _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)(const void *)high));
	__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);

	return _mm256_and_si256(_mm256_shuffle_epi8(lows, v),
	    _mm256_shuffle_epi8(highs, _mm256_and_si256(_mm256_srli_epi16(v, 4), half)));
}

AVX2 bool
controls_in_avx2(struct span bytes)
{
	__m256i bad = _mm256_setzero_si256();
	size_t i = 0;

	if (bytes.bytes < 32)
		return controls_in_sse(bytes);
	for (; i + 64 <= bytes.bytes; i += 64)
		bad = _mm256_or_si256(
		    bad, _mm256_or_si256(marks_32(bytes.data + i), marks_32(bytes.data + i + 32)));
	if (i + 32 < bytes.bytes)
		bad = _mm256_or_si256(bad, marks_32(bytes.data + i));
	/* The last ones, some of them once more. */
	bad = _mm256_or_si256(bad, marks_32(bytes.data + bytes.bytes - 32));
	return _mm256_testz_si256(bad, bad) == 0;
}

bool
controls_may_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

bool
controls_in(struct span bytes)
{
	return controls_may_avx2() ? controls_in_avx2(bytes) : controls_in_sse(bytes);
}
