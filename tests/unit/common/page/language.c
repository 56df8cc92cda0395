/* SPDX-License-Identifier: BSD-3-Clause */
/* Accept-Language: weights, ranges that cover, ranges that are covered, and what is malformed. */
#include "common/page/page.h"
#include "tests/unit/harness.h"

static const char *const tags[] = { "en", "de", "pt-BR", "fr" };

static const struct {
	const char *name, *field, *chosen;
} rows[] = {
	{ "no field", "", "en" },
	{ "one", "de", "de" },
	{ "another case", "DE", "de" },
	{ "by weight", "de;q=0.5, fr;q=0.8", "fr" },
	{ "weight 1 where none is said", "fr;q=0.999,de", "de" },
	{ "equal weights: the first asked for", "fr,de", "fr" },
	{ "a browser's", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7", "de" },
	{ "a region of ours is not asked for", "de-CH", "de" },
	{ "a range covers our region", "pt", "pt-BR" },
	{ "our region", "pt-br;q=0.4, en;q=0.3", "pt-BR" },
	{ "another region", "pt-PT", "en" },
	{ "none of ours", "ja, zh;q=0.9", "en" },
	{ "any", "ja, *;q=0.1", "en" },
	{ "any but one", "en;q=0, *", "de" },
	{ "not at all", "de;q=0", "en" },
	{ "the nearest range speaks", "de;q=0.1, de-AT;q=0.9, fr;q=0.5", "fr" },
	{ "a beginning is no subtag", "d, f", "en" },
	{ "blanks", " \tde ; q=0.3 , fr ;q=0.2 ", "de" },
	{ "empty items", ",,de,,", "de" },
	{ "a weight above 1", "de;q=1.5, fr;q=0.1", "fr" },
	{ "a weight with four digits", "de;q=0.1234, fr;q=0.1", "fr" },
	{ "no weight", "de;q=, fr;q=0.1", "fr" },
	{ "another parameter", "de;level=1, fr;q=0.1", "fr" },
	{ "a weight that is none", "de;q=x, fr;q=0.1", "fr" },
	{ "weight 1.000", "fr;q=0.9,de;q=1.000", "de" },
	{ "no tag", "d_e, fr;q=0.1", "fr" },
	{ "a subtag too long", "de-123456789, fr;q=0.1", "fr" },
};

TEST(accept_language)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		unsigned n = language_choose(span_text(rows[i].field), tags, COUNT_OF(tags));

		CHECK_ROW(rows[i].name, strcmp(tags[n], rows[i].chosen) == 0);
	}
}

/* Only the first 32 are looked at: a field of a whole head costs no more. */
TEST(a_long_field_is_not_read_to_its_end)
{
	char field[512] = "";

	for (unsigned i = 0; i < 31; i++)
		strcat(field, "ja,");
	strcat(field, "de,fr");
	CHECK(language_choose(span_text(field), tags, COUNT_OF(tags)) == 1);
	memmove(field + 3, field, strlen(field) + 1);
	memcpy(field, "ko,", 3);
	CHECK(language_choose(span_text(field), tags, COUNT_OF(tags)) == 0);
}

TEST(tags_are_told_from_other_words)
{
	static const char *const good[] = { "en", "pt-BR", "zh-Hant-TW", "x-1" };
	static const char *const bad[] = { "", "-", "de-", "-de", "de--AT", "de_AT", "d e",
		"123456789", "aa-bb-cc-dd-ee-ff-gg-hh-ii-jj-kk-lll" };

	for (unsigned i = 0; i < COUNT_OF(good); i++)
		CHECK_ROW(good[i], language_is_tag(span_text(good[i])));
	for (unsigned i = 0; i < COUNT_OF(bad); i++)
		CHECK_ROW(bad[i], !language_is_tag(span_text(bad[i])));
}
