/* SPDX-License-Identifier: BSD-3-Clause */
/* What Hyperscan looks for of a pattern, and that plain long literals are cut to it. */
#include "tests/unit/tools/sigc/made.h"

static const struct {
	const char *name, *hex, *anchor; /* NULL: there is none */
} cases[] = {
	{ "all of a short one", "61626364", "abcd" },
	{ "too short", "61??62??63", NULL },
	{ "fewer than four where there are no more", "616263??6465", "abc" },
	{ "no zeros where there are letters", "00000000000000000000??6162636465", "abcde" },
	{ "no blanks", "2020202020202020{3}78797a71", "xyzq" },
	{ "two that are rare before many zeros", "0000000000000000??7178", "qx" },
	{ "four letters before two that are rarer", "61626364??7178", "abcd" },
	{ "what stands before the window is kept", "6161616161616161c3e87fd1a9b7f3e1",
	    "aaaaaaaa\xc3\xe8\x7f\xd1\xa9\xb7\xf3\xe1" },
	{ "what stands behind it is not", "c3e87fd1a9b7f3e10000000000000000",
	    "\xc3\xe8\x7f\xd1\xa9\xb7\xf3\xe1" },
	{ "never more than 24",
	    "6161616161616161616161616161616161616161616161616161c3e87fd1a9b7f3e1",
	    "aaaaaaaaaaaaaaaa\xc3\xe8\x7f\xd1\xa9\xb7\xf3\xe1" },
};

TEST(the_rarest_window_is_looked_for)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		const char *want = cases[i].anchor;
		const struct pattern *p;
		struct made m;
		char line[300];

		made_begin(&m);
		snprintf(line, sizeof(line), "N:0:1:%s\n", cases[i].hex);
		CHECK_ROW(cases[i].name, made_source(&m, "a.ndb", line, strlen(line)) == 0);
		p = (const struct pattern *)(const void *)m.sigc.patterns.bytes + 1;
		CHECK_ROW(cases[i].name,
		    m.sigc.patterns.used == (want != NULL ? 2 : 1) * sizeof(struct pattern));
		if (want != NULL)
			CHECK_ROW(cases[i].name, p->bytes_count == strlen(want) &&
						     memcmp(m.sigc.literals.bytes + p->bytes_at,
							 want, strlen(want)) == 0);
		made_end(&m);
	}
}

/* Found at the end of the whole, not of the anchor; not where only the anchor stands. */
TEST(a_long_literal_is_compared_whole)
{
	static const char source[] =
	    "Long\tan anchor \xc3\xe8\x7f\xd1\xa9\xb7\xf3\xe1 and much that is common behind it\n";
	static const char body[] =
	    "....an anchor \xc3\xe8\x7f\xd1\xa9\xb7\xf3\xe1 and much that is common behind it...";
	struct signature_core *core = signature_core_create(1);
	struct made m;

	made_begin(&m);
	CHECK(made_source(&m, "a.lit", source, sizeof(source) - 1) == 0 && made_build(&m) == 0);
	CHECK(signature_core_prepare(core, m.generation) == 0);
	for (size_t cut = 1; cut < sizeof(body) - 1; cut++) {
		struct signature_scan *scan = signature_open(core, m.generation);
		struct span all = span_of(body, sizeof(body) - 1);

		CHECK_SEED(cut, signature_feed(scan, span_first(all, cut), false) >= 0);
		CHECK_SEED(cut, signature_feed(scan, span_from(all, cut), true) == 1);
		CHECK_SEED(cut, signature_hit(scan)->offset == sizeof(body) - 1 - 3);
		signature_close(scan);
		scan = signature_open(core, m.generation);
		CHECK_SEED(cut, signature_feed(scan, span_first(all, sizeof(body) - 6), true) == 0);
		signature_close(scan);
	}
	signature_core_destroy(core);
	made_end(&m);
}
