/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of requests that were refused: each, but not more than its share. */
#include "tests/sim/sim.h"
#include "tests/unit/dataplane/inspect/rig.h"

#define RESPMOD(path) "RESPMOD icap://h/" path " ICAP/1.0\r\n"
#define OBJECT                                         \
	RESPMOD("av/respmod")                          \
	"Encapsulated: res-hdr=0, res-body=19\r\n\r\n" \
	"HTTP/1.1 200 OK\r\n\r\n"

static struct rig_client *
say(struct rig *r, const char *text)
{
	struct rig_client *c = rig_client(r);

	rig_send(c, text, strlen(text));
	rig_turn(r);
	rig_turn(r);
	return c;
}

static const struct refused {
	const char *name, *sent, *answer, *line;
	uint16_t status;
	bool has_object;
} rows[] = {
	{ "a path that nothing serves", RESPMOD("av/rspmod") "\r\n", "ICAP/1.0 404 ",
	    "RESPMOD icap://h/av/rspmod ICAP/1.0", 404 },
	{ "the other service's", "REQMOD icap://h/av/respmod ICAP/1.0\r\n\r\n", "ICAP/1.0 405 ",
	    "REQMOD icap://h/av/respmod ICAP/1.0", 405 },
	{ "no method of ours", "LOGMOD icap://h/av/respmod ICAP/1.0\r\n\r\n", "ICAP/1.0 501 ",
	    "LOGMOD icap://h/av/respmod ICAP/1.0", 501 },
	{ "HTTP", "GET / HTTP/1.1\r\nHost: h\r\n\r\n", "ICAP/1.0 400 ", "GET / HTTP/1.1", 400 },
	{ "TLS on the plain port", "\x16\x03\x01", "ICAP/1.0 400 ", "\x16\x03\x01", 400 },
	{ "a broken head within",
	    RESPMOD("av/respmod") "Encapsulated: res-hdr=0, res-body=4\r\n\r\nHTTP",
	    "ICAP/1.0 400 ", "RESPMOD icap://h/av/respmod ICAP/1.0", 400 },
	{ "a broken body", OBJECT "x\r\n", "ICAP/1.0 400 ", "RESPMOD icap://h/av/respmod ICAP/1.0",
	    400, true },
};

TEST(a_refused_request_is_told_once)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = say(r, rows[i].sent);
		struct record_slot slot;
		struct notice notice;

		CHECK_ROW(rows[i].name, strncmp(c->output, rows[i].answer, 13) == 0);
		CHECK_ROW(rows[i].name, r->stats->counters[COUNTER_ANSWERS_ERROR] == 1);
		CHECK_ROW(rows[i].name, rig_notice(r, &notice) == rows[i].has_object);
		/* Of an object that was cut short nobody can say that it is clean. */
		CHECK_ROW(rows[i].name,
		    r->stats->counters[COUNTER_BODIES_TRUNCATED] == rows[i].has_object &&
			r->stats->verdicts[VERDICT_CLEAN][SOURCE_ERROR] == 0);
		CHECK_ROW(rows[i].name, rig_record(r, &slot));
		CHECK_ROW(rows[i].name, slot.record.icap_status == rows[i].status);
		CHECK_ROW(rows[i].name, slot.record.site == RECORD_SITE_REFUSAL);
		CHECK_ROW(rows[i].name,
		    span_equal(record_text_get(&slot, RECORD_TEXT_URL), span_text(rows[i].line)));
		CHECK_ROW(rows[i].name, record_text_get(&slot, RECORD_TEXT_CAUSE).bytes > 0);
		CHECK_ROW(rows[i].name, !rig_record(r, &slot) && !rig_notice(r, &notice));
		rig_destroy(r);
	}
}

TEST(what_is_served_or_leaves_is_not_told)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c =
	    say(r, "OPTIONS icap://h/av/respmod ICAP/1.0\r\nConnection: close\r\n\r\n");
	struct record_slot slot;

	CHECK(strncmp(c->output, "ICAP/1.0 200 ", 13) == 0 && c->over);
	CHECK(!rig_record(r, &slot) && r->stats->counters[COUNTER_ANSWERS_ERROR] == 0);
	rig_destroy(r);
}

/* One connection that says nonsense, without a client around it. */
static void
refuse_one(struct rig *r)
{
	static const struct inspect_peer peer;
	struct icap_session *s = icap_session_create(r->icap);
	struct chain bytes = CHAIN_EMPTY;

	CHECK(chain_append_copy(&bytes, sim_pools(), "?", 1) == 0);
	icap_input(s, &bytes);
	CHECK(icap_next(s) == ICAP_CLOSE);
	inspect_closed(r->inspect, s, &peer);
	inspect_closed(r->inspect, s, &peer); /* while its answer leaves, it is asked again */
	icap_session_destroy(s);
}

static unsigned
records(struct rig *r)
{
	struct record_slot slot;
	unsigned n = 0;

	while (rig_record(r, &slot))
		n++;
	return n;
}

/* A source that may not even speak must not take the ring from the records of objects. */
TEST(more_than_a_share_of_a_second_is_counted_only)
{
	struct rig *r = rig_create(NULL);
	int64_t second = 1000000000;

	unsigned told = 0;

	inspect_begin(r->inspect, r->now, r->now, 5 * second);
	for (unsigned i = 0; i < 100; i++) {
		refuse_one(r);
		told += records(r);
	}
	CHECK(told == 20);
	inspect_begin(r->inspect, r->now, r->now, 6 * second - 1);
	refuse_one(r);
	CHECK(records(r) == 0);
	inspect_begin(r->inspect, r->now, r->now, 6 * second);
	refuse_one(r);
	CHECK(records(r) == 1);
	CHECK(r->stats->counters[COUNTER_ANSWERS_ERROR] == 102);
	CHECK(r->stats->counters[COUNTER_RECORDS_LOST] == 0);
	rig_destroy(r);
}

/* And where the ring is full, that is counted as it is of an object. */
TEST(without_room_it_is_a_lost_record)
{
	struct rig *r = rig_create(NULL);

	for (int64_t second = 1; r->stats->counters[COUNTER_RECORDS_LOST] == 0 && second < 10000;
	     second++) {
		inspect_begin(r->inspect, r->now, r->now, second * 1000000000);
		refuse_one(r);
	}
	CHECK(r->stats->counters[COUNTER_RECORDS_LOST] == 1);
	CHECK(records(r) + 1 == r->stats->counters[COUNTER_ANSWERS_ERROR]);
	rig_destroy(r);
}

/* Connections without a place: one a second, which does not count against the requests' share. */
TEST(who_is_turned_away_is_told_once_a_second)
{
	struct rig *r = rig_create(NULL);
	int64_t second = 1000000000;
	struct ip_address peer;
	struct record_slot slot;
	unsigned told = 0;

	CHECK(address_parse(span_text("192.0.2.7"), &peer) == 0);
	inspect_begin(r->inspect, r->now, r->now, 5 * second);
	for (unsigned i = 0; i < 100; i++)
		inspect_turned_away(r->inspect, &peer, 506);
	CHECK(rig_record(r, &slot) && slot.record.site == RECORD_SITE_REFUSAL);
	CHECK(slot.record.icap_status == 506 && slot.record.session == 0);
	CHECK(address_equal(&slot.record.peer, &peer));
	CHECK(record_text_get(&slot, RECORD_TEXT_URL).bytes == 0);
	CHECK(span_find(record_text_get(&slot, RECORD_TEXT_CAUSE), "icap.connections_max") != NULL);
	CHECK(!rig_record(r, &slot));
	inspect_begin(r->inspect, r->now, r->now, 6 * second);
	inspect_turned_away(r->inspect, &peer, 503);
	CHECK(rig_record(r, &slot) && slot.record.icap_status == 503);
	for (unsigned i = 0; i < 20; i++) {
		refuse_one(r);
		told += records(r);
	}
	CHECK(told == 20);
	rig_destroy(r);
}
