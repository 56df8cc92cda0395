/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Alerts, newest first, a page at a time: an answer that is not the last names where the next page
 * begins ("next", to be given back as "before").
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/answer.h"
#include "control/record_json.h"

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

json_t *
answer_alerts_of(struct control *c, const uint8_t uuid[16])
{
	struct page page = { .list = json_array() };

	store_alerts_of(c->store, uuid, add_alert, &page);
	return page.list;
}
