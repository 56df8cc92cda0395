/* SPDX-License-Identifier: BSD-3-Clause */
/* The block page: what a template may hold, what is escaped, and where a long one is cut. */
#include "dataplane/inspect/page.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static const struct {
	const char *name, *template_text, *error; /* NULL: it is right */
} templates[] = {
	{ "nothing", "", NULL },
	{ "no variable", "blocked", NULL },
	{ "each variable", "{{threat}}{{url}}{{reason}}{{uuid}}", NULL },
	{ "blanks", "{{ threat\t}}", NULL },
	{ "single braces", "a{b}c } {", NULL },
	{ "closing braces alone", "a}}b", NULL },
	{ "unknown", "a{{nonsense}}", "{{nonsense}}" },
	{ "another case", "{{URL}}", "{{URL}}" },
	{ "no name", "{{}}", "unknown variable" },
	{ "not closed", "ab{{url", "at byte 2" },
	{ "closed by one brace", "{{url}", "at byte 0" },
	{ "one within another", "{{url{{url}}", "unknown variable" },
};

TEST(templates)
{
	for (unsigned i = 0; i < COUNT_OF(templates); i++) {
		struct page *p = NULL;
		char error[128] = "";
		int rc = page_parse(templates[i].template_text, &p, error, sizeof(error));

		CHECK_ROW(templates[i].name, (rc == 0) == (templates[i].error == NULL));
		if (templates[i].error != NULL)
			CHECK_ROW(templates[i].name, strstr(error, templates[i].error) != NULL);
		page_free(p);
	}
}

static void
check_size(const char *unit, size_t times, bool fits, const char *expected)
{
	char *text = calloc(times + 1, strlen(unit));
	struct page *p = NULL;
	char error[128] = "";

	for (size_t i = 0; i < times; i++)
		memcpy(text + i * strlen(unit), unit, strlen(unit));
	CHECK_ROW(unit, (page_parse(text, &p, error, sizeof(error)) == 0) == fits);
	CHECK_ROW(unit, fits || strstr(error, expected) != NULL);
	page_free(p);
	free(text);
}

TEST(a_template_has_bounds)
{
	check_size("x", PAGE_TEMPLATE_BYTES_MAX, true, "");
	check_size("x", PAGE_TEMPLATE_BYTES_MAX + 1, false, "larger than 32768 bytes");
	check_size("{{url}}", PAGE_PIECES_MAX, true, "");
	check_size("{{url}}", PAGE_PIECES_MAX + 1, false, "more than 64 pieces");
	check_size("x{{url}}", PAGE_PIECES_MAX / 2 + 1, false, "more than 64 pieces");
}

/* Every byte that could end text or a quoted attribute, or that is no ASCII, in every variable. */
TEST(whatever_the_wire_said_is_escaped)
{
	static const struct {
		const char *value, *shown;
	} rows[] = {
		{ "<script>", "&lt;script&gt;" },
		{ "a&b", "a&amp;b" },
		{ "\"'", "&quot;&#39;" },
		{ "{{url}}", "{{url}}" },
		{ "\x01\n\x7f\x80\xff", "&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;" },
		{ "", "" },
	};
	static const char *const variables[] = { "threat", "url", "reason", "uuid" };

	for (unsigned v = 0; v < COUNT_OF(variables); v++) {
		char text[64], error[128];
		struct page *p;

		snprintf(text, sizeof(text), "[{{%s}}]", variables[v]);
		CHECK(page_parse(text, &p, error, sizeof(error)) == 0);
		for (unsigned i = 0; i < COUNT_OF(rows); i++) {
			struct page_values values = { 0 };
			struct span *const places[] = { &values.threat, &values.url, &values.reason,
				&values.uuid };
			char out[256], want[256];
			size_t n;

			*places[v] = span_text(rows[i].value);
			n = page_render(p, &values, out, sizeof(out));
			snprintf(want, sizeof(want), "[%s]", rows[i].shown);
			CHECK_ROW(rows[i].value, span_is(span_of(out, n), want));
		}
		page_free(p);
	}
}

TEST(no_byte_of_a_value_opens_a_tag)
{
	char value[256] = "", out[4096], error[128];
	struct page_values values = { .url = span_of(value, sizeof(value)) };
	struct page *p;
	size_t n;

	for (unsigned i = 0; i < sizeof(value); i++)
		value[i] = (char)i;
	CHECK(page_parse("{{url}}", &p, error, sizeof(error)) == 0);
	n = page_render(p, &values, out, sizeof(out));
	for (size_t i = 0; i < n; i++)
		CHECK(out[i] >= ' ' && out[i] < 0x7f && strchr("<>\"'", out[i]) == NULL);
	page_free(p);
}

/* Whatever room there is, the page is a beginning of the whole one, with no half escape. */
TEST(a_page_is_cut_to_its_room)
{
	char error[128], whole[256], out[256];
	struct page_values values = { span_text("T<"), span_text("a\"b&c"), span_text("r"),
		span_text("u") };
	size_t full, before = 0;
	struct page *p;

	CHECK(page_parse("<p>{{url}}|{{threat}}</p>{{uuid}}", &p, error, sizeof(error)) == 0);
	full = page_render(p, &values, whole, sizeof(whole));
	CHECK(span_is(span_of(whole, full), "<p>a&quot;b&amp;c|T&lt;</p>u"));
	for (size_t room = 0; room <= full; room++) {
		const char *amp;
		size_t n;

		memset(out, 0x5a, sizeof(out));
		n = page_render(p, &values, out, room);
		CHECK_SEED(room, n <= room && n >= before && out[n] == 0x5a);
		CHECK_SEED(room, memcmp(out, whole, n) == 0);
		amp = memrchr(out, '&', n);
		CHECK_SEED(room, amp == NULL || memchr(amp, ';', n - (size_t)(amp - out)) != NULL);
		before = n;
	}
	CHECK(before == full);
	page_free(p);
}

TEST(the_built_in_page_shows_all_values)
{
	struct page_values values = { span_text("Some.Threat"), span_text("h/path"),
		span_text("malware"), span_text("0123") };
	char error[128], out[PAGE_RENDERED_BYTES_MAX + 1];
	struct page *p;

	CHECK(page_parse(NULL, &p, error, sizeof(error)) == 0);
	out[page_render(p, &values, out, sizeof(out) - 1)] = 0;
	CHECK(strstr(out, "Some.Threat") != NULL && strstr(out, "h/path") != NULL);
	CHECK(strstr(out, "malware") != NULL && strstr(out, "0123") != NULL);
	CHECK(strstr(out, "{{") == NULL);
	page_free(p);
}
