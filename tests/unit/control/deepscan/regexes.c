/* SPDX-License-Identifier: BSD-3-Clause */
/* ClamAV's regular expressions in the deep scan: in each layer, and what a limit makes of it. */
#include "control/deepscan/regexes.h"

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

#define MANY_X "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static struct packed packed;

static const char signatures[] = "Any;Target:0;0&1;74726967;0/re-[0-9]{3}/i\n"
				 "Program;Target:1;0&1;74726967;0/pe-[0-9]{3}/\n"
				 "Page;Target:3;0&1;74726967;0/a b<i>c$/\n"
				 "Text;Target:7;0&1;74726967;0/^one two[a-z]/\n"
				 "Slow;Target:0;0&1;736c6f77;0/(x+)+y/\n"
				 "Plain;Target:0;0&1;736c6f77;706c61696e\n";

static const struct {
	const char *name, *object, *threat, *layer; /* NULL: not found */
} rows[] = {
	{ "as it is", "trig .. RE-123", "Any", "" },
	{ "another", "trig .. re-12", NULL, NULL },
	{ "no trigger", "re-123", NULL, NULL },
	{ "a program", "MZ trig pe-123", "Program", "" },
	{ "no program", "trig pe-123", NULL, NULL },
	{ "a page as it is rewritten", "<html>TRIG A <!-- -->B<i>C", "Page", "html" },
	{ "a page, otherwise", "<html>TRIG A <b>B<i>C", NULL, NULL },
	{ "a text as it is rewritten", "One\n TWO. trig", NULL, NULL },
	{ "a text, otherwise", "One\n TWOs trig", "Text", "text" },
	{ "of any kind, of a text in UTF-16", "\xff\xfet\0r\0i\0g\0 \0r\0e\0-\0001\0002\0003",
	    "Any", "utf16" },
	{ "within a mail",
	    "From: a@b.test\nContent-Transfer-Encoding: quoted-printable\n\ntr=69g re-777", "Any",
	    "mail:1" },
};

static struct span
object_of(const char *text)
{
	return text[0] == '\xff' ? span_of(text, 24) : span_text(text);
}

TEST(regular_expressions_are_matched_in_every_layer)
{
	struct judge j;

	CHECK(judge_begin_logical(&j, span_text(signatures)));
	CHECK(judge_taken(&j) == 6);
	j.deep.limits = packer_limits;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct deepscan *d = &j.deep;

		deepscan_judge(&j.deep, object_of(rows[i].object), span_of(NULL, 0));
		CHECK_ROW(rows[i].name, (d->verdict == VERDICT_BAD) == (rows[i].threat != NULL));
		if (rows[i].threat == NULL) {
			CHECK_ROW(rows[i].name, d->source == SOURCE_SANDBOX);
			continue;
		}
		CHECK_ROW(rows[i].name, strcmp(d->threat, rows[i].threat) == 0);
		CHECK_ROW(rows[i].name, strcmp(d->layer, rows[i].layer) == 0);
	}
	judge_end(&j);
}

static enum source
source_in_zip(struct judge *j, const char *text)
{
	struct packer_member m = { "a", span_text(text) };

	CHECK(packer_write(&packed, "zip", NULL, NULL, &m, 1));
	deepscan_judge(&j->deep, packer_span(&packed), span_of(NULL, 0));
	return j->deep.verdict == VERDICT_BAD ? SOURCE_COUNT : j->deep.source;
}

TEST(a_limit_that_an_expression_meets_is_an_error)
{
	struct judge j;

	CHECK(judge_begin_logical(&j, span_text(signatures)));
	j.deep.limits = packer_limits;
	CHECK(source_in_zip(&j, "slow " MANY_X ".y") == SOURCE_ERROR);
	CHECK(source_in_zip(&j, "slow " MANY_X "..") == SOURCE_SANDBOX);
	CHECK(source_in_zip(&j, "s-l-o-w " MANY_X ".y") == SOURCE_SANDBOX);
	CHECK(source_in_zip(&j, "slow " MANY_X ".y plain") == SOURCE_COUNT);
	CHECK(strcmp(j.deep.threat, "Plain") == 0);
	judge_end(&j);
}

TEST(an_expression_is_compiled_once)
{
	struct signature_regex what = { 7, 0, "b+", span_text("abb"), 0, false };
	struct regexes *r = regexes_create();
	size_t start = 0, end = 0;

	CHECK(regexes_search(r, &what, &start, &end) == 1 && start == 1 && end == 3);
	what.text = "c"; /* the number tells which it is */
	CHECK(regexes_search(r, &what, &start, &end) == 1);
	what.id = 2;
	CHECK(regexes_search(r, &what, &start, &end) == 0);
	what.id = 9;
	what.text = "(";
	CHECK(regexes_search(r, &what, &start, &end) < 0);
	regexes_destroy(r);
}
