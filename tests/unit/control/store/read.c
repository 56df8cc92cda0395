/* SPDX-License-Identifier: BSD-3-Clause */
/* Alerts a page at a time, deliveries and convictions by digest, records whole or not at all. */
#include <time.h>

#include "tests/unit/control/store/place.h"

#define DAY_NS (24 * 3600 * 1000000000ll)

#define ALERTS 25

struct seen {
	unsigned count;
	uint64_t numbers[64];
	struct store_place last;
};

static void
see(void *arg, const struct store_alert *a)
{
	struct seen *s = arg;

	s->numbers[s->count++] = place_number(a->uuid);
	s->last = a->place;
}

/* Alerts 0 to ALERTS-1, raised at 1000, 1010, 1020 …; two of each instant. */
static void
fill(struct store *s)
{
	char text[128];

	CHECK(store_begin(s) == 0);
	for (unsigned i = 0; i < ALERTS; i++)
		place_put_alert(s, i, 5, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(s) == 0);
	snprintf(text, sizeof(text), "UPDATE alerts SET raised_ns = 1000 + (id - 1) / 2 * 10");
	CHECK(sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK);
}

TEST(alerts_come_newest_first_page_by_page)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	fill(p.store);
	for (unsigned page = 1; page <= ALERTS + 1; page++) {
		struct seen s = { .last = STORE_NEWEST };
		unsigned before;

		do {
			before = s.count;
			CHECK(store_alerts(p.store, 0, s.last, page, see, &s) == 0);
			CHECK_SEED(page, s.count - before <= page);
		} while (s.count > before);
		CHECK_SEED(page, s.count == ALERTS);
		for (unsigned i = 0; i < s.count; i++)
			CHECK_SEED(page, s.numbers[i] == ALERTS - 1 - i);
	}
	place_remove(&p);
}

TEST(alerts_since_a_time)
{
	static const struct {
		const char *name;
		int64_t since_ns;
		unsigned count;
	} cases[] = {
		{ "all", 0, ALERTS },
		{ "from the second instant on", 1010, ALERTS - 2 },
		{ "just after it", 1011, ALERTS - 4 },
		{ "the last", 1120, 1 },
		{ "none yet", 1121, 0 },
	};
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	fill(p.store);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct seen s = { 0 };

		CHECK(store_alerts(p.store, cases[i].since_ns, STORE_NEWEST, 60, see, &s) == 0);
		CHECK_ROW(cases[i].name, s.count == cases[i].count);
	}
	place_remove(&p);
}

/* A late alert is about an old object and is new all the same: who asks for the last hour gets it.
 */
TEST(a_late_alert_counts_as_raised_now)
{
	struct place p;
	struct seen s = { 0 }, of = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	place_put_alert(p.store, 7, 5, STORE_ORIGIN_LATE);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_alerts(
		  p.store, (int64_t)(now.tv_sec - 1) * 1000000000, STORE_NEWEST, 9, see, &s) == 0);
	CHECK(s.count == 1 && s.numbers[0] == 7);
	CHECK(store_alerts_of(p.store, place_id(7), see, &of) == 0 && of.count == 1);
	CHECK(store_alerts_of(p.store, place_id(8), see, &of) == 0 && of.count == 1);
	place_remove(&p);
}

static void
see_delivery(void *arg, const struct store_delivery *d)
{
	struct seen *s = arg;

	CHECK(strcmp(d->client, "192.0.2.7") == 0 && strcmp(d->user, "joe") == 0);
	CHECK(strcmp(d->url, "") == 0); /* none was given */
	s->numbers[s->count++] = place_number(d->uuid);
}

TEST(deliveries_by_digest)
{
	struct place p;
	struct seen s = { 0 }, none = { 0 };

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	for (unsigned i = 0; i < 30; i++)
		place_put_delivery(p.store, i, i % 3, 1);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_deliveries_of(p.store, place_id(1), see_delivery, &s) == 0);
	CHECK(s.count == 10 && s.numbers[0] == 1 && s.numbers[9] == 28);
	CHECK(store_deliveries_of(p.store, place_id(3), see_delivery, &none) == 0);
	CHECK(none.count == 0);
	place_remove(&p);
}

TEST(convictions_count_from_their_time_on)
{
	struct place p;
	char threat[8] = "";

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	store_put_conviction(p.store, place_id(1), "A", 50);
	store_put_conviction(p.store, place_id(1), "Longer-Than-Its-Room", 60);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_conviction(p.store, place_id(1), 60, threat, sizeof(threat)));
	CHECK(strcmp(threat, "Longer-") == 0);
	CHECK(!store_conviction(p.store, place_id(1), 61, threat, sizeof(threat)));
	CHECK(!store_conviction(p.store, place_id(2), 0, threat, sizeof(threat)));
	place_remove(&p);
}

TEST(a_finding_is_where_the_last_was)
{
	struct place p;
	char layer[8] = "";
	int64_t place = 0;

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	CHECK(!store_finding(p.store, place_id(1), layer, sizeof(layer), &place));
	store_put_finding(p.store, place_id(1), "zip:a", 5, 50);
	store_put_finding(p.store, place_id(2), "longer than its room", -1, 50);
	store_put_finding(p.store, place_id(1), "zip:b", 1ll << 40, 60);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_finding(p.store, place_id(1), layer, sizeof(layer), &place));
	CHECK(strcmp(layer, "zip:b") == 0 && place == 1ll << 40);
	CHECK(store_finding(p.store, place_id(2), layer, sizeof(layer), &place));
	CHECK(strcmp(layer, "longer ") == 0 && place == -1);
	CHECK(!store_finding(p.store, place_id(3), layer, sizeof(layer), &place));
	place_remove(&p);
}

TEST(a_part_is_of_the_object_it_was_found_in_last)
{
	struct place p;
	char layer[8] = "";
	uint8_t uuid[16];

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	CHECK(!store_part(p.store, place_id(1), uuid, layer, sizeof(layer)));
	store_put_part(p.store, place_id(1), place_id(7), "zip:a", 50);
	store_put_part(p.store, place_id(1), place_id(8), "zip:b->pdf:1", DAY_NS);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_part(p.store, place_id(1), uuid, layer, sizeof(layer)));
	CHECK(memcmp(uuid, place_id(8), 16) == 0 && strcmp(layer, "zip:b->") == 0);
	CHECK(!store_part(p.store, place_id(2), uuid, layer, sizeof(layer)));
	CHECK(store_prune(p.store, DAY_NS + 1) == 0);
	CHECK(store_part(p.store, place_id(1), uuid, layer, sizeof(layer)));
	CHECK(store_prune(p.store, 100 * DAY_NS) == 0);
	CHECK(!store_part(p.store, place_id(1), uuid, layer, sizeof(layer)));
	place_remove(&p);
}

TEST(a_record_comes_back_whole_or_not_at_all)
{
	struct place p;
	char room[8] = "";

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	store_put_object(p.store, place_id(1), 1, span_of("a\0c", 3));
	store_put_object(p.store, place_id(2), 1, span_text("12345678"));
	store_put_object(p.store, place_id(3), 1, span_text("123456789"));
	CHECK(store_commit(p.store) == 0);
	CHECK(store_object(p.store, place_id(1), room, 8) == 3 && memcmp(room, "a\0c", 3) == 0);
	CHECK(store_object(p.store, place_id(2), room, 8) == 8);
	CHECK(store_object(p.store, place_id(3), room, 8) == 0);
	CHECK(store_object(p.store, place_id(4), room, 8) == 0);
	place_remove(&p);
}

/* A store_record_seen: the last byte of each, until it is '.'. */
static bool
see_last(void *arg, const void *record, size_t bytes)
{
	char *seen = arg, last = ((const char *)record)[bytes - 1];

	strncat(seen, &last, 1);
	return last == '.';
}

TEST(earlier_records_that_hold_the_same)
{
	static const char *const records[] = { "a-key.", "b-key1", "c-kez2", "d-key3", "e-key4" };
	struct place p;
	char seen[16] = "";

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	for (unsigned i = 0; i < 5; i++)
		store_put_object(p.store, place_id(i), 1, span_text(records[i]));
	store_put_object(p.store, place_id(7), 1, span_of("a\0", 2));
	CHECK(store_commit(p.store) == 0);
	CHECK(store_earlier(p.store, place_id(4), 2, span_text("key"), see_last, seen) == 0);
	CHECK(strcmp(seen, "31.") == 0);
	seen[0] = 0;
	CHECK(store_earlier(p.store, place_id(0), 2, span_text("key"), see_last, seen) == 0);
	CHECK(store_earlier(p.store, place_id(9), 2, span_text("key"), see_last, seen) == 0);
	CHECK(seen[0] == 0);
	place_remove(&p);
}

/* Blobs of another length than they should have are zeros, not bytes behind them. */
TEST(a_row_of_odd_shape_leads_nobody_astray)
{
	struct place p;
	struct seen s = { 0 };

	place_make(&p);
	CHECK(place_open(&p) == 0);
	CHECK(sqlite3_exec(p.store->db,
		  "INSERT INTO alerts (uuid, origin, wall_ns, md5) VALUES (x'0102', 9, 'x', 5)",
		  NULL, NULL, NULL) == SQLITE_OK);
	CHECK(store_alerts(p.store, 0, STORE_NEWEST, 9, see, &s) == 0);
	CHECK(s.count == 1 && s.numbers[0] == 0);
	place_remove(&p);
}
