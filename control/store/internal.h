/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the store share. Each statement is prepared once, and reset after each use. */
#ifndef SLUICE_STORE_INTERNAL_H
#define SLUICE_STORE_INTERNAL_H

#include <assert.h>

#include <sqlite3.h>

#include "control/store/store.h"

#define ALERT_COLUMNS                                                                         \
	"uuid, origin, wall_ns, client, peer, user, url, filename, threat, verdict, source, " \
	"mode, "                                                                              \
	"blocked, md5, sha256, raised_ns"
#define DELIVERY_COLUMNS "uuid, wall_ns, job, client, peer, user, url, filename, mode, md5, sha256"

/* id, text. PRUNE: ?1 the oldest time to keep, ?2 how many to keep, ?3 how many to delete at once.
 */
#define STATEMENTS(X)                                                                             \
	X(BEGIN, "BEGIN IMMEDIATE")                                                               \
	X(COMMIT, "COMMIT")                                                                       \
	X(ROLLBACK, "ROLLBACK")                                                                   \
	X(PUT_ALERT, "INSERT OR IGNORE INTO alerts (" ALERT_COLUMNS                               \
		     ") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16)")         \
	X(PUT_DELIVERY, "INSERT OR IGNORE INTO deliveries (" DELIVERY_COLUMNS                     \
			") VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)")                          \
	X(PUT_CONVICTION, "INSERT OR REPLACE INTO convictions (sha256, threat, wall_ns) "         \
			  "VALUES (?1,?2,?3)")                                                    \
	X(PUT_FINDING, "INSERT OR REPLACE INTO findings (sha256, layer, place, wall_ns) "         \
		       "VALUES (?1,?2,?3,?4)")                                                    \
	X(PUT_PART, "INSERT OR REPLACE INTO parts (sha256, uuid, layer, wall_ns) "                \
		    "VALUES (?1,?2,?3,?4)")                                                       \
	X(PUT_OBJECT, "INSERT INTO objects (uuid, wall_ns, record) VALUES (?1,?2,?3)")            \
	X(PUT_PROGRESS, "INSERT OR REPLACE INTO progress (boot, core, serial) VALUES (?1,?2,?3)") \
	X(PRUNE_OBJECTS,                                                                          \
	    "DELETE FROM objects WHERE id IN (SELECT id FROM objects ORDER BY id "                \
	    "LIMIT ?3) AND (wall_ns < ?1 OR id <= (SELECT max(id) FROM objects) - ?2)")           \
	X(PRUNE_DELIVERIES,                                                                       \
	    "DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries ORDER BY id "          \
	    "LIMIT ?3) AND (wall_ns < ?1 OR id <= (SELECT max(id) FROM deliveries) - ?2)")        \
	X(PRUNE_ALERTS, "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts ORDER BY id "      \
			"LIMIT ?3) AND id <= (SELECT max(id) FROM alerts) - ?2")                  \
	X(PRUNE_CONVICTIONS, "DELETE FROM convictions WHERE rowid IN (SELECT rowid FROM "         \
			     "convictions WHERE wall_ns < ?1 LIMIT ?3)")                          \
	X(PRUNE_FINDINGS, "DELETE FROM findings WHERE rowid IN (SELECT rowid FROM "               \
			  "findings WHERE wall_ns < ?1 LIMIT ?3)")                                \
	X(PRUNE_PARTS, "DELETE FROM parts WHERE rowid IN (SELECT rowid FROM parts "               \
		       "WHERE wall_ns < ?1 LIMIT ?3)")                                            \
	X(PRUNE_PROGRESS, "DELETE FROM progress WHERE rowid NOT IN (SELECT rowid FROM progress "  \
			  "ORDER BY rowid DESC LIMIT ?2)")                                        \
	X(GET_PROGRESS, "SELECT serial FROM progress WHERE boot = ?1 AND core = ?2")              \
	X(GET_ALERTS, "SELECT " ALERT_COLUMNS ", id FROM alerts WHERE raised_ns >= ?1 AND "       \
		      "(raised_ns, id) < (?2, ?3) ORDER BY raised_ns DESC, id DESC LIMIT ?4")     \
	X(GET_ALERTS_OF, "SELECT " ALERT_COLUMNS ", id FROM alerts WHERE uuid = ?1")              \
	X(GET_DELIVERIES, "SELECT " DELIVERY_COLUMNS                                              \
			  " FROM deliveries WHERE sha256 = ?1 ORDER BY id LIMIT 10000")           \
	X(GET_CONVICTION, "SELECT threat FROM convictions WHERE sha256 = ?1 AND wall_ns >= ?2")   \
	X(GET_FINDING, "SELECT layer, place FROM findings WHERE sha256 = ?1")                     \
	X(GET_PART, "SELECT uuid, layer FROM parts WHERE sha256 = ?1")                            \
	X(GET_OBJECT, "SELECT record FROM objects WHERE id = ?1 AND uuid = ?2")                   \
	X(GET_EARLIER, "SELECT record FROM objects WHERE id < ?1 "                                \
		       "AND substr(record, ?2, ?3) = ?4 ORDER BY id DESC")                        \
	X(GET_ALERTS_LIKE, "SELECT " ALERT_COLUMNS ", id FROM alerts WHERE sha256 = ?1 "          \
			   "AND id > (SELECT max(id) FROM alerts) - ?2 ORDER BY id DESC")         \
	X(GET_RECENT, "SELECT id, uuid FROM objects ORDER BY id DESC LIMIT ?1")                   \
	X(PUT_TRIAL_HIT, "INSERT OR IGNORE INTO trial_hits (uuid, wall_ns, is_new, threat, "      \
			 "client, url, filename, verdict, source, place) "                        \
			 "VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)")                               \
	X(PUT_TRIAL_RULE, "INSERT INTO trial_rules (threat, objects, objects_new, first_ns, "     \
			  "last_ns) VALUES (?1, 1, ?2, ?3, ?3) ON CONFLICT (threat) DO UPDATE "   \
			  "SET objects = objects + 1, objects_new = objects_new + ?2, "           \
			  "last_ns = max(last_ns, ?3)")                                           \
	X(PUT_TRIAL_TOTAL, "INSERT INTO trial_totals (said, objects) VALUES (?1, ?2) "            \
			   "ON CONFLICT (said) DO UPDATE SET objects = objects + ?2")             \
	X(CLEAR_TRIAL_HITS, "DELETE FROM trial_hits")                                             \
	X(CLEAR_TRIAL_RULES, "DELETE FROM trial_rules")                                           \
	X(CLEAR_TRIAL_TOTALS, "DELETE FROM trial_totals")                                         \
	X(PRUNE_TRIAL_HITS,                                                                       \
	    "DELETE FROM trial_hits WHERE id IN (SELECT id FROM trial_hits ORDER BY id "          \
	    "LIMIT ?3) AND id <= (SELECT max(id) FROM trial_hits) - ?2")                          \
	X(GET_TRIAL_TOTALS, "SELECT said, objects FROM trial_totals")                             \
	X(GET_TRIAL_RULES, "SELECT threat, objects, objects_new, first_ns, last_ns FROM "         \
			   "trial_rules ORDER BY objects DESC, threat LIMIT ?1")                  \
	X(GET_TRIAL_HITS, "SELECT uuid, wall_ns, is_new, threat, client, url, filename, "         \
			  "verdict, source, place FROM trial_hits ORDER BY id DESC LIMIT ?1")     \
	X(GET_COUNTS, "SELECT (SELECT max(id) - min(id) + 1 FROM alerts), "                       \
		      "(SELECT max(id) - min(id) + 1 FROM deliveries), "                          \
		      "(SELECT max(id) - min(id) + 1 FROM objects)")

enum statement {
#define X(id, text) ST_##id,
	STATEMENTS(X)
#undef X
	ST_COUNT
};

/* recent.c: the row of each recent object by its uuid. 5 MiB, the store's own. */
#define RECENT_PLACES_BITS 17
#define RECENT_PLACES      (1u << RECENT_PLACES_BITS)
static_assert(RECENT_PLACES > STORE_OBJECTS_MAX + STORE_PRUNE_ROWS, "all that are kept are known");
struct recent_row {
	uint8_t uuid[16];
	int64_t id;    /* 0: none */
	uint32_t next; /* place + 1 of the next in its chain */
};
struct recent {
	uint32_t chains[RECENT_PLACES]; /* place + 1; 0: none */
	struct recent_row rows[RECENT_PLACES];
};
int64_t recent_find(const struct recent *r, const uint8_t uuid[16]); /* 0: not known */
void recent_put(struct recent *r, const uint8_t uuid[16], int64_t id);
/* Where that row is known; it was rolled back. */
void recent_forget(struct recent *r, int64_t id);

#define STORE_PAGE_BYTES 4096 /* SQLite's own choice for a new database */

struct store {
	char path[512];
	sqlite3 *db; /* NULL: a damaged one was closed and no new one could be made yet */
	sqlite3_stmt *statements[ST_COUNT];
	bool in_transaction;
	bool damaged; /* seen in the file: set aside before the next transaction */
	uint64_t journal_bytes,
	    pinned_bytes; /* in the WAL at the last commit; how many are too many */
	struct recent recent;
	int64_t first_put, last_put; /* objects of this transaction; 0: none */
	int failed; /* the SQLite result of the first write that failed in this transaction */
	struct store_facts facts;
};

/* store.c. Runs a statement that returns no row and resets it; the SQLite result. */
int store_run(struct store *s, enum statement which);
/* write.c. Runs a statement of the open transaction and forgets what was bound; a failure makes the
 * commit fail. */
void store_write_row(struct store *s, enum statement which);
/* Keeps the error for the facts and notes damage: -EBUSY or -EIO. */
int store_fail(struct store *s, int sqlite_result);
/* Sets a damaged database aside and begins a new one; nothing where none is damaged. 0 or -EIO. */
int store_mend(struct store *s);

#endif
