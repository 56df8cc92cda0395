/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/inspect/uuid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

int
uuid_open(struct uuid_stream *s, const uint8_t key[UUID_KEY_BYTES])
{
	static const uint8_t from_the_start[16]; /* counter and nonce */

	s->taken = UUID_AHEAD_BYTES;
	s->cipher = EVP_CIPHER_CTX_new();
	if (s->cipher == NULL ||
	    EVP_EncryptInit_ex(s->cipher, EVP_chacha20(), NULL, key, from_the_start) != 1)
		return -ENOMEM;
	return 0;
}

void
uuid_close(struct uuid_stream *s)
{
	EVP_CIPHER_CTX_free(s->cipher);
	s->cipher = NULL;
}

/* The key stream is what zeros become. */
static void
make_more(struct uuid_stream *s)
{
	int bytes;

	memset(s->ahead, 0, sizeof(s->ahead));
	if (EVP_EncryptUpdate(s->cipher, s->ahead, &bytes, s->ahead, sizeof(s->ahead)) != 1)
		abort(); /* of a stream cipher that was opened it can't be */
	s->taken = 0;
}

void
uuid_take(struct uuid_stream *s, uint8_t out[UUID_BYTES])
{
	if (s->taken == sizeof(s->ahead))
		make_more(s);
	memcpy(out, s->ahead + s->taken, UUID_BYTES);
	s->taken += UUID_BYTES;
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x40); /* version 4 */
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);
}
