/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening: pragmas, schema, statements. synchronous=NORMAL: a commit survives the end of this
 * process at any instruction; a power cut may take the last ones, never the database. The file is
 * made for its owner and group only.
 *
 * A damaged database is set aside, under its name and ".damaged", and a new one begun: the
 * alternative is to store nothing, which fills the notices ring and stops the traffic. One that
 * another version of us made is refused instead: it is whole, and the operator's to move.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/store/internal.h"

#define SCHEMA_VERSION 8

static const char pragmas[] = "PRAGMA journal_mode = WAL;"
			      "PRAGMA synchronous = NORMAL;"
			      "PRAGMA temp_store = MEMORY;";

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS alerts (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL,"
    " origin INTEGER NOT NULL, wall_ns INTEGER NOT NULL, client TEXT, peer TEXT, user TEXT,"
    " url TEXT, filename TEXT, threat TEXT, verdict TEXT, source TEXT, mode TEXT,"
    " blocked INTEGER, md5 BLOB, sha256 BLOB, raised_ns INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (uuid, origin));"
    "CREATE INDEX IF NOT EXISTS alerts_raised ON alerts (raised_ns);"
    "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE,"
    " wall_ns INTEGER NOT NULL, job INTEGER, client TEXT, peer TEXT, user TEXT, url TEXT,"
    " filename TEXT, mode TEXT, md5 BLOB, sha256 BLOB);"
    "CREATE INDEX IF NOT EXISTS deliveries_digest ON deliveries (sha256);"
    "CREATE TABLE IF NOT EXISTS convictions (sha256 BLOB PRIMARY KEY, threat TEXT,"
    " wall_ns INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS findings (sha256 BLOB PRIMARY KEY, layer TEXT, place INTEGER,"
    " wall_ns INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS parts (sha256 BLOB PRIMARY KEY, uuid BLOB NOT NULL, layer TEXT,"
    " wall_ns INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS objects (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL,"
    " wall_ns INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS trial_hits (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE,"
    " wall_ns INTEGER NOT NULL, is_new INTEGER NOT NULL, threat TEXT, client TEXT, url TEXT,"
    " filename TEXT, verdict TEXT, source TEXT, place INTEGER);"
    "CREATE TABLE IF NOT EXISTS trial_rules (threat TEXT PRIMARY KEY, objects INTEGER NOT NULL,"
    " objects_new INTEGER NOT NULL, first_ns INTEGER NOT NULL, last_ns INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS trial_totals (said INTEGER PRIMARY KEY,"
    " objects INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS progress (boot INTEGER NOT NULL, core INTEGER NOT NULL,"
    " serial INTEGER NOT NULL, PRIMARY KEY (boot, core));";

/* Version 1 did not know when an alert was raised, only when its object was finished. */
static const char from_version_1[] =
    "ALTER TABLE alerts ADD COLUMN raised_ns INTEGER NOT NULL DEFAULT 0;"
    "UPDATE alerts SET raised_ns = wall_ns;"
    "DROP INDEX IF EXISTS alerts_time;";

/* The records that versions up to 2 kept have no user's domain, those up to 4 nothing of signatures
 * that were tried: they can't be read any more. */
static const char without_objects[] = "DROP TABLE IF EXISTS objects;";

/* Versions up to 7 had an index by uuid; recent.c is in its place. The rows stay. */
static const char set_objects_aside[] = "ALTER TABLE objects RENAME TO objects_indexed;";
static const char take_objects_over[] =
    "INSERT INTO objects SELECT id, uuid, wall_ns, record FROM objects_indexed;"
    "DROP TABLE objects_indexed;";

static const char *const statement_texts[] = {
#define X(id, text) [ST_##id] = text,
	STATEMENTS(X)
#undef X
};

int
store_run(struct store *s, enum statement which)
{
	int rc = sqlite3_step(s->statements[which]);

	sqlite3_reset(s->statements[which]);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static bool
is_damage(int sqlite_result)
{
	int primary = sqlite_result & 0xff;

	return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

int
store_fail(struct store *s, int sqlite_result)
{
	int primary = sqlite_result & 0xff;

	s->damaged = s->damaged || is_damage(sqlite_result);
	if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
		s->facts.busy++;
	else
		s->facts.failed++;
	snprintf(s->facts.error, sizeof(s->facts.error), "%s", sqlite3_errstr(sqlite_result));
	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED ? -EBUSY : -EIO;
}

static int
read_version(struct store *s, int *version)
{
	sqlite3_stmt *q = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL);

	if (rc == SQLITE_OK) {
		rc = sqlite3_step(q);
		*version = sqlite3_column_int(q, 0);
	}
	sqlite3_finalize(q);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

/* In one transaction, so that a crash leaves the old schema or the new one. */
static int
make_schema(struct store *s, int version)
{
	const bool indexed = version >= 5 && version < 8;
	char text[64];
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	if (rc == SQLITE_OK && version == 1)
		rc = sqlite3_exec(s->db, from_version_1, NULL, NULL, NULL);
	if (rc == SQLITE_OK && version > 0 && version < 5)
		rc = sqlite3_exec(s->db, without_objects, NULL, NULL, NULL);
	if (rc == SQLITE_OK && indexed)
		rc = sqlite3_exec(s->db, set_objects_aside, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK && indexed)
		rc = sqlite3_exec(s->db, take_objects_over, NULL, NULL, NULL);
	snprintf(text, sizeof(text), "PRAGMA user_version = %d", SCHEMA_VERSION);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	return rc;
}

static int
prepare(struct store *s)
{
	int rc = SQLITE_OK;

	for (unsigned i = 0; i < ST_COUNT && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(s->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
		    &s->statements[i], NULL);
	return rc;
}

/* The objects that are there, of the newest RECENT_PLACES. */
static int
read_recent(struct store *s)
{
	sqlite3_stmt *q = s->statements[ST_GET_RECENT];
	int rc;

	memset(&s->recent, 0, sizeof(s->recent));
	sqlite3_bind_int64(q, 1, RECENT_PLACES);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		const void *uuid = sqlite3_column_blob(q, 1);

		if (uuid != NULL && sqlite3_column_bytes(q, 1) == 16)
			recent_put(&s->recent, uuid, sqlite3_column_int64(q, 0));
	}
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

#define CHECKPOINT_PAGES 1000 /* as SQLite does of itself, whose hook this takes the place of */

static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	s->journal_bytes = (uint64_t)pages * STORE_PAGE_BYTES;
	if (pages >= CHECKPOINT_PAGES)
		sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK; /* a checkpoint that finds it busy comes with a later commit */
}

static int
open_database(struct store *s, char error[STORE_ERROR_TEXT_MAX])
{
	char limits[96];
	mode_t before = umask(027);
	int version = 0;
	int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	snprintf(limits, sizeof(limits), "PRAGMA journal_size_limit = %d", STORE_JOURNAL_BYTES);
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(
		    s->db, 2000); /* while starting: an operator's shell may hold it */
		rc = read_version(s, &version);
	}
	if (rc == SQLITE_OK && (version < 0 || version > SCHEMA_VERSION)) {
		snprintf(error, STORE_ERROR_TEXT_MAX,
		    "%.160s: made by another version of Sluice (schema %d, this one knows %d)",
		    s->path, version, SCHEMA_VERSION);
		rc = SQLITE_MISMATCH;
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, pragmas, NULL, NULL, NULL);
	if (rc == SQLITE_OK && version != SCHEMA_VERSION)
		rc = make_schema(s, version);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, limits, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = prepare(s);
	if (rc == SQLITE_OK)
		rc = read_recent(s);
	umask(before);
	if (rc != SQLITE_OK && error[0] == 0)
		snprintf(error, STORE_ERROR_TEXT_MAX, "%.160s: %s", s->path,
		    s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
	if (s->db != NULL) {
		sqlite3_busy_timeout(s->db, 0);
		sqlite3_wal_hook(s->db, on_commit, s);
	}
	s->journal_bytes = 0;
	return rc;
}

static void
close_database(struct store *s)
{
	for (unsigned i = 0; i < ST_COUNT; i++) {
		sqlite3_finalize(s->statements[i]);
		s->statements[i] = NULL;
	}
	sqlite3_close(s->db);
	s->db = NULL;
}

/* The WAL goes with it: it belongs to that database and to no other. An older one is replaced. */
static int
set_aside(const char *path)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	char from[600], to[600];

	for (unsigned i = 0; i < 3; i++) {
		snprintf(from, sizeof(from), "%s%s", path, parts[i]);
		snprintf(to, sizeof(to), "%s.damaged%s", path, parts[i]);
		unlink(to);
		if (rename(from, to) != 0 && errno != ENOENT)
			return -errno;
	}
	return 0;
}

/* As open_database(), past a damaged file. */
static int
open_or_replace(struct store *s, char error[STORE_ERROR_TEXT_MAX])
{
	int rc = open_database(s, error);

	if (!is_damage(rc))
		return rc;
	close_database(s);
	if (set_aside(s->path) != 0)
		return rc;
	fprintf(stderr, "WRN %s: set aside as %s.damaged, a new one is begun\n", error, s->path);
	error[0] = 0;
	s->facts.damaged++;
	return open_database(s, error);
}

int
store_mend(struct store *s)
{
	char error[STORE_ERROR_TEXT_MAX] = "";

	if (!s->damaged)
		return 0;
	if (s->db != NULL) {
		close_database(s);
		if (set_aside(s->path) == 0)
			s->facts.damaged++;
		fprintf(stderr, "WRN %s: damaged, set aside as %s.damaged, a new one is begun\n",
		    s->path, s->path);
	}
	if (open_or_replace(s, error) != SQLITE_OK) {
		close_database(s);
		snprintf(s->facts.error, sizeof(s->facts.error), "%s", error);
		return -EIO;
	}
	s->damaged = false;
	return 0;
}

int
store_open(const char *path, struct store **out, char error[STORE_ERROR_TEXT_MAX])
{
	struct store *s = calloc(1, sizeof(*s));

	error[0] = 0;
	if (s == NULL)
		return -ENOMEM;
	s->pinned_bytes = STORE_PINNED_BYTES;
	if (snprintf(s->path, sizeof(s->path), "%s", path) >= (int)sizeof(s->path)) {
		snprintf(error, STORE_ERROR_TEXT_MAX, "%.160s...: the path is too long", path);
		free(s);
		return -ENAMETOOLONG;
	}
	if (open_or_replace(s, error) != SQLITE_OK) {
		store_close(s);
		return -EIO;
	}
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_rollback(s);
	close_database(s);
	free(s);
}
