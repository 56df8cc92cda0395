/* SPDX-License-Identifier: BSD-3-Clause */
/* POSIX extended regular expressions: what clamscan 1.4.6 refuses or finds in a member's name. */
#include <stdlib.h>

#include "scanners/regex/regex.h"
#include "tests/unit/harness.h"
#include "tools/sigc/sigc.h"

static const struct {
	const char *expression, *found, *not_found; /* NULL: nothing; both: it is none */
} rows[] = {
	{ "abc", "xabcx", "ab c" },
	{ "^abc$", "abc", "abc\n" },
	{ "a.c", "a\nc", "ac" },
	{ "a*b", "b", "a" },
	{ "ab+c", "abbc", "ac" },
	{ "^ab?c$", "ac", "abbc" },
	{ "^(ab){2,3}$", "ababab", "ab" },
	{ "^a{2,}$", "aaaa", "a" },
	{ "^a{2}$", "aa", "aaa" },
	{ "a{", "a{", "a" },
	{ "a{x", "a{x", "ax" },
	{ "x()y", "xy", "x()y" },
	{ "^(a|b)c$", "bc", "abc" },
	{ "a|b", "b", "c" },
	{ "a)", "a)", "a" },
	{ "\\.exe", "a.exe", "aexe" },
	{ "^\\d$", "d", "1" },
	{ "^\\w$", "w", "a" },
	{ "\\(", "(", "\\" },
	{ "\\\\", "\\", "/" },
	{ "\\<ab\\>", "x ab", "xab" },
	{ "[a-c]", "b", "d" },
	{ "^[^a-c]$", "d", "b" },
	{ "^[]a]$", "]", "b" },
	{ "^[^]a]$", "b", "]" },
	{ "^[a\\]$", "\\", "b" },
	{ "^[a-]$", "-", "b" },
	{ "^[-a]$", "-", "b" },
	{ "^[[.a.]-c]$", "b", "d" },
	{ "^[[=a=]]$", "a", "b" },
	{ "^[[:digit:]x]$", "7", "a" },
	{ "^[^[:alpha:]]$", "7", "a" },
	{ "[[:<:]]ab[[:>:]]", "x ab", "xab" },
	{ "(?i)aB[c-d]", "AbC", "ab" },
	{ "(?i)^[^a]$", "b", "A" },
	{ "a#b c", "a#b c", "a" },
	{ "\xe9+$", "\xe9\xe9", "e" },
	{ "$", "anything", NULL },
	{ "^[^\x01-\x7f\x80-\xff]$", NULL, "a" },
	{ "", NULL, NULL },
	{ "(?i)", NULL, NULL },
	{ "a||b", NULL, NULL },
	{ "|a", NULL, NULL },
	{ "a|", NULL, NULL },
	{ "(a|)", NULL, NULL },
	{ "(|a)", NULL, NULL },
	{ "(a", NULL, NULL },
	{ "*a", NULL, NULL },
	{ "(*a)", NULL, NULL },
	{ "a|+b", NULL, NULL },
	{ "^*", NULL, NULL },
	{ "a**", NULL, NULL },
	{ "a+?", NULL, NULL },
	{ "a{1}{2}", NULL, NULL },
	{ "a{2,1}", NULL, NULL },
	{ "a{256}", NULL, NULL },
	{ "a{99999999999}", NULL, NULL },
	{ "a{1", NULL, NULL },
	{ "a{1,x}", NULL, NULL },
	{ "{1}", NULL, NULL },
	{ "a\\", NULL, NULL },
	{ "[a", NULL, NULL },
	{ "[", NULL, NULL },
	{ "[]", NULL, NULL },
	{ "[b-a]", NULL, NULL },
	{ "[a-\xe9]", NULL, NULL },
	{ "[[:foo:]]", NULL, NULL },
	{ "[[.ab.]]", NULL, NULL },
	{ "[[.", NULL, NULL },
	{ "(?:a)", NULL, NULL },
};

static bool
is_found(const struct sigc_table *t, unsigned options, const char *text)
{
	char error[REGEX_ERROR_MAX];
	struct regex_match m;
	struct regex *r;
	bool found;

	CHECK_ROW(error, regex_compile((const char *)t->bytes, options, &r, error) == 0);
	found = regex_search(r, span_text(text), 0, false, &m) == 1;
	regex_free(r);
	return found;
}

TEST(expressions_find_what_clamscan_finds)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *x = rows[i].expression;
		struct sigc_table t = { 0 };
		unsigned options;
		bool is_one = sigc_translate_extended(span_text(x), &t, &options);

		CHECK_ROW(x, is_one == (rows[i].found != NULL || rows[i].not_found != NULL));
		if (is_one) {
			table_add(&t, "", 1);
			CHECK_ROW(x, rows[i].found == NULL || is_found(&t, options, rows[i].found));
			CHECK_ROW(x,
			    rows[i].not_found == NULL || !is_found(&t, options, rows[i].not_found));
		}
		free(t.bytes);
	}
}
