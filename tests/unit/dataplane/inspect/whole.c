/* SPDX-License-Identifier: BSD-3-Clause */
/* Small objects wait for their digests, and are not scanned where a verdict is remembered. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/sha.h>

#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"
#include "tools/sigc/sigc.h"

#define EICAR                          \
	"X5O!P%@AP[4\\PZX54(P^)7CC)7}" \
	"$EICAR-STANDARD-"             \
	"ANTIVIRUS-TEST-FILE!$H+H*"
#define CLEAN "nothing is found in this"
#define FORM  "Content-Type: multipart/form-data; boundary=xYz\r\n"
#define MAIL                                                                \
	"From: a@example.test\r\nTo: b@example.test\r\nSubject: c\r\n"      \
	"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\nMIME-Version: 1.0\r\n\r\n" \
	"text\r\n"

static uint64_t
scanned(const struct rig *r)
{
	return r->stats->counters[COUNTER_SCANNED_BYTES];
}

/* A response with that body, answered. What its line says. */
static struct record
judged(struct rig *r, const char *row, const char *head, const char *body, size_t bytes)
{
	struct rig_client *c = rig_client(r);
	struct record_slot record = { 0 };
	struct notice n;

	rig_respmod(c, head, body, bytes);
	rig_until(c, 1);
	CHECK_ROW(row, c->output_bytes > 0);
	if (rig_notice(r, &n))
		record = n.object;
	else
		CHECK_ROW(row, rig_record(r, &record));
	return record.record;
}

static struct inspect_object *
begin(struct rig_client *c, const char *body)
{
	rig_respmod(c, "", body, strlen(body));
	icap_begin(c->rig->icap, c->rig->now);
	CHECK(icap_next(c->session) == ICAP_REQUEST);
	return inspect_request(c->rig->inspect, c->session, &(struct inspect_peer){ 0 }, c);
}

static void
feed(struct rig_client *c, struct inspect_object *o)
{
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
}

static void
end(struct rig_client *c, struct inspect_object *o)
{
	CHECK(icap_next(c->session) == ICAP_BODY_END && !inspect_end(o));
}

/* The verdict comes out of the turn's digests. */
static struct record
settle(struct rig *r)
{
	struct record_slot record = { 0 };
	struct notice n;
	bool done = false;

	inspect_digest(r->inspect, false);
	CHECK(inspect_next_settled(r->inspect, &done) != NULL && done);
	if (rig_notice(r, &n))
		return n.object.record;
	CHECK(rig_record(r, &record));
	return record.record;
}

/* Each is sent twice: whether the second time costs a scan, and that the verdict is remembered. */
static const struct {
	const char *name, *head, *body;
	enum verdict verdict;
	bool scanned_again;
} rows[] = {
	{ "clean", "", CLEAN, VERDICT_CLEAN, false },
	{ "bad", "", EICAR, VERDICT_BAD, false },
	{ "of an unknown coding", "Content-Encoding: x-own\r\n", EICAR, VERDICT_BAD, true },
	{ "with parts", FORM, "--xYz\r\n\r\n" CLEAN "\r\n--xYz--", VERDICT_CLEAN, true },
	{ "mail", "", MAIL, VERDICT_CLEAN, true },
};

TEST(what_is_remembered_is_not_scanned_again)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		size_t bytes = strlen(rows[i].body);
		struct record first = judged(r, rows[i].name, rows[i].head, rows[i].body, bytes);
		uint64_t once = scanned(r);
		struct record again = judged(r, rows[i].name, rows[i].head, rows[i].body, bytes);

		CHECK_ROW(rows[i].name, once >= bytes && first.scan_ns > 0);
		CHECK_ROW(rows[i].name, first.source == SOURCE_SCANNED);
		CHECK_ROW(rows[i].name, again.source == SOURCE_CACHED);
		CHECK_ROW(rows[i].name, first.verdict == rows[i].verdict);
		CHECK_ROW(rows[i].name, again.verdict == rows[i].verdict);
		CHECK_ROW(rows[i].name, first.format == again.format);
		CHECK_ROW(rows[i].name, (scanned(r) > once) == rows[i].scanned_again);
		CHECK_ROW(rows[i].name, (again.scan_ns > 0) == rows[i].scanned_again);
		rig_destroy(r);
	}
}

/* What is larger, or comes in pieces, is scanned as it comes. */
TEST(large_objects_do_not_wait)
{
	static char text[HASHING_ROOM_MAX + 1];

	for (size_t bytes = HASHING_ROOM_MAX; bytes <= sizeof(text); bytes++) {
		struct rig *r = rig_create(NULL);
		bool is_large = bytes > HASHING_ROOM_MAX;

		memset(text, 'x', sizeof(text));
		judged(r, "large", "", text, bytes);
		CHECK(judged(r, "large", "", text, bytes).source == SOURCE_CACHED);
		CHECK(scanned(r) == (is_large ? 2 * bytes : bytes));
		rig_destroy(r);
	}
}

TEST(an_object_in_two_pieces_does_not_wait)
{
	struct rig *r = rig_create(NULL);

	for (unsigned i = 0; i < 2; i++) {
		struct rig_client *c = rig_client(r);

		rig_respmod_begin(c, "", 4);
		rig_send(c, "ab", 2);
		rig_turn(r);
		CHECK(scanned(r) == 4 * i + 2);
		rig_send(c, "cd\r\n0\r\n\r\n", 9);
		rig_until(c, 1);
		CHECK(scanned(r) == 4 * i + 4);
	}
	rig_destroy(r);
}

/* A verdict that spared the scan stands, whatever becomes of the cache until it is told. */
TEST(what_was_recalled_needs_no_cache_any_more)
{
	struct rig *r = rig_create(NULL);
	struct command clear = { .kind = COMMAND_CACHE_CLEAR };
	struct rig_client *c;
	struct inspect_object *o;
	struct record said;

	judged(r, "first", "", EICAR, strlen(EICAR));
	c = rig_client(r);
	o = begin(c, EICAR);
	feed(c, o);
	end(c, o);
	hashing_run(&r->inspect->hashing); /* as in the middle of a turn */
	CHECK(!whole_waits(o) && o->found == NULL);
	inspect_command(r->inspect, &clear);
	said = settle(r);
	CHECK(said.verdict == VERDICT_BAD && said.source == SOURCE_CACHED);
	rig_destroy(r);
}

/* The queue runs before the end is told: nobody has a digest yet, so it is scanned. */
TEST(a_run_before_the_end_scans)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct inspect_object *o = begin(c, EICAR);
	struct record said;

	feed(c, o);
	CHECK(whole_waits(o) && scanned(r) == 0);
	hashing_run(&r->inspect->hashing);
	CHECK(!whole_waits(o) && scanned(r) == strlen(EICAR));
	end(c, o);
	said = settle(r);
	CHECK(said.verdict == VERDICT_BAD && said.source == SOURCE_SCANNED);
	rig_destroy(r);
}

/* Whoever leaves is on no list, and gives back its share of the bytes that may wait. */
TEST(an_object_that_leaves_is_not_scanned)
{
	for (unsigned ended = 0; ended < 2; ended++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		struct inspect_object *o = begin(c, EICAR);

		feed(c, o);
		if (ended)
			end(c, o);
		CHECK(r->inspect->hashing.whole_bytes == strlen(EICAR));
		inspect_abort(o);
		CHECK(r->inspect->hashing.whole_bytes == 0);
		hashing_run(&r->inspect->hashing);
		CHECK(scanned(r) == 0);
		rig_destroy(r);
	}
}

/* What may be sent on before the verdict is scanned first, and what is to be held waits. */
TEST(only_what_is_held_until_its_verdict_waits)
{
	static const char *const kinds[] = { "delivery.kind=hold", "delivery.kind=stream",
		"delivery.kind=trickle" };

	static const char request[] =
	    "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n"
	    "Encapsulated: res-hdr=0, res-body=19\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"
	    "4\r\nabcd\r\n0\r\n\r\n";

	for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
		const char *const set[] = { kinds[i], NULL };
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r);
		struct inspect_object *o;

		rig_send(c, request, strlen(request));
		icap_begin(r->icap, r->now);
		CHECK_ROW(kinds[i], icap_next(c->session) == ICAP_REQUEST);
		o = inspect_request(r->inspect, c->session, &(struct inspect_peer){ 0 }, c);
		feed(c, o);
		CHECK_ROW(kinds[i], o->must_echo && whole_waits(o) == (i == 0));
		end(c, o);
		CHECK_ROW(kinds[i], settle(r).source == SOURCE_SCANNED && scanned(r) == 4);
		rig_destroy(r);
	}
}

/* Signatures that trust this text by its SHA-1. */
static struct loaded *
trusting(const char *text)
{
	char line[128], hex[65];
	uint8_t digest[SHA_DIGEST_LENGTH];
	struct sigc sigc = { .has_sandbox = true };

	SHA1((const uint8_t *)text, strlen(text), digest);
	snprintf(line, sizeof(line), "%s:%zu:Trusted\n", digest_hex(digest, sizeof(digest), hex),
	    strlen(text));
	sigc_add_built_in(&sigc);
	return rig_compile(&sigc, line, "sfp");
}

/* Its SHA-1 is the scan's, and a trusted one wins over what was said before. */
TEST(while_sha1s_are_trusted_nothing_waits)
{
	struct rig *r = rig_create(NULL);

	CHECK(judged(r, "before", "", EICAR, strlen(EICAR)).verdict == VERDICT_BAD);
	rig_publish(r, trusting(EICAR));
	CHECK(judged(r, "trusted", "", EICAR, strlen(EICAR)).source == SOURCE_WHITELIST);
	rig_destroy(r);
}

/* What is tried beside counts what it finds in each object. */
TEST(nothing_waits_beside_what_is_tried)
{
	struct rig *r = rig_create(NULL);
	uint64_t once;

	rig_try(r, rig_listing("another text", "hdb"));
	judged(r, "tried", "", "known by its text", 17);
	once = r->stats->counters[COUNTER_SHADOW_BYTES];
	judged(r, "tried", "", "known by its text", 17);
	CHECK(once == 17 && r->stats->counters[COUNTER_SHADOW_BYTES] == 2 * once);
	rig_destroy(r);
}

/* Whoever judged a layer that was put down and not scanned would find an error, never a clean one.
 */
TEST(what_is_not_scanned_yet_has_failed)
{
	struct rig *r = rig_create(NULL);
	struct layer l;

	CHECK(layer_open(&l, r->publisher.current->loaded->cores[0],
		  r->publisher.current->loaded->generation, (struct layer_name){ 0 }) == 0);
	layer_take_whole(&l, span_text(CLEAN));
	CHECK(l.scan_failed);
	layer_scan_whole(&l, span_text(CLEAN));
	CHECK(!l.scan_failed);
	layer_finish(&l, NULL);
	layer_close(&l, NULL);
	rig_destroy(r);
}
