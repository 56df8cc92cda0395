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
	ROW("\xff\xfeh\0i\0", "GeneralTxt"),
	ROW("gr\xc3\xbc\xc3\x9f", "GeneralTxt"),
	ROW("\0\1\2\3", "GeneralBin"),
	ROW("", "GeneralBin"),
	ROW("  <!DOCTYPE HTML><p>", "GeneralHtml"),
	ROW("  <!DOCTYPE HTML>\1\0", "GeneralHtml"),
	ROW("<?php\0", "Php"),
	ROW("<svg \2", "Svg"),
	ROW("<\0html>", "GeneralBin"),
	ROW("#!/bin/sh\nexit\n\x1f\x8b\x08", "Script"),
	ROW("#! \tperl\n\0", "Script"),
	ROW("#!AMR\n\x04", "GeneralBin"),
	ROW("#!\0", "GeneralBin"),
	ROW("#!AMR\n", "Script"),
	ROW("{\"a\":\1}", "GeneralBin"),
	ROW("<html>", "GeneralHtml"),
	ROW("<?xml version=\"1.0\"?><html>", "GeneralHtml"),
	ROW("<?xml version=\"1.0\"?><a/>", "Xml"),
	ROW("<svg xmlns=", "Svg"),
	ROW("<?xml version=\"1.0\"?><svg>", "Svg"),
	ROW("{\"a\":1}", "Json"),
	ROW("[ \"a\"]", "Json"),
	ROW("%PDF-1.4\n", "Pdf"),
	ROW("junk before %PDF-1.7", "Pdf"),
	ROW("{\\rtf1", "Rtf"),
	ROW("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OleDoc"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0[Content_Types].xml",
	    "OoXml"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0mimetypeapplication/"
	    "vnd.oasis.opendocument.text",
	    "Odf"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0mimetypeapplication/"
	    "epub+zip",
	    "Epub"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0META-INF/MANIFEST.MF",
	    "Jar"),
	ROW("PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0readme.txt", "Zip"),
	ROW("PK\5\6", "Zip"),
	ROW("MZ\x90\0\3", "Exe"),
	ROW("\x7f"
	    "ELF\2\1\1",
	    "Elf"),
	ROW("\xcf\xfa\xed\xfe\7", "MachO"),
	ROW("\xca\xfe\xba\xbe\0\0\0\2", "MachO"),
	ROW("\xca\xfe\xba\xbe\0\0\0\x34", "JavaClass"),
	ROW("\0asm\1\0\0\0", "Wasm"),
	ROW("dex\n035\0", "Dex"),
	ROW("L\0\0\0\1\x14\2\0", "Lnk"),
	ROW("#!/bin/sh\n", "Script"),
	ROW("<?php echo", "Php"),
	ROW("\x1f\x8b\x08\0", "Gz"),
	ROW("BZh91AY", "Bz2"),
	ROW("\xfd"
	    "7zXZ\0",
	    "Xz"),
	ROW("\x28\xb5\x2f\xfd", "Zst"),
	ROW("\x04\x22\x4d\x18", "Lz4"),
	ROW("7z\xbc\xaf\x27\x1c", "7z"),
	ROW("Rar!\x1a\x07\0", "Rar"),
	ROW("MSCF\0\0\0\0", "Cab"),
	ROW("!<arch>\n", "Ar"),
	ROW("070701", "Cpio"),
	ROW("\xc7\x71\0\0", "Cpio"),
	ROW("!!-lh5-", "Lzh"),
	ROW("\x60\xea", "Arj"),
	ROW("\xed\xab\xee\xdb", "Rpm"),
	ROW("ITSF\3", "Chm"),
	ROW("\x89PNG\r\n\x1a\n", "Png"),
	ROW("\xff\xd8\xff\xe0", "Jpeg"),
	ROW("GIF89a", "Gif"),
	ROW("BM\1\2\3\4\0\0\0\0\x36\0\0\0", "Bmp"),
	ROW("\0\0\1\0\1", "Ico"),
	ROW("RIFF\1\2\3\4WEBPVP8", "Webp"),
	ROW("II*\0", "Tiff"),
	ROW("MM\0*", "Tiff"),
	ROW("8BPS\0\1", "Psd"),
	ROW("ID3\3", "Mp3"),
	ROW("\xff\xf3\x40", "Mp3"),
	ROW("\0\0\0\x18"
	    "ftypmp42",
	    "Mp4"),
	ROW("OggS\0", "Ogg"),
	ROW("fLaC\0", "Flac"),
	ROW("RIFF\1\2\3\4WAVEfmt", "Wav"),
	ROW("RIFF\1\2\3\4AVI LIST", "Avi"),
	ROW("\x1a\x45\xdf\xa3", "Mkv"),
	ROW("FLV\1\5", "Flv"),
	ROW("CWS\x0a", "Swf"),
	ROW("\0\1\0\0\0\x10", "Ttf"),
	ROW("OTTO\0", "Otf"),
	ROW("wOFF\0", "Woff"),
	ROW("wOF2\0", "Woff2"),
	ROW("SQLite format 3\0", "Sqlite"),
	ROW("\xd4\xc3\xb2\xa1", "Pcap"),
	ROW("\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3", "OneNote"),
	ROW("\x78\x9f\x3e\x22\1\0", "Tnef"),
	ROW("\1\2\x31\0\x90\0\x10**ACE**\x14", "Ace"),
	ROW("MSWIM\0\0\0\xd0", "Wim"),
	ROW("conectix\0\0\0\2", "Vhd"),
	ROW("vhdxfile\0", "Vhdx"),
	/* cut, or only alike */
	ROW("12345678WEBP", "GeneralTxt"),
	ROW("{\"a\":\"xWEBP\"}", "Json"),
	ROW("BZhello", "GeneralTxt"),
	ROW("GIF8 is a year", "GeneralTxt"),
	ROW("FWSimilar", "GeneralTxt"),
	ROW("x -lhasa", "GeneralTxt"),
	ROW("PK\3", "GeneralBin"),
	ROW("%PD", "GeneralTxt"),
};

TEST(words_of_first_bytes)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		enum format f = format_detect(span_of(cases[i].bytes, cases[i].count));

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

TEST(every_word_has_a_sample)
{
	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		unsigned n = i == FORMAT_TAR || i == FORMAT_ISO; /* longer ones: below */

		for (unsigned k = 0; k < COUNT_OF(cases); k++)
			n += strcmp(cases[k].word, format_word(i)) == 0;
		CHECK_ROW(format_word(i), n > 0);
	}
}

TEST(tar_by_magic_and_by_sum)
{
	uint8_t head[512] = "name";
	unsigned sum = 8 * ' ';

	memcpy(head + 257, "ustar", 5);
	CHECK(format_detect(span_of(head, 512)) == FORMAT_TAR);
	memset(head + 257, 0, 5);
	CHECK(format_detect(span_of(head, 512)) == FORMAT_GENERAL_BIN);
	for (unsigned i = 0; i < 512; i++)
		sum += head[i];
	snprintf((char *)head + 148, 8, "%06o", sum);
	CHECK(format_detect(span_of(head, 512)) == FORMAT_TAR);
	CHECK(format_detect(span_of(head, 511)) == FORMAT_GENERAL_BIN);
	head[0]++;
	CHECK(format_detect(span_of(head, 512)) == FORMAT_GENERAL_BIN);
}

TEST(zeros_may_be_a_disc)
{
	static uint8_t head[2 * FORMAT_HEAD_BYTES];

	CHECK(format_detect(span_of(head, sizeof(head))) == FORMAT_ISO);
	CHECK(format_detect(span_of(head, FORMAT_HEAD_BYTES)) == FORMAT_ISO);
	CHECK(format_detect(span_of(head, FORMAT_HEAD_BYTES - 1)) == FORMAT_GENERAL_BIN);
	head[FORMAT_HEAD_BYTES - 1] = 1;
	CHECK(format_detect(span_of(head, sizeof(head))) == FORMAT_GENERAL_BIN);
}

/* One byte among letters, wherever it stands in a block of sixteen or behind the last whole one. */
TEST(text_by_each_byte)
{
	char text[41];

	for (unsigned c = 0; c < 256; c++) {
		bool control =
		    (c < 0x20 && strchr("\t\n\f\r\x1b", (int)c) == NULL) || c == 0 || c == 0x7f;

		for (unsigned at = 1; at < sizeof(text); at++) {
			enum format f;

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			f = format_detect(span_of(text, sizeof(text)));
			CHECK((f == FORMAT_GENERAL_BIN) == control);
		}
	}
}

/* What lies behind the start changes nothing, however much of the object is given. */
TEST(no_more_than_the_start)
{
	static char text[4 * FORMAT_HEAD_BYTES];

	memset(text, 'x', sizeof(text));
	text[FORMAT_HEAD_BYTES] = 1;
	CHECK(format_detect(span_of(text, sizeof(text))) == FORMAT_GENERAL_TXT);
	text[FORMAT_HEAD_BYTES - 1] = 1;
	CHECK(format_detect(span_of(text, sizeof(text))) == FORMAT_GENERAL_BIN);
}

/* Any start of any sample is some word, and nothing is read past its end. */
TEST(cut_anywhere)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		for (size_t n = 0; n <= cases[i].count; n++) {
			char exact[128];

			memcpy(exact + sizeof(exact) - n, cases[i].bytes, n);
			CHECK_ROW(cases[i].word,
			    format_detect(span_of(exact + sizeof(exact) - n, n)) < FORMAT_COUNT);
		}
	}
}

/* What file(1) calls the files of a corpus, and our word for it. */
static const struct {
	const char *mime, *word;
} agreed[] = { { "application/pdf", "Pdf" }, { "application/gzip", "Gz" },
	{ "application/x-bzip2", "Bz2" }, { "application/x-xz", "Xz" },
	{ "application/x-7z-compressed", "7z" }, { "application/x-rar", "Rar" },
	{ "application/x-tar", "Tar" }, { "application/vnd.ms-cab-compressed", "Cab" },
	{ "application/vnd.microsoft.portable-executable", "Exe" },
	{ "application/x-lzh-compressed", "Lzh" }, { "application/x-rpm", "Rpm" },
	{ "application/x-sharedlib", "Elf" }, { "application/x-mach-binary", "MachO" },
	{ "image/png", "Png" }, { "image/jpeg", "Jpeg" }, { "image/gif", "Gif" },
	{ "image/webp", "Webp" }, { "image/tiff", "Tiff" }, { "image/svg+xml", "Svg" },
	{ "application/wasm", "Wasm" }, { "audio/flac", "Flac" }, { "audio/ogg", "Ogg" },
	{ "text/rtf", "Rtf" }, { "font/woff2", "Woff2" }, { "application/msword", "OleDoc" },
	{ "application/vnd.sqlite3", "Sqlite" }, { "application/zip", "Zip" } };

TEST(agrees_with_a_corpus)
{
	const char *labels = harness_shared("data/corpus/labels.tsv");
	char line[1024];
	unsigned same = 0, all = 0;
	FILE *f = labels != NULL ? fopen(labels, "r") : NULL;

	if (f == NULL) {
		harness_skip("no ../shared/data/corpus");
		return;
	}
	while (fgets(line, sizeof(line), f) != NULL) {
		char name[512], mime[128], path[600];
		uint8_t head[FORMAT_HEAD_BYTES];
		size_t n;
		FILE *sample;
		unsigned i = 0;

		if (sscanf(line, "%511[^\t]\t%*s\t%*s\t%127[^\t]", name, mime) != 2)
			continue;
		while (i < COUNT_OF(agreed) && strcmp(agreed[i].mime, mime) != 0)
			i++;
		snprintf(path, sizeof(path), "data/corpus/files/%s", name);
		if (i == COUNT_OF(agreed) || harness_shared(path) == NULL ||
		    (sample = fopen(harness_shared(path), "r")) == NULL)
			continue;
		n = fread(head, 1, sizeof(head), sample);
		fclose(sample);
		all++;
		same += strcmp(format_word(format_detect(span_of(head, n))), agreed[i].word) == 0;
	}
	fclose(f);
	CHECK(all > 350);
	CHECK_ROW("96 of 100 agree", same * 100 >= all * 96);
}
