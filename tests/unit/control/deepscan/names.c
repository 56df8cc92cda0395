/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules that hang on what an object is called: each row is judged here and by libyara, which is
 * told the same name; what an object's verdict hangs on; what the scan that asks the sandbox knows.
 */
#include <stdlib.h>

#include <yara.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

#define OBJECT "MZ aaaa word5"

static const struct {
	const char *condition, *name;
	bool holds;
} rows[] = {
	{ "$a and filename == \"a.exe\"", "a.exe", true },
	{ "$a and filename == \"a.exe\"", "A.exe", false },
	{ "$a and filename == \"a.exe\"", "xa.exe", false },
	{ "$a and filename == \"a.exe\"", "", false },
	{ "$a and filename == \"a.exe\"", "dir/a.exe", true },
	{ "$a and filename != \"a.exe\"", "b.exe", true },
	{ "$a and filename != \"a.exe\"", "a.exe", false },
	{ "$a and not filename == \"a.exe\"", "", true },
	{ "$a and filename iequals \"a.exe\"", "A.EXE", true },
	{ "$a and filename contains \".e\"", "a.exe", true },
	{ "$a and filename icontains \".E\"", "a.exe", true },
	{ "$a and filename contains \".E\"", "a.exe", false },
	{ "$a and filename startswith \"pass\"", "password", true },
	{ "$a and filename istartswith \"PASS\"", "password", true },
	{ "$a and filename endswith \".txt\"", "a.txt.exe", false },
	{ "$a and filename iendswith \".EXE\"", "a.txt.exe", true },
	{ "$a and filename matches /drv/", "mydrv.sys", true },
	{ "$a and filename matches /drv/", "myDRV.sys", false },
	{ "$a and filename matches /drv/i", "myDRV.sys", true },
	{ "$a and not filename matches /drv/i", "myDRV.sys", false },
	{ "$a and filename matches /^drv/", "mydrv.sys", false },
	{ "$a and filename matches /^my/", "mydrv.sys", true },
	{ "$a and filename matches /\\.txt\\.exe$/is", "a.TXT.exe", true },
	{ "$a and filename matches /\\.txt\\.exe$/is", "a.txt.exe.gz", false },
	{ "$a and filename matches /^a\\.exe$/", "a.exe", true },
	{ "$a and filename matches /^a\\.exe$/", "aa.exe", false },
	{ "$a and filename matches /a.exe/", "a_exe", true }, /* in the sandbox, from here on */
	{ "$a and filename matches /a.exe/", "a-ex", false },
	{ "$a and filename matches /\\.[rR][\\d]{2}$/", "x.r01", true },
	{ "$a and not filename matches /(a|b)\\.dat$/", "b.dat", false },
	{ "$a and filename matches /x/ and uint16(0) == 0x5a4d and #a == 1 and $r", "x", true },
	{ "$r and filename == \"a.exe\"", "a.exe", true },
	{ "$r and filename == \"a.exe\"", "b.exe", false },
	{ "$r and not filename == \"a.exe\"", "b.exe", true },
	{ "filename == \"a.exe\"", "a.exe", true },
	{ "filename == \"a.exe\"", "b.exe", false },
	{ "filename contains \"//\" or filename == \"a.exe\"", "a.exe", true },
	{ "not filename matches /\\/\\// and filepath == \"d\"", "d/a.exe", true },
	{ "$a and filepath contains \"etc\"", "/etc/x", true },
	{ "$a and filepath contains \"etc\"", "etc", false },
	{ "$a and filepath == \"\"", "x", true },
	{ "$a and extension == \".exe\"", "X.EXE", true },
	{ "$a and extension == \"exe\"", "X.EXE", false },
	{ "$a and filetype == \"EXE\"", "x", true },
	{ "$a and not filetype == \"EXE\"", "x", false },
	{ "$a and owner == \"root\"", "x", false },
	{ "$a and owner == \"\"", "x", true },
	{ "1 of them and (filename == \"a\" or filename == \"b\")", "b", true },
	{ "$a and (filename == \"a\" or $nowhere)", "b", false },
	{ "$a and for all of ($a) : ($ at 3 and filename == \"a\")", "a", true },
	{ "$a and for all of ($a) : ($ at 3 and filename == \"a\")", "b", false },
	{ "$a and filename == \"a\\x41\"", "aA", true },
	{ "$a and filename", "x", true },
	{ "$a and filename", "", false },
};

/* The rule with those strings that it asks for, since YARA takes no others. */
static void
write_rule(const char *condition, char *out, size_t room)
{
	bool any = strchr(condition, '$') != NULL || strstr(condition, "them") != NULL;

	snprintf(out, room, "rule r { %s %s %s %s condition: %s }", any ? "strings:" : "",
	    strstr(condition, "$a") != NULL || strstr(condition, "them") != NULL ? "$a = \"aaaa\""
										 : "",
	    strstr(condition, "$r") != NULL ? "$r = /word[0-9]/" : "",
	    strstr(condition, "$nowhere") != NULL ? "$nowhere = \"nowhere\"" : "", condition);
}

static int
take_match(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
	(void)context;
	(void)data;
	*(bool *)user |= message == CALLBACK_MSG_RULE_MATCHING;
	return CALLBACK_CONTINUE;
}

/* What libyara says, told the same. */
static bool
oracle(const char *source, struct span object, const struct signature_variables *v)
{
	YR_COMPILER *c = NULL;
	YR_RULES *rules = NULL;
	YR_SCANNER *scanner = NULL;
	bool found = false;

	CHECK(yr_initialize() == ERROR_SUCCESS && yr_compiler_create(&c) == ERROR_SUCCESS);
	for (unsigned i = 0; i < VARIABLE_COUNT; i++)
		yr_compiler_define_string_variable(c, signature_variable_word(i), "");
	CHECK_ROW(source, yr_compiler_add_string(c, source, NULL) == 0);
	CHECK(yr_compiler_get_rules(c, &rules) == ERROR_SUCCESS);
	CHECK(yr_scanner_create(rules, &scanner) == ERROR_SUCCESS);
	for (unsigned i = 0; i < VARIABLE_COUNT; i++)
		yr_scanner_define_string_variable(
		    scanner, signature_variable_word(i), (const char *)v->of[i].data);
	yr_scanner_set_callback(scanner, take_match, &found);
	CHECK(yr_scanner_scan_mem(scanner, object.data, object.bytes) == ERROR_SUCCESS);
	yr_scanner_destroy(scanner);
	yr_rules_destroy(rules);
	yr_compiler_destroy(c);
	yr_finalize();
	return found;
}

TEST(rules_that_hang_on_a_name_say_what_libyara_says)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span object = span_text(OBJECT);
		struct signature_variables v;
		char source[400];
		struct judge j;

		write_rule(rows[i].condition, source, sizeof(source));
		signature_variables(span_text(rows[i].name), format_detect(object), object, &v);
		CHECK_ROW(rows[i].condition, oracle(source, object, &v) == rows[i].holds);
		CHECK_ROW(rows[i].condition, judge_begin(&j, span_text(source)));
		CHECK_ROW(rows[i].condition, judge_taken(&j) == 1);
		j.name = rows[i].name;
		CHECK_ROW(rows[i].condition, judge_object(&j, object) == rows[i].holds);
		judge_end(&j);
	}
}

/* What a scan of the whole says under a name: 'b'ad, asks the 's'andbox, or '-'; upper case: it
 * hangs on the name. */
static char
said(struct judge *j, const char *name)
{
	struct signature_scan *scan = signature_open(j->deep.core, j->generation);
	char c;

	j->name = name;
	signature_name(scan, judge_name, j);
	signature_feed(scan, span_text(OBJECT), true);
	signature_finish(scan);
	c = signature_hit(scan) != NULL ? 'b' : signature_wants_deep(scan) ? 's' : '-';
	if (signature_is_by_name(scan))
		c = c == '-' ? '+' : (char)(c - 'a' + 'A');
	signature_close(scan);
	return c;
}

static const struct {
	const char *condition,
	    *says; /* under "a.exe" and under "b.exe"; '+': a '-' that hangs on it */
} hangs[] = {
	{ "$a and filename == \"a.exe\"", "B+" },
	{ "$nowhere and filename == \"a.exe\"", "--" },
	{ "$r and filename == \"a.exe\"", "S+" },
	{ "$r and filename matches /a.exe/", "SS" },
	{ "filename == \"a.exe\" and filesize < 4", "--" },
	{ "filename == \"a.exe\"", "S+" },
	{ "$a or filename == \"a.exe\"", "SS" },
	{ "$a } rule s { condition: r and filename == \"a.exe\"", "bb" },
	{ "$r } rule s { condition: r and filename == \"a.exe\"", "SS" },
};

TEST(a_scan_tells_whether_it_hangs_on_the_name)
{
	for (size_t i = 0; i < COUNT_OF(hangs); i++) {
		char source[400];
		struct judge j;

		write_rule(hangs[i].condition, source, sizeof(source));
		CHECK_ROW(hangs[i].condition, judge_begin(&j, span_text(source)));
		CHECK_ROW(hangs[i].condition, generation_asks_for_names(j.generation));
		CHECK_ROW(hangs[i].condition, said(&j, "a.exe") == hangs[i].says[0]);
		CHECK_ROW(hangs[i].condition, said(&j, "b.exe") == hangs[i].says[1]);
		judge_end(&j);
	}
}

TEST(a_verdict_that_hangs_on_no_name_comes_first)
{
	static const char *const sources[] = {
		"rule named { strings: $r = /word[0-9]/ condition: $r and filename == \"a.exe\" } "
		"rule plain { strings: $r = /word[0-9]/ condition: $r }",
		"rule plain { strings: $r = /word[0-9]/ condition: $r } "
		"rule named { strings: $r = /word[0-9]/ condition: $r and filename == \"a.exe\" }",
	};

	for (size_t i = 0; i < COUNT_OF(sources); i++) {
		struct judge j;

		CHECK(judge_begin(&j, span_text(sources[i])) && judge_taken(&j) == 2);
		j.name = "a.exe";
		CHECK_ROW(sources[i], judge_object(&j, span_text(OBJECT)) == 1);
		CHECK_ROW(sources[i], strcmp(j.deep.threat, "plain") == 0 && !j.deep.by_name);
		judge_end(&j);
	}
}

TEST(a_member_has_its_own_name_and_no_other)
{
	static const char source[] =
	    "rule r { strings: $r = /word[0-9]/ condition: $r and filename == \"a.exe\" and "
	    "filepath == \"d/e\" }";
	static const struct {
		const char *member, *outer;
		bool holds;
	} members[] = { { "d/e/a.exe", "x.tar", true }, { "d/a.exe", "x.tar", false },
		{ "d/e/b.exe", "d/e/a.exe", false } };
	static struct packed made;
	struct judge j;

	CHECK(judge_begin(&j, span_text(source)) && judge_taken(&j) == 1);
	j.deep.limits = packer_limits;
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		struct packer_member m = { members[i].member, span_text(OBJECT) };

		CHECK(packer_write(&made, "ustar", "gzip", NULL, &m, 1));
		deepscan_judge(&j.deep, packer_span(&made), span_text(members[i].outer));
		CHECK_ROW(members[i].member, (j.deep.verdict == VERDICT_BAD) == members[i].holds);
		CHECK_ROW(members[i].member, !j.deep.by_name);
	}
	judge_end(&j);
}
