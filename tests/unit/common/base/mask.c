/* SPDX-License-Identifier: BSD-3-Clause */
/* Masks: a table, and every short mask against every short text beside the obvious recursion. */
#include "common/base/mask.h"

#include "tests/unit/harness.h"

static const struct {
	const char *mask, *text;
	bool matches;
} cases[] = {
	{ "*", "", true },
	{ "**", "", true },
	{ "", "", true },
	{ "", "a", false },
	{ "?", "", false },
	{ "abc", "ABC", true },
	{ "ABC", "abc", true },
	{ "[", "{", false }, /* letters only have a case */
	{ "a?c", "abc", true },
	{ "a?c", "ac", false },
	{ "*.example.test/*", "www.example.test/a/b", true },
	{ "*.example.test/*", "example.test/a", false },
	{ "a\\*b", "a*b", true },
	{ "a\\*b", "axb", false },
	{ "a\\?b", "a?b", true },
	{ "a\\?b", "axb", false },
	{ "a\\\\b", "a\\b", true },
	{ "a\\xb", "aXb", true },
	{ "a\\", "a\\", true }, /* at the end it is itself */
	{ "a\\", "a", false },
	{ "*\\*", "ab*", true },
	{ "*\\*", "ab", false },
	{ "*\\**", "a*b", true },
	{ "*ab", "aab", true },
	{ "*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "?\xff", "\xfe\xff", true },
};

TEST(masks)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(cases[i].mask, mask_matches(span_text(cases[i].mask),
					     span_text(cases[i].text)) == cases[i].matches);
}

/* What the header says, in so many words. */
static bool
obviously(struct span mask, struct span text)
{
	if (mask.bytes == 0)
		return text.bytes == 0;
	if (mask.data[0] == '*')
		return obviously(span_from(mask, 1), text) ||
		       (text.bytes > 0 && obviously(mask, span_from(text, 1)));
	if (text.bytes == 0)
		return false;
	if (mask.data[0] == '\\' && mask.bytes > 1)
		return mask.data[1] == text.data[0] &&
		       obviously(span_from(mask, 2), span_from(text, 1));
	return (mask.data[0] == '?' || mask.data[0] == text.data[0]) &&
	       obviously(span_from(mask, 1), span_from(text, 1));
}

/* The n-th word over an alphabet, the shortest first. */
static size_t
word(unsigned n, const char *alphabet, char *out)
{
	unsigned letters = (unsigned)strlen(alphabet);
	size_t bytes = 0;

	for (; n > 0; n = (n - 1) / letters)
		out[bytes++] = alphabet[(n - 1) % letters];
	out[bytes] = 0;
	return bytes;
}

#define MASKS 3906 /* all of at most five letters */
#define TEXTS 341  /* all of at most four */

TEST(every_short_mask_means_what_it_says)
{
	char mask[16], text[16];

	for (unsigned m = 0; m < MASKS; m++) {
		struct span mask_span = span_of(mask, word(m, "a*?\\b", mask));

		for (unsigned t = 0; t < TEXTS; t++) {
			struct span text_span = span_of(text, word(t, "ab*\\", text));
			bool same =
			    mask_matches(mask_span, text_span) == obviously(mask_span, text_span);

			if (!same)
				CHECK_ROW(mask, same);
		}
	}
	CHECK(word(MASKS, "a*?\\b", mask) == 6 && word(TEXTS, "ab*\\", text) == 5);
}
