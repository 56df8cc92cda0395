/* SPDX-License-Identifier: BSD-3-Clause */
/* Compound files: their streams, macros, and what is wrong with hostile ones. */
#include "scanners/document/ole.h"

#include <stdlib.h>

#include "tests/unit/control/deepscan/office.h"
#include "tests/unit/harness.h"

static struct packed made, outer, packed, dir;

static bool
is_eicar(const struct deepscan *d)
{
	return d->verdict == VERDICT_BAD && strcmp(d->threat, "Eicar-Test-Signature") == 0;
}

static bool
is_class(const struct deepscan *d, enum source class)
{
	return d->verdict == VERDICT_CLEAN && d->source == class;
}

/* Source with EICAR in it, as a document has it: no byte of the signature stands beside the next.
 */
static void
pack_source(void)
{
	static char text[256];

	snprintf(text, sizeof(text), "Attribute VB_Name = \"Module1\"\r\nx = \"%s\"\r\n",
	    (const char *)packer_eicar().data);
	packed.used = dir.used = 0;
	packer_add(&packed, span_text("code for a machine that is not ours"));
	office_pack(&packed, span_text(text));
	office_dir(&dir, "Module1", 35);
}

/* A document with a macro; `dir` may be left out, or lie. */
static struct span
write_macros(bool has_dir)
{
	static uint8_t large[5000];
	struct office_stream streams[] = { { "WordDocument", span_of(large, sizeof(large)) },
		{ "Module1", { 0 } }, { "dir", { 0 } } };

	streams[1].bytes = packer_span(&packed);
	streams[2].bytes = packer_span(&dir);
	office_write(&made, streams, has_dir ? 3 : 2);
	return packer_span(&made);
}

TEST(a_macro_is_unpacked_and_named)
{
	const struct deepscan *d;

	pack_source();
	d = packer_judge(write_macros(true), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "vba:Module1") == 0);
	CHECK(d->offset > 68);
}

TEST(a_macro_that_no_dir_names_is_found_by_how_it_begins)
{
	pack_source();
	CHECK(is_eicar(packer_judge(write_macros(false), &packer_limits)));
	dir.used = 0;
	office_dir(&dir, "Module1", 3); /* not where it is */
	CHECK(is_eicar(packer_judge(write_macros(true), &packer_limits)));
	dir.used = 0;
	office_dir(&dir, "Module2", 35);
	CHECK(is_eicar(packer_judge(write_macros(true), &packer_limits)));
}

TEST(a_dir_that_lies_is_told)
{
	packed.used = dir.used = 0;
	packer_add(&packed, span_text("no container in here"));
	office_dir(&dir, "Module1", 3);
	CHECK(is_class(packer_judge(write_macros(true), &packer_limits), SOURCE_CORRUPT));
	dir.used = 0;
	office_dir(&dir, "Module1", 0xfffffff0);
	CHECK(is_class(packer_judge(write_macros(true), &packer_limits), SOURCE_CORRUPT));
}

TEST(macros_of_a_zipped_document_are_judged)
{
	struct packer_member members[] = { { "[Content_Types].xml", span_text("<Types/>") },
		{ "word/vbaProject.bin", { 0 } } };
	const struct deepscan *d;

	pack_source();
	members[1].bytes = write_macros(true);
	CHECK(packer_write(&outer, "zip", NULL, NULL, members, 2));
	d = packer_judge(packer_span(&outer), &packer_limits);
	CHECK(is_eicar(d));
	CHECK(strcmp(d->layer, "zip:word/vbaProject.bin->vba:Module1") == 0);
}

/* A stream's sectors are scattered: as they lie in the file the signature is not in one piece. */
TEST(a_stream_is_put_together_from_its_sectors)
{
	static uint8_t bytes[6000];
	const struct office_stream stream = { "Contents", span_of(bytes, sizeof(bytes)) };
	uint8_t swapped[512], *table = made.bytes + OFFICE_TABLE;
	const struct deepscan *d;

	memset(bytes, 'x', sizeof(bytes));
	memcpy(bytes + 1000, packer_eicar().data, packer_eicar().bytes); /* sectors 1 and 2 of it */
	office_write(&made, &stream, 1);
	/* Its sectors are 3 to 14; 5 and 6 change places. */
	memcpy(swapped, made.bytes + 6 * 512, 512);
	memcpy(made.bytes + 6 * 512, made.bytes + 7 * 512, 512);
	memcpy(made.bytes + 7 * 512, swapped, 512);
	table[4 * 4] = 6;
	table[6 * 4] = 5;
	table[5 * 4] = 7;
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "ole:Contents") == 0 && d->offset == 1068);
}

TEST(an_installer_holds_cabinets_under_packed_names)
{
	const struct packer_member m = { "evil.gz", packer_hidden() };
	struct office_stream stream = { "ab", { 0 } };
	uint8_t *name = made.bytes + OFFICE_DIRECTORY + 128;
	const struct deepscan *d;

	CHECK(packer_write(&packed, "7zip", NULL, NULL, &m, 1));
	stream.bytes = packer_span(&packed);
	office_write(&made, &stream, 1);
	memcpy(name, "\x40\x48\x0a\x3b", 4); /* "!", then "Ag" in one unit */
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(is_eicar(d) && strncmp(d->layer, "ole:!", 5) == 0);
	CHECK(strstr(d->layer, "->7z:evil.gz->gz") != NULL);
}

TEST(what_was_dropped_into_a_document_is_judged)
{
	static const char head[] = "\0\0\0\0\2\0label.com\0C:\\x\0\0\0\3\0\4\0\0\0C:\\\0";
	struct office_stream stream = { "\1Ole10Native", { 0 } };
	const struct deepscan *d;

	packed.used = 0;
	packer_add(&packed, span_of(head, sizeof(head) - 1));
	packer_add(&packed, span_of("\xff\0\0\0", 4)); /* says more than there is */
	packer_add(&packed, packer_hidden());
	stream.bytes = packer_span(&packed);
	office_write(&made, &stream, 1);
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "ole:_Ole10Native->at:37->gz") == 0);
	for (size_t bytes = 0; bytes < packed.used; bytes++) {
		struct span file = ole_native_file(span_first(packer_span(&packed), bytes));

		CHECK_SEED(bytes, file.bytes == (bytes > 37 ? bytes - 37 : 0));
	}
}

TEST(encrypted_documents_are_told)
{
	static uint8_t word[12] = { 0xec, 0xa5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };
	static const uint8_t book[] = "\x09\x08\2\0\0\6\x2f\0\4\0\1\0\1\0";
	const struct office_stream cases[] = {
		{ "EncryptedPackage", span_text("12345678") },
		{ "WordDocument", span_of(word, sizeof(word)) },
		{ "Workbook", span_of(book, 14) },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		office_write(&made, &cases[i], 1);
		CHECK_ROW(cases[i].name,
		    is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_ENCRYPTED));
	}
	word[11] = 0;
	office_write(&made, &cases[1], 1);
	CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
}

/* The table, the directory's first and the streams' first sector, each led into a circle. */
TEST(chains_in_circles_end)
{
	static uint8_t bytes[6000];
	const struct office_stream stream = { "Contents", span_of(bytes, sizeof(bytes)) };

	for (unsigned sector = 1; sector < 15; sector++) {
		const struct deepscan *d;
		uint8_t *table = made.bytes + OFFICE_TABLE;

		office_write(&made, &stream, 1);
		memcpy(table + 4 * (size_t)sector, &(uint32_t){ sector > 8 ? 3 : sector }, 4);
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_SEED(sector, d->verdict == VERDICT_CLEAN);
		CHECK_SEED(sector, d->unpacked_bytes <= packer_limits.unpacked_bytes_max);
	}
	/* A list of the table's sectors that leads to itself. */
	office_write(&made, &stream, 1);
	memcpy(made.bytes + 68, &(uint32_t){ 5 }, 4);
	memset(made.bytes + 6 * 512, 5, 512);
	CHECK(packer_judge(packer_span(&made), &packer_limits)->verdict == VERDICT_CLEAN);
}

/* Seven streams, all of the same sectors and each as large as the number allows. */
TEST(streams_that_share_their_sectors_cost_the_limit)
{
	static uint8_t bytes[40000];
	struct office_stream streams[7];
	struct deepscan_limits limits = packer_limits;
	const struct deepscan *d;

	memset(bytes, 'y', sizeof(bytes));
	for (unsigned i = 0; i < 7; i++)
		streams[i] = (struct office_stream){ "Contents", span_text("") };
	streams[0].bytes = span_of(bytes, sizeof(bytes));
	office_write(&made, streams, 7);
	for (unsigned i = 2; i <= 7; i++) {
		uint8_t *e = made.bytes + OFFICE_DIRECTORY + 128 * (size_t)i;

		memcpy(e + 116, made.bytes + OFFICE_DIRECTORY + 128 + 116, 4);
		memset(e + 120, 0xff, 4);
	}
	d = packer_judge(packer_span(&made), &limits);
	CHECK(is_class(d, SOURCE_CORRUPT)); /* they end before they should */
	CHECK(d->unpacked_bytes < 8 * sizeof(bytes));
	limits.unpacked_bytes_max = 100000;
	d = packer_judge(packer_span(&made), &limits);
	CHECK(d->is_spent && d->unpacked_bytes == 100000);
}

TEST(streams_have_a_limit_of_their_own)
{
	static struct office_stream streams[7];
	struct deepscan_limits limits = packer_limits;

	for (unsigned i = 0; i < 7; i++)
		streams[i] = (struct office_stream){ "Contents", span_text("some") };
	office_write(&made, streams, 7);
	limits.members_max = 1;
	CHECK(is_class(packer_judge(packer_span(&made), &limits), SOURCE_SANDBOX));
	limits.members_max = 0;
	CHECK(is_class(packer_judge(packer_span(&made), &limits), SOURCE_OVERSIZE));
	limits = packer_limits;
	limits.depth_max = 0;
	CHECK(is_class(packer_judge(packer_span(&made), &limits), SOURCE_OVERSIZE));
}

TEST(a_document_cut_or_changed_anywhere_ends_well)
{
	pack_source();
	write_macros(true);
	for (size_t bytes = 8; bytes < made.used; bytes += 7) {
		const struct deepscan *d =
		    packer_judge(span_first(packer_span(&made), bytes), &packer_limits);

		CHECK_SEED(bytes, is_eicar(d) || d->source == SOURCE_CORRUPT);
	}
	for (size_t at = 8; at < made.used; at += at < 2048 ? 1 : 31) {
		const struct deepscan *d;

		made.bytes[at] ^= 0xff;
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK_SEED(at, d->verdict == VERDICT_CLEAN || is_eicar(d));
		made.bytes[at] ^= 0xff;
	}
}

/* What PowerPoint embeds, as it is and behind the length of what it unpacks to. */
TEST(what_is_embedded_in_slides_is_judged)
{
	static const uint8_t instances[] = { 0, 0x10 };
	struct deepscan_limits shallow = packer_limits;
	static struct packed slides;
	const struct deepscan *d;

	for (unsigned i = 0; i < COUNT_OF(instances); i++) {
		const uint8_t head[] = { 0, 0, instances[i], 0, 0x11, 0x10, 0xff, 0, 0, 0 };
		struct office_stream stream = { "PowerPoint Document", { 0 } };

		slides.used = 0;
		packer_add(&slides, span_of(head, sizeof(head)));
		if (instances[i] != 0)
			packer_add(&slides, span_of("\0\1\0\0", 4));
		packer_add(&slides, packer_hidden());
		stream.bytes = packer_span(&slides);
		office_write(&made, &stream, 1);
		d = packer_judge(packer_span(&made), &packer_limits);
		CHECK(is_eicar(d));
		CHECK_ROW(d->layer, strcmp(d->layer, "ole:PowerPoint_Document->slides:1->gz") == 0);
		stream.name = "PowerPoint Documents";
		office_write(&made, &stream, 1);
		CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
	}
	office_write(
	    &made, &(struct office_stream){ "PowerPoint Document", packer_span(&slides) }, 1);
	shallow.depth_max = 1;
	CHECK(is_class(packer_judge(packer_span(&made), &shallow), SOURCE_OVERSIZE));
}

/* Deflate without a head, which nothing tells but another stream. */
TEST(what_hangul_has_packed_is_judged)
{
	struct span gz = packer_hidden();
	struct office_stream streams[] = { { "FileHeader", span_text("HWP Document File\0\0") },
		{ "BIN0001.OLE", span_of(gz.data + 10, gz.bytes - 18) } };
	const struct deepscan *d;

	office_write(&made, streams, 2);
	d = packer_judge(packer_span(&made), &packer_limits);
	CHECK(is_eicar(d) && strcmp(d->layer, "ole:BIN0001.OLE->deflate") == 0);
	streams[0].bytes = span_text("another file's head");
	office_write(&made, streams, 2);
	CHECK(is_class(packer_judge(packer_span(&made), &packer_limits), SOURCE_SANDBOX));
}
