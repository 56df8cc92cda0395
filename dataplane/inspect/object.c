/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The life of an object: taken at its head, fed while its body streams in, ended by a verdict, by a
 * limit, or by a client that leaves. What a verdict is made of stands in judge.c, how it is
 * answered in deliver.c. Every object gets here exactly one of: an answer, an abort.
 */
#include <errno.h>

#include "dataplane/inspect/identity.h"
#include "dataplane/inspect/object.h"

/* Decimal digits only; UINT64_MAX when it is no such number. */
static uint64_t
parse_length(struct span value)
{
	uint64_t n = 0;

	if (value.bytes == 0 || value.bytes > 18)
		return UINT64_MAX;
	for (size_t i = 0; i < value.bytes; i++) {
		if (value.data[i] < '0' || value.data[i] > '9')
			return UINT64_MAX;
		n = n * 10 + (uint64_t)(value.data[i] - '0');
	}
	return n;
}

/* The head of the message whose body is judged. */
static const struct http_head *
carrying_head(const struct icap_request *r)
{
	return r->method == ICAP_REQMOD ? r->request_head : r->response_head;
}

static void
take_url(struct inspect_object *o, const struct icap_request *r)
{
	struct span target, host = span_of(NULL, 0);

	o->url_bytes = 0;
	if (r->request_head == NULL)
		return;
	target = r->request_head->target;
	if (target.bytes > 0 && target.data[0] == '/') /* others name their host themselves */
		host = http_field(r->request_head, "Host");
	o->url_bytes = (uint16_t)http_url_for_log(target, host, o->url, sizeof(o->url));
}

/* What the heads tell of the body: its coding, its length, whether it is a part of something. */
static void
take_body_facts(struct inspect_object *o, const struct icap_request *r)
{
	const struct http_head *head = carrying_head(r);
	struct http_field_walk walk = { 0 };
	struct http_field f;

	o->coding = DECODE_IDENTITY;
	o->codings = (struct decode_codings){ 0 };
	o->content_length = UINT64_MAX;
	if (head == NULL)
		return;
	while (http_may_have(head, "Content-Encoding") && http_field_next(head, &walk, &f)) {
		/* several fields are one list */
		if (span_is_nocase(f.name, "Content-Encoding"))
			decode_codings_add(&o->codings, f.value);
	}
	o->coding = decode_codings_outermost(&o->codings);
	o->content_length = parse_length(http_field(head, "Content-Length"));
	if (head->is_response && head->status == 206)
		o->flags |= RECORD_FLAG_PARTIAL;
	if (http_field(head, "Content-Range").data != NULL)
		o->flags |= RECORD_FLAG_PARTIAL;
	if (head->odd & HTTP_ODD_LENGTHS)
		o->flags |= RECORD_FLAG_ODD_FRAMING;
}

/* Nanoseconds of CLOCK_MONOTONIC; what a reading costs is in common/base/ticks.h. */
static uint64_t
read_clock(struct inspect_object *o)
{
	struct inspect *i = o->inspect;

	i->read.object = o;
	i->read.turn = i->turn;
	i->read.ns = inspect_clock_ns(i);
	return i->read.ns;
}

/* The same for a step that follows the object's last one, whose reading serves for both. */
static uint64_t
read_clock_again(struct inspect_object *o)
{
	struct inspect *i = o->inspect;

	return i->read.object == o && i->read.turn == i->turn ? i->read.ns : read_clock(o);
}

/* A fresh object: whatever the last one left in the struct is gone. */
static void
object_init(struct inspect_object *o, struct inspect *i, struct icap_session *session,
    const struct inspect_peer *peer, void *user)
{
	const struct icap_request *r = icap_request(session);

	o->inspect = i;
	o->session = session;
	o->user = user;
	o->peer = *peer;
	o->publication = publication_take(i->config.publisher, i->users);
	o->profile = policy_profile(object_policy(o), icap_session_profile(session));
	o->state = OBJECT_READING;
	o->mode = region_mode(i->config.region);
	o->method = r->method;
	o->begun = i->now;
	o->begun_ns = i->turn_at.ns; /* its first byte was there when the turn began */
	o->scan_ns = o->held_ns = 0;
	o->has_body = r->has_body;
	o->notices_full = false;
	o->must_echo = !icap_may_204_at_end(session);
	o->echo_open = o->streams = false;
	o->sent = 0;
	o->drip_at = o->page_at = MONO_NEVER;
	o->sampling = o->sample_over = o->sample_failed = false;
	o->flags = 0;
	o->excluded_by = 0;
	o->trouble = SOURCE_COUNT;
	o->found = NULL;
	o->shadow = (struct shadow_found){ 0 };
	o->bytes = 0;
	o->decoder = NULL;
	o->whole = span_of(NULL, 0);
	o->recalled = false;
	o->member.number = 0;
	o->feeding = false;
	o->backlog = CHAIN_EMPTY;
	o->raw.open = o->decoded.open = false;
	o->parts = NULL;
	o->parts_over = o->parts_failed = o->parts_doubtful = o->parts_want_deep = false;
	o->has_parts = o->parts_sandboxed = false;
	o->parts_seen = 0;
	o->part_found.number = 0;
	keep_init(&o->keep);
	o->sample = BLOCK_RUN_EMPTY;
	o->job = JOB_NONE;
	memset(&o->outcome, 0, sizeof(o->outcome));
	uuid_take(&i->uuids, o->uuid);
	identity_client(o->profile, session, &o->client);
	take_url(o, r);
	take_body_facts(o, r);
}

void
object_free(struct inspect_object *o)
{
	struct inspect *i = o->inspect;

	wheel_disarm(&i->wheel, &o->timer);
	wheel_disarm(&i->looks, &o->look);
	object_feed_stop(o);
	layer_close(&o->raw, i->hashing.queue);
	layer_close(&o->decoded, i->hashing.queue);
	parts_close(o);
	if (o->decoder != NULL)
		decode_close(i->decoders, o->decoder);
	keep_free(&o->keep, i->blocks, &i->keep_budget);
	if (o->sample.first != ARENA_NONE)
		block_run_release(i->blocks, &o->sample);
	publication_put(o->publication, i->users);
	o->state = OBJECT_FREE;
	list_unlink(&o->node);
	list_unlink(&o->settled);
	list_prepend(&i->free_objects, &o->node); /* the next one finds it in the cache */
	i->objects_now--;
}

size_t
object_name(void *object, char *out, size_t room)
{
	const struct icap_request *r = icap_request(((struct inspect_object *)object)->session);

	return http_filename(r->request_head, r->response_head, out,
	    room < FILENAME_BYTES_MAX ? room : FILENAME_BYTES_MAX);
}

/* Opens the layers a body needs; what can't be had makes the object's class. */
static bool
open_layers(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	struct signature_core *core = o->publication->loaded->cores[i->config.core];
	const struct generation *g = o->publication->loaded->generation;
	struct layer_name name = { object_name, o };

	if (layer_open(&o->raw, core, g, name) != 0)
		return false;
	shadow_watch(o, &o->raw);
	if (o->coding == DECODE_UNKNOWN)
		o->trouble = SOURCE_UNSUPPORTED;
	if (o->coding == DECODE_UNKNOWN || o->coding == DECODE_IDENTITY)
		return true;
	o->decoder = decode_open(i->decoders, &o->codings, &object_policy_limits(o)->decode);
	if (o->decoder == NULL || layer_open(&o->decoded, core, g, name) != 0)
		return false;
	shadow_watch(o, &o->decoded);
	return true;
}

/* Exclusions by what the heads tell: where it is asked from, for what, and by what. */
static uint64_t
excluding_rule(const struct inspect_object *o)
{
	const struct policy *p = object_policy(o);
	const struct icap_request *r = icap_request(o->session);
	const struct ip_address *source =
	    address_is_any(&o->client) ? &o->peer.address : &o->client;
	uint64_t rule = policy_excludes_source(p, source);

	if (rule == 0)
		rule = policy_excludes_url(p, span_of(o->url, o->url_bytes));
	if (rule == 0 && r->request_head != NULL)
		rule = policy_excludes_user_agent(p, http_field(r->request_head, "User-Agent"));
	return rule;
}

bool
object_excluded(struct inspect_object *o, uint64_t rule)
{
	if (rule == 0)
		return false;
	o->excluded_by = rule;
	channel_count_rule(o->inspect->stats, rule);
	return true;
}

/* True: done with. */
static bool
object_begin(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	const char *threat;

	if (o->has_body) /* else it ends with its heads, and what holds it then has a timer of its
			    own */
		wheel_arm(&i->wheel, &o->timer,
		    mono_add(i->now, object_policy_limits(o)->object_timeout));
	if (o->mode == MODE_DISABLED || object_excluded(o, excluding_rule(o)))
		return object_conclude(o, VERDICT_CLEAN, SOURCE_EXCLUDED, "");
	threat = early_guarded(o);
	if (threat != NULL) {
		o->flags |= o->has_body ? 0 : RECORD_FLAG_URL_ONLY;
		return object_conclude(o, VERDICT_BAD, SOURCE_CACHED, threat);
	}
	if (o->method == ICAP_REQMOD && reqmod_begin(o))
		return true;
	if (o->state != OBJECT_READING || !o->has_body)
		return false;
	if (!open_layers(o))
		return object_conclude_class(o, SOURCE_OVERLOAD);
	parts_open(o, carrying_head(icap_request(o->session)));
	early_arm(o);
	return false;
}

struct inspect_object *
inspect_request(
    struct inspect *i, struct icap_session *session, const struct inspect_peer *peer, void *user)
{
	struct list *node = list_take_first(&i->free_objects);
	struct inspect_object *o;

	if (node == NULL) {
		struct icap_answer busy = { .kind = ICAP_ANSWER_ERROR, .status = 503 };

		count(i->stats, COUNTER_OVERLOADS, 1);
		count(i->stats, COUNTER_ANSWERS_ERROR, 1);
		icap_answer(session, &busy);
		return NULL;
	}
	o = LIST_ITEM(node, struct inspect_object, node);
	i->objects_now++;
	object_init(o, i, session, peer, user);
	count(i->stats, o->method == ICAP_REQMOD ? COUNTER_OBJECTS_REQMOD : COUNTER_OBJECTS_RESPMOD,
	    1);
	return object_begin(o) ? NULL : o;
}

/* The echo begins with what was kept, and the rest follows as it comes. False: nothing to send it
 * in. */
static bool
begin_passing(struct inspect_object *o)
{
	if (!deliver_pass_begin(o))
		return false;
	wheel_disarm(&o->inspect->wheel, &o->timer);
	o->state = OBJECT_PASSING;
	return true;
}

/* Whether an object with this outcome must be let through byte by byte from here on. */
static bool
must_pass(const struct inspect_object *o)
{
	bool blocks = o->outcome.verdict == VERDICT_BAD && mode_blocks(o->mode);

	return !blocks && o->has_body && (o->echo_open || !icap_may_204(o->session));
}

bool
object_conclude(
    struct inspect_object *o, enum verdict verdict, enum source source, const char *threat)
{
	object_feed_stop(o);
	object_outcome(o, verdict, source, threat);
	if (!must_pass(o))
		return object_finish(o);
	if (begin_passing(o))
		return false;
	deliver_error(o, 503);
	object_free(o);
	return true;
}

void
object_give_up_later(struct inspect_object *o)
{
	object_feed_stop(o);
	if (!must_pass(o)) {
		object_finish_later(o);
		return;
	}
	if (!begin_passing(o)) {
		deliver_error(o, 503);
		o->state = OBJECT_DROPPED;
	}
	object_settled(o);
}

bool
object_conclude_class(struct inspect_object *o, enum source class)
{
	bool allowed = policy_allows(object_policy(o), class);

	if (class == SOURCE_OVERLOAD)
		count(o->inspect->stats, COUNTER_OVERLOADS, 1);
	return object_conclude(o, allowed ? VERDICT_CLEAN : VERDICT_BAD, class, "");
}

/* Bytes to whoever judges them. 0 or -ENOBUFS. */
static int
feed(struct inspect_object *o, struct chain *bytes)
{
	bool is_last = icap_body_is_last(o->session);
	uint64_t before;
	int rc;

	if (whole_may_wait(o, bytes->bytes, is_last)) {
		object_feed_whole(o, bytes);
		return 0;
	}
	before = read_clock_again(o);
	rc = object_feed(o, bytes, is_last);
	o->scan_ns += read_clock(o) - before;
	return rc;
}

/* No more will come. */
static void
feed_end(struct inspect_object *o)
{
	uint64_t before;

	if (whole_waits(o)) { /* nothing that takes time */
		object_feed_end(o);
		return;
	}
	before = read_clock_again(o);
	object_feed_end(o);
	o->scan_ns += read_clock(o) - before;
}

/* Takes what was received, gives it to whoever still wants it. */
bool
inspect_body(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	struct chain bytes = CHAIN_EMPTY;
	int rc;

	icap_take_body(o->session, &bytes);
	o->bytes += bytes.bytes;
	count(i->stats, COUNTER_OBJECT_BYTES, bytes.bytes);
	if (o->state == OBJECT_PASSING) {
		deliver_passing(o, &bytes, false);
		return false;
	}
	if (o->state != OBJECT_READING) {
		chain_free(&bytes);
		return false;
	}
	rc = feed(o, &bytes);
	if (o->must_echo && keep_append(&o->keep, i->blocks, &i->keep_budget, &bytes) != 0)
		rc = -ENOBUFS;
	hashing_spend(i, &bytes);
	if (rc != 0)
		return object_conclude_class(o, SOURCE_OVERLOAD);
	if (o->bytes > object_policy_limits(o)->object_bytes_max)
		return object_conclude_class(o, SOURCE_OVERSIZE);
	early_body(o);
	return false;
}

bool
inspect_is_feeding(const struct inspect_object *o)
{
	return o->feeding;
}

void
inspect_feed_on(struct inspect_object *o)
{
	uint64_t before = read_clock(o);

	object_feed_on(o);
	o->scan_ns += read_clock(o) - before;
}

/*
 * The preview may be all that is needed: a threat in it, or a format that is excluded. Otherwise
 * the client is asked for the rest.
 */
bool
inspect_preview_end(struct inspect_object *o)
{
	if (o->state != OBJECT_READING)
		return false;
	if (o->found != NULL)
		return object_conclude(o, VERDICT_BAD, SOURCE_SCANNED, o->found);
	if (policy_has_format_rules(object_policy(o)) && o->raw.open) {
		enum format f = layer_format(&o->raw);

		if (object_excluded(o, policy_excludes_format(object_policy(o), f)))
			return object_conclude(o, VERDICT_CLEAN, SOURCE_EXCLUDED, "");
	}
	icap_continue(o->session);
	return false;
}

bool
inspect_end(struct inspect_object *o)
{
	struct chain none = CHAIN_EMPTY;

	switch (o->state) {
	case OBJECT_PASSING:
		if (!report_outcome(o))
			report_record(o);
		deliver_passing(o, &none, true);
		object_free(o);
		return true;
	case OBJECT_READING:
		wheel_disarm(&o->inspect->wheel, &o->timer);
		if (!o->raw.open)
			return object_judge(o) && object_finish(o);
		feed_end(o);
		o->state = OBJECT_HASHING;
		hashing_due(o);
		return false;
	default:
		return false;
	}
}

/* False: a bad verdict that control could not be told of yet; the object is parked. */
static bool
tell_and_answer(struct inspect_object *o)
{
	struct inspect *i = o->inspect;

	if (o->outcome.verdict == VERDICT_BAD && mode_blocks(o->mode))
		o->flags |= RECORD_FLAG_BLOCKED | (o->echo_open ? RECORD_FLAG_CUT : 0);
	if (!report_outcome(o)) {
		if (o->state != OBJECT_PARKED) {
			o->state = OBJECT_PARKED;
			list_unlink(&o->node);
			list_append(&i->parked, &o->node);
			wheel_arm(&i->wheel, &o->timer, mono_add(i->now, seconds(PARK_SECONDS)));
		}
		return false;
	}
	if (o->flags & RECORD_FLAG_CUT)
		early_cut(o);
	else if (o->flags & RECORD_FLAG_BLOCKED)
		deliver_block(o);
	else
		deliver_clean(o);
	return true;
}

bool
object_finish(struct inspect_object *o)
{
	if (!tell_and_answer(o))
		return false;
	object_free(o);
	return true;
}

void
object_settled(struct inspect_object *o)
{
	list_unlink(&o->settled);
	list_append(&o->inspect->settled, &o->settled);
}

void
object_finish_later(struct inspect_object *o)
{
	if (!tell_and_answer(o))
		return;
	wheel_disarm(&o->inspect->wheel, &o->timer);
	list_unlink(&o->node); /* parked no more */
	o->state = OBJECT_DROPPED;
	object_settled(o);
}

/* What is told of an object whose client is gone: a verdict that stood already stays. */
static void
report_abort(struct inspect_object *o)
{
	struct inspect *i = o->inspect;

	if (o->state == OBJECT_PARKED) {
		report_outcome(o);
		return;
	}
	if (o->state == OBJECT_HELD) {
		sandbox_leave(o);
		count(i->stats, COUNTER_HELD_ABANDONED, 1);
	} else {
		count(i->stats, COUNTER_BODIES_TRUNCATED, 1);
	}
	o->flags |= RECORD_FLAG_TRUNCATED;
	object_outcome(o, VERDICT_CLEAN, SOURCE_ERROR, "");
	if (!report_notice(o, NOTICE_ABANDONED, 0))
		report_record(o);
}

void
inspect_abort(struct inspect_object *o)
{
	if (o->state != OBJECT_DROPPED)
		report_abort(o);
	object_free(o);
}
