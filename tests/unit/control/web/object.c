/* SPDX-License-Identifier: BSD-3-Clause */
/* The page of one object: each key that says something, in its words; escaped; a refusal. */
#include <stdlib.h>

#include "control/web/page.h"
#include "tests/unit/harness.h"

#define HOSTILE "</dd></dl><script>alert(1)</script>\"'><img src=x onerror=y>&{{sections}}"

/* Takes what was explained. */
static char *
written(json_t *explained, const char *uuid)
{
	struct text t = { 0 };
	size_t bytes;
	char *page;

	CHECK(explained != NULL);
	page_write_object(explained, uuid, &t);
	text_put(&t, "\n"); /* and a byte for the NUL below */
	page = text_take(&t, &bytes);
	json_decref(explained);
	CHECK(page != NULL);
	page[bytes - 1] = 0;
	return page;
}

static json_t *
explained_by(const char *text)
{
	return json_pack("{s:b, s:{s:s, s:s, s:s, s:s, s:I, s:[s]}, s:{s:s, s:[s, s], s:{s:I}}, "
			 "s:[{s:s, s:s, s:s, s:b, s:b}], s:i, s:[{s:s, s:s, s:s, s:s, s:s}]}",
	    "ok", 1, "object", "uuid", text, "verdict", text, "source", text, "url", text, "size",
	    (json_int_t)68, "flags", text, "why", "because", text, "layer", text, text, "time",
	    "scan_ns", (json_int_t)1500000, "alerts", "raised", text, "uuid", text, "url", text,
	    "cut", 1, "blocked", 1, "others", 3, "delivered_to", "time", text, "uuid", text,
	    "client", text, "user", text, "url", text);
}

static size_t
count_of(const char *page, const char *what)
{
	size_t n = 0;

	for (const char *at = page; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

TEST(an_object_is_told_key_by_key)
{
	static const char *const shown[] = { "<dt>because</dt><dd><code>abc</code></dd>",
		"<dt>layer</dt><dd><code>abc</code><br><code>abc</code></dd>",
		"<dt>scan</dt><dd>1.5 ms</dd>", "<dt>size</dt><dd>68</dd>",
		"<dt>others</dt><dd>3</dd>", "<dt>flags</dt><dd><code>abc</code></dd>",
		"<dt>uuid</dt><dd><a href=\"/object?uuid=abc\"><code>abc</code></a></dd>",
		"<span class=\"pill warn\">abc (abc)</span>", ">cut off</span>",
		"Delivered to others, too", "<title>Sluice abc</title>",
		"<a href=\"/api/explain?uuid=abc\">", "prefers-color-scheme: dark" };
	char *page = written(explained_by("abc"), "abc");

	for (size_t i = 0; i < COUNT_OF(shown); i++)
		CHECK_ROW(shown[i], strstr(page, shown[i]) != NULL);
	CHECK(strstr(page, "<script") == NULL && strstr(page, "{{") == NULL);
	free(page);
}

/* As many elements as without any of it. */
TEST(texts_from_the_wire_stay_texts)
{
	static const char *const marks[] = { "<", ">", "\"", "'" };
	char *plain = written(explained_by("abc"), "abc");
	char *hostile = written(explained_by(HOSTILE), HOSTILE);

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		CHECK_ROW(marks[i], count_of(hostile, marks[i]) == count_of(plain, marks[i]));
	CHECK(strstr(hostile, "&lt;script&gt;alert(1)") != NULL);
	free(plain);
	free(hostile);
}

TEST(what_says_nothing_is_left_out)
{
	json_t *explained = json_pack(
	    "{s:b, s:{s:s, s:s, s:i, s:s, s:[], s:b}, s:{s:s}, s:[], s:i}", "ok", 1, "object",
	    "user", "", "md5", "00000000000000000000000000000000", "part", 0, "shadow", "none",
	    "flags", "late", 0, "why", "because", "it is so", "alerts", "others", 0);
	char *page = written(explained, "abc");

	CHECK(count_of(page, "<dt>") == 1 && strstr(page, "it is so") != NULL);
	CHECK(strstr(page, "Alerts") == NULL && strstr(page, "Delivered") == NULL);
	CHECK(strstr(page, "What is known of its digest") == NULL);
	CHECK(strstr(page, "class=\"pill") == NULL);
	free(page);
}

TEST(a_verdict_has_its_colour)
{
	static const struct {
		const char *verdict, *class;
	} rows[] = { { "clean", "pill" }, { "good", "pill" }, { "bad", "pill bad" },
		{ "unknown", "pill warn" }, { "error", "pill warn" } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char *page = written(json_pack("{s:b, s:{s:s, s:s}}", "ok", 1, "object", "verdict",
					 rows[i].verdict, "source", "scanned"),
		    "abc");
		char span[64];

		snprintf(span, sizeof(span), "<span class=\"%s\">%s (scanned)<", rows[i].class,
		    rows[i].verdict);
		CHECK_ROW(rows[i].verdict, strstr(page, span) != NULL);
		free(page);
	}
}

/* Names, but no addresses. */
TEST(names_are_shown_in_their_letters)
{
	char *page =
	    written(json_pack("{s:b, s:{s:s, s:s, s:s}}", "ok", 1, "object", "filename",
			"\\xd1\\x91.exe", "user", "\\xd1\\x91", "url", "a.test/\\xd1\\x91"),
		"abc");

	CHECK(strstr(page, "<dt>filename</dt><dd><code>ё.exe</code>") != NULL);
	CHECK(strstr(page, "<dt>user</dt><dd><code>ё</code>") != NULL);
	CHECK(strstr(page, "<code>a.test/\\xd1\\x91</code>") != NULL);
	free(page);
}

TEST(a_refusal_is_a_sentence)
{
	char *page = written(json_pack("{s:b, s:s}", "ok", 0, "error", "no such <object>"), "abc");

	CHECK(strstr(page, "<li>no such &lt;object&gt;</li>") != NULL);
	CHECK(strstr(page, "<section") == NULL);
	free(page);
}
