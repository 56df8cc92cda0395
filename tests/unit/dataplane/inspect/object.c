/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects from their request to their answer: clean and bad ones, a ring that is full. */
#include <brotli/encode.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

TEST(clean_is_204_and_bad_is_a_page)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct notice n;

	rig_respmod(c, "", "hello", 5);
	rig_until(c, 1);
	CHECK(strncmp(c->output, "ICAP/1.0 204", 12) == 0);
	c->output_bytes = 0;
	rig_respmod(c, "", eicar, sizeof(eicar) - 1);
	rig_until(c, 1);
	CHECK(strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(strstr(c->output, "X-Virus-ID: Eicar-Test-Signature") != NULL);
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_BAD);
	rig_destroy(r);
}

/* Whether this object is told of with no digest at all. */
static bool
has_no_digest(const struct record *r)
{
	static const uint8_t none[DIGEST_SHA256_BYTES];

	return memcmp(r->sha256, none, sizeof(none)) == 0 &&
	       memcmp(r->md5, none, DIGEST_MD5_BYTES) == 0;
}

/* What is judged before its end has no digest, and least of all that of the object before it. */
TEST(an_object_that_was_not_seen_whole_has_no_digest)
{
	static const char *const set[] = { "limits.object_bytes_max=2000", "policy.oversize=block",
		NULL };
	static const char head[] = "GET / HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char text[2048], large[3000];
	struct record_slot record;
	struct notice n;

	rig_publish(r, rig_listing("some other", "hdb"));
	rig_respmod(c, "", "hello", 5);
	rig_until(c, 1);
	CHECK(rig_record(r, &record) && !has_no_digest(&record.record));
	c->output_bytes = 0;
	snprintf(text, sizeof(text),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\nPreview: 1100\r\n"
	    "Encapsulated: req-hdr=0, res-hdr=18, res-body=37\r\n\r\n%s44c\r\n%-1100s\r\n0\r\n\r\n",
	    head, "known by its");
	rig_send(c, text, strlen(text));
	rig_until(c, 1);
	CHECK(rig_notice(r, &n) && n.object.record.source == SOURCE_SCANNED);
	CHECK(n.object.record.format == FORMAT_GENERAL_TXT);
	CHECK(has_no_digest(&n.object.record));

	c = rig_client(r);
	memset(large, 'a', sizeof(large));
	rig_respmod(c, "", large, sizeof(large));
	rig_until(c, 1);
	CHECK(rig_notice(r, &n) && n.object.record.source == SOURCE_OVERSIZE);
	CHECK(has_no_digest(&n.object.record));
	rig_destroy(r);
}

/* A verdict that waits for the ring is one object that met a full ring, however often it is tried.
 */
TEST(a_full_ring_is_counted_once_an_object)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct notice n;

	while (notice_reserve(r->channel) != NULL) {
		memset(notice_reserve(r->channel), 0, sizeof(n));
		notice_commit(r->channel);
	}
	rig_respmod(c, "", eicar, sizeof(eicar) - 1);
	for (unsigned turn = 0; turn < 20; turn++)
		rig_turn(r);
	CHECK(c->output_bytes == 0);
	CHECK(r->stats->counters[COUNTER_NOTICES_FULL] == 1);
	while (rig_notice(r, &n))
		continue;
	rig_turn(r);
	CHECK(strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(r->stats->counters[COUNTER_NOTICES_FULL] == 1);
	rig_destroy(r);
}

/* The object of a client whose request was sent, before its body is looked at. */
static struct inspect_object *
begin(struct rig_client *c, const char *head, const void *body, size_t bytes)
{
	rig_respmod(c, head, body, bytes);
	icap_begin(c->rig->icap, c->rig->now);
	CHECK(icap_next(c->session) == ICAP_REQUEST);
	return inspect_request(c->rig->inspect, c->session, &(struct inspect_peer){ 0 }, c);
}

static size_t
pack(const void *bytes, size_t count, uint8_t *out, size_t room)
{
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)bytes;
	z.avail_in = (uint32_t)count;
	z.next_out = out;
	z.avail_out = (uint32_t)room;
	z.end_of_stream = 1;
	return isal_deflate_stateless(&z) == COMP_OK ? z.total_out : 0;
}

/* Text enough for a code of its own, so that EICAR behind it stands nowhere as it is. */
static size_t
hide(enum decode_coding coding, uint8_t *out, size_t room)
{
	static uint8_t text[4096];
	uint64_t random = 1;
	size_t n = room;

	for (size_t i = 0; i < sizeof(text); i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		text[i] = "abcdefghijklmnop"[random >> 60];
	}
	memcpy(text + sizeof(text) - sizeof(eicar), eicar, sizeof(eicar) - 1);
	if (coding == DECODE_ZSTD)
		return ZSTD_compress(out, room, text, sizeof(text), 3);
	return BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, sizeof(text), text, &n, out) ? n
											      : 0;
}

/* The same frame is found as what the head says it is, and passes as what it does not say. */
TEST(codings_are_looked_through)
{
	static uint8_t zstd[5000], brotli[5000], twice[5000], thrice[5000];
	size_t zstd_bytes = hide(DECODE_ZSTD, zstd, sizeof(zstd));
	size_t brotli_bytes = hide(DECODE_BROTLI, brotli, sizeof(brotli));
	size_t twice_bytes = pack(zstd, zstd_bytes, twice, sizeof(twice));
	size_t thrice_bytes = pack(twice, twice_bytes, thrice, sizeof(thrice));
	const struct {
		const char *name, *head, *status;
		const uint8_t *bytes;
		size_t count;
		const char *threat;
	} rows[] = {
		{ "zstd", "Content-Encoding: zstd\r\n", "ICAP/1.0 200", zstd, zstd_bytes, "Eicar" },
		{ "br", "Content-Encoding: BR\r\n", "ICAP/1.0 200", brotli, brotli_bytes, "Eicar" },
		{ "a list", "Content-Encoding: zstd, gzip\r\n", "ICAP/1.0 200", twice, twice_bytes,
		    "Eicar" },
		{ "two fields", "Content-Encoding: zstd\r\nX: y\r\ncontent-encoding: gzip\r\n",
		    "ICAP/1.0 200", twice, twice_bytes, "Eicar" },
		{ "three", "Content-Encoding: zstd, gzip, x-gzip\r\n", "ICAP/1.0 200", thrice,
		    thrice_bytes, "Eicar" },
		{ "half of it", "Content-Encoding: gzip\r\n", "ICAP/1.0 204", twice, twice_bytes,
		    NULL },
		{ "as sent", "", "ICAP/1.0 204", brotli, brotli_bytes, NULL },
		{ "broken", "Content-Encoding: br\r\n", "ICAP/1.0 200", zstd, zstd_bytes - 70,
		    "Policy.Corrupt" },
		{ "too many", "Content-Encoding: zstd, gzip, gzip, gzip\r\n", "ICAP/1.0 200",
		    thrice, thrice_bytes, "Policy.Unsupported" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *set[] = { "policy.corrupt=block", "policy.unsupported=block", NULL };
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r);

		rig_respmod(c, rows[i].head, rows[i].bytes, rows[i].count);
		rig_until(c, 1);
		CHECK_ROW(rows[i].name, strncmp(c->output, rows[i].status, 12) == 0);
		CHECK_ROW(rows[i].name,
		    rows[i].threat == NULL || strstr(c->output, rows[i].threat) != NULL);
		rig_destroy(r);
	}
}

/* A body too short to be of its coding is corrupt. */
TEST(a_few_bytes_of_no_coding_are_corrupt)
{
	static const char *const codings[] = { "gzip", "zstd", "br, zstd", "zstd, gzip" };

	for (unsigned i = 0; i < COUNT_OF(codings); i++) {
		for (size_t bytes = 1; bytes < 8; bytes++) {
			struct rig *r = rig_create(NULL);
			struct rig_client *c = rig_client(r);
			struct record_slot record;
			char field[64];

			snprintf(field, sizeof(field), "Content-Encoding: %s\r\n", codings[i]);
			rig_respmod(c, field, "abcdefgh", bytes);
			rig_until(c, 1);
			CHECK_ROW(codings[i], strncmp(c->output, "ICAP/1.0 204", 12) == 0);
			CHECK_ROW(codings[i], rig_record(r, &record));
			CHECK_ROW(codings[i], record.record.source == SOURCE_CORRUPT);
			rig_destroy(r);
		}
	}
}

/* The verdict waits for the turn's digests, then comes out with the object done. */
static void
end(struct rig_client *c, struct inspect_object *o)
{
	bool done = false;

	CHECK(icap_next(c->session) == ICAP_BODY_END && !inspect_end(o));
	CHECK(inspect_is_hashing(c->rig->inspect));
	CHECK(icap_next(c->session) == ICAP_MORE);
	inspect_digest(c->rig->inspect, false);
	CHECK(inspect_next_settled(c->rig->inspect, &done) != NULL && done);
	CHECK(!inspect_is_hashing(c->rig->inspect));
}

/* Which body is one buffer: a short one is, one whose mbufs are put together, and none beyond. */
TEST(one_buffer_is_scanned_in_block_mode)
{
	static uint8_t text[5000], packed[5000], large[HASHING_ROOM_MAX + 1];
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct inspect_object *o;
	size_t n;

	memset(text, 'a', sizeof(text));
	o = begin(c, "", text, 300);
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	hashing_run(&r->inspect->hashing); /* which it waits for */
	CHECK(signature_block_bytes(o->raw.scan) == 300);
	end(c, o);

	c = rig_client(r);
	o = begin(c, "", text, sizeof(text));
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	hashing_run(&r->inspect->hashing); /* which it waits for */
	CHECK(signature_block_bytes(o->raw.scan) == sizeof(text));
	end(c, o);

	c = rig_client(r);
	o = begin(c, "", large, sizeof(large));
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	CHECK(o->raw.bytes == sizeof(large) && signature_block_bytes(o->raw.scan) == 0);
	end(c, o);

	c = rig_client(r);
	n = pack(text, sizeof(text), packed, sizeof(packed));
	o = begin(c, "Content-Encoding: gzip\r\n", packed, n);
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	CHECK(signature_block_bytes(o->raw.scan) == n);
	CHECK(signature_block_bytes(o->decoded.scan) == sizeof(text));
	end(c, o);
	rig_destroy(r);
}

/* Digests of larger bodies wait for each other while packets flow, and for nothing else. */
TEST(digests_wait_for_lanes_while_packets_flow)
{
	static const struct {
		const char *name;
		size_t bytes;
		bool alone, flows, late, waits;
	} rows[] = {
		{ "many, more to come", 5000, false, true, false, true },
		{ "none other there", 5000, true, true, false, false },
		{ "nothing comes", 5000, false, false, false, false },
		{ "waited enough", 5000, false, true, true, false },
		{ "small", 500, false, true, false, false },
	};
	static uint8_t text[5000];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		unsigned lanes_from = digest_engine_lanes_from(r->digests);
		unsigned count = lanes_from > 0 ? lanes_from : 2, settled = 0;
		struct inspect_object *o;
		bool done;

		CHECK(count > 1 && count <= RIG_CLIENTS_MAX);
		if (rows[i].alone)
			count = 1;
		inspect_begin(r->inspect, r->now, r->now, 1000000000);
		for (unsigned k = 0; k < count; k++) {
			struct rig_client *c = rig_client(r);

			o = begin(c, "", text, rows[i].bytes);
			CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
			CHECK(icap_next(c->session) == ICAP_BODY_END && !inspect_end(o));
			CHECK(icap_next(c->session) == ICAP_MORE);
		}
		r->now = mono_add(r->now, rows[i].late ? microseconds(6) : microseconds(4));
		inspect_begin(r->inspect, r->now, r->now, 1000000000);
		inspect_digest(r->inspect, rows[i].flows);
		CHECK_ROW(rows[i].name,
		    inspect_is_hashing(r->inspect) == (rows[i].waits && lanes_from > 0));
		inspect_digest(r->inspect, false);
		CHECK_ROW(rows[i].name, !inspect_is_hashing(r->inspect));
		while (inspect_next_settled(r->inspect, &done) != NULL)
			settled += done;
		CHECK_ROW(rows[i].name, settled == count);
		rig_destroy(r);
	}
}

/* A verdict that is due takes the others' bytes along no further than lanes are filled; what was
 * left of a longer body is part of its digest all the same. */
TEST(who_is_not_due_waits_on)
{
	static uint8_t texts[RIG_CLIENTS_MAX][60000];
	struct rig *r = rig_create(NULL);
	const uint64_t *counters = r->stats->counters;
	bool lanes = digest_engine_lanes_from(r->digests) > 0, done;
	struct inspect_object *objects[RIG_CLIENTS_MAX];
	struct record_slot slot;
	uint64_t worked, fed = 0;
	unsigned settled = 0, right = 0;

	inspect_begin(r->inspect, r->now, r->now, 1000000000);
	for (unsigned k = 0; k < RIG_CLIENTS_MAX; k++) {
		struct rig_client *c = rig_client(r);
		size_t bytes = k == 1 ? sizeof(texts[k]) : 5000;

		memset(texts[k], 'a' + (int)k, bytes);
		objects[k] = begin(c, "", texts[k], bytes);
		CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(objects[k]));
		fed += bytes;
	}
	for (unsigned k = 0; k < RIG_CLIENTS_MAX; k++) {
		struct rig_client *c = &r->clients[k];

		CHECK(icap_next(c->session) == ICAP_BODY_END && !inspect_end(objects[k]));
		CHECK(icap_next(c->session) == ICAP_MORE);
		if (k > 0)
			continue;
		r->now = mono_add(r->now, milliseconds(2));
		inspect_begin(r->inspect, r->now, r->now, 1000000000);
		inspect_digest(r->inspect, true);
		worked =
		    counters[COUNTER_DIGEST_LANE_BYTES] + counters[COUNTER_DIGEST_SINGLE_BYTES];
		CHECK(!inspect_is_hashing(r->inspect));
		CHECK(!lanes || worked < fed - 50000);
		CHECK(!lanes || !digest_queue_is_empty(r->inspect->hashing.queue));
	}
	inspect_digest(r->inspect, false);
	while (inspect_next_settled(r->inspect, &done) != NULL)
		settled += done;
	CHECK(settled == RIG_CLIENTS_MAX);
	while (rig_record(r, &slot)) {
		for (unsigned k = 0; k < RIG_CLIENTS_MAX; k++) {
			uint8_t sha256[DIGEST_SHA256_BYTES];

			digest_sha256(span_of(texts[k], slot.record.size), sha256);
			right += memcmp(sha256, slot.record.sha256, sizeof(sha256)) == 0;
		}
	}
	CHECK(right == RIG_CLIENTS_MAX);
	rig_destroy(r);
}

/* Bodies that go on and on: what waits is worked off at a bound, though more is to come. */
TEST(what_waits_for_lanes_is_bounded)
{
	static uint8_t text[64 << 10];
	struct rig *r = rig_create(NULL);
	const uint64_t *counters = r->stats->counters;
	uint64_t fed = 0, waiting, most = 0;

	memset(text, 'x', sizeof(text));
	inspect_begin(r->inspect, r->now, r->now, 1000000000);
	for (unsigned k = 0; k < RIG_CLIENTS_MAX; k++) {
		struct rig_client *c = rig_client(r);

		rig_respmod_begin(c, "", sizeof(text) * 100);
		icap_begin(r->icap, r->now);
		CHECK(icap_next(c->session) == ICAP_REQUEST);
		c->object = inspect_request(r->inspect, c->session, &(struct inspect_peer){ 0 }, c);
	}
	for (unsigned i = 0; i < 10 * RIG_CLIENTS_MAX; i++) {
		struct rig_client *c = &r->clients[i % RIG_CLIENTS_MAX];

		rig_send(c, text, sizeof(text));
		while (icap_next(c->session) == ICAP_BODY)
			CHECK(!inspect_body(c->object));
		fed += sizeof(text);
		inspect_digest(r->inspect, true);
		waiting = fed - counters[COUNTER_DIGEST_LANE_BYTES] -
			  counters[COUNTER_DIGEST_SINGLE_BYTES];
		most = waiting > most ? waiting : most;
	}
	CHECK(most <= 2 << 20);
	CHECK(most > 1 << 20 || digest_engine_lanes_from(r->digests) == 0);
	rig_destroy(r);
}
