/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Received bytes to the scanners. The bytes as sent are always judged; where a content coding is
 * known, what lies behind it is the object: its digests count, its format, and its bytes go to a
 * sandbox. A coding that breaks leaves the bytes as sent as the object, and a class. The parts of a
 * multipart object are judged besides (parts.c).
 *
 * A few bytes may decode to a thousand times as many, so a turn gives an object INSPECT_TURN_BYTES
 * of work and no more: what is left waits in `backlog`, the session stands still (the caller asks
 * inspect_is_feeding()), and the next turn goes on.
 */
#include "dataplane/inspect/object.h"

void
object_note_hit(struct inspect_object *o, const struct layer *l)
{
	const struct signature_hit *hit = layer_hit(l);

	if (o->found != NULL || hit == NULL)
		return;
	o->found = hit->name;
	o->found_offset = hit->offset;
}

static void
drop_sample(struct inspect_object *o)
{
	block_run_release(o->inspect->blocks, &o->sample);
	o->sampling = false;
}

bool
object_may_be_sandboxed(const struct inspect_object *o, enum format f)
{
	const struct policy *p = object_policy(o);

	return policy_sandboxes(p, f) ||
	       (policy_has_sandbox(p) &&
		   (o->has_parts || generation_yara(o->publication->loaded->generation).bytes > 0));
}

void
object_sample(struct inspect_object *o, struct span bytes)
{
	if (o->sample.bytes + bytes.bytes > object_policy_limits(o)->sandbox_bytes_max) {
		o->sample_over = true;
		drop_sample(o);
	} else if (block_run_append(o->inspect->blocks, &o->sample, bytes) != 0) {
		o->sample_failed = true;
		drop_sample(o);
	}
}

/* `bytes` were just fed to the layer, which held `before` bytes ahead of them; `was_known`: and had
 * told its format by then. */
static void
feed_sample(struct inspect_object *o, const struct layer *l, struct span bytes, uint64_t before,
    bool was_known)
{
	if (o->sampling) {
		object_sample(o, bytes);
		return;
	}
	if (was_known || !l->format_known || !!sandbox_is_kept(o) ||
	    !object_may_be_sandboxed(o, l->format))
		return;
	o->sampling = true;
	object_sample(o, span_first(span_of(l->head, l->head_bytes), before));
	if (o->sampling)
		object_sample(o, bytes);
}

void
object_scan(struct inspect_object *o, struct layer *l, struct span bytes, bool is_last)
{
	uint64_t work = bytes.bytes;

	layer_feed(l, bytes, is_last);
	if (l->shadow != NULL) { /* as much again */
		count(o->inspect->stats, COUNTER_SHADOW_BYTES, bytes.bytes);
		work += bytes.bytes;
	}
	o->turn_bytes += work;
	o->inspect->fed_bytes += work;
	count(o->inspect->stats, COUNTER_SCANNED_BYTES, bytes.bytes);
}

/* `is_last`: no bytes of this layer follow; a layer of one span is then scanned in block mode. */
static void
feed_layer(struct inspect_object *o, struct layer *l, struct span bytes, bool is_last)
{
	const uint64_t before = l->bytes;
	const bool was_known = l->format_known;

	object_scan(o, l, bytes, is_last);
	hashing_add(o, l, bytes);
	object_note_hit(o, l);
	if (l != object_layer(o))
		return;
	if (!was_known && l->format_known)
		parts_open_mail(o, l, bytes, before);
	feed_sample(o, l, bytes, before, was_known);
	parts_feed(o, bytes);
}

/*
 * A stream that broke, after which the bytes as sent are the object: what came out of it is what
 * browsers have, and goes to the sandbox, as long as it is there.
 */
static void
settle_sample(struct inspect_object *o, enum source class)
{
	const struct layer *l = &o->decoded;

	if (class != SOURCE_CORRUPT || !l->open || !object_may_be_sandboxed(o, layer_format(l))) {
		drop_sample(o);
		return;
	}
	if (!o->sampling && l->bytes == l->head_bytes && l->bytes > 0)
		object_sample(o, span_of(l->head, l->head_bytes));
	o->sampling = false;
	o->parts_sandboxed =
	    o->parts_sandboxed || policy_sandboxes(object_policy(o), layer_format(l));
}

/* The coding broke, or gave more than the limits allow: the bytes as sent are the object. */
static void
give_up_decoding(struct inspect_object *o, enum source class)
{
	o->trouble = class;
	if (class == SOURCE_CORRUPT)
		member_broken(o);
	settle_sample(o, class);
	decode_close(o->inspect->decoders, o->decoder);
	o->decoder = NULL;
	shadow_leave(o, &o->decoded);
	layer_close(&o->decoded, o->inspect->hashing.queue);
	parts_close(o);
}

/* Whether this turn has done as much for the object as it may. */
static bool
turn_is_spent(struct inspect_object *o)
{
	if (o->turn != o->inspect->turn) {
		o->turn = o->inspect->turn;
		o->turn_bytes = 0;
	}
	return o->turn_bytes >= INSPECT_TURN_BYTES;
}

/* Runs the decoder over `input` from `*at` on. False: the turn is spent and there is more to do. */
static bool
decode_span(struct inspect_object *o, struct span input, size_t *at, bool is_last)
{
	enum decode_result result;
	struct span out;

	while (o->decoder != NULL) {
		uint64_t before = decode_worked_bytes(o->decoder);

		if (turn_is_spent(o))
			return false;
		result = decode_next(o->decoder, input, at, &out);
		switch (result) {
		case DECODE_BUSY: /* of a chain: work that gave nothing to feed yet */
			o->turn_bytes += decode_worked_bytes(o->decoder) - before;
			break;
		case DECODE_OUTPUT:
			if (decode_member(o->decoder) > 1)
				member_feed(o, decode_member(o->decoder), out);
			feed_layer(o, &o->decoded, out,
			    is_last && *at == input.bytes && decode_is_whole(o->decoder));
			break;
		case DECODE_MORE:
		case DECODE_END:
			return true;
		case DECODE_CORRUPT:
			give_up_decoding(o, SOURCE_CORRUPT);
			break;
		case DECODE_OVER:
			give_up_decoding(o, SOURCE_OVERSIZE);
			break;
		case DECODE_LACKING:
			give_up_decoding(o, SOURCE_OVERLOAD);
			break;
		}
	}
	return true;
}

/*
 * The same over a chain; `*used` bytes of it need not be seen again. The decoder may owe output
 * though all its input is used up, so an empty chain is a call too.
 */
static bool
decode_chain(struct inspect_object *o, const struct chain *c, bool is_last, size_t *used)
{
	struct chain_cursor cursor = chain_walk(c, 0);

	*used = 0;
	do {
		struct span s = span_text("");
		size_t at = 0;
		bool whole;

		chain_next(&cursor, &s);
		whole = decode_span(o, s, &at, is_last && *used + s.bytes == c->bytes);
		*used += whole ? s.bytes : at;
		if (!whole)
			return false;
	} while (o->decoder != NULL && *used < c->bytes);
	return true;
}

/* What the turn left undecoded waits; where the bytes go to the keep as well, by reference. */
static int
put_aside(struct inspect_object *o, struct chain *bytes, size_t used)
{
	o->feeding = true;
	if (o->must_echo)
		return chain_share(
		    bytes, &o->inspect->config.pools, used, bytes->bytes - used, &o->backlog);
	chain_drop(bytes, used);
	chain_append_chain(&o->backlog, bytes);
	return 0;
}

/*
 * The next bytes of a run, of which `left` are left, as one span: as they lie where that is all or
 * many, else several put together, at most HASHING_ROOM_MAX. A segment at a time costs Hyperscan 6
 * to 18 % more, an object that comes in two its block mode, and digests a block in two parts for
 * each. `*span` is what the cursor gave and was not used.
 */
static struct span
next_run(struct inspect_object *o, struct chain_cursor *cursor, struct span *span, size_t left)
{
	size_t want = left < HASHING_ROOM_MAX ? left : HASHING_ROOM_MAX, have = 0;
	struct span run = *span;
	uint8_t *to;

	if (span->bytes >= want) {
		*span = span_of(NULL, 0);
		return run;
	}
	to = hashing_room(&o->inspect->hashing, want);
	do {
		run = span_first(*span, want - have);
		memcpy(to + have, run.data, run.bytes);
		have += run.bytes;
		*span = span_from(*span, run.bytes);
	} while (have < want && chain_next(cursor, span));
	return span_of(to, have);
}

/* A small object that is there whole: all but the scan. Mail has parts, and does not wait. */
static void
feed_whole(struct inspect_object *o, struct span bytes)
{
	struct layer *l = &o->raw;
	uint64_t before = 0;

	bytes = hashing_hold(o, bytes);
	layer_take_whole(l, bytes);
	hashing_add(o, l, bytes);
	o->inspect->fed_bytes += bytes.bytes;
	whole_wait(o, bytes);
	parts_open_mail(o, l, bytes, 0);
	if (o->has_parts) {
		before = inspect_clock_ns(o->inspect);
		whole_scan(o);
	}
	feed_sample(o, l, bytes, 0, false);
	parts_feed(o, bytes);
	if (o->has_parts)
		o->scan_ns += inspect_clock_ns(o->inspect) - before;
}

void
object_feed_whole(struct inspect_object *o, const struct chain *bytes)
{
	struct chain_cursor cursor = chain_walk(bytes, 0);
	struct span s = span_of(NULL, 0);

	chain_next(&cursor, &s);
	feed_whole(o, next_run(o, &cursor, &s, bytes->bytes));
}

int
object_feed(struct inspect_object *o, struct chain *bytes, bool is_last)
{
	struct chain_cursor cursor = chain_walk(bytes, 0);
	size_t left = bytes->bytes, used;
	struct span s = span_of(NULL, 0);

	if (!o->raw.open)
		return 0;
	turn_is_spent(o); /* a new turn begins with nothing done */
	while (left > 0 && (s.bytes > 0 || chain_next(&cursor, &s))) {
		struct span run = next_run(o, &cursor, &s, left);

		left -= run.bytes;
		feed_layer(o, &o->raw, run, is_last && left == 0);
	}
	o->backlog_is_last = is_last;
	if (o->decoder == NULL || decode_chain(o, bytes, is_last, &used))
		return 0;
	return put_aside(o, bytes, used);
}

void
object_feed_on(struct inspect_object *o)
{
	size_t used;

	o->feeding = !decode_chain(o, &o->backlog, o->backlog_is_last, &used);
	chain_drop(&o->backlog, used);
	if (!o->feeding)
		object_feed_stop(o);
}

void
object_feed_stop(struct inspect_object *o)
{
	if (whole_waits(o))
		whole_leave(o);
	chain_free(&o->backlog); /* what lies behind a coding's end, or is not to be looked at */
	o->feeding = false;
}

void
object_feed_end(struct inspect_object *o)
{
	struct layer *l;

	if (!o->raw.open)
		return;
	layer_finish(&o->raw, o->inspect->hashing.queue);
	object_note_hit(o, &o->raw);
	if (o->decoder != NULL && o->raw.bytes > 0 && !decode_is_whole(o->decoder))
		give_up_decoding(o, SOURCE_CORRUPT);
	if (o->decoded.open) {
		member_end(o);
		layer_finish(&o->decoded, o->inspect->hashing.queue);
		object_note_hit(o, &o->decoded);
		o->flags |= RECORD_FLAG_DECODED;
	}
	l = object_layer(o);
	if (l->bytes == l->head_bytes)
		parts_open_mail(o, l, span_of(NULL, 0), l->bytes);
	parts_end(o);
	if (l->bytes == l->head_bytes && !o->sampling && o->sample.first == ARENA_NONE &&
	    !sandbox_is_kept(o) && object_may_be_sandboxed(o, l->format)) {
		o->sampling = true;
		object_sample(o, span_of(l->head, l->head_bytes));
	}
}
