/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A ZIP that holds itself, without end, in the way that Russ Cox found: a program of Deflate's two
 * instructions, bytes as they are and copies of what came last, that writes itself. All but the
 * last instruction have five bytes, so that four of them can be copied by one; the checksum, which
 * stands in what it sums, is solved for as 32 linear equations.
 */
#include <isa-l/crc.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"
#include "tests/unit/scanners/archive/bit_writer.h"

#define NAME       "it-holds-itself-and-no-end.zip"
#define NAME_BYTES (sizeof(NAME) - 1)
#define HEAD_BYTES (30 + NAME_BYTES)
#define TAIL_BYTES (46 + NAME_BYTES + 22)
#define STEP       5 /* bytes of an instruction */
#define LAST       4 /* of the last one */

/* One match, of a block of fixed codes (RFC 1951 3.2.5): symbols, and the bits behind them. */
struct match {
	unsigned length, length_bits, length_more, distance, distance_bits, distance_more;
};

static const struct match of_10_from_20 = { 264, 0, 0, 8, 3, 3 };
static const struct match of_65_from_65 = { 276, 3, 6, 12, 5, 0 };
static const struct match of_102_from_102 = { 279, 4, 3, 13, 5, 5 };

static struct packed made, head, tail;

static void
put(struct packed *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++, value >>= 8)
		packer_add(p, span_of(&(uint8_t){ (uint8_t)value }, 1));
}

static void
begin_block(struct bit_writer *w, bool is_last)
{
	write_bits(w, is_last, 1);
	write_bits(w, 1, 2);
}

static void
end_block(struct bit_writer *w)
{
	write_code(w, 0, 7, 0);
}

static void
write_match(struct bit_writer *w, const struct match *m)
{
	write_code(w, m->length - 256, 7, 0);
	write_bits(w, m->length_more, m->length_bits);
	write_code(w, m->distance, 5, 0);
	write_bits(w, m->distance_more, m->distance_bits);
}

/* Bytes as they are, so many, follow. */
static void
literal(unsigned bytes)
{
	put(&made, 0, 1);
	put(&made, bytes, 2);
	put(&made, ~bytes, 2);
}

/* What came last, once more: 20 bytes. */
static void
copy_four(void)
{
	struct bit_writer w = { 0 };

	begin_block(&w, false);
	write_match(&w, &of_10_from_20);
	write_match(&w, &of_10_from_20);
	end_block(&w);
	packer_add(&made, written(&w));
}

/* The head, and the instruction behind it; an empty block fills it up. */
static void
copy_head(void)
{
	struct bit_writer w = { 0 };

	begin_block(&w, false);
	write_match(&w, &of_65_from_65);
	end_block(&w);
	begin_block(&w, false);
	end_block(&w);
	packer_add(&made, written(&w));
}

/* This and the tail. */
static void
copy_tail(void)
{
	struct bit_writer w = { 0 };

	begin_block(&w, true);
	write_match(&w, &of_102_from_102);
	end_block(&w);
	packer_add(&made, written(&w));
}

/* What says of the member how long it is, packed and not, and its checksum. */
static void
put_fields(struct packed *p, uint32_t crc, size_t packed_bytes, size_t bytes)
{
	put(p, 20, 2);
	put(p, 0, 2);
	put(p, 8, 2); /* Deflate */
	put(p, 0, 4);
	put(p, crc, 4);
	put(p, packed_bytes, 4);
	put(p, bytes, 4);
	put(p, NAME_BYTES, 2);
	put(p, 0, 2);
}

static void
write_ends(uint32_t crc, size_t packed_bytes)
{
	const size_t bytes = HEAD_BYTES + packed_bytes + TAIL_BYTES;

	head.used = tail.used = 0;
	packer_add(&head, span_text("PK\3\4"));
	put_fields(&head, crc, packed_bytes, bytes);
	packer_add(&head, span_text(NAME));
	packer_add(&tail, span_text("PK\1\2"));
	put(&tail, 20, 2);
	put_fields(&tail, crc, packed_bytes, bytes);
	put(&tail, 0, 14); /* no comment, first disk, no attributes, at the start */
	packer_add(&tail, span_text(NAME));
	packer_add(&tail, span_text("PK\5\6"));
	put(&tail, 0, 4);
	put(&tail, 1, 2);
	put(&tail, 1, 2);
	put(&tail, 46 + NAME_BYTES, 4);
	put(&tail, HEAD_BYTES + packed_bytes, 4);
	put(&tail, 0, 2);
}

/* Each line writes what the lines from its start to the one behind it are. */
static size_t
write_program(void)
{
	size_t begin;

	made.used = 0;
	packer_add(&made, packer_span(&head));
	begin = made.used;
	literal(HEAD_BYTES + STEP), packer_add(&made, packer_span(&head));
	literal(HEAD_BYTES + STEP);
	copy_head();
	literal(STEP), copy_head();
	literal(STEP), literal(STEP);
	literal(4 * STEP), copy_head(), literal(STEP), literal(STEP), literal(4 * STEP);
	copy_four();
	literal(4 * STEP), copy_four(), literal(4 * STEP), copy_four(), literal(4 * STEP);
	copy_four();
	literal(4 * STEP), copy_four(), literal(0), literal(0), literal(LAST + TAIL_BYTES);
	copy_four();
	literal(0), literal(0);
	literal(LAST + TAIL_BYTES), copy_tail(), packer_add(&made, packer_span(&tail));
	copy_tail();
	packer_add(&made, packer_span(&tail));
	return made.used - TAIL_BYTES - begin;
}

/* The checksum of all, if it says that it is this one. */
static uint32_t
sum_of(uint32_t told, size_t packed_bytes)
{
	write_ends(told, packed_bytes);
	write_program();
	return crc32_gzip_refl(0, made.bytes, made.used);
}

/* The sum that is its own: x with A x + c = x, over single bits, by elimination. */
static uint32_t
solve(size_t packed_bytes)
{
	uint32_t c = sum_of(0, packed_bytes), rows[32] = { 0 }, right = c, x = 0;
	bool values[32];

	for (unsigned column = 0; column < 32; column++) {
		uint32_t image = sum_of(1u << column, packed_bytes) ^ c ^ 1u << column;

		for (unsigned row = 0; row < 32; row++)
			rows[row] |= (image >> row & 1) << column;
	}
	for (unsigned row = 0; row < 32; row++)
		values[row] = (right >> row & 1) != 0;
	for (unsigned column = 0; column < 32; column++) {
		unsigned pivot = column;
		uint32_t held;
		bool value;

		while (pivot < 32 && (rows[pivot] >> column & 1) == 0)
			pivot++;
		CHECK(pivot < 32);
		held = rows[pivot], value = values[pivot];
		rows[pivot] = rows[column], values[pivot] = values[column];
		rows[column] = held, values[column] = value;
		for (unsigned row = 0; row < 32; row++) {
			if (row == column || (rows[row] >> column & 1) == 0)
				continue;
			rows[row] ^= held;
			values[row] ^= value;
		}
	}
	for (unsigned i = 0; i < 32; i++)
		x |= (uint32_t)values[i] << i;
	return x;
}

TEST(a_zip_that_holds_itself_ends)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;
	size_t packed_bytes;
	uint32_t sum;

	write_ends(0, 0);
	packed_bytes = write_program();
	sum = solve(packed_bytes);
	CHECK(sum_of(sum, packed_bytes) == sum);
	d = packer_judge(packer_span(&made), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
	CHECK(d->members == 1 && d->unpacked_bytes == made.used);
	limits.depth_max = 1; /* where it is not looked into again */
	d = packer_judge(packer_span(&made), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE && d->members == 1);
}
