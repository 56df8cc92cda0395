/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates: what they may hold, what is escaped where, and where a long page is cut. */
#include <errno.h>
#include <stdlib.h>

#include "common/page/page.h"
#include "tests/unit/harness.h"

static const struct {
	const char *name, *text, *error; /* NULL: it is right */
} templates[] = {
	{ "nothing", "", NULL },
	{ "no variable", "blocked", NULL },
	{ "each variable",
	    "{{url}}{{file}}{{format}}{{size}}{{client}}{{user}}{{verdict}}{{source}}{{threat}}"
	    "{{reason}}{{id}}{{uuid}}{{time}}{{waited_s}}{{retry_s}}",
	    NULL },
	{ "blanks", "{{ threat\t}}", NULL },
	{ "single braces", "a{b}c } {", NULL },
	{ "closing braces alone", "a}}b", NULL },
	{ "unknown", "a\n\n{{nonsense}}",
	    "p:3: unknown variable 'nonsense', expected one of url, file, format" },
	{ "another case", "{{URL}}", "p:1: unknown variable 'URL'" },
	{ "no name", "\n{{}}", "p:2: no variable within the braces" },
	{ "not closed", "a\nb{{url", "p:2: '{{' without '}}'" },
	{ "one within another", "{{url{{url}}", "p:1: unknown variable" },
	{ "in quotes", "<p title=\"{{url}}\" lang='{{id}}'>", NULL },
	{ "no quotes", "<p title={{url}}>", "p:1: {{url}} stands where no escape" },
	{ "a tag's name", "<{{url}}>", "no escape makes it safe" },
	{ "an attribute's name", "<p {{url}}=\"\">", "no escape" },
	{ "an event", "<p onClick=\"f('{{url}}')\">", "no escape" },
	{ "a style", "<p style='color:{{url}}'>", "no escape" },
	{ "a frame's text", "<iframe srcdoc=\"{{url}}\">", "no escape" },
	{ "a script", "<script>\nvar u = '{{url}}';</script>", "p:2: {{url}} stands" },
	{ "after a script", "<script>var u = '<b>';</SCRIPT >{{url}}", NULL },
	{ "a script that seems to end", "<script>'</scripty>' {{url}}</script>", "no escape" },
	{ "a style sheet", "<style>p{color:{{url}}}</style>", "no escape" },
	{ "after a style sheet", "<style>p{}</style><p>{{url}}", NULL },
	{ "a title", "<title>{{url}}</title>", NULL },
	{ "a title with a tag in it", "<title><script></title>{{url}}", NULL },
	{ "a comment", "<!-- {{url}} -->", "no escape" },
	{ "after a comment", "<!-- <script> -->{{url}}", NULL },
	{ "after a doctype", "<!DOCTYPE html>{{url}}", NULL },
	{ "a lone angle", "1 < 2 {{url}}", NULL },
	{ "an attribute without a value", "<p hidden onclick=\"{{url}}\">", "no escape" },
	{ "behind a self-closing tag", "<br/>{{url}}", NULL },
	{ "if", "{{if scanned cached}}a{{else}}b{{end}}", NULL },
	{ "if: no such source", "{{if scaned}}a{{end}}", "p:1: 'scaned' is no source" },
	{ "if: never closed", "\n{{if scanned}}\n", "p:3: the if of line 2 has no end" },
	{ "if within if", "{{if scanned}}\n{{if cached}}{{end}}{{end}}",
	    "p:2: an if within that of line 1" },
	{ "end without if", "{{end}}", "p:1: end without an if" },
	{ "else without if", "{{else}}", "else without an if" },
	{ "two else", "{{if error}}{{else}}{{else}}{{end}}", "else without an if" },
	{ "if in a tag", "<p {{if error}}>", "expected between tags" },
	{ "end in another place", "{{if error}}<p title=\"{{end}}\">", "between tags" },
};

static int
parse(const char *text, enum page_form form, struct page **p, char *error)
{
	return page_parse(span_text(text), form, "p", p, error);
}

TEST(templates)
{
	for (unsigned i = 0; i < COUNT_OF(templates); i++) {
		struct page *p = NULL;
		char error[CONFIG_ERROR_TEXT_MAX] = "";
		int rc = parse(templates[i].text, PAGE_HTML, &p, error);

		CHECK_ROW(templates[i].name, (rc == 0) == (templates[i].error == NULL));
		if (templates[i].error != NULL)
			CHECK_ROW(templates[i].name, strstr(error, templates[i].error) != NULL);
		page_free(p);
	}
}

TEST(a_template_is_text)
{
	char error[CONFIG_ERROR_TEXT_MAX];
	struct page *p;

	CHECK(page_parse(span_of("a\nb\0c", 5), PAGE_HTML, "p", &p, error) == -EINVAL);
	CHECK(strstr(error, "p:2: a NUL byte") != NULL);
}

static void
check_size(const char *unit, size_t times, bool fits, const char *expected)
{
	char *text = calloc(times + 1, strlen(unit));
	struct page *p = NULL;
	char error[CONFIG_ERROR_TEXT_MAX] = "";

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * strlen(unit), unit, strlen(unit));
	CHECK_ROW(unit, (parse(text, PAGE_HTML, &p, error) == 0) == fits);
	CHECK_ROW(unit, fits || strstr(error, expected) != NULL);
	page_free(p);
	free(text);
}

TEST(a_template_has_bounds)
{
	check_size("x", PAGE_TEMPLATE_BYTES_MAX, true, "");
	check_size("x", PAGE_TEMPLATE_BYTES_MAX + 1, false, "larger than 32768 bytes");
	check_size("{{url}}", PAGE_PIECES_MAX, true, "");
	check_size("{{url}}", PAGE_PIECES_MAX + 1, false, "more than 128 pieces");
	check_size("x{{url}}", PAGE_PIECES_MAX / 2 + 1, false, "more than 128 pieces");
}

static const struct {
	const char *name, *text, *value, *shown;
	enum page_form form;
} escapes[] = {
	{ "markup", "[{{url}}]", "<script>&\"'", "[&lt;script&gt;&amp;&quot;&#39;]", PAGE_HTML },
	{ "braces", "{{url}}", "{{id}}", "{{id}}", PAGE_HTML },
	{ "what is no ASCII", "{{url}}", "\x01\n\x7f\xff", "&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;",
	    PAGE_HTML },
	{ "an attribute", "<p title=\"{{url}}\">", "\" onload=\"x",
	    "<p title=\"&quot; onload=&quot;x\">", PAGE_HTML },
	{ "a link", "<a href='{{url}}'>", "javascript:alert(1)'",
	    "<a href='javascript%3Aalert%281%29%27'>", PAGE_HTML },
	{ "a link behind a bare attribute", "<a hidden HREF = \"m?{{url}}\">", "a&b=c",
	    "<a hidden HREF = \"m?a%26b%3Dc\">", PAGE_HTML },
	{ "an address", "https://h/?u={{url}}", "a.test/ü?x&y\r\n",
	    "https://h/?u=a.test%2F%C3%BC%3Fx%26y%0D%0A", PAGE_URL },
	{ "nothing", "[{{url}}]", "", "[]", PAGE_HTML },
};

TEST(values_are_escaped_for_their_place)
{
	for (unsigned i = 0; i < COUNT_OF(escapes); i++) {
		struct page_values values = { .of[PAGE_VARIABLE_URL] =
						  span_text(escapes[i].value) };
		char error[CONFIG_ERROR_TEXT_MAX], out[256];
		struct page *p = NULL;
		bool whole;
		size_t n;

		CHECK_ROW(escapes[i].name, parse(escapes[i].text, escapes[i].form, &p, error) == 0);
		n = page_render(p, &values, out, sizeof(out), &whole);
		CHECK_ROW(escapes[i].name, whole && span_is(span_of(out, n), escapes[i].shown));
		page_free(p);
	}
}

/* Names that somebody gave keep their letters, and nothing else that is no ASCII; addresses none.
 */
TEST(names_keep_their_letters)
{
	static const struct {
		const char *name, *text, *value, *shown;
	} rows[] = {
		{ "a file", "{{file}}", "Счёт № 5.exe", "Счёт № 5.exe" },
		{ "a user", "<p title='{{user}}'>", "Zoë <b>'", "<p title='Zoë &lt;b&gt;&#39;'>" },
		{ "an accent of its own", "{{file}}", "e\xcc\x81.txt", "e\xcc\x81.txt" },
		{ "two accents", "{{file}}", "e\xcc\x81\xcc\x81", "e\xcc\x81&#xFFFD;&#xFFFD;" },
		{ "an accent behind nothing", "{{file}}", ".\xcc\x81", ".&#xFFFD;&#xFFFD;" },
		{ "the other direction", "{{file}}", "a\xe2\x80\xaegpj.exe",
		    "a&#xFFFD;&#xFFFD;&#xFFFD;gpj.exe" },
		{ "a cut one", "{{file}}", "\xd0", "&#xFFFD;" },
		{ "in a link", "<a href='{{file}}'>", "ё", "<a href='%D1%91'>" },
		{ "an address", "{{url}}", "ё", "&#xFFFD;&#xFFFD;" },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct page_values values = { .source = SOURCE_SCANNED };
		char error[CONFIG_ERROR_TEXT_MAX], out[256];
		struct page *p = NULL;
		size_t n;

		for (unsigned v = 0; v < PAGE_VARIABLE_COUNT; v++)
			values.of[v] = span_text(rows[i].value);
		CHECK_ROW(rows[i].name, parse(rows[i].text, PAGE_HTML, &p, error) == 0);
		n = page_render(p, &values, out, sizeof(out), NULL);
		CHECK_ROW(rows[i].name, span_is(span_of(out, n), rows[i].shown));
		for (size_t room = 0; room < n; room++) {
			bool whole;

			CHECK_ROW(rows[i].name, page_render(p, &values, out, room, &whole) <= room);
			CHECK_ROW(rows[i].name, !whole);
		}
		page_free(p);
	}
}

/* In whatever variable, no byte of a value opens a tag or ends a quoted attribute. */
TEST(no_byte_of_a_value_opens_a_tag)
{
	char value[256], out[4096], error[CONFIG_ERROR_TEXT_MAX];
	struct page_values sample;
	size_t n;

	for (unsigned i = 0; i < sizeof(value); i++)
		value[i] = (char)i;
	page_sample_values(&sample);
	for (unsigned v = 0; v < PAGE_VARIABLE_COUNT; v++) {
		static const char *const words[] = {
#define X(id, word, shown) word,
			PAGE_VARIABLES(X)
#undef X
		};
		struct page_values values = sample;
		struct page *p;
		char text[64];

		snprintf(text, sizeof(text), "{{%s}}", words[v]);
		values.of[v] = span_of(value, sizeof(value));
		CHECK(parse(text, PAGE_HTML, &p, error) == 0);
		n = page_render(p, &values, out, sizeof(out), NULL);
		CHECK_ROW(words[v], n > sizeof(value));
		for (size_t i = 0; i < n; i++)
			CHECK_ROW(words[v],
			    out[i] >= ' ' && out[i] < 0x7f && strchr("<>\"'", out[i]) == NULL);
		page_free(p);
	}
}

static size_t
count_of(struct span s, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < s.bytes; i++)
		n += s.data[i] == c;
	return n;
}

/* The pages that come with the program, each value 10 KiB of what would end its place: no more
 * tags and quotes than without any value, also where the page is longer than there is room. */
TEST(long_and_hostile_values_leave_the_builtin_pages_as_they_are)
{
	static const char hostile[] = "</script></title><b onload='x' a=\"y\">-->",
			  marks[] = "<>\"'";
	static char value[10240], out[PAGE_RENDERED_BYTES_MAX], plain[PAGE_RENDERED_BYTES_MAX];
	char error[CONFIG_ERROR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = hostile[i % (sizeof(hostile) - 1)];
	for (unsigned k = 0; k < PAGE_KIND_COUNT; k++) {
		for (unsigned source = 0; source < SOURCE_COUNT; source++) {
			struct page_values none = { .source = source }, all = none;
			struct span bare, shown;
			struct page *p;
			bool whole;

			CHECK(page_parse(page_builtin(k), PAGE_HTML, "p", &p, error) == 0);
			bare = span_of(plain, page_render(p, &none, plain, sizeof(plain), NULL));
			for (unsigned v = 0; v < PAGE_VARIABLE_COUNT; v++) {
				all.of[v] = span_of(value, sizeof(value));
				shown =
				    span_of(out, page_render(p, &all, out, sizeof(out), &whole));
				for (unsigned m = 0; m < sizeof(marks) - 1; m++) {
					size_t seen = count_of(shown, marks[m]);
					size_t due = count_of(bare, marks[m]);

					CHECK_ROW(
					    page_kind_word(k), whole ? seen == due : seen <= due);
				}
				CHECK_ROW(
				    page_kind_word(k), whole || shown.bytes > sizeof(out) - 20);
			}
			page_free(p);
		}
	}
}

TEST(if_goes_by_the_source)
{
	char error[CONFIG_ERROR_TEXT_MAX], out[16];
	struct page_values values = { .source = SOURCE_CACHED };
	struct page *p;

	CHECK(parse("{{if scanned  cached}}a{{else}}b{{end}}c", PAGE_HTML, &p, error) == 0);
	CHECK(span_is(span_of(out, page_render(p, &values, out, sizeof(out), NULL)), "ac"));
	values.source = SOURCE_TIMEOUT;
	CHECK(span_is(span_of(out, page_render(p, &values, out, sizeof(out), NULL)), "bc"));
	page_free(p);
}

/* Whatever room there is, the page is a beginning of the whole one, with no half escape. */
TEST(a_page_is_cut_to_its_room)
{
	struct page_values values = { .of = { [PAGE_VARIABLE_THREAT] = span_text("T<"),
					  [PAGE_VARIABLE_URL] = span_text("a\"b&c"),
					  [PAGE_VARIABLE_ID] = span_text("u") } };
	char error[CONFIG_ERROR_TEXT_MAX], whole[256], out[256];
	size_t full, before = 0;
	struct page *p;
	bool fits;

	CHECK(parse("<p>{{url}}|{{threat}}</p>{{id}}", PAGE_HTML, &p, error) == 0);
	full = page_render(p, &values, whole, sizeof(whole), NULL);
	CHECK(span_is(span_of(whole, full), "<p>a&quot;b&amp;c|T&lt;</p>u"));
	for (size_t room = 0; room <= full; room++) {
		const char *amp;
		size_t n;

		memset(out, 0x5a, sizeof(out));
		n = page_render(p, &values, out, room, &fits);
		CHECK_SEED(room, n <= room && n >= before && out[n] == 0x5a);
		CHECK_SEED(room, memcmp(out, whole, n) == 0 && fits == (room == full));
		amp = memrchr(out, '&', n);
		CHECK_SEED(room, amp == NULL || memchr(amp, ';', n - (size_t)(amp - out)) != NULL);
		before = n;
	}
	CHECK(before == full);
	page_free(p);
}

TEST(the_built_in_pages_are_right)
{
	char error[CONFIG_ERROR_TEXT_MAX], out[PAGE_RENDERED_BYTES_MAX + 1];
	struct page_values values;

	page_sample_values(&values);
	for (unsigned k = 0; k < PAGE_KIND_COUNT; k++) {
		struct page *p = NULL;

		CHECK(page_parse(page_builtin(k), PAGE_HTML, "built-in", &p, error) == 0);
		out[page_render(p, &values, out, sizeof(out) - 1, NULL)] = 0;
		CHECK_ROW(page_kind_word(k), strstr(out, "downloads.example") != NULL);
		CHECK_ROW(page_kind_word(k), strstr(out, "{{") == NULL);
		/* On a phone, in the dark, and with a long address: the incident stays in sight. */
		CHECK_ROW(page_kind_word(k), strstr(out, "content=\"width=device-width\"") != NULL);
		CHECK_ROW(page_kind_word(k), strstr(out, "color-scheme:light dark") != NULL);
		CHECK_ROW(page_kind_word(k), strstr(out, "max-height:8em;overflow:auto") != NULL);
		page_free(p);
	}
}
