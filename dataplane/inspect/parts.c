/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parts to the scanners. A level holds what one run of parts needs: the parser, the encoding of the
 * part that is open, its layers, and the level below where the part has parts itself. Levels come
 * from the core's pool; there are at most part_depth_max of them to an object, and an object that
 * has more parts than parts_max is looked into no further. What was not looked into is a class.
 */
#include "dataplane/inspect/parts.h"

#include <stdlib.h>

#include "dataplane/inspect/object.h"
#include "scanners/decode/transfer.h"

#define PIECE_BYTES 4096 /* what an encoding gives at a time */
#define MAIL_TYPE   "message/rfc822"

static_assert(PART_THREAT_BYTES_MAX == THREAT_BYTES_MAX, "an outcome takes it whole");

struct part_level {
	struct part_level *next_free;
	struct part_level *inner; /* the parts of the part that is open; NULL: it has none */
	uint32_t depth;           /* 1: parts of the body */
	bool part_open;
	bool in_message; /* its head is not over yet */
	uint16_t number;
	struct multipart parser;
	struct transfer transfer;
	struct layer sent, decoded;
	uint8_t piece[PIECE_BYTES];
};

bool
parts_pool_create(struct inspect *i, uint32_t levels)
{
	i->part_levels = calloc(levels, sizeof(*i->part_levels));
	if (i->part_levels == NULL)
		return false;
	for (uint32_t n = 0; n < levels; n++) {
		i->part_levels[n].next_free = i->free_part_levels;
		i->free_part_levels = &i->part_levels[n];
	}
	return true;
}

void
parts_pool_destroy(struct inspect *i)
{
	free(i->part_levels);
}

static void
level_close(struct inspect *i, struct part_level *l)
{
	while (l != NULL) {
		struct part_level *inner = l->inner;

		layer_close(&l->sent, NULL);
		layer_close(&l->decoded, NULL);
		l->next_free = i->free_part_levels;
		i->free_part_levels = l;
		l = inner;
	}
}

static void
note_trouble(struct inspect_object *o, enum source class)
{
	if (o->trouble == SOURCE_COUNT)
		o->trouble = class;
}

/* Nothing further is looked into, and the class says so. */
static void
stop(struct inspect_object *o, enum source class)
{
	note_trouble(o, class);
	o->parts_over = true;
}

/* A level for what has that Content-Type; NULL: it has no parts, or they can't be looked into. */
static struct part_level *
level_open(struct inspect_object *o, struct span content_type, uint32_t depth)
{
	const struct policy_limits *limits = object_policy_limits(o);
	struct inspect *i = o->inspect;
	struct part_level *l = i->free_part_levels;
	bool is_message = message_is(content_type);
	enum multipart_kind kind = MULTIPART_YES;

	if (message_is_partial(content_type))
		note_trouble(o, SOURCE_UNSUPPORTED);
	if (!is_message && !multipart_is(content_type))
		return NULL;
	if (l == NULL) {
		stop(o, SOURCE_OVERLOAD);
		return NULL;
	}
	if (is_message)
		multipart_init_message(&l->parser, limits->part_head_bytes_max);
	else
		kind = multipart_init(&l->parser, content_type, limits->part_head_bytes_max);
	if (kind == MULTIPART_UNREADABLE || kind == MULTIPART_DOUBTFUL)
		note_trouble(o, SOURCE_UNSUPPORTED);
	if (kind == MULTIPART_NOT || kind == MULTIPART_UNREADABLE)
		return NULL;
	if (depth > limits->part_depth_max) {
		note_trouble(o, SOURCE_OVERSIZE);
		return NULL;
	}
	i->free_part_levels = l->next_free;
	l->inner = NULL;
	l->depth = depth;
	l->in_message = is_message;
	l->part_open = l->sent.open = l->decoded.open = false;
	return l;
}

/* Several fields that were joined on the way: the parts are told by one of them, which is the last
 * for some and none for others. */
static struct span
joined_type(struct span value)
{
	const uint8_t *comma;

	while (value.bytes > 0 && (comma = memchr(value.data, ',', value.bytes)) != NULL) {
		value = span_trim(span_from(value, (size_t)(comma + 1 - value.data)));
		if (multipart_is(value))
			return value;
	}
	return span_of(NULL, 0);
}

void
parts_open(struct inspect_object *o, const struct http_head *head)
{
	struct http_field_walk walk = { 0 };
	struct span type = span_of(NULL, 0);
	struct http_field f;

	if (head == NULL || !http_may_have(head, "Content-Type"))
		return;
	while (http_field_next(head, &walk, &f)) {
		if (!http_name_is(f.name, span_text("Content-Type")))
			continue;
		if (o->parts != NULL && multipart_is(f.value) && !span_equal(f.value, type))
			note_trouble(o, SOURCE_UNSUPPORTED); /* the last counts for some */
		if (o->parts != NULL)
			continue;
		type = f.value;
		o->parts = level_open(o, type, 1);
		if (o->parts == NULL && joined_type(type).bytes > 0) {
			o->parts = level_open(o, joined_type(type), 1);
			note_trouble(o, SOURCE_UNSUPPORTED);
		}
	}
	o->has_parts = o->parts != NULL;
}

/* Whether a layer whose format has just been told, `bytes` behind `before` others, is mail. */
static bool
is_mail(const struct layer *l, struct span bytes, uint64_t before)
{
	return l->format == FORMAT_GENERAL_TXT &&
	       format_is_mail(before > 0 ? span_of(l->head, l->head_bytes) : bytes);
}

static size_t
part_name(void *level, char *out, size_t room)
{
	const struct part_level *l = level;

	return http_part_filename(multipart_field(&l->parser, MULTIPART_DISPOSITION),
	    multipart_field(&l->parser, MULTIPART_TYPE), out,
	    room < FILENAME_BYTES_MAX ? room : FILENAME_BYTES_MAX);
}

/* What the part is encoded in; of two that differ, one that is an encoding: the bytes as sent are
 * judged in any case. */
static enum transfer_coding
coding_of(const struct multipart *p)
{
	enum transfer_coding first = transfer_coding_of(multipart_field(p, MULTIPART_ENCODING));

	return first == TRANSFER_IDENTITY && p->fields_differ
		   ? transfer_coding_of(multipart_field_last(p, MULTIPART_ENCODING))
		   : first;
}

/* A part's own Content-Encoding: RFC 7578 §4.8 has no such field, and few receivers undo it. */
static bool
has_coding(const struct multipart *p)
{
	struct span coding = multipart_field(p, MULTIPART_CODING);

	return coding.bytes > 0 && !span_is_nocase(coding, "identity");
}

static void
part_begin(struct inspect_object *o, struct part_level *l)
{
	struct signature_core *core = o->publication->loaded->cores[o->inspect->config.core];
	const struct generation *g = o->publication->loaded->generation;
	struct layer_name name = { part_name, l };
	enum transfer_coding coding = coding_of(&l->parser);

	if (o->parts_seen == object_policy_limits(o)->parts_max) {
		stop(o, SOURCE_OVERSIZE);
		return;
	}
	l->number = (uint16_t)++o->parts_seen;
	count(o->inspect->stats, COUNTER_PARTS, 1);
	if (l->parser.head_over)
		note_trouble(o, SOURCE_OVERSIZE);
	if (l->parser.fields_differ || has_coding(&l->parser))
		note_trouble(o, SOURCE_UNSUPPORTED);
	transfer_init(&l->transfer, coding);
	if (layer_open(&l->sent, core, g, name) != 0 ||
	    (coding != TRANSFER_IDENTITY && layer_open(&l->decoded, core, g, name) != 0)) {
		stop(o, SOURCE_OVERLOAD);
		return;
	}
	shadow_watch(o, &l->sent);
	if (l->decoded.open)
		shadow_watch(o, &l->decoded);
	l->part_open = true;
	l->inner = level_open(o, multipart_field(&l->parser, MULTIPART_TYPE), l->depth + 1);
	if (l->inner == NULL && l->parser.fields_differ)
		l->inner =
		    level_open(o, multipart_field_last(&l->parser, MULTIPART_TYPE), l->depth + 1);
}

static void level_feed(struct inspect_object *o, struct part_level *l, struct span bytes);

/* Where a part turns out to be mail under another type, what came `before` is caught up with. */
static void
part_open_mail(struct inspect_object *o, struct part_level *l, const struct layer *layer,
    struct span bytes, uint64_t before)
{
	if (l->inner != NULL || !is_mail(layer, bytes, before))
		return;
	l->inner = level_open(o, span_text(MAIL_TYPE), l->depth + 1);
	if (l->inner != NULL && before > 0)
		level_feed(o, l->inner, span_of(layer->head, before));
}

/* A part ends within a turn and is judged there, so its digests do not wait for the core's queue.
 * `is_content`: nothing is undone any more, and mail may be known. */
static void
part_scan(struct inspect_object *o, struct part_level *l, struct layer *layer, struct span bytes,
    bool is_last, bool is_content)
{
	const uint64_t before = layer->bytes;
	const bool was_known = layer->format_known;

	object_scan(o, layer, bytes, is_last);
	digest_feed(&layer->digest, bytes);
	o->parts_doubtful = o->parts_doubtful || layer_hit(layer) != NULL;
	if (is_content && !was_known && layer->format_known)
		part_open_mail(o, l, layer, bytes, before);
}

/* `plain`: bytes behind the encoding, where there is one. */
static void
part_plain(struct inspect_object *o, struct part_level *l, struct span plain, bool is_last)
{
	if (l->decoded.open)
		part_scan(o, l, &l->decoded, plain, is_last, true);
	if (l->inner != NULL)
		level_feed(o, l->inner, plain);
}

static void
part_data(struct inspect_object *o, struct part_level *l, struct span data)
{
	size_t at = 0, n;

	if (l->parser.near) /* where PHP and RFC 2046 have the part end */
		parts_judge_digest(
		    o, l->number, layer_format(&l->sent), l->sent.name, &l->sent.digest);
	part_scan(o, l, &l->sent, data, l->parser.data_is_last, !l->decoded.open);
	if (!l->decoded.open) {
		part_plain(o, l, data, false);
		return;
	}
	while (at < data.bytes && !o->parts_over) {
		bool had_ended = l->transfer.restarts;

		n = transfer_next(&l->transfer, data, &at, l->piece, sizeof(l->piece));
		if (n > 0)
			part_plain(o, l, span_of(l->piece, n), false);
		if (l->transfer.restarts && !had_ended) /* where some have its base64 end */
			parts_judge_digest(o, l->number, layer_format(&l->decoded), l->decoded.name,
			    &l->decoded.digest);
	}
}

/* What is bad is called so, and the object is bad with it. */
static void
tell_found(struct inspect_object *o, struct layer_name name, const char *threat)
{
	struct part_found *f = &o->part_found;

	f->name_bytes = (uint16_t)name.of(name.arg, f->name, sizeof(f->name));
	snprintf(f->threat, sizeof(f->threat), "%s", threat);
	if (o->found == NULL) {
		o->found = f->threat;
		o->found_offset = f->offset;
	}
}

static void
set_found(struct inspect_object *o, const struct part_level *l, const struct layer *layer,
    enum source source, const char *threat)
{
	struct part_found *f = &o->part_found;
	const struct signature_hit *hit = layer_hit(layer);

	f->number = l->number;
	f->format = layer->format;
	f->source = source;
	f->offset = hit != NULL ? hit->offset : 0;
	f->values = layer->values;
	tell_found(o, layer->name, threat);
}

void
parts_judge_digest(struct inspect_object *o, uint16_t number, enum format format,
    struct layer_name name, const struct digest *digest)
{
	const struct generation *g = o->publication->loaded->generation;
	struct part_found *f = &o->part_found;
	struct digest copy = *digest;
	struct cache_verdict cached;
	struct digest_values v;
	const char *threat = NULL;

	if (digest->bytes == 0 || f->number != 0)
		return;
	digest_finish(&copy, &v);
	if (generation_trusted_digest(g, v.md5, v.sha256, digest->bytes))
		return;
	f->source = SOURCE_CACHED;
	if (cache_find(o->inspect->cache, v.sha256, o->publication->stamp, &cached) &&
	    cached.verdict == VERDICT_BAD)
		threat = cached.threat;
	if (threat == NULL) {
		f->source = SOURCE_SCANNED;
		threat = generation_bad_digest(g, v.md5, v.sha256, digest->bytes);
	}
	if (threat == NULL)
		return;
	f->number = number;
	f->format = format;
	f->offset = 0;
	f->values = v;
	tell_found(o, name, threat);
}

/* The steps of judge.c that may find a part bad. A trusted one is not, whatever is in it. */
static void
judge_layer(struct inspect_object *o, const struct part_level *l, const struct layer *layer)
{
	const struct generation *g = o->publication->loaded->generation;
	const struct digest_values *v = &layer->values;
	const char *threat;
	struct cache_verdict cached;
	bool by_name = false;

	o->parts_failed = o->parts_failed || layer->scan_failed;
	o->parts_want_deep = o->parts_want_deep || layer->wants_deep;
	if (layer->bytes == 0 || signature_is_trusted(layer->scan) ||
	    generation_trusted_digest(g, v->md5, v->sha256, layer->bytes))
		return;
	o->parts_sandboxed =
	    o->parts_sandboxed || policy_sandboxes(object_policy(o), layer->format);
	shadow_part(o, layer);
	if (o->part_found.number != 0)
		return;
	if (object_recall(o, layer, &cached) && cached.verdict == VERDICT_BAD) {
		set_found(o, l, layer, SOURCE_CACHED, cached.threat);
		return;
	}
	threat = generation_bad_digest(g, v->md5, v->sha256, layer->bytes);
	if (threat == NULL && layer_hit(layer) != NULL) {
		threat = layer_hit(layer)->name;
		by_name = layer_is_by_name(layer);
	}
	if (threat == NULL)
		return;
	object_remember(o, layer, VERDICT_BAD, threat, by_name);
	set_found(o, l, layer, SOURCE_SCANNED, threat);
}

static void level_end(struct inspect_object *o, struct part_level *l);

static void
part_end(struct inspect_object *o, struct part_level *l)
{
	const struct layer *content = l->decoded.open ? &l->decoded : &l->sent;
	size_t n;

	if (!l->part_open || o->parts_over)
		return;
	l->part_open = false;
	n = transfer_end(&l->transfer, l->piece);
	if (n > 0)
		part_plain(o, l, span_of(l->piece, n), true);
	layer_finish(&l->sent, NULL);
	if (l->decoded.open)
		layer_finish(&l->decoded, NULL);
	if (content->bytes == content->head_bytes)
		part_open_mail(o, l, content, span_of(NULL, 0), content->bytes);
	if (l->inner != NULL) {
		level_end(o, l->inner);
		level_close(o->inspect, l->inner);
		l->inner = NULL;
	}
	judge_layer(o, l, &l->sent);
	if (l->decoded.open)
		judge_layer(o, l, &l->decoded);
	layer_close(&l->sent, NULL);
	layer_close(&l->decoded, NULL);
}

/* The head of a message is whole: whether parts follow, which are then of this level. One that is
 * said to be encoded as a whole is a part that is multipart. */
static bool
message_has_parts(struct inspect_object *o, struct part_level *l)
{
	bool is_plain = coding_of(&l->parser) == TRANSFER_IDENTITY;
	bool head_over = l->parser.head_over;
	enum multipart_kind kind = MULTIPART_NOT;

	l->in_message = false;
	if (is_plain)
		kind = multipart_init(&l->parser, multipart_field(&l->parser, MULTIPART_TYPE),
		    object_policy_limits(o)->part_head_bytes_max);
	if (kind != MULTIPART_YES && kind != MULTIPART_DOUBTFUL)
		return false;
	if (head_over)
		note_trouble(o, SOURCE_OVERSIZE);
	if (kind == MULTIPART_DOUBTFUL || l->parser.fields_differ)
		note_trouble(o, SOURCE_UNSUPPORTED);
	return true;
}

static void
handle(struct inspect_object *o, struct part_level *l, enum multipart_event e, struct span data)
{
	if (e == MULTIPART_PART && l->in_message && message_has_parts(o, l))
		return;
	if (e == MULTIPART_PART)
		part_begin(o, l);
	else if (e == MULTIPART_DATA)
		part_data(o, l, data);
	else if (e == MULTIPART_PART_END)
		part_end(o, l);
}

static void
level_feed(struct inspect_object *o, struct part_level *l, struct span bytes)
{
	enum multipart_event e;
	struct span data;
	size_t at = 0;

	while (!o->parts_over) {
		e = multipart_next(&l->parser, bytes, &at, &data);
		if (l->parser.lone_cr)
			note_trouble(o, SOURCE_UNSUPPORTED);
		if (e == MULTIPART_MORE)
			break;
		handle(o, l, e, data);
	}
}

static void
level_end(struct inspect_object *o, struct part_level *l)
{
	enum multipart_event e;
	struct span data;

	while (!o->parts_over && (e = multipart_end(&l->parser, &data)) != MULTIPART_MORE)
		handle(o, l, e, data);
}

void
parts_open_mail(struct inspect_object *o, const struct layer *l, struct span bytes, uint64_t before)
{
	if (o->has_parts || !is_mail(l, bytes, before))
		return;
	o->parts = level_open(o, span_text(MAIL_TYPE), 1);
	o->has_parts = o->parts != NULL;
	if (before > 0)
		parts_feed(o, span_of(l->head, before));
}

void
parts_feed(struct inspect_object *o, struct span bytes)
{
	if (o->parts == NULL)
		return;
	level_feed(o, o->parts, bytes);
	if (o->parts_over)
		parts_close(o);
}

void
parts_end(struct inspect_object *o)
{
	if (o->parts != NULL)
		level_end(o, o->parts);
	parts_close(o);
}

void
parts_close(struct inspect_object *o)
{
	level_close(o->inspect, o->parts);
	o->parts = NULL;
}
