/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MD5 and SHA-256 of an object, streamed. State lies in the struct, nothing is allocated. SHA-256
 * identifies an object; MD5 is reported and matched because lists use it, and proves nothing.
 *
 * One digest at a time: digest_feed(), here, by OpenSSL. Many at once, in lanes: queue.h.
 */
#ifndef SLUICE_DIGEST_H
#define SLUICE_DIGEST_H

#include <stdint.h>

#include "common/base/span.h"

#define DIGEST_MD5_BYTES    16
#define DIGEST_SHA256_BYTES 32
#define DIGEST_BLOCK_BYTES  64 /* of either */

struct digest_values {
	uint8_t md5[DIGEST_MD5_BYTES];
	uint8_t sha256[DIGEST_SHA256_BYTES];
};

/* Owned by who declares it; the fields are this folder's. */
struct digest {
	uint32_t md5[4], sha256[8]; /* RFC 1321 §3.3, FIPS 180-4 §5.3.3, as numbers */
	uint64_t bytes;
	uint8_t part[DIGEST_BLOCK_BYTES]; /* bytes % 64 of them wait for the rest of their block */
	/* Where it waits in a queue; queue.c. */
	uint32_t place, first_piece, last_piece;
	struct digest_values *out;
};

void digest_init(struct digest *d);
void digest_feed(struct digest *d, struct span bytes);
void digest_finish(struct digest *d, struct digest_values *out);

/* SHA-256 of a text at hand, such as a key. */
void digest_sha256(struct span bytes, uint8_t out[DIGEST_SHA256_BYTES]);

/*
 * What a verdict is remembered by that hangs on an object's name besides its bytes: a digest of
 * both, which is that of no object.
 */
void digest_with_name(
    const uint8_t sha256[DIGEST_SHA256_BYTES], struct span name, uint8_t out[DIGEST_SHA256_BYTES]);

/* Lower-case hexadecimal, NUL-terminated: `out` has room for 2 * count + 1. Returns `out`. */
char *digest_hex(const uint8_t *bytes, size_t count, char *out);

#endif
