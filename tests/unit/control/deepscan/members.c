/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's signatures of members: what each kind of archive tells of one. Rows are what clamscan
 * 1.4.6 says of such archives, but for the checksum, which it reads and does not compare.
 */
#include <stdlib.h>

#include <archive.h>

#include "scanners/archive/rar4.h"
#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

#define PROGRAM "no program, forty bytes of nothing at all"

static const struct packer_member members[] = { { "a.txt", { (const uint8_t *)"hello\n", 6 } },
	{ "sub/b.exe", { (const uint8_t *)PROGRAM, sizeof(PROGRAM) - 1 } } };
static struct packed made;
static struct judge judge;

static bool
holds(const char *line, struct span object)
{
	bool bad;

	CHECK_ROW(line, judge_begin_members(&judge, line));
	CHECK_ROW(line, judge_taken(&judge) == 1);
	judge.deep.limits = packer_limits;
	deepscan_judge(&judge.deep, object, span_of(NULL, 0));
	bad = judge.deep.verdict == VERDICT_BAD;
	CHECK_ROW(line, !bad || strcmp(judge.deep.threat, "M") == 0);
	judge_end(&judge);
	return bad;
}

/* In all of these the second member is sub/b.exe of 41 bytes. */
static const struct {
	const char *format, *options, *type, *fields; /* what stands between NAMES and CRC */
} kinds[] = {
	{ "zip", "zip:compression=store", "ZIP", "41:41:0:2" },
	{ "7zip", NULL, "7Z", "0:41:0:1" },
	{ "ustar", NULL, "POSIX_TAR", "41:41:0:2" },
	{ "pax", NULL, "POSIX_TAR", "41:41:0:2" },
	{ "gnutar", NULL, "POSIX_TAR", "41:41:0:2" },
	{ "v7tar", NULL, "OLD_TAR", "41:41:0:2" },
	{ "odc", NULL, "CPIO_ODC", "41:41:0:2" },
	{ "newc", NULL, "CPIO_NEWC", "41:41:0:2" },
	{ "bin", NULL, "CPIO_OLD", "41:41:0:2" },
};

TEST(every_kind_of_archive_tells_its_members)
{
	char line[200];

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *format = kinds[i].format;

		CHECK_ROW(format, packer_write(&made, format, NULL, kinds[i].options, members, 2));
		for (size_t k = 0; k < COUNT_OF(kinds); k++) {
			bool is_one = strcmp(kinds[k].type, kinds[i].type) == 0;

			snprintf(line, sizeof(line), "M:CL_TYPE_%s:*:^sub/b\\.exe$:%s:*:*",
			    kinds[k].type, kinds[i].fields);
			CHECK_ROW(format, holds(line, packer_span(&made)) == is_one);
		}
		CHECK_ROW(format, holds("M:*:*:^a:*:6:0:*:*:*", packer_span(&made)));
		CHECK_ROW(format, !holds("M:*:*:^b:*:*:*:*:*:*", packer_span(&made)));
		CHECK_ROW(format, !holds("M:*:*:exe:*:*:1:*:*:*", packer_span(&made)));
	}
}

static const struct {
	const char *line;
	bool holds;
} fields[] = {
	{ "M:CL_TYPE_ZIP:*:exe:*:*:*:*:*:*", true },
	{ "M:*:*:*:*:*:*:*:*:*", true },
	{ "M:CL_TYPE_ANY:*:*:*:*:*:*:*:*", true },
	{ "M:CL_TYPE_RAR:*:exe:*:*:*:*:*:*", false },
	{ "M:CL_TYPE_ZIP:1-100:*:*:*:*:*:*:*", false },
	{ "M:CL_TYPE_ZIP:100-1000:*:*:*:*:*:*:*", true },
	{ "M:CL_TYPE_ZIP:100-0:*:*:*:*:*:*:*", true },
	{ "M:CL_TYPE_ZIP:0-1000:*:*:*:*:*:*:*", true },
	{ "M:CL_TYPE_ZIP:0:*:*:*:*:*:*:*", false },
	{ "M:CL_TYPE_ZIP:*:exe:41:*:*:*:*:*", true },
	{ "M:CL_TYPE_ZIP:*:exe:40:*:*:*:*:*", false },
	{ "M:CL_TYPE_ZIP:*:exe:*:42-100:*:*:*:*", false },
	{ "M:CL_TYPE_ZIP:*:exe:*:41-41:*:*:*:*", true },
	{ "M:CL_TYPE_ZIP:*:txt:*:*:0:1:*:*", true },
	{ "M:CL_TYPE_ZIP:*:txt:*:*:0:2:*:*", false },
	{ "M:CL_TYPE_ZIP:*:txt:*:*:*:2-3:*:*", false },
	{ "M:CL_TYPE_ZIP:*:txt:*:*:*:0-3:*:*", true },
	{ "M:CL_TYPE_ZIP:*:txt:*:*:*:*:363a3020:*", true },
	{ "M:CL_TYPE_ZIP:*:txt:*:*:*:*:363A3021:*", false },
	{ "M:CL_TYPE_ZIP:*:TXT:*:*:*:*:*:*", false },
	{ "M:CL_TYPE_ZIP:*:(?i)TXT$:*:*:*:*:*:*", true },
	{ "M:CL_TYPE_OOXML_WORD:*:txt:*:*:*:*:*:*", false },
};

TEST(every_field_counts)
{
	CHECK(packer_write(&made, "zip", NULL, "zip:compression=store", members, 2));
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		CHECK_ROW(
		    fields[i].line, holds(fields[i].line, packer_span(&made)) == fields[i].holds);
}

TEST(an_office_document_is_a_zip_too)
{
	const struct packer_member office[] = { { "[Content_Types].xml", span_text("<Types/>") },
		{ "word/document.xml", span_text("<x/>") } };

	CHECK(packer_write(&made, "zip", NULL, NULL, office, 2));
	CHECK(holds("M:CL_TYPE_OOXML_WORD:*:document:*:*:*:2:*:*", packer_span(&made)));
	CHECK(holds("M:CL_TYPE_ZIP:*:document:*:*:*:2:*:*", packer_span(&made)));
	CHECK(!holds("M:CL_TYPE_OOXML_XL:*:document:*:*:*:2:*:*", packer_span(&made)));
}

TEST(encrypted_members_are_told_by_their_names)
{
	CHECK(packer_write_locked(&made, "traditional", "x", members, 2));
	CHECK(holds("M:CL_TYPE_ZIP:*:\\.exe$:*:*:1:*:*:*", packer_span(&made)));
	CHECK(!holds("M:CL_TYPE_ZIP:*:\\.exe$:*:*:0:*:*:*", packer_span(&made)));
	CHECK(!holds("M:CL_TYPE_ZIP:*:\\.com$:*:*:1:*:*:*", packer_span(&made)));
}

/* By its headers; in the directory the names may be others. */
TEST(a_zip_without_its_directory_tells_its_members)
{
	const struct packer_zip zip[] = { { .name = "a", .bytes = span_text("hello") },
		{ .name = "b.exe", .bytes = span_text("PK\3\4"), .is_unlisted = true } };

	packer_zip(&made, zip, 2);
	made.used -= 22; /* the end record */
	CHECK(holds("M:CL_TYPE_ZIP:*:^b.exe$:4:4:0:2:*:*", packer_span(&made)));
}

TEST(a_member_of_an_archive_in_another_is_told)
{
	struct packer_member inner = { "in.zip", { 0 } };
	static struct packed outer;

	CHECK(packer_write(&made, "zip", NULL, NULL, members, 2));
	inner.bytes = packer_span(&made);
	CHECK(packer_write(&outer, "ustar", NULL, NULL, &inner, 1));
	CHECK(judge_begin_members(&judge, "M:CL_TYPE_ZIP:*:exe:*:*:*:*:*:*"));
	judge.deep.limits = packer_limits;
	deepscan_judge(&judge.deep, packer_span(&outer), span_of(NULL, 0));
	CHECK(judge.deep.verdict == VERDICT_BAD);
	CHECK(strcmp(judge.deep.layer, "tar:in.zip->zip:sub/b.exe") == 0);
	CHECK(
	    judge.deep.part_count == 1); /* the ZIP is bad wherever it is met, its member is not */
	judge_end(&judge);
}

TEST(an_attachment_is_told)
{
	static const char mail[] =
	    "From: a@b.test\nMIME-Version: 1.0\nContent-Type: application/octet-stream;"
	    " name=\"in voice.exe\"\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n";
	const struct span object = span_of(mail, sizeof(mail) - 1);

	CHECK(holds("M:CL_TYPE_MAIL:*:^in_voice\\.exe$:5:5:0:0:*:*", object));
	CHECK(!holds("M:CL_TYPE_MAIL:*:^in_voice\\.exe$:6:*:*:*:*:*", object));
	CHECK(!holds("M:CL_TYPE_ZIP:*:^in_voice\\.exe$:*:*:*:*:*:*", object));
}

static void
add(uint64_t value, unsigned bytes)
{
	packer_add(&made, span_of(&value, bytes));
}

/* A header of RAR 2 to 4; `data` follows it. */
static void
add_rar4(const char *name, uint32_t crc, uint64_t flags, uint64_t packed, uint64_t bytes)
{
	bool has_high = (flags & 0x100) != 0;

	add(0, 2);
	add(0x74, 1);
	add(flags | 0x8000, 2);
	add(32 + (has_high ? 8 : 0) + strlen(name), 2);
	add(packed, 4);
	add(bytes, 4);
	add(2, 1);
	add(crc, 4);
	add(0, 4);
	add(20, 1);
	add(0x30, 1);
	add(strlen(name), 2);
	add(0, 4);
	if (has_high) {
		add(packed >> 32, 4);
		add(bytes >> 32, 4);
	}
	packer_add(&made, span_text(name));
}

static void
write_rar4(void)
{
	made.used = 0;
	packer_add(&made, span_of("Rar!\x1a\7\0", 7));
	add(0, 2);
	add(0x73, 1);
	add(0, 2);
	add(13, 2);
	add(0, 6);
	add_rar4("a.txt", 7, 0, 5, 9);
	packer_add(&made, span_text("hello"));
	add_rar4("b.exe", 0xdeadbeef, 4, 5, UINT32_MAX);
	packer_add(&made, span_text("hello"));
	add_rar4("c.iso", 1, 0x100, 3, UINT64_C(1) << 32 | 8);
	packer_add(&made, span_text("end"));
}

TEST(a_rar_tells_its_members)
{
	write_rar4();
	CHECK(holds("M:CL_TYPE_RAR:*:^b\\.exe$:5:4294967295:1:2:deadbeef:*", packer_span(&made)));
	CHECK(holds("M:CL_TYPE_RAR:*:^a\\.txt$:5:9:0:1:*:*", packer_span(&made)));
	CHECK(holds("M:CL_TYPE_RAR:*:^c:3:4294967304:0:3:*:*", packer_span(&made)));
	CHECK(!holds("M:CL_TYPE_RAR:*:^b\\.exe$:*:*:0:*:*:*", packer_span(&made)));
}

TEST(headers_of_a_rar_4_cut_anywhere_are_not_read_beyond)
{
	struct rar_member m;
	struct rar4 r;

	write_rar4();
	for (size_t bytes = 1; bytes <= made.used; bytes++) {
		uint8_t *cut = malloc(bytes); /* so that a byte too far is seen */
		unsigned files = 0;

		memcpy(cut, made.bytes, bytes);
		CHECK_SEED(bytes, rar4_begin(&r, span_of(cut, bytes)) == (bytes >= 7));
		while (bytes >= 7 && rar4_next(&r, &m))
			files++;
		CHECK_SEED(bytes, files <= 3 && (files == 3 || bytes < made.used));
		free(cut);
	}
}

TEST(a_name_that_meets_a_limit_is_an_error)
{
	static char name[5000];
	const struct packer_member one = { name, span_text("x") };

	memset(name, 'x', sizeof(name) - 1);
	memcpy(name + sizeof(name) - 3, "y.", 2); /* nearly */
	CHECK(packer_write(&made, "zip", NULL, NULL, &one, 1));
	CHECK(judge_begin_members(&judge, "M:*:*:(x+)+y$:*:*:*:*:*:*"));
	judge.deep.limits = packer_limits;
	deepscan_judge(&judge.deep, packer_span(&made), span_of(NULL, 0));
	CHECK(judge.deep.verdict == VERDICT_CLEAN && judge.deep.source == SOURCE_ERROR);
	judge_end(&judge);
}

TEST(members_beyond_the_limit_are_not_asked_of)
{
	struct packer_zip zip[3] = { { .name = "a", .bytes = span_text("1") },
		{ .name = "b", .bytes = span_text("2") },
		{ .name = "c", .bytes = span_text("3") } };

	packer_zip(&made, zip, 3);
	CHECK(judge_begin_members(&judge, "M:*:*:c:*:*:*:*:*:*"));
	judge.deep.limits = packer_limits;
	judge.deep.limits.members_max = 2;
	deepscan_judge(&judge.deep, packer_span(&made), span_of(NULL, 0));
	CHECK(judge.deep.verdict == VERDICT_CLEAN && judge.deep.source == SOURCE_OVERSIZE);
	judge_end(&judge);
}
