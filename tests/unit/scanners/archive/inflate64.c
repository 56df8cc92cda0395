/* SPDX-License-Identifier: BSD-3-Clause */
/* Method 9 of ZIP: what 7-Zip packed so, and what is this method's alone. */
#include "scanners/archive/inflate64.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/archive/bit_writer.h"

#define CODE_285    0xc5 /* the longest length, by the fixed codes */
#define END_CODE    0
#define DISTANCE_30 30
#define DISTANCE_31 31

static struct taken out;

static int
run(struct span packed, size_t room)
{
	out.used = 0;
	out.room = room;
	return inflate64(packed, take_bytes, &out);
}

/* By 7-Zip 26.02: one block of fixed codes, one of codes of its own. */
static const struct {
	const char *name;
	struct span packed;
	const char *text;
} packed[] = {
	{ "fixed codes",
	    { (const uint8_t
		      *)"\x4b\x54\x28\xce\x4d\xcc\xc9\x51\x28\x49\xad\x28\xd1\x51\x40\xe6\x01"
			"\x00",
		18 },
	    "a small text, a small text" },
	{ "codes of its own",
	    { (const uint8_t
		      *)"\x4d\x4e\x41\x0a\xc0\x30\x08\xfb\x8a\x5f\x73\x54\x59\x61\x2a\xb4\x1b"
			"\x63\xbf\x1f\x56\xc1\x5e\x6c\x34\x69\x12\x21\x39\x68\x00\x4e\x60\x7b"
			"\xb4\x01\x82\xd0\x7d\x5a\xf3\x4b\x9f\x80\xfa\x2d\xa4\x3e\x05\xaf\x17"
			"\x07\xf9\xdd\x38\xf5\xf9\x3f\x9f\x9e\x36\x31\x7d\xd5\xae\x14\x2e\xa9"
			"\x89\x25\x04\xc1\xa6\xad\x13\x2b\x68\x8f\x32\xde\xa1\x17\x0a\xcb\x1a"
			"\x51\xb4\x7a\x77\x2d\x43\x27\x32\xd5\xd8\xfd\xab\x8e\x71\xe0\xea\xf1"
			"\x03",
		103 },
	    "member as found a method as is any as in as malware is of found member member is "
	    "found "
	    "found is nine any a member any a found nine malware any in a as malware of malware of "
	    "is "
	    "as nine nine nine as is a method in malware a is member of any nine any of nine found "
	    "nine" },
	{ "stored", { (const uint8_t *)"\1\5\0\xfa\xffhello", 10 }, "hello" },
	{ "stored, then fixed codes", { (const uint8_t *)"\0\2\0\xfd\xffhe\x4b\x04\x00", 10 },
	    "hea" },
};

TEST(what_is_packed_by_deflate64_comes_out)
{
	for (size_t i = 0; i < COUNT_OF(packed); i++) {
		CHECK_ROW(packed[i].name, run(packed[i].packed, TAKEN_BYTES) == 0);
		CHECK_ROW(packed[i].name, span_is(span_of(out.bytes, out.used), packed[i].text));
	}
}

TEST(deflate64_that_is_cut_gives_what_came_before)
{
	for (size_t i = 0; i < COUNT_OF(packed); i++) {
		for (size_t bytes = 0; bytes + 1 < packed[i].packed.bytes; bytes++) {
			uint8_t *cut = malloc(bytes + 1); /* so that a byte too far is seen */

			memcpy(cut + 1, packed[i].packed.data, bytes);
			CHECK_ROW(
			    packed[i].name, run(span_of(cut + 1, bytes), TAKEN_BYTES) == -EBADMSG);
			CHECK_ROW(packed[i].name, memcmp(out.bytes, packed[i].text, out.used) == 0);
			free(cut);
		}
	}
}

static void
write_match(struct bit_writer *w, unsigned longer, unsigned distance, unsigned farther)
{
	write_code(w, CODE_285, 8, 0);
	write_bits(w, longer, 16);
	write_code(w, distance, 5, 0);
	write_bits(w, farther, distance < DISTANCE_30 ? 0 : 14);
}

/* 'a', then it 65,538 times; "b", then both matches that reach as far as Deflate does not. */
TEST(the_longest_lengths_and_distances_are_deflate64_s)
{
	struct bit_writer w = { 0 };

	write_bits(&w, 3, 3); /* the last block, by fixed codes */
	write_code(&w, 0x30 + 'a', 8, 0);
	write_match(&w, 0xffff, 0, 0);
	write_code(&w, 0x30 + 'b', 8, 0);
	write_match(&w, 0, DISTANCE_31, 0x3fff); /* 65,536 back */
	write_match(&w, 2, DISTANCE_30, 0);      /* 32,769 back */
	write_code(&w, END_CODE, 7, 0);
	CHECK(run(written(&w), TAKEN_BYTES) == 0 && out.used == 65539 + 1 + 3 + 5);
	CHECK(out.bytes[65538] == 'a' && out.bytes[65539] == 'b' && out.bytes[65540] == 'a' &&
	      out.bytes[out.used - 1] == 'a');
	CHECK(run(written(&w), 65536) == -ENOSPC && out.used == 65536);
}

static const struct {
	const char *name;
	struct span bytes;
} broken[] = {
	{ "nothing", { NULL, 0 } },
	{ "a block of the fourth kind", { (const uint8_t *)"\7\0", 2 } },
	{ "a length that its other half denies", { (const uint8_t *)"\1\5\0\xfb\xffhello", 10 } },
	{ "more codes than there is room for", { (const uint8_t *)"\5\0\xff\xff\xff\xff\xff", 7 } },
	{ "a distance to before the first byte", { (const uint8_t *)"\x4b\x04\x0a\x00", 4 } },
};

TEST(what_is_no_deflate64_is_told)
{
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		CHECK_ROW(broken[i].name, run(broken[i].bytes, TAKEN_BYTES) == -EBADMSG);
}
