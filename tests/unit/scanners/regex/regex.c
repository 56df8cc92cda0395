/* SPDX-License-Identifier: BSD-3-Clause */
/* Regular expressions: options, where they are searched for, what the limits leave open. */
#include "scanners/regex/regex.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/harness.h"

static int
search(const char *text, unsigned options, struct span in, size_t from, bool is_anchored,
    struct regex_match *out)
{
	char error[REGEX_ERROR_MAX];
	struct regex *r = NULL;
	int rc;

	CHECK_ROW(text, regex_compile(text, options, &r, error) == 0);
	rc = regex_search(r, in, from, is_anchored, out);
	regex_free(r);
	return rc;
}

static const struct {
	const char *name, *text;
	unsigned options;
	const char *in;
	size_t from;
	bool is_anchored;
	int rc;
	size_t start, end;
} cases[] = {
	{ "plain", "b+c", 0, "abbc", 0, false, 1, 1, 4 },
	{ "none", "b+d", 0, "abbc", 0, false, 0, 0, 0 },
	{ "from there on", "b", 0, "abab", 2, false, 1, 3, 4 },
	{ "there", "b", 0, "abab", 1, true, 1, 1, 2 },
	{ "not there", "b", 0, "abab", 0, true, 0, 0, 0 },
	{ "what stands before is seen", "(?<=a)b", 0, "ab", 1, true, 1, 1, 2 },
	{ "the end", "", 0, "ab", 2, false, 1, 2, 2 },
	{ "letter case counts", "B", 0, "ab", 0, false, 0, 0, 0 },
	{ "i", "B", REGEX_CASELESS, "ab", 0, false, 1, 1, 2 },
	{ "a dot is no newline", "a.b", 0, "a\nb", 0, false, 0, 0, 0 },
	{ "s", "a.b", REGEX_DOT_ALL, "a\nb", 0, false, 1, 0, 3 },
	{ "one line", "^b", 0, "a\nb", 0, false, 0, 0, 0 },
	{ "m", "^b", REGEX_MULTILINE, "a\nb", 0, false, 1, 2, 3 },
	{ "blanks count", "a b", 0, "ab", 0, false, 0, 0, 0 },
	{ "x", "a b", REGEX_EXTENDED, "ab", 0, false, 1, 0, 2 },
	{ "A", "b", REGEX_ANCHORED, "ab", 0, false, 0, 0, 0 },
	{ "$ before the last newline", "b$", 0, "ab\n", 0, false, 1, 1, 2 },
	{ "E", "b$", REGEX_DOLLAR_END_ONLY, "ab\n", 0, false, 0, 0, 0 },
	{ "greedy", "a.*b", 0, "abab", 0, false, 1, 0, 4 },
	{ "U", "a.*b", REGEX_UNGREEDY, "abab", 0, false, 1, 0, 2 },
	{ "a name", "(?P<x>a)(?P=x)", 0, "baa", 0, false, 1, 1, 3 },
	{ "no UTF-8 for these bytes", "(*UTF)a", 0, "\xff", 0, false, -EIO, 0, 0 },
};

TEST(expressions_are_perls)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct regex_match m = { 0 };
		int rc = search(cases[i].text, cases[i].options, span_text(cases[i].in),
		    cases[i].from, cases[i].is_anchored, &m);

		CHECK_ROW(cases[i].name, rc == cases[i].rc);
		CHECK_ROW(cases[i].name, m.start == cases[i].start && m.end == cases[i].end);
	}
}

/* Steps from one place, and within each other; and that a search can go on after either. */
TEST(a_limit_is_no_answer)
{
	char text[4001];
	struct regex_match m;

	memset(text, 'a', sizeof(text));
	text[60] = '.';
	text[61] = 'b'; /* without one the library searches no further */
	CHECK(search("(a+)+b", 0, span_of(text, 62), 0, false, &m) == -EOVERFLOW);
	text[60] = text[61] = 'a';
	CHECK(search("(?:a|b)*c", 0, span_of(text, 100), 0, false, &m) == 0);
	text[sizeof(text) - 1] = 'c';
	CHECK(search("(?:a|b)*c", 0, span_of(text, sizeof(text)), 0, false, &m) == -EOVERFLOW);
	text[99] = 'c';
	CHECK(search("(?:a|b)*c", 0, span_of(text, 100), 0, false, &m) == 1 && m.end == 100);
}

TEST(too_many_bytes_are_no_answer)
{
	char *text = calloc(REGEX_BYTES_MAX + 1, 1);
	struct regex_match m;

	CHECK(search("\\A\\x00", 0, span_of(text, REGEX_BYTES_MAX + 1), 0, false, &m) == -EFBIG);
	CHECK(search("\\A\\x00", 0, span_of(text, REGEX_BYTES_MAX), 0, false, &m) == 1);
	free(text);
}

TEST(what_is_no_expression_is_refused_with_a_sentence)
{
	char error[REGEX_ERROR_MAX] = "";
	struct regex *r = NULL;

	CHECK(regex_compile("a(b", 0, &r, error) == -EINVAL && r == NULL);
	CHECK(strcmp(error, "missing closing parenthesis, at 3") == 0);
}
