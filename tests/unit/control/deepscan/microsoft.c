/* SPDX-License-Identifier: BSD-3-Clause */
/* Cabinets, help, and what COMPRESS.EXE made of one file: whole, cut, changed, beyond the limits.
 */
#include <stdlib.h>

#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define CHUNK_BYTES 4096
#define CHM_HEADER  0x60u
#define CHM_SIZES   0x18u /* header section 0: the file's length */
#define CHM_INDEX   0x54u /* header section 1: the directory's, before its chunks */

static struct packed made;

static void
put(struct packed *p, uint64_t value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		const uint8_t byte = (uint8_t)(value >> (8 * i));

		packer_add(p, span_of(&byte, 1));
	}
}

static void
put_zeros(struct packed *p, size_t count)
{
	static const uint8_t zeros[CHUNK_BYTES];

	packer_add(p, span_of(zeros, count));
}

/* Seven bits a byte, the highest first. */
static void
put_encoded(struct packed *p, uint64_t value)
{
	for (int shift = 28; shift > 0; shift -= 7) {
		if (value >> shift != 0)
			put(p, (value >> shift & 0x7f) | 0x80, 1);
	}
	put(p, value & 0x7f, 1);
}

/* Every letter as it is: flags of eight, then these. */
static struct span
write_szdd(struct span bytes)
{
	made.used = 0;
	packer_add(&made, span_of("SZDD\x88\xf0\x27\x33"
				  "A_",
			      10));
	put(&made, bytes.bytes, 4);
	for (size_t at = 0; at < bytes.bytes; at += 8) {
		put(&made, 0xff, 1);
		packer_add(&made, span_first(span_from(bytes, at), 8));
	}
	return packer_span(&made);
}

/* Turned over, method 1. */
static struct span
write_kwaj(struct span bytes)
{
	made.used = 0;
	packer_add(&made, span_of("KWAJ\x88\xf0\x27\xd1\1\0\x0e\0\0\0", 14));
	for (size_t i = 0; i < bytes.bytes; i++)
		put(&made, bytes.data[i] ^ 0xffu, 1);
	return packer_span(&made);
}

/* A chunk of the directory: of `count` names for the same bytes. */
static void
put_chunk(struct packed *p, unsigned count, size_t bytes)
{
	size_t begin = p->used;

	packer_add(p, span_text("PMGL"));
	put(p, 0, 4);
	put(p, 0, 4);
	put(p, 0xffffffff, 4);
	put(p, 0xffffffff, 4);
	for (unsigned i = 0; i < count; i++) {
		char name[16];
		int used = snprintf(name, sizeof(name), "/%u.htm", i);

		put_encoded(p, (uint64_t)used);
		packer_add(p, span_of(name, (size_t)used));
		put_encoded(p, 0); /* the section that is not compressed */
		put_encoded(p, 0);
		put_encoded(p, bytes);
	}
	put_zeros(p, CHUNK_BYTES - 2 - (p->used - begin));
	put(p, count, 2);
}

static struct span
write_chm(unsigned count, struct span bytes)
{
	static const uint8_t guids[] = { 0x10, 0xfd, 0x01, 0x7c, 0xaa, 0x7b, 0xd0, 0x11, 0x9e, 0x0c,
		0x00, 0xa0, 0xc9, 0x22, 0xe6, 0xec, 0x11, 0xfd, 0x01, 0x7c, 0xaa, 0x7b, 0xd0, 0x11,
		0x9e, 0x0c, 0x00, 0xa0, 0xc9, 0x22, 0xe6, 0xec };
	const uint32_t index[] = { 1, CHM_INDEX, 10, CHUNK_BYTES, 2, 1, 0xffffffff, 0, 0,
		0xffffffff, 1, 0x409 };
	const size_t content = CHM_HEADER + CHM_SIZES + CHM_INDEX + CHUNK_BYTES;

	made.used = 0;
	packer_add(&made, span_text("ITSF"));
	put(&made, 3, 4);
	put(&made, CHM_HEADER, 4);
	put(&made, 1, 4);
	put(&made, 0, 4);
	put(&made, 0x409, 4);
	packer_add(&made, span_of(guids, sizeof(guids)));
	put(&made, CHM_HEADER, 8);
	put(&made, CHM_SIZES, 8);
	put(&made, CHM_HEADER + CHM_SIZES, 8);
	put(&made, CHM_INDEX + CHUNK_BYTES, 8);
	put(&made, content, 8);
	put(&made, 0x1fe, 8);
	put(&made, content + bytes.bytes, 8);
	put(&made, 0, 8);
	packer_add(&made, span_text("ITSP"));
	for (unsigned i = 0; i < COUNT_OF(index); i++)
		put(&made, index[i], 4);
	put_zeros(&made, CHM_HEADER + CHM_SIZES + CHM_INDEX - made.used);
	put_chunk(&made, count, bytes.bytes);
	packer_add(&made, bytes);
	return packer_span(&made);
}

/* Stored, one block; `sum`: of it, 0 for none. `place`: where the first file begins, how far from
 * there the next does, and how long each is. */
static struct span
write_cab_of(unsigned count, struct span bytes, uint32_t sum, const size_t place[3])
{
	const size_t first = 36 + 8 + count * (16 + 2);

	made.used = 0;
	packer_add(&made, span_of("MSCF\0\0\0\0", 8));
	put(&made, first + 8 + bytes.bytes, 8); /* and a reserved word */
	put(&made, 36 + 8, 8);
	put(&made, 0x0103, 2);
	put(&made, 1, 2); /* folders */
	put(&made, count, 2);
	put(&made, 0, 6);
	put(&made, first, 4);
	put(&made, 1, 4); /* blocks, and how they are packed */
	for (unsigned i = 0; i < count; i++) {
		put(&made, place[2], 4);
		put(&made, place[0] + i * place[1], 4);
		put_zeros(&made, 8);
		put(&made, 'a' + i % 26, 2); /* a name of one letter */
	}
	put(&made, sum, 4);
	put(&made, bytes.bytes, 2);
	put(&made, bytes.bytes, 2);
	packer_add(&made, bytes);
	return packer_span(&made);
}

/* Each file is all of it. */
static struct span
write_cab(unsigned count, struct span bytes, uint32_t sum)
{
	return write_cab_of(count, bytes, sum, (const size_t[]){ 0, 0, bytes.bytes });
}

static bool
is_bad_in(const struct deepscan *d, const char *layer)
{
	return d->verdict == VERDICT_BAD && strcmp(d->layer, layer) == 0;
}

TEST(what_microsoft_packed_is_judged)
{
	CHECK(is_bad_in(packer_judge(write_szdd(packer_eicar()), &packer_limits), "szdd"));
	CHECK(is_bad_in(packer_judge(write_kwaj(packer_eicar()), &packer_limits), "kwaj"));
	CHECK(is_bad_in(
	    packer_judge(write_chm(1, packer_hidden()), &packer_limits), "chm:/0.htm->gz"));
}

TEST(a_cabinet_is_judged_and_what_lies_around_it)
{
	static struct packed around;
	const struct deepscan *d;

	CHECK(
	    is_bad_in(packer_judge(write_cab(1, packer_hidden(), 0), &packer_limits), "cab:a->gz"));
	d = packer_judge(write_cab(1, packer_hidden(), 1), &packer_limits); /* a wrong sum */
	CHECK(is_bad_in(d, "cab:a->gz"));
	d = packer_judge(write_cab(1, span_text("fine"), 1), &packer_limits);
	CHECK(d->source == SOURCE_CORRUPT && strcmp(d->layer, "cab:a") == 0);
	around.used = 0;
	packer_add(&around, span_text("MZ, and a program\xff\xfe"));
	packer_add(&around, write_cab(1, packer_hidden(), 0));
	d = packer_judge(packer_span(&around), &packer_limits);
	CHECK(is_bad_in(d, "at:19->cab:a->gz"));
	write_cab(1, span_text("fine"), 0);
	packer_add(&made, packer_hidden());
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(d->verdict == VERDICT_BAD && strncmp(d->layer, "at:", 3) == 0);
}

/* A mark in a program is none. */
TEST(what_only_begins_like_a_cabinet_in_a_program_says_nothing)
{
	static const char mark[] = "MSCF\0\0\0\0 and no more than that, as in an installer";
	static struct packed program;
	const struct deepscan *d;

	program.used = 0;
	packer_add(&program, span_text("MZ, and a program\xff\xfe"));
	packer_add(&program, span_of(mark, sizeof(mark) - 1));
	d = packer_judge(packer_span(&program), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
}

/* As members, by ClamAV's signatures of such: counted from 0 in the archive's own order. */
TEST(a_cabinet_and_a_help_tell_their_members)
{
	static const struct {
		const char *line;
		bool in_cab, in_chm;
	} rows[] = { { "M:CL_TYPE_MSCAB:*:^b$:0:5:0:1:*:*", true, false },
		{ "M:CL_TYPE_MSCAB:*:^b$:*:*:*:0:*:*", false, false },
		{ "M:CL_TYPE_MSCHM:*:^/1\\.htm$:0:5:0:1:*:*", false, true } };
	struct judge j;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CHECK_ROW(rows[i].line, judge_begin_members(&j, rows[i].line));
		j.deep.limits = packer_limits;
		deepscan_judge(&j.deep, write_cab(2, span_text("hello"), 0), span_of(NULL, 0));
		CHECK_ROW(rows[i].line, (j.deep.verdict == VERDICT_BAD) == rows[i].in_cab);
		deepscan_judge(&j.deep, write_chm(2, span_text("hello")), span_of(NULL, 0));
		CHECK_ROW(rows[i].line, (j.deep.verdict == VERDICT_BAD) == rows[i].in_chm);
		judge_end(&j);
	}
}

TEST(what_is_harmless_in_it_is_clean)
{
	const struct deepscan *d;

	d = packer_judge(write_cab(2, span_text("fine"), 0), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX && d->members == 2);

	d = packer_judge(write_szdd(span_text("fine")), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
	d = packer_judge(write_kwaj(span_text("fine")), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
	d = packer_judge(write_chm(3, span_text("fine")), &packer_limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX && d->members == 3);
}

TEST(their_members_bytes_and_depth_are_bounded)
{
	static uint8_t much[100000];
	static struct packed inner;
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.members_max = 2;
	d = packer_judge(write_chm(3, span_text("fine")), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->members == 2);
	d = packer_judge(write_cab(3, span_text("fine"), 0), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->members == 2);
	limits.members_max = 3; /* of which the first has two within */
	inner.used = 0;
	packer_add(&inner, write_cab(2, span_text("fine"), 0));
	d = packer_judge(write_chm(3, packer_span(&inner)), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->members == 4);
	limits = packer_limits;
	limits.unpacked_bytes_max = 50000;
	d = packer_judge(write_szdd(span_of(much, sizeof(much))), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->unpacked_bytes <= 50000);
	d = packer_judge(write_chm(1, span_of(much, sizeof(much))), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->unpacked_bytes <= 50000);
	limits = packer_limits;
	limits.depth_max = 0;
	d = packer_judge(write_szdd(span_text("fine")), &limits);
	CHECK(d->source == SOURCE_OVERSIZE);
}

/* Of a block whose sum is wrong each file is given, not the first one alone. */
TEST(a_wrong_block_hides_no_file)
{
	static struct packed two;
	const struct deepscan *d;
	const size_t fine = 10;

	two.used = 0;
	packer_add(&two, span_text("harmless.."));
	packer_add(&two, packer_hidden());
	d = packer_judge(write_cab_of(2, packer_span(&two), 1,
			     (const size_t[]){ 0, fine, packer_hidden().bytes }),
	    &packer_limits);
	CHECK(is_bad_in(d, "cab:b->gz"));
}

/* Files that begin where others do make the library unpack anew all that lies before them. */
TEST(what_is_unpacked_to_get_to_a_file_counts)
{
	static uint8_t much[30000];
	const struct span all = span_of(much, sizeof(much));
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.unpacked_bytes_max = 100000;
	d = packer_judge(write_cab_of(20, all, 0, (const size_t[]){ 29990, 0, 10 }), &limits);
	CHECK(d->source == SOURCE_OVERSIZE && d->is_spent && d->members == 4);
	CHECK(d->unpacked_bytes <= 100000);
	d = packer_judge(write_cab_of(20, all, 0, (const size_t[]){ 29000, 10, 10 }), &limits);
	CHECK(d->source == SOURCE_SANDBOX && d->members == 20 && d->unpacked_bytes == 29200);
	d = packer_judge(write_cab_of(20, all, 1, (const size_t[]){ 29000, 10, 10 }), &limits);
	CHECK(d->is_spent && d->unpacked_bytes <= 100000);
}

TEST(a_damaged_one_is_corrupt)
{
	struct span chm = write_chm(1, span_text("fine, and more"));

	CHECK(
	    packer_judge(span_first(chm, chm.bytes - 5), &packer_limits)->source == SOURCE_CORRUPT);
	CHECK(packer_judge(span_first(chm, 1000), &packer_limits)->source == SOURCE_CORRUPT);
	CHECK(packer_judge(span_of("ITSF", 4), &packer_limits)->source == SOURCE_CORRUPT);
	CHECK(packer_judge(span_first(write_szdd(span_text("fine")), 12), &packer_limits)->source ==
	      SOURCE_CORRUPT);
}

/* Each in memory of its own size, so that a sanitizer sees a read past it. */
TEST(one_cut_or_changed_anywhere_ends_well)
{
	struct span (*const writers[])(struct span) = { write_szdd, write_kwaj };

	for (unsigned w = 0; w < COUNT_OF(writers) + 2; w++) {
		struct span whole = w < COUNT_OF(writers)    ? writers[w](packer_eicar())
				    : w == COUNT_OF(writers) ? write_chm(2, packer_hidden())
							     : write_cab(3, packer_hidden(), 0);

		for (size_t at = 0; at < whole.bytes; at += at < 400 || at > 4200 ? 1 : 97) {
			uint8_t *copy = malloc(whole.bytes);
			const struct deepscan *d;

			memcpy(copy, whole.data, whole.bytes);
			d = packer_judge(span_of(copy, at), &packer_limits);
			CHECK_SEED(at, d->source != SOURCE_ERROR);
			copy[at] ^= 0xff;
			d = packer_judge(span_of(copy, whole.bytes), &packer_limits);
			CHECK_SEED(at, d->source != SOURCE_ERROR);
			free(copy);
		}
	}
}
