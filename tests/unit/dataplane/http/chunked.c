/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunked framing: a table of what ends it, fed whole and byte by byte. */
#include "dataplane/http/http.h"
#include "tests/unit/harness.h"

struct chunk_case {
	const char *name, *bytes;
	enum chunk_event end;
	const char *body;
	bool ieof;
};

static const struct chunk_case cases[] = {
	{ "one chunk", "5\r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "two chunks", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "nothing", "0\r\n\r\n", CHUNK_END, "", false },
	{ "ieof", "2\r\nab\r\n0; ieof\r\n\r\n", CHUNK_END, "ab", true },
	{ "ieof without a blank", "0;ieof\r\n\r\n", CHUNK_END, "", true },
	{ "ieof in upper case", "0; IEOF\r\n\r\n", CHUNK_END, "", true },
	{ "ieof behind another", "0; a=b; ieof\r\n\r\n", CHUNK_END, "", true },
	{ "ieof before another", "0;ieof ;a\r\n\r\n", CHUNK_END, "", true },
	{ "ieof behind a quoted one", "0;a=\"x\\\"y\";ieof\r\n\r\n", CHUNK_END, "", true },
	{ "ieof in quotes", "0;a=\"x;ieof;\"\r\n\r\n", CHUNK_END, "", false },
	{ "ieof in quotes that are escaped", "0;a=\"\\\";ieof\"\r\n\r\n", CHUNK_END, "", false },
	{ "ieof in quotes that stay open", "0;a=\"x;ieof\r\n\r\n", CHUNK_END, "", false },
	{ "ieof with a value", "0; ieof=1\r\n\r\n", CHUNK_END, "", false },
	{ "ieof as two words", "0; ieof x\r\n\r\n", CHUNK_END, "", false },
	{ "ieof as a value", "0; a=ieof\r\n\r\n", CHUNK_END, "", false },
	{ "ieof of another chunk", "2;ieof\r\nab\r\n0\r\n\r\n", CHUNK_END, "ab", false },
	{ "ieof as a prefix", "0; ieofx\r\n\r\n", CHUNK_END, "", false },
	{ "extension", "5;a=\"b c\"\r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "trailer", "1\r\na\r\n0\r\nX-Sum: abc\r\n\r\n", CHUNK_END, "a", false },
	{ "leading zeros", "0005\r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "cut in the data", "5\r\nhel", CHUNK_MORE, "hel", false },
	{ "cut in the size", "1a", CHUNK_MORE, "", false },
	{ "no digit", "\r\n", CHUNK_BAD, "", false },
	{ "sign", "+5\r\nhello\r\n", CHUNK_BAD, "", false },
	{ "0x", "0x5\r\nhello\r\n", CHUNK_BAD, "", false },
	{ "blank before", " 5\r\nhello\r\n", CHUNK_BAD, "", false },
	{ "two numbers", "5 5\r\nhello\r\n", CHUNK_BAD, "", false },
	{ "the largest size", "01000000000000\r\nab", CHUNK_MORE, "ab", false },
	{ "one past it", "1000000000001", CHUNK_BAD, "", false },
	{ "past 64 bits", "10000000000000005\r\nhello\r\n", CHUNK_BAD, "", false },
	{ "bare LF after the size", "5\nhello\r\n", CHUNK_BAD, "", false },
	{ "bare LF after the data", "5\r\nhello\n", CHUNK_BAD, "hello", false },
	{ "LF in an extension", "2;\nxx\r\n", CHUNK_BAD, "", false },
	{ "blanks before an extension", "5 \t;a\r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "blanks and no extension", "5  \r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "ieof behind blanks", "0 ; ieof \r\n\r\n", CHUNK_END, "", true },
	{ "eight digits", "00000005\r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "nine digits", "000000005\r\nhello\r\n0\r\n\r\n", CHUNK_END, "hello", false },
	{ "digits in both cases", "00aA\r\nabcdef", CHUNK_MORE, "abcdef", false },
	{ "size 0 among zeros", "00000000\r\n\r\nmore", CHUNK_END, "", false },
	{ "ieof behind data", "2\r\nab\r\n0;ieof\r\n\r\n", CHUNK_END, "ab", true },
	{ "zero and no end", "2\r\nab\r\n0\r\n\rx", CHUNK_BAD, "ab", false },
	{ "zeros behind data", "2\r\nab\r\n00\r\n\r\n", CHUNK_END, "ab", false },
	{ "CR and no LF", "5\rhello", CHUNK_BAD, "", false },
	{ "trailer without a colon", "0\r\nnonsense here\r\n\r\n", CHUNK_BAD, "", false },
};

/* Feeds pieces of at most `step` bytes; the last event other than data. */
static enum chunk_event
feed(const struct chunk_case *c, size_t step, char *body, bool *ieof)
{
	struct chunk_parser p;
	size_t bytes = strlen(c->bytes), used = 0, got = 0;
	enum chunk_event e = CHUNK_MORE;

	chunk_init(&p);
	while (used < bytes && e == CHUNK_MORE) {
		size_t n = bytes - used < step ? bytes - used : step, at = 0;
		struct span piece = span_of(c->bytes + used, n), data;

		while ((e = chunk_next(&p, piece, &at, &data)) == CHUNK_DATA) {
			memcpy(body + got, data.data, data.bytes);
			got += data.bytes;
		}
		used += n;
	}
	body[got] = 0;
	*ieof = chunk_saw_ieof(&p);
	return e;
}

TEST(chunks_whole_and_cut_everywhere)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		for (size_t step = 1; step < 40; step++) {
			char body[256];
			bool ieof;

			CHECK_ROW(
			    cases[i].name, feed(&cases[i], step, body, &ieof) == cases[i].end);
			CHECK_ROW(cases[i].name, strcmp(body, cases[i].body) == 0);
			CHECK_ROW(cases[i].name, ieof == cases[i].ieof);
		}
	}
}

TEST(a_trailer_has_a_bound)
{
	struct chunk_parser p;
	struct span data;
	char line[] = "X-Pad: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n";
	size_t at = 0;
	unsigned lines = 0;

	chunk_init(&p);
	chunk_next(&p, span_text("0\r\n"), &at, &data);
	for (; lines < 1000; lines++) {
		at = 0;
		if (chunk_next(&p, span_text(line), &at, &data) == CHUNK_BAD)
			break;
	}
	CHECK(lines < HTTP_TRAILER_BYTES_MAX / 30);
}

/* 4,096 bytes for a chunk's size and what stands behind it, line end included. */
TEST(a_size_line_has_a_bound)
{
	for (size_t bytes = 4094; bytes <= 4099; bytes++) {
		struct chunk_parser p;
		struct span data;
		char line[4100];
		size_t at = 0;

		memset(line, 'x', sizeof(line));
		memcpy(line, "5;", 2);
		memcpy(line + bytes - 2, "\r\n", 2);
		chunk_init(&p);
		CHECK_SEED(bytes, chunk_next(&p, span_of(line, bytes), &at, &data) ==
				      (bytes <= 4096 ? CHUNK_MORE : CHUNK_BAD));
		CHECK_SEED(bytes, at == (bytes <= 4096 ? bytes : 4096));
	}
}
