/* SPDX-License-Identifier: BSD-3-Clause */
/* Method 6 of ZIP, with and without codes for literals, in both windows. */
#include "scanners/archive/explode.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/archive/bit_writer.h"

static struct taken out;

/* `runs` of lengths, each 16 codes of `length` bits. */
static void
write_prefix(struct bit_writer *w, unsigned runs, unsigned length)
{
	write_bits(w, runs - 1, 8);
	for (unsigned i = 0; i < runs; i++)
		write_bits(w, 0xf0 | (length - 1), 8);
}

static void
write_prefixes(struct bit_writer *w, unsigned flags)
{
	if ((flags & EXPLODE_LITERALS) != 0)
		write_prefix(w, 16, 8);
	write_prefix(w, 4, 6);
	write_prefix(w, 4, 6);
}

static void
write_text(struct bit_writer *w, unsigned flags, const char *text)
{
	for (; *text != 0; text++) {
		write_bits(w, 1, 1);
		if ((flags & EXPLODE_LITERALS) != 0)
			write_code(w, (uint8_t)*text, 8, 1);
		else
			write_bits(w, (uint8_t)*text, 8);
	}
}

static void
write_match(struct bit_writer *w, unsigned flags, unsigned distance, unsigned length)
{
	unsigned bits = (flags & EXPLODE_WINDOW_8K) != 0 ? 7 : 6;
	unsigned told = length - ((flags & EXPLODE_LITERALS) != 0 ? 3 : 2);

	write_bits(w, 0, 1);
	write_bits(w, distance - 1, bits);
	write_code(w, (distance - 1) >> bits, 6, 1);
	write_code(w, told < 63 ? told : 63, 6, 1);
	if (told >= 63)
		write_bits(w, told - 63, 8);
}

static int
run(struct span packed, unsigned flags, uint64_t bytes, size_t room)
{
	out.used = 0;
	out.room = room;
	return explode(packed, flags, bytes, take_bytes, &out);
}

/* "ab", it over and over up to 302 bytes; two from before the first byte, which are zeros. */
static void
write_all(struct bit_writer *w, unsigned flags)
{
	*w = (struct bit_writer){ 0 };
	write_prefixes(w, flags);
	write_text(w, flags, "ab");
	write_match(w, flags, 2, 300);
	write_match(w, flags, 4000, 3);
	write_text(w, flags, "end");
}

TEST(what_is_imploded_comes_out)
{
	static const unsigned flags[] = { 0, EXPLODE_LITERALS, EXPLODE_WINDOW_8K,
		EXPLODE_LITERALS | EXPLODE_WINDOW_8K };

	for (size_t i = 0; i < COUNT_OF(flags); i++) {
		struct bit_writer w;

		write_all(&w, flags[i]);
		CHECK_SEED(i, run(written(&w), flags[i], 308, TAKEN_BYTES) == 0);
		CHECK_SEED(i, out.used == 308 && memcmp(out.bytes + 299, "bab\0\0\0end", 9) == 0);
		CHECK_SEED(i, run(written(&w), flags[i], 400, TAKEN_BYTES) == -EBADMSG);
		CHECK_SEED(i, run(written(&w), flags[i], 200, TAKEN_BYTES) == -EBADMSG);
		CHECK_SEED(i, run(written(&w), flags[i], 308, 307) == -ENOSPC);
		CHECK_SEED(i, run(written(&w), flags[i] ^ EXPLODE_LITERALS, 308, TAKEN_BYTES) != 0);
	}
}

TEST(imploded_bytes_cut_anywhere_are_told)
{
	struct bit_writer w;

	write_all(&w, EXPLODE_LITERALS);
	for (size_t bytes = 0; bytes < written(&w).bytes; bytes++) {
		uint8_t *cut = malloc(bytes + 1); /* so that a byte too far is seen */

		memcpy(cut + 1, w.bytes, bytes);
		CHECK_SEED(bytes,
		    run(span_of(cut + 1, bytes), EXPLODE_LITERALS, 308, TAKEN_BYTES) == -EBADMSG);
		free(cut);
	}
}

TEST(codes_that_are_too_many_or_too_few_are_told)
{
	struct bit_writer w = { 0 };

	write_prefix(&w, 5, 6); /* 80 lengths, not 64 */
	write_prefix(&w, 4, 6);
	CHECK(run(written(&w), 0, 10, TAKEN_BYTES) == -EBADMSG);
	w = (struct bit_writer){ 0 };
	write_prefix(&w, 3, 6);
	write_prefix(&w, 4, 6);
	CHECK(run(written(&w), 0, 10, TAKEN_BYTES) == -EBADMSG);
	w = (struct bit_writer){ 0 };
	write_prefix(&w, 4, 5); /* 64 of five bits */
	write_prefix(&w, 4, 6);
	CHECK(run(written(&w), 0, 10, TAKEN_BYTES) == -EBADMSG);
}
