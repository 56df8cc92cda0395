/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Views of a layer that is one compressed stream with hardly a head: Flash files (SWF 19, chapter
 * 2: "CWS" is zlib behind 8 bytes, "ZWS" LZMA behind 12), the macros of Word's pages and of its
 * mails ("ActiveMime": zlib somewhere in the first KiB), a zlib stream or a .lzma file alone, and
 * bare Deflate that a script spells, which nothing tells but that something comes out.
 */
#include "control/deepscan/streams.h"

#include <stdlib.h>

#define FLASH_HEAD     8  /* mark, version, length unpacked */
#define FLASH_ZWS_HEAD 12 /* and the length packed */
#define ACTIVE_MIME    "ActiveMime"
#define ACTIVE_HEAD    1024 /* in which its stream begins: 50 bytes, or 554, as writers go */

static bool
is_flash(struct span s, const char *mark)
{
	return s.bytes > FLASH_ZWS_HEAD && memcmp(s.data, mark, 3) == 0 && s.data[3] < 0x40;
}

/* As it would be if it were not compressed: what it begins with says so. */
static void
unpack_flash(struct deepscan *d, const struct layer *l, bool is_lzma)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "swf", NULL) };
	size_t head = is_lzma ? FLASH_ZWS_HEAD : FLASH_HEAD, used = 0;
	struct span data = span_from(l->bytes, head);
	bool is_whole;

	if (!layer_append(d, &b, "F", 1, path) ||
	    !layer_append(d, &b, l->bytes.data + 1, FLASH_HEAD - 1, path))
		is_whole = true; /* a limit, which is noted */
	else if (is_lzma)
		is_whole = stream_unlzma(d, data, &t, &used);
	else
		is_whole = stream_inflate(d, data, &t, &used);
	if (!is_whole && !layer_is_over(d))
		layer_note(d, SOURCE_CORRUPT, path);
	layer_judge_buffer(d, l, path, &b);
	if (is_whole)
		layer_judge_part(d, l, head + used, l->bytes.bytes);
}

static bool
is_active_mime(struct span s)
{
	return s.bytes >= sizeof(ACTIVE_MIME) && span_starts(s, ACTIVE_MIME);
}

/* What begins as a stream may; a function of streams.h takes it off. */
typedef bool take_off(
    struct deepscan *d, struct span in, const struct layer_target *t, size_t *used);

/* What may be one from `at` on. A few bytes tell little: where next to nothing comes out it was
 * none. */
static bool
unpack_from(struct deepscan *d, const struct layer *l, size_t at, const char *view, take_off *take)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, view, NULL) };
	size_t used;
	bool is_whole = take(d, span_from(l->bytes, at), &t, &used);
	bool is_one = is_whole || b.used >= STREAM_TOLD_BYTES;

	if (is_one && !is_whole && !layer_is_over(d))
		layer_note(d, SOURCE_CORRUPT, path);
	layer_judge_buffer(d, l, path, &b);
	if (is_whole)
		layer_judge_part(d, l, at + used, l->bytes.bytes);
	return is_one;
}

/* Where its stream begins is told by a field that readers do not heed. */
static void
unpack_active_mime(struct deepscan *d, const struct layer *l)
{
	for (size_t at = sizeof(ACTIVE_MIME); at < ACTIVE_HEAD && at < l->bytes.bytes; at++) {
		if (layer_is_over(d) || (stream_is_zlib(span_from(l->bytes, at)) &&
					    unpack_from(d, l, at, "mso", stream_inflate)))
			return;
	}
	layer_note(d, SOURCE_CORRUPT, l->path);
}

bool
layer_unpack_bare(struct deepscan *d, const struct layer *l)
{
	if (is_flash(l->bytes, "CWS") || is_flash(l->bytes, "ZWS")) {
		unpack_flash(d, l, l->bytes.data[0] == 'Z');
		return true;
	}
	if (is_active_mime(l->bytes)) {
		unpack_active_mime(d, l);
		return true;
	}
	if (stream_is_zlib(l->bytes))
		return unpack_from(d, l, 0, "zlib", stream_inflate);
	return stream_is_lzma(l->bytes) && unpack_from(d, l, 0, "lzma", stream_unlzma_file);
}

bool
layer_is_bare(struct span bytes)
{
	return is_flash(bytes, "CWS") || is_flash(bytes, "ZWS") || is_active_mime(bytes) ||
	       stream_is_lzma(bytes) ||
	       (stream_is_zlib(bytes) && format_detect(bytes) == FORMAT_GENERAL_BIN);
}

void
layer_unpack_spelled(struct deepscan *d, const struct layer *l)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, layer_path(path, l, "deflate", NULL) };
	bool is_whole;
	size_t used;

	if (layer_is_over(d) || format_detect(l->bytes) != FORMAT_GENERAL_BIN ||
	    stream_is_zlib(l->bytes))
		return;
	is_whole = stream_inflate(d, l->bytes, &t, &used);
	if (l->depth < d->limits.depth_max && (is_whole || b.used >= STREAM_TOLD_BYTES))
		layer_judge_buffer(d, l, path, &b);
	else if (is_whole && used == l->bytes.bytes)
		layer_note(d, SOURCE_OVERSIZE, l->path);
	free(b.bytes);
}
