/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening what is new, old, of another version, damaged, or not to be had; damage met at work. */
#include <fcntl.h>

#include "tests/unit/control/store/place.h"

static bool
exists(const struct place *p, const char *suffix)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s", p->path, suffix);
	return access(path, F_OK) == 0;
}

static void
write_file(const char *path, const char *bytes, size_t count)
{
	FILE *f = fopen(path, "we");

	CHECK(f != NULL && fwrite(bytes, 1, count, f) == count && fclose(f) == 0);
}

/* Overwrites everything behind the first page, where the header is. */
static void
ruin_pages(const char *path)
{
	static const char junk[4096] = { "junk" };
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	off_t bytes = lseek(fd, 0, SEEK_END);

	CHECK(bytes > 4096);
	for (off_t at = 4096; at < bytes; at += 4096)
		CHECK(pwrite(fd, junk, 4096, at) == 4096);
	close(fd);
}

static void
put_one_alert(struct store *s, uint64_t number)
{
	CHECK(store_begin(s) == 0);
	place_put_alert(s, number, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(s) == 0);
}

static uint64_t
alerts_of(struct store *s)
{
	struct store_facts facts;

	store_facts(s, &facts);
	return facts.alerts;
}

/* stderr is quiet meanwhile: the warning is expected. */
static int saved_stderr;

static void
hush(void)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	saved_stderr = dup(STDERR_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

static void
speak(void)
{
	dup2(saved_stderr, STDERR_FILENO);
	close(saved_stderr);
}

TEST(a_new_store_is_empty_and_private)
{
	struct place p;
	struct stat st;

	place_make(&p);
	CHECK(place_open(&p) == 0 && alerts_of(p.store) == 0);
	CHECK(stat(p.path, &st) == 0 && (st.st_mode & 07) == 0);
	place_remove(&p);
}

TEST(what_was_committed_is_there_again)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	put_one_alert(p.store, 1);
	CHECK(store_begin(p.store) == 0);
	place_put_alert(p.store, 2, 1, STORE_ORIGIN_OBJECT);
	store_close(p.store); /* not committed */
	CHECK(place_open(&p) == 0 && alerts_of(p.store) == 1);
	place_remove(&p);
}

TEST(a_store_that_cannot_be_made_is_named)
{
	struct place p;

	place_make(&p);
	snprintf(p.path, sizeof(p.path), "%s/none/sluice.db", p.directory);
	CHECK(place_open(&p) == -EIO);
	CHECK(strstr(p.error, "none/sluice.db: ") != NULL);
	place_remove(&p);
}

TEST(a_store_of_another_version_is_refused_and_kept)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	CHECK(sqlite3_exec(p.store->db, "PRAGMA user_version = 9", NULL, NULL, NULL) == SQLITE_OK);
	store_close(p.store);
	p.store = NULL;
	CHECK(place_open(&p) == -EIO);
	CHECK(strstr(p.error, "another version of Sluice (schema 9, this one knows 8)") != NULL);
	CHECK(exists(&p, "") && !exists(&p, ".damaged"));
	place_remove(&p);
}

/* The tables as version 1 made them, with one alert. */
static const char version_1[] =
    "PRAGMA journal_mode = WAL; PRAGMA user_version = 1;"
    "CREATE TABLE alerts (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL, origin INTEGER NOT NULL,"
    " wall_ns INTEGER NOT NULL, client TEXT, peer TEXT, user TEXT, url TEXT, filename TEXT,"
    " threat TEXT, verdict TEXT, source TEXT, mode TEXT, blocked INTEGER, md5 BLOB, sha256 BLOB,"
    " UNIQUE (uuid, origin)); CREATE INDEX alerts_time ON alerts (wall_ns);"
    "INSERT INTO alerts (uuid, origin, wall_ns, threat) VALUES (zeroblob(16), 0, 77, 'Old');";

static void
see_old(void *arg, const struct store_alert *a)
{
	*(bool *)arg = strcmp(a->threat, "Old") == 0 && a->place.raised_ns == 77;
}

TEST(a_store_of_version_1_is_taken_over)
{
	struct place p;
	sqlite3 *db;
	bool seen = false;

	place_make(&p);
	CHECK(sqlite3_open(p.path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, version_1, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(db);
	CHECK(place_open(&p) == 0);
	CHECK(store_alerts(p.store, 77, STORE_NEWEST, 10, see_old, &seen) == 0 && seen);
	put_one_alert(p.store, 1);
	CHECK(alerts_of(p.store) == 2);
	place_remove(&p);
}

/* Records have another shape since versions 3 and 5: those that are there are let go of, alerts
 * stay. */
static void
take_over(const char *version)
{
	struct place p;
	sqlite3_stmt *q = NULL;
	char text[64];

	place_make(&p);
	CHECK(place_open(&p) == 0);
	put_one_alert(p.store, 1);
	snprintf(text, sizeof(text), "PRAGMA user_version = %s", version);
	CHECK(sqlite3_exec(p.store->db,
		  "INSERT INTO objects (uuid, wall_ns, record) VALUES (zeroblob(16), 1, 'old')",
		  NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_exec(p.store->db, text, NULL, NULL, NULL) == SQLITE_OK);
	store_close(p.store);
	p.store = NULL;
	CHECK(place_open(&p) == 0);
	CHECK(alerts_of(p.store) == 1);
	CHECK(sqlite3_prepare_v2(p.store->db, "SELECT count(*) FROM objects", -1, &q, NULL) ==
	      SQLITE_OK);
	CHECK_ROW(version, sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0) == 0);
	sqlite3_finalize(q);
	place_remove(&p);
}

TEST(a_store_of_an_older_version_keeps_its_alerts)
{
	take_over("2");
	take_over("4");
}

/* As versions 5 to 7 had it. */
static const char indexed[] =
    "DROP TABLE objects; CREATE TABLE objects (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE,"
    " wall_ns INTEGER NOT NULL, record BLOB NOT NULL);"
    "INSERT INTO objects (id, uuid, wall_ns, record) VALUES"
    " (7, x'00000000000000000000000000000007', 1, 'seven'),"
    " (9, x'00000000000000000000000000000009', 1, 'nine'), (10, 'odd', 1, 'x'),"
    " (-3, x'00000000000000000000000000000003', 1, 'before');"
    "PRAGMA user_version = 7;";

TEST(objects_of_a_store_with_an_index_stay)
{
	static const uint8_t nine[16] = { [15] = 9 }, three[16] = { [15] = 3 },
			     more[16] = { [15] = 8 };
	struct place p;
	char room[16];

	place_make(&p);
	CHECK(place_open(&p) == 0);
	CHECK(sqlite3_exec(p.store->db, indexed, NULL, NULL, NULL) == SQLITE_OK);
	for (unsigned i = 0; i < 2; i++) { /* the second time there is nothing to take over */
		store_close(p.store);
		CHECK(place_open(&p) == 0);
		CHECK(store_object(p.store, nine, room, sizeof(room)) == 4);
		CHECK(memcmp(room, "nine", 4) == 0);
		CHECK(store_object(p.store, three, room, sizeof(room)) == 0);
	}
	CHECK(store_begin(p.store) == 0);
	store_put_object(p.store, more, 1, span_text("eight"));
	CHECK(store_commit(p.store) == 0);
	CHECK(store_object(p.store, more, room, sizeof(room)) == 5);
	place_remove(&p);
}

TEST(a_damaged_store_is_set_aside_and_a_new_one_begun)
{
	static const char *const wrecks[] = { "no database", "first page", "other pages" };
	static char noise[8192];

	memset(noise, 'n', sizeof(noise));
	for (size_t i = 0; i < COUNT_OF(wrecks); i++) {
		struct place p;
		int rc;

		place_make(&p);
		CHECK(place_open(&p) == 0);
		put_one_alert(p.store, 1);
		store_close(p.store);
		p.store = NULL;
		if (i == 0)
			write_file(p.path, noise, sizeof(noise));
		else if (i == 1)
			write_file(p.path, "SQLite format 3", 16);
		else
			ruin_pages(p.path);
		hush();
		rc = place_open(&p);
		if (rc == 0 && i == 2) /* its first page is sound: it is met at work */
			store_alerts(p.store, 0, STORE_NEWEST, 10, see_old, &(bool){ false });
		CHECK_ROW(wrecks[i], rc == 0 && store_begin(p.store) == 0);
		speak();
		place_put_alert(p.store, 2, 1, STORE_ORIGIN_OBJECT);
		CHECK_ROW(wrecks[i], store_commit(p.store) == 0 && alerts_of(p.store) == 1);
		CHECK_ROW(wrecks[i], exists(&p, ".damaged"));
		place_remove(&p);
	}
}

/* The write that meets it fails, and says so; the next transaction is whole, in a new database. */
TEST(damage_met_while_writing_loses_that_transaction_only)
{
	struct place p;

	place_make(&p);
	CHECK(place_open(&p) == 0);
	put_one_alert(p.store, 1);
	CHECK(sqlite3_wal_checkpoint_v2(
		  p.store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK);
	sqlite3_db_release_memory(p.store->db);
	sqlite3_exec(p.store->db, "PRAGMA shrink_memory", NULL, NULL, NULL);
	ruin_pages(p.path);
	CHECK(store_begin(p.store) == 0);
	place_put_alert(p.store, 2, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(p.store) == -EIO && p.store->facts.failed == 1);
	hush();
	CHECK(store_begin(p.store) == 0);
	speak();
	place_put_alert(p.store, 3, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(p.store) == 0 && alerts_of(p.store) == 1);
	CHECK(p.store->facts.damaged == 1 && exists(&p, ".damaged"));
	place_remove(&p);
}

/* Nothing is stored, nothing crashes, and it heals as soon as there is a place to write to. */
TEST(no_new_store_can_be_made_for_a_while)
{
	struct place p;
	char away[80];

	place_make(&p);
	snprintf(away, sizeof(away), "%s.away", p.directory);
	CHECK(place_open(&p) == 0);
	p.store->damaged = true;
	CHECK(rename(p.directory, away) == 0);
	hush();
	CHECK(store_begin(p.store) == -EIO && p.store->facts.error[0] != 0);
	CHECK(store_alerts(p.store, 0, STORE_NEWEST, 1, see_old, NULL) == -EIO);
	CHECK(alerts_of(p.store) == 0 && store_progress(p.store, 1, 0) == 0);
	CHECK(rename(away, p.directory) == 0);
	CHECK(store_begin(p.store) == 0);
	speak();
	place_put_alert(p.store, 1, 1, STORE_ORIGIN_OBJECT);
	CHECK(store_commit(p.store) == 0 && alerts_of(p.store) == 1);
	place_remove(&p);
}
