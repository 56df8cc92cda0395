/* SPDX-License-Identifier: BSD-3-Clause */
/* The generation file: the same sources, the same bytes; cut or changed anywhere, refused. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

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
		made_sign(&m);
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

/* "NAME FILE:LINE" of each row of ORIGINS, in its order. */
static void
origins_of(const struct made *m, char *out, size_t room)
{
	struct generation_section all[GENERATION_SECTIONS_MAX], by_kind[GENERATION_KIND_COUNT];
	struct generation_header h;
	struct generation_origin row;
	size_t n = 0;

	memcpy(&h, m->bytes, sizeof(h));
	memcpy(all, m->bytes + sizeof(h), h.section_count * sizeof(all[0]));
	for (uint32_t i = 0; i < h.section_count; i++)
		by_kind[all[i].kind] = all[i];
	out[0] = 0;
	for (size_t at = 0; at < by_kind[GENERATION_ORIGINS].bytes; at += sizeof(row)) {
		memcpy(&row, m->bytes + by_kind[GENERATION_ORIGINS].offset + at, sizeof(row));
		n += (size_t)snprintf(out + n, room - n, "%s %s:%u\n",
		    (const char *)m->bytes + by_kind[GENERATION_NAMES].offset + row.name,
		    (const char *)m->bytes + by_kind[GENERATION_FILES].offset + row.file, row.line);
	}
}

/* Of every kind; a part of a rule is no name of its own, one name may stand in several places. */
TEST(each_name_is_told_with_its_file_and_line)
{
	static const char literals[] = "# none\nOne\tfirst-marker\nTwice\tsecond-marker\n",
			  logical[] = "Rule;Engine:81-255,Target:0;0&1;616c706861;6f6d656761\n",
			  digests[] = "44d88612fea8a8f36de82e1278abb02f:68:Digest\n"
				      "54d88612fea8a8f36de82e1278abb02f:68:Twice\n",
			  yara[] = "rule Yar { strings: $a = \"yarastring\" condition: $a }\n",
			  ignored[] = "One\n";
	char got[1024];
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.lit", literals, sizeof(literals) - 1) == 0);
	CHECK(made_source(&m, "l.ldb", logical, sizeof(logical) - 1) == 0);
	CHECK(made_source(&m, "d.hdb", digests, sizeof(digests) - 1) == 0);
	CHECK(made_source(&m, "y.yar", yara, sizeof(yara) - 1) == 0);
	CHECK(made_build(&m) == 0);
	origins_of(&m, got, sizeof(got));
	CHECK(strcmp(got, "Always.There built in:0\nDigest d.hdb:1\nOne a.lit:2\nRule l.ldb:1\n"
			  "Twice a.lit:3\nTwice d.hdb:2\nYar y.yar:1\n") == 0);
	made_end(&m);
	made_begin(&m);
	CHECK(made_source(&m, "a.lit", literals, sizeof(literals) - 1) == 0);
	CHECK(made_source(&m, "b.ign2", ignored, sizeof(ignored) - 1) == 0);
	CHECK(made_build(&m) == 0);
	origins_of(&m, got, sizeof(got));
	CHECK(strcmp(got, "Always.There built in:0\nTwice a.lit:3\n") == 0);
	made_end(&m);
}

/* The path below a directory that is a source, whole. */
TEST(a_place_in_a_directory_is_named_from_there)
{
	static const char literals[] = "One\tfirst-marker\n";
	char got[256], inner[128];
	struct made m;
	FILE *f;

	made_begin(&m);
	snprintf(inner, sizeof(inner), "%s/in", m.directory);
	CHECK(mkdir(inner, 0700) == 0);
	snprintf(inner, sizeof(inner), "%s/in/a.lit", m.directory);
	f = fopen(inner, "w");
	CHECK(f != NULL && fputs(literals, f) >= 0 && fclose(f) == 0);
	CHECK(sigc_read(&m.sigc, m.directory) == 0);
	CHECK(made_build(&m) == 0);
	origins_of(&m, got, sizeof(got));
	CHECK(strcmp(got, "Always.There built in:0\nOne in/a.lit:1\n") == 0);
	made_end(&m);
}
