/* SPDX-License-Identifier: BSD-3-Clause */
/* What a generation file says of itself: whole, cut at every byte, and out of range. */
#include "control/current.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "scanners/reputation/reputation_table.h"
#include "scanners/signature/generation_file.h"
#include "tests/unit/harness.h"

#define SECTIONS 7

struct file {
	struct generation_header header;
	struct generation_section sections[SECTIONS];
	struct reputation_header reputation;
};

static void
make_file(struct file *f)
{
	*f = (struct file){ .header = { .version = GENERATION_VERSION,
				.section_count = SECTIONS,
				.id = 0x0123456789abcdef },
		.sections = {
		    { .kind = GENERATION_LITERALS, .bytes = 5 * sizeof(struct generation_literal) },
		    { .kind = GENERATION_BAD_MD5, .bytes = 2 * sizeof(struct generation_digest16) },
		    { .kind = GENERATION_BAD_SHA256,
			.bytes = 3 * sizeof(struct generation_digest32) },
		    { .kind = GENERATION_GOOD_MD5, .bytes = sizeof(struct generation_digest16) },
		    { .kind = GENERATION_GOOD_SHA256,
			.bytes = 6 * sizeof(struct generation_digest32) },
		    { .kind = GENERATION_REPUTATION,
			.offset = offsetof(struct file, reputation),
			.bytes = sizeof(struct reputation_header) },
		    { .kind = GENERATION_KIND_COUNT + 9, .bytes = 100 }, /* of a later version */
		},
		.reputation = { .magic = REPUTATION_MAGIC, .entries = 11 } };
	memcpy(f->header.magic, GENERATION_MAGIC, sizeof(f->header.magic));
}

/* Reads the first bytes of it from a file. */
static int
read_back(const struct file *f, size_t bytes, struct current_facts *facts)
{
	char path[] = "/tmp/sluice-current-XXXXXX";
	int fd = mkstemp(path), rc;

	CHECK(fd >= 0 && write(fd, f, bytes) == (ssize_t)bytes);
	close(fd);
	rc = current_read(path, facts);
	unlink(path);
	return rc;
}

TEST(a_generation_file_is_counted_by_its_sections)
{
	struct current_facts facts;
	struct file f;

	make_file(&f);
	CHECK(read_back(&f, sizeof(f), &facts) == 0);
	CHECK(facts.id == 0x0123456789abcdef);
	CHECK(facts.literals == 5);
	CHECK(facts.digests_bad == 5 && facts.digests_good == 7);
	CHECK(facts.reputation_entries == 11);
	f.sections[5].bytes = 0; /* no lists */
	CHECK(read_back(&f, sizeof(f), &facts) == 0 && facts.reputation_entries == 0);
}

TEST(a_generation_file_cut_anywhere_is_refused)
{
	struct current_facts facts;
	struct file f;

	make_file(&f);
	for (size_t n = 0; n < sizeof(f); n++)
		CHECK_SEED(n, read_back(&f, n, &facts) == -EINVAL);
}

TEST(what_is_no_generation_file_is_refused)
{
	struct current_facts facts;
	struct file f;

	make_file(&f);
	f.header.magic[7] ^= 1;
	CHECK(read_back(&f, sizeof(f), &facts) == -EINVAL);
	make_file(&f);
	f.header.version++;
	CHECK(read_back(&f, sizeof(f), &facts) == -EINVAL);
	make_file(&f);
	f.header.section_count = GENERATION_SECTIONS_MAX + 1;
	CHECK(read_back(&f, sizeof(f), &facts) == -EINVAL);
	f.header.section_count = UINT32_MAX;
	CHECK(read_back(&f, sizeof(f), &facts) == -EINVAL);
	make_file(&f);
	f.sections[5].offset = sizeof(f);
	CHECK(read_back(&f, sizeof(f), &facts) == -EINVAL);
	f.sections[5].offset = UINT64_MAX;
	CHECK(read_back(&f, sizeof(f), &facts) == -EINVAL);
	CHECK(current_read("/tmp/sluice-none/current.gen", &facts) == -ENOENT && facts.id == 0);
	CHECK(current_read("/tmp", &facts) == -EISDIR);
}

#define ORIGINS 5

/* Names "a" to "d" at 0, 2, 4 and 6 of NAMES; b stands in two files, d is built in. */
struct places_file {
	struct generation_header header;
	struct generation_section sections[3];
	char names[8], files[16];
	struct generation_origin origins[ORIGINS];
};

static void
make_places(struct places_file *f)
{
	*f = (struct places_file){ .header = { .version = GENERATION_VERSION, .section_count = 3 },
		.sections = {
		    { .kind = GENERATION_NAMES, .offset = offsetof(struct places_file, names),
			.bytes = sizeof(f->names) },
		    { .kind = GENERATION_FILES, .offset = offsetof(struct places_file, files),
			.bytes = sizeof(f->files) },
		    { .kind = GENERATION_ORIGINS, .offset = offsetof(struct places_file, origins),
			.bytes = sizeof(f->origins) },
		},
		.names = "a\0b\0c\0d",
		.files = "x.ldb\0in/y.yar",
		.origins = { { 0, 0, 7 }, { 2, 0, 8 }, { 2, 6, 9 }, { 4, 6, 1 }, { 6, 0, 0 } } };
	memcpy(f->header.magic, GENERATION_MAGIC, sizeof(f->header.magic));
}

static int
find_in(const void *file, size_t bytes, const char *name, struct current_place *out, unsigned max)
{
	char path[] = "/tmp/sluice-current-XXXXXX";
	int fd = mkstemp(path), rc;

	CHECK(fd >= 0 && write(fd, file, bytes) == (ssize_t)bytes);
	close(fd);
	rc = current_find(path, name, out, max);
	unlink(path);
	return rc;
}

TEST(a_rule_is_found_where_it_stands)
{
	static const struct {
		const char *name, *file;
		int count;
		uint32_t line;
	} cases[] = { { "a", "x.ldb", 1, 7 }, { "b", "x.ldb", 2, 8 }, { "c", "in/y.yar", 1, 1 },
		{ "d", "x.ldb", 1, 0 }, { "", "", 0, 0 }, { "aa", "", 0, 0 }, { "e", "", 0, 0 } };
	struct current_place out[4];
	struct places_file f;

	make_places(&f);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int n = find_in(&f, sizeof(f), cases[i].name, out, 4);

		CHECK_ROW(cases[i].name, n == cases[i].count);
		if (n > 0)
			CHECK_ROW(cases[i].name, strcmp(out[0].file, cases[i].file) == 0 &&
						     out[0].line == cases[i].line);
	}
	CHECK(find_in(&f, sizeof(f), "b", out, 4) == 2 && strcmp(out[1].file, "in/y.yar") == 0 &&
	      out[1].line == 9);
	CHECK(find_in(&f, sizeof(f), "b", out, 1) == 1);
	f.sections[2].bytes = 0; /* no rules at all */
	CHECK(find_in(&f, sizeof(f), "a", out, 4) == 0);
}

TEST(a_damaged_table_of_places_is_refused)
{
	struct current_place out[4];
	struct places_file f;

	make_places(&f);
	for (size_t n = 0; n < offsetof(struct places_file, origins) + sizeof(f.origins); n++) {
		int found = find_in(&f, n, "b", out, 4);

		CHECK_SEED(n, found == -EINVAL);
	}
	f.origins[2].name = sizeof(f.names);
	CHECK(find_in(&f, sizeof(f), "b", out, 4) == -EINVAL);
	make_places(&f);
	f.origins[1].file = UINT32_MAX;
	CHECK(find_in(&f, sizeof(f), "b", out, 4) == -EINVAL);
	make_places(&f);
	f.sections[2].offset = UINT64_MAX - 4;
	CHECK(find_in(&f, sizeof(f), "b", out, 4) == -EINVAL);
	CHECK(current_find("/tmp/sluice-none/current.gen", "b", out, 4) == -ENOENT);
}
