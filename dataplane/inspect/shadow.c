/* SPDX-License-Identifier: BSD-3-Clause */
/* See shadow.h. */
#include "dataplane/inspect/shadow.h"

#include "dataplane/inspect/object.h"

void
shadow_watch(struct inspect_object *o, struct layer *l)
{
	const struct loaded *tried = o->publication->shadow;

	if (tried != NULL &&
	    layer_watch(l, tried->cores[o->inspect->config.core], tried->generation) != 0)
		o->shadow.failed = true;
}

/* The first thing found stays, as it does with the signatures that serve. */
static void
note(struct shadow_found *f, const char *threat, uint64_t offset)
{
	if (f->threat != NULL || threat == NULL)
		return;
	f->threat = threat;
	f->offset = offset;
}

void
shadow_leave(struct inspect_object *o, const struct layer *l)
{
	const struct signature_hit *hit = layer_shadow_hit(l);

	if (hit != NULL)
		note(&o->shadow, hit->name, hit->offset);
}

static bool
is_listed(const struct generation *g, const struct layer *l)
{
	return generation_trusted_digest(g, l->values.md5, l->values.sha256, l->bytes);
}

/* What is known of a layer at its end, trusted or not: its digests before its matches. */
static void
note_layer(struct inspect_object *o, const struct layer *l)
{
	const struct generation *g = o->publication->shadow->generation;

	note(&o->shadow, generation_bad_digest(g, l->values.md5, l->values.sha256, l->bytes), 0);
	shadow_leave(o, l);
	o->shadow.failed |= l->shadow_failed;
	o->shadow.wants_deep |= l->shadow_wants_deep;
}

void
shadow_part(struct inspect_object *o, const struct layer *l)
{
	if (o->publication->shadow != NULL && l->bytes > 0 &&
	    !is_listed(o->publication->shadow->generation, l))
		note_layer(o, l);
}

void
shadow_judge(struct inspect_object *o)
{
	struct shadow_found *f = &o->shadow;
	struct layer *l = object_layer(o);

	if (o->publication->shadow == NULL || !o->raw.open || l->bytes == 0)
		return;
	if (is_listed(o->publication->shadow->generation, l)) {
		f->said = SHADOW_TRUSTED;
		return;
	}
	note_layer(o, l);
	if (l != &o->raw) { /* whose digests are not the object's */
		shadow_leave(o, &o->raw);
		f->failed |= o->raw.shadow_failed;
	}
	if (f->threat != NULL)
		f->said = SHADOW_BAD;
	else if (f->failed)
		f->said = SHADOW_ERROR;
	else
		f->said = f->wants_deep ? SHADOW_SANDBOX : SHADOW_CLEAN;
}

enum shadow
shadow_outcome(struct inspect_object *o)
{
	enum source s = o->outcome.source;

	if (o->publication->shadow == NULL || !o->raw.open)
		return SHADOW_NONE;
	if (s == SOURCE_EXCLUDED || s == SOURCE_WHITELIST)
		return SHADOW_CLEAN; /* whatever is in it */
	if (o->shadow.said != SHADOW_NONE)
		return o->shadow.said;
	shadow_leave(o, &o->raw);
	shadow_leave(o, &o->decoded);
	return o->shadow.threat != NULL ? SHADOW_BAD : SHADOW_NONE;
}

void
shadow_fill(struct inspect_object *o, struct record_slot *slot)
{
	struct record *r = &slot->record;
	bool is_bad;

	r->shadow = (uint8_t)shadow_outcome(o);
	is_bad = r->shadow == SHADOW_BAD;
	r->shadow_generation =
	    r->shadow != SHADOW_NONE ? generation_id(o->publication->shadow->generation) : 0;
	r->shadow_offset = is_bad ? o->shadow.offset : 0;
	r->unused = 0;
	if (is_bad)
		record_text_put(slot, RECORD_TEXT_SHADOW, span_text(o->shadow.threat));
}

void
shadow_count(struct inspect_object *o)
{
	struct core_stats *s = o->inspect->stats;
	enum shadow said = shadow_outcome(o);

	if (said == SHADOW_NONE)
		return;
	count(s, COUNTER_SHADOW_OBJECTS, o->shadow.said != SHADOW_NONE);
	count(s, COUNTER_SHADOW_BAD, said == SHADOW_BAD);
	count(s, COUNTER_SHADOW_NEW, said == SHADOW_BAD && o->outcome.verdict != VERDICT_BAD);
	count(s, COUNTER_SHADOW_FAILED, said == SHADOW_ERROR);
}
