/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that stand in a text, as layers: their path says what they are in and at which byte. A text
 * in UTF-7 is a layer too.
 */
#include "control/deepscan/texts.h"

#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/streams.h"
#include "scanners/document/binhex.h"
#include "scanners/document/inlay.h"
#include "scanners/document/screnc.h"
#include "scanners/document/spelled.h"
#include "scanners/document/utf7.h"
#include "scanners/document/yenc.h"

#define REVERSED_PROBE 2048 /* letters at a run's end tell what it is when read backwards */

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

static const char *
path_of(char out[DEEPSCAN_LAYER_MAX], const struct layer *l, const char *view, struct span raw)
{
	char place[32];

	snprintf(place, sizeof(place), "%zu", (size_t)(raw.data - l->bytes.data));
	return layer_path(out, l, view, place);
}

/* What was spelled, and what it unpacks to where a script has to know that it is packed. */
static void
judge_written(struct deepscan *d, const struct layer *l, const char *path, struct layer_buffer *b)
{
	const struct layer inner = layer_inner(l, path, span_of(b->bytes, b->used));

	layer_judge_inner(d, &inner);
	layer_unpack_spelled(d, &inner);
	free(b->bytes);
}

/* The letters of a run from its last to its first, decoded. */
static void
decode_reversed(const struct inlay *i, struct layer_target *letters, struct layer_target *out)
{
	struct layer_buffer *b = letters->b;
	struct inlay reversed = { .kind = i->kind };

	inlay_letters(i, layer_take, letters);
	for (size_t low = 0, high = b->used; low + 1 < high; low++) {
		uint8_t byte = b->bytes[low];

		b->bytes[low] = b->bytes[--high];
		b->bytes[high] = byte;
	}
	reversed.raw = span_of(b->bytes, b->used);
	inlay_decode(&reversed, layer_take, out);
}

/*
 * A run that is nothing known is read backwards, as scripts do by StrReverse() and the like; it is
 * a layer if its first bytes are something then.
 */
static void
judge_reversed(struct deepscan *d, const struct layer *l, const struct inlay *i)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer letters = { 0 }, out = { 0 };
	struct layer_target to_letters = { d, &letters, path }, to_out = { d, &out, path };
	struct inlay tail = *i;

	path_of(path, l, "reversed", i->raw);
	if (tail.raw.bytes > REVERSED_PROBE)
		tail.raw = span_from(tail.raw, tail.raw.bytes - REVERSED_PROBE);
	decode_reversed(&tail, &to_letters, &to_out);
	if (format_detect(span_of(out.bytes, out.used)) != FORMAT_GENERAL_BIN) {
		letters.used = out.used = 0;
		decode_reversed(i, &to_letters, &to_out);
		judge_written(d, l, path, &out);
		out.bytes = NULL;
	}
	free(letters.bytes);
	free(out.bytes);
}

static void
judge_inlay(struct deepscan *d, const struct layer *l, const struct inlay *i)
{
	bool is_run = i->kind == INLAY_BASE64 || i->kind == INLAY_HEX, is_known;
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path_of(path, l, view_of(i->kind), i->raw) };

	inlay_decode(i, layer_take, &t);
	is_known = format_detect(span_of(b.bytes, b.used)) != FORMAT_GENERAL_BIN;
	judge_written(d, l, path, &b);
	if (is_run && !is_known && !layer_is_over(d))
		judge_reversed(d, l, i);
}

static void
judge_spelled(struct deepscan *d, const struct layer *l, const struct spelled *s)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path };

	path_of(path, l, s->is_escaped ? "escapes" : "numbers", s->raw);
	spelled_decode(s, layer_take, &t);
	judge_written(d, l, path, &b);
}

/* A way to write a file in letters, of which one text may have several. */
struct lettering {
	const char *word;
	bool (*next)(struct span text, size_t *at, struct span *raw);
	void (*decode)(struct span raw, span_sink sink, void *arg);
};

static void
judge_lettered(
    struct deepscan *d, const struct layer *l, const struct lettering *way, struct span raw)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path_of(path, l, way->word, raw) };

	way->decode(raw, layer_take, &t);
	layer_judge_buffer(d, l, path, &b);
}

/* All that it is, and each fork. */
static void
judge_binhex(struct deepscan *d, const struct layer *l, struct span raw)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path_of(path, l, "binhex", raw) };
	struct span forks[BINHEX_FORKS];
	struct layer inner;

	binhex_decode(raw, layer_take, &t);
	inner = layer_inner(l, path, span_of(b.bytes, b.used));
	layer_judge_inner(d, &inner);
	binhex_forks(inner.bytes, forks);
	for (unsigned i = 0; i < BINHEX_FORKS && inner.depth < d->limits.depth_max; i++) {
		size_t from = forks[i].bytes > 0 ? (size_t)(forks[i].data - b.bytes) : 0;

		layer_judge_part(d, &inner, from, from + forks[i].bytes);
	}
	free(b.bytes);
}

/* Whether one more file may stand in it: there is a layer for it, and they are not too many. */
static bool
has_room(struct deepscan *d, const struct layer *l)
{
	if (l->depth < d->limits.depth_max)
		return layer_count_stream(d, l);
	layer_note(d, SOURCE_OVERSIZE, l->path);
	return false;
}

static void
judge_letterings(struct deepscan *d, const struct layer *l)
{
	static const struct lettering ways[] = {
		{ "yenc", yenc_next, yenc_decode },
		{ "screnc", screnc_next, screnc_decode }, /* the text that runs */
	};
	struct span raw;
	size_t at;

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		at = 0;
		while (!layer_is_over(d) && ways[i].next(l->bytes, &at, &raw) && has_room(d, l))
			judge_lettered(d, l, &ways[i], raw);
	}
	at = 0;
	while (!layer_is_over(d) && binhex_next(l->bytes, &at, &raw) && has_room(d, l))
		judge_binhex(d, l, raw);
}

static void
judge_utf7(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "utf7", NULL) };

	if (layer_is_over(d) || !utf7_is(l->bytes) || !has_room(d, l))
		return;
	utf7_decode(l->bytes, layer_take, &t);
	layer_judge_buffer(d, l, path, &b);
}

void
inlays_judge(struct deepscan *d, const struct layer *l, enum format format)
{
	struct spelled s;
	struct inlay i;
	size_t at = 0;

	/* texts, and what is nothing known: a control byte in a text makes it that */
	if (!texts_is_one(format) && format != FORMAT_GENERAL_BIN)
		return;
	while (!layer_is_over(d) && inlay_next(l->bytes, &at, &i) && has_room(d, l))
		judge_inlay(d, l, &i);
	at = 0;
	while (!layer_is_over(d) && spelled_next(l->bytes, &at, &s) && has_room(d, l))
		judge_spelled(d, l, &s);
	judge_letterings(d, l);
	if (texts_is_one(format))
		judge_utf7(d, l);
}
