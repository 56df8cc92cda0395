/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SHA-256 by the processor's own instructions: one stream, two in one loop (the instructions wait
 * four cycles for each other, so two cost little more than one), and one together with MD5, whose
 * chain of steps leaves most of a core idle.
 */
#include <immintrin.h>

#include "scanners/digest/constants.h"
#include "scanners/digest/internal.h"

#define TARGET __attribute__((target("sha,sse4.1")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/* The instructions want the words in this order. */
struct ni_state {
	__m128i abef, cdgh;
};

INLINE struct ni_state
ni_load(const uint32_t state[SHA256_WORDS])
{
	__m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
	__m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);

	return (
	    struct ni_state){ _mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0) };
}

INLINE void
ni_store(struct ni_state s, uint32_t state[SHA256_WORDS])
{
	__m128i feba = _mm_shuffle_epi32(s.abef, 0x1b), dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);

	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

INLINE struct ni_state
ni_sum(struct ni_state x, struct ni_state y)
{
	return (struct ni_state){ _mm_add_epi32(x.abef, y.abef), _mm_add_epi32(x.cdgh, y.cdgh) };
}

/* Rounds 4q to 4q + 3; w holds the last sixteen words of the schedule. */
INLINE void
ni_rounds(struct ni_state *s, __m128i w[4], const uint8_t *block, const unsigned q)
{
	const __m128i turned = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i sum, k = _mm_load_si128((const __m128i *)(const void *)(sha256_roots + 4 * q));

	if (q < 4) {
		w[q] = _mm_shuffle_epi8(
		    _mm_loadu_si128((const __m128i *)(const void *)(block + 16 * q)), turned);
	} else {
		__m128i last = w[(q + 3) % 4];

		sum = _mm_alignr_epi8(last, w[(q + 2) % 4], 4);
		sum = _mm_add_epi32(sum, _mm_sha256msg1_epu32(w[q % 4], w[(q + 1) % 4]));
		w[q % 4] = _mm_sha256msg2_epu32(sum, last);
	}
	sum = _mm_add_epi32(w[q % 4], k);
	s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
	s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

#define ALL_ROUNDS(of)                                                                          \
	of(0) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(8) of(9) of(10) of(11) of(12) of(13) \
	    of(14) of(15)

TARGET void
sha256_ni(struct lanes *l, unsigned first, size_t blocks)
{
	const uint8_t *block = l->sha256_at[first];
	struct ni_state s = ni_load(l->sha256[first]), was;
	__m128i w[4];

	for (; blocks > 0; blocks--, block += DIGEST_BLOCK_BYTES) {
		was = s;
#define ONE(q) ni_rounds(&s, w, block, q);
		ALL_ROUNDS(ONE)
		s = ni_sum(s, was);
	}
	ni_store(s, l->sha256[first]);
}

TARGET void
sha256_ni_twice(struct lanes *l, unsigned first, size_t blocks)
{
	const uint8_t *block0 = l->sha256_at[first], *block1 = l->sha256_at[first + 1];
	struct ni_state s0 = ni_load(l->sha256[first]), s1 = ni_load(l->sha256[first + 1]);
	__m128i w0[4], w1[4];

	for (; blocks > 0; blocks--, block0 += DIGEST_BLOCK_BYTES, block1 += DIGEST_BLOCK_BYTES) {
		struct ni_state was0 = s0, was1 = s1;

#define TWO(q)                         \
	ni_rounds(&s0, w0, block0, q); \
	ni_rounds(&s1, w1, block1, q);
		ALL_ROUNDS(TWO)
		s0 = ni_sum(s0, was0);
		s1 = ni_sum(s1, was1);
	}
	ni_store(s0, l->sha256[first]);
	ni_store(s1, l->sha256[first + 1]);
}

INLINE uint32_t
word_at(const uint8_t *block, unsigned word)
{
	uint32_t w;

	memcpy(&w, block + 4 * (size_t)(word % 16), sizeof(w));
	return w;
}

INLINE uint32_t
turn(uint32_t x, unsigned by)
{
	return x << by | x >> (32 - by);
}

/* RFC 1321 §3.4. The part of a function that does not wait for the last step is added first. */
INLINE uint32_t
md5_step(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t word, const unsigned i,
    const unsigned by)
{
	a += word + md5_sines[i];
	if (i < 16) {
		a += d ^ (b & (c ^ d));
	} else if (i < 32) {
		a += c & ~d;
		a += b & d;
	} else if (i < 48) {
		a += b ^ (c ^ d);
	} else {
		a += c ^ (b | ~d);
	}
	return turn(a, by) + b;
}

INLINE void
md5_steps(uint32_t m[MD5_WORDS], const uint8_t *block, const unsigned q)
{
	static const uint8_t turns[4][4] = { { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 },
		{ 6, 10, 15, 21 } };
	static const uint8_t start[4] = { 0, 1, 5, 0 }, by[4] = { 1, 5, 3, 7 };
	const unsigned r = q / 4, i = 4 * q, word = start[r] + (i % 16) * by[r];

	m[0] = md5_step(m[0], m[1], m[2], m[3], word_at(block, word), i, turns[r][0]);
	m[3] = md5_step(m[3], m[0], m[1], m[2], word_at(block, word + by[r]), i + 1, turns[r][1]);
	m[2] =
	    md5_step(m[2], m[3], m[0], m[1], word_at(block, word + 2 * by[r]), i + 2, turns[r][2]);
	m[1] =
	    md5_step(m[1], m[2], m[3], m[0], word_at(block, word + 3 * by[r]), i + 3, turns[r][3]);
}

TARGET void
single_stitched(struct digest *d, const uint8_t *md5_at, const uint8_t *sha256_at, size_t blocks)
{
	uint32_t m[MD5_WORDS], began[MD5_WORDS];
	struct ni_state s = ni_load(d->sha256), was;
	__m128i w[4];

	memcpy(m, d->md5, sizeof(m));
	for (; blocks > 0;
	     blocks--, md5_at += DIGEST_BLOCK_BYTES, sha256_at += DIGEST_BLOCK_BYTES) {
		was = s;
		memcpy(began, m, sizeof(began));
#define STITCH(q)                \
	md5_steps(m, md5_at, q); \
	ni_rounds(&s, w, sha256_at, q);
		ALL_ROUNDS(STITCH)
		s = ni_sum(s, was);
		for (unsigned i = 0; i < MD5_WORDS; i++)
			m[i] += began[i];
	}
	memcpy(d->md5, m, sizeof(m));
	ni_store(s, d->sha256);
}
