/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One digest at a time. OpenSSL's low-level functions do the blocks: their state is a plain struct,
 * so nothing is allocated.
 */
#include "scanners/digest/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>

#include "scanners/digest/internal.h"

void
digest_init(struct digest *d)
{
	static const uint32_t md5[MD5_WORDS] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 };
	static const uint32_t sha256[SHA256_WORDS] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
		0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(d->md5, md5, sizeof(md5));
	memcpy(d->sha256, sha256, sizeof(sha256));
	d->bytes = 0;
	d->place = NOT_WAITING;
	d->out = NULL;
}

void
sha256_openssl(struct lanes *l, unsigned first, size_t blocks)
{
	SHA256_CTX s = { .md_len = SHA256_DIGEST_LENGTH };

	memcpy(s.h, l->sha256[first], sizeof(s.h));
	SHA256_Update(&s, l->sha256_at[first], blocks * DIGEST_BLOCK_BYTES);
	memcpy(l->sha256[first], s.h, sizeof(s.h));
}

void
single_openssl(struct digest *d, const uint8_t *md5_at, const uint8_t *sha256_at, size_t blocks)
{
	MD5_CTX m = { .A = d->md5[0], .B = d->md5[1], .C = d->md5[2], .D = d->md5[3] };
	SHA256_CTX s = { .md_len = SHA256_DIGEST_LENGTH };

	MD5_Update(&m, md5_at, blocks * DIGEST_BLOCK_BYTES);
	d->md5[0] = m.A;
	d->md5[1] = m.B;
	d->md5[2] = m.C;
	d->md5[3] = m.D;
	memcpy(s.h, d->sha256, sizeof(s.h));
	SHA256_Update(&s, sha256_at, blocks * DIGEST_BLOCK_BYTES);
	memcpy(d->sha256, s.h, sizeof(s.h));
}

void
digest_feed(struct digest *d, struct span bytes)
{
	size_t held = d->bytes % DIGEST_BLOCK_BYTES, blocks;

	if (bytes.bytes == 0)
		return;
	d->bytes += bytes.bytes;
	if (held > 0) {
		struct span head = span_first(bytes, DIGEST_BLOCK_BYTES - held);

		memcpy(d->part + held, head.data, head.bytes);
		bytes = span_from(bytes, head.bytes);
		if (held + head.bytes < DIGEST_BLOCK_BYTES)
			return;
		single_openssl(d, d->part, d->part, 1);
	}
	blocks = bytes.bytes / DIGEST_BLOCK_BYTES;
	if (blocks > 0)
		single_openssl(d, bytes.data, bytes.data, blocks);
	bytes = span_from(bytes, blocks * DIGEST_BLOCK_BYTES);
	if (bytes.bytes > 0)
		memcpy(d->part, bytes.data, bytes.bytes);
}

unsigned
digest_pad(const struct digest *d, uint8_t md5[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES],
    uint8_t sha256[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES])
{
	size_t held = d->bytes % DIGEST_BLOCK_BYTES;
	unsigned blocks = held + 1 + sizeof(uint64_t) <= DIGEST_BLOCK_BYTES ? 1 : 2;
	size_t end = blocks * DIGEST_BLOCK_BYTES - sizeof(uint64_t);
	uint64_t bits = d->bytes * 8, swapped = __builtin_bswap64(bits);

	memcpy(md5, d->part, held);
	md5[held] = 0x80;
	memset(md5 + held + 1, 0, end - held - 1);
	memcpy(sha256, md5, end);
	memcpy(md5 + end, &bits, sizeof(bits)); /* the low byte first */
	memcpy(sha256 + end, &swapped, sizeof(swapped));
	return blocks;
}

void
digest_write(const struct digest *d, struct digest_values *out)
{
	memcpy(out->md5, d->md5, sizeof(out->md5));
	for (unsigned i = 0; i < SHA256_WORDS; i++) {
		uint32_t word = __builtin_bswap32(d->sha256[i]);

		memcpy(out->sha256 + i * sizeof(word), &word, sizeof(word));
	}
}

void
digest_finish(struct digest *d, struct digest_values *out)
{
	uint8_t md5[PAD_BLOCKS_MAX * DIGEST_BLOCK_BYTES], sha256[sizeof(md5)];
	unsigned blocks = digest_pad(d, md5, sha256);

	single_openssl(d, md5, sha256, blocks);
	digest_write(d, out);
}

void
digest_sha256(struct span bytes, uint8_t out[DIGEST_SHA256_BYTES])
{
	SHA256(bytes.data, bytes.bytes, out);
}

/* Turned over, lest an object be made whose bytes are the digest and the name. */
void
digest_with_name(
    const uint8_t sha256[DIGEST_SHA256_BYTES], struct span name, uint8_t out[DIGEST_SHA256_BYTES])
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, sha256, DIGEST_SHA256_BYTES);
	SHA256_Update(&c, name.data, name.bytes);
	SHA256_Final(out, &c);
	for (unsigned i = 0; i < DIGEST_SHA256_BYTES; i++)
		out[i] ^= 0xff;
}

char *
digest_hex(const uint8_t *bytes, size_t count, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * count] = 0;
	return out;
}
