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
