/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Empties the rings every few milliseconds, a bounded batch a turn. A notice is acknowledged once
 * the transaction that stores it has been committed, so a control that dies shows it again, and a
 * row's key makes the second time nothing. A record is written to the log and let go.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "control/control.h"
#include "control/record_json.h"

#define DRAIN_MS      4
#define RECORDS_BATCH 2000
#define TEXT_ROOM     8192

struct texts {
	char client[ADDRESS_TEXT_MAX], peer[ADDRESS_TEXT_MAX];
	char user[TEXT_ROOM], url[TEXT_ROOM], filename[TEXT_ROOM], threat[TEXT_ROOM];
};

static void
escape_texts(const struct record_slot *slot, struct texts *t)
{
	record_address(&slot->record.client, t->client);
	record_address(&slot->record.peer, t->peer);
	line_escape(record_text_get(slot, RECORD_TEXT_USER), t->user, sizeof(t->user));
	line_escape(record_text_get(slot, RECORD_TEXT_URL), t->url, sizeof(t->url));
	line_escape(record_text_get(slot, RECORD_TEXT_FILENAME), t->filename, sizeof(t->filename));
	line_escape(record_text_get(slot, RECORD_TEXT_THREAT), t->threat, sizeof(t->threat));
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
				      .blocked = (r->flags & RECORD_FLAG_BLOCKED) != 0,
				      .origin = STORE_ORIGIN_OBJECT,
				  });
	c->alerts++;
}

static void
put_object(struct control *c, const struct record_slot *slot)
{
	store_put_object(
	    c->store, slot->record.uuid, slot->record.wall_ns, span_of(slot, sizeof(*slot)));
}

static void
put_delivery(struct control *c, const struct notice *n)
{
	const struct record *r = &n->object.record;
	static struct texts t;

	escape_texts(&n->object, &t);
	store_put_delivery(c->store, &(struct store_delivery){
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
				     });
}

struct late {
	struct control *control;
	const char *threat;
};

/* One client that has what was convicted too late. */
static void
put_late_alert(void *arg, const struct store_delivery *d)
{
	const struct late *late = arg;

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
						  .blocked = false,
						  .origin = STORE_ORIGIN_LATE,
					      });
	late->control->alerts++;
}

void
drain_convict(struct control *c, const uint8_t sha256[32], const char *threat)
{
	struct late late = { c, threat };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (store_begin(c->store) != 0)
		return;
	store_put_conviction(
	    c->store, sha256, threat, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	store_deliveries_of(c->store, sha256, put_late_alert, &late);
	store_commit(c->store);
}

static void
take_notice(struct control *c, uint32_t number, const struct notice *n)
{
	bool known = n->serial <= c->progress[number];

	if (n->kind == NOTICE_SANDBOX) {
		jobs_take(c->jobs, number, n);
		return;
	}
	if (known)
		return;
	log_record(&c->log, &n->object);
	c->lines++;
	put_object(c, &n->object);
	if (n->kind == NOTICE_BAD)
		put_alert(c, &n->object);
	if (n->kind == NOTICE_DELIVERED)
		put_delivery(c, n);
}

/* One notice a transaction keeps the order simple: stored, committed, acknowledged. */
static void
drain_notices(struct control *c, uint32_t number)
{
	struct channel_core *core = region_core(c->region, number);
	static struct notice n;

	while (notice_peek(core, &n)) {
		if (store_begin(c->store) != 0)
			return; /* busy: the notice stays in its ring */
		take_notice(c, number, &n);
		store_put_progress(c->store, region_boot_id(c->region), number, n.serial);
		if (store_commit(c->store) != 0)
			return;
		if (n.serial > c->progress[number])
			c->progress[number] = n.serial;
		notice_done(core);
	}
}

static void
drain_records(struct control *c, uint32_t number)
{
	struct channel_core *core = region_core(c->region, number);
	static struct record_slot slot;
	bool stored = false;

	for (unsigned i = 0; i < RECORDS_BATCH && record_peek(core, &slot); i++) {
		if (!stored)
			stored = store_begin(c->store) == 0;
		log_record(&c->log, &slot);
		c->lines++;
		if (stored)
			put_object(c, &slot);
		record_done(core);
	}
	if (stored && store_commit(c->store) != 0)
		store_rollback(c->store);
}

/* What the dataplane could not tell is told here. */
static void
tell_losses(struct control *c, uint32_t number)
{
	static struct core_stats stats;
	uint64_t lost;

	channel_stats_read(region_core(c->region, number), &stats);
	lost = stats.counters[COUNTER_RECORDS_LOST];
	if (lost > c->lost_told[number]) {
		log_loss(&c->log, lost - c->lost_told[number], number);
		c->lost_told[number] = lost;
	}
}

static void
drain(uv_timer_t *timer)
{
	struct control *c = timer->data;
	struct timespec now;

	if (c->region == NULL)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	region_beat(c->region, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
	for (uint32_t i = 0; i < region_cores(c->region); i++) {
		drain_notices(c, i);
		drain_records(c, i);
		tell_losses(c, i);
	}
	jobs_retry(c->jobs);
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
