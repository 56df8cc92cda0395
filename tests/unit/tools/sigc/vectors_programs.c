/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's program that 84 signature files must each hit, by everything a signature can say of a
 * program: each file by itself hits it, in one piece and as a stream, or stands in a list with the
 * reason that the compiler gives. Two more, "SE1" with a plain literal, do not hit in ClamAV, which
 * looks for such at the section's first byte alone, against what its manual says; here they do.
 */
#include <stdlib.h>

#include <archive.h>
#include <archive_entry.h>

#include "scanners/digest/digest.h"
#include "tests/unit/tools/sigc/made.h"

#define FILES_MAX 120

struct member {
	char name[120];
	uint8_t *bytes;
	size_t size;
};

/* How names of files begin, behind "Test.GenSig." and the like, and why they are left out. */
static const struct {
	const char *word;
	enum skip_reason why;
} left_out[] = {
	{ ".BC_", SKIP_FILE_TYPE },      /* bytecode is a program, not a signature */
	{ ".LDB_1of2", SKIP_CONDITION }, /* icons */
	{ ".LDB_2of2", SKIP_CONDITION },
	{ ".IMP_", SKIP_IMPORTS }, /* lie anywhere in the program */
};

static unsigned
read_members(const char *path, struct member members[FILES_MAX])
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	unsigned n = 0;

	archive_read_support_format_tar(a);
	archive_read_support_filter_zstd(a);
	CHECK(archive_read_open_filename(a, path, 1 << 16) == ARCHIVE_OK);
	while (n < FILES_MAX && archive_read_next_header(a, &e) == ARCHIVE_OK) {
		struct member *m = &members[n];

		if (archive_entry_size(e) == 0)
			continue;
		CHECK((size_t)snprintf(m->name, sizeof(m->name), "%s", archive_entry_pathname(e)) <
		      sizeof(m->name));
		m->size = (size_t)archive_entry_size(e);
		m->bytes = malloc(m->size);
		CHECK(m->bytes != NULL &&
		      archive_read_data(a, m->bytes, m->size) == (ssize_t)m->size);
		n++;
	}
	archive_read_free(a);
	return n;
}

/* By signatures as a stream of such pieces, or of the whole, or by its digests. */
static bool
is_hit(const struct made *m, struct span body, size_t step)
{
	struct signature_core *core = signature_core_create(1);
	struct digest_values v;
	struct digest d;
	int rc;

	CHECK(core != NULL && signature_core_prepare(core, m->generation) == 0);
	rc = made_scan(core, m->generation, body, step, NULL);
	CHECK(rc >= 0);
	signature_core_destroy(core);
	digest_init(&d);
	digest_feed(&d, body);
	digest_finish(&d, &v);
	return rc == 1 || made_scan_whole(m, body, 0) == 1 ||
	       generation_bad_digest(m->generation, v.md5, v.sha256, body.bytes) != NULL;
}

static enum skip_reason
listed(const char *name)
{
	for (unsigned i = 0; i < COUNT_OF(left_out); i++) {
		if (strstr(name, left_out[i].word) != NULL)
			return left_out[i].why;
	}
	return SKIP_COUNT;
}

/* 1: it is taken and right; 0: it is left out and listed. */
static unsigned
check_member(const struct member *member, struct span program)
{
	static const size_t steps[] = { 1 << 24, 100000, 1400, 97 };
	enum skip_reason why = listed(member->name);
	const char *slash = strrchr(member->name, '/');
	struct made m;

	made_begin(&m);
	m.sigc.has_sandbox = true;
	CHECK_ROW(member->name, made_source(&m, slash != NULL ? slash + 1 : member->name,
				    member->bytes, member->size) == 0);
	if (why != SKIP_COUNT)
		CHECK_ROW(member->name, m.sigc.skipped[why] == 1);
	else
		CHECK_ROW(member->name, m.sigc.loaded == 2 && made_build(&m) == 0);
	for (unsigned i = 0; m.generation != NULL && i < COUNT_OF(steps); i++)
		CHECK_ROW(member->name, is_hit(&m, program, steps[i]));
	made_end(&m);
	return why == SKIP_COUNT;
}

TEST(program_vectors_of_clamav)
{
	const char *path = harness_shared("data/vectors/clamav-pe-allmatch.tar.zst");
	static struct member members[FILES_MAX];
	struct span program = span_of(NULL, 0);
	unsigned n, rows = 0, taken = 0;

	if (path == NULL) {
		harness_skip("no vectors");
		return;
	}
	n = read_members(path, members);
	for (unsigned i = 0; i < n; i++) {
		if (strstr(members[i].name, "/test.exe") != NULL)
			program = span_of(members[i].bytes, members[i].size);
	}
	for (unsigned i = 0; i < n; i++) {
		if (strstr(members[i].name, "/alert-sigs/") == NULL &&
		    strstr(members[i].name, "/broken-sigs/") == NULL)
			continue;
		taken += check_member(&members[i], program);
		rows++;
	}
	for (unsigned i = 0; i < n; i++)
		free(members[i].bytes);
	printf("  %u files of signatures, %u taken\n", rows, taken);
	CHECK(rows == 86);
}
