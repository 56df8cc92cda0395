/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that are small and ask for much: each ends with its class, and what it cost, in members,
 * streams and bytes, is no more than the limits say.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define ROOM         (5u << 20)
#define MEMBERS_MAX  100
#define UNPACKED_MAX (2u << 20)

static uint8_t bytes[ROOM];
static size_t used;
static struct packed made;

static void
add(const void *from, size_t count)
{
	if (count > ROOM - used)
		abort();
	memcpy(bytes + used, from, count);
	used += count;
}

static void
add_text(const char *text)
{
	add(text, strlen(text));
}

static void
add_number(uint64_t value, unsigned count)
{
	add(&value, count); /* little-endian, as this machine */
}

static void
repeat(const char *text, unsigned times)
{
	while (times-- > 0)
		add_text(text);
}

/* Eight in each of eight, three deep, and no two alike: as 42.zip, whose are. */
static void
nest(unsigned levels, unsigned number, struct packed *out)
{
	static struct packed inner[3][8];
	struct packer_zip members[8] = { 0 };
	char text[32];

	for (unsigned i = 0; i < COUNT_OF(members); i++) {
		struct packed *p = &inner[levels][i];

		p->used = 0;
		members[i].name = "in.zip";
		snprintf(text, sizeof(text), "%u", number * 8 + i);
		if (levels > 0)
			nest(levels - 1, number * 8 + i, p);
		else
			packer_add(p, span_text(text));
		members[i].bytes = packer_span(p);
	}
	packer_zip(out, members, COUNT_OF(members));
}

static void
zips_in_zips(void)
{
	made.used = 0;
	nest(2, 1, &made);
	add(made.bytes, made.used);
}

/* A header of a ZIP's member that is compressed by Deflate, without its mark. */
static void
add_fields(size_t packed_bytes, size_t unpacked_bytes)
{
	add_number(20, 2);
	add_number(0, 2);
	add_number(8, 2);
	add_number(0, 8); /* time, checksum */
	add_number(packed_bytes, 4);
	add_number(unpacked_bytes, 4);
	add_number(1, 2);
	add_number(0, 2);
}

#define QUOTES    40
#define QUOTE     (5u + 31) /* a block of bytes as they are: the next member's header */
#define KERNEL    (1u << 20)
#define GZIP_HEAD 10
#define GZIP_TAIL 8

/* Members that overlap, each of which quotes the headers behind it: all unpack to the same. */
static void
members_that_quote(void)
{
	static uint8_t zeros[KERNEL];
	const struct packer_member m = { "m", span_of(zeros, sizeof(zeros)) };
	size_t kernel, at[QUOTES], directory;

	CHECK(packer_write(&made, "raw", "gzip", NULL, &m, 1));
	kernel = made.used - GZIP_HEAD - GZIP_TAIL;
	for (unsigned i = 0; i < QUOTES; i++) {
		unsigned left = QUOTES - 1 - i;

		if (i > 0) {
			add_number(0, 1);
			add_number(QUOTE - 5, 2);
			add_number((uint16_t) ~(QUOTE - 5), 2);
		}
		at[i] = used;
		add_text("PK\3\4");
		add_fields(left * QUOTE + kernel, left * (QUOTE - 5) + KERNEL);
		add_text("m");
	}
	add(made.bytes + GZIP_HEAD, kernel);
	directory = used;
	for (unsigned i = 0; i < QUOTES; i++) {
		unsigned left = QUOTES - 1 - i;

		add_text("PK\1\2");
		add_number(20, 2);
		add_fields(left * QUOTE + kernel, left * (QUOTE - 5) + KERNEL);
		add_number(0, 8);
		add_number(0, 2);
		add_number(at[i], 4);
		add_text("m");
	}
	add_text("PK\5\6");
	add_number(0, 4);
	add_number(QUOTES, 2);
	add_number(QUOTES, 2);
	add_number(used - directory - 12, 4);
	add_number(directory, 4);
	add_number(0, 2);
}

/* As many parts as a document may have, and more. */
static void
parts_of_a_document(void)
{
	char name[16];
	size_t directory;
	unsigned i;

	for (i = 0; i < 20000; i++) {
		add_text("PK\3\4");
		add_fields(2, 0);
		used -= 4; /* the lengths of name and extra field */
		snprintf(name, sizeof(name), "word/%05u", i);
		add_number(strlen(name), 2);
		add_number(0, 2);
		add_text(name);
		add("\3\0", 2);
	}
	directory = used;
	for (i = 0; i < 20000; i++) {
		add_text("PK\1\2");
		add_number(20, 2);
		add_fields(2, 0);
		used -= 4;
		snprintf(name, sizeof(name), "word/%05u", i);
		add_number(strlen(name), 2);
		add_number(0, 8);
		add_number(0, 4);
		add_number(i * 42, 4);
		add_text(name);
	}
	add_text("PK\5\6");
	add_number(0, 4);
	add_number(i, 2);
	add_number(i, 2);
	add_number(used - directory - 12, 4);
	add_number(directory, 4);
	add_number(0, 2);
}

/* As 7z writes numbers of up to four bytes. */
static void
add_7z_number(uint32_t value)
{
	add_number(0xe0 | value >> 24, 1);
	add_number(value, 3);
}

/* ISO 3309, bit by bit. */
static uint32_t
crc32_of(const uint8_t *from, size_t count)
{
	uint32_t crc = ~0u;

	for (size_t i = 0; i < count; i++) {
		crc ^= from[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
	}
	return ~crc;
}

#define ENTRIES 1000000u

/* A header alone: names of one letter, no bytes. */
static void
entries_of_7z(void)
{
	const size_t head = 32, mask = ENTRIES / 8;
	uint32_t start[5] = { 0 };

	add("7z\xbc\xaf\x27\x1c\0\4", 8);
	add_number(0, 8);
	add_number(0, 8);
	add_number(0, 8);
	add("\1\5", 2); /* a header, its files */
	add_7z_number(ENTRIES);
	for (unsigned kind = 0x0e; kind <= 0x0f; kind++) { /* without stream, and no directory */
		add_number(kind, 1);
		add_7z_number(mask);
		memset(bytes + used, 0xff, mask);
		used += mask;
	}
	add("\x11", 1);
	add_7z_number(4 * ENTRIES + 1);
	add_number(0, 1);
	for (unsigned i = 0; i < ENTRIES; i++)
		add("a\0\0\0", 4);
	add("\0\0", 2);
	start[2] = (uint32_t)(used - head);
	start[4] = crc32_of(bytes + head, used - head);
	memcpy(bytes + 12, start, sizeof(start));
	start[0] = crc32_of(bytes + 12, sizeof(start));
	memcpy(bytes + 8, start, 4);
}

static void
objects_of_pdf(void)
{
	char object[64];

	add_text("%PDF-1.7\n");
	for (unsigned i = 1; i <= 60000; i++) {
		snprintf(
		    object, sizeof(object), "%u 0 obj<<>>stream\n%u\nendstream\nendobj\n", i, i);
		add_text(object);
	}
}

static void
circles_of_pdf(void)
{
	add_text(
	    "%PDF-1.7\n1 0 obj<</Type/ObjStm/Extends 1 0 R/N 9/First 4/Length 1 0 R>>stream\n"
	    "1 0 1 0 R 2 0 R\nendstream endobj\n"
	    "2 0 obj<</Filter 3 0 R/DecodeParms 2 0 R/Length 2 0 R>>stream\nx\nendstream endobj\n"
	    "3 0 obj 4 0 R endobj\n4 0 obj 3 0 R endobj\n"
	    "xref\n0 1\n0 65535 f\ntrailer<</Prev 9/Root 1 0 R>>\nstartxref\n9\n%%EOF\n");
}

static void
groups_of_rtf(void)
{
	add_text("{\\rtf1");
	repeat("{", 3000000);
}

static void
objects_of_rtf(void)
{
	add_text("{\\rtf1");
	repeat("{\\pict 41{\\*\\objdata\\bin9999999 ", 100000);
}

static void
boundaries_of_mail(void)
{
	char head[96];

	add_text("Received: from a\r\nSubject: b\r\n");
	for (unsigned i = 0; i < 40000; i++) {
		snprintf(head, sizeof(head),
		    "Content-Type: multipart/x; boundary=b%u\r\n\r\n--b%u\r\n", i, i);
		add_text(head);
	}
}

static void
messages_in_messages(void)
{
	add_text("Received: from a\r\nSubject: b\r\n");
	repeat("Content-Type: message/rfc822\r\n\r\nFrom: a\r\n", 60000);
}

#define SECTOR 2048u

static uint32_t
number_at(size_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

/* A disc whose one directory is the root, by either description of it (ECMA-119 9.1). */
static void
directories_in_circles(void)
{
	const struct packer_member members[] = { { "d/x", span_text("x") } };

	CHECK(packer_write(&made, "iso9660", NULL, NULL, members, 1));
	add(made.bytes, made.used);
	for (size_t at = 16 * SECTOR; bytes[at] == 1 || bytes[at] == 2; at += SECTOR) {
		uint32_t root = number_at(at + 156 + 2), turned = __builtin_bswap32(root);
		size_t record = (size_t)root * SECTOR;

		record += bytes[record];
		record += bytes[record]; /* behind itself and what it is in */
		CHECK((bytes[record + 25] & 2) != 0);
		memcpy(bytes + record + 2, &root, sizeof(root));
		memcpy(bytes + record + 6, &turned, sizeof(turned));
	}
}

/* A frame of zstd whose window has 2 GiB, which nobody has for it. */
static void
window_of_zstd(void)
{
	add("\x28\xb5\x2f\xfd\0\xa8\1\0\0", 9);
}

static const struct {
	const char *name;
	void (*write)(void);
	enum source class;
} bombs[] = {
	{ "ZIPs in ZIPs", zips_in_zips, SOURCE_OVERSIZE },
	{ "members of a ZIP that quote each other", members_that_quote, SOURCE_CORRUPT },
	{ "20,000 parts of a document", parts_of_a_document, SOURCE_OVERSIZE },
	{ "a million entries of a 7z", entries_of_7z, SOURCE_OVERSIZE },
	{ "60,000 streams of a PDF", objects_of_pdf, SOURCE_OVERSIZE },
	{ "objects of a PDF in circles", circles_of_pdf, SOURCE_UNSUPPORTED },
	{ "3,000,000 groups of RTF", groups_of_rtf, SOURCE_SANDBOX },
	{ "objects of RTF that are all that follows", objects_of_rtf, SOURCE_OVERSIZE },
	{ "40,000 boundaries of a mail", boundaries_of_mail, SOURCE_OVERSIZE },
	{ "60,000 messages in messages", messages_in_messages, SOURCE_SANDBOX },
	{ "directories of a disc in circles", directories_in_circles, SOURCE_CORRUPT },
	{ "a window of 2 GiB", window_of_zstd, SOURCE_CORRUPT },
};

TEST(what_asks_for_much_costs_its_limits)
{
	struct deepscan_limits limits = packer_limits;

	limits.members_max = MEMBERS_MAX;
	limits.unpacked_bytes_max = UNPACKED_MAX;
	for (size_t i = 0; i < COUNT_OF(bombs); i++) {
		const struct deepscan *d;

		used = 0;
		bombs[i].write();
		d = packer_judge(span_of(bytes, used), &limits);
		CHECK_ROW(
		    bombs[i].name, d->verdict == VERDICT_CLEAN && d->source == bombs[i].class);
		CHECK_ROW(bombs[i].name, d->members <= MEMBERS_MAX + 1);
		CHECK_ROW(bombs[i].name, d->streams <= 32 * MEMBERS_MAX + 1);
		CHECK_ROW(bombs[i].name, d->unpacked_bytes <= UNPACKED_MAX);
	}
}
