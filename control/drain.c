/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Empties the rings every few milliseconds, a bounded batch a turn. A notice's line is written, its
 * rows are committed, then it is acknowledged: a control that dies between sees it again, where a
 * row's key makes the second time nothing and the line stands twice rather than not at all. A
 * record is written to the log and let go.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "control/everywhere.h"
#include "control/observe.h"
#include "control/record_json.h"
#include "control/trial.h"
#include "control/worker.h"
#include "scanners/digest/digest.h"

#define DRAIN_MS      4
#define NOTICES_BATCH 500
#define RECORDS_BATCH 2000
#define TEXT_ROOM     8192

struct texts {
	char client[ADDRESS_TEXT_MAX], peer[ADDRESS_TEXT_MAX];
	char user[TEXT_ROOM], url[TEXT_ROOM], filename[TEXT_ROOM], threat[TEXT_ROOM];
};

/* "user", or "domain/user". */
static void
escape_user(const struct record_slot *slot, char *out, size_t room)
{
	struct span domain = record_text_get(slot, RECORD_TEXT_DOMAIN);
	size_t n = 0;

	if (domain.bytes > 0) {
		line_escape(domain, out, room / 2);
		n = strlen(out);
		out[n++] = '/';
	}
	line_escape(record_text_get(slot, RECORD_TEXT_USER), out + n, room - n);
}

static void
escape_texts(const struct record_slot *slot, struct texts *t)
{
	record_address(&slot->record.client, t->client);
	record_address(&slot->record.peer, t->peer);
	escape_user(slot, t->user, sizeof(t->user));
	line_escape(record_text_get(slot, RECORD_TEXT_URL), t->url, sizeof(t->url));
	line_escape(record_text_get(slot, RECORD_TEXT_FILENAME), t->filename, sizeof(t->filename));
	line_escape(record_text_get(slot, RECORD_TEXT_THREAT), t->threat, sizeof(t->threat));
}

static enum store_outcome
outcome_of(uint32_t flags)
{
	if (flags & RECORD_FLAG_CUT)
		return STORE_CUT;
	return flags & RECORD_FLAG_BLOCKED ? STORE_BLOCKED : STORE_PASSED;
}

static void
put_alert(struct control *c, const struct record_slot *slot)
{
	const struct record *r = &slot->record;
	static struct texts t;

	escape_texts(slot, &t);
	store_put_alert(c->store, &(struct store_alert){
				      .uuid = r->uuid,
				      .md5 = r->md5,
				      .sha256 = r->sha256,
				      .wall_ns = r->wall_ns,
				      .client = t.client,
				      .peer = t.peer,
				      .user = t.user,
				      .url = t.url,
				      .filename = t.filename,
				      .threat = t.threat,
				      .verdict = line_verdict_word(r),
				      .source = line_source_word(r, &c->log.setting),
				      .mode = mode_word(r->mode),
				      .outcome = outcome_of(r->flags),
				      .origin = STORE_ORIGIN_OBJECT,
				  });
}

static void
put_object(struct control *c, const struct record_slot *slot)
{
	store_put_object(c->store, slot->record.uuid, slot->record.wall_ns,
	    span_of(slot, record_slot_bytes(slot)));
}

struct late {
	struct control *control;
	const char *threat;
	const char *filename; /* as deliveries have it: of these alone; NULL: of all */
};

/* One client that has what was convicted too late. */
static void
put_late_alert(void *arg, const struct store_delivery *d)
{
	const struct late *late = arg;

	if (late->filename != NULL && strcmp(late->filename, d->filename) != 0)
		return;
	store_put_alert(late->control->store, &(struct store_alert){
						  .uuid = d->uuid,
						  .md5 = d->md5,
						  .sha256 = d->sha256,
						  .wall_ns = d->wall_ns,
						  .client = d->client,
						  .peer = d->peer,
						  .user = d->user,
						  .url = d->url,
						  .filename = d->filename,
						  .threat = late->threat,
						  .verdict = "bad",
						  .source = "sandbox",
						  .mode = d->mode,
						  .outcome = STORE_PASSED,
						  .origin = STORE_ORIGIN_LATE,
					      });
}

bool
drain_convict(
    struct control *c, const uint8_t sha256[32], const struct span *name, const char *threat)
{
	static char filename[TEXT_ROOM];
	struct late late = { c, threat, name != NULL ? filename : NULL };
	uint8_t key[DIGEST_SHA256_BYTES];
	struct timespec now;

	memcpy(key, sha256, sizeof(key));
	if (name != NULL) {
		digest_with_name(sha256, *name, key);
		line_escape(*name, filename, sizeof(filename));
	}
	clock_gettime(CLOCK_REALTIME, &now);
	if (store_begin(c->store) != 0)
		return false;
	store_put_conviction(c->store, key, threat, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	if (store_deliveries_of(c->store, sha256, put_late_alert, &late) != 0) {
		store_rollback(c->store);
		return false;
	}
	return store_commit(c->store) == 0;
}

void
drain_found(struct control *c, const uint8_t sha256[32], const uint8_t uuid[16],
    const struct worker_answer *said)
{
	struct timespec now;
	int64_t wall_ns;

	if (said->layer[0] == 0 && said->offset == WORKER_NO_OFFSET)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	wall_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	if (store_begin(c->store) != 0)
		return;
	store_put_finding(c->store, sha256, said->layer,
	    said->offset != WORKER_NO_OFFSET ? (int64_t)said->offset : -1, wall_ns);
	for (unsigned i = 0; i < said->part_count; i++)
		store_put_part(c->store, said->parts[i], uuid, said->layer, wall_ns);
	store_commit(c->store);
}

/* Who has it; where its digest was convicted after this object began, the alert is due at once. */
static void
put_delivery(struct control *c, const struct notice *n)
{
	const struct record *r = &n->object.record;
	static char threat[TEXT_ROOM];
	static struct texts t;
	struct store_delivery d;
	int64_t since = r->wall_ns - (int64_t)r->duration_ns;
	uint8_t key[DIGEST_SHA256_BYTES];

	escape_texts(&n->object, &t);
	d = (struct store_delivery){
		.uuid = r->uuid,
		.md5 = r->md5,
		.sha256 = r->sha256,
		.wall_ns = r->wall_ns,
		.job = n->job,
		.client = t.client,
		.peer = t.peer,
		.user = t.user,
		.url = t.url,
		.filename = t.filename,
		.mode = mode_word(r->mode),
	};
	store_put_delivery(c->store, &d);
	digest_with_name(r->sha256, record_text_get(&n->object, RECORD_TEXT_FILENAME), key);
	if (store_conviction(c->store, r->sha256, since, threat, sizeof(threat)) ||
	    store_conviction(c->store, key, since, threat, sizeof(threat)))
		put_late_alert(&(struct late){ c, threat, NULL }, &d);
}

static void
put_rows(struct control *c, const struct notice *n)
{
	put_object(c, &n->object);
	if (n->kind == NOTICE_BAD)
		put_alert(c, &n->object);
	if (n->kind == NOTICE_DELIVERED)
		put_delivery(c, n);
}

/* One region's core, and how far it has been read. */
struct reader {
	struct control *control;
	struct region *region;
	struct drain_cursor *cursor;
	uint32_t core;
};

static void
log_once(const struct reader *r, const struct notice *n)
{
	if (n->kind == NOTICE_SANDBOX || n->serial <= r->cursor->logged[r->core])
		return;
	log_record(&r->control->log, &n->object);
	log_flush(&r->control->log);
	r->control->lines++;
	r->cursor->logged[r->core] = n->serial;
}

/* A download was cut: every core shall know its URL. */
static void
guard_everywhere(const struct reader *r, const struct record_slot *slot)
{
	struct command put = { .kind = COMMAND_GUARD_PUT };
	struct span threat = record_text_get(slot, RECORD_TEXT_THREAT);

	if ((slot->record.flags & RECORD_FLAG_CUT) == 0 ||
	    (slot->record.flags & RECORD_FLAG_TEXT_CUT) != 0)
		return;
	digest_sha256(record_text_get(slot, RECORD_TEXT_URL), put.sha256);
	snprintf(
	    put.threat, sizeof(put.threat), "%.*s", (int)threat.bytes, (const char *)threat.data);
	everywhere_tell(r->control->everywhere, r->control->region, &put);
}

/* False: it could not be kept now and stays in its ring. */
static bool
take_notice(const struct reader *r, const struct notice *n)
{
	struct control *c = r->control;
	struct store_trial_totals tried = { 0 };

	if (n->kind == NOTICE_SANDBOX && !jobs_take(c->jobs, r->region, r->core, n))
		return false;
	if (n->serial <= r->cursor->stored[r->core])
		return true;
	if (store_begin(c->store) != 0)
		return false;
	log_once(r, n);
	if (n->kind != NOTICE_SANDBOX) {
		put_rows(c, n);
		trial_note(c->trial, &n->object, &tried);
		store_put_trial_totals(c->store, &tried);
	}
	store_put_progress(c->store, region_boot_id(r->region), r->core, n->serial);
	if (store_commit(c->store) != 0)
		return false;
	r->cursor->stored[r->core] = n->serial;
	if (n->kind == NOTICE_BAD)
		guard_everywhere(r, &n->object);
	return true;
}

/* True when the ring is empty. */
static bool
drain_notices(const struct reader *r)
{
	struct channel_core *core = region_core(r->region, r->core);
	static struct notice n;

	for (unsigned i = 0; i < NOTICES_BATCH; i++) {
		if (!notice_peek(core, &n))
			return true;
		if (!take_notice(r, &n))
			return false;
		notice_done(core);
	}
	return false;
}

/* True when the ring is empty. A busy store costs `explain` these objects, never the log. */
static bool
drain_records(const struct reader *r)
{
	struct channel_core *core = region_core(r->region, r->core);
	struct control *c = r->control;
	static struct record_slot slot;
	struct store_trial_totals tried = { 0 };
	bool stored;
	unsigned i;

	if (!record_peek(core, &slot))
		return true;
	stored = store_begin(c->store) == 0;
	for (i = 0; i < RECORDS_BATCH && record_peek(core, &slot); i++) {
		log_record(&c->log, &slot);
		c->lines++;
		if (stored && slot.record.icap_status == 0) {
			put_object(c, &slot);
			trial_note(c->trial, &slot, &tried);
		}
		record_done(core);
	}
	if (stored)
		store_put_trial_totals(c->store, &tried);
	if (stored && store_commit(c->store) != 0)
		store_rollback(c->store);
	return i < RECORDS_BATCH;
}

/* What the dataplane could not tell is told here. */
static void
tell_losses(const struct reader *r)
{
	static struct core_stats stats;
	uint64_t *told = &r->cursor->lost_told[r->core], lost;

	channel_stats_read(region_core(r->region, r->core), &stats);
	lost = stats.counters[COUNTER_RECORDS_LOST];
	if (lost > *told) {
		log_loss(&r->control->log, lost - *told, r->core);
		*told = lost;
	}
}

/* True when nothing is left in its rings. */
static bool
drain_region(struct control *c, struct region *region, struct drain_cursor *cursor)
{
	bool empty = true;

	for (uint32_t i = 0; i < region_cores(region); i++) {
		struct reader r = { c, region, cursor, i };
		bool notices = drain_notices(&r), records = drain_records(&r);

		empty = empty && notices && records;
		tell_losses(&r);
	}
	return empty;
}

static void
drain(uv_timer_t *timer)
{
	struct control *c = timer->data;
	struct timespec now;

	if (c->region != NULL) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		region_beat(c->region, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
		drain_region(c, c->region, &c->cursor);
	}
	if (c->left != NULL && drain_region(c, c->left, &c->left_cursor))
		attach_release(c);
	everywhere_retry(c->everywhere, c->region);
	jobs_retry(c->jobs);
	trial_tick(c->trial);
	observe_drain(c->observe);
	log_flush(&c->log);
}

void
drain_start(struct control *c)
{
	uv_timer_init(&c->loop, &c->drain_timer);
	c->drain_timer.data = c;
	uv_timer_start(&c->drain_timer, drain, DRAIN_MS, DRAIN_MS);
}

void
drain_stop(struct control *c)
{
	drain(&c->drain_timer);
	uv_close((uv_handle_t *)&c->drain_timer, NULL);
}
