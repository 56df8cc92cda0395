/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Heads: encapsulated ones, whose oddities are flagged, and the strict lines of ICAP's own. Each
 * input stands in memory of its size, whole and cut at every byte.
 */
#include <stdlib.h>

#include "dataplane/http/http.h"
#include "tests/unit/harness.h"

#define GET "GET / HTTP/1.1\r\n"
#define OK  "HTTP/1.1 200 OK\r\n"

static const struct {
	const char *name, *head;
	bool is_response;
	unsigned fields;
	uint32_t odd;
	const char *value; /* of the field X; NULL: there is none */
} cases[] = {
	{ "a request", GET "X: 1\r\n\r\n", false, 1, 0, "1" },
	{ "no field", GET "\r\n", false, 0, 0, NULL },
	{ "a response", OK "A: b\r\nx:\t 1 \t\r\n\r\n", true, 2, 0, "1" },
	{ "an empty value", GET "X:\r\n\r\n", false, 1, 0, "" },
	{ "the first of two", GET "X: 1\r\nX: 2\r\n\r\n", false, 2, 0, "1" },
	{ "colons in the value", GET "X: a:b\r\n\r\n", false, 1, 0, "a:b" },
	{ "folded", GET "X: a\r\n b\r\nY: c\r\n\r\n", false, 2, HTTP_ODD_FOLDED, "a\r\n b" },
	{ "folded twice", GET "X: a\r\n b\r\n\tc\r\n\r\n", false, 1, HTTP_ODD_FOLDED,
	    "a\r\n b\r\n\tc" },
	{ "folded behind an empty line", GET "X:\r\n gzip\r\n\r\n", false, 1, HTTP_ODD_FOLDED,
	    "gzip" },
	{ "folded behind blanks", GET "X: \r\n\t gzip \r\n\r\n", false, 1, HTTP_ODD_FOLDED,
	    "gzip" },
	{ "folded to nothing", GET "X: gzip\r\n \r\n\t\r\n\r\n", false, 1, HTTP_ODD_FOLDED,
	    "gzip" },
	{ "folded to nothing, then to more", GET "X: a\r\n \r\n b\r\n\r\n", false, 1,
	    HTTP_ODD_FOLDED, "a\r\n \r\n b" },
	{ "folded before any field", GET " X: 1\r\n\r\n", false, 1, HTTP_ODD_FOLDED | HTTP_ODD_NAME,
	    "1" },
	{ "a blank before the colon", GET "X : 1\r\n\r\n", false, 1, HTTP_ODD_NAME, "1" },
	{ "no name", GET ": 1\r\n\r\n", false, 1, HTTP_ODD_NAME, NULL },
	{ "no colon", GET "X\r\n\r\n", false, 1, HTTP_ODD_NO_COLON, NULL },
	{ "a bare LF", GET "X: 1\nY: 2\r\n\r\n", false, 2, HTTP_ODD_BARE_LF, "1" },
	{ "two lengths that agree", GET "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", false, 2,
	    0, NULL },
	{ "two lengths that differ", GET "Content-Length: 5\r\ncontent-length: 6\r\n\r\n", false, 2,
	    HTTP_ODD_LENGTHS, NULL },
	{ "a length of nothing, and one that differs",
	    GET "Content-Length:\nContent-Length: 5\r\n\r\n", false, 2,
	    HTTP_ODD_LENGTHS | HTTP_ODD_BARE_LF, NULL },
	{ "a length of nothing and a coding",
	    GET "Content-Length:\r\nTransfer-Encoding: chunked\r\n\r\n", false, 2, HTTP_ODD_LENGTHS,
	    NULL },
	{ "a length and a coding", GET "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
	    false, 2, HTTP_ODD_LENGTHS, NULL },
	{ "a coding alone", GET "Transfer-Encoding: chunked\r\n\r\n", false, 1, 0, NULL },
	{ "no version", "GET /\r\n\r\n", false, 0, HTTP_ODD_START_LINE, NULL },
	{ "another protocol", "GET / FTP/1.1\r\n\r\n", false, 0, HTTP_ODD_START_LINE, NULL },
	{ "no start line", "\r\n\r\n", false, 0, HTTP_ODD_START_LINE, NULL },
	{ "a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", true, 0, HTTP_ODD_START_LINE, NULL },
	{ "a response of no protocol", "ICY 200 OK\r\n\r\n", true, 0, HTTP_ODD_START_LINE, NULL },
	{ "bytes above ASCII", GET "X: \xff\r\n\r\n", false, 1, 0, "\xff" },
};

static enum parse_result
parse(const char *bytes, size_t count, bool is_response, struct http_head *out, char **copy)
{
	*copy = malloc(count > 0 ? count : 1);
	memcpy(*copy, bytes, count);
	return http_head_parse(span_of(*copy, count), is_response, out);
}

TEST(heads_are_taken_as_they_come)
{
	static struct http_head h;

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		const char *name = cases[i].name;
		size_t bytes = strlen(cases[i].head);
		char *copy;

		CHECK_ROW(name,
		    parse(cases[i].head, bytes, cases[i].is_response, &h, &copy) == PARSE_DONE);
		CHECK_ROW(name, h.field_count == cases[i].fields);
		CHECK_ROW(name, h.odd == cases[i].odd);
		CHECK_ROW(name, h.bytes == bytes);
		if (cases[i].value == NULL)
			CHECK_ROW(name, http_field(&h, "X").bytes == 0);
		else
			CHECK_ROW(name, span_is(http_field(&h, "X"), cases[i].value));
		free(copy);
	}
}

TEST(a_head_cut_before_its_blank_line_is_bad)
{
	static struct http_head h;

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		size_t bytes = strlen(cases[i].head);

		for (size_t n = 0; n < bytes; n++) {
			char *copy;

			CHECK_ROW(cases[i].name,
			    parse(cases[i].head, n, cases[i].is_response, &h, &copy) == PARSE_BAD);
			free(copy);
		}
	}
}

/* A blank line that is not the end; LF alone makes none, nor does the one at the end. */
TEST(a_head_that_holds_two_says_so)
{
	static const struct {
		const char *head;
		bool is_two;
	} rows[] = { { GET "X: 1\r\n\r\n", false }, { GET "\r\n", false }, { "\r\n\r\n", false },
		{ GET "\r\nX: 1\r\n\r\n", true }, { GET "\r\n\r\n", true },
		{ "\r\n\r\nX: 1\r\n\r\n", true }, { "\r\n\r\n\r\n", true },
		{ "\r\nX: 1\r\n\r\n", false }, { GET "\nX: 1\r\n\r\n", false },
		{ "GET /\n\r\nX: 1\r\n\r\n", false }, { GET "X: 1\n\n\r\n\r\n", false },
		{ GET " \r\nX: 1\r\n\r\n", false } };
	static struct http_head h;

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct span head = span_text(rows[i].head);
		const uint8_t *first = span_find(head, "\r\n\r\n");

		CHECK_ROW(rows[i].head, http_head_parse(head, false, &h) == PARSE_DONE);
		CHECK_ROW(rows[i].head, h.is_two == rows[i].is_two);
		CHECK_ROW(rows[i].head, h.is_two == (first != head.data + head.bytes - 4));
	}
}

TEST(start_lines)
{
	static const struct {
		const char *line;
		bool is_response;
		const char *method, *target, *version;
		unsigned status;
	} rows[] = {
		{ "GET http://h/a?b HTTP/1.1", false, "GET", "http://h/a?b", "HTTP/1.1", 0 },
		{ "GET /a b HTTP/1.1", false, "GET", "/a b", "HTTP/1.1", 0 },
		{ "CONNECT h:443 HTTP/1.0", false, "CONNECT", "h:443", "HTTP/1.0", 0 },
		{ "GET", false, "GET", "", "", 0 },
		{ "HTTP/1.1 200 OK", true, "", "", "HTTP/1.1", 200 },
		{ "HTTP/1.1 404", true, "", "", "HTTP/1.1", 404 },
		{ "HTTP/1.0 200 Very well", true, "", "", "HTTP/1.0", 200 },
		{ "HTTP/1.1 65999 OK", true, "", "", "HTTP/1.1", 659 },
		{ "HTTP/1.1", true, "", "", "HTTP/1.1", 0 },
	};
	static struct http_head h;

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		char head[128];

		snprintf(head, sizeof(head), "%s\r\n\r\n", rows[i].line);
		CHECK_ROW(rows[i].line,
		    http_head_parse(span_text(head), rows[i].is_response, &h) == PARSE_DONE);
		CHECK_ROW(rows[i].line, span_is(h.start_line, rows[i].line));
		CHECK_ROW(rows[i].line, span_is(h.method, rows[i].method));
		CHECK_ROW(rows[i].line, span_is(h.target, rows[i].target));
		CHECK_ROW(rows[i].line, span_is(h.version, rows[i].version));
		CHECK_ROW(rows[i].line, h.status == rows[i].status);
	}
}

/* Fields past the bound are not kept, and the head says so. */
TEST(fields_have_a_bound)
{
	static char head[16 * (HTTP_FIELDS_MAX + 2)];
	static struct http_head h;

	for (unsigned fields = HTTP_FIELDS_MAX - 1; fields <= HTTP_FIELDS_MAX + 1; fields++) {
		strcpy(head, GET);
		for (unsigned i = 0; i < fields; i++)
			strcat(head, "A: b\r\n");
		strcat(head, "\r\n");
		CHECK(http_head_parse(span_text(head), false, &h) == PARSE_DONE);
		CHECK(h.field_count == (fields < HTTP_FIELDS_MAX ? fields : HTTP_FIELDS_MAX));
		CHECK(h.odd == (fields > HTTP_FIELDS_MAX ? HTTP_ODD_FIELDS_OVER : 0));
	}
}

/* They are found all the same, folded or not, and what they say of the framing counts. */
TEST(a_field_beyond_the_bound_is_seen)
{
	static char head[16 * (HTTP_FIELDS_MAX + 16)];
	static struct http_head h;

	for (unsigned fields = HTTP_FIELDS_MAX - 2; fields <= HTTP_FIELDS_MAX + 2; fields++) {
		struct http_field_walk walk = { 0 };
		struct http_field f = { 0 };
		unsigned seen = 0;

		strcpy(head, GET);
		for (unsigned i = 0; i < fields; i++)
			strcat(head, i == 0 ? "Content-Length: 3\r\n" : "A: b\r\n");
		strcat(head, "Folded:\r\n x\r\n\ty\r\nContent-Encoding: gzip\r\n"
			     "content-length: 4\nno colon\r\nZ: 1\r\n\r\n");
		CHECK_SEED(fields, http_head_parse(span_text(head), false, &h) == PARSE_DONE);
		CHECK_SEED(fields, span_is(http_field(&h, "content-encoding"), "gzip"));
		CHECK_SEED(fields, span_is(http_field(&h, "Folded"), "x\r\n\ty"));
		CHECK_SEED(fields, span_is(http_field(&h, "Z"), "1"));
		CHECK_SEED(fields, http_field(&h, "x").data == NULL);
		CHECK_SEED(fields, h.odd & HTTP_ODD_LENGTHS);
		CHECK_SEED(fields, h.odd & HTTP_ODD_FOLDED && h.odd & HTTP_ODD_BARE_LF);
		CHECK_SEED(fields, h.odd & HTTP_ODD_NO_COLON);
		while (http_field_next(&h, &walk, &f))
			seen++;
		CHECK_SEED(fields, seen == fields + 5);
		CHECK_SEED(fields, span_is(f.value, "1") && !http_field_next(&h, &walk, &f));
	}
}

/* The value that a walk over all fields finds first. */
static struct span
walked(const struct http_head *h, const char *name)
{
	struct http_field_walk walk = { 0 };
	struct http_field f;

	while (http_field_next(h, &walk, &f)) {
		if (span_is_nocase(f.name, name))
			return f.value;
	}
	return span_of(NULL, 0);
}

#define X(name) name,
static const char *const known[] = { HTTP_NAMES_KNOWN(X) "Unknown" };
#undef X

/* By name, with what was noted of those beyond the bound, and by a walk: the same field. */
TEST(a_field_is_the_same_by_name_and_by_a_walk)
{
	static const char *const lines[] = { "%s: %u\r\n", "%s : %u\r\n", "%s:\r\n\t%u\r\n",
		"%s:%u\n", "%s %u\r\n", "\"%s:%u\r\n" };
	static char text[64 * 3 * HTTP_FIELDS_MAX];
	static struct http_head h;
	uint64_t random = 1;

	for (unsigned round = 0; round < 300; round++) {
		unsigned fields = round % (2 * HTTP_FIELDS_MAX);
		size_t n = (size_t)sprintf(text, GET);

		for (unsigned i = 0; i < fields; i++) {
			char name[32];

			random = random * 6364136223846793005u + 1442695040888963407u;
			snprintf(name, sizeof(name), "%s",
			    random >> 60 < 12 ? "A" : known[(random >> 40) % COUNT_OF(known)]);
			if (random >> 36 & 1)
				name[0] |= 0x20;
			n += (size_t)sprintf(
			    text + n, lines[(random >> 32) % COUNT_OF(lines)], name, i);
		}
		strcpy(text + n, "Z: z\r\n\r\n");
		CHECK_SEED(round, http_head_parse(span_text(text), false, &h) == PARSE_DONE);
		for (size_t i = 0; i < COUNT_OF(known); i++) {
			struct span by_name = http_field(&h, known[i]), seen = walked(&h, known[i]);

			CHECK_SEED(round, by_name.data == seen.data && by_name.bytes == seen.bytes);
		}
	}
}

/* One that agrees with a known name up to a NUL is another. */
TEST(a_name_with_nul_is_no_known_one)
{
	static const char last[] = "Host\0: x\r\nHost: y\r\n\r\n";
	static char text[8 * HTTP_FIELDS_MAX + 64];
	static struct http_head h;
	size_t n = (size_t)sprintf(text, GET);

	for (unsigned i = 0; i < HTTP_FIELDS_MAX; i++)
		n += (size_t)sprintf(text + n, "A: b\r\n");
	memcpy(text + n, last, sizeof(last));
	CHECK(http_head_parse(span_of(text, n + sizeof(last) - 1), false, &h) == PARSE_DONE);
	CHECK(span_is(http_field(&h, "Host"), "y"));
}

static const struct {
	const char *line;
	enum parse_result result;
	const char *field, *value;
} lines[] = {
	{ "Host: h\r\n", PARSE_DONE, "Host", "h" },
	{ "Host:h\r\nnext", PARSE_DONE, "Host", "h" },
	{ "Host: \t h \t\r\n", PARSE_DONE, "Host", "h" },
	{ "X-Empty:\r\n", PARSE_DONE, "X-Empty", "" },
	{ "a!#$%&'*+-.^_`|~: \xff\r\n", PARSE_DONE, "a!#$%&'*+-.^_`|~", "\xff" },
	{ "Host: h\n", PARSE_BAD, "", "" },
	{ "\n", PARSE_BAD, "", "" },
	{ "\r\n", PARSE_BAD, "", "" },
	{ "Host\r\n", PARSE_BAD, "", "" },
	{ "Host : h\r\n", PARSE_BAD, "", "" },
	{ " Host: h\r\n", PARSE_BAD, "", "" },
	{ ": h\r\n", PARSE_BAD, "", "" },
	{ "Ho\xffst: h\r\n", PARSE_BAD, "", "" },
	{ "Host: a\rb\r\n", PARSE_BAD, "", "" },
	{ "Host: h", PARSE_MORE, "", "" },
	{ "", PARSE_MORE, "", "" },
};

TEST(strict_lines)
{
	for (unsigned i = 0; i < COUNT_OF(lines); i++) {
		const char *row = lines[i].line, *end = strstr(row, "\r\n");

		for (enum http_scan_kind k = HTTP_SCAN_AUTO; k < HTTP_SCAN_KIND_COUNT; k++) {
			struct http_lines l;
			struct http_field f;

			if (http_scan_of(k) == NULL)
				continue;
			http_lines_init(&l, http_scan_of(k), span_text(row), 0);
			CHECK_ROW(row, http_line_next(&l, &f) == lines[i].result);
			if (lines[i].result != PARSE_DONE) {
				CHECK_ROW(row, l.at == 0);
				continue;
			}
			CHECK_ROW(row, span_is(f.name, lines[i].field));
			CHECK_ROW(row, span_is(f.value, lines[i].value));
			CHECK_ROW(row, l.at == (size_t)(end - row) + 2);
		}
	}
}

TEST(a_strict_line_has_no_nul)
{
	struct http_lines l;
	struct http_field f;

	http_lines_init(&l, http_scan_of(HTTP_SCAN_AUTO), span_of("A: \0\r\n", 6), 0);
	CHECK(http_line_next(&l, &f) == PARSE_BAD);
	CHECK(l.at == 0);
}

/* Past what is scanned at once, and up to one that is bad. */
TEST(strict_lines_come_one_after_the_other)
{
	char text[5 * 3 * HTTP_LINES_AHEAD + 3];
	struct http_lines l;
	struct http_field f;
	unsigned n = 0;

	for (unsigned i = 0; i < 3 * HTTP_LINES_AHEAD; i++)
		memcpy(text + (size_t)5 * i, (char[]){ 'A', ':', (char)('0' + i), '\r', '\n' }, 5);
	memcpy(text + sizeof(text) - 3, ":\r\n", 3);
	http_lines_init(&l, http_scan_of(HTTP_SCAN_AUTO), span_of(text, sizeof(text)), 5);
	while (http_line_next(&l, &f) == PARSE_DONE) {
		n++;
		CHECK_SEED(n, f.value.bytes == 1 && f.value.data[0] == '0' + n);
		CHECK_SEED(n, l.at == (size_t)5 * (n + 1));
	}
	CHECK(n == 3 * HTTP_LINES_AHEAD - 1);
	CHECK(http_line_next(&l, &f) == PARSE_BAD);
	CHECK(l.at == sizeof(text) - 3);
}

TEST(a_line_cut_anywhere_waits_for_more)
{
	static const char line[] = "First: 1\r\nHost: example.test\r\n";
	const size_t first = 10;

	for (size_t n = 0; n < sizeof(line) - 1 - first; n++) {
		char *copy = malloc(first + n);
		struct http_lines l;
		struct http_field f;

		memcpy(copy, line, first + n);
		http_lines_init(&l, http_scan_of(HTTP_SCAN_AUTO), span_of(copy, first + n), first);
		CHECK_SEED(n, http_line_next(&l, &f) == PARSE_MORE);
		CHECK_SEED(n, l.at == first);
		free(copy);
	}
}
