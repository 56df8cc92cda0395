/* SPDX-License-Identifier: BSD-3-Clause */
/* Feeds the scanners of a layer; see layer.h. */
#include "dataplane/inspect/layer.h"

#include <errno.h>

int
layer_open(struct layer *l, struct signature_core *core, const struct generation *g,
    struct layer_name name)
{
	l->scan = signature_open(core, g);
	if (l->scan == NULL)
		return -ENOBUFS;
	l->shadow = NULL;
	l->shadow_failed = l->shadow_wants_deep = false;
	l->name = name;
	signature_name(l->scan, name.of, name.arg);
	l->open = true;
	l->format_known = false;
	l->scan_failed = l->unscanned = false;
	l->wants_deep = false;
	l->format = FORMAT_COUNT;
	l->head_bytes = 0;
	l->bytes = 0;
	l->values = (struct digest_values){ 0 }; /* the last object's are not this one's */
	digest_init(&l->digest);
	return 0;
}

int
layer_watch(struct layer *l, struct signature_core *core, const struct generation *g)
{
	l->shadow = signature_open(core, g);
	if (l->shadow == NULL)
		return -ENOBUFS;
	signature_name(l->shadow, l->name.of, l->name.arg);
	return 0;
}

static void
know_format(struct layer *l, struct span start)
{
	l->format = format_detect(start);
	l->format_known = true;
	signature_tell_format(l->scan, l->format);
	if (l->shadow != NULL)
		signature_tell_format(l->shadow, l->format);
}

/* Collects the start of the layer until its format can be told; nothing where it comes at once. */
static void
feed_format(struct layer *l, struct span bytes, bool is_last)
{
	struct span part = span_first(bytes, sizeof(l->head) - l->head_bytes);

	if (l->format_known)
		return;
	if (l->head_bytes == 0 && (is_last || part.bytes == sizeof(l->head))) {
		know_format(l, part);
		return;
	}
	if (part.bytes > 0)
		memcpy(l->head + l->head_bytes, part.data, part.bytes);
	l->head_bytes = (uint16_t)(l->head_bytes + part.bytes);
	if (l->head_bytes == sizeof(l->head) || is_last)
		know_format(l, span_of(l->head, l->head_bytes));
}

void
layer_feed(struct layer *l, struct span bytes, bool is_last)
{
	feed_format(l, bytes, is_last);
	if (signature_feed(l->scan, bytes, is_last) < 0)
		l->scan_failed = true;
	if (l->shadow != NULL && signature_feed(l->shadow, bytes, is_last) < 0)
		l->shadow_failed = true;
	l->bytes += bytes.bytes;
}

void
layer_take_whole(struct layer *l, struct span bytes)
{
	feed_format(l, bytes, true);
	l->bytes = bytes.bytes;
	l->unscanned = l->scan_failed =
	    true; /* whoever judges it without a scan finds no clean one */
}

void
layer_scan_whole(struct layer *l, struct span bytes)
{
	l->unscanned = false;
	l->scan_failed = signature_feed(l->scan, bytes, true) < 0;
	l->wants_deep = signature_wants_deep(l->scan);
}

static void
finish_shadow(struct layer *l)
{
	if (l->shadow == NULL)
		return;
	if (signature_finish(l->shadow) < 0)
		l->shadow_failed = true;
	l->shadow_wants_deep = signature_wants_deep(l->shadow);
}

static void
finish_scan(struct layer *l)
{
	finish_shadow(l);
	if (signature_finish(l->scan) < 0)
		l->scan_failed = true;
	l->wants_deep = signature_wants_deep(l->scan);
}

void
layer_finish(struct layer *l, struct digest_queue *q)
{
	if (!l->format_known)
		know_format(l, span_of(l->head, l->head_bytes));
	if (!l->unscanned)
		finish_scan(l);
	if (q != NULL)
		digest_queue_finish(q, &l->digest, &l->values);
	else
		digest_finish(&l->digest, &l->values);
}

enum format
layer_format(const struct layer *l)
{
	return l->format_known ? l->format : format_detect(span_of(l->head, l->head_bytes));
}

bool
layer_is_by_name(const struct layer *l)
{
	return l->open && signature_is_by_name(l->scan);
}

const struct signature_hit *
layer_hit(const struct layer *l)
{
	return l->open ? signature_hit(l->scan) : NULL;
}

const struct signature_hit *
layer_shadow_hit(const struct layer *l)
{
	return l->open && l->shadow != NULL ? signature_hit(l->shadow) : NULL;
}

void
layer_close(struct layer *l, struct digest_queue *q)
{
	if (!l->open)
		return;
	if (q != NULL)
		digest_queue_drop(q, &l->digest);
	signature_close(l->scan);
	if (l->shadow != NULL)
		signature_close(l->shadow);
	l->open = false;
}
