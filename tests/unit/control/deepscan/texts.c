/* SPDX-License-Identifier: BSD-3-Clause */
/* Text in the deep scan: what a signature for text looks for is found however it is written. */
#include <stdlib.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"

static struct packed packed;

static const struct {
	const char *name, *text, *layer; /* NULL: not found */
} rows[] = {
	{ "as it is", "x eval(unescape(\"q", "" },
	{ "letter case and blanks", "x  EVAL(Unescape(\"Q", "text" },
	{ "in a script", "<html><script>\nEval ( unescape ( 'q", "html" },
	{ "references", "<html>&#101;val(&#x75;nescape(&quot;q", "html" },
	{ "a comment within", "<body>eval(unes<!-- x -->cape(\"q", "html" },
	{ "between tags", "<body>other<b>word", "notags" },
	{ "not that", "<body>eval(unescapes(", NULL },
};

static const char literals[] = "rule Text { strings: $a = \"eval(unescape(\\\"q\" condition: $a }\n"
			       "rule Words { strings: $a = \"other word\" condition: $a }";

static bool
is_found(const struct deepscan *d, const char *layer)
{
	if (layer == NULL)
		return d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX;
	if (strcmp(d->layer, layer) != 0)
		fprintf(stderr, "  '%s', not '%s'\n", d->layer, layer);
	return d->verdict == VERDICT_BAD && strcmp(d->layer, layer) == 0;
}

TEST(text_is_judged_as_signatures_have_it)
{
	struct judge j;

	CHECK(judge_begin(&j, span_text(literals)));
	j.deep.limits = packer_limits;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		deepscan_judge(&j.deep, span_text(rows[i].text), span_of(NULL, 0));
		CHECK_ROW(rows[i].name, is_found(&j.deep, rows[i].layer));
		CHECK_ROW(rows[i].name, j.deep.part_count == 0 && j.deep.unpacked_bytes == 0);
	}
	judge_end(&j);
}

TEST(a_text_in_utf16_in_an_archive_is_judged)
{
	static const char text[] = "\xff\xfe<\0B\0>\0O\0t\0h\0e\0r\0 \0 \0w\0o\0r\0d\0";
	struct packer_member m = { "a.html", span_of(text, sizeof(text) - 1) };
	struct deepscan_limits shallow = packer_limits;
	struct judge j;

	CHECK(judge_begin(&j, span_text(literals)));
	j.deep.limits = packer_limits;
	CHECK(packer_write(&packed, "zip", NULL, NULL, &m, 1));
	deepscan_judge(&j.deep, packer_span(&packed), span_of(NULL, 0));
	CHECK(is_found(&j.deep, "zip:a.html->utf16->text"));
	CHECK(j.deep.part_count == 2); /* the UTF-8, the member, not the ZIP itself */
	shallow.depth_max = 1;
	j.deep.limits = shallow;
	deepscan_judge(&j.deep, packer_span(&packed), span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_CLEAN && j.deep.source == SOURCE_SANDBOX);
	judge_end(&j);
}

/* It hangs on the name of nothing, and libyara is asked of the bytes as they are. */
TEST(rewritten_text_has_no_name_and_is_not_libyaras)
{
	static const char rules[] =
	    "rule Named { strings: $a = \"small words\" condition: $a and filename == \"a\" }\n"
	    "rule Regex { strings: $a = /small letters [0-9]{3}/ condition: $a }";
	struct judge j;

	CHECK(judge_begin(&j, span_text(rules)));
	j.deep.limits = packer_limits;
	deepscan_judge(&j.deep, span_text("Small WORDS"), span_text("a"));
	CHECK(j.deep.verdict == VERDICT_CLEAN);
	deepscan_judge(&j.deep, span_text("Small Letters 123"), span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_CLEAN);
	deepscan_judge(&j.deep, span_text("small letters 123"), span_of(NULL, 0));
	CHECK(j.deep.verdict == VERDICT_BAD);
	judge_end(&j);
}

/* Longer text is matched as it is alone, and no class says that something was not read. */
TEST(very_long_text_is_not_rewritten)
{
	size_t bytes = (16u << 20) + 1;
	char *text = malloc(bytes);
	struct judge j;

	CHECK(judge_begin(&j, span_text(literals)));
	j.deep.limits = packer_limits;
	memset(text, '.', bytes);
	memcpy(text, "other  WORD", 11);
	deepscan_judge(&j.deep, span_of(text, bytes), span_of(NULL, 0));
	CHECK(is_found(&j.deep, NULL));
	deepscan_judge(&j.deep, span_of(text, bytes - 1), span_of(NULL, 0));
	CHECK(is_found(&j.deep, "text"));
	free(text);
	judge_end(&j);
}

static const char of_forms[] = "Html;Target:3;0&1;3c6120687265663d78;7468657265\n"
			       "NoTags;Target:3;0;6120622063\n"
			       "Text;Target:7;0&1;61206e6f7465;746f\n"
			       "TextBlanks;Target:7;0;74776f2020626c616e6b73\n"
			       "Mail;Target:4;0&1;5375626a6563743a2042757921;6e6f77\n"
			       "Any;Target:0;0&1;616e79;5768657265\n";

static const struct {
	const char *name, *object, *threat, *layer; /* NULL: not found */
} form_rows[] = {
	{ "a page", "<html><A  HREF = x>tHere", "Html", "html" },
	{ "a page as it is already", "<body><a href=x>there", "Html", "html" },
	{ "a page, without tags", "<body>A<b>b</b>C", "NoTags", "notags" },
	{ "what is no page", "a href = x > there", NULL, NULL },
	{ "a page behind bytes of all kinds",
	    "\x01\x02\xff\xfe\x80<html><a href='x'><a href=x> there", "Html", "html" },
	{ "a text", "A\n\tnote  TO", "Text", "text" },
	{ "a text as it is already", "a note to", "Text", "text" },
	{ "a text with bytes that are none", "A\x01\xc9\n\tnote  TO", "Text", "text" },
	{ "a page is no text", "<html>A note to", NULL, NULL },
	{ "a text is not matched as it is", "two  blanks", NULL, NULL },
	{ "a mail", "From: a@b.test\nSubject: Buy!\n\nnow", "Mail", "" },
	{ "what is no mail", "Say: Subject: Buy! now", NULL, NULL },
	{ "a mail's text", "From: a@b.test\nSubject: c\n\nA note TO", "Text", "mail:1->text" },
	{ "of any kind", "any Where", "Any", "" },
	{ "of any kind, of a page", "<html>any <b>Where", "Any", "" },
};

TEST(signatures_of_forms_are_matched_with_these_alone)
{
	struct judge j;

	CHECK(judge_begin_logical(&j, span_text(of_forms)));
	CHECK(judge_taken(&j) == 6);
	j.deep.limits = packer_limits;
	for (size_t i = 0; i < COUNT_OF(form_rows); i++) {
		const char *threat = form_rows[i].threat;

		deepscan_judge(&j.deep, span_text(form_rows[i].object), span_of(NULL, 0));
		CHECK_ROW(form_rows[i].name, is_found(&j.deep, form_rows[i].layer));
		CHECK_ROW(form_rows[i].name, threat == NULL || strcmp(j.deep.threat, threat) == 0);
	}
	judge_end(&j);
}
