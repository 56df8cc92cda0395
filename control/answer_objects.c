/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Alerts, newest first, a page at a time: an answer that is not the last names where the next page
 * begins ("next", to be given back as "before"). And all that is known of one object.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/answer.h"
#include "control/record_json.h"
#include "control/worker.h"

#define PLACE_TEXT 48

struct page {
	json_t *list;
	struct store_place last;
};

static json_t *
alert_json(const struct store_alert *a)
{
	char uuid[LINE_UUID_TEXT], md5[LINE_MD5_TEXT], sha256[LINE_SHA256_TEXT];
	char when[RECORD_TIME_TEXT], raised[RECORD_TIME_TEXT];

	return json_pack(
	    "{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b}",
	    "time", record_time(a->wall_ns, when), "raised",
	    record_time(a->place.raised_ns, raised), "uuid", line_hex(a->uuid, 16, uuid), "late",
	    a->origin == STORE_ORIGIN_LATE, "client", a->client, "peer", a->peer, "user", a->user,
	    "url", a->url, "filename", a->filename, "threat", a->threat, "source", a->source,
	    "mode", a->mode, "md5", line_hex(a->md5, 16, md5), "sha256",
	    line_hex(a->sha256, 32, sha256), "blocked", a->outcome != STORE_PASSED, "cut",
	    a->outcome == STORE_CUT);
}

static void
add_alert(void *arg, const struct store_alert *a)
{
	struct page *page = arg;

	json_array_append_new(page->list, alert_json(a));
	page->last = a->place;
}

/* "RAISED.ID", as "next" told it. */
static bool
parse_place(const json_t *value, struct store_place *out)
{
	const char *text = json_string_value(value);
	int end = 0;

	*out = STORE_NEWEST;
	if (value == NULL)
		return true;
	return text != NULL && strlen(text) < PLACE_TEXT &&
	       strspn(text, "0123456789.") == strlen(text) &&
	       sscanf(text, "%" SCNd64 ".%" SCNu64 "%n", &out->raised_ns, &out->id, &end) == 2 &&
	       text[end] == 0;
}

/* An integer within bounds, or the default where there is none. */
static bool
parse_number(const json_t *value, json_int_t least, json_int_t most, json_int_t *out)
{
	if (value == NULL)
		return true;
	*out = json_integer_value(value);
	return json_is_integer(value) && *out >= least && *out <= most;
}

json_t *
answer_alerts(struct control *c, const json_t *request)
{
	json_int_t limit = ANSWER_ALERTS_DEFAULT, since_ns = 0;
	struct store_place before;
	struct page page;
	char next[PLACE_TEXT];
	json_t *out;

	if (!parse_number(json_object_get(request, "limit"), 1, ANSWER_ALERTS_MAX, &limit))
		return answer_refusal("limit: expected a number from 1 to 1000");
	if (!parse_number(json_object_get(request, "since_ns"), 0, INT64_MAX, &since_ns))
		return answer_refusal("since_ns: expected nanoseconds since 1970");
	if (!parse_place(json_object_get(request, "before"), &before))
		return answer_refusal("before: expected the \"next\" of an earlier answer");
	page = (struct page){ .list = json_array() };
	if (store_alerts(c->store, since_ns, before, (unsigned)limit, add_alert, &page) != 0) {
		json_decref(page.list);
		return answer_unavailable("the alert store can't be read");
	}
	limit = json_array_size(page.list) == (size_t)limit ? limit : 0;
	out = json_pack("{s:b, s:o}", "ok", 1, "alerts", page.list);
	snprintf(next, sizeof(next), "%" PRId64 ".%" PRIu64, page.last.raised_ns, page.last.id);
	if (limit > 0)
		json_object_set_new(out, "next", json_string(next));
	return out;
}

static bool
parse_uuid(const char *text, uint8_t out[16])
{
	if (text == NULL || strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], 0 };

		out[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return true;
}

/* Who else has an object with this digest. */
struct deliveries {
	const uint8_t *uuid; /* not this one */
	json_t *list;
	uint64_t count;
};

static void
add_delivery(void *arg, const struct store_delivery *d)
{
	struct deliveries *all = arg;
	char uuid[LINE_UUID_TEXT], when[RECORD_TIME_TEXT];

	if (memcmp(d->uuid, all->uuid, 16) == 0)
		return;
	all->count++;
	if (json_array_size(all->list) == ANSWER_DELIVERIES_MAX)
		return;
	json_array_append_new(all->list,
	    json_pack("{s:s, s:s, s:s, s:s, s:s}", "time", record_time(d->wall_ns, when), "uuid",
		line_hex(d->uuid, 16, uuid), "client", d->client, "user", d->user, "url", d->url));
}

static void
put_deliveries(json_t *out, struct store *s, const struct record *r)
{
	struct deliveries all = { .uuid = r->uuid, .list = json_array() };

	store_deliveries_of(s, r->sha256, add_delivery, &all);
	json_object_set_new(out, "others", json_integer((json_int_t)all.count));
	json_object_set_new(out, "delivered_to", all.list);
}

/* Where in the object a sandbox found what decided. */
static void
put_finding(json_t *out, struct store *s, const uint8_t sha256[32])
{
	static char layer[WORKER_LAYER_MAX];
	int64_t place;

	if (!store_finding(s, sha256, layer, sizeof(layer), &place))
		return;
	json_object_set_new(out, "sandbox_layer", json_string(layer));
	if (place >= 0)
		json_object_set_new(out, "sandbox_offset", json_integer(place));
}

json_t *
answer_explain(struct control *c, const json_t *request)
{
	static struct record_slot slot;
	struct page page;
	char threat[LINE_ESCAPED_MAX];
	uint8_t uuid[16];
	size_t bytes;
	json_t *out;

	if (!parse_uuid(json_string_value(json_object_get(request, "uuid")), uuid))
		return answer_refusal(
		    "expected a uuid of 32 hexadecimal digits, as the log shows it");
	memset(&slot, 0, sizeof(slot));
	bytes = store_object(c->store, uuid, &slot, sizeof(slot));
	if (bytes < offsetof(struct record_slot, text) || !record_is_sound(&slot) ||
	    bytes < record_slot_bytes(&slot))
		return answer_refusal("no such object among the recent ones");
	page = (struct page){ .list = json_array() };
	store_alerts_of(c->store, uuid, add_alert, &page);
	out = json_pack("{s:b, s:o, s:o}", "ok", 1, "object", record_json(&slot, &c->log.setting),
	    "alerts", page.list);
	if (out == NULL)
		return NULL;
	if (store_conviction(c->store, slot.record.sha256, 0, threat, sizeof(threat)))
		json_object_set_new(out, "convicted_as", json_string(threat));
	put_finding(out, c->store, slot.record.sha256);
	put_deliveries(out, c->store, &slot.record);
	return out;
}
