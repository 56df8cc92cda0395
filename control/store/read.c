/* SPDX-License-Identifier: BSD-3-Clause */
/* Questions. Each resets its statement before it returns, so no read pins the WAL. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/store/internal.h"

static const char *
text_at(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text != NULL ? text : "";
}

/* A digest or id of exactly that many bytes; zeros when the file holds something else. */
static const uint8_t *
bytes_at(sqlite3_stmt *q, int column, int count)
{
	static const uint8_t zeros[32];
	const uint8_t *bytes = sqlite3_column_blob(q, column);

	return bytes != NULL && sqlite3_column_bytes(q, column) == count ? bytes : zeros;
}

static enum store_outcome
outcome_of(int stored)
{
	return stored >= 0 && stored < STORE_OUTCOME_COUNT ? (enum store_outcome)stored
							   : STORE_BLOCKED;
}

static void
alert_at(sqlite3_stmt *q, struct store_alert *a)
{
	*a = (struct store_alert){
		.uuid = bytes_at(q, 0, 16),
		.origin = sqlite3_column_int(q, 1) == STORE_ORIGIN_LATE ? STORE_ORIGIN_LATE
									: STORE_ORIGIN_OBJECT,
		.wall_ns = sqlite3_column_int64(q, 2),
		.client = text_at(q, 3),
		.peer = text_at(q, 4),
		.user = text_at(q, 5),
		.url = text_at(q, 6),
		.filename = text_at(q, 7),
		.threat = text_at(q, 8),
		.verdict = text_at(q, 9),
		.source = text_at(q, 10),
		.mode = text_at(q, 11),
		.outcome = outcome_of(sqlite3_column_int(q, 12)),
		.md5 = bytes_at(q, 13, 16),
		.sha256 = bytes_at(q, 14, 32),
		.place = { sqlite3_column_int64(q, 15), (uint64_t)sqlite3_column_int64(q, 16) },
	};
}

static int
each_alert(struct store *s, enum statement which, store_alert_seen seen, void *arg)
{
	sqlite3_stmt *q = s->statements[which];
	struct store_alert a;
	int rc;

	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		alert_at(q, &a);
		seen(arg, &a);
	}
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? 0 : store_fail(s, rc);
}

int
store_alerts(struct store *s, int64_t since_ns, struct store_place before, unsigned limit,
    store_alert_seen seen, void *arg)
{
	sqlite3_stmt *q = s->statements[ST_GET_ALERTS];

	sqlite3_bind_int64(q, 1, since_ns);
	sqlite3_bind_int64(q, 2, before.raised_ns);
	sqlite3_bind_int64(q, 3, (sqlite3_int64)before.id);
	sqlite3_bind_int64(q, 4, limit);
	return each_alert(s, ST_GET_ALERTS, seen, arg);
}

int
store_alerts_of(struct store *s, const uint8_t uuid[16], store_alert_seen seen, void *arg)
{
	sqlite3_bind_blob(s->statements[ST_GET_ALERTS_OF], 1, uuid, 16, SQLITE_TRANSIENT);
	return each_alert(s, ST_GET_ALERTS_OF, seen, arg);
}

int
store_deliveries_of(struct store *s, const uint8_t sha256[32], store_delivery_seen seen, void *arg)
{
	sqlite3_stmt *q = s->statements[ST_GET_DELIVERIES];
	int rc;

	sqlite3_bind_blob(q, 1, sha256, 32, SQLITE_TRANSIENT);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_delivery d = {
			.uuid = bytes_at(q, 0, 16),
			.wall_ns = sqlite3_column_int64(q, 1),
			.job = (uint64_t)sqlite3_column_int64(q, 2),
			.client = text_at(q, 3),
			.peer = text_at(q, 4),
			.user = text_at(q, 5),
			.url = text_at(q, 6),
			.filename = text_at(q, 7),
			.mode = text_at(q, 8),
			.md5 = bytes_at(q, 9, 16),
			.sha256 = bytes_at(q, 10, 32),
		};

		seen(arg, &d);
	}
	sqlite3_reset(q);
	return rc == SQLITE_DONE ? 0 : store_fail(s, rc);
}

uint64_t
store_progress(struct store *s, uint64_t boot, uint32_t core)
{
	sqlite3_stmt *q = s->statements[ST_GET_PROGRESS];
	uint64_t serial = 0;

	sqlite3_bind_int64(q, 1, (sqlite3_int64)boot);
	sqlite3_bind_int64(q, 2, core);
	if (sqlite3_step(q) == SQLITE_ROW)
		serial = (uint64_t)sqlite3_column_int64(q, 0);
	sqlite3_reset(q);
	return serial;
}

bool
store_conviction(
    struct store *s, const uint8_t sha256[32], int64_t since_ns, char *threat, size_t room)
{
	sqlite3_stmt *q = s->statements[ST_GET_CONVICTION];
	bool found;

	sqlite3_bind_blob(q, 1, sha256, 32, SQLITE_TRANSIENT);
	sqlite3_bind_int64(q, 2, since_ns);
	found = sqlite3_step(q) == SQLITE_ROW;
	if (found)
		snprintf(threat, room, "%s", text_at(q, 0));
	sqlite3_reset(q);
	return found;
}

bool
store_finding(struct store *s, const uint8_t sha256[32], char *layer, size_t room, int64_t *place)
{
	sqlite3_stmt *q = s->statements[ST_GET_FINDING];
	bool found;

	sqlite3_bind_blob(q, 1, sha256, 32, SQLITE_TRANSIENT);
	found = sqlite3_step(q) == SQLITE_ROW;
	if (found) {
		snprintf(layer, room, "%s", text_at(q, 0));
		*place = sqlite3_column_int64(q, 1);
	}
	sqlite3_reset(q);
	return found;
}

bool
store_part(struct store *s, const uint8_t sha256[32], uint8_t uuid[16], char *layer, size_t room)
{
	sqlite3_stmt *q = s->statements[ST_GET_PART];
	bool found;

	sqlite3_bind_blob(q, 1, sha256, 32, SQLITE_TRANSIENT);
	found = sqlite3_step(q) == SQLITE_ROW;
	if (found) {
		memcpy(uuid, bytes_at(q, 0, 16), 16);
		snprintf(layer, room, "%s", text_at(q, 1));
	}
	sqlite3_reset(q);
	return found;
}

size_t
store_object(struct store *s, const uint8_t uuid[16], void *record, size_t room)
{
	sqlite3_stmt *q = s->statements[ST_GET_OBJECT];
	size_t bytes = 0;

	sqlite3_bind_int64(q, 1, recent_find(&s->recent, uuid));
	sqlite3_bind_blob(q, 2, uuid, 16, SQLITE_TRANSIENT);
	if (sqlite3_step(q) == SQLITE_ROW) {
		const void *blob = sqlite3_column_blob(q, 0);

		bytes = (size_t)sqlite3_column_bytes(q, 0);
		if (blob == NULL || bytes > room)
			bytes = 0;
		else
			memcpy(record, blob, bytes);
	}
	sqlite3_reset(q);
	return bytes;
}

int
store_earlier(struct store *s, const uint8_t uuid[16], size_t at, struct span same,
    store_record_seen seen, void *arg)
{
	sqlite3_stmt *q = s->statements[ST_GET_EARLIER];
	bool is_enough = false;
	int rc = SQLITE_DONE;

	sqlite3_bind_int64(q, 1, recent_find(&s->recent, uuid));
	sqlite3_bind_int64(q, 2, (sqlite3_int64)at + 1); /* SQLite counts from 1 */
	sqlite3_bind_int64(q, 3, (sqlite3_int64)same.bytes);
	sqlite3_bind_blob(q, 4, same.data, (int)same.bytes, SQLITE_TRANSIENT);
	while (!is_enough && (rc = sqlite3_step(q)) == SQLITE_ROW) {
		const void *blob = sqlite3_column_blob(q, 0);

		is_enough = blob != NULL && seen(arg, blob, (size_t)sqlite3_column_bytes(q, 0));
	}
	sqlite3_reset(q);
	return is_enough || rc == SQLITE_DONE ? 0 : store_fail(s, rc);
}

int
store_alerts_by_digest(struct store *s, const uint8_t sha256[32], store_alert_seen seen, void *arg)
{
	sqlite3_stmt *q = s->statements[ST_GET_ALERTS_LIKE];

	sqlite3_bind_blob(q, 1, sha256, 32, SQLITE_TRANSIENT);
	sqlite3_bind_int64(q, 2, STORE_ALERTS_ASKED);
	return each_alert(s, ST_GET_ALERTS_LIKE, seen, arg);
}

void
store_facts(struct store *s, struct store_facts *out)
{
	sqlite3_stmt *q = s->statements[ST_GET_COUNTS];

	if (sqlite3_step(q) == SQLITE_ROW) {
		s->facts.alerts = (uint64_t)sqlite3_column_int64(q, 0);
		s->facts.deliveries = (uint64_t)sqlite3_column_int64(q, 1);
		s->facts.objects = (uint64_t)sqlite3_column_int64(q, 2);
	}
	sqlite3_reset(q);
	*out = s->facts;
}
