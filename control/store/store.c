/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Opening: pragmas, schema, statements. synchronous=NORMAL: a commit survives the end of this
 * process at any instruction; a power cut may take the last ones, never the database. The file is
 * made for its owner and group only.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "control/store/internal.h"

#define SCHEMA_VERSION 1

static const char schema[] =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA temp_store = MEMORY;"
    "CREATE TABLE IF NOT EXISTS alerts (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL,"
    " origin INTEGER NOT NULL, wall_ns INTEGER NOT NULL, client TEXT, peer TEXT, user TEXT,"
    " url TEXT, filename TEXT, threat TEXT, verdict TEXT, source TEXT, mode TEXT,"
    " blocked INTEGER, md5 BLOB, sha256 BLOB, UNIQUE (uuid, origin));"
    "CREATE INDEX IF NOT EXISTS alerts_time ON alerts (wall_ns);"
    "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE,"
    " wall_ns INTEGER NOT NULL, job INTEGER, client TEXT, peer TEXT, user TEXT, url TEXT,"
    " filename TEXT, mode TEXT, md5 BLOB, sha256 BLOB);"
    "CREATE INDEX IF NOT EXISTS deliveries_digest ON deliveries (sha256);"
    "CREATE TABLE IF NOT EXISTS convictions (sha256 BLOB PRIMARY KEY, threat TEXT,"
    " wall_ns INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS objects (id INTEGER PRIMARY KEY, uuid BLOB NOT NULL UNIQUE,"
    " wall_ns INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS progress (boot INTEGER NOT NULL, core INTEGER NOT NULL,"
    " serial INTEGER NOT NULL, PRIMARY KEY (boot, core));";

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

int
store_fail(struct store *s, int sqlite_result)
{
	int primary = sqlite_result & 0xff;

	if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
		s->facts.busy++;
	else
		s->facts.failed++;
	snprintf(s->facts.error, sizeof(s->facts.error), "%s", sqlite3_errstr(sqlite_result));
	return primary == SQLITE_BUSY || primary == SQLITE_LOCKED ? -EBUSY : -EIO;
}

/* A database of another version is refused, not guessed at. */
static int
check_version(struct store *s)
{
	sqlite3_stmt *q;
	char text[64];
	int version = -1;

	if (sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		version = sqlite3_column_int(q, 0);
	sqlite3_finalize(q);
	if (version == SCHEMA_VERSION)
		return SQLITE_OK;
	if (version != 0)
		return version > 0 ? SQLITE_SCHEMA : SQLITE_NOTADB;
	snprintf(text, sizeof(text), "PRAGMA user_version = %d", SCHEMA_VERSION);
	return sqlite3_exec(s->db, text, NULL, NULL, NULL);
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

static int
open_database(struct store *s, const char *path)
{
	char limits[96];
	mode_t before = umask(027);
	int rc = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);

	snprintf(limits, sizeof(limits), "PRAGMA journal_size_limit = %d", STORE_JOURNAL_BYTES);
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(
		    s->db, 2000); /* while starting: an operator's shell may hold it */
		rc = check_version(s);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, schema, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(s->db, limits, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		rc = prepare(s);
	umask(before);
	return rc;
}

int
store_open(const char *path, struct store **out, char error[STORE_ERROR_TEXT_MAX])
{
	struct store *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	rc = open_database(s, path);
	if (rc != SQLITE_OK) {
		snprintf(error, STORE_ERROR_TEXT_MAX, "%s: %s", path,
		    s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
		store_close(s);
		return -EIO;
	}
	sqlite3_busy_timeout(s->db, 0);
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_rollback(s);
	for (unsigned i = 0; i < ST_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	free(s);
}
