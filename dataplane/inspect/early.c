/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Delivery before the verdict (docs/delivery.md), for responses that must be sent back: `stream`
 * sends on all but the last part while the object is scanned, `trickle` a few bytes a second so
 * that nobody's patience ends. What was sent can't be taken back, so a bad verdict then cuts the
 * connection, and the URL is remembered: whoever asks again gets the page (guard.h).
 *
 * Whatever the setting, a body that stands still in the middle is streamed from there on. Squid
 * fills its 64 KiB pipe and then waits for its client to read, who waits for us: held any longer,
 * the object would never come (docs/notes/squid-stall.md).
 *
 * Never early: uploads, since half of one may be stored; small objects; anything already known to
 * be stopped; and by `stream` nothing whose format has it wait for a sandbox. (That a rule asks for
 * one is known at the end only; then the last part waits.)
 */
#include "dataplane/inspect/object.h"

#define DRIP_INTERVAL seconds(1)

/*
 * What Squid's pipe holds. A body that stands at exactly as many bytes has filled it, and no more
 * comes before some of it went out: longer than a sender takes between two segments is no use.
 */
#define SQUID_PIPE_BYTES 65535
#define SQUID_PIPE_STALL milliseconds(10)

static const struct policy_delivery *
delivery_of(const struct inspect_object *o)
{
	return &object_policy_limits(o)->delivery;
}

/* The profile's kind, or the configuration's where it has none. */
static enum config_delivery
kind_of(const struct inspect_object *o)
{
	switch (o->profile->delivery) {
	case PROFILE_DELIVERY_HOLD:
		return DELIVERY_HOLD;
	case PROFILE_DELIVERY_STREAM:
		return DELIVERY_STREAM;
	case PROFILE_DELIVERY_TRICKLE:
		return DELIVERY_TRICKLE;
	default:
		return delivery_of(o)->kind;
	}
}

bool
early_may_begin(const struct inspect_object *o)
{
	return o->must_echo && o->method == ICAP_RESPMOD && kind_of(o) != DELIVERY_HOLD;
}

/* Whether something was met that will stop the object, unless its digest turns out to be trusted.
 */
static bool
is_doubtful(const struct inspect_object *o)
{
	if (!mode_blocks(o->mode))
		return false;
	if (o->found != NULL || o->raw.scan_failed || o->parts_failed || o->parts_doubtful ||
	    (o->decoded.open && o->decoded.scan_failed))
		return true;
	return o->trouble != SOURCE_COUNT && !policy_allows(object_policy(o), o->trouble);
}

/* The last part waits for the verdict, where a verdict can stop it. */
static uint64_t
sendable(const struct inspect_object *o)
{
	uint64_t back = mode_blocks(o->mode) ? delivery_of(o)->hold_back_bytes : 0;
	uint64_t unsent = keep_bytes(&o->keep) - o->sent;

	return unsent > back ? unsent - back : 0;
}

static bool
may_begin(struct inspect_object *o)
{
	return o->method == ICAP_RESPMOD && o->bytes > delivery_of(o)->after_bytes &&
	       object_layer(o)->format_known && !icap_may_204(o->session);
}

/* The keep is about to be let go of bit by bit: a sandbox will need a copy of its own. */
static void
begin_sample(struct inspect_object *o)
{
	struct chain_cursor cursor;
	struct chain kept = CHAIN_EMPTY;
	struct span s;

	if (o->coding != DECODE_IDENTITY || !object_may_be_sandboxed(o, object_layer(o)->format))
		return;
	if (keep_share(&o->keep, o->inspect->blocks, &o->inspect->config.pools, 0,
		keep_bytes(&o->keep), &kept) != 0) {
		o->sample_failed = true;
		return;
	}
	o->sampling = true;
	cursor = chain_walk(&kept, 0);
	while (o->sampling && chain_next(&cursor, &s))
		object_sample(o, s);
	chain_free(&kept);
}

/* Whether the object is not to be available before a sandbox has answered. */
static bool
waits_for_sandbox(struct inspect_object *o)
{
	return o->mode == MODE_ADVANCED &&
	       policy_sandboxes(object_policy(o), object_layer(o)->format);
}

static void
begin_stream(struct inspect_object *o)
{
	begin_sample(o);
	o->streams = true;
	if (!o->echo_open)
		deliver_early_begin(o);
}

/* Sends all but the last part, and lets go of what was sent. */
static void
send_on(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	struct chain piece = CHAIN_EMPTY;
	uint64_t n = sendable(o);

	if (n == 0 || keep_take_first(&o->keep, i->blocks, &i->keep_budget, &i->config.pools,
			  o->sent + n, &piece) != 0)
		return;
	chain_drop(&piece, o->sent); /* what a trickle has sent */
	o->sent = 0;
	deliver_passing(o, &piece, false);
}

static void
stream(struct inspect_object *o)
{
	if (o->feeding || is_doubtful(o))
		return;
	if (!o->streams) {
		if (kind_of(o) != DELIVERY_STREAM || waits_for_sandbox(o) || !may_begin(o))
			return;
		begin_stream(o);
	}
	send_on(o);
}

/* How long no byte may come before the peer is taken to wait for us. */
static struct duration
stall_of(const struct inspect_object *o)
{
	struct duration stall = delivery_of(o)->stall, pipe = SQUID_PIPE_STALL;

	return o->bytes == SQUID_PIPE_BYTES && pipe.ns < stall.ns ? pipe : stall;
}

static bool
stands_still(struct inspect_object *o)
{
	struct mono now = o->inspect->now;

	if (o->state != OBJECT_READING || o->feeding) {
		o->seen_at = now;
		return false;
	}
	return !mono_before(now, mono_add(o->seen_at, stall_of(o))) && may_begin(o);
}

/* The end that would tell more may never come: what was met decides. */
static void
give_up_doubtful(struct inspect_object *o)
{
	if (o->found != NULL)
		object_outcome(o, VERDICT_BAD, SOURCE_SCANNED, o->found);
	else if (o->trouble != SOURCE_COUNT)
		object_outcome(o, VERDICT_BAD, o->trouble, "");
	else
		object_outcome(o, VERDICT_BAD, SOURCE_ERROR, "");
	object_give_up_later(o);
}

static void
end_stall(struct inspect_object *o)
{
	count(o->inspect->stats, COUNTER_STALLS, 1);
	if (is_doubtful(o)) {
		give_up_doubtful(o);
		return;
	}
	begin_stream(o);
	send_on(o);
	object_settled(o);
}

/* A few bytes; what is shared stays kept, so that a sandbox can have it whole. */
static void
drip(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	struct chain piece = CHAIN_EMPTY;
	uint64_t n;

	if (is_doubtful(o) || (!o->echo_open && !may_begin(o)))
		return;
	if (!o->echo_open)
		deliver_early_begin(o);
	n = sendable(o);
	if (n > delivery_of(o)->trickle_bytes)
		n = delivery_of(o)->trickle_bytes;
	if (n > 0 && keep_share(&o->keep, i->blocks, &i->config.pools, o->sent, n, &piece) == 0) {
		o->sent += n;
		deliver_passing(o, &piece, false);
	}
	object_settled(o);
}

/*
 * While the body comes, whether it does is looked at; when bytes or a page are due, too. One that
 * stands still though nothing can be done about it is looked at again after as long.
 */
static void
arm(struct inspect_object *o)
{
	struct mono now = o->inspect->now, stalled = mono_add(o->seen_at, stall_of(o));
	struct mono next = mono_earlier(o->drip_at, o->page_at);

	if (!mono_before(now, stalled))
		stalled = mono_add(now, delivery_of(o)->stall);
	if (o->state == OBJECT_READING)
		next = mono_earlier(next, stalled);
	if (next.ns != MONO_NEVER.ns)
		wheel_arm(&o->inspect->looks, &o->look, next);
}

void
early_arm(struct inspect_object *o)
{
	const struct policy_delivery *d = delivery_of(o);

	if (o->method != ICAP_RESPMOD || !o->must_echo)
		return;
	o->seen_at = o->inspect->now;
	o->drip_at = kind_of(o) == DELIVERY_TRICKLE ? mono_add(o->inspect->now, d->trickle_delay)
						    : MONO_NEVER;
	arm(o);
}

void
early_body(struct inspect_object *o)
{
	if (!o->must_echo)
		return;
	o->seen_at = o->inspect->now;
	stream(o);
	if (o->bytes == SQUID_PIPE_BYTES && o->method == ICAP_RESPMOD)
		arm(o);
}

static bool
waits_for_verdict(const struct inspect_object *o)
{
	return o->state == OBJECT_READING || o->state == OBJECT_HASHING || o->state == OBJECT_HELD;
}

void
early_hold(struct inspect_object *o)
{
	o->page_at = scanning_due(o);
	arm(o);
}

void
early_look(struct inspect_object *o)
{
	struct mono now = o->inspect->now;

	if (!waits_for_verdict(o))
		return;
	if (stands_still(o) && (!o->streams || is_doubtful(o))) {
		end_stall(o);
		o->drip_at = MONO_NEVER; /* streamed from here on */
	} else if (!mono_before(now, o->page_at)) {
		o->page_at = MONO_NEVER;
		scanning_show(o);
	} else if (!mono_before(now, o->drip_at)) {
		drip(o);
		o->drip_at = mono_add(now, DRIP_INTERVAL);
	}
	if (waits_for_verdict(o))
		arm(o);
}

/* False: the URL is not whole, so it names no object. */
static bool
url_digest(const struct inspect_object *o, uint8_t out[DIGEST_SHA256_BYTES])
{
	if (o->url_bytes == 0 || o->url_bytes >= URL_BYTES_MAX - 1)
		return false;
	digest_sha256(span_of(o->url, o->url_bytes), out);
	return true;
}

void
early_guard_put(struct inspect *i, const uint8_t url_sha256[32], const char *threat)
{
	const struct policy_limits *limits =
	    policy_limits(publication_peek(i->config.publisher)->policy);

	guard_put(
	    i->guard, url_sha256, threat, i->now, mono_add(i->now, limits->delivery.guard_time));
}

void
early_cut(struct inspect_object *o)
{
	uint8_t url[DIGEST_SHA256_BYTES];

	count(o->inspect->stats, COUNTER_CUT, 1);
	if (url_digest(o, url))
		early_guard_put(o->inspect, url, o->outcome.threat);
	icap_abandon(o->session);
}

const char *
early_guarded(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	uint8_t url[DIGEST_SHA256_BYTES];
	const char *threat;

	if (!guard_is_used(i->guard) || !mode_blocks(o->mode) || !url_digest(o, url))
		return NULL;
	threat = guard_find(i->guard, url, i->now);
	count(i->stats, COUNTER_GUARDED, threat != NULL);
	return threat;
}
