/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scan for lines: what the scalar kind finds, by hand; then that every kind which this
 * processor has finds the same in random and hostile blocks, whatever their length and alignment
 * and wherever they are cut. Blocks end where their memory does.
 */
#include "dataplane/http/scan.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

#define LINES_MAX  65536
#define LENGTH_MAX 200
#define ALIGNMENTS 64
#define LARGE      65536

static const struct {
	const char *name, *bytes;
	size_t count; /* of bytes, where a NUL is among them */
	struct head_line tolerant, strict;
	bool is_line;
	size_t end;
} cases[] = {
	{ "a field", "Host: x\r\n", 0, { 0, 7, 4, false, false }, { 0, 7, 4, false, false }, true,
	    0 },
	{ "no line end", "Host: x\r", 0, { 0 }, { 0 }, false, 0 },
	{ "nothing", "", 0, { 0 }, { 0 }, false, 0 },
	{ "an empty line", "\r\n", 0, { 0, 0, 0, false, false }, { 0, 0, 0, false, false }, true,
	    0 },
	{ "a bare LF", "a:b\n", 0, { 0, 3, 1, true, false }, { 0, 3, 1, true, false }, true, 0 },
	{ "a bare LF alone", "\n", 0, { 0, 0, 0, true, false }, { 0, 0, 0, true, false }, true, 0 },
	{ "no colon", "abc\r\n", 0, { 0, 3, 3, false, false }, { 0, 3, 3, false, false }, true, 0 },
	{ "a blank before the colon", "ab :c\r\n", 0, { 0, 5, 3, false, false },
	    { 0, 5, 2, false, false }, true, 0 },
	{ "the colon of the next line", "ab\r\nc:\r\n", 0, { 0, 2, 2, false, false },
	    { 0, 2, 2, false, false }, true, 0 },
	{ "a CR inside", "a:\rb\r\n", 0, { 0, 4, 1, false, false }, { 0, 4, 1, false, true }, true,
	    0 },
	{ "two CR at the end", "a:\r\r\n", 0, { 0, 3, 1, false, false }, { 0, 3, 1, false, true },
	    true, 0 },
	{ "a NUL", "a:\0\r\n", 5, { 0, 3, 1, false, false }, { 0, 3, 1, false, true }, true, 0 },
	{ "a blank line", "a\r\n\r\nb", 0, { 0, 1, 1, false, false }, { 0, 1, 1, false, false },
	    true, 5 },
	{ "a blank line at the start", "\r\n\r\n", 0, { 0, 0, 0, false, false },
	    { 0, 0, 0, false, false }, true, 4 },
	{ "LF CR LF is none", "a\n\r\n", 0, { 0, 1, 1, true, false }, { 0, 1, 1, true, false },
	    true, 0 },
};

static bool
same_line(const struct head_line *a, const struct head_line *b)
{
	return a->start == b->start && a->end == b->end && a->name_end == b->name_end &&
	       a->bare_lf == b->bare_lf && a->forbidden == b->forbidden;
}

/* All lines of a block, `room` at a time. */
static unsigned
all_lines(head_lines *scan, struct span block, unsigned room, struct head_line *out)
{
	unsigned n = 0, more;
	size_t at = 0;

	do {
		more = n + room <= LINES_MAX ? room : LINES_MAX - n;
		more = scan(block, &at, out + n, more);
		n += more;
	} while (more > 0);
	return n;
}

static bool
same_lines(head_lines *a, head_lines *b, struct span block, unsigned room)
{
	static struct head_line found[LINES_MAX], right[LINES_MAX];
	unsigned n = all_lines(a, block, room, found);

	if (n != all_lines(b, block, LINES_MAX, right))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (!same_line(&found[i], &right[i]))
			return false;
	}
	return true;
}

/* Every kind, the scalar one by pieces too. */
static bool
all_agree(struct span block, unsigned room)
{
	const struct http_scan *scalar = http_scan_of(HTTP_SCAN_SCALAR);
	bool good = true;

	for (enum http_scan_kind k = HTTP_SCAN_AUTO; k < HTTP_SCAN_KIND_COUNT; k++) {
		const struct http_scan *s = http_scan_of(k);

		good &= s == NULL || (same_lines(s->tolerant, scalar->tolerant, block, room) &&
					 same_lines(s->strict, scalar->strict, block, room) &&
					 s->end(block) == scalar->end(block));
	}
	return good;
}

/* In memory that ends with the block, `align` bytes behind a multiple of 64. */
static bool
agree_at(struct span bytes, unsigned align, unsigned room)
{
	uint8_t *memory = NULL;
	bool good;

	if (posix_memalign((void **)&memory, ALIGNMENTS, align + bytes.bytes + 1) != 0)
		return false;
	memory = realloc(memory, align + bytes.bytes + (align + bytes.bytes == 0));
	if (bytes.bytes > 0)
		memcpy(memory + align, bytes.data, bytes.bytes);
	good = all_agree(span_of(memory + align, bytes.bytes), room);
	free(memory);
	return good;
}

/* Line ends, colons and what is forbidden, among bytes of names and others, as often as `kind`
 * says. */
static void
fill(uint8_t *out, size_t n, unsigned *seed, unsigned kind)
{
	static const char often[] = "\r\n\r\n\r\n::\r\n ab",
			  some[] = "a-b~Z:c;\r\n\n\r\0\t\x80\xff(";

	for (size_t i = 0; i < n; i++) {
		unsigned draw = (unsigned)rand_r(seed);

		if (kind == 0)
			out[i] = (uint8_t)often[draw % (sizeof(often) - 1)];
		else if (kind == 1)
			out[i] = (uint8_t)some[draw % (sizeof(some) - 1)];
		else
			out[i] = draw % 40 == 0 ? (uint8_t)often[draw / 64 % (sizeof(often) - 1)]
						: (uint8_t)(draw / 64);
	}
}

TEST(the_scan_finds_ends_of_lines_and_of_names)
{
	const struct http_scan *s = http_scan_of(HTTP_SCAN_SCALAR);

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		size_t bytes = cases[i].count > 0 ? cases[i].count : strlen(cases[i].bytes), at = 0;
		struct span block = span_of(cases[i].bytes, bytes);
		struct head_line l;

		CHECK_ROW(
		    cases[i].name, s->tolerant(block, &at, &l, 1) == (cases[i].is_line ? 1 : 0));
		CHECK_ROW(cases[i].name, !cases[i].is_line || same_line(&l, &cases[i].tolerant));
		at = 0;
		CHECK_ROW(
		    cases[i].name, s->strict(block, &at, &l, 1) == (cases[i].is_line ? 1 : 0));
		CHECK_ROW(cases[i].name, !cases[i].is_line || same_line(&l, &cases[i].strict));
		CHECK_ROW(cases[i].name,
		    at == (cases[i].is_line
				  ? cases[i].strict.end + (cases[i].strict.bare_lf ? 1u : 2u)
				  : 0));
		CHECK_ROW(cases[i].name, s->end(block) == cases[i].end);
	}
}

TEST(every_kind_of_scan_agrees_about_every_byte_of_a_name)
{
	for (unsigned c = 0; c < 256; c++) {
		uint8_t line[] = { 'a', (uint8_t)c, 'b', ':', '1', '\r', '\n' };

		CHECK_SEED(c, all_agree(span_of(line, sizeof(line)), 1));
	}
}

TEST(every_kind_of_scan_agrees_at_every_length_and_alignment)
{
	uint8_t bytes[LENGTH_MAX];
	unsigned seed = 1;

	for (unsigned align = 0; align < ALIGNMENTS; align++) {
		for (size_t n = 0; n <= LENGTH_MAX; n++) {
			unsigned kind = (unsigned)(n + align) % 3;

			fill(bytes, n, &seed, kind);
			CHECK_SEED(align * 1000 + n,
			    agree_at(span_of(bytes, n), align, 1 + (unsigned)n % 7));
		}
	}
}

TEST(every_kind_of_scan_agrees_wherever_a_head_is_cut)
{
	static const char *const heads[] = {
		"GET http://host.test/a/long/path/that/goes/on?and=on HTTP/1.1\r\nHost: "
		"host.test\r\n"
		"User-Agent: somebody's (one; two) 1.0\r\nAccept: */*\r\nX:\r\n folded\r\n\r\n",
		("A: \r\r\n\r\n\r\r\n\n\r\n\r\n: \n:\n::\r\n \t: x\r\nnocolon\r\n\r\r\n\r\n"
		 "0123456789012345678901234567890123456789012345678901234\r\n\r\n"),
		"012345678901234567890123456789012345678901234567890123456789012\r\nA: b\r\n\r\n",
		"0123456789012345678901234567890123456789012345678901234567890\r\n\r\nA: b\r\n\r\n",
	};

	for (unsigned i = 0; i < COUNT_OF(heads); i++) {
		struct span head = span_text(heads[i]);

		for (size_t n = 0; n <= head.bytes; n++) {
			for (size_t from = 0; from < n; from++)
				CHECK_SEED(n * 1000 + from,
				    agree_at(span_of(head.data + from, n - from), 0, 3));
		}
	}
}

TEST(every_kind_of_scan_agrees_about_large_hostile_heads)
{
	static const char *const patterns[] = { "\n", "\r", "\r\n", ":", "a", "\r\n\r", "\n\r\n",
		"a:b\r\n", "\r\r\n", ":\r", " ", "\x80" };
	uint8_t *bytes = malloc(LARGE);
	unsigned seed = 7;

	for (unsigned i = 0; i < COUNT_OF(patterns); i++) {
		for (size_t n = 0; n < LARGE; n++)
			bytes[n] = (uint8_t)patterns[i][n % strlen(patterns[i])];
		CHECK_SEED(i, all_agree(span_of(bytes, LARGE), 32));
	}
	for (unsigned i = 0; i < 12; i++) {
		fill(bytes, LARGE, &seed, i % 3);
		CHECK_SEED(i, all_agree(span_of(bytes + i, LARGE - i), 32));
	}
	free(bytes);
}

TEST(kinds_of_scan_have_names)
{
	for (enum http_scan_kind k = HTTP_SCAN_AUTO; k < HTTP_SCAN_KIND_COUNT; k++) {
		enum http_scan_kind found = HTTP_SCAN_KIND_COUNT;

		CHECK(http_scan_find(http_scan_kind_names[k], &found) == (http_scan_of(k) != NULL));
		CHECK(found == k);
	}
	CHECK(!http_scan_find("", &(enum http_scan_kind){ 0 }));
	CHECK(!http_scan_find("mmx", &(enum http_scan_kind){ 0 }));
}

/* On the machines that this is built for, the vector kinds are compared, not left out. */
TEST(the_scan_is_picked_by_what_the_processor_has)
{
	const struct http_scan *avx2 = http_scan_of(HTTP_SCAN_AVX2);
	bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");

	CHECK((avx2 != NULL) == has);
	CHECK((http_scan_of(HTTP_SCAN_SSE42) != NULL) == !!__builtin_cpu_supports("sse4.2"));
	CHECK(http_scan_of(HTTP_SCAN_AUTO) == (has ? avx2
						  : http_scan_of(HTTP_SCAN_SSE42) != NULL
						      ? http_scan_of(HTTP_SCAN_SSE42)
						      : http_scan_of(HTTP_SCAN_SCALAR)));
}
