/* SPDX-License-Identifier: BSD-3-Clause */
/* `explain`: all that is known of one object, and why its verdict is what it is (why.h). */
#include <string.h>

#include "common/base/letters.h"
#include "control/answer.h"
#include "control/record_json.h"
#include "control/why.h"
#include "control/worker.h"

static bool
parse_uuid(const char *text, uint8_t out[16])
{
	if (text == NULL || strlen(text) != 32)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		int byte = hex_pair((const uint8_t *)text + 2 * i);

		if (byte < 0)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

/* Who else was given an object with this digest while a sandbox worked on it. */
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

/* How a worker ended counts as long as no other has done the work. */
static bool
is_past(const struct record *r, const char *layer)
{
	return worker_is_end(layer) && r->source != SOURCE_ERROR && r->source != SOURCE_TIMEOUT;
}

/* Where in the object a sandbox found what decided, or in which other one it found the object. */
static void
put_finding(json_t *out, struct store *s, const struct record *r)
{
	static char layer[WORKER_LAYER_MAX];
	char text[LINE_UUID_TEXT];
	uint8_t uuid[16];
	int64_t place = -1;

	if (!store_finding(s, r->sha256, layer, sizeof(layer), &place) || is_past(r, layer)) {
		if (!store_part(s, r->sha256, uuid, layer, sizeof(layer)))
			return;
		json_object_set_new(out, "sandbox_object", json_string(line_hex(uuid, 16, text)));
	}
	json_object_set_new(out, "sandbox_layer", json_string(layer));
	if (place > 0) /* as in why.c */
		json_object_set_new(out, "sandbox_offset", json_integer(place));
}

json_t *
answer_explain(struct control *c, const json_t *request)
{
	static struct record_slot slot;
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
		return answer_unknown("no such object among the recent ones");
	out = json_pack("{s:b, s:o, s:o, s:o}", "ok", 1, "object",
	    record_json(&slot, &c->log.setting), "why", why_json(c, &slot), "alerts",
	    answer_alerts_of(c, uuid));
	if (out == NULL)
		return NULL;
	if (store_conviction(c->store, slot.record.sha256, 0, threat, sizeof(threat)))
		json_object_set_new(out, "convicted_as", json_string(threat));
	put_finding(out, c->store, &slot.record);
	put_deliveries(out, c->store, &slot.record);
	return out;
}
