/* SPDX-License-Identifier: BSD-3-Clause */
/* What a name says of an object, and comparisons with it. */
#include "scanners/signature/name.h"

#include "tests/unit/harness.h"

static const struct {
	const char *name;
	size_t bytes; /* 0: up to its NUL */
	const char *filename, *filepath, *extension;
} names[] = {
	{ "", 0, "", "", "" },
	{ "a.exe", 0, "a.exe", "", ".exe" },
	{ "A.TXT.ExE", 0, "A.TXT.ExE", "", ".exe" },
	{ "usr/bin/perl", 0, "perl", "usr/bin", "" },
	{ "/etc/passwd", 0, "passwd", "/etc", "" },
	{ "/x", 0, "x", "/", "" },
	{ "C:\\Temp\\a.dll", 0, "a.dll", "C:\\Temp", ".dll" },
	{ "dir.d/name", 0, "name", "dir.d", "" },
	{ "dir/", 0, "", "dir", "" },
	{ ".bashrc", 0, ".bashrc", "", ".bashrc" },
	{ "a.", 0, "a.", "", "." },
	{ "a.exe\0.txt", 10, "a.exe_.txt", "", ".txt" },
	{ "\xc3\x84.PDF", 0, "\xc3\x84.PDF", "", ".pdf" },
};

TEST(a_name_has_a_path_and_an_extension)
{
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		size_t n = names[i].bytes > 0 ? names[i].bytes : strlen(names[i].name);
		struct signature_variables v;

		signature_variables(
		    span_of(names[i].name, n), FORMAT_GENERAL_BIN, span_of(NULL, 0), &v);
		CHECK_ROW(names[i].name, span_is(v.of[VARIABLE_FILENAME], names[i].filename));
		CHECK_ROW(names[i].name, span_is(v.of[VARIABLE_FILEPATH], names[i].filepath));
		CHECK_ROW(names[i].name, span_is(v.of[VARIABLE_EXTENSION], names[i].extension));
		CHECK_ROW(names[i].name, v.of[VARIABLE_OWNER].bytes == 0);
		for (unsigned k = 0; k < VARIABLE_COUNT; k++)
			CHECK_ROW(names[i].name, v.of[k].data[v.of[k].bytes] == 0);
	}
}

TEST(a_name_of_any_length_has_room)
{
	char name[SIGNATURE_NAME_MAX + 40];
	struct signature_variables v;

	for (size_t n = 0; n <= sizeof(name); n++) {
		memset(name, '.', sizeof(name));
		signature_variables(span_of(name, n), FORMAT_GENERAL_BIN, span_of(NULL, 0), &v);
		CHECK_SEED(n, v.of[VARIABLE_FILENAME].bytes ==
				  (n < SIGNATURE_NAME_MAX ? n : SIGNATURE_NAME_MAX));
		memset(name, 'x', sizeof(name));
		name[0] = '.';
		signature_variables(span_of(name, n), FORMAT_GENERAL_BIN, span_of(NULL, 0), &v);
		CHECK_SEED(n, v.of[VARIABLE_EXTENSION].bytes == v.of[VARIABLE_FILENAME].bytes);
		name[n / 2] = '/';
		signature_variables(span_of(name, n), FORMAT_GENERAL_BIN, span_of(NULL, 0), &v);
		for (unsigned k = 0; k < VARIABLE_COUNT; k++)
			CHECK_SEED(n, v.of[k].data[v.of[k].bytes] == 0);
	}
}

static const struct {
	const char *bytes, *filetype;
} types[] = {
	{ "MZ\x90", "EXE" },
	{ "%PDF-1.4\n", "PDF" },
	{ "junk %PDF-1.4\n", "" },
	{ "GIF89a", "GIF" },
	{ "Rar!\x1a\x07\x01", "RAR" },
	{ "plain text", "" },
	{ "", "" },
};

TEST(a_type_is_told_where_it_is_exact)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		struct span head = span_text(types[i].bytes);
		struct signature_variables v;

		signature_variables(span_text("x"), format_detect(head), head, &v);
		CHECK_ROW(types[i].bytes, span_is(v.of[VARIABLE_FILETYPE], types[i].filetype));
	}
}

static const struct {
	const char *what, *with;
	uint32_t how;
	bool holds;
} compared[] = {
	{ "abc", "abc", TEXT_IS, true },
	{ "abc", "abC", TEXT_IS, false },
	{ "abc", "aBC", TEXT_IS | TEXT_NOCASE, true },
	{ "abcd", "abc", TEXT_IS, false },
	{ "abc", "abcd", TEXT_IS, false },
	{ "abcd", "abc", TEXT_STARTS, true },
	{ "xabc", "abc", TEXT_STARTS, false },
	{ "xabc", "ABC", TEXT_ENDS | TEXT_NOCASE, true },
	{ "abcx", "abc", TEXT_ENDS, false },
	{ "xabcx", "abc", TEXT_CONTAINS, true },
	{ "abc", "abc", TEXT_CONTAINS, true },
	{ "ab", "abc", TEXT_CONTAINS, false },
	{ "", "a", TEXT_CONTAINS, false },
	{ "xaBcx", "abc", TEXT_CONTAINS, false },
	{ "[", "{", TEXT_IS | TEXT_NOCASE, false },
};

TEST(texts_are_compared)
{
	for (size_t i = 0; i < COUNT_OF(compared); i++)
		CHECK_ROW(compared[i].what,
		    signature_text_compare(span_text(compared[i].what), span_text(compared[i].with),
			compared[i].how) == compared[i].holds);
}
