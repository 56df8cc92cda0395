/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures of text, HTML and mail: taken where there is a sandbox, in databases of their own,
 * which no object is scanned with unless it is said to be of that form.
 */
#include <errno.h>

#include "scanners/signature/generation_file.h"
#include "tests/unit/tools/sigc/made.h"

static const char rules[] = "Page;Target:3;0&1;70616765;6d6f7265\n"
			    "Text;Target:7;0;74657874\n"
			    "Mail;Target:4;0;6d61696c\n"
			    "Gone;Target:3;0;676f6e65\n"
			    "Script;Target:3;0|1;70616765;66756e6374696f6e206e30303028\n"
			    "Other;Target:7;0;66756e6374696f6e206e30303028\n"
			    "Any;Target:0;0&1;616e79;6d6f7265\n";
static const char plain[] = "Extended:3:*:657874656e646564\n"
			    "Nothing:8:*:6e6f7468696e67\n";

static void
make(struct made *m, bool has_sandbox)
{
	made_begin(m);
	m->sigc.has_sandbox = has_sandbox;
	CHECK(made_source(m, "a.ldb", rules, sizeof(rules) - 1) == 0);
	CHECK(made_source(m, "a.ndb", plain, sizeof(plain) - 1) == 0);
	CHECK(made_source(m, "a.ign2", "Gone\n", 5) == 0);
	CHECK(made_build(m) == 0);
}

/* What a scan as this form finds; NULL: nothing. */
static const char *
scan_as(struct signature_core *core, const struct generation *g, unsigned form, const char *text)
{
	struct signature_scan *scan = signature_open(core, g);
	const char *name;

	signature_take_as(scan, form);
	CHECK(signature_feed(scan, span_text(text), true) >= 0);
	name = signature_finish(scan) == 1 ? signature_hit(scan)->name : NULL;
	signature_close(scan);
	return name;
}

static const struct {
	const char *name;
	unsigned form;
	const char *text, *hit;
} cases[] = {
	{ "a page", TARGET_HTML, "a page, more of it", "Page" },
	{ "a page, extended", TARGET_HTML, "an extended page", "Extended" },
	{ "a page is no text", TARGET_HTML, "a text, a mail", NULL },
	{ "a text", TARGET_TEXT, "a text", "Text" },
	{ "a text is no page", TARGET_TEXT, "a page, more of it, extended", NULL },
	{ "a mail", TARGET_MAIL, "a mail", "Mail" },
	{ "any, of which the form is not asked", TARGET_HTML, "any more", NULL },
	{ "one that was taken out", TARGET_HTML, "gone", NULL },
};

TEST(forms_are_found_in_that_form_alone)
{
	struct signature_core *core = signature_core_create(1);
	struct signature_hit hit;
	struct made m;

	make(&m, true);
	CHECK(signature_core_prepare(core, m.generation) == 0);
	CHECK(generation_has_target(m.generation, TARGET_HTML));
	CHECK(generation_has_target(m.generation, TARGET_MAIL));
	CHECK(generation_has_target(m.generation, TARGET_TEXT));
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		const char *hit_name = scan_as(core, m.generation, cases[i].form, cases[i].text);
		struct span text = span_text(cases[i].text);

		CHECK_ROW(cases[i].name, (hit_name == NULL) == (cases[i].hit == NULL));
		CHECK_ROW(cases[i].name, hit_name == NULL || strcmp(hit_name, cases[i].hit) == 0);
		if (strncmp(cases[i].text, "any", 3) == 0)
			continue;
		CHECK_ROW(cases[i].name, made_scan(core, m.generation, text, 3, NULL) == 0);
		CHECK_ROW(
		    cases[i].name, made_scan(core, m.generation, text, text.bytes, NULL) == 0);
	}
	CHECK(made_scan(core, m.generation, span_text("any more"), 8, &hit) == 1);
	CHECK(strcmp(hit.name, "Any") == 0);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(a_form_comes_in_one_piece)
{
	struct signature_core *core = signature_core_create(1);
	struct signature_scan *scan;
	struct made m;

	make(&m, true);
	CHECK(signature_core_prepare(core, m.generation) == 0);
	scan = signature_open(core, m.generation);
	signature_take_as(scan, TARGET_TEXT);
	CHECK(signature_feed(scan, span_text("a te"), false) == -EINVAL);
	CHECK(signature_finish(scan) < 0);
	signature_close(scan);
	signature_core_destroy(core);
	made_end(&m);
}

TEST(forms_are_reported_as_the_sandboxs)
{
	struct made m;

	make(&m, true);
	CHECK(m.sigc.loaded == 1 + 6);
	CHECK(m.sigc.deep_names.used / sizeof(struct sigc_left_out) == 5);
	CHECK(made_left_out(&m, "Gone: named in an .ign2 file"));
	CHECK(made_left_out(&m, "Script: a script with its names rewritten"));
	CHECK(!made_left_out(&m, "Other"));
	CHECK(made_left_out(&m, "Nothing: a target type that is not known"));
	made_end(&m);
}

TEST(without_a_sandbox_forms_are_left_out)
{
	struct made m;

	make(&m, false);
	CHECK(m.sigc.loaded == 1 + 1);
	CHECK(m.sigc.deep_names.used == 0);
	CHECK(!generation_has_target(m.generation, TARGET_HTML));
	CHECK(made_left_out(&m, "Page: text or HTML as it is rewritten, or a mail"));
	CHECK(made_left_out(&m, "Text: text or HTML as it is rewritten, or a mail"));
	CHECK(made_left_out(&m, "Extended: text or HTML as it is rewritten, or a mail"));
	made_end(&m);
}
