/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of a ZIP by the methods that libarchive has not: Deflate64 and implode. */
#include <isa-l/crc.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"
#include "tests/unit/scanners/archive/bit_writer.h"

#define DEFLATE64    9
#define IMPLODED     6
#define SHRUNK       1
#define CRC_AT       14
#define END_BYTES    22
#define ENTRY_BYTES  (46 + 5)
#define HEADER_BYTES (30 + 5)

static struct packed made;

/* Each byte by the fixed codes of RFC 1951 3.2.6. */
static void
deflate(struct bit_writer *w, struct span s)
{
	write_bits(w, 3, 3);
	for (size_t i = 0; i < s.bytes; i++) {
		if (s.data[i] < 144)
			write_code(w, 0x30u + s.data[i], 8, 0);
		else
			write_code(w, 0x190u + s.data[i] - 144, 9, 0);
	}
	write_code(w, 0, 7, 0);
}

/* Each byte as it is, behind codes that nothing uses. */
static void
implode(struct bit_writer *w, struct span s)
{
	for (unsigned i = 0; i < 2; i++) {
		write_bits(w, 3, 8);
		write_bits(w, 0xf5f5, 16);
		write_bits(w, 0xf5f5, 16);
	}
	for (size_t i = 0; i < s.bytes; i++)
		write_bits(w, 1u | (unsigned)s.data[i] << 1, 9);
}

static void
add_number(uint32_t value, unsigned bytes)
{
	packer_add(&made, span_of(&value, bytes));
}

/* What both descriptions say of "a.com", from the version on. */
static void
add_description(uint16_t method, struct span packed, struct span bytes)
{
	add_number(20, 2);
	add_number(0, 2);
	add_number(method, 2);
	add_number(0, 4);
	add_number(crc32_gzip_refl(0, bytes.data, bytes.bytes), 4);
	add_number((uint32_t)packed.bytes, 4);
	add_number((uint32_t)bytes.bytes, 4);
	add_number(5, 2);
	add_number(0, 2);
}

static struct span
make(uint16_t method, struct span bytes)
{
	struct bit_writer w = { 0 };
	struct span packed;

	if (method == IMPLODED)
		implode(&w, bytes);
	else
		deflate(&w, bytes);
	packed = written(&w);
	made.used = 0;
	packer_add(&made, span_of("PK\3\4", 4));
	add_description(method, packed, bytes);
	packer_add(&made, span_text("a.com"));
	packer_add(&made, packed);
	packer_add(&made, span_of("PK\1\2\24", 6));
	add_description(method, packed, bytes);
	packer_add(&made, span_of("\0\0\0\0\0\0\0\0\0\0\0\0\0", 14)); /* no comment, at 0 */
	packer_add(&made, span_text("a.com"));
	packer_add(&made, span_of("PK\5\6\0\0\0\0\1\0\1", 12));
	add_number(ENTRY_BYTES, 4);
	add_number((uint32_t)(HEADER_BYTES + packed.bytes), 4);
	add_number(0, 2);
	return packer_span(&made);
}

static const uint16_t methods[] = { DEFLATE64, IMPLODED };

TEST(members_by_rare_methods_are_judged)
{
	for (unsigned i = 0; i < COUNT_OF(methods); i++) {
		struct span zip = make(methods[i], packer_hidden());
		const struct deepscan *d = packer_judge(zip, &packer_limits);

		CHECK_SEED(methods[i], d->verdict == VERDICT_BAD);
		CHECK_SEED(methods[i], strcmp(d->layer, "zip:a.com->gz") == 0);
		/* cut behind its data, it has no directory */
		d = packer_judge(
		    span_first(zip, zip.bytes - ENTRY_BYTES - END_BYTES), &packer_limits);
		CHECK_SEED(methods[i], d->verdict == VERDICT_BAD);
		d = packer_judge(make(methods[i], span_text("fine")), &packer_limits);
		CHECK_SEED(methods[i], d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX);
		CHECK_SEED(methods[i], d->members == 1 && d->unpacked_bytes == 4);
	}
}

TEST(what_is_wrong_with_a_member_by_a_rare_method_is_told)
{
	struct deepscan_limits small = packer_limits;

	small.unpacked_bytes_max = 10;
	for (unsigned i = 0; i < COUNT_OF(methods); i++) {
		struct span zip = make(methods[i], packer_hidden());

		CHECK_SEED(methods[i], packer_judge(zip, &small)->source == SOURCE_OVERSIZE);
		CHECK_SEED(methods[i], packer_judge(zip, &small)->unpacked_bytes == 10);
		made.bytes[CRC_AT] ^= 1; /* of both */
		made.bytes[zip.bytes - END_BYTES - ENTRY_BYTES + CRC_AT + 2] ^= 1;
		CHECK_SEED(methods[i], packer_judge(zip, &packer_limits)->verdict == VERDICT_BAD);
		zip = make(methods[i], span_text("fine"));
		made.bytes[CRC_AT] ^= 1;
		made.bytes[zip.bytes - END_BYTES - ENTRY_BYTES + CRC_AT + 2] ^= 1;
		CHECK_SEED(methods[i], packer_judge(zip, &packer_limits)->source == SOURCE_CORRUPT);
	}
	CHECK(packer_judge(make(SHRUNK, span_text("fine")), &packer_limits)->source ==
	      SOURCE_UNSUPPORTED);
}
