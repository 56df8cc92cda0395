/* SPDX-License-Identifier: BSD-3-Clause */
/* Discs by each of their descriptions; UDF made by hand, whole, torn and in circles. */
#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/udf.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define BLOCK     2048u
#define PARTITION 20u
#define BLOCKS    40u

static struct packed made;

static void
put(size_t block, size_t at, uint64_t value, unsigned bytes)
{
	memcpy(made.bytes + block * BLOCK + at, &value, bytes);
}

static void
put_bytes(size_t block, size_t at, struct span bytes)
{
	memcpy(made.bytes + block * BLOCK + at, bytes.data, bytes.bytes);
}

/* The last to be written of a block: its sum is over the tag. */
static void
put_tag(size_t block, unsigned tag, uint64_t location)
{
	uint8_t sum = 0;

	put(block, 0, tag, 2);
	put(block, 12, location, 4);
	made.bytes[block * BLOCK + 4] = 0;
	for (unsigned i = 0; i < 16; i++)
		sum = (uint8_t)(sum + made.bytes[block * BLOCK + i]);
	made.bytes[block * BLOCK + 4] = sum;
}

static void
begin_udf(void)
{
	memset(made.bytes, 0, BLOCKS * BLOCK);
	made.used = BLOCKS * BLOCK;
	put_bytes(16, 1, span_text("BEA01"));
	put_bytes(17, 1, span_text("NSR02"));
	put(18, 188, PARTITION, 4);
	put_tag(18, 5, 18);
}

/* A file's entry at a block of the partition; extents follow, of `kind`. */
static void
put_entry(size_t block, bool is_extended, uint64_t size, unsigned kind, struct span extents)
{
	size_t fixed = is_extended ? 216 : 176, at = PARTITION + block;

	put(at, 27, 5, 1);
	put(at, 34, kind, 2);
	put(at, 56, size, 8);
	put(at, fixed - 8, 4, 4); /* of extended attributes */
	put(at, fixed - 4, extents.bytes, 4);
	put_bytes(at, fixed + 4, extents);
	put_tag(at, is_extended ? 266 : 261, block);
}

static bool
is_bad_in(struct span object, const char *layer)
{
	const struct deepscan *d = packer_judge(object, &packer_limits);

	if (strcmp(d->layer, layer) != 0)
		fprintf(stderr, "  '%s', not '%s'\n", d->layer, layer);
	return d->verdict == VERDICT_BAD && strcmp(d->layer, layer) == 0;
}

static bool
is_class(struct span object, enum source class)
{
	const struct deepscan *d = packer_judge(object, &packer_limits);

	return d->verdict == VERDICT_CLEAN && d->source == class;
}

/* The packed file in two blocks that do not follow each other, its first half in block 5. */
static uint32_t
put_halves(void)
{
	struct span gz = packer_hidden();
	size_t half = gz.bytes / 2;

	put_bytes(PARTITION + 5, 0, span_first(gz, half));
	put_bytes(PARTITION + 3, 0, span_from(gz, half));
	return (uint32_t)half;
}

TEST(files_of_udf_are_judged_by_their_entries)
{
	struct span gz = packer_hidden();
	uint32_t half, last;

	begin_udf();
	put_entry(1, false, gz.bytes, 3, gz);
	CHECK(is_bad_in(packer_span(&made), "udf:21->gz"));
	begin_udf();
	half = put_halves();
	last = (uint32_t)gz.bytes - half;
	put_entry(1, false, gz.bytes, 0, span_of((uint32_t[]){ half, 5, last, 3 }, 16));
	CHECK(is_bad_in(packer_span(&made), "udf:21->gz"));
	put_entry(1, true, gz.bytes, 1, span_of((uint32_t[]){ half, 5, 0, 0, last, 3, 0, 0 }, 32));
	CHECK(is_bad_in(packer_span(&made), "udf:21->gz"));
}

TEST(extents_may_go_on_elsewhere_and_end_in_holes)
{
	struct span gz = packer_hidden();
	uint32_t half, last;

	begin_udf();
	half = put_halves();
	last = (uint32_t)gz.bytes - half;
	put_entry(1, false, gz.bytes + 5000, 0,
	    span_of((uint32_t[]){ half, 5, 3u << 30 | BLOCK, 7 }, 16));
	put(PARTITION + 7, 20, 16, 4);
	put_bytes(PARTITION + 7, 24, span_of((uint32_t[]){ last, 3, 1u << 30 | 5000, 0 }, 16));
	CHECK(is_bad_in(packer_span(&made), "udf:21->gz"));
}

/* Where the partition lies entries say themselves. */
TEST(udf_without_a_partition_is_read)
{
	struct span gz = packer_hidden();

	begin_udf();
	memset(made.bytes + 18 * BLOCK, 0, BLOCK);
	put_bytes(PARTITION + 5, 0, gz);
	put_entry(1, false, gz.bytes, 0, span_of((uint32_t[]){ (uint32_t)gz.bytes, 5 }, 8));
	CHECK(is_bad_in(packer_span(&made), "udf:21->gz"));
}

TEST(torn_udf_is_told)
{
	begin_udf();
	CHECK(is_class(packer_span(&made), SOURCE_SANDBOX)); /* empty */
	put_entry(1, false, 10, 0, span_of((uint32_t[]){ 10, 4000 }, 8));
	CHECK(is_class(packer_span(&made), SOURCE_CORRUPT));
	put_entry(1, false, 10, 0, span_of((uint32_t[]){ 5, 3 }, 8));
	CHECK(is_class(packer_span(&made), SOURCE_CORRUPT));
	put_entry(1, false, 5, 0, span_of((uint32_t[]){ 3u << 30 | BLOCK, 7 }, 8));
	put(PARTITION + 7, 20, 8, 4);
	put_bytes(PARTITION + 7, 24, span_of((uint32_t[]){ 3u << 30 | BLOCK, 7 }, 8));
	CHECK(is_class(packer_span(&made), SOURCE_CORRUPT)); /* a circle */
	put_entry(1, false, UINT64_MAX, 0, span_of((uint32_t[]){ 0x7fffffff, 0 }, 8));
	CHECK(is_class(packer_span(&made), SOURCE_OVERSIZE)); /* a hole without an end */
}

TEST(udf_changed_or_cut_anywhere_ends_well)
{
	struct span gz = packer_hidden();

	begin_udf();
	put_entry(1, false, gz.bytes, 3, gz);
	for (size_t at = 16 * BLOCK; at < (PARTITION + 2) * BLOCK;
	     at += at % BLOCK < 224 ? 3 : 97) {
		const struct deepscan *d;

		d = packer_judge(span_first(packer_span(&made), at), &packer_limits);
		CHECK_SEED(at, d->verdict == VERDICT_CLEAN || strcmp(d->layer, "udf:21->gz") == 0);
		made.bytes[at] ^= 0xff;
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_SEED(at, d->verdict == VERDICT_CLEAN || strcmp(d->layer, "udf:21->gz") == 0);
		made.bytes[at] ^= 0xff;
	}
}

/* ISO 9660 with Joliet's names, and a file that only the first directory has. */
TEST(a_file_that_joliet_hides_is_judged)
{
	const struct packer_member m[] = { { "a.gz", packer_hidden() },
		{ "z.txt", span_text("fine") } };
	struct deepscan_limits two = packer_limits;
	const struct deepscan *d;
	size_t root, at;

	if (!packer_write(&made, "iso9660", NULL, NULL, m, 2)) {
		harness_skip("no room for an image");
		return;
	}
	for (at = 16 * BLOCK; at < made.used && made.bytes[at] != 2;)
		at += BLOCK;
	CHECK(at < made.used);
	root = 0;
	memcpy(&root, made.bytes + at + 158, 4);
	root *= BLOCK;
	for (at = root; at - root < 68;) /* "." and ".." */
		at += made.bytes[at];
	memset(made.bytes + at, 0, BLOCK - (at - root));
	CHECK(is_bad_in(packer_span(&made), "iso:a.gz->gz") ||
	      is_bad_in(packer_span(&made), "iso:A.GZ->gz") ||
	      is_bad_in(packer_span(&made), "iso:A.GZ;1->gz"));
	/* what both list counts once */
	packer_write(&made, "iso9660", NULL, NULL, m + 1, 1);
	two.members_max = 2;
	d = packer_judge(packer_span(&made), &two);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_SANDBOX && d->members <= 2);
}

/* The image with each sector as it stands on the disc, and `more` bytes behind each. */
static struct span
as_on_disc(struct span image, uint8_t mode, size_t more)
{
	static struct packed raw;

	raw.used = 0;
	for (size_t at = 0; at < image.bytes; at += BLOCK) {
		uint8_t *sector = raw.bytes + raw.used;

		memset(sector, 0, 2352 + more);
		memset(sector + 1, 0xff, 10);
		sector[15] = mode;
		memcpy(sector + (mode == 2 ? 24 : 16), image.data + at, BLOCK);
		raw.used += 2352 + more;
	}
	return packer_span(&raw);
}

TEST(an_image_with_raw_sectors_is_read)
{
	const struct packer_member m = { "m", packer_hidden() };
	struct span raw;

	CHECK(packer_write(&made, "iso9660", NULL, NULL, &m, 1));
	CHECK(is_bad_in(as_on_disc(packer_span(&made), 1, 0), "sectors->iso:m->gz"));
	CHECK(is_bad_in(as_on_disc(packer_span(&made), 2, 0), "sectors->iso:m->gz"));
	CHECK(is_bad_in(as_on_disc(packer_span(&made), 1, 96), "sectors->iso:m->gz"));
	raw = as_on_disc(packer_span(&made), 1, 0);
	for (size_t bytes = 2352; bytes < 3 * 2352; bytes++)
		CHECK_SEED(bytes,
		    packer_judge(span_first(raw, bytes), &packer_limits)->verdict == VERDICT_CLEAN);
}
