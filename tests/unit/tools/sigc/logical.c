/* SPDX-License-Identifier: BSD-3-Clause */
/* Logical signatures: expressions, modifiers, conditions; in one piece and cut at every place. */
#include "tests/unit/tools/sigc/made.h"

/* As made_scan(); what is found has the rule's name. */
static int
scan_in_steps(
    struct signature_core *core, const struct generation *g, struct span body, size_t step)
{
	struct signature_hit hit;
	int rc = made_scan(core, g, body, step, &hit);

	if (rc == 1)
		CHECK(strcmp(hit.name, "Rule") == 0);
	return rc;
}

#define A "61616161" /* aaaa */
#define B "62626262" /* bbbb */
#define C "63636363" /* cccc */

static const struct {
	const char *name, *rule, *body;
	bool holds;
} cases[] = {
	{ "one", ";Target:0;0;" A, "xaaaax", true },
	{ "one, none there", ";Target:0;0;" A, "xaaax", false },
	{ "both", ";Target:0;0&1;" A ";" B, "bbbb aaaa", true },
	{ "both, one there", ";Target:0;0&1;" A ";" B, "aaaa", false },
	{ "either", ";Target:0;0|1;" A ";" B, "bbbb", true },
	{ "one rank, to the right: 0&(1|2)", ";Target:0;0&1|2;" A ";" B ";" C, "cccc", false },
	{ "one rank, to the right, holds", ";Target:0;0&1|2;" A ";" B ";" C, "cccc aaaa", true },
	{ "in brackets the last comes last: (0&1)|2", ";Target:0;(0&1|2);" A ";" B ";" C, "cccc",
	    true },
	{ "the same: (0|1)&2", ";Target:0;(0|1&2);" A ";" B ";" C, "aaaa", false },
	{ "the same: (0&(1|2))|0", ";Target:0;(0&1|2|0)>0;" A ";" B ";" C, "cccc", false },
	{ "the same: (0|(1&2))&1", ";Target:0;2|(0|1&2&1)&2;" A ";" B ";" C, "aaaa", false },
	{ "the same, within brackets", ";Target:0;((2)&1|0)|2;" A ";" B ";" C, "aaaa", true },
	{ "behind brackets to the right", ";Target:0;(2|1)&0|0;" A ";" B ";" C, "aaaa", false },
	{ "brackets", ";Target:0;(0&1)|2;" A ";" B ";" C, "cccc", true },
	{ "not the other", ";Target:0;0&1=0;" A ";" B, "aaaa", true },
	{ "not the other, it is there", ";Target:0;0&1=0;" A ";" B, "aaaa bbbb", false },
	{ "not the other, brackets", ";Target:0;(0&(1=0));" A ";" B, "aaaa", true },
	{ "more than one", ";Target:0;0>1;" A, "aaaa aaaa", true },
	{ "more than one, one", ";Target:0;0>1;" A, "aaaa", false },
	{ "overlapping ones count", ";Target:0;0>1;" A, "aaaaa", true },
	{ "just two", ";Target:0;0=2;" A, "aaaa aaaa", true },
	{ "just two, three", ";Target:0;0=2;" A, "aaaa aaaa aaaa", false },
	{ "fewer than two", ";Target:0;0&1<2;" A ";" B, "aaaa bbbb", true },
	{ "fewer than two, two", ";Target:0;0&1<2;" A ";" B, "aaaa bbbb bbbb", false },
	{ "block, sum", ";Target:0;(0|1)>2;" A ";" B, "aaaa aaaa bbbb", true },
	{ "block, sum too small", ";Target:0;(0|1)>2;" A ";" B, "aaaa bbbb", false },
	{ "block, of different ones", ";Target:0;(0|1|2)>2,2;" A ";" B ";" C, "aaaa aaaa bbbb",
	    true },
	{ "block, all of one", ";Target:0;(0|1|2)>2,2;" A ";" B ";" C, "aaaa aaaa aaaa", false },
	{ "block, one that holds by not being there counts", ";Target:0;0&(0>1|1=0)=2,2;" A ";" B,
	    "aaaa aaaa", true },
	{ "block, the same, of fewer than", ";Target:0;(0&1<2)>0,2;" A ";" B, "aaaa", true },
	{ "block, one that does not hold counts not", ";Target:0;(0|1)>1,2;" A ";" B, "aaaa aaaa",
	    false },
	{ "block, the same, by its sum", ";Target:0;(0|1>2)>1,2;" A ";" B, "aaaa aaaa bbbb",
	    false },
	{ "block in a block, counted, has no parts there",
	    ";Target:0;((0|1)>1|2)>1,2;" A ";" B ";" C, "aaaa bbbb cccc", false },
	{ "block in a block, counted, has its sum there", ";Target:0;((0|1)>1|2)>2;" A ";" B ";" C,
	    "aaaa bbbb cccc", true },
	{ "nocase", ";Target:0;0;61626364::i", "xAbCdx", true },
	{ "case", ";Target:0;0;61626364", "xAbCdx", false },
	{ "nocase and its alternatives", ";Target:0;0;61626364(65|66)::i", "xAbCdFx", true },
	{ "fullword", ";Target:0;0;61626364::f", "x abcd x", true },
	{ "fullword, a longer one", ";Target:0;0;61626364::f", "x abcdx", false },
	{ "offset", ";Target:0;0;2:" A, "xxaaaa", true },
	{ "offset, elsewhere", ";Target:0;0;2:" A, "xxxaaaa", false },
	{ "offset, any", ";Target:0;0;*:" A, "xxxaaaa", true },
	{ "the same part twice", ";Target:0;0&1;" A ";" A, "aaaa", true },
	{ "size", ";Target:0,FileSize:5-9;0;" A, "aaaa.", true },
	{ "size, small", ";Target:0,FileSize:5-9;0;" A, "aaaa", false },
	{ "size, large", ";Target:0,FileSize:5-9;0;" A, "aaaa......", false },
	{ "engine", ";Engine:51-255,Target:0;0;" A, "aaaa", true },
	{ "target PE", ";Target:1;0;" A, "MZ......aaaa", true },
	{ "target PE, text", ";Target:1;0;" A, "........aaaa", false },
	{ "target PDF", ";Target:10;0;" A, "%PDF-1.4 aaaa", true },
	{ "target PDF, a program", ";Target:10;0;" A, "MZ......aaaa", false },
};

static void
check_case(const char *name, const char *rule, struct span body, bool holds)
{
	struct signature_core *core = signature_core_create(1);
	struct made m;
	char line[300];

	made_begin(&m);
	snprintf(line, sizeof(line), "Rule%s\n", rule);
	CHECK_ROW(name, made_source(&m, "a.ldb", line, strlen(line)) == 0 && m.sigc.loaded == 2);
	CHECK_ROW(name, made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	for (size_t step = 1; step <= body.bytes && m.generation != NULL; step++)
		CHECK_ROW(name, scan_in_steps(core, m.generation, body, step) == holds);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(logical_signatures)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++)
		check_case(cases[i].name, cases[i].rule, span_text(cases[i].body), cases[i].holds);
}

TEST(wide_parts)
{
	static const struct {
		const char *name, *rule, *body;
		size_t bytes;
		bool holds;
	} wide[] = {
		{ "wide", ";Target:0;0;61626364::w", "a\0b\0c\0d\0", 8, true },
		{ "wide, plain", ";Target:0;0;61626364::w", "abcd", 4, false },
		{ "wide or plain", ";Target:0;0;61626364::wa", "abcd", 4, true },
		{ "wide or plain, wide", ";Target:0;0;61626364::wa", "a\0b\0c\0d\0", 8, true },
		{ "wide, nocase", ";Target:0;0;61626364::wi", "A\0b\0C\0d\0", 8, true },
		{ "wide, fullword", ";Target:0;0;61626364::wf", " \0a\0b\0c\0d\0 \0", 12, true },
		{ "wide, fullword, longer", ";Target:0;0;61626364::wf", "x\0a\0b\0c\0d\0 \0", 12,
		    false },
		{ "wide, fullword, longer right", ";Target:0;0;61626364::wf", " \0a\0b\0c\0d\0x\0",
		    12, false },
	};

	for (unsigned i = 0; i < COUNT_OF(wide); i++)
		check_case(wide[i].name, wide[i].rule, span_of(wide[i].body, wide[i].bytes),
		    wide[i].holds);
}

static const struct {
	const char *name, *rule;
	const char *why; /* NULL: refused */
} left_out[] = {
	{ "target HTML", "Rule;Target:3;0;" A, "Rule: text or HTML as it is rewritten" },
	{ "a target that is none", "Rule;Target:8;0;" A, "Rule: a target type" },
	{ "container", "Rule;Target:0,Container:CL_TYPE_ZIP;0;" A, "Rule: a condition on" },
	{ "icon", "Rule;Engine:51-255,IconGroup1:X,Target:1;0;" A, "Rule: a condition on" },
	{ "level", "Rule;Engine:250-255,Target:0;0;" A, "Rule: for another level" },
	{ "regular expression", "Rule;Target:0;0&1;" A ";0/abc/", "Rule: a regular" },
	{ "byte comparison", "Rule;Target:0;0&1;" A ";0(>>4#he4#>5)", "Rule: a comparison" },
	{ "macro", "Rule;Target:0;0&1;" A ";${6-7}12$", "Rule: a macro" },
	{ "true without matches", "Rule;Target:0;0=0;" A, "Rule: true of objects" },
	{ "or true without matches", "Rule;Target:0;0|1<1;" A ";" B, "Rule: true of objects" },
	{ "count of brackets", "Rule;Target:0;(0)>1;" A, "Rule: an expression" },
	{ "two signs", "Rule;Target:0;0==1;" A, "Rule: an expression" },
	{ "a comma alone", "Rule;Target:0;0=2,&1;" A ";" B, "Rule: an expression" },
	{ "entry point of a text", "Rule;Target:0;0;EP+0:" A, "Rule: an offset" },
	{ "a part too short", "Rule;Target:0;0&1;" A ";61", "Rule: too few bytes" },
	{ "no part", "Rule;Target:0;0", NULL },
	{ "no such part", "Rule;Target:0;1;" A, NULL },
	{ "no expression", "Rule;Target:0;;" A, NULL },
	{ "open bracket", "Rule;Target:0;(0;" A, NULL },
	{ "no operand", "Rule;Target:0;0&;" A, NULL },
	{ "no number", "Rule;Target:0;0>;" A, NULL },
	{ "more behind it", "Rule;Target:0;0)0;" A, NULL },
	{ "modifier", "Rule;Target:0;0;" A "::q", NULL },
	{ "no hexadecimal", "Rule;Target:0;0;xyzzy", NULL },
	{ "size", "Rule;Target:0,FileSize:5;0;" A, NULL },
};

TEST(what_is_left_out_leaves_nothing_behind)
{
	for (unsigned i = 0; i < COUNT_OF(left_out); i++) {
		struct made m;
		char line[300];
		int rc;

		made_begin(&m);
		snprintf(line, sizeof(line), "%s\n", left_out[i].rule);
		rc = made_source(&m, "a.ldb", line, strlen(line));
		CHECK_ROW(left_out[i].name, (rc == 0) == (left_out[i].why != NULL));
		CHECK_ROW(left_out[i].name, m.sigc.loaded == 1 && m.sigc.elements.used == 0 &&
						m.sigc.rules.used == 0 && m.sigc.parts.used == 0);
		if (left_out[i].why != NULL)
			CHECK_ROW(left_out[i].name, made_left_out(&m, left_out[i].why));
		made_end(&m);
	}
}

/* Parts that were taken back give their numbers to others, as often as it happens. */
TEST(many_rules_left_out_between_those_taken)
{
	static char text[400000];
	struct made m;
	size_t n = 0;

	for (unsigned i = 0; i < 3000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
		    i % 3 ? "Out;Target:0;0&1;%08x;61\n" : "In;Target:0;0;%08x\n", 0x10000000 + i);
	made_begin(&m);
	CHECK(made_source(&m, "a.ldb", text, n) == 0 && m.sigc.loaded == 1001);
	CHECK(m.sigc.parts.used == 1000 * sizeof(struct generation_part));
	CHECK(made_build(&m) == 0);
	made_end(&m);
}

/* In whatever order the files come; a part that another rule shares stays. */
TEST(ignored_names_are_not_found)
{
	static const char rules[] = "Out;Target:0;0;" A "\nRule;Target:0;0&1;" A ";" B "\n";
	static const char plain[] = "Out:0:*:" C "??63\n";
	struct signature_core *core = signature_core_create(1);
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.ign2", "# x\nOut\nOther:0123\n", 19) == 0);
	CHECK(made_source(&m, "a.ldb", rules, sizeof(rules) - 1) == 0);
	CHECK(made_source(&m, "a.ndb", plain, sizeof(plain) - 1) == 0);
	CHECK(made_source(&m, "a.hdb", "44d88612fea8a8f36de82e1278abb02f:68:Out\n", 40) == 0);
	CHECK(made_build(&m) == 0 && signature_core_prepare(core, m.generation) == 0);
	CHECK(m.sigc.loaded == 2 && m.sigc.skipped[SKIP_IGNORED] == 3);
	CHECK(
	    m.sigc.skipped[SKIP_IGNORED_ONE] == 1 && m.sigc.digests[SIGC_BAD][SIGC_MD5].used == 0);
	CHECK(scan_in_steps(core, m.generation, span_text("aaaa"), 9) == 0);
	CHECK(scan_in_steps(core, m.generation, span_text("cccc.c"), 9) == 0);
	CHECK(scan_in_steps(core, m.generation, span_text("aaaa bbbb"), 9) == 1);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(the_built_in_signature_is_never_ignored)
{
	static const char ignored[] = "Eicar-Test-Signature\n";
	static const char mine[] = "Eicar-Test-Signature\tof-a-source\n";
	const struct pattern *p;
	struct made m;

	made_begin(&m);
	sigc_free(&m.sigc);
	memset(&m.sigc, 0, sizeof(m.sigc));
	sigc_add_built_in(&m.sigc);
	CHECK(made_source(&m, "a.lit", mine, sizeof(mine) - 1) == 0);
	CHECK(made_source(&m, "a.ign2", ignored, sizeof(ignored) - 1) == 0);
	sigc_drop_ignored(&m.sigc);
	p = (const struct pattern *)(const void *)m.sigc.patterns.bytes;
	CHECK(m.sigc.patterns.used == sizeof(*p) && p->bytes_count == 68 && m.sigc.loaded == 1);
	made_end(&m);
}
