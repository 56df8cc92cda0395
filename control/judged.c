/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/judged.h"

#include <string.h>

#include "control/line.h"
#include "control/record_json.h"

struct search {
	const struct record *of;
	const struct line_setting *setting;
	json_t *found;
};

/* Whether a verdict of this source is one that is remembered, and not one from memory. */
static bool
is_judged(enum source s)
{
	return s == SOURCE_SCANNED || s == SOURCE_SANDBOX;
}

static json_t *
told(int64_t wall_ns, const uint8_t uuid[16], enum source source, const char *url)
{
	char when[RECORD_TIME_TEXT], text[LINE_UUID_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s}", "time", record_time(wall_ns, when), "uuid",
	    line_hex(uuid, 16, text), "source", source_word(source), "url", url);
}

/* A store_record_seen. */
static bool
see_record(void *arg, const void *record, size_t bytes)
{
	static struct record_slot slot;
	struct search *s = arg;
	const struct record *r = &slot.record;
	json_t *whole;

	if (bytes < offsetof(struct record_slot, text) || bytes > sizeof(slot))
		return false;
	memset(&slot, 0, sizeof(slot));
	memcpy(&slot, record, bytes);
	if (!record_is_sound(&slot) || bytes < record_slot_bytes(&slot) ||
	    !is_judged((enum source)r->source) || r->verdict != s->of->verdict)
		return false;
	whole = record_json(&slot, s->setting);
	s->found = told(r->wall_ns, r->uuid, (enum source)r->source,
	    json_string_value(json_object_get(whole, "url")));
	json_decref(whole);
	return true;
}

/* A store_alert_seen. */
static void
see_alert(void *arg, const struct store_alert *a)
{
	struct search *s = arg;
	enum source source = source_by_word(span_text(a->source));

	if (s->found == NULL && is_judged(source) && a->wall_ns <= s->of->wall_ns)
		s->found = told(a->wall_ns, a->uuid, source, a->url);
}

json_t *
judged_json(struct control *c, const struct record *r)
{
	static const uint8_t none[32];
	struct search s = { .of = r, .setting = &c->log.setting };

	if (memcmp(r->sha256, none, sizeof(none)) == 0)
		return NULL;
	store_earlier(c->store, r->uuid, offsetof(struct record, sha256),
	    span_of(r->sha256, sizeof(r->sha256)), see_record, &s);
	if (s.found == NULL && r->verdict == VERDICT_BAD)
		store_alerts_by_digest(c->store, r->sha256, see_alert, &s);
	return s.found;
}
