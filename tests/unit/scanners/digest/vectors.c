/* SPDX-License-Identifier: BSD-3-Clause */
/* Digests: the published vectors, and any cut against OpenSSL in one call. */
#include "scanners/digest/digest.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "tests/unit/harness.h"

#define MILLION 1000000

/* RFC 1321 A.5; FIPS 180-2 appendix B and NIST's example values. "": the MD5 is not published. */
static const struct {
	const char *text, *md5, *sha256;
} vectors[] = {
	{ "", "d41d8cd98f00b204e9800998ecf8427e",
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "900150983cd24fb0d6963f7d28e17f72",
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "message digest", "f96b697d7cb7938d525a2f31aaf161d0",
	    "f7846f55cf23e14eebeab5b4e1550cad5b509e3348fbc4efa3a1413d393cb650" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "",
	    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	{ "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
	    "57edf4a22be3c955ac49da2e2107b67a",
	    "f371bc4a311f2b009eef952dd83ca80e2b60026c8e935592d0f9c308453c813e" },
};

static void
digest_of(const uint8_t *bytes, size_t count, size_t step, char md5[33], char sha256[65])
{
	struct digest d;
	struct digest_values v;

	digest_init(&d);
	for (size_t at = 0; at < count; at += step)
		digest_feed(&d, span_of(bytes + at, count - at < step ? count - at : step));
	digest_finish(&d, &v);
	digest_hex(v.md5, sizeof(v.md5), md5);
	digest_hex(v.sha256, sizeof(v.sha256), sha256);
}

TEST(published_vectors)
{
	char md5[33], sha256[65];

	for (unsigned i = 0; i < COUNT_OF(vectors); i++) {
		size_t n = strlen(vectors[i].text);

		for (size_t step = 1; step <= n + 1; step++) {
			digest_of((const uint8_t *)vectors[i].text, n, step, md5, sha256);
			CHECK_ROW(vectors[i].text,
			    vectors[i].md5[0] == 0 || strcmp(md5, vectors[i].md5) == 0);
			CHECK_ROW(vectors[i].text, strcmp(sha256, vectors[i].sha256) == 0);
		}
	}
}

TEST(a_million_times_a)
{
	uint8_t *bytes = malloc(MILLION);
	char md5[33], sha256[65];

	memset(bytes, 'a', MILLION);
	digest_of(bytes, MILLION, 4093, md5, sha256);
	CHECK(strcmp(md5, "7707d6ae4e027c70eea2a935c2296f21") == 0);
	CHECK(strcmp(sha256, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") ==
	      0);
	free(bytes);
}

TEST(random_cuts_change_nothing)
{
	static uint8_t bytes[20000];
	uint64_t random = 3;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)((random = random * 6364136223846793005u + 1) >> 40);
	for (unsigned seed = 0; seed < 200; seed++) {
		uint8_t md5[16], sha256[32];
		struct digest d;
		struct digest_values v;
		size_t count, at = 0;

		random = random * 6364136223846793005u + 1442695040888963407u;
		count = (random >> 30) % sizeof(bytes);
		digest_init(&d);
		while (at < count) {
			size_t n;

			random = random * 6364136223846793005u + 1442695040888963407u;
			n = (random >> 40) % 200;
			n = n < count - at ? n : count - at;
			digest_feed(&d, span_of(bytes + at, n));
			at += n;
		}
		digest_finish(&d, &v);
		EVP_Digest(bytes, count, md5, NULL, EVP_md5(), NULL);
		EVP_Digest(bytes, count, sha256, NULL, EVP_sha256(), NULL);
		CHECK_SEED(seed, memcmp(v.md5, md5, 16) == 0);
		CHECK_SEED(seed, memcmp(v.sha256, sha256, 32) == 0);
	}
}
