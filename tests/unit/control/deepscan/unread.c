/* SPDX-License-Identifier: BSD-3-Clause */
/* What nothing here takes apart says so: archives, disks, installers. */
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static bool
is_class(struct span object, enum source class)
{
	const struct deepscan *d = packer_judge(object, &packer_limits);

	return d->verdict == VERDICT_CLEAN && d->source == class;
}

struct kind {
	const char *name;
	size_t at, bytes;
	const char *mark;
	enum source class;
};

static const struct kind kinds[] = {
	{ "ACE", 7, 7, "**ACE**", SOURCE_UNSUPPORTED },
	{ "WIM", 0, 8, "MSWIM\0\0\0", SOURCE_UNSUPPORTED },
	{ "VHD that grows", 0, 8, "conectix", SOURCE_UNSUPPORTED },
	{ "VHD of a fixed size", 2048 - 512, 8, "conectix", SOURCE_UNSUPPORTED },
	{ "VHDX", 0, 8, "vhdxfile", SOURCE_UNSUPPORTED },
	{ "VMDK", 0, 4, "KDMV", SOURCE_UNSUPPORTED },
	{ "QCOW", 0, 4, "QFI\xfb", SOURCE_UNSUPPORTED },
	{ "DMG", 2048 - 512, 8, "koly\0\0\0\4", SOURCE_UNSUPPORTED },
	{ "squashfs", 0, 4, "hsqs", SOURCE_UNSUPPORTED },
	{ "GPT", 512, 8, "EFI PART", SOURCE_UNSUPPORTED },
	{ "ext4", 1024 + 0x38, 2, "\x53\xef", SOURCE_UNSUPPORTED },
	{ "ext4's mark elsewhere", 1024 + 0x36, 2, "\x53\xef", SOURCE_SANDBOX },
	{ "ALZ", 0, 4, "ALZ\1", SOURCE_UNSUPPORTED },
	{ "EGG", 0, 6, "EGGA\0\1", SOURCE_UNSUPPORTED },
	{ "InstallShield's cabinet", 0, 4, "ISc(", SOURCE_UNSUPPORTED },
	{ "FreeArc", 0, 4, "ArC\1", SOURCE_UNSUPPORTED },
	{ "zoo", 20, 4, "\xdc\xa7\xc4\xfd", SOURCE_UNSUPPORTED },
	{ "StuffIt", 0, 4, "SIT!", SOURCE_UNSUPPORTED },
	{ "StuffIt 5", 0, 15, "StuffIt (c)1997", SOURCE_UNSUPPORTED },
	{ "StuffIt X", 0, 8, "StuffIt!", SOURCE_UNSUPPORTED },
	{ "lzop", 0, 9, "\x89LZO\0\r\n\x1a\n", SOURCE_UNSUPPORTED },
	{ "lrzip", 0, 5, "LRZI\0", SOURCE_UNSUPPORTED },
	{ "Snappy", 0, 10, "\xff\6\0\0sNaPpY", SOURCE_UNSUPPORTED },
	{ "Pack200", 0, 4, "\xca\xfe\xd0\x0d", SOURCE_UNSUPPORTED },
	{ "Outlook's folders", 0, 4, "!BDN", SOURCE_UNSUPPORTED },
	{ "Symbian's installer", 8, 4, "\x19\4\0\x10", SOURCE_UNSUPPORTED },
	{ "Symbian's later one", 0, 4, "\x7a\x1a\x20\x10", SOURCE_UNSUPPORTED },
	{ "a mark elsewhere", 1, 4, "ALZ\1", SOURCE_SANDBOX },
	{ "ARJ", 0, 2, "\x60\xea", SOURCE_UNSUPPORTED },
	{ "zeros", 0, 1, "\0", SOURCE_SANDBOX },
};

TEST(what_is_not_read_here_says_so)
{
	static uint8_t bytes[2048];
	static const size_t volumes[] = { 3, 54, 82 };
	static const char *const names[] = { "NTFS    ", "FAT16   ", "FAT32   " };

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes + kinds[i].at, kinds[i].mark, kinds[i].bytes);
		CHECK_ROW(kinds[i].name, is_class(span_of(bytes, sizeof(bytes)), kinds[i].class));
	}
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes + volumes[i], names[i], 8);
		CHECK_ROW(names[i], is_class(span_of(bytes, sizeof(bytes)), SOURCE_SANDBOX));
		memcpy(bytes + 510, "\x55\xaa", 2);
		CHECK_ROW(names[i], is_class(span_of(bytes, sizeof(bytes)), SOURCE_UNSUPPORTED));
	}
}

/* A mark at a place of a file of so many bytes, which begins like this. */
static struct span
write_marked(const char *head, size_t at, struct span mark)
{
	static uint8_t bytes[2048];

	memset(bytes, '.', sizeof(bytes));
	memcpy(bytes, head, strlen(head));
	memcpy(bytes + at, mark.data, mark.bytes);
	return span_of(bytes, at + mark.bytes);
}

/* NSIS looks for its mark at the start of each 512 bytes, behind four bytes of flags. */
TEST(an_installer_of_nsis_is_told_as_not_read)
{
	static const char mark[] = "\0\0\0\0\xef\xbe\xad\xdeNullsoftInst";
	static const struct {
		const char *what, *head;
		size_t at;
		enum source source;
	} rows[] = {
		{ "an installer", "MZ", 1024, SOURCE_UNSUPPORTED },
		{ "in no block", "MZ", 1030, SOURCE_SANDBOX },
		{ "no program", "NO", 1024, SOURCE_SANDBOX },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct span made =
		    write_marked(rows[i].head, rows[i].at, span_of(mark, sizeof(mark) - 1));

		CHECK_ROW(rows[i].what, is_class(made, rows[i].source));
		made.bytes--;
		CHECK_ROW(rows[i].what, is_class(made, SOURCE_SANDBOX));
	}
}

TEST(a_program_that_unpacks_itself_is_told_as_not_read)
{
	static const struct {
		const char *what, *mark;
		size_t bytes;
	} rows[] = {
		{ "Inno Setup", "Inno Setup Setup Data (", 23 },
		{ "Inno Setup's loader", "rDlPtS\xcd\xe6\xd7\x7b\x0b\x2a", 12 },
		{ "InstallShield", "ISSetupStream", 14 },
		{ "Setup Factory",
		    "\xe0\xe0\xe1\xe1\xe2\xe2\xe3\xe3\xe4\xe4\xe5\xe5\xe6\xe6\xe7\xe7", 16 },
		{ "AutoIt", "\xa3\x48\x4b\xbe\x98\x6c\x4a\xa9\x99\x4c\x53\x0a\x86\xd6\x48\x7d",
		    16 },
		{ "PyInstaller", "MEI\x0c\x0b\x0a\x0b\x0e", 8 },
	};
	static const char *const heads[] = { "MZ",
		("\x7f"
		 "ELF"),
		"\xcf\xfa\xed\xfe" };

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct span mark = span_of(rows[i].mark, rows[i].bytes), made;

		for (unsigned h = 0; h < COUNT_OF(heads); h++) {
			made = write_marked(heads[h], 999, mark);
			CHECK_ROW(rows[i].what, is_class(made, SOURCE_UNSUPPORTED));
		}
		made = write_marked("MZ", 999, mark);
		made.bytes -= 2;
		CHECK_ROW(rows[i].what, is_class(made, SOURCE_SANDBOX));
		CHECK_ROW(rows[i].what, is_class(write_marked("no", 999, mark), SOURCE_SANDBOX));
	}
}
