/* SPDX-License-Identifier: BSD-3-Clause */
/* The compressed containers of MS-OVBA, its own examples (3.2) among them, whole, cut and wrong. */
#include "scanners/document/vba.h"

#include "tests/unit/harness.h"

struct container {
	const char *name, *packed;
	size_t bytes;
	const char *text; /* NULL: no container */
	bool is_broken;
};

static const struct container cases[] = {
	{ "3.2.1, nothing to compress",
	    "\x01\x19\xb0\x00"
	    "abcdefgh\x00"
	    "ijklmnop\x00"
	    "qrstuv.",
	    29, "abcdefghijklmnopqrstuv.", false },
	{ "3.2.2, some compression",
	    "\x01\x2f\xb0\x00\x23\x61\x61\x61\x62\x63\x64\x65\x82\x66\x00\x70\x61\x67\x68\x69"
	    "\x6a\x01\x38\x08\x61\x6b\x6c\x00\x30\x6d\x6e\x6f\x70\x06\x71\x02\x70\x04\x10\x72"
	    "\x73\x74\x75\x76\x10\x77\x78\x79\x7a\x00\x3c",
	    51, "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa", false },
	{ "3.2.3, most of it", "\x01\x03\xb0\x02\x61\x45\x00", 7,
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	{ "a chunk that is not compressed", "\x01\x02\x30xyz", 6, "xyz", false },
	{ "what follows the last chunk is not of it", "\x01\x02\x30xyz\0\0\0\0", 10, "xyz", false },
	{ "two chunks", "\x01\x01\x30xy\x01\xb0\0z", 9, "xyz", false },
	{ "another mark", "\x02\x02\x30xyz", 6, NULL, false },
	{ "another chunk's mark", "\x01\x02\x20xyz", 6, NULL, false },
	{ "nothing", "", 0, NULL, false },
	{ "a mark alone", "\x01", 1, NULL, false },
	{ "a chunk that is cut", "\x01\x09\x30xyz", 6, "xyz", true },
	{ "a copy from before the start", "\x01\x05\xb0\x02z\xff\xff", 7, "z", true },
	{ "a token that is cut", "\x01\x02\xb0\x02z\x01", 6, "z", true },
};

/* What comes out of a container, at most `room` bytes. */
static size_t
unpack(struct span packed, char *out, size_t room, bool *is_container, bool *is_broken)
{
	uint8_t chunk[VBA_CHUNK_BYTES];
	struct vba_reader r;
	size_t used = 0, bytes;

	*is_container = vba_begin(&r, packed);
	while (*is_container && vba_next(&r, chunk, &bytes)) {
		CHECK(bytes <= VBA_CHUNK_BYTES);
		if (bytes > room - used)
			bytes = room - used;
		memcpy(out + used, chunk, bytes);
		used += bytes;
	}
	*is_broken = *is_container && r.is_broken;
	return used;
}

TEST(containers_are_unpacked)
{
	static char out[65536];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct container *c = &cases[i];
		bool is_one, is_broken;
		size_t n =
		    unpack(span_of(c->packed, c->bytes), out, sizeof(out), &is_one, &is_broken);

		CHECK_ROW(c->name, is_one == (c->text != NULL));
		CHECK_ROW(c->name, is_broken == c->is_broken);
		CHECK_ROW(c->name,
		    c->text == NULL || (n == strlen(c->text) && memcmp(out, c->text, n) == 0));
	}
}

TEST(a_container_cut_anywhere_gives_a_beginning)
{
	static char out[65536];

	for (size_t i = 0; i < 3; i++) {
		for (size_t bytes = 0; bytes < cases[i].bytes; bytes++) {
			bool is_one, is_broken;
			size_t n = unpack(
			    span_of(cases[i].packed, bytes), out, sizeof(out), &is_one, &is_broken);

			CHECK_SEED(bytes, n <= strlen(cases[i].text));
			CHECK_SEED(bytes, n == 0 || memcmp(out, cases[i].text, n) == 0);
			CHECK_SEED(bytes, !is_one || is_broken);
		}
	}
}

/* Every chunk of three bytes claims 4,096: that is the most there is. */
TEST(a_bomb_is_as_large_as_its_chunks_allow)
{
	static uint8_t packed[1 + 100 * 6];
	static char out[1 << 20];
	bool is_one, is_broken;

	packed[0] = 1;
	for (size_t i = 0; i < 100; i++)
		memcpy(packed + 1 + i * 6, "\x03\xb0\x02z\xff\x0f", 6);
	CHECK(unpack(span_of(packed, sizeof(packed)), out, sizeof(out), &is_one, &is_broken) ==
	      100 * VBA_CHUNK_BYTES);
	CHECK(is_one && !is_broken);
}

static const char dir[] = "\x09\0\x04\0\0\0\1\2\3\4\5\6" /* a version: six bytes, not four */
			  "\x19\0\2\0\0\0Mo"
			  "\x1a\0\2\0\0\0S1"
			  "\x32\0\4\0\0\0S\0002\0"
			  "\x31\0\4\0\0\0\x10\0\0\0"
			  "\x2b\0\0\0\0\0"
			  "\x1a\0\2\0\0\0Tw"
			  "\x31\0\4\0\0\0\7\0\0\0"
			  "\x2b\0\0\0\0\0"
			  "\x1a\0\xff\xff\xff\xff";

TEST(modules_are_listed_and_a_list_cut_anywhere_ends)
{
	struct span whole = span_of(dir, sizeof(dir) - 1);

	for (size_t bytes = 0; bytes <= whole.bytes; bytes++) {
		struct vba_module m[4];
		size_t at = 0, n = 0;

		while (n < COUNT_OF(m) && vba_next_module(span_first(whole, bytes), &at, &m[n]))
			n++;
		CHECK_SEED(bytes, n <= 2);
		if (n > 0)
			CHECK_SEED(bytes, strcmp(m[0].stream, "S2") == 0 && m[0].offset == 16);
		if (n > 1)
			CHECK_SEED(bytes, strcmp(m[1].stream, "Tw") == 0 && m[1].offset == 7);
		CHECK_SEED(bytes, bytes < whole.bytes || n == 2);
	}
}

TEST(source_is_found_by_how_it_begins)
{
	static const char stream[] = "xx\0Attribut\0Attribut\x01\x09\xb0\0Attributyy";
	struct span s = span_of(stream, sizeof(stream) - 1);

	CHECK(vba_find(s, 0) == 20);
	CHECK(vba_find(s, 20) == 20);
	CHECK(vba_find(s, 21) == SIZE_MAX);
	CHECK(vba_find(span_first(s, 31), 0) == SIZE_MAX);
}
