/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What signatures that are only tried have found, since the try began: how many objects by what was
 * said of them, by rule, and the newest objects in which something was found. One try at a time;
 * the next begins with nothing. An object that is seen twice, as after a restart, counts once as
 * long as it is among the newest.
 */
#include "control/store/internal.h"

void
store_put_trial_hit(struct store *s, const struct store_trial_hit *h)
{
	sqlite3_stmt *q = s->statements[ST_PUT_TRIAL_HIT];
	const char *texts[] = { h->threat, h->client, h->url, h->filename, h->verdict, h->source };

	if (s->journal_bytes >= s->pinned_bytes) {
		s->facts.left_out++;
		return;
	}
	sqlite3_bind_blob(q, 1, h->uuid, 16, SQLITE_STATIC);
	sqlite3_bind_int64(q, 2, h->wall_ns);
	sqlite3_bind_int(q, 3, h->is_new);
	for (int i = 0; i < 6; i++)
		sqlite3_bind_text(q, 4 + i, texts[i] != NULL ? texts[i] : "", -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 10, (sqlite3_int64)h->offset);
	store_write_row(s, ST_PUT_TRIAL_HIT);
	if (sqlite3_changes(s->db) == 0)
		return; /* it was there */
	q = s->statements[ST_PUT_TRIAL_RULE];
	sqlite3_bind_text(q, 1, h->threat, -1, SQLITE_STATIC);
	sqlite3_bind_int(q, 2, h->is_new);
	sqlite3_bind_int64(q, 3, h->wall_ns);
	store_write_row(s, ST_PUT_TRIAL_RULE);
}

void
store_put_trial_totals(struct store *s, const struct store_trial_totals *add)
{
	sqlite3_stmt *q = s->statements[ST_PUT_TRIAL_TOTAL];

	for (int said = 0; said < SHADOW_COUNT; said++) {
		if (add->objects[said] == 0)
			continue;
		sqlite3_bind_int(q, 1, said);
		sqlite3_bind_int64(q, 2, (sqlite3_int64)add->objects[said]);
		store_write_row(s, ST_PUT_TRIAL_TOTAL);
	}
}

void
store_clear_trial(struct store *s)
{
	store_write_row(s, ST_CLEAR_TRIAL_HITS);
	store_write_row(s, ST_CLEAR_TRIAL_RULES);
	store_write_row(s, ST_CLEAR_TRIAL_TOTALS);
}

static const char *
text_at(sqlite3_stmt *q, int column)
{
	const char *text = (const char *)sqlite3_column_text(q, column);

	return text != NULL ? text : "";
}

/* Resets the statement, so that no read pins the WAL. */
static int
end_read(struct store *s, enum statement which, int rc)
{
	sqlite3_reset(s->statements[which]);
	return rc == SQLITE_DONE ? 0 : store_fail(s, rc);
}

int
store_trial_totals(struct store *s, struct store_trial_totals *out)
{
	sqlite3_stmt *q = s->statements[ST_GET_TRIAL_TOTALS];
	int rc;

	*out = (struct store_trial_totals){ 0 };
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		int said = sqlite3_column_int(q, 0);

		if (said >= 0 && said < SHADOW_COUNT)
			out->objects[said] = (uint64_t)sqlite3_column_int64(q, 1);
	}
	return end_read(s, ST_GET_TRIAL_TOTALS, rc);
}

int
store_trial_rules(struct store *s, unsigned limit, store_trial_rule_seen seen, void *arg)
{
	sqlite3_stmt *q = s->statements[ST_GET_TRIAL_RULES];
	int rc;

	sqlite3_bind_int64(q, 1, limit);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_trial_rule r = {
			.threat = text_at(q, 0),
			.objects = (uint64_t)sqlite3_column_int64(q, 1),
			.objects_new = (uint64_t)sqlite3_column_int64(q, 2),
			.first_ns = sqlite3_column_int64(q, 3),
			.last_ns = sqlite3_column_int64(q, 4),
		};

		seen(arg, &r);
	}
	return end_read(s, ST_GET_TRIAL_RULES, rc);
}

int
store_trial_hits(struct store *s, unsigned limit, store_trial_hit_seen seen, void *arg)
{
	static const uint8_t zeros[16];
	sqlite3_stmt *q = s->statements[ST_GET_TRIAL_HITS];
	int rc;

	sqlite3_bind_int64(q, 1, limit);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		struct store_trial_hit h = {
			.uuid =
			    sqlite3_column_bytes(q, 0) == 16 ? sqlite3_column_blob(q, 0) : zeros,
			.wall_ns = sqlite3_column_int64(q, 1),
			.is_new = sqlite3_column_int(q, 2) != 0,
			.threat = text_at(q, 3),
			.client = text_at(q, 4),
			.url = text_at(q, 5),
			.filename = text_at(q, 6),
			.verdict = text_at(q, 7),
			.source = text_at(q, 8),
			.offset = (uint64_t)sqlite3_column_int64(q, 9),
		};

		seen(arg, &h);
	}
	return end_read(s, ST_GET_TRIAL_HITS, rc);
}
