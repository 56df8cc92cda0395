/* SPDX-License-Identifier: BSD-3-Clause */
/* Transactions and what goes into them. A write that fails is remembered until the commit. */
#include <errno.h>
#include <time.h>

#include "control/store/internal.h"

int
store_begin(struct store *s)
{
	int rc;

	if (s->in_transaction)
		return 0;
	rc = store_mend(s);
	if (rc != 0)
		return rc;
	rc = store_run(s, ST_BEGIN);
	if (rc != SQLITE_OK)
		return store_fail(s, rc);
	s->in_transaction = true;
	s->first_put = s->last_put = 0;
	s->failed = SQLITE_OK;
	return 0;
}

void
store_rollback(struct store *s)
{
	if (!s->in_transaction)
		return;
	s->in_transaction = false;
	for (int64_t id = s->first_put; id != 0 && id <= s->last_put; id++)
		recent_forget(&s->recent, id);
	if (!sqlite3_get_autocommit(s->db)) /* some errors have rolled back already */
		store_run(s, ST_ROLLBACK);
}

int
store_commit(struct store *s)
{
	int rc;

	if (!s->in_transaction)
		return 0;
	rc = s->failed != SQLITE_OK ? s->failed : store_run(s, ST_COMMIT);
	if (rc != SQLITE_OK) {
		store_rollback(s);
		return store_fail(s, rc);
	}
	s->in_transaction = false;
	s->facts.commits++;
	s->facts.error[0] = 0;
	return 0;
}

void
store_write_row(struct store *s, enum statement which)
{
	int rc = store_run(s, which);

	sqlite3_clear_bindings(s->statements[which]);
	if (rc != SQLITE_OK && s->failed == SQLITE_OK)
		s->failed = rc;
}

static void
bind_text(sqlite3_stmt *q, int at, const char *text)
{
	sqlite3_bind_text(q, at, text != NULL ? text : "", -1, SQLITE_STATIC);
}

static void
bind_bytes(sqlite3_stmt *q, int at, const uint8_t *bytes, int count)
{
	sqlite3_bind_blob(q, at, bytes, count, SQLITE_STATIC);
}

void
store_put_alert(struct store *s, const struct store_alert *a)
{
	sqlite3_stmt *q = s->statements[ST_PUT_ALERT];
	const char *texts[] = { a->client, a->peer, a->user, a->url, a->filename, a->threat,
		a->verdict, a->source, a->mode };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	bind_bytes(q, 1, a->uuid, 16);
	sqlite3_bind_int(q, 2, a->origin);
	sqlite3_bind_int64(q, 3, a->wall_ns);
	for (int i = 0; i < 9; i++)
		bind_text(q, 4 + i, texts[i]);
	sqlite3_bind_int(q, 13, (int)a->outcome);
	bind_bytes(q, 14, a->md5, 16);
	bind_bytes(q, 15, a->sha256, 32);
	sqlite3_bind_int64(q, 16, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	store_write_row(s, ST_PUT_ALERT);
}

void
store_put_delivery(struct store *s, const struct store_delivery *d)
{
	sqlite3_stmt *q = s->statements[ST_PUT_DELIVERY];
	const char *texts[] = { d->client, d->peer, d->user, d->url, d->filename, d->mode };

	bind_bytes(q, 1, d->uuid, 16);
	sqlite3_bind_int64(q, 2, d->wall_ns);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)d->job);
	for (int i = 0; i < 6; i++)
		bind_text(q, 4 + i, texts[i]);
	bind_bytes(q, 10, d->md5, 16);
	bind_bytes(q, 11, d->sha256, 32);
	store_write_row(s, ST_PUT_DELIVERY);
}

void
store_put_conviction(struct store *s, const uint8_t sha256[32], const char *threat, int64_t wall_ns)
{
	sqlite3_stmt *q = s->statements[ST_PUT_CONVICTION];

	bind_bytes(q, 1, sha256, 32);
	bind_text(q, 2, threat);
	sqlite3_bind_int64(q, 3, wall_ns);
	store_write_row(s, ST_PUT_CONVICTION);
}

void
store_put_finding(
    struct store *s, const uint8_t sha256[32], const char *layer, int64_t place, int64_t wall_ns)
{
	sqlite3_stmt *q = s->statements[ST_PUT_FINDING];

	bind_bytes(q, 1, sha256, 32);
	bind_text(q, 2, layer);
	sqlite3_bind_int64(q, 3, place);
	sqlite3_bind_int64(q, 4, wall_ns);
	store_write_row(s, ST_PUT_FINDING);
}

void
store_put_part(struct store *s, const uint8_t sha256[32], const uint8_t uuid[16], const char *layer,
    int64_t wall_ns)
{
	sqlite3_stmt *q = s->statements[ST_PUT_PART];

	bind_bytes(q, 1, sha256, 32);
	bind_bytes(q, 2, uuid, 16);
	bind_text(q, 3, layer);
	sqlite3_bind_int64(q, 4, wall_ns);
	store_write_row(s, ST_PUT_PART);
}

void
store_put_object(struct store *s, const uint8_t uuid[16], int64_t wall_ns, struct span record)
{
	sqlite3_stmt *q = s->statements[ST_PUT_OBJECT];

	if (s->journal_bytes >= s->pinned_bytes) {
		s->facts.left_out++;
		return;
	}
	if (recent_find(&s->recent, uuid) != 0)
		return; /* a notice that was seen before */
	bind_bytes(q, 1, uuid, 16);
	sqlite3_bind_int64(q, 2, wall_ns);
	bind_bytes(q, 3, record.data, (int)record.bytes);
	store_write_row(s, ST_PUT_OBJECT);
	if (s->failed != SQLITE_OK)
		return;
	s->last_put = sqlite3_last_insert_rowid(s->db);
	if (s->first_put == 0)
		s->first_put = s->last_put;
	recent_put(&s->recent, uuid, s->last_put);
}

void
store_put_progress(struct store *s, uint64_t boot, uint32_t core, uint64_t serial)
{
	sqlite3_stmt *q = s->statements[ST_PUT_PROGRESS];

	sqlite3_bind_int64(q, 1, (sqlite3_int64)boot);
	sqlite3_bind_int64(q, 2, core);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)serial);
	store_write_row(s, ST_PUT_PROGRESS);
}

/* Whether it deleted as many rows as it may. */
static bool
prune(struct store *s, enum statement which, int64_t oldest_ns, int64_t most)
{
	sqlite3_stmt *q = s->statements[which];

	sqlite3_bind_int64(q, 1, oldest_ns);
	sqlite3_bind_int64(q, 2, most);
	sqlite3_bind_int64(q, 3, STORE_PRUNE_ROWS);
	store_write_row(s, which);
	return sqlite3_changes(s->db) >= STORE_PRUNE_ROWS;
}

int
store_prune(struct store *s, int64_t wall_ns)
{
	int64_t oldest = wall_ns - STORE_AGE_MAX_S * 1000000000LL;
	int rc = store_begin(s);
	bool more = false;

	if (rc != 0)
		return rc;
	more |= prune(s, ST_PRUNE_OBJECTS, oldest, STORE_OBJECTS_MAX);
	more |= prune(s, ST_PRUNE_DELIVERIES, oldest, STORE_DELIVERIES_MAX);
	more |= prune(s, ST_PRUNE_ALERTS, oldest, STORE_ALERTS_MAX);
	more |= prune(s, ST_PRUNE_CONVICTIONS, oldest, 0);
	more |= prune(s, ST_PRUNE_FINDINGS, oldest, 0);
	more |= prune(s, ST_PRUNE_PARTS, oldest, 0);
	more |= prune(s, ST_PRUNE_TRIAL_HITS, oldest, STORE_TRIAL_HITS_MAX);
	prune(s, ST_PRUNE_PROGRESS, oldest, STORE_PROGRESS_MAX);
	rc = store_commit(s);
	return rc != 0 ? rc : more;
}
