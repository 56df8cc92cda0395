/* SPDX-License-Identifier: BSD-3-Clause */
/* Decoding in turns: a bomb has its share of a turn and no more, whatever lies behind it. */
#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#include "tests/unit/dataplane/inspect/rig.h"

#define PLAIN_BYTES (8u << 20)

/* OUTPUT_BYTES of decode.c: the last piece may go that far beyond the share. */
#define PIECE_BYTES 16384

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

static uint8_t *packed;
static size_t packed_bytes;

/* Eight MiB of zeros with the signature at their end. */
static void
pack_once(void)
{
	uint8_t *plain;
	struct isal_zstream z;

	if (packed != NULL)
		return;
	plain = calloc(1, PLAIN_BYTES);
	packed = malloc(PLAIN_BYTES / 8);
	memcpy(plain + PLAIN_BYTES - 68, eicar, 68);
	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = plain;
	z.avail_in = PLAIN_BYTES;
	z.next_out = packed;
	z.avail_out = PLAIN_BYTES / 8;
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	packed_bytes = z.total_out;
	free(plain);
}

/* Runs until `c` has an answer; the most that one turn fed. */
static uint64_t
busiest_turn(struct rig_client *c, unsigned *turns)
{
	uint64_t most = 0;

	for (*turns = 0; c->output_bytes == 0 && *turns < 10000; ++*turns) {
		uint64_t before = inspect_fed_bytes(c->rig->inspect), fed;

		rig_turn(c->rig);
		fed = inspect_fed_bytes(c->rig->inspect) - before;
		most = fed > most ? fed : most;
	}
	return most;
}

static const char gzip_head[] = "Content-Encoding: gzip\r\n";

TEST(a_turn_decodes_no_more_than_its_share)
{
	static const char *const set[] = { "limits.decode_ratio_max=1000000", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *bomb = rig_client(r), *other = rig_client(r);
	unsigned turns;

	pack_once();
	rig_respmod(bomb, gzip_head, packed, packed_bytes);
	rig_turn(r);
	CHECK(bomb->output_bytes == 0);
	rig_respmod(other, "", "hello", 5);
	rig_turn(r);
	CHECK(bomb->output_bytes == 0);
	CHECK(strncmp(other->output, "ICAP/1.0 204", 12) == 0); /* in its first turn */
	CHECK(busiest_turn(bomb, &turns) <= INSPECT_TURN_BYTES + PIECE_BYTES);
	CHECK(turns >= PLAIN_BYTES / (INSPECT_TURN_BYTES + PIECE_BYTES) - 2);
	CHECK(strstr(bomb->output, "X-Virus-ID: Eicar-Test-Signature") != NULL);
	rig_destroy(r);
}

/* The bytes that wait are kept for the echo too; what comes back is what was sent. */
TEST(an_echo_that_waits_for_the_decoder_is_whole)
{
	static const char *const set[] = { "limits.decoded_bytes_max=100000000",
		"limits.decode_ratio_max=1000000", NULL };
	static const char heads[] = "GET http://example.test/a HTTP/1.1\r\n\r\n"
				    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char text[512];
	struct record_slot record;
	unsigned turns;

	pack_once();
	region_set_mode(r->region, MODE_MONITOR);
	snprintf(text, sizeof(text),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n"
	    "Encapsulated: req-hdr=0, res-hdr=38, res-body=%zu\r\n\r\n%s%zx\r\n",
	    sizeof(heads) - 1, heads, packed_bytes);
	rig_send(c, text, strlen(text));
	rig_send(c, packed, packed_bytes);
	rig_send(c, "\r\n0\r\n\r\n", 7);
	CHECK(busiest_turn(c, &turns) <= INSPECT_TURN_BYTES + PIECE_BYTES);
	CHECK(turns > 50);
	CHECK(c->output_bytes > packed_bytes && strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(!rig_record(r, &record)); /* bad, let through: a notice */
	rig_destroy(r);
}

TEST(limits_are_class_oversize)
{
	static const char *const sets[][2] = { { "limits.decode_ratio_max=100", NULL },
		{ "limits.decoded_bytes_max=3000000", NULL } };

	pack_once();
	for (unsigned i = 0; i < COUNT_OF(sets); i++) {
		struct rig *r = rig_create(sets[i]);
		struct rig_client *c = rig_client(r);
		struct record_slot record;

		rig_respmod(c, gzip_head, packed, packed_bytes);
		rig_until(c, 1);
		CHECK_ROW(sets[i][0], strncmp(c->output, "ICAP/1.0 204", 12) == 0);
		CHECK_ROW(
		    sets[i][0], rig_record(r, &record) && record.record.source == SOURCE_OVERSIZE);
		CHECK_ROW(sets[i][0], r->stats->counters[COUNTER_SCANNED_BYTES] < 3200000);
		rig_destroy(r);
	}
}

/* A client that leaves, or time that runs out, in the middle of a bomb leaves nothing behind. */
TEST(a_bomb_may_end_at_any_turn)
{
	static const char *const set[] = { "limits.decode_ratio_max=1000000", NULL };

	for (unsigned after = 1; after < 40; after += 7) {
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r);

		pack_once();
		rig_respmod(c, gzip_head, packed, packed_bytes);
		for (unsigned turn = 0; turn < after; turn++)
			rig_turn(r);
		CHECK_SEED(after, c->object != NULL && inspect_is_feeding(c->object));
		if (after % 2 == 0) {
			r->now = mono_add(r->now, seconds(601));
			rig_turn(r);
			CHECK_SEED(after, strncmp(c->output, "ICAP/1.0 204", 12) == 0);
		}
		rig_destroy(r);
	}
}

/* A client may well take a body whose checksum is wrong: what came out of it is judged. */
TEST(a_wrong_checksum_hides_nothing)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	uint8_t small[256];
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)eicar;
	z.avail_in = 68;
	z.next_out = small;
	z.avail_out = sizeof(small);
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	small[z.total_out - 5] ^= 1;
	rig_respmod(c, gzip_head, small, z.total_out);
	rig_until(c, 1);
	CHECK(strstr(c->output, "X-Virus-ID: Eicar-Test-Signature") != NULL);
	rig_destroy(r);
}

/* Padding a head with fields hides no coding behind them. */
TEST(a_coding_is_seen_behind_any_number_of_fields)
{
	static char head[8 * 400 + 64];
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	uint8_t small[256];
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)eicar;
	z.avail_in = 68;
	z.next_out = small;
	z.avail_out = sizeof(small);
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	for (unsigned i = 0; i < 400; i++)
		strcat(head, "A: b\r\n");
	strcat(head, gzip_head);
	rig_respmod(c, head, small, z.total_out);
	rig_until(c, 1);
	CHECK(strstr(c->output, "X-Virus-ID: Eicar-Test-Signature") != NULL);
	rig_destroy(r);
}
