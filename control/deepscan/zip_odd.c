/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members of a ZIP that libarchive does not give, or otherwise than other programs: where the
 * directory and the header before the data differ in method, length (Python's zipfile believes the
 * first) or name, or that header has no mark, directories, links and devices that have data (Java
 * and Python give it), members called encrypted that are not (Android does not heed the flag, unzip
 * one of the two), and those of a ZIP that says it is a part of several (unzip and Python do not
 * care). Each is put behind a header of its own that says of it what one of the two descriptions
 * says, and libarchive reads that: so every method that it knows is taken off.
 *
 * And members by a method that it does not know: Deflate64 and implode (scanners/archive).
 */
#include <errno.h>
#include <stdlib.h>

#include <archive.h>
#include <isa-l/crc.h>

#include "control/deepscan/layer.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/zip.h"
#include "scanners/archive/explode.h"
#include "scanners/archive/inflate64.h"

#define METHOD_AES 99 /* what is in it is encrypted, whatever is said */

static bool
is_rare(const struct zip_way *way)
{
	return way->method == ZIP_METHOD_IMPLODED || way->method == ZIP_METHOD_DEFLATE64;
}

static int
unpack_rare(const struct zip_way *way, struct layer_target *t)
{
	if (way->method == ZIP_METHOD_DEFLATE64)
		return inflate64(way->data, layer_take, t);
	return explode(way->data, (unsigned)way->flags, way->bytes > 0 ? way->bytes : UINT64_MAX,
	    layer_take, t);
}

/* libarchive told nothing of it, so what is wrong is told here, unless it is odd besides. */
static void
judge_rare(struct deepscan *d, const struct layer *l, const struct zip_odd *m,
    const struct zip_way *way, const char *path)
{
	struct layer inner = { .depth = l->depth + 1, .path = path, .name = way->name };
	struct layer_buffer b = { 0 };
	struct layer_target t = { d, &b, path };
	int rc = unpack_rare(way, &t);

	if (rc == 0 && (b.used != way->bytes || crc32_gzip_refl(0, b.bytes, b.used) != way->crc))
		rc = -EBADMSG;
	if (rc == -EBADMSG && m->is_plain && (b.used > 0 || !l->is_guess))
		layer_note(d, SOURCE_CORRUPT, path);
	inner.bytes = span_of(b.bytes, b.used);
	if (b.used > 0)
		layer_judge(d, &inner);
	free(b.bytes);
}

/* What is wrong with it, as it is read here, says nothing: the usual readings have told that. */
static void
judge_way(struct deepscan *d, const struct layer *l, const struct zip_way *way, const char *path)
{
	struct layer inner = {
		.depth = l->depth + 1, .path = path, .name = way->name, .is_guess = true
	};
	struct reader_member member = { .method = (uint16_t)way->method, .data = way->data };
	const struct layer_class before = layer_class_kept(d);
	struct archive *a = reader_open_member(&member);
	struct archive_entry *entry;
	struct layer_buffer b = { 0 };

	if (a == NULL) {
		layer_spent(d, path);
		return;
	}
	if (archive_read_next_header(a, &entry) >= ARCHIVE_WARN)
		layer_read_member(d, a, &b, &inner, false);
	archive_read_free(a);
	layer_class_restore(d, &before);
	if (d->is_spent)
		layer_note(d, SOURCE_OVERSIZE, path);
	inner.bytes = span_of(b.bytes, b.used);
	layer_judge_inner(d, &inner);
	free(b.bytes);
}

static void
judge_odd(struct deepscan *d, const struct layer *l, const struct zip_odd *m)
{
	for (unsigned i = 0; i < m->count && !layer_is_over(d); i++) {
		const struct zip_way *way = &m->ways[i];
		char path[DEEPSCAN_LAYER_MAX], name[DEEPSCAN_LAYER_MAX] = "";

		if (way->name.bytes > 0)
			memcpy(name, way->name.data, span_first(way->name, sizeof(name) - 1).bytes);
		layer_path(path, l, "zip", name);
		if (is_rare(way))
			judge_rare(d, l, m, way, path);
		else if (way->method != METHOD_AES)
			judge_way(d, l, way, path);
	}
}

void
layer_judge_odd_members(struct deepscan *d, const struct layer *l, const struct zip_survey *zip)
{
	struct zip_odd m;
	size_t at = 0;

	while (
	    !layer_is_over(d) && zip_next_odd(l->bytes, zip, &at, &m) && layer_count_stream(d, l))
		judge_odd(d, l, &m);
}

void
layer_judge_unlisted(struct deepscan *d, const struct layer *l)
{
	struct zip_odd m;
	size_t at = 0;

	while (
	    !layer_is_over(d) && zip_next_unlisted(l->bytes, &at, &m) && layer_count_stream(d, l))
		judge_odd(d, l, &m);
}
