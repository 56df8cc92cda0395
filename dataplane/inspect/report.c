/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control is told of an object. A record of a clean one may be lost, and is then counted; a
 * notice may not: when its ring is full the caller must keep the object waiting.
 */
#include "dataplane/inspect/identity.h"
#include "dataplane/inspect/object.h"

const char *
report_uuid_text(const struct inspect_object *o, char out[33])
{
	return digest_hex(o->uuid, sizeof(o->uuid), out);
}

/* Whether a part of a multipart body decided: the line is of it. */
static bool
is_of_part(const struct inspect_object *o)
{
	enum source s = o->outcome.source;

	return o->part_found.number != 0 && o->outcome.verdict == VERDICT_BAD &&
	       (s == SOURCE_SCANNED || s == SOURCE_CACHED);
}

static void
fill_part(const struct part_found *f, struct record *r)
{
	r->part = f->number;
	r->flags |= RECORD_FLAG_PART;
	r->format = (uint8_t)f->format;
	r->match_offset = f->offset;
	memcpy(r->md5, f->values.md5, sizeof(r->md5));
	memcpy(r->sha256, f->values.sha256, sizeof(r->sha256));
}

/* Digests and format of the layer that was judged; digests are all zero where it was not seen to
 * its end. */
static void
fill_content(struct inspect_object *o, struct record *r)
{
	const struct layer *l = object_layer(o);
	bool judged = o->raw.open && l->format_known && (o->flags & RECORD_FLAG_TRUNCATED) == 0 &&
		      o->state != OBJECT_PASSING;

	r->size = o->bytes;
	r->coding = (uint8_t)o->coding;
	r->format = (uint8_t)(judged ? l->format : format_detect(span_of(NULL, 0)));
	memset(r->md5, 0, sizeof(r->md5));
	memset(r->sha256, 0, sizeof(r->sha256));
	if (judged) {
		memcpy(r->md5, l->values.md5, sizeof(r->md5));
		memcpy(r->sha256, l->values.sha256, sizeof(r->sha256));
	} else if (o->has_body && o->bytes == 0 && o->content_length != UINT64_MAX) {
		r->size = o->content_length;
	}
}

/* After the record's lengths were set to none; no call where there is nothing, as mostly. */
static inline void
put_text(struct record_slot *slot, enum record_text which, struct span text)
{
	if (text.bytes > 0)
		record_text_put(slot, which, text);
}

/* The user, which few requests name. */
static void
put_user(const struct inspect_object *o, struct record_slot *slot)
{
	struct identity asks;

	if (!icap_may_have(o->session, policy_user_lengths(object_policy(o), o->profile)))
		return;
	identity_user(o->profile, o->session, &asks);
	record_text_put(slot, RECORD_TEXT_USER, span_of(asks.user, asks.user_bytes));
	record_text_put(slot, RECORD_TEXT_DOMAIN, span_of(asks.domain, asks.domain_bytes));
}

static void
fill_texts(struct inspect_object *o, struct record_slot *slot)
{
	const struct icap_request *r = icap_request(o->session);
	const struct http_head *head =
	    r->method == ICAP_REQMOD ? r->request_head : r->response_head;
	struct span agent = span_of(NULL, 0), type = span_of(NULL, 0);
	char name[FILENAME_BYTES_MAX];
	struct span filename = span_of(name, object_name(o, name, sizeof(name)));

	if (is_of_part(o))
		filename = span_of(o->part_found.name, o->part_found.name_bytes);
	if (r->request_head != NULL)
		agent = http_field(r->request_head, "User-Agent");
	if (head != NULL)
		type = http_field(head, "Content-Type");
	memset(slot->record.text_bytes, 0, sizeof(slot->record.text_bytes));
	put_text(slot, RECORD_TEXT_URL, span_of(o->url, o->url_bytes));
	put_text(slot, RECORD_TEXT_FILENAME, filename);
	if (o->outcome.threat[0] != 0)
		record_text_put(slot, RECORD_TEXT_THREAT, span_text(o->outcome.threat));
	put_user(o, slot);
	put_text(slot, RECORD_TEXT_USER_AGENT, agent);
	put_text(slot, RECORD_TEXT_MEDIA_TYPE, type);
	shadow_fill(o, slot);
	if (o->excluded_by != 0)
		record_text_put(slot, RECORD_TEXT_CAUSE,
		    span_text(policy_exclusion(object_policy(o), o->excluded_by)));
}

/* Whether a signature's match decided. */
static bool
is_match(const struct inspect_object *o)
{
	return o->found != NULL && o->outcome.source == SOURCE_SCANNED &&
	       o->outcome.verdict == VERDICT_BAD;
}

void
report_fill(struct inspect_object *o, struct record_slot *slot, uint64_t now_ns)
{
	const struct icap_request *request = icap_request(o->session);
	struct record *r = &slot->record;

	r->wall_ns = o->inspect->wall_ns;
	r->duration_ns = now_ns - o->begun_ns;
	r->generation = o->publication->stamp;
	r->match_offset = is_match(o) ? o->found_offset : 0;
	r->scan_ns = o->scan_ns;
	r->hold_ns = o->held_ns;
	r->session = o->peer.session;
	r->flags = o->flags;
	r->site = (uint8_t)o->outcome.site;
	r->site_line = o->outcome.site_line;
	r->core = o->inspect->config.core;
	r->mode = (uint8_t)o->mode;
	r->verdict = (uint8_t)o->outcome.verdict;
	r->source = (uint8_t)o->outcome.source;
	memcpy(r->uuid, o->uuid, sizeof(r->uuid));
	r->client = o->client;
	r->peer = o->peer.address;
	r->http_status = request->response_head != NULL ? request->response_head->status : 0;
	fill_content(o, r);
	r->part = 0;
	r->icap_status = 0;
	if (is_of_part(o))
		fill_part(&o->part_found, r);
	fill_texts(o, slot);
}

/* Counted once an object, when its line is due. */
static void
count_outcome(struct inspect_object *o, uint64_t now_ns)
{
	struct core_stats *s = o->inspect->stats;

	if ((o->flags & (RECORD_FLAG_PAGED | RECORD_FLAG_TRUNCATED)) == 0) /* these have none */
		s->verdicts[o->outcome.verdict][o->outcome.source]++;
	count(s, COUNTER_VERDICTS_BAD, o->outcome.verdict == VERDICT_BAD);
	shadow_count(o);
	histogram_add(&s->object_ns, now_ns - o->begun_ns);
	if (o->scan_ns != 0)
		histogram_add(&s->scan_ns, o->scan_ns);
	if (o->held_ns != 0)
		histogram_add(&s->hold_ns, o->held_ns);
}

void
report_record(struct inspect_object *o)
{
	struct record_slot *slot = record_reserve(o->inspect->channel);
	uint64_t now_ns = inspect_clock_ns(o->inspect);

	count_outcome(o, now_ns);
	if (slot == NULL) {
		count(o->inspect->stats, COUNTER_RECORDS_LOST, 1);
		return;
	}
	report_fill(o, slot, now_ns);
	record_commit(o->inspect->channel);
}

void
report_notices_full(struct inspect_object *o)
{
	count(o->inspect->stats, COUNTER_NOTICES_FULL, !o->notices_full);
	o->notices_full = true;
}

bool
report_notice(struct inspect_object *o, enum notice_kind kind, uint64_t job)
{
	struct notice *n = notice_reserve(o->inspect->channel);
	uint64_t now_ns = inspect_clock_ns(o->inspect);

	if (n == NULL) {
		report_notices_full(o);
		return false;
	}
	count_outcome(o, now_ns);
	n->job = job;
	n->job_bytes = 0;
	n->first_block = ARENA_NONE;
	n->kind = kind;
	n->hold_until_wall_ns = 0;
	report_fill(o, &n->object, now_ns);
	notice_commit(o->inspect->channel);
	return true;
}

/*
 * Bad: an alert, and must be told. Clean but in a sandbox's hands, delivered or held: it should be
 * told, since a later conviction names who has it; a record serves where there is no room, because
 * the object itself is as good as any clean one. All else is a record.
 */
bool
report_outcome(struct inspect_object *o)
{
	uint64_t job = o->job != JOB_NONE ? o->inspect->jobs[o->job].id : 0;

	if (o->outcome.verdict == VERDICT_BAD)
		return report_notice(o, NOTICE_BAD, job);
	if (o->mode == MODE_DISABLED)
		return true;
	if (o->flags & RECORD_FLAG_DELIVERED && report_notice(o, NOTICE_DELIVERED, job))
		return true;
	if (o->held_ns != 0 && report_notice(o, NOTICE_SETTLED, job))
		return true;
	report_record(o);
	return true;
}
