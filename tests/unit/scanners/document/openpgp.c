/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets' heads and lengths as RFC 9580 sections 4.2 and 4.2.1.4 have them. */
#include "scanners/document/openpgp.h"

#include "tests/unit/harness.h"

#define SPAN(text)                                        \
	{                                                 \
		(const uint8_t *)(text), sizeof(text) - 1 \
	}

static const struct packet_case {
	const char *name;
	struct span bytes;
	unsigned tag; /* 0: there is no packet */
	bool is_cut;
	size_t first, all; /* bytes of its first piece, and of the packet */
} cases[] = {
	{ "one byte of length", SPAN("\xcb\3abc."), 11, false, 3, 5 },
	{ "two bytes of length", SPAN("\xcb\xc0\0a"), 11, true, 1, 4 },
	{ "five bytes of length", SPAN("\xcb\xff\0\0\0\3abc."), 11, false, 3, 9 },
	{ "pieces of two and three",
	    SPAN("\xcb\xe1"
		 "ab\3cde."),
	    11, false, 2, 8 },
	{ "pieces that do not end",
	    SPAN("\xcb\xe1"
		 "ab"),
	    11, true, 2, 4 },
	{ "older, one byte", SPAN("\xac\3abc."), 11, false, 3, 5 },
	{ "older, two bytes", SPAN("\xad\0\3abc."), 11, false, 3, 6 },
	{ "older, four bytes", SPAN("\xae\0\0\0\3abc."), 11, false, 3, 8 },
	{ "older, to the end",
	    SPAN("\xaf"
		 "abc."),
	    11, false, 4, 5 },
	{ "a body of nothing", SPAN("\xcb\0"), 11, false, 0, 2 },
	{ "no packet", SPAN("\x4b\3abc"), 0, false, 0, 0 },
	{ "a head alone", SPAN("\xcb"), 0, false, 0, 0 },
	{ "two bytes of length, cut", SPAN("\xcb\xc0"), 0, false, 0, 0 },
	{ "five bytes of length, cut", SPAN("\xcb\xff\0\0\0"), 0, false, 0, 0 },
	{ "older, four bytes of length, cut", SPAN("\xae\0\x5b"), 0, false, 0, 0 },
};

TEST(a_packet_is_as_long_as_its_head_says)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct openpgp_packet p;
		size_t at = 0;
		bool is_one = openpgp_next(cases[i].bytes, &at, &p);

		CHECK_ROW(cases[i].name, is_one == (cases[i].tag != 0));
		if (!is_one)
			continue;
		CHECK_ROW(cases[i].name, p.tag == cases[i].tag && p.is_cut == cases[i].is_cut);
		CHECK_ROW(cases[i].name, p.first.bytes == cases[i].first && at == cases[i].all);
	}
}

TEST(a_literal_packet_tells_a_name)
{
	static const struct span body = SPAN("b\5a.com\0\0\0\0data");
	struct span name;

	CHECK(span_is(openpgp_literal(body, &name), "data") && span_is(name, "a.com"));
	for (size_t end = 0; end < body.bytes; end++)
		CHECK_SEED(end, openpgp_literal(span_first(body, end), &name).bytes < 4);
}
