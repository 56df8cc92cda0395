/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects in RTF: their bytes, whatever stands between the digits. */
#include "scanners/document/rtf.h"

#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

static const struct {
	const char *name, *file, *first, *second; /* NULL: there is none */
} rows[] = {
	{ "one", "{\\rtf1{\\object{\\*\\objdata 416243}}}", "AbC", NULL },
	{ "two", "{\\rt{\\objdata 41}{\\objdata 4243}}", "A", "BC" },
	{ "lines", "{\\rtf{\\objdata\r\n4\r\n1\t62 }}", "Ab", NULL },
	{ "capitals and small letters", "{\\rtf{\\objdata 4a4B}}", "JK", NULL },
	{ "control words between", "{\\rtf{\\objdata 4\\par1 \\bin0 1\\x-12 62}}", "Ab", NULL },
	{ "groups between", "{\\rtf{\\objdata 4{\\*\\y}1{z{}}62}99}", "Ab", NULL },
	{ "symbols between", "{\\rtf{\\objdata 4\\'ff1\\~6\\*2}}", "Ab", NULL },
	{ "bytes as they are", "{\\rtf{\\objdata 41\\bin3 b}{63}}", "Ab}{c", NULL },
	{ "more bytes than there are", "{\\rtf{\\objdata \\bin99 x{\\objdata 41}}",
	    "x{\\objdata 41}}", "A" },
	{ "a longer word than bin", "{\\rtf{\\objdata 41\\bina3 42}", "AB", NULL },
	{ "a longer word", "{\\rtf{\\objdatax 41}}", NULL, NULL },
	{ "an odd digit", "{\\rtf{\\objdata 41 6}}", "A", NULL },
	{ "no end", "{\\rtf{\\objdata 41", "A", NULL },
	{ "nothing", "{\\rtf{\\objdata }}", "", NULL },
	{ "cut in a control", "{\\rtf{\\objdata 41\\", "A", NULL },
	{ "cut in a symbol", "{\\rtf{\\objdata 41\\'", "A", NULL },
	{ "a picture", "{\\rtf{\\pict\\picw10 41{\\*\\blipuid 99{99}}42}41}", "AB", NULL },
	{ "an object in a picture", "{\\rtf{\\pict 41{\\*\\x\\objdata 42}}}", "A", "B" },
	{ "a store", "{\\rtf{\\*\\datastore 41\r\n42}{\\*\\themedata 43}}", "AB", "C" },
	{ "a font", "{\\rtf{\\*\\fontemb\\ttruetype 4142}}", "AB", NULL },
	{ "a longer word than pict", "{\\rtf{\\picture 41}}", NULL, NULL },
	{ "no object", "{\\rtf1 hello}", NULL, NULL },
};

static bool
is_next(struct span file, size_t *at, const char *right)
{
	struct sink s = { .room = sizeof(s.bytes) };
	enum rtf_kind kind;

	if (!rtf_next(file, at, &kind))
		return right == NULL;
	rtf_decode(file, at, kind, sink_take, &s);
	return right != NULL && s.used == strlen(right) && memcmp(s.bytes, right, s.used) == 0;
}

TEST(objects_are_decoded)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct span file = span_text(rows[i].file);
		size_t at = 0;

		CHECK_ROW(rows[i].name, rtf_is(file));
		CHECK_ROW(rows[i].name, is_next(file, &at, rows[i].first));
		CHECK_ROW(rows[i].name, is_next(file, &at, rows[i].second));
		for (size_t cut = 0; cut < file.bytes; cut++) {
			enum rtf_kind kind;
			size_t end = 0;

			while (rtf_next(span_first(file, cut), &end, &kind)) {
				struct sink none = { .room = 0 };

				rtf_decode(span_first(file, cut), &end, kind, sink_take, &none);
			}
			CHECK_SEED(cut, end <= cut);
		}
	}
	CHECK(!rtf_is(span_text("{\\r")) && !rtf_is(span_text("x{\\rtf")));
}
