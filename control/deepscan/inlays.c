/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that stand in a text, as layers: their path says what they are in and at which byte. */
#include "control/deepscan/texts.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/streams.h"
#include "scanners/document/inlay.h"
#include "scanners/document/spelled.h"

static const char *
view_of(enum inlay_kind kind)
{
	switch (kind) {
	case INLAY_URI:
	case INLAY_URI_BASE64:
		return "data";
	case INLAY_BASE64:
		return "base64";
	case INLAY_HEX:
		return "hex";
	case INLAY_UU:
		break;
	}
	return "uu";
}

/* What was spelled, and what it unpacks to where a script has to know that it is packed. */
static void
judge_written(struct deepscan *d, const struct layer *l, const char *path, struct layer_buffer *b)
{
	struct layer inner = { .depth = l->depth + 1, .path = path };

	inner.bytes = span_of(b->bytes, b->used);
	if (b->used > 0 && d->verdict != VERDICT_BAD)
		layer_judge(d, &inner);
	layer_unpack_spelled(d, &inner);
	free(b->bytes);
}

static void
judge_inlay(struct deepscan *d, const struct layer *l, const struct inlay *i)
{
	char path[DEEPSCAN_LAYER_MAX], place[32];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path };

	snprintf(place, sizeof(place), "%zu", (size_t)(i->raw.data - l->bytes.data));
	layer_path(path, l, view_of(i->kind), place);
	inlay_decode(i, layer_take, &t);
	judge_written(d, l, path, &b);
}

/* Texts, and what is nothing known: a control byte in a text makes it that. */
static bool
may_hold(enum format format)
{
	enum format_class class = format_class(format);

	return class == FORMAT_CLASS_TEXT || class == FORMAT_CLASS_MARKUP ||
	       class == FORMAT_CLASS_SCRIPT || format == FORMAT_SVG || format == FORMAT_GENERAL_BIN;
}

static void
judge_spelled(struct deepscan *d, const struct layer *l, const struct spelled *s)
{
	char path[DEEPSCAN_LAYER_MAX], place[32];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path };

	snprintf(place, sizeof(place), "%zu", (size_t)(s->raw.data - l->bytes.data));
	layer_path(path, l, s->is_escaped ? "escapes" : "numbers", place);
	spelled_decode(s, layer_take, &t);
	judge_written(d, l, path, &b);
}

/* Whether one more layer may lie in this one. */
static bool
has_depth(struct deepscan *d, const struct layer *l)
{
	if (l->depth < d->limits.depth_max)
		return true;
	layer_note(d, SOURCE_OVERSIZE, l->path);
	return false;
}

void
inlays_judge(struct deepscan *d, const struct layer *l, enum format format)
{
	struct spelled s;
	struct inlay i;
	size_t at = 0;

	if (!may_hold(format))
		return;
	while (!layer_is_over(d) && inlay_next(l->bytes, &at, &i)) {
		if (!has_depth(d, l))
			return;
		if (layer_count_stream(d, l))
			judge_inlay(d, l, &i);
	}
	at = 0;
	while (!layer_is_over(d) && spelled_next(l->bytes, &at, &s)) {
		if (!has_depth(d, l))
			return;
		if (layer_count_stream(d, l))
			judge_spelled(d, l, &s);
	}
}
