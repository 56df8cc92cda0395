/* SPDX-License-Identifier: BSD-3-Clause */
/* Archives of every kind that libarchive writes here, and how limits and damage are told. */
#include <stdlib.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

static struct packed made, outer;

struct kind {
	const char *format, *filter, *options;
};

static const struct kind kinds[] = {
	{ "zip", NULL, "zip:compression=deflate" },
	{ "zip", NULL, "zip:compression=store" },
	{ "zip", NULL, "zip:zip64" },
	{ "ustar", NULL, NULL },
	{ "pax", NULL, NULL },
	{ "gnutar", NULL, NULL },
	{ "ustar", "gzip", NULL },
	{ "ustar", "bzip2", NULL },
	{ "ustar", "xz", NULL },
	{ "ustar", "zstd", NULL },
	{ "ustar", "lz4", NULL },
	{ "ustar", "lzip", NULL },
	{ "ustar", "lzma", NULL },
	{ "ustar", "compress", NULL },
	{ "ustar", "uuencode", NULL },
	{ "7zip", NULL, "7zip:compression=lzma2" },
	{ "7zip", NULL, "7zip:compression=lzma1" },
	{ "7zip", NULL, "7zip:compression=ppmd" },
	{ "7zip", NULL, "7zip:compression=bzip2" },
	{ "7zip", NULL, "7zip:compression=deflate" },
	{ "7zip", NULL, "7zip:compression=store" },
	{ "newc", NULL, NULL },
	{ "odc", NULL, NULL },
	{ "bin", NULL, NULL },
	{ "arbsd", NULL, NULL },
	{ "arsvr4", NULL, NULL },
	{ "iso9660", NULL, NULL },
	{ "xar", NULL, NULL },
	{ "warc", NULL, NULL },
};

static const char *
name_of(const struct kind *k)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s %s %s", k->format, k->filter != NULL ? k->filter : "",
	    k->options != NULL ? k->options : "");
	return name;
}

/* Three members, `what` at that place, the others plain. */
static bool
pack_three(const struct kind *k, struct span what, unsigned place)
{
	struct packer_member members[] = { { "a.txt", span_text("one") },
		{ "b.txt", span_text("two") }, { "c.txt", span_text("three") } };

	members[place].bytes = what;
	return packer_write(&made, k->format, k->filter, k->options, members, 3);
}

static bool
is_eicar(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && d->source == SOURCE_SANDBOX &&
	       strcmp(d->threat, "Eicar-Test-Signature") == 0;
}

static bool
is_clean(const struct deepscan *d, enum source source)
{
	return d->verdict == VERDICT_CLEAN && d->source == source && d->threat[0] == 0;
}

TEST(members_of_every_format_are_judged_wherever_they_are)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const struct kind *k = &kinds[i];

		for (unsigned place = 0; place < 3; place++) {
			bool packed = pack_three(k, packer_hidden(), place);

			CHECK_ROW(name_of(k), packed);
			CHECK_ROW(
			    name_of(k), is_eicar(packer_judge(packer_span(&made), &packer_limits)));
		}
		pack_three(k, span_text("harmless"), 1);
		CHECK_ROW(name_of(k),
		    is_clean(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
	}
}

TEST(the_member_that_is_bad_is_named)
{
	const struct packer_member evil = { "evil.com", packer_eicar() };
	struct packer_member inner = { "in.zip", { 0 } };
	const struct deepscan *d;

	packer_write(&made, "zip", NULL, NULL, &evil, 1);
	inner.bytes = packer_span(&made);
	packer_write(&outer, "ustar", "gzip", NULL, &inner, 1);
	d = packer_judge(packer_span(&outer), &packer_limits);
	CHECK(is_eicar(d));
	CHECK(strcmp(d->layer, "gz->tar:in.zip->zip:evil.com") == 0);
	CHECK(d->offset == packer_eicar().bytes);
}

struct compression {
	const char *filter;
	bool gives_part; /* a cut stream gives what came before the cut */
};

static const struct compression compressions[] = { { "gzip", true }, { "bzip2", false },
	{ "xz", false }, { "zstd", false }, { "lz4", false }, { "lzip", false }, { "lzma", false },
	{ "compress", false }, { "uuencode", false } };

TEST(one_compressed_file_is_judged)
{
	const struct packer_member m = { "m", packer_eicar() };

	for (size_t i = 0; i < COUNT_OF(compressions); i++) {
		const struct compression *c = &compressions[i];

		CHECK_ROW(c->filter, packer_write(&made, "raw", c->filter, NULL, &m, 1));
		CHECK_ROW(c->filter, is_eicar(packer_judge(packer_span(&made), &packer_limits)));
	}
}

/* libarchive looks for a stream in the stream, too: what only begins like one must not hide it. */
TEST(what_begins_like_another_stream_is_judged)
{
	static const char *const filters[] = { "gzip", "bzip2", "xz", "zstd", "lz4", "lzip" };
	static uint8_t body[600] = { 1, 0, 0, 0, 2 }; /* as the header of LZMA alone does */
	const struct packer_member m = { "m", span_of(body, sizeof(body)) };
	struct span eicar = packer_eicar();

	memset(body + 5, 0xfe, sizeof(body) - 5);
	memcpy(body + 400, eicar.data, eicar.bytes);
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		CHECK_ROW(filters[i], packer_write(&made, "raw", filters[i], NULL, &m, 1));
		CHECK_ROW(filters[i], is_eicar(packer_judge(packer_span(&made), &packer_limits)));
	}
}

/* Frames of which no data comes may stand before the first that has some; the sizes may lie. */
TEST(skippable_frames_before_a_stream_hide_nothing)
{
	static const char skipped[] = "\x5f\x2a\x4d\x18\3\0\0\0abc\x50\x2a\x4d\x18\0\0\0\0";
	static const char lies[] = "\x5f\x2a\x4d\x18\xff\xff\xff\xff";
	const struct packer_member m = { "m", packer_hidden() };
	const char *const filters[] = { "lz4", "zstd" };

	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		CHECK(packer_write(&made, "raw", filters[i], NULL, &m, 1));
		outer.used = 0;
		packer_add(&outer, span_of(skipped, sizeof(skipped) - 1));
		packer_add(&outer, packer_span(&made));
		CHECK_ROW(filters[i], is_eicar(packer_judge(packer_span(&outer), &packer_limits)));
	}
	CHECK(is_clean(
	    packer_judge(span_of(lies, sizeof(lies) - 1), &packer_limits), SOURCE_SANDBOX));
	CHECK(is_clean(
	    packer_judge(span_of(skipped, sizeof(skipped) - 1), &packer_limits), SOURCE_SANDBOX));
}

TEST(gzip_members_follow_one_another_and_what_follows_them_is_judged)
{
	const struct packer_member clean = { "clean", span_text("clean") };

	packer_write(&made, "raw", "gzip", NULL, &clean, 1);
	packer_add(&made, packer_hidden());
	CHECK(is_eicar(packer_judge(packer_span(&made), &packer_limits)));

	packer_write(&made, "raw", "gzip", NULL, &clean, 1);
	packer_zip(&made, &(struct packer_zip){ .name = "m", .bytes = packer_hidden() }, 1);
	CHECK(is_eicar(packer_judge(packer_span(&made), &packer_limits)));
}

TEST(a_gzip_stream_cut_or_changed_gives_what_it_has)
{
	struct span gz = packer_hidden();
	unsigned bad = 0;

	for (size_t bytes = 10; bytes < gz.bytes; bytes++) {
		const struct deepscan *d = packer_judge(span_first(gz, bytes), &packer_limits);

		CHECK_SEED(bytes, is_eicar(d) || is_clean(d, SOURCE_CORRUPT));
		bad += is_eicar(d);
	}
	CHECK(bad >= 8); /* all bytes came out where only checksum and length were cut off */
	made.used = 0;
	packer_add(&made, gz);
	made.bytes[made.used - 8] ^= 1;
	CHECK(is_eicar(packer_judge(packer_span(&made), &packer_limits)));
}

/* `levels` archives around EICAR. */
static struct span
nest(unsigned levels)
{
	struct packer_member m = { "in", packer_eicar() };

	made.used = 0;
	for (unsigned i = 0; i < levels; i++) {
		struct packed *to = i % 2 == 0 ? &made : &outer;

		if (!packer_write(to, "zip", NULL, "zip:compression=deflate", &m, 1))
			return span_of(NULL, 0);
		m.bytes = packer_span(to);
	}
	return m.bytes;
}

TEST(archives_are_followed_to_the_depth_and_no_further)
{
	struct deepscan_limits limits = packer_limits;

	for (limits.depth_max = 1; limits.depth_max < 8; limits.depth_max++) {
		CHECK_SEED(
		    limits.depth_max, is_eicar(packer_judge(nest(limits.depth_max), &limits)));
		CHECK_SEED(limits.depth_max,
		    is_clean(packer_judge(nest(limits.depth_max + 1), &limits), SOURCE_OVERSIZE));
	}
}

#define MANY 1200

/* An archive of many members, `what` at one place. */
static void
pack_many(struct span what, unsigned place)
{
	static struct packer_member members[MANY];

	for (unsigned i = 0; i < MANY; i++)
		members[i] = (struct packer_member){ "m", span_text("plain") };
	members[place].bytes = what;
	CHECK(packer_write(&made, "zip", NULL, "zip:compression=deflate", members, MANY));
}

TEST(members_are_judged_up_to_their_limit_and_no_further)
{
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	pack_many(packer_hidden(), 999);
	CHECK(is_eicar(packer_judge(packer_span(&made), &limits)));
	limits.members_max = 1000;
	CHECK(is_eicar(packer_judge(packer_span(&made), &limits)));
	limits.members_max = 900;
	d = packer_judge(packer_span(&made), &limits);
	CHECK(is_clean(d, SOURCE_OVERSIZE));
	CHECK(d->members == 901);
	limits.members_max = 999; /* the thousandth holds it */
	CHECK(is_clean(packer_judge(packer_span(&made), &limits), SOURCE_OVERSIZE));
	pack_many(packer_hidden(), 0);
	CHECK(is_eicar(packer_judge(packer_span(&made), &limits)));
}

/* Found by fuzzing: each level above the one that met the limit counted one more. */
TEST(the_limit_of_members_is_one_for_all_levels)
{
	struct deepscan_limits limits = packer_limits;

	nest(4);
	for (limits.members_max = 1; limits.members_max < 4; limits.members_max++)
		CHECK_SEED(limits.members_max,
		    packer_judge(nest(4), &limits)->members == limits.members_max + 1);
}

#define BOMB_BYTES (4u << 20)

TEST(a_bomb_costs_its_limit)
{
	static uint8_t zeros[BOMB_BYTES];
	struct deepscan_limits limits = packer_limits;
	struct packer_member m = { "zeros", span_of(zeros, sizeof(zeros)) };
	const struct deepscan *d;

	memset(zeros, 0, sizeof(zeros));
	limits.unpacked_bytes_max = 1u << 20;
	for (size_t i = 0; i < COUNT_OF(compressions) && i < 6; i++) {
		CHECK(packer_write(&made, "raw", compressions[i].filter, NULL, &m, 1));
		d = packer_judge(packer_span(&made), &limits);
		CHECK_ROW(compressions[i].filter, is_clean(d, SOURCE_OVERSIZE));
		CHECK_ROW(compressions[i].filter, d->unpacked_bytes == limits.unpacked_bytes_max);
	}
	CHECK(packer_write(&made, "zip", NULL, "zip:compression=deflate", &m, 1));
	d = packer_judge(packer_span(&made), &limits);
	CHECK(is_clean(d, SOURCE_OVERSIZE));
	CHECK(d->unpacked_bytes == limits.unpacked_bytes_max);
	memcpy(zeros, packer_eicar().data, packer_eicar().bytes);
	CHECK(packer_write(&made, "zip", NULL, "zip:compression=deflate", &m, 1));
	CHECK(is_eicar(packer_judge(packer_span(&made), &limits)));
	memset(zeros, 0, sizeof(zeros));
	m.bytes.bytes = limits.unpacked_bytes_max; /* exactly as much as is allowed */
	CHECK(packer_write(&made, "zip", NULL, "zip:compression=deflate", &m, 1));
	CHECK(is_clean(packer_judge(packer_span(&made), &limits), SOURCE_SANDBOX));
}

TEST(content_met_again_is_not_taken_apart_again)
{
	struct packer_member inner[] = { { "x", span_text("x") }, { "y", span_text("y") },
		{ "z", span_text("z") } };
	struct packer_member twice[2];

	CHECK(packer_write(&made, "zip", NULL, NULL, inner, 3));
	twice[0] = (struct packer_member){ "one.zip", packer_span(&made) };
	twice[1] = (struct packer_member){ "two.zip", packer_span(&made) };
	CHECK(packer_write(&outer, "7zip", NULL, NULL, twice, 2));
	CHECK(packer_judge(packer_span(&outer), &packer_limits)->members == 2 + 3);
}

static char long_name[6000];

TEST(a_name_is_only_a_name)
{
	static const char *const names[] = { "../../../../etc/passwd", "/absolute", "a\nb\r\x1b[2J",
		"con:", "\xff\xfe\x80", "a/../../b", long_name };

	memset(long_name, 'n', sizeof(long_name) - 1);
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct packer_zip m = { .name = names[i], .bytes = packer_hidden() };
		const struct deepscan *d;

		made.used = 0;
		packer_zip(&made, &m, 1);
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_SEED(i, is_eicar(d));
		CHECK_SEED(i, strlen(d->layer) < DEEPSCAN_LAYER_MAX && d->layer[0] != 0);
	}
}

TEST(an_empty_archive_is_clean)
{
	static const struct kind empty[] = { { "zip", NULL, NULL }, { "ustar", NULL, NULL },
		{ "7zip", NULL, NULL }, { "newc", NULL, NULL }, { "ustar", "gzip", NULL },
		{ "xar", NULL, NULL } };

	for (size_t i = 0; i < COUNT_OF(empty); i++) {
		const struct kind *k = &empty[i];

		CHECK_ROW(name_of(k), packer_write(&made, k->format, k->filter, NULL, NULL, 0));
		CHECK_ROW(name_of(k),
		    is_clean(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
	}
}

/* What is behind the end of an archive is an object like any other. */
TEST(what_follows_an_archive_is_judged)
{
	static const struct kind ends[] = { { "zip", NULL, NULL }, { "ustar", NULL, NULL },
		{ "newc", NULL, NULL }, { "7zip", NULL, NULL }, { "ustar", "bzip2", NULL },
		{ "ustar", "gzip", NULL } };

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		pack_three(&ends[i], span_text("clean"), 0);
		packer_add(&made, packer_hidden());
		CHECK_ROW(
		    name_of(&ends[i]), is_eicar(packer_judge(packer_span(&made), &packer_limits)));
	}
}

TEST(an_archive_behind_a_program_is_found)
{
	static const struct kind packed[] = { { "zip", NULL, "zip:compression=deflate" },
		{ "7zip", NULL, "7zip:compression=lzma2" } };
	static uint8_t stub[3000] = "MZ a program that unpacks what follows it";

	for (size_t i = 0; i < COUNT_OF(packed); i++) {
		pack_three(&packed[i], packer_hidden(), 1);
		outer.used = 0;
		packer_add(&outer, span_of(stub, sizeof(stub)));
		packer_add(&outer, packer_span(&made));
		CHECK_ROW(name_of(&packed[i]),
		    is_eicar(packer_judge(packer_span(&outer), &packer_limits)));
		/* Its end cut off, so that no directory can be found. */
		CHECK_ROW(name_of(&packed[i]),
		    packer_judge(span_first(packer_span(&outer), outer.used - 25), &packer_limits)
				->verdict == VERDICT_BAD ||
			i == 1);
	}
}

/* Bytes that only look like an archive, in what is none, are no reason to call it broken. */
TEST(marks_of_archives_in_other_files_say_nothing)
{
	static const char *const marks[] = { "PK\3\4", "7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07\x01",
		"\x1f\x8b\x08", "BZh9", "ustar", "PK\5\6" };
	static uint8_t file[4096];

	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		memset(file, 0xa5, sizeof(file));
		memcpy(file + 1000, marks[i], strlen(marks[i]));
		memcpy(file + 2000, marks[i], strlen(marks[i]));
		CHECK_ROW(
		    marks[i], is_clean(packer_judge(span_of(file, sizeof(file)), &packer_limits),
				  SOURCE_SANDBOX));
	}
}

/* Every cut is told: bad where it can be seen, else corrupt; never clean. */
TEST(an_archive_cut_anywhere_is_corrupt_or_bad)
{
	static const struct kind cut[] = { { "zip", NULL, "zip:compression=deflate" },
		{ "7zip", NULL, "7zip:compression=lzma1" }, { "ustar", "xz", NULL },
		{ "ustar", "bzip2", NULL }, { "ustar", "zstd", NULL } };

	for (size_t i = 0; i < COUNT_OF(cut); i++) {
		pack_three(&cut[i], packer_eicar(), 1);
		for (size_t bytes = 6; bytes < made.used; bytes++) {
			const struct deepscan *d =
			    packer_judge(span_first(packer_span(&made), bytes), &packer_limits);

			if (is_eicar(d) || is_clean(d, SOURCE_CORRUPT))
				continue;
			CHECK_SEED(bytes, !"told");
			CHECK_ROW(name_of(&cut[i]), false);
		}
	}
}

TEST(a_changed_byte_anywhere_ends_well)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		size_t step;

		pack_three(&kinds[i], packer_hidden(), 2);
		step = made.used / 60 + 1;
		for (size_t at = 0; at < made.used; at += step) {
			const struct deepscan *d;

			made.bytes[at] ^= 0xff;
			d = packer_judge(packer_span(&made), &packer_limits);
			CHECK_SEED(at, d->verdict == VERDICT_CLEAN || is_eicar(d));
			CHECK_SEED(at, d->unpacked_bytes <= packer_limits.unpacked_bytes_max);
			made.bytes[at] ^= 0xff;
		}
	}
}

TEST(of_several_classes_one_that_is_blocked_is_told)
{
	struct deepscan_limits limits = packer_limits;
	const struct packer_zip members[] = {
		{ .name = "secret", .bytes = span_text("x"), .flags = 1 },
		{ .name = "broken", .bytes = span_text("x"), .crc_xor = 1 },
	};

	made.used = 0;
	packer_zip(&made, members, 2);
	CHECK(is_clean(packer_judge(packer_span(&made), &limits), SOURCE_ENCRYPTED));
	limits.blocks[SOURCE_CORRUPT] = true;
	CHECK(is_clean(packer_judge(packer_span(&made), &limits), SOURCE_CORRUPT));
	limits.blocks[SOURCE_ENCRYPTED] = true;
	CHECK(is_clean(packer_judge(packer_span(&made), &limits), SOURCE_ENCRYPTED));
}

/* A PE of one section to 0x400. */
static void
put_program(struct packed *out)
{
	static uint8_t pe[0x400] = { 'M', 'Z', [0x3c] = 0x40, [0x40] = 'P', [0x41] = 'E',
		[0x46] = 1, [0x54] = 96, [0x58] = 0x0b, [0x59] = 1, [0xb8 + 17] = 2,
		[0xb8 + 21] = 2 };

	out->used = 0;
	packer_add(out, span_of(pe, sizeof(pe)));
}

/* What is appended to a program begins where its sections end; no mark in it need be known. */
TEST(what_lies_behind_a_program_is_a_layer)
{
	static const struct {
		const char *format, *filter, *layer;
	} rows[] = {
		{ "raw", "xz", "at:1024->xz->gz" },
		{ "raw", "zstd", "at:1024->zst->gz" },
		{ "ustar", "gzip", "at:1024->gz->tar:m->gz" },
		{ "newc", NULL, "at:1024->cpio:m->gz" },
		{ "zip", NULL, "zip:m->gz" },
	};
	const struct packer_member m = { "m", packer_hidden() };
	const struct deepscan *d;

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		packer_write(&made, rows[i].format, rows[i].filter, NULL, &m, 1);
		put_program(&outer);
		packer_add(&outer, packer_span(&made));
		d = packer_judge(packer_span(&outer), &packer_limits);
		CHECK_ROW(rows[i].layer, is_eicar(d));
		CHECK_ROW(rows[i].layer, strcmp(d->layer, rows[i].layer) == 0);
	}
	put_program(&outer); /* words before it, as self-extracting 7z have: still found */
	packer_write(&made, "7zip", NULL, NULL, &m, 1);
	packer_add(&outer, span_text(";!@Install@!UTF-8!\r\n;!@InstallEnd@!"));
	packer_add(&outer, packer_span(&made));
	CHECK(is_eicar(packer_judge(packer_span(&outer), &packer_limits)));
	put_program(&outer);
	packer_add(&outer, span_text("an installer's own format"));
	CHECK(is_clean(packer_judge(packer_span(&outer), &packer_limits), SOURCE_SANDBOX));
}
