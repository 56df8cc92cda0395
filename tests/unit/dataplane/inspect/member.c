/* SPDX-License-Identifier: BSD-3-Clause */
/* A file known by its digest alone, packed so that some readers have it and some have more. */
#include <stdlib.h>

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "dataplane/inspect/member.h"
#include "tests/unit/dataplane/inspect/rig.h"

#define KNOWN "what is listed"
#define GZIP  "Content-Encoding: gzip\r\n"
#define ZSTD  "Content-Encoding: zstd\r\n"

static uint8_t packed[1u << 20];

static size_t
gzip(const char *text, uint8_t *out)
{
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)text;
	z.avail_in = (uint32_t)strlen(text);
	z.next_out = out;
	z.avail_out = 4096;
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	return z.total_out;
}

static size_t
zstd(const char *text, uint8_t *out)
{
	return ZSTD_compress(out, 4096, text, strlen(text), 1);
}

/* `cut` bytes are taken from the end, `flip`: one bit of that byte from the end is another. */
static const struct {
	const char *name, *head;
	const char *members[4];
	size_t cut, flip;
	unsigned part; /* that the record names; 0: clean */
} rows[] = {
	{ "first", GZIP, { KNOWN, "x" }, 0, 0, 1 },
	{ "second", GZIP, { "x", KNOWN }, 0, 0, 2 },
	{ "third", GZIP, { "x", "y", KNOWN, "z" }, 0, 0, 3 },
	{ "behind one that is empty", GZIP, { "", KNOWN, "x" }, 0, 0, 2 },
	{ "none of them", GZIP, { "x", KNOWN "!", "y" }, 0, 0, 0 },
	{ "over two", GZIP, { "x", "what is ", "listed" }, 0, 0, 0 },
	{ "frames, first", ZSTD, { KNOWN, "x" }, 0, 0, 1 },
	{ "frames, second", ZSTD, { "x", KNOWN }, 0, 0, 2 },
	{ "no end", GZIP, { KNOWN }, 8, 0, 1 },
	{ "half an end", GZIP, { KNOWN }, 3, 0, 1 },
	{ "a wrong checksum", GZIP, { KNOWN }, 0, 8, 1 },
	{ "a wrong size", GZIP, { KNOWN }, 0, 1, 1 },
	{ "a wrong checksum behind another", GZIP, { KNOWN, "x" }, 0, 8, 1 },
	{ "a wrong checksum of another", GZIP, { "x" }, 0, 8, 0 },
	{ "within a chain", "Content-Encoding: identity\r\n" GZIP, { KNOWN, "x" }, 0, 0, 1 },
};

static size_t
pack(unsigned row)
{
	size_t n = 0;

	for (unsigned i = 0; i < COUNT_OF(rows[row].members) && rows[row].members[i] != NULL; i++)
		n += (strcmp(rows[row].head, ZSTD) == 0 ? zstd : gzip)(
		    rows[row].members[i], packed + n);
	n -= rows[row].cut;
	if (rows[row].flip > 0)
		packed[n - rows[row].flip] ^= 1;
	return n;
}

static void
check_bad(const char *row, struct rig *r, unsigned part, enum source source)
{
	struct notice n;

	CHECK_ROW(row, (rig_notice(r, &n) && n.kind == NOTICE_BAD) == (part != 0));
	if (part == 0)
		return;
	CHECK_ROW(row, n.object.record.part == part && n.object.record.source == source);
	CHECK_ROW(row, n.object.record.format == FORMAT_GENERAL_TXT);
}

TEST(a_member_is_known_by_a_list)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		size_t bytes = pack(i);

		rig_publish(r, rig_listing(KNOWN, "hdb"));
		rig_respmod(c, rows[i].head, packed, bytes);
		rig_until(c, 1);
		CHECK_ROW(rows[i].name,
		    (strstr(c->output, "X-Virus-ID: Listed") != NULL) == (rows[i].part != 0));
		check_bad(rows[i].name, r, rows[i].part, SOURCE_SCANNED);
		rig_destroy(r);
	}
}

/* By what was judged before, under a hundred bytes a turn; and one that is trusted is not bad. */
TEST(a_member_is_remembered_and_may_be_trusted)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct command put = { .kind = COMMAND_CACHE_PUT, .verdict = VERDICT_BAD };
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		size_t bytes = pack(i);

		digest_sha256(span_text(KNOWN), put.sha256);
		strcpy(put.threat, "Known.Bad");
		inspect_command(r->inspect, &put);
		rig_respmod_begin(c, rows[i].head, bytes);
		for (size_t at = 0; at < bytes; at += 5) {
			rig_send(c, packed + at, bytes - at < 5 ? bytes - at : 5);
			rig_turn(r);
		}
		rig_send(c, "\r\n0\r\n\r\n", 7);
		rig_until(c, 1);
		check_bad(rows[i].name, r, rows[i].part, SOURCE_CACHED);
		rig_publish(r, rig_listing(KNOWN, "fp"));
		c = rig_client(r);
		rig_respmod(c, rows[i].head, packed, bytes);
		rig_until(c, 1);
		check_bad(rows[i].name, r, 0, SOURCE_SCANNED);
		rig_destroy(r);
	}
}

/* No more than so many are looked at, and no number of them is an object's end. */
TEST(members_have_a_bound)
{
	for (unsigned before = MEMBERS_MAX - 2; before <= MEMBERS_MAX; before++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		size_t bytes = 0;

		for (unsigned i = 0; i < before; i++)
			bytes += gzip("x", packed + bytes);
		bytes += gzip(KNOWN, packed + bytes);
		for (unsigned i = 0; i < 2000; i++)
			bytes += gzip("x", packed + bytes);
		rig_publish(r, rig_listing(KNOWN, "hdb"));
		rig_respmod(c, GZIP, packed, bytes);
		rig_until(c, 1);
		check_bad("bound", r, before < MEMBERS_MAX ? before + 1 : 0, SOURCE_SCANNED);
		rig_destroy(r);
	}
}

/* Short ones, whose format is told when they break, and longer ones. */
TEST(what_came_of_a_broken_stream_is_sandboxed)
{
	static const struct {
		const char *name;
		size_t text_bytes, cut, flip;
	} broken[] = {
		{ "a wrong checksum", 60, 0, 8 },
		{ "no end", 60, 8, 0 },
		{ "longer", 3000, 0, 8 },
		{ "longer, no end", 3000, 8, 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(broken); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		char text[4096];
		size_t bytes;
		struct notice n;

		for (size_t k = 0; k < broken[i].text_bytes; k++)
			text[k] = (char)(' ' + k * k % 90);
		text[broken[i].text_bytes] = 0;
		memcpy(text, "PK\3\4", 4);
		bytes = gzip(text, packed) - broken[i].cut;
		if (broken[i].flip > 0)
			packed[bytes - broken[i].flip] ^= 1;
		region_set_mode(r->region, MODE_ADVANCED);
		rig_respmod(c, GZIP, packed, bytes);
		for (unsigned turn = 0; turn < 5; turn++)
			rig_turn(r);
		CHECK_ROW(broken[i].name, c->output_bytes == 0 && rig_notice(r, &n));
		CHECK_ROW(broken[i].name, n.kind == NOTICE_SANDBOX);
		CHECK_ROW(broken[i].name, n.job_bytes == broken[i].text_bytes);
		rig_destroy(r);
	}
}
