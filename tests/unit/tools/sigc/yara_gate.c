/* SPDX-License-Identifier: BSD-3-Clause */
/* Gates of rules that share one, and of rules that an .ign2 takes out. What opens a gate:
 * tests/unit/control/deepscan/gates.c. */
#include <stdlib.h>

#include "tests/unit/tools/sigc/made.h"

static const struct {
	const char *ignored;
	bool asks;
} rows[] = {
	{ "Other\n", true },
	{ "A\n", true }, /* B shares its gate */
	{ "B\n", true },
	{ "A\nB\n", false },
	{ "B\nA\nNamed\n", false },
};

static const char rules[] = "import \"math\"\n"
			    "rule A { condition: math.entropy(0, filesize) > 9.0 }\n"
			    "rule B { condition: math.entropy(0, filesize) > 8.5 }\n"
			    "rule Named { condition: math.entropy(0, filesize) > 8.5 and "
			    "filename == \"a\" }\n";

TEST(a_shared_gate_stays_while_a_rule_needs_it)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct signature_core *core = signature_core_create(1);
		struct signature_scan *scan;
		struct made m;

		made_begin(&m);
		m.sigc.has_sandbox = true;
		CHECK_ROW(rows[i].ignored, made_source(&m, "a.yar", rules, strlen(rules)) == 0);
		CHECK_ROW(rows[i].ignored,
		    made_source(&m, "a.ign2", rows[i].ignored, strlen(rows[i].ignored)) == 0);
		sigc_drop_ignored(&m.sigc);
		CHECK_ROW(rows[i].ignored, made_build(&m) == 0);
		CHECK_ROW(rows[i].ignored, signature_core_prepare(core, m.generation) == 0);
		scan = signature_open(core, m.generation);
		CHECK(scan != NULL && signature_feed(scan, span_text("any text"), true) == 0);
		CHECK(signature_finish(scan) == 0);
		CHECK_ROW(rows[i].ignored, signature_wants_deep(scan) == rows[i].asks);
		signature_close(scan);
		signature_core_destroy(core);
		made_end(&m);
	}
}

/* Its gate is open where no more of what costs much may be looked for. */
TEST(what_costs_much_is_looked_for_within_bounds)
{
	static const char rule[] = "rule x { strings: $a = \"a long text\" xor condition: $a }";

	for (unsigned spent = 0; spent < 2; spent++) {
		struct signature_core *core = signature_core_create(1);
		struct signature_scan *scan;
		struct made m;

		made_begin(&m);
		m.sigc.has_sandbox = true;
		m.sigc.eager_patterns = spent * SIGC_EAGER_MAX;
		CHECK(made_source(&m, "a.yar", rule, strlen(rule)) == 0 && made_build(&m) == 0);
		CHECK(m.sigc.eager_patterns == (spent ? SIGC_EAGER_MAX : 256));
		CHECK(signature_core_prepare(core, m.generation) == 0);
		scan = signature_open(core, m.generation);
		CHECK(scan != NULL && signature_feed(scan, span_text("any text"), true) == 0);
		CHECK(signature_finish(scan) == 0);
		CHECK_SEED(spent, signature_wants_deep(scan) == (spent == 1));
		signature_close(scan);
		signature_core_destroy(core);
		made_end(&m);
	}
}

/* 70 texts, "text00" on: more than a rule has parts. */
TEST(any_of_a_large_set_is_judged_on_the_way)
{
	struct signature_core *core = signature_core_create(1);
	struct signature_hit hit;
	char source[4000] = "rule large { strings: ";
	struct made m;

	for (unsigned i = 0; i < 70; i++) {
		size_t used = strlen(source);

		snprintf(source + used, sizeof(source) - used, "$s%u = \"text%02u\" %s", i, i,
		    i == 69 ? "nocase wide ascii condition: any of them and filesize > 9 }" : "");
	}
	made_begin(&m);
	CHECK(made_source(&m, "a.yar", source, strlen(source)) == 0);
	CHECK(made_build(&m) == 0 && m.sigc.skipped[SKIP_EXPRESSION] == 0);
	CHECK(signature_core_prepare(core, m.generation) == 0);
	CHECK(made_scan(core, m.generation, span_text("a longer text00"), 3, &hit) == 1);
	CHECK(strcmp(hit.name, "large") == 0);
	CHECK(made_scan(core, m.generation, span_text("a longer TEXT69"), 3, NULL) == 1);
	CHECK(made_scan(core, m.generation, span_text("a longer TEXT68"), 3, NULL) == 0);
	CHECK(made_scan(core, m.generation, span_text("text00"), 3, NULL) == 0);
	signature_core_destroy(core);
	made_end(&m);
}
