/* SPDX-License-Identifier: BSD-3-Clause */
/* Encrypted files of a RAR 5, which libarchive gives as if they were not, among others. */
#include <stdlib.h>

#include <isa-l/crc.h>

#include "scanners/archive/rar5.h"
#include "tests/unit/control/deepscan/judge.h"
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

/* Of an encryption record: version, flags, count, salt and start of a cipher (RAR 5.0, 7.1). */
#define RECORD             \
	"\x24\1\0\0\xf"    \
	"saltsaltsaltsalt" \
	"ivivivivivivivi"
#define RECORD_BYTES 37
#define HEAD_MAX     127 /* so that its size is one byte */

static struct packed made;

static void
add_head(const uint8_t *head, uint8_t bytes)
{
	uint32_t crc;
	uint8_t sized[1 + HEAD_MAX] = { bytes };

	memcpy(sized + 1, head, bytes);
	crc = crc32_gzip_refl(0, sized, bytes + 1u);
	packer_add(&made, span_of(&crc, 4));
	packer_add(&made, span_of(sized, bytes + 1u));
}

static void
begin(void)
{
	made.used = 0;
	packer_add(&made, span_of("Rar!\x1a\7\1", 8));
	add_head((const uint8_t *)"\1\0\0", 3); /* of the archive */
}

/* A stored file of a one-letter name. */
static void
add_file(char name, struct span bytes, bool is_encrypted)
{
	uint8_t head[HEAD_MAX];
	uint8_t used = 0, size = (uint8_t)bytes.bytes;
	uint32_t crc = crc32_gzip_refl(0, bytes.data, bytes.bytes);

	head[used++] = 2;
	head[used++] = is_encrypted ? 3 : 2;
	if (is_encrypted)
		head[used++] = RECORD_BYTES;
	head[used++] = size;
	head[used++] = 4; /* there is a checksum */
	head[used++] = size;
	head[used++] = 0x20;
	memcpy(head + used, &crc, 4);
	used += 4;
	head[used++] = 0;
	head[used++] = 1;
	head[used++] = 1;
	head[used++] = (uint8_t)name;
	if (is_encrypted) {
		memcpy(head + used, RECORD, RECORD_BYTES);
		used += RECORD_BYTES;
	}
	add_head(head, used);
	packer_add(&made, bytes);
}

static struct span
end(void)
{
	add_head((const uint8_t *)"\5\0\0", 3);
	return packer_span(&made);
}

TEST(an_encrypted_file_of_a_rar_5_is_told)
{
	const struct deepscan *d;

	begin();
	add_file('a', span_text("fine"), false);
	add_file('b', span_text("ciphered, as it seems"), true);
	d = packer_judge(end(), &packer_limits);
	CHECK(d->source == SOURCE_ENCRYPTED && strcmp(d->layer, "rar:b") == 0 && d->members == 2);
	add_file('c', span_text("nothing behind the end"), false);
	begin();
	add_file('a', span_text("fine"), false);
	d = packer_judge(end(), &packer_limits);
	CHECK(d->source == SOURCE_SANDBOX && d->verdict == VERDICT_CLEAN && d->members == 1);
}

TEST(a_rar_5_tells_its_members)
{
	static const struct {
		const char *line;
		bool holds;
	} rows[] = { { "M:CL_TYPE_RAR:*:^b$:21:21:1:2:*:*", true },
		{ "M:CL_TYPE_RAR:*:^b$:*:*:0:*:*:*", false },
		{ "M:CL_TYPE_RAR:*:^a$:4:4:0:1:8d777f38:*", true },
		{ "M:CL_TYPE_RAR:*:^a$:4:4:0:1:8d777f39:*", false } };
	struct judge j;

	begin();
	add_file('a', span_text("\1\2\3\4"), false);
	add_file('b', span_text("ciphered, as it seems"), true);
	end();
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		uint32_t crc = crc32_gzip_refl(0, (const uint8_t *)"\1\2\3\4", 4);
		char line[100];

		snprintf(line, sizeof(line), "%s", rows[i].line);
		if (strstr(line, "8d777f38") != NULL)
			snprintf(strstr(line, "8d777f38"), 11, "%08x:*", crc);
		CHECK_ROW(line, judge_begin_members(&j, line));
		j.deep.limits = packer_limits;
		deepscan_judge(&j.deep, packer_span(&made), span_of(NULL, 0));
		CHECK_ROW(line, (j.deep.verdict == VERDICT_BAD) == rows[i].holds);
		judge_end(&j);
	}
}

TEST(what_is_not_encrypted_beside_it_is_judged)
{
	const struct deepscan *d;

	begin();
	add_file('b', span_text("ciphered, as it seems"), true);
	add_file('a', packer_hidden(), false);
	d = packer_judge(end(), &packer_limits);
	CHECK(d->verdict == VERDICT_BAD && strcmp(d->layer, "rar:a->gz") == 0);
}

TEST(headers_of_a_rar_5_cut_anywhere_are_not_read_beyond)
{
	struct span whole;

	begin();
	add_file('a', span_text("fine"), false);
	add_file('b', span_text("ciphered"), true);
	whole = end();
	for (size_t bytes = 1; bytes <= whole.bytes; bytes++) {
		uint8_t *cut = malloc(bytes); /* so that a byte too far is seen */
		struct rar_member m;
		unsigned files = 0;
		struct rar5 r;

		memcpy(cut, whole.data, bytes);
		if (rar5_begin(&r, span_of(cut, bytes))) {
			while (rar5_next(&r, &m))
				files++;
			CHECK_SEED(bytes, r.at == bytes && files <= 2);
			CHECK_SEED(bytes, files == 2 || bytes < whole.bytes);
		}
		free(cut);
	}
}
