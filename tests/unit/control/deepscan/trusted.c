/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of trusted files hold for members as they do for objects. */
#include <openssl/evp.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

static const char contents[] = "it is always-there", rule[] = "it is as the rule says";
static const char yara[] = "rule Expression { strings: $a = /as [a-z]+ rule/ condition: $a }";
static struct packed inner, outer;

/* A line of an .fp; `more` is added to the size that it tells. */
static const char *
line_of(const EVP_MD *kind, struct span bytes, size_t more)
{
	static char line[2 * EVP_MAX_MD_SIZE + 64];
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned n;

	CHECK(EVP_Digest(bytes.data, bytes.bytes, digest, &n, kind, NULL) == 1);
	for (unsigned i = 0; i < n; i++)
		snprintf(line + 2 * i, 3, "%02x", digest[i]);
	snprintf(line + 2 * n, 64, ":%zu:Known", bytes.bytes + more);
	return line;
}

static bool
is_bad(const char *trusted, struct span object)
{
	static const struct deepscan_limits limits = {
		.depth_max = 5, .members_max = 100, .unpacked_bytes_max = 1 << 20
	};
	struct judge j;
	bool bad;

	CHECK(judge_begin_trusting(&j, span_text(yara), trusted));
	j.deep.limits = limits;
	deepscan_judge(&j.deep, object, span_text("outer.zip"));
	bad = j.deep.verdict == VERDICT_BAD;
	CHECK(j.deep.source == SOURCE_SANDBOX);
	judge_end(&j);
	return bad;
}

/* A file in a ZIP in a ZIP; in a tar the inner one would be seen in the bytes of the tar, too. */
static void
pack(const char *text)
{
	const struct packer_member members[] = { { "a.txt", span_text("another") },
		{ "b.txt", span_text(text) } };
	struct packer_member archive = { "in.zip", { 0 } };

	CHECK(packer_write(&inner, "zip", NULL, "zip:compression=deflate", members, 2));
	archive.bytes = packer_span(&inner);
	CHECK(packer_write(&outer, "zip", NULL, "zip:compression=deflate", &archive, 1));
}

TEST(a_trusted_member_is_not_bad)
{
	const EVP_MD *const kinds[] = { EVP_md5(), EVP_sha1(), EVP_sha256() };
	const char *const texts[] = { contents, rule };

	for (unsigned t = 0; t < COUNT_OF(texts); t++) {
		struct span text = span_text(texts[t]);

		pack(texts[t]);
		CHECK_ROW(texts[t], is_bad(NULL, packer_span(&outer)));
		for (unsigned k = 0; k < COUNT_OF(kinds); k++) {
			CHECK_ROW(
			    texts[t], !is_bad(line_of(kinds[k], text, 0), packer_span(&outer)));
			CHECK_ROW(
			    texts[t], is_bad(line_of(kinds[k], text, 1), packer_span(&outer)));
			CHECK_ROW(texts[t], !is_bad(line_of(kinds[k], packer_span(&inner), 0),
						packer_span(&outer)));
		}
	}
}

TEST(beside_a_trusted_member_another_is_bad)
{
	const struct packer_member members[] = { { "a.txt", span_text(rule) },
		{ "b.txt", span_text(contents) } };

	CHECK(packer_write(&outer, "ustar", "gzip", NULL, members, 2));
	CHECK(is_bad(line_of(EVP_md5(), span_text(rule), 0), packer_span(&outer)));
	CHECK(is_bad(line_of(EVP_sha1(), span_text(contents), 0), packer_span(&outer)));
}
