/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a whole object to its outcome: the steps of DESIGN.md §3, in order, the first that knows
 * decides. Trusted digests win over everything that looks at content; what was judged before is not
 * judged again; what could not be judged is never called clean without saying why.
 */
#include "dataplane/inspect/object.h"

enum step_result {
	STEP_NEXT,
	STEP_DECIDED,
	STEP_HELD
};

static enum step_result
decide(struct inspect_object *o, enum verdict v, enum source s, const char *threat)
{
	object_outcome(o, v, s, threat);
	return STEP_DECIDED;
}

static enum step_result
decide_class(struct inspect_object *o, enum source class)
{
	bool allowed = policy_allows(object_policy(o), class);

	return decide(o, allowed ? VERDICT_CLEAN : VERDICT_BAD, class, "");
}

/* No bytes, nothing to judge but the URL, and reqmod_begin() found nothing against that. */
static enum step_result
step_empty(struct inspect_object *o)
{
	if (!o->has_body && o->method == ICAP_REQMOD) {
		o->flags |= RECORD_FLAG_URL_ONLY;
		return decide(o, VERDICT_CLEAN, SOURCE_REPUTATION, "");
	}
	return o->bytes == 0 ? decide(o, VERDICT_CLEAN, SOURCE_SCANNED, "") : STEP_NEXT;
}

static enum step_result
step_excluded(struct inspect_object *o)
{
	struct layer *l = object_layer(o);

	if (object_excluded(o, policy_excludes_format(object_policy(o), l->format)) ||
	    object_excluded(o, policy_excludes_md5(object_policy(o), l->values.md5)))
		return decide(o, VERDICT_CLEAN, SOURCE_EXCLUDED, "");
	return STEP_NEXT;
}

static enum step_result
step_trusted(struct inspect_object *o)
{
	struct layer *l = object_layer(o);

	if (signature_is_trusted(l->scan) ||
	    generation_trusted_digest(
		o->publication->loaded->generation, l->values.md5, l->values.sha256, l->bytes))
		return decide(o, VERDICT_CLEAN, SOURCE_WHITELIST, "");
	return STEP_NEXT;
}

/*
 * A part that is bad, before what is remembered of the whole: whether a body has parts depends on a
 * head that may differ the next time the same bytes are sent.
 */
static enum step_result
step_parts(struct inspect_object *o)
{
	const struct part_found *f = &o->part_found;

	return f->number != 0 ? decide(o, VERDICT_BAD, f->source, f->threat) : STEP_NEXT;
}

/*
 * Whether what is remembered holds of this object: the same bytes under a head that told of no
 * parts, or of other ones, were clean without the sandbox that parts of this one call for.
 */
static bool
holds(const struct inspect_object *o, const struct cache_verdict *v)
{
	return v->verdict != VERDICT_CLEAN || v->sandboxed ||
	       !(o->parts_sandboxed || o->parts_want_deep);
}

/* Asked already, before it was scanned, or asked now. */
static bool
recall(struct inspect_object *o, struct cache_verdict *v)
{
	if (!o->recalled)
		return object_recall(o, object_layer(o), v);
	*v = o->remembered;
	return true;
}

static enum step_result
step_cached(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	struct cache_verdict v;

	if (!recall(o, &v) || !holds(o, &v)) {
		count(i->stats, COUNTER_CACHE_MISSES, 1);
		return STEP_NEXT;
	}
	count(i->stats, COUNTER_CACHE_HITS, 1);
	if (v.verdict == VERDICT_CLEAN && o->trouble != SOURCE_COUNT)
		return decide_class(o, o->trouble); /* which the bytes alone do not tell */
	return decide(o, v.verdict, SOURCE_CACHED, v.threat);
}

/* Whether what signatures said of it, bad or not, may be other under another name. */
static bool
is_by_name(const struct inspect_object *o)
{
	return layer_is_by_name(&o->raw) || layer_is_by_name(&o->decoded);
}

static enum step_result
step_signatures(struct inspect_object *o)
{
	struct layer *l = object_layer(o);
	const char *threat = generation_bad_digest(
	    o->publication->loaded->generation, l->values.md5, l->values.sha256, l->bytes);
	bool by_name = false;

	if (threat == NULL) {
		threat = o->found;
		by_name = is_by_name(o);
	}
	if (threat != NULL) {
		object_remember(o, l, VERDICT_BAD, threat, by_name);
		return decide(o, VERDICT_BAD, SOURCE_SCANNED, threat);
	}
	if (o->raw.scan_failed || (o->decoded.open && o->decoded.scan_failed) || o->parts_failed)
		return decide_class(o, SOURCE_ERROR);
	return STEP_NEXT;
}

/* A class that is blocked. One that is let through may still be judged by a sandbox. */
static enum step_result
step_trouble(struct inspect_object *o)
{
	if (o->trouble == SOURCE_COUNT || policy_allows(object_policy(o), o->trouble))
		return STEP_NEXT;
	return decide_class(o, o->trouble);
}

/* Nothing was found, and nobody knows more yet. */
static enum step_result
pass(struct inspect_object *o)
{
	if (o->trouble != SOURCE_COUNT)
		return decide_class(o, o->trouble);
	return decide(o, VERDICT_CLEAN, SOURCE_SCANNED, "");
}

/*
 * Unknown, and of a format that a sandbox judges, itself or one of its parts, or one of the rules
 * that only a sandbox judges may hold; where there is none any more, the object was not fully
 * judged. Where it can't be given to one, an object that would have waited gets the overload
 * policy; one that is available meanwhile anyway passes as scanned, and the gap is counted.
 */
static enum step_result
step_sandbox(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	bool hold = o->mode == MODE_ADVANCED;
	struct layer *l = object_layer(o);

	if (o->trouble != SOURCE_COUNT && !sandbox_has_bytes(o))
		return STEP_NEXT;
	if (!policy_sandboxes(object_policy(o), l->format) && !o->parts_sandboxed) {
		if (!l->wants_deep && !o->parts_want_deep)
			return STEP_NEXT;
		if (!policy_has_sandbox(object_policy(o)))
			return decide_class(o, SOURCE_UNSUPPORTED);
	}
	if (o->sample_over || l->bytes > object_policy_limits(o)->sandbox_bytes_max)
		return decide_class(o, SOURCE_OVERSIZE);
	if (o->sample_failed || sandbox_submit(o, hold) != 0) {
		count(i->stats, COUNTER_SANDBOX_SKIPPED, 1);
		return hold ? decide_class(o, SOURCE_OVERLOAD) : pass(o);
	}
	if (hold)
		return STEP_HELD;
	o->flags |= RECORD_FLAG_DELIVERED;
	return pass(o);
}

static enum step_result
step_clean(struct inspect_object *o)
{
	if (o->trouble == SOURCE_COUNT)
		object_remember(o, object_layer(o), VERDICT_CLEAN, "", is_by_name(o));
	return pass(o);
}

bool
object_judge(struct inspect_object *o)
{
	static enum step_result (*const steps[])(struct inspect_object *) = { step_empty,
		step_excluded, step_trusted, step_parts, step_cached, step_signatures, step_trouble,
		step_sandbox, step_clean };
	enum step_result r = STEP_NEXT;

	if (o->has_body && o->content_length != UINT64_MAX && o->bytes < o->content_length)
		o->flags |= RECORD_FLAG_INCOMPLETE;
	shadow_judge(o);
	for (unsigned i = 0; r == STEP_NEXT; i++)
		r = steps[i](o);
	return r == STEP_DECIDED;
}
