/* SPDX-License-Identifier: BSD-3-Clause */
/* The headers of 7z archives: what 7-Zip wrote, cut at every byte, and lists by hand. */
#include "scanners/archive/seven.h"

#include "tests/unit/control/deepscan/seven_samples.h"
#include "tests/unit/harness.h"

#define MARK_OF_LZMA 0x030101
#define START_BYTES  32

TEST(folders_and_files_are_told)
{
	struct seven_folder f;
	struct seven_file file;
	struct seven s;

	CHECK(seven_begin(&s, seven_samples[0].bytes) && !s.is_packed);
	CHECK(seven_next_folder(&s, &f));
	CHECK(f.count == 2 && f.coders[0].method == MARK_OF_LZMA);
	CHECK(f.coders[1].method == 0x03030501 && f.coders[1].properties.bytes == 0);
	CHECK(f.coders[0].properties.bytes == 5 && f.files == 2 && !f.has_crc);
	CHECK(f.packed.data == seven_samples[0].bytes.data + START_BYTES);
	CHECK(seven_next_file(&s, &file));
	CHECK(span_equal(file.name, span_of("a\0.\0c\0o\0m\0", 10)) && file.has_crc);
	CHECK(file.bytes == f.coders[1].bytes - strlen("behind it"));
	CHECK(seven_next_file(&s, &file));
	CHECK(span_equal(file.name, span_of("b\0.\0t\0x\0t\0", 10)) && file.has_crc);
	CHECK(file.bytes == strlen("behind it"));
	CHECK(!seven_next_file(&s, &file));
	CHECK(!seven_next_folder(&s, &f) && !s.is_bad);
}

/* Walks all of it. How many files. */
static unsigned
walk(struct seven *s)
{
	struct seven_folder f;
	struct seven_file file;
	unsigned files = 0;

	while (seven_next_folder(s, &f)) {
		while (seven_next_file(s, &file))
			files++;
	}
	return files;
}

TEST(a_list_that_is_cut_makes_no_sense)
{
	for (size_t i = 0; i < COUNT_OF(seven_samples); i++) {
		struct span list;
		struct seven s;

		CHECK_ROW(seven_samples[i].name, seven_begin(&s, seven_samples[i].bytes));
		list = s.list;
		CHECK_ROW(seven_samples[i].name, walk(&s) == (s.is_packed ? 1 : 2) && !s.is_bad);
		for (size_t end = 0; end < list.bytes; end++)
			CHECK_SEED(end, !seven_open(&s, span_first(list, end)) && walk(&s) == 0);
	}
}

static const struct list_case {
	const char *name;
	struct span list;
	bool is_sound;
	unsigned files;
} lists[] = {
	{ "nothing in it", SEVEN_BYTES("\1\0"), true, 0 },
	{ "properties of the archive", SEVEN_BYTES("\1\2\x20\2ab\0\0"), true, 0 },
	{ "properties that are cut", SEVEN_BYTES("\1\2\x20\2a"), false, 0 },
	{ "more files than names", SEVEN_BYTES("\1\5\x50\0\0"), false, 0 },
	{ "another kind", SEVEN_BYTES("\2\0"), false, 0 },
	{ "one stored file", SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\1\0\1\1\0\xc\5\0\0\0"), true, 1 },
	{ "2^56 folders",
	    SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\xff\0\0\0\0\0\0\0\1\0\1\1\0\xc\5\0\0\0"), false,
	    0 },
	{ "2^56 coders",
	    SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\1\0\xff\0\0\0\0\0\0\0\1\1\0\xc\5\0\0\0"), false,
	    0 },
	{ "2^56 files in a folder",
	    SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\1\0\1\1\0\xc\5\0\x8\xd\xff\0\0\0\0\0\0\0\1\0\0\0"),
	    false, 0 },
	{ "2^56 streams into a coder",
	    SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\1\0\1\x11\0\xff\0\0\0\0\0\0\0\1\1\xc\5\0\0\0"),
	    false, 0 },
	{ "two files that are longer than their folder",
	    SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\1\0\1\1\0\xc\5\0\x8\xd\2\x9\6\0\0\0"), true, 1 },
};

TEST(numbers_are_not_believed)
{
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct seven s = { .is_bad = false };

		CHECK_ROW(lists[i].name, seven_open(&s, lists[i].list) == lists[i].is_sound);
		CHECK_ROW(lists[i].name, walk(&s) == lists[i].files);
	}
}

/* Coders that go round, or of which one has several streams, are no chain. */
TEST(what_is_no_chain_is_told_so)
{
	static const struct {
		const char *name;
		struct span list;
	} rows[] = {
		{ "each takes what the other gives",
		    SEVEN_BYTES("\1\4\6\0\1\x9\5\0\7\xb\1\0\2\1\0\1\0\0\0\xc\5\5\0\0\0") },
		{ "two streams into one",
		    SEVEN_BYTES("\1\4\6\0\2\x9\2\3\0\7\xb\1\0\1\x11\0\2\1\0\1\xc\5\0\0\0") },
	};
	struct seven_folder f;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct seven s = { .is_bad = false };

		CHECK_ROW(rows[i].name, seven_open(&s, rows[i].list));
		CHECK_ROW(rows[i].name, seven_next_folder(&s, &f) && f.count == 0);
	}
}
