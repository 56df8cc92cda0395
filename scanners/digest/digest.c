/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenSSL's low-level functions: their state is a plain struct, so nothing is allocated. */
#include "scanners/digest/digest.h"

void
digest_init(struct digest *d)
{
	MD5_Init(&d->md5);
	SHA256_Init(&d->sha256);
}

void
digest_feed(struct digest *d, struct span bytes)
{
	MD5_Update(&d->md5, bytes.data, bytes.bytes);
	SHA256_Update(&d->sha256, bytes.data, bytes.bytes);
}

void
digest_finish(struct digest *d, struct digest_values *out)
{
	MD5_Final(out->md5, &d->md5);
	SHA256_Final(out->sha256, &d->sha256);
}

void
digest_sha256(struct span bytes, uint8_t out[DIGEST_SHA256_BYTES])
{
	SHA256(bytes.data, bytes.bytes, out);
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
