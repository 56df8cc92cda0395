/* SPDX-License-Identifier: BSD-3-Clause */
/* Compressed streams with hardly a head: Flash files, zlib, and Deflate that a script spells. */
#include <stdio.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define GZIP_HEAD  10 /* RFC 1952: as libarchive writes it */
#define GZIP_TAIL  8
#define ALONE_HEAD 13 /* of a .lzma file */
#define NUMBERS    "<html><script>x = ["

static struct packed made, gz, lzma;

/* As zlib sums it (RFC 1950 8.2). */
static uint32_t
adler_of(struct span s)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < s.bytes; i++) {
		a = (a + s.data[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static struct span
deflated(struct span bytes)
{
	const struct packer_member m = { "m", bytes };

	CHECK(packer_write(&gz, "raw", "gzip", NULL, &m, 1));
	return span_of(gz.bytes + GZIP_HEAD, gz.used - GZIP_HEAD - GZIP_TAIL);
}

static void
add_zlib(struct span bytes)
{
	uint32_t sum = __builtin_bswap32(adler_of(bytes));

	packer_add(&made, span_of("\x78\x9c", 2));
	packer_add(&made, deflated(bytes));
	packer_add(&made, span_of(&sum, sizeof(sum)));
}

static struct span
write_cws(struct span bytes)
{
	made.used = 0;
	packer_add(&made, span_of("CWS\x0a\0\1\0\0", 8));
	add_zlib(bytes);
	return packer_span(&made);
}

static struct span
write_zws(struct span bytes)
{
	const struct packer_member m = { "m", bytes };

	CHECK(packer_write(&lzma, "raw", "lzma", NULL, &m, 1));
	made.used = 0;
	packer_add(&made, span_of("ZWS\x0d\0\1\0\0\0\0\0\0", 12));
	packer_add(&made, span_of(lzma.bytes, 5));
	packer_add(&made, span_from(packer_span(&lzma), ALONE_HEAD));
	return packer_span(&made);
}

static struct span
write_zlib(struct span bytes)
{
	made.used = 0;
	add_zlib(bytes);
	return packer_span(&made);
}

/* A page that spells the bytes as numbers. */
static struct span
write_spelled(struct span bytes)
{
	char number[8];

	made.used = 0;
	packer_add(&made, span_text(NUMBERS));
	for (size_t i = 0; i < bytes.bytes; i++) {
		snprintf(number, sizeof(number), "%u,", bytes.data[i]);
		packer_add(&made, span_text(number));
	}
	packer_add(&made, span_text("]"));
	return packer_span(&made);
}

static void
check_bad(struct span object, const char *layer)
{
	const struct deepscan *d = packer_judge(object, &packer_limits);

	CHECK_ROW(d->layer, d->verdict == VERDICT_BAD);
	CHECK_ROW(d->layer, strcmp(d->layer, layer) == 0);
}

static void
check_clean(const char *what, struct span object, enum source source)
{
	const struct deepscan *d = packer_judge(object, &packer_limits);

	CHECK_ROW(what, d->verdict == VERDICT_CLEAN && d->source == source);
}

/* Varied enough that what is cut off of it is missed. */
static struct span
harmless(void)
{
	static uint8_t bytes[4096];
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = (uint8_t)(state >> 24);
	}
	return span_of(bytes, sizeof(bytes));
}

/* As Word packs a page's macros: its stream begins 50 bytes in, here behind what looks like one. */
static struct span
write_active_mime(struct span bytes)
{
	made.used = 0;
	packer_add(&made, span_of("ActiveMime\0\0\1\xf0\4\0\0\0\xff\xff\xff\xff\x78\x9c", 24));
	packer_add(&made, span_of("\0\0\7\xf0\0\0\0\0\4\0\0\0\4\0\0\0\0\0\0\0\x44\0\0\0\0\0", 26));
	add_zlib(bytes);
	return packer_span(&made);
}

/* libarchive takes those for .lzma files alone whose dictionary is one of the usual sizes. */
TEST(lzma_with_any_dictionary_is_taken_off)
{
	static const uint32_t dictionaries[] = { 0, 1, 4097, 123456789, UINT32_MAX };
	const struct packer_member m = { "m", packer_eicar() };
	const uint64_t size = m.bytes.bytes;

	for (unsigned i = 0; i < COUNT_OF(dictionaries); i++) {
		CHECK(packer_write(&lzma, "raw", "lzma", NULL, &m, 1));
		memcpy(lzma.bytes + 1, &dictionaries[i], 4);
		check_bad(packer_span(&lzma), "lzma");
		memcpy(lzma.bytes + 5, &size, sizeof(size)); /* it says how long it is */
		check_bad(packer_span(&lzma), "lzma");
		lzma.bytes[12] = 1; /* longer than anything */
		check_clean("no length", packer_span(&lzma), SOURCE_SANDBOX);
	}
	CHECK(packer_write(
	    &lzma, "raw", "lzma", NULL, &(struct packer_member){ "m", harmless() }, 1));
	memset(lzma.bytes + 1, 0xff, 4);
	check_clean("whole", packer_span(&lzma), SOURCE_SANDBOX);
	memset(lzma.bytes + 5, 0, 8);
	lzma.bytes[6] = 0x10;
	check_clean("its length told", packer_span(&lzma), SOURCE_SANDBOX);
	check_clean("cut", span_first(packer_span(&lzma), lzma.used / 2), SOURCE_CORRUPT);
}

TEST(the_macros_of_a_page_are_taken_off)
{
	struct span whole;

	check_bad(write_active_mime(packer_eicar()), "mso");
	check_clean("another", write_active_mime(harmless()), SOURCE_SANDBOX);
	whole = packer_span(&made);
	check_clean("cut", span_first(whole, whole.bytes / 2), SOURCE_CORRUPT);
	check_clean("its head alone", span_first(whole, 50), SOURCE_CORRUPT);
	check_clean("its name alone", span_first(whole, 10), SOURCE_SANDBOX);
}

TEST(a_stream_with_hardly_a_head_is_taken_off)
{
	static struct packed stream;

	check_bad(write_cws(packer_eicar()), "swf");
	check_bad(write_zws(packer_eicar()), "swf");
	check_bad(write_zlib(packer_eicar()), "zlib");
	stream.used = 0;
	packer_add(&stream, write_zlib(packer_eicar()));
	check_bad(write_spelled(packer_span(&stream)), "numbers:19->zlib");
	check_bad(write_spelled(deflated(packer_eicar())), "numbers:19->deflate");
	stream.used = 0;
	packer_add(&stream, deflated(packer_eicar()));
	packer_add(&stream, span_text("which who inflates it does not look at"));
	check_bad(write_spelled(packer_span(&stream)), "numbers:19->deflate");
}

TEST(what_follows_such_a_stream_is_judged)
{
	write_cws(span_text("nothing"));
	packer_add(&made, packer_hidden());
	check_bad(packer_span(&made), "at:23->gz");
	write_zlib(span_text("nothing"));
	packer_add(&made, packer_hidden());
	check_bad(packer_span(&made), "at:15->gz");
}

TEST(such_streams_that_are_cut_are_corrupt)
{
	struct span whole = write_cws(harmless());

	check_clean("cws", whole, SOURCE_SANDBOX);
	check_clean("cws, cut", span_first(whole, whole.bytes / 2), SOURCE_CORRUPT);
	check_clean("cws, its sum cut", span_first(whole, whole.bytes - 2), SOURCE_CORRUPT);
	whole = write_zlib(harmless());
	check_clean("zlib", whole, SOURCE_SANDBOX);
	check_clean("zlib, cut", span_first(whole, whole.bytes / 2), SOURCE_CORRUPT);
	whole = write_zws(harmless());
	check_clean("zws", whole, SOURCE_SANDBOX);
	made.bytes[100] ^= 0xff;
	check_clean("zws, broken", whole, SOURCE_CORRUPT);
	made.bytes[12] = 0xff; /* properties that are none */
	check_clean("zws, no properties", whole, SOURCE_CORRUPT);
}

/* A dictionary of 4 GiB asks for no more memory than may come out. */
TEST(a_dictionary_is_as_large_as_the_limit)
{
	write_zws(packer_eicar());
	memset(made.bytes + 13, 0xff, 4);
	check_bad(packer_span(&made), "swf");
}

TEST(bytes_that_only_begin_so_say_nothing)
{
	check_clean("text", span_text("x^2 + y^2 = z^2 for some x, y and z"), SOURCE_SANDBOX);
	check_clean("bytes of a script", write_spelled(harmless()), SOURCE_SANDBOX);
	check_clean("a head alone", span_of("CWS\x0a\0\1\0\0", 8), SOURCE_SANDBOX);
}

TEST(such_streams_count_as_layers)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	limits.depth_max = 0;
	d = packer_judge(write_cws(packer_eicar()), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	d = packer_judge(write_zlib(packer_eicar()), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	limits.depth_max = 1;
	d = packer_judge(write_spelled(deflated(packer_eicar())), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	limits = packer_limits;
	limits.unpacked_bytes_max = 40;
	d = packer_judge(write_cws(packer_eicar()), &limits);
	CHECK(d->verdict == VERDICT_CLEAN && d->source == SOURCE_OVERSIZE);
	CHECK(d->unpacked_bytes == 40);
}

/* Of a shortcut's first bytes libarchive makes a second, broken LZMA stream, and refuses both. */
TEST(what_comes_out_may_begin_like_another_stream)
{
	static const char *const filters[] = { "gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma",
		"compress", "uuencode" };
	static const uint8_t head[] = { 0x4c, 0, 0, 0, 1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0,
		0, 0, 0x46 };
	struct packer_member m = { "m", { 0 } };
	const struct deepscan *d;

	made.used = 0;
	packer_add(&made, span_of(head, sizeof(head)));
	packer_add(&made, packer_eicar());
	m.bytes = packer_span(&made);
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		CHECK_ROW(filters[i], packer_write(&lzma, "raw", filters[i], NULL, &m, 1));
		d = packer_judge(packer_span(&lzma), &packer_limits);
		CHECK_ROW(filters[i], d->verdict == VERDICT_BAD);
	}
}
