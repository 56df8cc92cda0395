/* SPDX-License-Identifier: BSD-3-Clause */
/* What records say of a try, into the store. Of an earlier try they are not counted. */
#include <string.h>

#include "control/record_json.h"
#include "control/trial_internal.h"

#define TEXT_ROOM 8192

static void
put_hit(struct trial *t, const struct record_slot *slot)
{
	static char threat[TEXT_ROOM], url[TEXT_ROOM], filename[TEXT_ROOM]; /* one thread */
	const struct record *r = &slot->record;
	char client[ADDRESS_TEXT_MAX];

	line_escape(record_text_get(slot, RECORD_TEXT_SHADOW), threat, sizeof(threat));
	line_escape(record_text_get(slot, RECORD_TEXT_URL), url, sizeof(url));
	line_escape(record_text_get(slot, RECORD_TEXT_FILENAME), filename, sizeof(filename));
	store_put_trial_hit(
	    t->control->store, &(struct store_trial_hit){ .uuid = r->uuid,
				   .wall_ns = r->wall_ns,
				   .is_new = r->verdict != VERDICT_BAD,
				   .threat = threat,
				   .client = record_address(&r->client, client),
				   .url = url,
				   .filename = filename,
				   .verdict = line_verdict_word(r),
				   .source = line_source_word(r, &t->control->log.setting),
				   .offset = r->shadow_offset });
}

void
trial_note(struct trial *t, const struct record_slot *slot, struct store_trial_totals *sum)
{
	const struct record *r = &slot->record;

	if (r->shadow == SHADOW_NONE || r->shadow_generation != t->generation || t->must_clear)
		return;
	sum->objects[r->shadow]++;
	if (r->shadow == SHADOW_BAD)
		put_hit(t, slot);
}
