/* SPDX-License-Identifier: BSD-3-Clause */
/* Multipart bodies: the same parts however the bytes are cut, and what is found in the field. */
#include <stdlib.h>

#include "dataplane/http/http.h"
#include "tests/unit/harness.h"

#define SEEN_MAX 4096

/* What came out, as text: "{name|data}" a part, with '!' where its last data was called the last.
 */
struct seen {
	char text[SEEN_MAX];
	size_t bytes, name_bytes;
	char name[64]; /* of the part that is open */
	bool last, over;
};

static void
put(struct seen *s, struct span bytes)
{
	size_t room = SEEN_MAX - 1 - s->bytes, n = bytes.bytes < room ? bytes.bytes : room;

	if (n > 0)
		memcpy(s->text + s->bytes, bytes.data, n);
	s->bytes += n;
	s->text[s->bytes] = 0;
}

static void
take_event(struct seen *s, const struct multipart *p, enum multipart_event e, struct span data)
{
	char name[64];
	size_t n;

	if (e == MULTIPART_PART) {
		n = http_part_filename(multipart_field(p, MULTIPART_DISPOSITION),
		    multipart_field(p, MULTIPART_TYPE), name, sizeof(name));
		memcpy(s->name, name, n);
		s->name_bytes = n;
		put(s, span_text("{"));
		put(s, span_of(name, n));
		put(s, span_text("|"));
		s->over = s->over || p->head_over;
	} else if (e == MULTIPART_DATA) {
		CHECK(data.bytes > 0 && !s->last);
		if (p->near)
			put(s, span_text("^"));
		put(s, data);
		s->last = p->data_is_last;
	} else if (e == MULTIPART_PART_END) {
		n = http_part_filename(multipart_field(p, MULTIPART_DISPOSITION),
		    multipart_field(p, MULTIPART_TYPE), name, sizeof(name));
		CHECK(span_equal(span_of(name, n), span_of(s->name, s->name_bytes)));
		put(s, span_text("}"));
		s->last = false;
	}
}

/* A copy of each piece whose ends are guarded by the allocator. */
static void
feed(struct seen *s, struct multipart *p, const char *bytes, size_t count)
{
	uint8_t *copy = malloc(count);
	enum multipart_event e;
	struct span data;
	size_t at = 0;

	memcpy(copy, bytes, count);
	while ((e = multipart_next(p, span_of(copy, count), &at, &data)) != MULTIPART_MORE)
		take_event(s, p, e, data);
	CHECK(at == count);
	free(copy);
}

static void
end(struct seen *s, struct multipart *p)
{
	enum multipart_event e;
	struct span data;

	while ((e = multipart_end(p, &data)) != MULTIPART_MORE)
		take_event(s, p, e, data);
}

#define FORM      "multipart/form-data; boundary=B"
#define FILE_A    "Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n"
#define MANY(x)   x x x x x x x x
#define BLANKS_64 MANY("\t       ")

static const struct {
	const char *name, *type, *body, *seen;
} cases[] = {
	{ "one part", FORM, "--B\r\n" FILE_A "x\r\n--B--\r\n", "{a|x}" },
	{ "no last line end", FORM, "--B\r\n" FILE_A "x\r\n--B--", "{a|x}" },
	{ "cut in the close", FORM, "--B\r\n" FILE_A "x\r\n--B-", "{a|x\r\n--B-}" },
	{ "not closed", FORM, "--B\r\n" FILE_A "x\r\ny", "{a|x\r\ny}" },
	{ "ends in CR", FORM, "--B\r\n" FILE_A "x\r", "{a|x\r}" },
	{ "ends in CR LF", FORM, "--B\r\n" FILE_A "x\r\n", "{a|x\r\n}" },
	{ "two parts", FORM, "--B\r\n" FILE_A "x\r\n--B\r\n\r\ny\r\n--B--\r\n", "{a|x}{|y}" },
	{ "empty part", FORM, "--B\r\n" FILE_A "\r\n--B--\r\n", "{a|}" },
	{ "empty, no line end", FORM, "--B\r\n" FILE_A "--B--\r\n", "{a|}" },
	{ "one line end", FORM, "--B\r\n" FILE_A "\r\n\r\n--B--\r\n", "{a|\r\n}" },
	{ "preamble", FORM, "pre\r\namble --B\r\n--B\r\n" FILE_A "x\r\n--B--\r\n", "{a|x}" },
	{ "epilogue", FORM, "--B\r\n" FILE_A "x\r\n--B--\r\ny\r\n-- B\r\n", "{a|x}" },
	{ "a part behind the close", FORM, "--B--\r\nz\r\n--B\r\n" FILE_A "x\r\n--B--", "{a|x}" },
	{ "no boundary in it", FORM, "hello\r\n--C\r\n" FILE_A "x", "" },
	{ "bare LF", FORM, "--B\nContent-Disposition: x; filename=a\n\nx\ny\n--B--\n", "{a|x\ny}" },
	{ "mixed ends", FORM, "--B\n" FILE_A "x\r\r\n--B--\n", "{a|x\r}" },
	{ "nearly a boundary", FORM,
	    "--B\r\n" FILE_A "\r\n--\r\n-\r\n--BB\r\n--B-\r\nx\r\n--B--\r\n",
	    "{a|\r\n--\r\n-^\r\n--BB\r\n--B-\r\nx}" },
	{ "nearly a boundary, bare LF", FORM, "--B\n" FILE_A "--B-\n--B\n" FILE_A "x\n--BB--B--",
	    "{a|^--B-}{a|x^\n--BB--B--}" },
	{ "CR, CR LF", FORM, "--B\r\n" FILE_A "\r\r\r\n--B--", "{a|\r\r}" },
	{ "boundary in a line", FORM, "--B\r\n" FILE_A "x--B\r\n --B\r\n--B--",
	    "{a|x--B\r\n --B}" },
	{ "padding", FORM, "--B \t\r\n" FILE_A "x\r\n--B-- \t \r\n", "{a|x}" },
	{ "much padding", FORM, "--B" BLANKS_64 "\r\n" FILE_A "x\r\n--B--" BLANKS_64 "\n",
	    "{a|x}" },
	{ "too much padding", FORM, "--B\r\n" FILE_A "x\r\n--B" BLANKS_64 " \r\ny\r\n--B--\r\n",
	    "{a|x^\r\n--B" BLANKS_64 " \r\ny}" },
	{ "padding, then text", FORM, "--B\r\n" FILE_A "x\r\n--B \rC\r\n--B--",
	    "{a|x^\r\n--B \rC}" },
	{ "a boundary in a head", FORM, "--B\r\nA: b\r\n--B\r\n" FILE_A "x\r\n--B--", "{a|x}" },
	{ "closed in a head", FORM, "--B\r\nA: b\r\n--B--\r\n", "" },
	{ "head cut", FORM, "--B\r\nContent-Disposition: form", "" },
	{ "folded", FORM, "--B\r\nContent-Disposition: x;\r\n filename=a\r\n\r\nx\r\n--B--",
	    "{a|x}" },
	{ "name of the type", FORM, "--B\r\nContent-Type: x/y; name=a\r\n\r\nx\r\n--B--", "{a|x}" },
	{ "quoted boundary", "Multipart/Mixed; charset=x; BOUNDARY=\"a b;c\"",
	    "--a b;c\r\n" FILE_A "x\r\n--a b;c--", "{a|x}" },
	{ "a type folded in front", "multipart/form-data;\r\n boundary=B",
	    "--B\r\n" FILE_A "x\r\n--B--", "{a|x}" },
	{ "a type folded behind", "multipart/form-data; boundary=B\r\n\t; charset=x",
	    "--B\r\n" FILE_A "x\r\n--B--", "{a|x}" },
	{ "escaped", "multipart/form-data; boundary=\"a\\bc\"", "--abc\r\n" FILE_A "x\r\n--abc--",
	    "{a|x}" },
	{ "a broken field", "multipart/form-data; x=\"; boundary=B", "--B\r\n" FILE_A "x\r\n--B--",
	    "{a|x}" },
	{ "coded boundary", "multipart/mixed; boundary*=utf-8'en'%42%20%27",
	    "--B '\r\n" FILE_A "x\r\n--B '--", "{a|x}" },
	{ "coded, no charset", "multipart/mixed; boundary*=%42", "--B\r\n" FILE_A "x\r\n--B--",
	    "{a|x}" },
	{ "one section", "multipart/mixed; boundary*0=B", "--B\r\n" FILE_A "x\r\n--B--", "{a|x}" },
	{ "sections in any order",
	    "multipart/mixed; boundary*2*=%43; boundary*0=\"A\";\r\n boundary*1=B",
	    "--ABC\r\n" FILE_A "x\r\n--ABC--", "{a|x}" },
	{ "coded sections", "multipart/mixed; boundary*0*=us-ascii''%41; boundary*1*='%42'",
	    "--A'B'\r\n" FILE_A "x\r\n--A'B'--", "{a|x}" },
	{ "a name in sections", FORM,
	    "--B\r\nContent-Disposition: x; filename*0=\"a.\"; filename*1=exe\r\n\r\nx\r\n--B--",
	    "{a.exe|x}" },
	{ "a type's name in sections", FORM,
	    "--B\r\nContent-Type: x/y; name*0=\"a.\"; name*1*=%65\r\n\r\nx\r\n--B--", "{a.e|x}" },
	{ "dashes", "multipart/form-data; boundary=------W",
	    "--------W\r\n" FILE_A "x\r\n------W\r\n"
	    "--------W--",
	    "{a|x\r\n------W}" },
};

TEST(parts_are_the_same_however_they_are_cut)
{
	static struct multipart p;

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		size_t n = strlen(cases[i].body);

		for (size_t step = 1; step <= n; step++) {
			struct seen s = { .bytes = 0 };

			CHECK_ROW(cases[i].name,
			    multipart_init(&p, span_text(cases[i].type), 8192) == MULTIPART_YES);
			for (size_t at = 0; at < n; at += step)
				feed(&s, &p, cases[i].body + at, step < n - at ? step : n - at);
			end(&s, &p);
			CHECK_ROW(cases[i].name, strcmp(s.text, cases[i].seen) == 0);
		}
	}
}

static const struct {
	const char *name, *body, *seen;
} messages[] = {
	{ "a message", "Content-Disposition: x; filename=a\r\n\r\nx\r\n", "{a|x\r\n}" },
	{ "LF alone", "A: b\nContent-Type: c/d; name=a\n\nx\n\n", "{a|x\n\n}" },
	{ "lines of hyphens", "A: b\r\n\r\n--\r\n\r\n---\r\n--B--\r\n",
	    "{|--\r\n\r\n---\r\n--B--\r\n}" },
	{ "a CR within, one at the end", "A: b\r\n\r\nx\ry\r\r\nz\r", "{|x\ry\r\r\nz\r}" },
	{ "no head", "\r\nx", "{|x}" },
	{ "no body", "A: b\r\n\r\n", "{|}" },
	{ "a head that is cut", "A: b\r\n", "" },
	{ "nothing", "", "" },
};

TEST(a_message_is_one_part_however_it_is_cut)
{
	static struct multipart p;

	for (unsigned i = 0; i < COUNT_OF(messages); i++) {
		size_t n = strlen(messages[i].body);

		for (size_t step = 1; step <= n + 1; step++) {
			struct seen s = { .bytes = 0 };

			multipart_init_message(&p, 8192);
			for (size_t at = 0; at < n; at += step)
				feed(&s, &p, messages[i].body + at, step < n - at ? step : n - at);
			end(&s, &p);
			CHECK_ROW(messages[i].name, strcmp(s.text, messages[i].seen) == 0);
		}
	}
	CHECK(
	    message_is(span_text("MESSAGE/rfc822; x=y")) && !message_is(span_text("message/rfc")));
	CHECK(!message_is(span_text("text/plain")) && !message_is(span_of(NULL, 0)));
}

/* What comes of a body in three pieces. */
static bool
same_in_three(unsigned row, size_t a, size_t b, size_t n)
{
	static struct multipart p;
	struct seen s = { .bytes = 0 };

	multipart_init(&p, span_text(cases[row].type), 8192);
	feed(&s, &p, cases[row].body, a);
	feed(&s, &p, cases[row].body + a, b - a);
	feed(&s, &p, cases[row].body + b, n - b);
	end(&s, &p);
	return strcmp(s.text, cases[row].seen) == 0;
}

TEST(parts_are_the_same_cut_at_each_pair_of_places)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		size_t n = strlen(cases[i].body), failed = 0;

		for (size_t a = 0; a <= n; a++) {
			for (size_t b = a; b <= n; b++)
				failed += !same_in_three(i, a, b, n);
		}
		CHECK_ROW(cases[i].name, failed == 0);
	}
}

TEST(not_every_type_has_parts)
{
	static const struct {
		const char *type;
		enum multipart_kind kind;
	} rows[] = {
		{ "", MULTIPART_NOT },
		{ "multipart", MULTIPART_NOT },
		{ "multipart/form-data", MULTIPART_NOT },
		{ "multipart/form-data; boundary=", MULTIPART_NOT },
		{ "multipart/form-data; boundary=\"\"", MULTIPART_NOT },
		{ "application/x-www-form-urlencoded; boundary=B", MULTIPART_NOT },
		{ "multipart/x; boundary=B", MULTIPART_YES },
		{ "MULTIPART/RELATED;BoundAry = \"B\"", MULTIPART_YES },
		{ "multipart/x; boundary*=", MULTIPART_NOT },
		{ "multipart/x; boundary*=B; boundary*0=B; boundary=B", MULTIPART_YES },
		{ "multipart/x; boundary=B; boundary*=C", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary*=B; boundary*0=B; boundary*1=B", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary=B; boundary=C", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary=B; boundary=\"B\"", MULTIPART_YES },
		{ "multipart/x; boundary=\"B,C d\"", MULTIPART_YES },
		{ "multipart/x; boundary=B, multipart/y; boundary=C", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary=B (C)", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary=B\"C\"", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary*0=B; boundary*2=C", MULTIPART_DOUBTFUL },
		{ "multipart/x; boundary*1=B", MULTIPART_UNREADABLE },
		{ "multipart/x; boundary*64=B", MULTIPART_UNREADABLE },
		{ "multipart/x; boundary*99999999999999999999=B", MULTIPART_UNREADABLE },
		{ "multipart/x; boundary**=B", MULTIPART_UNREADABLE },
	};
	static struct multipart p;
	char type[400] = "multipart/form-data; boundary=";
	size_t n = strlen(type);

	for (unsigned i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i].type,
		    multipart_init(&p, span_text(rows[i].type), 8192) == rows[i].kind);
	CHECK(multipart_init(&p, span_of(NULL, 0), 8192) == MULTIPART_NOT);
	memset(type + n, 'b', 257);
	CHECK(multipart_init(&p, span_of(type, n + 257), 8192) == MULTIPART_UNREADABLE);
	CHECK(multipart_init(&p, span_of(type, n + 256), 8192) == MULTIPART_YES);
}

/* The longest boundary, padded as far as allowed, then refused by its last byte. */
TEST(the_longest_line_that_is_held_fits)
{
	static struct multipart p;
	char type[400] = "multipart/x; boundary=", body[800];
	size_t n = strlen(type), m = 0;
	struct seen s = { .bytes = 0 };

	memset(type + n, 'b', 256);
	CHECK(multipart_init(&p, span_of(type, n + 256), 8192) == MULTIPART_YES);
	m += (size_t)sprintf(body, "--%.*s\r\n\r\nx\r\n--%.*s--", 256, type + n, 256, type + n);
	memset(body + m, ' ', 63);
	m += 63;
	m += (size_t)sprintf(body + m, "\r.");
	for (size_t i = 0; i < m; i++)
		feed(&s, &p, body + i, 1);
	end(&s, &p);
	CHECK(s.bytes == 1 + 1 + 1 + 1 + 2 + 2 + 256 + 2 + 63 + 2 + 1); /* { | x ^, the lines */
}

/* What a head says beyond its bound is not known, and the parser tells. */
TEST(a_head_has_a_bound)
{
	static struct multipart p;

	for (unsigned lines = 20; lines < 40; lines++) {
		struct seen s = { .bytes = 0 };

		multipart_init(&p, span_text(FORM), 256);
		feed(&s, &p, "--B\r\n", 5);
		for (unsigned i = 0; i < lines; i++)
			feed(&s, &p, "X: 56789\r\n", 10);
		feed(&s, &p, "\r\nx\r\n--B--", 10);
		end(&s, &p);
		CHECK_SEED(lines, strcmp(s.text, "{|x}") == 0);
		CHECK_SEED(lines, s.over == (lines * 10 + 2 > 256));
	}
}

/* The first of each name, and whether another one says something else. */
TEST(a_head_is_noted_once)
{
	static const struct {
		const char *head, *disposition, *type, *encoding;
		bool differ;
	} rows[] = {
		{ "", NULL, NULL, NULL, false },
		{ "content-TYPE : a/b\r\nX: y\r\nContent-Disposition:\r\n", "", "a/b", NULL,
		    false },
		{ "Content-Type: a\r\nContent-Type: a\r\n", NULL, "a", NULL, false },
		{ "Content-Type:\r\nContent-Type: a\r\n", NULL, "", NULL, true },
		{ "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n", NULL,
		    NULL, "7bit", true },
		{ "Content-Type: a\r\n b\r\nContent-Typed: c\r\n", NULL, "a\r\n b", NULL, false },
	};
	static struct multipart p;

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		const char *const expected[] = { rows[i].disposition, rows[i].type,
			rows[i].encoding };
		char body[256];
		struct span data;
		size_t at = 0;

		snprintf(body, sizeof(body), "--B\r\n%s\r\nx", rows[i].head);
		CHECK_ROW(rows[i].head,
		    multipart_init(&p, span_text(FORM), 8192) == MULTIPART_YES &&
			multipart_next(&p, span_text(body), &at, &data) == MULTIPART_PART);
		for (unsigned n = 0; n < COUNT_OF(expected); n++) {
			struct span f = multipart_field(&p, (enum multipart_name)n);

			CHECK_ROW(rows[i].head, (f.data == NULL) == (expected[n] == NULL));
			CHECK_ROW(rows[i].head, expected[n] == NULL || span_is(f, expected[n]));
		}
		CHECK_ROW(rows[i].head, p.fields_differ == rows[i].differ);
		CHECK_ROW(rows[i].head,
		    rows[i].encoding == NULL ||
			span_is(multipart_field_last(&p, MULTIPART_ENCODING), "base64"));
	}
}

/* A CR alone is told of where it would make other parts for some, however the body is cut. */
TEST(a_lone_cr_is_told_of)
{
	static const struct {
		const char *body;
		bool told;
	} rows[] = {
		{ "--B\r\nX: y\r\n\r\ndata\r\n--B--\r\n", false },
		{ "--B\nX: y\n\ndata\n--B--\n", false },
		{ "--B\r\n\r\na\rb\r--A\r\r-\r--\r\n--B--\r", false },
		{ "--B\rX: y\r\rdata\r--B--\r", true },
		{ "--B\rX: y\r\rdata\n--B--\n", true },
		{ "--B\r\n\r\ndata\r--B\r\n\r\n1\r\n--B--", true },
		{ "--B\r\n\r\ndata\r\r--B", true },
		{ "--B\r\n\r\ndata\r--\r--B", true },
		{ "text\r--B\r\n\r\n", true },
		{ "--B\r\nX: y\rZ: z\r\n\r\ndata\r\n--B--", true },
		{ "--B\r\nX: y\r\r\n\r\ndata\r\n--B--", true },
		{ "--B\r\n\r\ndata\r\n--B--\rX", true },
	};
	static struct multipart p;

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		size_t n = strlen(rows[i].body);

		for (size_t cut = 0; cut <= n; cut++) {
			struct seen s = { .bytes = 0 };

			multipart_init(&p, span_text(FORM), 8192);
			feed(&s, &p, rows[i].body, cut);
			feed(&s, &p, rows[i].body + cut, n - cut);
			CHECK_ROW(rows[i].body, p.lone_cr == rows[i].told);
		}
	}
}

/* One line that is longer than anything that is kept of it. */
TEST(a_long_line_in_a_head_ends_where_it_ends)
{
	static struct multipart p;
	static char line[20000];
	struct seen s = { .bytes = 0 };

	memset(line, '-', sizeof(line));
	multipart_init(&p, span_text(FORM), 8192);
	feed(&s, &p, "--B\r\n", 5);
	feed(&s, &p, line, sizeof(line));
	feed(&s, &p, "\r\n\r\nx\r\n--B--", 12);
	end(&s, &p);
	CHECK(strcmp(s.text, "{|x}") == 0 && s.over);
}
