/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats by their first bytes. */
#include "scanners/format/format.h"
#include "tests/unit/harness.h"

static const struct {
	const char *bytes;
	size_t count;
	const char *word;
} cases[] = {
#define ROW(text, word)                      \
	{                                    \
		text, sizeof(text) - 1, word \
	}
	ROW("success\n", "GeneralTxt"),
	ROW("\0\1\2\3", "GeneralBin"),
	ROW("", "GeneralBin"),
	ROW("  <!DOCTYPE HTML><p>", "GeneralHtml"),
	ROW("<?xml version=\"1.0\"?><a/>", "Xml"),
	ROW("{\"a\":1}", "Json"),
	ROW("MZ\x90\0\3", "Exe"),
	ROW("\x7f"
	    "ELF\2\1\1",
	    "Elf"),
	ROW("%PDF-1.4\n", "Pdf"),
	ROW("\x1f\x8b\x08\0", "Gz"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0readme.txt", "Zip"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0[Content_Types].xml",
	    "OoXml"),
	ROW("7z\xbc\xaf\x27\x1c", "7z"),
	ROW("\x89PNG\r\n\x1a\n", "Png"),
	ROW("#!/bin/sh\n", "Script"),
	ROW("\xca\xfe\xba\xbe\0\0\0\x34", "JavaClass"),
};

TEST(words_of_first_bytes)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		enum format f =
		    format_detect(span_of(cases[i].bytes, cases[i].count), cases[i].count);

		CHECK_ROW(cases[i].word, strcmp(format_word(f), cases[i].word) == 0);
	}
}

TEST(words_are_found_again)
{
	for (unsigned i = 0; i < FORMAT_COUNT; i++)
		CHECK(format_by_word(span_text(format_word(i))) == i);
	CHECK(format_by_word(span_text("nonsense")) == FORMAT_COUNT);
	CHECK(format_class_by_word(span_text("archive")) == FORMAT_CLASS_ARCHIVE);
}
