/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts and paths sixteen bytes at a time: whether one is spelt as its key is, where a host's
 * labels begin, and where a path's prefixes end.
 */
#include <tmmintrin.h>

#include "scanners/reputation/reputation_table.h"

static inline __m128i
load_16(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline uint64_t
equal_bits(__m128i bytes, char to)
{
	return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(to)));
}

/* The borders of the block that begins there. */
static uint64_t
bits_of(const struct reputation_borders *b)
{
	uint32_t left = b->bytes - b->block;
	uint64_t slashes = 0, queries = 0, bits;

	for (unsigned i = 0; i < REPUTATION_BLOCK; i += 16) {
		__m128i bytes = load_16(b->path + b->block + i);

		slashes |= equal_bits(bytes, '/') << i;
		queries |= equal_bits(bytes, '?') << i;
	}
	bits = slashes | slashes << 1 | queries;
	bits |= b->block > 0 ? b->path[b->block - 1] == '/' : 0;
	bits &= b->block > 0 ? UINT64_MAX : ~UINT64_C(3);
	return left < 64 ? (bits & ((UINT64_C(1) << left) - 1)) | UINT64_C(1) << left : bits;
}

void
reputation_borders_init(struct reputation_borders *b, const uint8_t *path, uint32_t bytes)
{
	b->path = path;
	b->bytes = bytes;
	b->block = 0;
	b->bits = bits_of(b);
}

uint32_t
reputation_next_border(struct reputation_borders *b)
{
	uint32_t at;

	while (b->bits == 0) {
		b->block += REPUTATION_BLOCK;
		b->bits = bits_of(b);
	}
	at = b->block + (uint32_t)__builtin_ctzll(b->bits);
	b->bits &= b->bits - 1;
	return at;
}

/*
 * Bytes that the spelling of a key changes or that change what stands before them: no letters of
 * ASCII, what is encoded, "%", "#" and "\". By their halves: a bit of the upper one that the lower
 * one has too.
 */
static inline __m128i
other_bytes(__m128i bytes)
{
	const __m128i of_upper =
			  _mm_setr_epi8(16, 16, 1, 2, 0, 2, 4, 8, 16, 16, 16, 16, 16, 16, 16, 16),
		      of_lower = _mm_setr_epi8(
			  21, 16, 17, 17, 16, 17, 16, 17, 16, 16, 16, 24, 26, 24, 18, 24),
		      halves = _mm_set1_epi8(15);
	__m128i upper = _mm_and_si128(_mm_srli_epi16(bytes, 4), halves),
		lower = _mm_and_si128(bytes, halves);

	return _mm_and_si128(_mm_shuffle_epi8(of_upper, upper), _mm_shuffle_epi8(of_lower, lower));
}

bool
reputation_path_is_plain(const uint8_t *path, uint32_t bytes)
{
	uint64_t other = 0;

	if (bytes == 0 || path[0] != '/' || path[bytes - 1] == '?')
		return false;
	for (uint32_t at = 0; at < bytes; at += 16) {
		__m128i here = load_16(path + at);
		uint32_t left = bytes - at < 16 ? bytes - at : 16;
		uint64_t same = equal_bits(other_bytes(here), 0),
			 dots = equal_bits(here, '/') & equal_bits(load_16(path + at + 1), '.');

		other |= (~same | dots) & ((UINT64_C(1) << left) - 1);
	}
	return other == 0;
}

/* Bits of what nearly all hosts are made of: small letters, digits, "-", "_", dots; by halves too.
 */
static inline uint64_t
host_bits(__m128i bytes)
{
	const __m128i of_upper = _mm_setr_epi8(0, 0, 1, 2, 0, 4, 8, 16, 0, 0, 0, 0, 0, 0, 0, 0),
		      of_lower =
			  _mm_setr_epi8(18, 26, 26, 26, 26, 26, 26, 26, 26, 26, 24, 8, 8, 9, 9, 12),
		      halves = _mm_set1_epi8(15);
	__m128i upper = _mm_and_si128(_mm_srli_epi16(bytes, 4), halves),
		lower = _mm_and_si128(bytes, halves);
	__m128i both =
	    _mm_and_si128(_mm_shuffle_epi8(of_upper, upper), _mm_shuffle_epi8(of_lower, lower));

	return equal_bits(both, 0) ^ 0xffff;
}

/* The first block of a host, all or sixteen bytes of it; behind its end is what is in no host. */
static inline __m128i
first_block(struct span host)
{
	uint8_t few[16] = { 0 };

	if (host.bytes >= sizeof(few))
		return load_16(host.data);
	memcpy(few, host.data, host.bytes);
	return load_16(few);
}

uint32_t
reputation_labels(struct span host, uint16_t begins[REPUTATION_LABELS_MAX])
{
	uint32_t n = (uint32_t)host.bytes, labels = 1, at = 0, fresh = 0xffff;
	__m128i bytes;

	if (host.bytes == 0 || host.bytes > REPUTATION_HOST_MAX)
		return 0;
	begins[0] = 0;
	bytes = first_block(host);
	if (n < 16)
		fresh = (1u << n) - 1;
	for (;;) {
		uint64_t dots = equal_bits(bytes, '.') & fresh;

		if ((host_bits(bytes) & fresh) != fresh)
			return 0;
		for (; dots != 0; dots &= dots - 1)
			begins[labels++] = (uint16_t)(at + (uint32_t)__builtin_ctzll(dots) + 1);
		if (n - at <= 16)
			break;
		if (n - at < 32) { /* the last block ends where the host does */
			fresh = 0xffffu << (32 - (n - at)) & 0xffff;
			at = n - 16;
		} else {
			at += 16;
		}
		bytes = load_16(host.data + at);
	}
	if (begins[labels - 1] == n || (uint8_t)(host.data[begins[labels - 1]] - '0') <= 9)
		return 0;
	return labels;
}
