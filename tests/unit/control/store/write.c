/* SPDX-License-Identifier: BSD-3-Clause */
/* Transactions: whole or not at all, busy, full, doubled; and what pruning leaves. */
#include "tests/unit/control/store/place.h"

#define DAY_NS (24LL * 3600 * 1000000000)

static struct store_facts
facts_of(struct store *s)
{
	struct store_facts facts;

	store_facts(s, &facts);
	return facts;
}

TEST(a_rolled_back_transaction_leaves_nothing)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	place_put_alert(p.store, 1, 1, STORE_ORIGIN_OBJECT);
	place_put_delivery(p.store, 1, 1, 1);
	store_rollback(p.store);
	CHECK(facts_of(p.store).alerts == 0 && facts_of(p.store).deliveries == 0);
	CHECK(store_commit(p.store) == 0); /* none is open: nothing to do */
	place_remove(&p);
}

/* A notice may be seen twice; an object's alert and its late one are two. */
TEST(doubles_are_ignored)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	for (unsigned i = 0; i < 3; i++) {
		CHECK(store_begin(p.store) == 0);
		place_put_alert(p.store, 1, 5, STORE_ORIGIN_OBJECT);
		place_put_alert(p.store, 1, 5, STORE_ORIGIN_LATE);
		place_put_delivery(p.store, 1, 9, 5);
		store_put_object(p.store, place_id(1), 5, span_text("record"));
		CHECK(store_commit(p.store) == 0);
	}
	CHECK(facts_of(p.store).alerts == 2 && facts_of(p.store).deliveries == 1);
	CHECK(facts_of(p.store).objects == 1);
	place_remove(&p);
}

/* An operator's shell that holds a write lock: -EBUSY at once, and all goes well once it ends. */
TEST(busy_is_told_at_once_and_loses_nothing)
{
	struct place p;
	sqlite3 *other = NULL;

	place_make(&p);
	CHECK(place_open(&p) == 0 && sqlite3_open(p.path, &other) == SQLITE_OK);
	CHECK(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(store_begin(p.store) == -EBUSY && store_prune(p.store, 1) == -EBUSY);
	CHECK(facts_of(p.store).busy == 2 && facts_of(p.store).error[0] != 0);
	CHECK(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	CHECK(store_begin(p.store) == 0);
	place_put_alert(p.store, 1, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(p.store) == 0 && facts_of(p.store).error[0] == 0);
	sqlite3_close(other);
	place_remove(&p);
}

/* WAL: who reads sees the state of its beginning, and holds up nobody. */
TEST(a_reader_beside_us_sees_whole_transactions)
{
	struct place p;
	sqlite3 *other = NULL;
	sqlite3_stmt *count;

	place_make(&p);
	CHECK(place_open(&p) == 0 && sqlite3_open(p.path, &other) == SQLITE_OK);
	CHECK(sqlite3_prepare_v2(other, "SELECT count(*) FROM alerts", -1, &count, NULL) ==
	      SQLITE_OK);
	for (int i = 0; i < 20; i++) {
		CHECK(store_begin(p.store) == 0);
		place_put_alert(p.store, 2 * (unsigned)i, 1, STORE_ORIGIN_OBJECT);
		place_put_alert(p.store, 2 * (unsigned)i + 1, 1, STORE_ORIGIN_OBJECT);
		CHECK(sqlite3_step(count) == SQLITE_ROW && sqlite3_column_int(count, 0) == 2 * i);
		CHECK(store_commit(p.store) == 0);
		sqlite3_reset(count);
		CHECK(sqlite3_step(count) == SQLITE_ROW &&
		      sqlite3_column_int(count, 0) == 2 * (i + 1));
		sqlite3_reset(count);
	}
	sqlite3_finalize(count);
	sqlite3_close(other);
	place_remove(&p);
}

/* Who reads for long pins the WAL: recent objects stop growing it, alerts go on, and all is as
 * before once the reader has ended. */
TEST(a_pinned_journal_is_bounded)
{
	struct place p;
	sqlite3 *other = NULL;
	char record[1000];
	uint64_t at_bound;
	unsigned n = 0;

	memset(record, 'x', sizeof(record));
	place_make(&p);
	CHECK(place_open(&p) == 0 && sqlite3_open(p.path, &other) == SQLITE_OK);
	p.store->pinned_bytes = 8 << 20; /* more than a checkpoint waits for */
	CHECK(sqlite3_exec(other, "BEGIN; SELECT count(*) FROM objects", NULL, NULL, NULL) ==
	      SQLITE_OK);
	for (; n < 5000; n++) {
		CHECK(store_begin(p.store) == 0);
		store_put_object(p.store, place_id(n), n, (struct span){ (uint8_t *)record, 1000 });
		CHECK(store_commit(p.store) == 0);
		if (facts_of(p.store).left_out == 1)
			at_bound = p.store->journal_bytes;
	}
	CHECK(facts_of(p.store).left_out > 1000);
	CHECK(p.store->journal_bytes == at_bound && at_bound < (8 << 20) + 64 * STORE_PAGE_BYTES);
	CHECK(store_begin(p.store) == 0);
	place_put_alert(p.store, 1, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(p.store) == 0 && facts_of(p.store).alerts == 1);
	CHECK(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL) == SQLITE_OK);
	for (unsigned more = 0; more < 3; more++) { /* the first one's checkpoint frees the WAL */
		CHECK(store_begin(p.store) == 0);
		place_put_alert(p.store, 2 + more, 1, STORE_ORIGIN_OBJECT);
		CHECK(store_commit(p.store) == 0);
	}
	CHECK(p.store->journal_bytes < 1 << 20);
	CHECK(store_begin(p.store) == 0);
	store_put_object(p.store, place_id(n), n, (struct span){ (uint8_t *)record, 1000 });
	CHECK(store_commit(p.store) == 0);
	CHECK(store_object(p.store, place_id(n), record, sizeof(record)) == 1000);
	sqlite3_close(other);
	place_remove(&p);
}

/* The disk is full somewhere in a transaction: nothing of it is stored, and it can be tried again.
 */
TEST(a_full_disk_fails_the_whole_transaction)
{
	static char large[3000];
	struct place p;
	int rc = 0;
	unsigned kept = 0;

	memset(large, 'x', sizeof(large));
	place_make(&p);
	CHECK(place_open(&p) == 0);
	CHECK(
	    sqlite3_exec(p.store->db, "PRAGMA max_page_count = 60", NULL, NULL, NULL) == SQLITE_OK);
	for (unsigned i = 0; i < 200 && rc == 0; i++) {
		CHECK(store_begin(p.store) == 0);
		place_put_alert(p.store, i, 1, STORE_ORIGIN_OBJECT);
		store_put_object(p.store, place_id(i), 1, span_of(large, sizeof(large)));
		rc = store_commit(p.store);
		kept += rc == 0;
	}
	CHECK(rc == -EIO && kept > 5);
	CHECK(facts_of(p.store).alerts == kept && facts_of(p.store).objects == kept);
	CHECK(facts_of(p.store).failed == 1 && strstr(facts_of(p.store).error, "full") != NULL);
	CHECK(sqlite3_exec(p.store->db, "PRAGMA max_page_count = 6000", NULL, NULL, NULL) ==
	      SQLITE_OK);
	CHECK(store_begin(p.store) == 0);
	place_put_alert(p.store, 1000, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(p.store) == 0 && facts_of(p.store).alerts == kept + 1);
	place_remove(&p);
}

TEST(progress_is_kept_by_boot_and_core)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	store_put_progress(p.store, UINT64_MAX, 0, 5);
	store_put_progress(p.store, UINT64_MAX, 1, 6);
	store_put_progress(p.store, UINT64_MAX, 0, 7);
	CHECK(store_commit(p.store) == 0);
	CHECK(store_progress(p.store, UINT64_MAX, 0) == 7);
	CHECK(store_progress(p.store, UINT64_MAX, 1) == 6);
	CHECK(store_progress(p.store, 1, 0) == 0);
	place_remove(&p);
}

static unsigned
prune_all(struct store *s, int64_t now)
{
	unsigned rounds = 1;

	while (store_prune(s, now) == 1)
		rounds++;
	return rounds;
}

/* Old deliveries, objects and convictions go; alerts stay whatever their age. */
TEST(pruning_goes_by_age)
{
	struct place p;
	char threat[64];
	int64_t now = 100 * DAY_NS;

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	for (unsigned i = 0; i < 20; i++) {
		int64_t then = now - (i < 10 ? 8 : 6) * DAY_NS;

		place_put_alert(p.store, i, then, STORE_ORIGIN_OBJECT);
		place_put_delivery(p.store, i, i, then);
		store_put_object(p.store, place_id(i), then, span_text("r"));
		store_put_conviction(p.store, place_id(i), "T", then);
	}
	CHECK(store_commit(p.store) == 0 && prune_all(p.store, now) == 1);
	CHECK(facts_of(p.store).alerts == 20 && facts_of(p.store).deliveries == 10);
	CHECK(facts_of(p.store).objects == 10);
	CHECK(!store_conviction(p.store, place_id(9), 0, threat, sizeof(threat)));
	CHECK(store_conviction(p.store, place_id(10), 0, threat, sizeof(threat)));
	CHECK(prune_all(p.store, now + 2 * DAY_NS) == 1);
	CHECK(facts_of(p.store).deliveries == 0 && facts_of(p.store).objects == 0);
	place_remove(&p);
}

/* A bounded step each time, and it says whether there is more. */
TEST(pruning_goes_in_steps)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	for (unsigned i = 0; i < 2 * STORE_PRUNE_ROWS + 10; i++)
		store_put_object(p.store, place_id(i), 1, span_text("r"));
	CHECK(store_commit(p.store) == 0);
	CHECK(store_prune(p.store, 100 * DAY_NS) == 1);
	CHECK(facts_of(p.store).objects == STORE_PRUNE_ROWS + 10);
	CHECK(prune_all(p.store, 100 * DAY_NS) == 2 && facts_of(p.store).objects == 0);
	place_remove(&p);
}

/* What was rolled back is not known, and is taken when it comes again. */
TEST(an_object_that_was_rolled_back_may_come_again)
{
	struct place p;
	char room[8];

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	store_put_object(p.store, place_id(1), 1, span_text("one"));
	CHECK(store_commit(p.store) == 0 && store_begin(p.store) == 0);
	store_put_object(p.store, place_id(2), 1, span_text("two"));
	store_put_object(p.store, place_id(3), 1, span_text("three"));
	store_rollback(p.store);
	CHECK(store_object(p.store, place_id(1), room, sizeof(room)) == 3);
	CHECK(store_object(p.store, place_id(2), room, sizeof(room)) == 0);
	CHECK(store_begin(p.store) == 0);
	store_put_object(p.store, place_id(3), 1, span_text("again"));
	store_put_object(p.store, place_id(1), 1, span_text("not twice"));
	CHECK(store_commit(p.store) == 0 && facts_of(p.store).objects == 2);
	CHECK(store_object(p.store, place_id(3), room, sizeof(room)) == 5);
	CHECK(store_object(p.store, place_id(2), room, sizeof(room)) == 0);
	place_remove(&p);
}

/* Rows go in and out for several rounds of the index, whose chains hold. */
TEST(the_index_knows_the_newest)
{
	static struct recent r;
	uint8_t uuid[16] = { 0 };
	const int64_t count = 3 * RECENT_PLACES;

	memset(&r, 0, sizeof(r));
	for (int64_t id = 1; id <= count; id++) {
		int64_t key = id / 3; /* three of each: long chains */

		memcpy(uuid, &key, 4);
		memcpy(uuid + 8, &id, 8);
		recent_put(&r, uuid, id);
		CHECK(recent_find(&r, uuid) == id);
		if (id % 7 == 0) {
			recent_forget(&r, id);
			recent_forget(&r, id + RECENT_PLACES); /* another row's place: not it */
		}
	}
	for (int64_t id = 1; id <= count; id++) {
		int64_t key = id / 3, wanted = id > count - RECENT_PLACES && id % 7 != 0 ? id : 0;

		memcpy(uuid, &key, 4);
		memcpy(uuid + 8, &id, 8);
		CHECK(recent_find(&r, uuid) == wanted);
	}
}

/* The newest are kept, up to the bound. */
TEST(pruning_goes_by_number)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0 && store_begin(p.store) == 0);
	for (unsigned i = 0; i < STORE_OBJECTS_MAX + 5; i++)
		store_put_object(p.store, place_id(i), DAY_NS, span_text("r"));
	for (unsigned i = 0; i < STORE_PROGRESS_MAX + 5; i++)
		store_put_progress(p.store, i, 0, 9);
	CHECK(store_commit(p.store) == 0 && prune_all(p.store, DAY_NS) == 1);
	CHECK(facts_of(p.store).objects == STORE_OBJECTS_MAX);
	CHECK(store_object(p.store, place_id(4), &(char[8]){ 0 }, 8) == 0);
	CHECK(store_object(p.store, place_id(5), &(char[8]){ 0 }, 8) == 1);
	CHECK(store_progress(p.store, 4, 0) == 0 && store_progress(p.store, 5, 0) == 9);
	place_remove(&p);
}
