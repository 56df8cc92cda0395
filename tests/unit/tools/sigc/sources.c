/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of source, good lines and bad ones: what is loaded, left out, or refused with a line.
 */
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

#define MD5    "44d88612fea8a8f36de82e1278abb02f"
#define SHA1   "3395856ce81f2b7382dee72602f798b642f14140"
#define SHA256 "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f"

static const struct {
	const char *name, *file, *text;
	uint64_t loaded, left_out;
	const char *error; /* how the message ends; NULL: none */
} cases[] = {
	{ "literal", "a.lit", "Name\tsome text\n", 1, 0, NULL },
	{ "literal in hex", "a.lit", "Name\thex:6162636465\n", 1, 0, NULL },
	{ "no newline at the end", "a.lit", "Name\tsome text", 1, 0, NULL },
	{ "CRLF", "a.lit", "Name\tsome text\r\nOther\tmore text\r\n", 2, 0, NULL },
	{ "mark of UTF-8", "a.lit", "\xef\xbb\xbf# comment\nName\tsome text\n", 1, 0, NULL },
	{ "gzip", "a.ndb", "\x1f\x8b\x08", 0, 0, "a.ndb:1: compressed by gzip; expected text" },
	{ "bzip2", "a.hdb", "BZh91AY&SY", 0, 0, "a.hdb:1: compressed by bzip2" },
	{ "xz", "a.ign2",
	    "\xfd"
	    "7zXZ",
	    0, 0, "a.ign2:1: compressed by xz" },
	{ "zstd", "a.yar", "\x28\xb5\x2f\xfd", 0, 0, "a.yar:1: compressed by zstd" },
	{ "ZIP", "a.yar", "PK\3\4\x14", 0, 0, "a.yar:1: a ZIP archive; expected text" },
	{ "7z", "a.lit", "7z\xbc\xaf", 0, 0, "a.lit:1: a 7z archive" },
	{ "RAR", "a.ldb", "Rar!\x1a\7", 0, 0, "a.ldb:1: a RAR archive" },
	{ "a container by a name of lines", "a.ndb", "ClamAV-VDB:1", 0, 0,
	    "a.ndb:1: a container of ClamAV's, whose name must end" },
	{ "compiled rules", "a.yar", "YARA\x13\x0c", 0, 0, "a.yar:1: rules that yarac compiled" },
	{ "a page", "a.sha256", "<!DOCTYPE html>\n", 0, 0, "a.sha256:1: an HTML page" },
	{ "the same on the second line", "a.lit", "Name\tsome text\nBZh91AY\tmore text\n", 2, 0,
	    NULL },
	{ "empty lines and comments", "a.lit", "\n\n# x\n\nName\tsome text\n\n", 1, 0, NULL },
	{ "empty file", "a.lit", "", 0, 0, NULL },
	{ "the same twice", "a.lit", "Name\tsome text\nName\tsome text\n", 2, 0, NULL },
	{ "short", "a.lit", "Name\tabc\nName\thex:6162\n", 0, 2, NULL },
	{ "no tab", "a.lit", "Fine\tsome text\nName some text\n", 1, 0,
	    "a.lit:2: expected NAME, a tab" },
	{ "no name", "a.lit", "\tsome text\n", 0, 0, "a.lit:1: expected NAME, a tab" },
	{ "two tabs", "a.lit", "Name\ta\tb\n", 0, 0, "a.lit:1: expected NAME, a tab" },
	{ "odd hex", "a.lit", "Name\thex:616\n", 0, 0, "a.lit:1: not hexadecimal" },
	{ "no hex", "a.lit", "Name\thex:zz\n", 0, 0, "a.lit:1: not hexadecimal" },
	{ "extended", "a.ndb", "N:0:*:6162636465\n", 1, 0, NULL },
	{ "extended, with levels", "a.ndb", "N:0:*:6162636465:73:255\n", 1, 0, NULL },
	{ "extended, target", "a.ndb", "N:1:*:6162636465\n", 1, 0, NULL },
	{ "extended, text target", "a.ndb", "N:3:*:6162636465\n", 0, 1, NULL },
	{ "extended, no target", "a.ndb", "N:x:*:6162636465\n", 0, 0,
	    "a.ndb:1: expected NAME:TARGET" },
	{ "extended, from the end", "a.ndb", "N:0:EOF-10:6162636465\nN:1:EOF-10,5:6162636465\n", 2,
	    0, NULL },
	{ "extended, far from the end", "a.ndb", "N:0:EOF-2001:6162636465\n", 0, 1, NULL },
	{ "extended, from an entry point", "a.ndb",
	    "N:1:EP+0:6162636465\nN:1:S0+1:6162636465\n"
	    "N:6:S0+1:6162636465\n",
	    2, 1, NULL },
	{ "extended, an offset of no kind", "a.ndb", "N:0:EOF-:6162636465\nN:0:EOF-x:6162636465\n",
	    0, 2, NULL },
	{ "extended, level", "a.ndb", "N:0:*:6162636465:250\n", 0, 1, NULL },
	{ "extended, for old engines", "a.ndb", "N:0:*:6162636465:10:99\n", 0, 1, NULL },
	{ "extended, a level that is none", "a.ndb", "N:0:*:6162636465:x\n", 0, 1, NULL },
	{ "extended, three bytes, and one", "a.ndb", "N:0:*:616263\nN:0:*:61\n", 1, 1, NULL },
	{ "extended, short with wildcards", "a.ndb", "N:0:*:61??6465\nN:0:*:61{2-5}63\n", 1, 1,
	    NULL },
	{ "extended, three fields", "a.ndb", "\nN:0:*\n", 0, 0, "a.ndb:2: expected NAME:TARGET" },
	{ "extended, odd", "a.ndb", "N:0:*:61626\n", 0, 0, "a.ndb:1: no pattern in hexadecimal" },
	{ "extended, empty", "a.ndb", "N:0:*:\n", 0, 0, "a.ndb:1: no pattern in hexadecimal" },
	{ "MD5", "a.hdb", MD5 ":68:Eicar\n", 1, 0, NULL },
	{ "SHA-256", "a.hsb", SHA256 ":68:Eicar:73\n", 1, 0, NULL },
	{ "SHA-256, any size", "a.hsb", SHA256 ":*:Eicar:73\n", 1, 0, NULL },
	{ "SHA-1", "a.hsb", SHA1 ":68:Eicar\n", 1, 0, NULL },
	{ "a digest of no kind", "a.hsb", SHA1 "00:68:Eicar\n", 0, 1, NULL },
	{ "sections", "a.mdb", "512:" MD5 ":One\n*:" MD5 ":Two:73\n", 2, 0, NULL },
	{ "sections, unwanted", "a.msu", "512:" SHA1 ":One\n512:" SHA256 ":Two\n", 2, 0, NULL },
	{ "sections, the other way round", "a.mdb", MD5 ":512:One\n", 0, 0,
	    "a.mdb:1: expected SIZE:DIGEST:NAME" },
	{ "sections, no size", "a.mdb", "x:" MD5 ":One\n", 0, 0, "a.mdb:1: the size is neither" },
	{ "plain digests", "a.hash", MD5 "\n" SHA1 "\n\n# comment\n" SHA256 "\n", 3, 0, NULL },
	{ "plain digests with more", "a.sha256",
	    SHA256 ";a name\n" SHA256 ",68,Name\n" SHA256 "  *file.exe\n" SHA256 "\t68\n", 4, 0,
	    NULL },
	{ "as sha256sum writes", "a.sha256",
	    SHA256 "  68 report.doc\n" SHA256 " *file.exe\n\\" SHA256 "  a\\nb\n", 3, 0, NULL },
	{ "plain digests, none", "a.md5", "file.exe\n", 0, 0, "a.md5:1: expected DIGEST [SIZE]" },
	{ "plain digests, odd", "a.md5", MD5 "0\n", 0, 0, "a.md5:1: expected DIGEST [SIZE]" },
	{ "upper case", "a.hdb", "44D88612FEA8A8F36DE82E1278ABB02F:68:Eicar\n", 1, 0, NULL },
	{ "digest, no size", "a.hdb", MD5 "::Eicar\n", 0, 0, "a.hdb:1: the size is neither" },
	{ "digest, size", "a.hdb", MD5 ":6x:Eicar\n", 0, 0, "a.hdb:1: the size is neither" },
	{ "digest, negative", "a.hdb", MD5 ":-1:Eicar\n", 0, 0, "a.hdb:1: the size is neither" },
	{ "digest, too large", "a.hdb", MD5 ":99999999999999999999999:E\n", 0, 0,
	    "a.hdb:1: the size is neither" },
	{ "digest, no name", "a.hdb", MD5 ":68:\n", 0, 0, "a.hdb:1: expected DIGEST" },
	{ "digest, none", "a.hdb", "xyz:68:Eicar\n", 0, 0, "a.hdb:1: expected DIGEST" },
	{ "digest, long", "a.hdb", SHA256 SHA256 SHA256 ":68:Eicar\n", 0, 0,
	    "a.hdb:1: expected DIGEST" },
	{ "trusted", "a.fp", MD5 ":68:Fine\n", 1, 0, NULL },
	{ "trusted by SHA-256", "a.sfp", SHA256 ":68:Fine\n", 1, 0, NULL },
	{ "a kind that is not read", "a.imp", "rule x { condition: true }", 0, 1, NULL },
	{ "no kind at all", "readme", "text", 0, 1, NULL },
};

TEST(lines_of_every_kind)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct made m;
		uint64_t left_out = 0;
		int rc;

		made_begin(&m);
		rc = made_source(&m, cases[i].file, cases[i].text, strlen(cases[i].text));
		for (unsigned n = 0; n < SKIP_COUNT; n++)
			left_out += m.sigc.skipped[n];
		CHECK_ROW(cases[i].name, (rc != 0) == (cases[i].error != NULL));
		CHECK_ROW(cases[i].name, m.sigc.loaded == cases[i].loaded + 1);
		CHECK_ROW(cases[i].name, left_out == cases[i].left_out);
		if (cases[i].error != NULL)
			CHECK_ROW(m.sigc.error, strstr(m.sigc.error, cases[i].error) != NULL);
		else
			CHECK_ROW(cases[i].name, made_build(&m) == 0);
		made_end(&m);
	}
}

/* Else they would be known of that size alone, which nothing has. */
TEST(a_file_name_that_begins_with_a_number_is_no_size)
{
	static const char text[] = SHA256 "\n" SHA256 "  2024 report.doc\n" SHA256 " *99\n";
	const struct sigc_file *f;
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.sha256", text, strlen(text)) == 0);
	f = (const void *)(m.sigc.files.bytes + m.sigc.files.used - sizeof(*f));
	CHECK(f->loaded == 3 && f->duplicates == 2);
	made_end(&m);
}

TEST(a_nul_and_a_long_line_are_told)
{
	static char text[SIGC_LINE_MAX + 100];
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.lit", "Name\tte\0xt\n", 11) != 0);
	CHECK(strstr(m.sigc.error, "a.lit:1: a NUL byte") != NULL);
	memset(text, 'a', sizeof(text));
	memcpy(text, "Name\t", 5);
	CHECK(made_source(&m, "b.lit", text, sizeof(text)) != 0);
	CHECK(strstr(m.sigc.error, "b.lit:1: longer than 1 MiB") != NULL);
	CHECK(sigc_read(&m.sigc, "/nonexistent/x.lit") != 0);
	CHECK(strstr(m.sigc.error, "/nonexistent/x.lit: No such file") != NULL);
	CHECK(sigc_read(&m.sigc, "/nonexistent/directory") != 0);
	CHECK(strstr(m.sigc.error, "/nonexistent/directory: No such file") != NULL);
	made_end(&m);
}

/* Junk is refused or read; it never brings the compiler down, and a refusal has a sentence. */
TEST(junk)
{
	static const char *const files[] = { "a.lit", "a.ndb", "a.hdb", "a.hsb", "a.fp" };
	uint64_t random = 7;

	for (unsigned seed = 0; seed < 200; seed++) {
		struct made m;
		char text[300];

		for (size_t i = 0; i < sizeof(text); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			text[i] = seed % 2 ? (char)(random >> 40) : "0a:*\t\n#"[(random >> 40) % 7];
		}
		made_begin(&m);
		if (made_source(&m, files[seed % COUNT_OF(files)], text, sizeof(text)) != 0)
			CHECK_SEED(seed, m.sigc.error[0] != 0);
		made_end(&m);
	}
}

TEST(what_was_compiled_judges)
{
	static const char literals[] = "Two\tsecond-marker\nOne\tfirst-marker\n";
	struct made m;
	struct signature_core *core = signature_core_create(1);
	uint8_t md5[16] = { 0x44, 0xd8, 0x86, 0x12, 0xfe, 0xa8, 0xa8, 0xf3, 0x6d, 0xe8, 0x2e, 0x12,
		0x78, 0xab, 0xb0, 0x2f },
		sha256[32] = { 0 };
	struct signature_scan *scan;

	made_begin(&m);
	CHECK(made_source(&m, "a.lit", literals, sizeof(literals) - 1) == 0);
	CHECK(made_source(&m, "a.hdb", MD5 ":68:Sized\n", sizeof(MD5) + 9) == 0);
	CHECK(made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	CHECK(strcmp(generation_bad_digest(m.generation, md5, sha256, 68), "Sized") == 0);
	CHECK(generation_bad_digest(m.generation, md5, sha256, 69) == NULL);
	md5[0] ^= 1;
	CHECK(generation_bad_digest(m.generation, md5, sha256, 68) == NULL);
	scan = signature_open(core, m.generation);
	CHECK(signature_feed(scan, span_text("... first-marker ..."), true) == 1);
	CHECK(strcmp(signature_hit(scan)->name, "One") == 0);
	CHECK(signature_hit(scan)->offset == 16);
	signature_close(scan);
	signature_core_destroy(core);
	made_end(&m);
}
