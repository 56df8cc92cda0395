/* SPDX-License-Identifier: BSD-3-Clause */
/* Delivery before the verdict: what goes out when, what a bad verdict makes of it, the guard. */
#include <stdlib.h>

#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

#define REQUEST "GET http://example.test/a HTTP/1.1\r\nHost: example.test\r\n\r\n"
#define HEAD    "HTTP/1.1 200 OK\r\n\r\n"

/* As Squid asks for large bodies: neither Allow: 204 nor, here, a preview. */
static void
begin(struct rig_client *c, const char *url_and_more)
{
	char text[1024];
	int n = snprintf(text, sizeof(text),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n"
	    "Encapsulated: req-hdr=0, res-hdr=%zu, res-body=%zu\r\n\r\n%s%s",
	    strlen(url_and_more), strlen(url_and_more) + strlen(HEAD), url_and_more, HEAD);

	rig_send(c, text, (size_t)n);
}

static void
chunk(struct rig_client *c, const void *bytes, size_t count)
{
	char size[24];

	rig_send(c, size, (size_t)snprintf(size, sizeof(size), "%zx\r\n", count));
	rig_send(c, bytes, count);
	rig_send(c, "\r\n", 2);
}

static void
turns(struct rig *r, unsigned count)
{
	while (count-- > 0)
		rig_turn(r);
}

static void *
letters(size_t count)
{
	char *text = malloc(count);

	for (size_t i = 0; i < count; i++)
		text[i] = (char)('a' + i % 26);
	return text;
}

/* What went out of a body, of all that was sent: the chunk framing is small against it. */
static bool
about(size_t output, size_t body)
{
	return output > body && output < body + 600;
}

TEST(stream_holds_the_last_part_back)
{
	static const char *const set[] = { "delivery.kind=stream", "delivery.after_bytes=10000",
		"delivery.hold_back_bytes=5000", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char *text = letters(40000);

	begin(c, REQUEST);
	chunk(c, text, 9000);
	turns(r, 3);
	CHECK(c->output_bytes == 0); /* not more than after_bytes */
	chunk(c, text, 20000);
	turns(r, 3);
	CHECK(about(c->output_bytes, 24000));
	CHECK(strncmp(c->output, "ICAP/1.0 200 OK", 15) == 0);
	rig_send(c, "0\r\n\r\n", 5);
	turns(r, 3);
	CHECK(about(c->output_bytes, 29000) && !c->over);
	CHECK(r->stats->counters[COUNTER_ANSWERS_EARLY] == 1);
	CHECK(r->stats->counters[COUNTER_ANSWERS_ECHO] == 1);
	free(text);
	rig_destroy(r);
}

/* The bytes that come back are those that were sent, whatever was streamed, spilt and held. */
TEST(a_stream_is_the_object_byte_for_byte)
{
	static const char *const sets[][4] = {
		{ "delivery.kind=stream", "delivery.hold_back_bytes=1", NULL },
		{ "delivery.kind=stream", "delivery.hold_back_bytes=200000", NULL },
		{ "delivery.kind=trickle", "delivery.trickle_delay_ms=2",
		    "delivery.trickle_bytes=700", NULL },
		{ "delivery.kind=hold", NULL },
	};

	for (unsigned n = 0; n < 4; n++) {
		struct rig *r = rig_create(sets[n]);
		struct rig_client *c = rig_client(r);
		char *text = letters(400000), *got;
		size_t length;

		c->keeps_all = true;
		begin(c, REQUEST);
		for (unsigned at = 0; at < 400000; at += 40000) {
			chunk(c, text + at, 40000);
			turns(r, 3);
		}
		turns(r, 2100); /* trickles, and stalls */
		rig_send(c, "0\r\n\r\n", 5);
		turns(r, 3);
		got = rig_echoed_body(c, &length);
		CHECK(length == 400000 && memcmp(got, text, 400000) == 0);
		CHECK(!c->over);
		free(got);
		free(text);
		rig_destroy(r);
	}
}

TEST(a_bad_end_cuts_and_the_url_is_guarded)
{
	static const char *const set[] = { "delivery.kind=stream", "delivery.after_bytes=1000",
		NULL };
	static const char other[] =
	    "GET http://example.test/b HTTP/1.1\r\nHost: example.test\r\n\r\n";
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char *text = letters(30000);
	struct notice n;

	begin(c, REQUEST);
	chunk(c, text, 30000);
	turns(r, 3);
	chunk(c, eicar, sizeof(eicar) - 1);
	turns(r, 3);
	rig_send(c, "0\r\n\r\n", 5);
	turns(r, 3);
	CHECK(c->over && icap_wants_abort(c->session));
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_BAD);
	CHECK(n.object.record.flags & RECORD_FLAG_CUT);
	CHECK(n.object.record.flags & RECORD_FLAG_BLOCKED);
	CHECK(r->stats->counters[COUNTER_CUT] == 1 && r->stats->counters[COUNTER_BLOCKED] == 0);

	c = rig_client(r);
	begin(c, REQUEST);
	turns(r, 3);
	CHECK(strstr(c->output, "HTTP/1.1 403") != NULL);
	CHECK(rig_notice(r, &n) && n.object.record.source == SOURCE_CACHED);
	CHECK(r->stats->counters[COUNTER_GUARDED] == 1);

	c = rig_client(r);
	begin(c, other);
	turns(r, 3);
	CHECK(c->output_bytes == 0);
	free(text);
	rig_destroy(r);
}

/* A threat in what has come stops the sending at once; the whole object may still be a trusted one.
 */
TEST(nothing_goes_out_behind_a_threat)
{
	static const char *const set[] = { "delivery.kind=stream", "delivery.after_bytes=1000",
		"delivery.hold_back_bytes=1", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char *text = letters(30000);
	size_t before;

	begin(c, REQUEST);
	chunk(c, text, 5000);
	turns(r, 3);
	before = c->output_bytes;
	CHECK(about(before, 4999));
	chunk(c, eicar, sizeof(eicar) - 1);
	turns(r, 3);
	before = c->output_bytes;
	chunk(c, text, 30000);
	turns(r, 3);
	CHECK(c->output_bytes == before);
	turns(r, 700); /* and a body that then stands still will not get better */
	CHECK(c->over && icap_wants_abort(c->session));
	free(text);
	rig_destroy(r);
}

/* Held as it should be, until the client waits for us as we for it. */
TEST(a_body_that_stands_still_is_streamed)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	char *text = letters(60000);

	begin(c, REQUEST);
	chunk(c, text, 60000);
	turns(r, 290);
	CHECK(c->output_bytes == 0);
	turns(r, 30);
	CHECK(about(c->output_bytes, 60000 - 16384));
	CHECK(r->stats->counters[COUNTER_STALLS] == 1);
	chunk(c, text, 60000);
	turns(r, 3);
	CHECK(about(c->output_bytes, 2 * 60000 - 16384));
	rig_send(c, "0\r\n\r\n", 5);
	turns(r, 3);
	CHECK(about(c->output_bytes, 2 * 60000) && !c->over);
	CHECK(r->stats->counters[COUNTER_STALLS] == 1);
	free(text);
	rig_destroy(r);
}

/* Squid sends no more before some of it comes back: the 300 ms of other bodies would be lost. */
TEST(a_full_pipe_of_squids_is_not_waited_for)
{
	static const unsigned sizes[] = { 65534, 65535, 65536 };

	for (unsigned i = 0; i < 3; i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		char *text = letters(sizes[i]);

		begin(c, REQUEST);
		chunk(c, text, 4096);
		turns(r, 3);
		chunk(c, text + 4096, sizes[i] - 4096);
		turns(r, 8);
		CHECK(c->output_bytes == 0);
		turns(r, 22);
		CHECK(sizes[i] == 65535 ? about(c->output_bytes, 65535 - 16384)
					: c->output_bytes == 0);
		CHECK(r->stats->counters[COUNTER_STALLS] == (sizes[i] == 65535));
		free(text);
		rig_destroy(r);
	}
}

/*
 * The rest of a body comes in the turn in which what is there begins to be sent, or in one near it:
 * the object is told of twice in one turn, and is answered all the same.
 */
TEST(a_body_ends_as_it_begins_to_be_sent)
{
	static const char *const sets[][4] = { { "delivery.kind=stream", NULL },
		{ "delivery.kind=trickle", "delivery.trickle_delay_ms=300", NULL } };

	for (unsigned i = 0; i < 2; i++) {
		for (unsigned at = 295; at < 306; at++) {
			struct rig *r = rig_create(sets[i]);
			struct rig_client *c = rig_client(r);
			char *text = letters(60000);

			begin(c, REQUEST);
			chunk(c, text, 60000);
			turns(r, at);
			rig_send(c, "0\r\n\r\n", 5);
			turns(r, 30);
			CHECK(about(c->output_bytes, 60000));
			CHECK(inspect_objects_now(r->inspect) == 0);
			free(text);
			rig_destroy(r);
		}
	}
}

static void
begin_turn(struct rig *r, struct duration later)
{
	r->now = mono_add(r->now, later);
	icap_begin(r->icap, r->now);
	inspect_begin(r->inspect, r->now, r->now, 1000000000);
}

/* A few bytes go out of an object whose digests wait for others, and it is judged all the same. */
TEST(a_trickle_while_digests_wait)
{
	static const char *const set[] = { "delivery.kind=trickle", "delivery.trickle_delay_ms=5",
		"delivery.after_bytes=1000", NULL };
	struct rig *r = rig_create(set);
	unsigned count = digest_engine_lanes_from(r->digests), dripped = 0, judged = 0;
	char *text = letters(200000);
	struct rig_client *c;
	bool done;

	if (count == 0 || count > RIG_CLIENTS_MAX)
		harness_skip("no digests in lanes here");
	begin_turn(r, milliseconds(1));
	for (unsigned i = 0; i < count && count <= RIG_CLIENTS_MAX; i++) {
		c = rig_client(r);
		begin(c, REQUEST);
		chunk(c, text, 200000);
		CHECK(icap_next(c->session) == ICAP_REQUEST);
		c->object = inspect_request(r->inspect, c->session, &(struct inspect_peer){ 0 }, c);
		while (icap_next(c->session) == ICAP_BODY)
			CHECK(!inspect_body(c->object));
	}
	begin_turn(r, nanoseconds(milliseconds(5).ns - microseconds(20).ns));
	for (unsigned i = 0; i < r->client_count; i++) {
		c = &r->clients[i];
		rig_send(c, "0\r\n\r\n", 5);
		CHECK(icap_next(c->session) == ICAP_BODY_END && !inspect_end(c->object));
	}
	begin_turn(r, microseconds(120)); /* of 200 that they may wait; a tick of the wheel is 66 */
	inspect_tick(r->inspect);
	for (unsigned i = 0; i < r->client_count; i++)
		dripped += r->clients[i].object->sent > 0;
	inspect_digest(r->inspect, true);
	CHECK(inspect_is_hashing(r->inspect) == (r->client_count > 0));
	inspect_digest(r->inspect, false);
	while ((c = inspect_next_settled(r->inspect, &done)) != NULL) {
		judged += done;
		c->object = done ? NULL : c->object;
	}
	CHECK(dripped == r->client_count && judged == r->client_count);
	free(text);
	rig_destroy(r);
}

/* However long a trickle waits for its first bytes. */
TEST(a_stall_ends_in_every_kind)
{
	static const char *const kinds[] = { "delivery.kind=hold", "delivery.kind=stream",
		"delivery.kind=trickle" };

	for (unsigned i = 0; i < 3; i++) {
		const char *const set[] = { kinds[i], "delivery.trickle_delay_ms=10000",
			"delivery.trickle_bytes=1", NULL };
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r);
		char *text = letters(65535);

		begin(c, REQUEST);
		chunk(c, text, 65535);
		turns(r, 700);
		CHECK_ROW(kinds[i], about(c->output_bytes, 65535 - 16384));
		free(text);
		rig_destroy(r);
	}
}

/* With a threat in it and nothing sent yet, the page is still to be had. */
TEST(a_bad_body_that_stands_still_gets_the_page)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	char *text = letters(65535);
	struct notice n;

	begin(c, REQUEST);
	chunk(c, text, 500);
	chunk(c, eicar, sizeof(eicar) - 1);
	chunk(c, text, 65535);
	turns(r, 700);
	CHECK(strstr(c->output, "HTTP/1.1 403") != NULL);
	CHECK(rig_notice(r, &n) && n.object.record.flags == RECORD_FLAG_BLOCKED);
	CHECK(n.object.record.match_offset >= 500);
	CHECK(r->stats->counters[COUNTER_CUT] == 0);
	free(text);
	rig_destroy(r);
}

/* Uploads, small bodies and what may be answered with 204 are held, however long they take. */
TEST(what_is_never_early)
{
	static const char *const set[] = { "delivery.kind=stream", NULL };
	static const char upload[] =
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n"
	    "Encapsulated: req-hdr=0, req-body=59\r\n\r\n"
	    "POST http://example.test/a HTTP/1.1\r\nHost: example.test\r\n\r\n";
	struct rig *r = rig_create(set);
	struct rig_client *up = rig_client(r), *small = rig_client(r), *may = rig_client(r);
	char *text = letters(60000), asks[512];
	int n = snprintf(asks, sizeof(asks),
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n"
	    "Encapsulated: res-hdr=0, res-body=%zu\r\n\r\n%s",
	    strlen(HEAD), HEAD);

	rig_send(up, upload, sizeof(upload) - 1);
	chunk(up, text, 60000);
	begin(small, REQUEST);
	chunk(small, text, 32768);
	rig_send(may, asks, (size_t)n);
	chunk(may, text, 60000);
	turns(r, 1000);
	CHECK(up->output_bytes == 0 && small->output_bytes == 0 && may->output_bytes == 0);
	free(text);
	rig_destroy(r);
}

/* In monitor mode nothing is stopped, so nothing need be held back. */
TEST(monitor_streams_to_the_last_byte)
{
	static const char *const set[] = { "delivery.kind=stream", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char *text = letters(60000);

	region_set_mode(r->region, MODE_MONITOR);
	begin(c, REQUEST);
	chunk(c, eicar, sizeof(eicar) - 1);
	chunk(c, text, 60000);
	turns(r, 3);
	CHECK(about(c->output_bytes, 60068));
	rig_send(c, "0\r\n\r\n", 5);
	turns(r, 3);
	CHECK(!c->over && r->stats->counters[COUNTER_CUT] == 0);
	free(text);
	rig_destroy(r);
}

/* A sandbox gets the whole object, though most of it had been sent on before its turn came. */
TEST(a_streamed_object_is_sampled_whole)
{
	static const char *const set[] = { "delivery.kind=stream", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	char *text = letters(60000);
	struct arena_reader reader;
	struct notice n;
	struct span s;
	uint64_t seen = 0;

	memcpy(text, "PK\3\4\24\0\0\0\10\0", 10);
	begin(c, REQUEST);
	for (unsigned i = 0; i < 6; i++) {
		chunk(c, text + i * 10000, 10000);
		turns(r, 2);
	}
	CHECK(about(c->output_bytes, 60000 - 16384));
	rig_send(c, "0\r\n\r\n", 5);
	turns(r, 3);
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_SANDBOX && n.job_bytes == 60000);
	arena_read_begin(r->reader, n.first_block, n.job, n.job_bytes, &reader);
	while (arena_read_next(&reader, &s)) {
		CHECK(memcmp(s.data, text + seen, s.bytes) == 0);
		seen += s.bytes;
	}
	CHECK(seen == 60000);
	free(text);
	rig_destroy(r);
}

/* Advanced mode: what a sandbox is to judge first is not streamed, the rest is. */
TEST(advanced_streams_only_what_no_sandbox_judges)
{
	static const char *const set[] = { "delivery.kind=stream", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r), *d = rig_client(r);
	char *text = letters(60000), *zip = letters(60000);

	memcpy(zip, "PK\3\4\24\0\0\0\10\0", 10);
	region_set_mode(r->region, MODE_ADVANCED);
	begin(c, REQUEST);
	begin(d, REQUEST);
	chunk(c, text, 60000);
	chunk(d, zip, 60000);
	turns(r, 3);
	CHECK(about(c->output_bytes, 60000 - 16384));
	CHECK(d->output_bytes == 0);
	free(text);
	free(zip);
	rig_destroy(r);
}

/* While the sandbox works, a few bytes a second; what it convicts is cut. */
TEST(a_held_object_trickles)
{
	static const char *const set[] = { "delivery.kind=trickle", "delivery.trickle_delay_ms=100",
		"delivery.trickle_bytes=1000", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);
	struct command answer = { .kind = COMMAND_ANSWER,
		.verdict = VERDICT_BAD,
		.source = SOURCE_SANDBOX,
		.threat = "Late.Test" };
	char *zip = letters(60000);
	struct notice n;

	memcpy(zip, "PK\3\4\24\0\0\0\10\0", 10);
	region_set_mode(r->region, MODE_ADVANCED);
	begin(c, REQUEST);
	chunk(c, zip, 60000);
	rig_send(c, "0\r\n\r\n", 5);
	turns(r, 90);
	CHECK(c->output_bytes == 0);
	turns(r, 20);
	CHECK(about(c->output_bytes, 1000));
	turns(r, 3000);
	CHECK(about(c->output_bytes, 4000) && inspect_held_now(r->inspect) == 1);
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_SANDBOX && n.job_bytes == 60000);
	answer.job = n.job;
	CHECK(command_send(r->reader, &answer) == 0);
	turns(r, 3);
	CHECK(c->over && icap_wants_abort(c->session));
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_BAD);
	CHECK(n.object.record.flags & RECORD_FLAG_CUT);
	free(zip);
	rig_destroy(r);
}

TEST(the_guard_forgets_in_time_and_bounds_its_sets)
{
	struct guard *g = guard_create();
	struct mono now = { 1000000000 };
	uint8_t key[32] = { 1, 2, 3 };

	CHECK(!guard_is_used(g) && guard_find(g, key, now) == NULL);
	guard_put(g, key, "none", now, now);
	CHECK(guard_find(g, key, now) == NULL); /* a guard of no time is none */
	guard_put(g, key, "one", now, mono_add(now, seconds(10)));
	CHECK(guard_is_used(g) && strcmp(guard_find(g, key, now), "one") == 0);
	CHECK(guard_find(g, key, mono_add(now, seconds(10))) == NULL);
	for (uint8_t i = 1; i <= GUARD_WAYS; i++) { /* others of its set, which end later */
		key[31] = i;
		guard_put(g, key, "more", now, mono_add(now, seconds(20)));
	}
	key[31] = 0;
	CHECK(guard_find(g, key, now) == NULL);
	key[31] = GUARD_WAYS;
	CHECK(guard_find(g, key, now) != NULL);
	guard_put(g, key, "twice", now, mono_add(now, seconds(30)));
	CHECK(strcmp(guard_find(g, key, now), "twice") == 0);
	key[31] = 1;
	CHECK(guard_find(g, key, now) != NULL); /* the second time took no other's place */
	guard_destroy(g);
}
