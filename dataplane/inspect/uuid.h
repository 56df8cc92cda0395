/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random UUIDs (RFC 9562 §5.4, version 4) from a key: names of objects that nobody without the key
 * foretells. They are the key stream of libcrypto's ChaCha20, made for many at a time. One thread;
 * nothing is allocated by uuid_take().
 */
#ifndef SLUICE_INSPECT_UUID_H
#define SLUICE_INSPECT_UUID_H

#include <stdint.h>

#include <openssl/types.h>

#define UUID_BYTES       16
#define UUID_KEY_BYTES   32
#define UUID_AHEAD_BYTES 1024 /* made at a time */

struct uuid_stream {
	EVP_CIPHER_CTX *cipher;
	unsigned taken; /* bytes of `ahead` */
	uint8_t ahead[UUID_AHEAD_BYTES];
};

/* The same key says the same again. 0 or -ENOMEM; the caller closes it either way. */
int uuid_open(struct uuid_stream *s, const uint8_t key[UUID_KEY_BYTES]);
void uuid_close(struct uuid_stream *s);
/* The next one. */
void uuid_take(struct uuid_stream *s, uint8_t out[UUID_BYTES]);

#endif
