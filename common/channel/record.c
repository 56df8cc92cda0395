/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records and notices as values: texts put in and got out, and the check of everything in them that
 * could lead a reader astray. Text goes in enum order, so where one starts is the sum of the
 * lengths before it. Copying out takes the fixed part first and then only as much text as it says,
 * checked.
 */
#include "common/channel/record.h"

#include <string.h>

#include "common/channel/view.h"

static const char *const site_words[] = {
	[RECORD_SITE_REQMOD] = "dataplane/inspect/reqmod.c",
	[RECORD_SITE_RESPMOD] = "dataplane/inspect/respmod.c",
	[RECORD_SITE_REFUSAL] = "dataplane/inspect/refusal.c",
};

const char *
record_site_word(enum record_site s)
{
	return (unsigned)s < RECORD_SITE_COUNT ? site_words[s] : "?";
}

/* Bytes of the texts before `which`; RECORD_TEXT_COUNT: of all. */
static size_t
text_before(const struct record *r, unsigned which)
{
	size_t sum = 0;

	for (unsigned i = 0; i < which; i++)
		sum += r->text_bytes[i];
	return sum;
}

void
record_text_put(struct record_slot *slot, enum record_text which, struct span text)
{
	size_t at = text_before(&slot->record, which);
	size_t room = at < RECORD_TEXT_ROOM ? RECORD_TEXT_ROOM - at : 0;

	if (text.bytes > room) {
		text.bytes = room;
		slot->record.flags |= RECORD_FLAG_TEXT_CUT;
	}
	if (text.bytes > 0)
		memcpy(slot->text + at, text.data, text.bytes);
	slot->record.text_bytes[which] = (uint16_t)text.bytes;
}

struct span
record_text_get(const struct record_slot *slot, enum record_text which)
{
	return span_of(
	    slot->text + text_before(&slot->record, which), slot->record.text_bytes[which]);
}

size_t
record_slot_bytes(const struct record_slot *slot)
{
	return offsetof(struct record_slot, text) + text_before(&slot->record, RECORD_TEXT_COUNT);
}

bool
record_is_sound(const struct record_slot *slot)
{
	const struct record *r = &slot->record;

	return r->core < CHANNEL_CORES_MAX && r->site < RECORD_SITE_COUNT && r->mode < MODE_COUNT &&
	       r->verdict < VERDICT_COUNT && r->source < SOURCE_COUNT && r->shadow < SHADOW_COUNT &&
	       text_before(r, RECORD_TEXT_COUNT) <= RECORD_TEXT_ROOM;
}

bool
record_copy_out(const void *shared, struct record_slot *out)
{
	const struct record_slot *from = shared;

	memcpy(&out->record, &from->record, sizeof(out->record));
	if (!record_is_sound(out))
		return false;
	memcpy(out->text, from->text, text_before(&out->record, RECORD_TEXT_COUNT));
	return true;
}

/* The fields around the object's record. */
static bool
notice_is_sound(const struct notice *n, uint32_t arena_blocks)
{
	if (n->kind >= NOTICE_KIND_COUNT)
		return false;
	if (n->kind != NOTICE_SANDBOX)
		return true;
	return n->job != 0 && n->first_block < arena_blocks &&
	       n->job_bytes <= (uint64_t)arena_blocks * ARENA_PAYLOAD_BYTES;
}

bool
notice_copy_out(const void *shared, uint32_t arena_blocks, struct notice *out)
{
	const struct notice *from = shared;

	memcpy(out, from, offsetof(struct notice, object));
	return notice_is_sound(out, arena_blocks) && record_copy_out(&from->object, &out->object);
}
