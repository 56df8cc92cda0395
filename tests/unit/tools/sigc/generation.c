/* SPDX-License-Identifier: BSD-3-Clause */
/* The generation file: the same sources, the same bytes; cut or changed anywhere, refused. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <openssl/sha.h>

#include "scanners/signature/generation_file.h"
#include "tests/unit/tools/sigc/made.h"

static void
make(struct made *m)
{
	static const char literals[] = "One\tfirst-marker\n";

	made_begin(m);
	CHECK(made_source(m, "a.lit", literals, sizeof(literals) - 1) == 0);
	CHECK(made_list(m, "bad.txt", "bad.example\nhalf.example/x\n", REPUTATION_BAD) == 0);
	CHECK(made_build(m) == 0);
}

static int
open_bytes(const uint8_t *bytes, size_t count, char *error)
{
	struct generation *g = NULL;
	int rc;

	error[0] = 0;
	rc = generation_open(span_of(bytes, count), &g, error);
	if (rc == 0)
		generation_close(g);
	return rc;
}

TEST(the_same_sources_give_the_same_file)
{
	struct made a, b;

	make(&a);
	make(&b);
	CHECK(a.byte_count == b.byte_count && memcmp(a.bytes, b.bytes, a.byte_count) == 0);
	CHECK(generation_id(a.generation) == generation_id(b.generation));
	made_end(&a);
	made_end(&b);
}

TEST(a_cut_file_is_refused)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct made m;

	make(&m);
	for (size_t n = 0; n < m.byte_count; n += n < 2000 ? 1 : 509)
		CHECK_SEED(n, open_bytes(m.bytes, n, error) != 0 && error[0] != 0);
	made_end(&m);
}

TEST(a_changed_byte_is_refused)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct made m;

	make(&m);
	for (size_t at = 0; at < m.byte_count; at += at < 1000 ? 1 : 997) {
		m.bytes[at] ^= 0x41;
		/* What stands behind Hyperscan's version text is filler: the only bytes without
		 * use. */
		if (at < offsetof(struct generation_header, hyperscan) + 7 ||
		    at >= sizeof(struct generation_header))
			CHECK_SEED(
			    at, open_bytes(m.bytes, m.byte_count, error) != 0 && error[0] != 0);
		m.bytes[at] ^= 0x41;
	}
	CHECK(open_bytes(m.bytes, m.byte_count, error) == 0);
	made_end(&m);
}

static void
sign(uint8_t *bytes, size_t count)
{
	struct generation_header h;

	memcpy(&h, bytes, sizeof(h));
	SHA256(bytes + sizeof(h), count - sizeof(h), h.sha256);
	memcpy(&h.id, h.sha256, sizeof(h.id));
	memcpy(bytes, &h, sizeof(h));
}

/* A right checksum over wrong contents: offsets, counts and databases are checked all the same. */
TEST(a_lying_file_is_refused_or_harmless)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct made m;

	make(&m);
	for (size_t at = sizeof(struct generation_header); at < m.byte_count;
	     at += at < 1200 ? 1 : 211) {
		uint8_t before = m.bytes[at];

		m.bytes[at] ^= 0x81;
		sign(m.bytes, m.byte_count);
		if (open_bytes(m.bytes, m.byte_count, error) != 0)
			CHECK_SEED(at, error[0] != 0);
		m.bytes[at] = before;
	}
	made_end(&m);
}

TEST(another_hyperscan_is_told)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct made m;

	make(&m);
	m.bytes[offsetof(struct generation_header, hyperscan)] = '9';
	CHECK(open_bytes(m.bytes, m.byte_count, error) == -ENOEXEC);
	CHECK(strstr(error, "another version of Hyperscan") != NULL);
	made_end(&m);
}

TEST(where_nothing_can_be_written_it_says_so)
{
	struct made m;

	make(&m);
	CHECK(sigc_build(&m.sigc, "/nonexistent/out.gen") != 0);
	CHECK(strstr(m.sigc.error, "/nonexistent/out.gen: No such file") != NULL);
	made_end(&m);
}
