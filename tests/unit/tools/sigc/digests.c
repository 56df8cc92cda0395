/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lists of digests that a scan takes on the way: SHA-1 of objects, digests of programs' sections,
 * in pieces of every size; and plain lists.
 */
#include <stdlib.h>

#include <openssl/sha.h>

#include "scanners/digest/digest.h"
#include "tests/unit/tools/sigc/made.h"

#define BODY_BYTES 3000
#define HEADER     0x80

static uint8_t body[BODY_BYTES];

static void
put(uint8_t *at, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* Sections of 512 bytes at 1024, and one of 1024 bytes at 2048, which the end of the file cuts. */
static void
make_program(unsigned sections)
{
	for (unsigned i = 0; i < BODY_BYTES; i++)
		body[i] = (uint8_t)(i * 7 + (i >> 8));
	memset(body, 0, 1024);
	memcpy(body, "MZ", 2);
	put(body + 0x3c, HEADER);
	memcpy(body + HEADER, "PE", 2);
	body[HEADER + 6] = (uint8_t)sections;
	body[HEADER + 20] = 224;
	for (unsigned i = 0; i < sections; i++) {
		uint8_t *row = body + HEADER + 24 + 224 + 40 * i;

		put(row + 16, i + 1 < sections ? 512 : 1024);
		put(row + 20, i + 1 < sections ? 1024 : 2048);
	}
}

/* 1: found; 0: not; negative: the scan failed; *is_trusted by SHA-1. */
static int
scan(struct signature_core *core, const struct generation *g, size_t step, bool finish,
    bool *is_trusted)
{
	struct signature_scan *s = signature_open(core, g);
	int rc = 0;

	for (size_t at = 0; at < BODY_BYTES; at += step)
		rc = signature_feed(s, span_first(span_of(body + at, BODY_BYTES - at), step),
		    !finish && at + step >= BODY_BYTES);
	if (finish)
		rc = signature_finish(s);
	*is_trusted = signature_is_trusted(s);
	signature_close(s);
	return rc;
}

/* The scan's outcome is the same in pieces of every size, and whether the end is told with the last
 * bytes or behind them. */
static void
check_list(const char *row, const char *file, const char *line, int expected, bool trusted)
{
	struct signature_core *core = signature_core_create(1);
	struct made m;
	bool is_trusted;

	made_begin(&m);
	CHECK_ROW(row, made_source(&m, file, line, strlen(line)) == 0 && m.sigc.loaded > 1);
	CHECK_ROW(row, made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	for (size_t step = 1; m.generation != NULL && step <= BODY_BYTES; step += 1 + step / 2) {
		CHECK_ROW(row, scan(core, m.generation, step, true, &is_trusted) == expected);
		CHECK_ROW(row, is_trusted == trusted);
		CHECK_ROW(row, scan(core, m.generation, step, false, &is_trusted) == expected);
		CHECK_ROW(row, is_trusted == trusted);
	}
	CHECK_ROW(row, scan(core, m.generation, BODY_BYTES, false, &is_trusted) == expected);
	CHECK_ROW(row, is_trusted == trusted);
	signature_core_destroy(core);
	made_end(&m);
}

static const char *
sha1_of(size_t at, size_t bytes)
{
	static char text[2 * SHA_DIGEST_LENGTH + 1];
	uint8_t digest[SHA_DIGEST_LENGTH];

	SHA1(body + at, bytes, digest);
	return digest_hex(digest, sizeof(digest), text);
}

TEST(sha1_of_objects)
{
	char line[300];

	make_program(2);
	snprintf(line, sizeof(line), "%s:3000:Bad\n", sha1_of(0, BODY_BYTES));
	check_list("of this size", "a.hsb", line, 1, false);
	check_list("trusted", "a.sfp", line, 0, true);
	snprintf(line, sizeof(line), "%s:*:Bad:73\n", sha1_of(0, BODY_BYTES));
	check_list("of any size", "a.hsb", line, 1, false);
	snprintf(line, sizeof(line), "%s:2999:Bad\n", sha1_of(0, BODY_BYTES));
	check_list("of another size", "a.hsb", line, 0, false);
	snprintf(line, sizeof(line), "%s:*:Bad\n", sha1_of(0, BODY_BYTES - 1));
	check_list("of another object", "a.hsb", line, 0, false);
	check_list("another object is trusted", "a.sfp", line, 0, false);
}

TEST(digests_for_another_level_are_left_out)
{
	static const struct {
		const char *levels;
		bool taken;
	} rows[] = { { "", true }, { ":", true }, { ":73", true }, { ":73:255", true },
		{ ":216:216", true }, { ":217", false }, { ":51:215", false }, { ":x", false } };
	static const char *const files[] = { "a.hdb", "a.hsb", "a.mdb", "a.fp" };
	char line[200];

	make_program(2);
	for (unsigned i = 0; i < COUNT_OF(rows) * COUNT_OF(files); i++) {
		const char *levels = rows[i / COUNT_OF(files)].levels;
		const char *file = files[i % COUNT_OF(files)], *sha1 = sha1_of(0, BODY_BYTES);
		struct made m;

		made_begin(&m);
		if (strcmp(file, "a.mdb") == 0)
			snprintf(line, sizeof(line), "99:%s:Name%s\n", sha1, levels);
		else
			snprintf(line, sizeof(line), "%s:99:Name%s\n", sha1, levels);
		CHECK_ROW(line, made_source(&m, file, line, strlen(line)) == 0);
		CHECK_ROW(line, (m.sigc.loaded == 2) == rows[i / COUNT_OF(files)].taken);
		CHECK_ROW(line,
		    made_left_out(&m, "Name: for another") != rows[i / COUNT_OF(files)].taken);
		made_end(&m);
	}
}

/* An .ign2 takes a trusted digest out, of every kind, and leaves another. */
TEST(ignored_digests_are_not_trusted)
{
	static const char *const names[] = { "Md5", "Sha1", "Sha256", "Other" };
	uint8_t md5[16] = { 0 }, sha256[32] = { 0 };
	char text[400], line[40];

	snprintf(text, sizeof(text), "%032d:9:Md5\n%040d:9:Sha1\n%064d:9:Sha256\n%032d:8:Other\n",
	    0, 0, 0, 0);
	for (unsigned i = 0; i < COUNT_OF(names); i++) {
		struct made m;

		made_begin(&m);
		CHECK_ROW(names[i], made_source(&m, "a.fp", text, strlen(text)) == 0);
		CHECK_ROW(names[i], made_source(&m, "b.ign2", names[i], strlen(names[i])) == 0);
		CHECK_ROW(names[i], made_build(&m) == 0);
		for (unsigned k = 0; k < COUNT_OF(names); k++) {
			snprintf(line, sizeof(line), "%s: named in an .ign2", names[k]);
			CHECK_ROW(names[i], made_left_out(&m, line) == (i == k));
		}
		sha256[0] = 0;
		md5[0] = 1;
		CHECK_ROW(names[i], generation_trusted_digest(m.generation, md5, sha256, 9) ==
					(strcmp(names[i], "Sha256") != 0));
		sha256[0] = 1;
		md5[0] = 0;
		CHECK_ROW(names[i], generation_trusted_digest(m.generation, md5, sha256, 9) ==
					(strcmp(names[i], "Md5") != 0));
		CHECK_ROW(names[i], generation_trusted_digest(m.generation, md5, sha256, 8) ==
					(strcmp(names[i], "Other") != 0));
		made_end(&m);
	}
}

/* The object is trusted though a signature was found long before its end. */
TEST(sha1_is_taken_behind_a_hit)
{
	struct signature_core *core = signature_core_create(1);
	struct made m;
	char line[300];
	bool is_trusted;

	make_program(2);
	memcpy(body + 600, "always-there", 12);
	snprintf(line, sizeof(line), "%s:3000:Good\n", sha1_of(0, BODY_BYTES));
	made_begin(&m);
	CHECK(made_source(&m, "a.sfp", line, strlen(line)) == 0);
	CHECK(made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	CHECK(scan(core, m.generation, 100, true, &is_trusted) == 1 && is_trusted);
	CHECK(scan(core, m.generation, 100, false, &is_trusted) == 1 && is_trusted);
	CHECK(scan(core, m.generation, BODY_BYTES, false, &is_trusted) == 1 && is_trusted);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(digests_of_sections)
{
	char line[300];

	make_program(2);
	snprintf(line, sizeof(line), "512:%s:Bad\n", sha1_of(1024, 512));
	check_list("of this size", "a.msb", line, 1, false);
	snprintf(line, sizeof(line), "*:%s:Bad\n", sha1_of(1024, 512));
	check_list("of any size", "a.msb", line, 1, false);
	snprintf(line, sizeof(line), "511:%s:Bad\n", sha1_of(1024, 512));
	check_list("of another size", "a.msb", line, 0, false);
	snprintf(line, sizeof(line), "*:%s:Bad\n", sha1_of(1025, 512));
	check_list("another one's", "a.msb", line, 0, false);
	snprintf(line, sizeof(line), "*:%s:Bad\n", sha1_of(2048, BODY_BYTES - 2048));
	check_list("cut by the end", "a.msb", line, 1, false);
	put(body + HEADER, 0);
	snprintf(line, sizeof(line), "512:%s:Bad\n", sha1_of(1024, 512));
	check_list("no program", "a.msb", line, 0, false);
	make_program(9);
	check_list("eight at one place", "a.msb", line, 1, false);
	make_program(10);
	check_list("nine at one place", "a.msb", "512:3395856ce81f2b7382dee72602f798b642f14140:B\n",
	    -5, false);
	make_program(2);
	put(body + 0x3c, 5000);
	check_list("headers that lie behind", "a.msb", line, 0, false);
}

/* Published lists, as they are. */
TEST(published_lists_of_digests)
{
	static const struct {
		const char *path, *name;
		uint64_t taken, others; /* some lines are two digests run together */
	} lists[] = {
		{ "data/hashes/eset-samples-md5.txt", "a.md5", 5350, 0 },
		{ "data/hashes/eset-samples-sha1.txt", "a.sha1", 5349, 4 },
		{ "data/hashes/eset-samples-sha256.txt", "a.hash", 5349, 4 },
	};
	static char text[1 << 20];

	for (unsigned i = 0; i < COUNT_OF(lists); i++) {
		const char *path = harness_shared(lists[i].path);
		FILE *f = path != NULL ? fopen(path, "re") : NULL;
		struct made m;
		size_t n;

		if (f == NULL) {
			harness_skip("no lists");
			return;
		}
		n = fread(text, 1, sizeof(text), f);
		fclose(f);
		made_begin(&m);
		CHECK_ROW(lists[i].name, made_source(&m, lists[i].name, text, n) == 0);
		CHECK_ROW(lists[i].name, m.sigc.loaded == 1 + lists[i].taken);
		CHECK_ROW(lists[i].name, m.sigc.skipped[SKIP_DIGEST_KIND] == lists[i].others);
		made_end(&m);
	}
}
