/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 7z archives that libarchive (3.6.2) fails at: it knows no filter but BCJ, BCJ2 and Delta behind
 * other methods than LZMA, knows neither ARM64, Deflate64 nor Zstandard, and where a filter holds
 * back the last bytes until it sees the end, as ARM's behind LZMA and BCJ behind PPMd, it never
 * hands them on and calls a good archive damaged. Here a folder's coders run one after the other,
 * each over all that the one before it gave: packing methods by libarchive, as an archive of one
 * coder; Deflate64 by scanners/archive; filters by liblzma. BCJ2, which has four streams, is
 * libarchive's.
 */
#include <stdlib.h>

#include <isa-l/crc.h>
#include <lzma.h>

#include "control/deepscan/layer.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/streams.h"
#include "scanners/archive/inflate64.h"
#include "scanners/archive/seven.h"

#define LISTS_MAX        4 /* packed in each other */
#define METHOD_COPY      0
#define METHOD_DELTA     3
#define METHOD_DEFLATE64 0x040109
#define METHOD_ZSTD      0x04f71101

/* Those that pack, which libarchive knows. */
static const uint64_t packers[] = { 0x21, 0x030101, 0x030401, 0x040108, 0x040202 };

/* Branch filters, by their newer and older names. */
static const struct {
	uint64_t method, filter;
} filters[] = { { 0x04, LZMA_FILTER_X86 }, { 0x03030103, LZMA_FILTER_X86 },
	{ 0x05, LZMA_FILTER_POWERPC }, { 0x03030205, LZMA_FILTER_POWERPC },
	{ 0x06, LZMA_FILTER_IA64 }, { 0x03030401, LZMA_FILTER_IA64 }, { 0x07, LZMA_FILTER_ARM },
	{ 0x03030501, LZMA_FILTER_ARM }, { 0x08, LZMA_FILTER_ARMTHUMB },
	{ 0x03030701, LZMA_FILTER_ARMTHUMB }, { 0x09, LZMA_FILTER_SPARC },
	{ 0x03030805, LZMA_FILTER_SPARC }, { 0x0a, LZMA_FILTER_ARM64 } };

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool
unpack_by_library(struct deepscan *d, const struct layer *l, const struct seven_coder *c,
    struct span in, struct layer_buffer *out)
{
	const struct reader_coder coder = {
		.method = c->method, .properties = c->properties, .packed = in, .bytes = c->bytes
	};
	uint8_t *file = NULL;
	bool is_whole = layer_read_only_member(d, l, reader_open_coder(&coder, &file), out);

	free(file);
	return is_whole;
}

static bool
undo_branches(struct deepscan *d, uint64_t filter, struct span properties, struct span in,
    const struct layer_target *t)
{
	lzma_options_bcj start = { .start_offset = 0 };

	if (properties.bytes == sizeof(start.start_offset))
		memcpy(&start.start_offset, properties.data, sizeof(start.start_offset));
	return stream_unfilter(d, filter, &start, in, t);
}

static bool
run_coder(struct deepscan *d, const struct layer *l, const struct seven_coder *c, struct span in,
    struct layer_buffer *out)
{
	struct layer_target t = { d, out, l->path };
	lzma_options_delta delta = { .type = LZMA_DELTA_TYPE_BYTE, .dist = 1 };

	for (size_t i = 0; i < COUNT_OF(packers); i++) {
		if (c->method == packers[i])
			return unpack_by_library(d, l, c, in, out);
	}
	for (size_t i = 0; i < COUNT_OF(filters); i++) {
		if (c->method == filters[i].method)
			return undo_branches(d, filters[i].filter, c->properties, in, &t);
	}
	switch (c->method) {
	case METHOD_COPY:
		return layer_append(d, out, in.data, in.bytes, l->path);
	case METHOD_DELTA:
		if (c->properties.bytes > 0)
			delta.dist = c->properties.data[0] + 1u;
		return stream_unfilter(d, LZMA_FILTER_DELTA, &delta, in, &t);
	case METHOD_ZSTD: /* its frames, as they are alone */
		return layer_read_only_member(
		    d, l, reader_open_filtered(in, ARCHIVE_FILTER_ZSTD), out);
	case METHOD_DEFLATE64:
		return inflate64(in, layer_take, &t) == 0;
	default:
		return false;
	}
}

/* All that the folder holds. False: not all of it; what came is in `out` all the same. */
static bool
unpack_folder(struct deepscan *d, const struct layer *l, const struct seven_folder *f,
    struct layer_buffer *out)
{
	struct span in = f->packed;
	bool is_whole = f->count > 0;

	for (unsigned i = 0; i < f->count && is_whole && !layer_is_over(d); i++) {
		struct layer_buffer made = { 0 };

		is_whole =
		    run_coder(d, l, &f->coders[i], in, &made) && made.used == f->coders[i].bytes;
		free(out->bytes);
		*out = made;
		in = span_of(made.bytes, made.used);
	}
	return is_whole && (!f->has_crc || crc32_gzip_refl(0, out->bytes, out->used) == f->crc);
}

/* The path of a file by its name, of which letters that are no ASCII become '_'. */
static const char *
path_of(char path[DEEPSCAN_LAYER_MAX], char name[DEEPSCAN_LAYER_MAX], const struct layer *l,
    struct span utf16)
{
	size_t used = 0;

	for (size_t at = 0; at + 1 < utf16.bytes && used < DEEPSCAN_LAYER_MAX - 1; at += 2)
		name[used++] =
		    utf16.data[at + 1] == 0 && utf16.data[at] != 0 ? (char)utf16.data[at] : '_';
	name[used] = 0;
	return layer_path(path, l, "7z", used > 0 ? name : "?");
}

static bool
judge_file(struct deepscan *d, const struct layer *l, const struct seven_file *f, struct span bytes)
{
	char path[DEEPSCAN_LAYER_MAX], name[DEEPSCAN_LAYER_MAX];
	struct layer inner = layer_inner(l, path_of(path, name, l, f->name), bytes);

	if (++d->members > d->limits.members_max) {
		layer_spent(d, l->path);
		return false;
	}
	inner.name = span_text(name);
	layer_judge_inner(d, &inner);
	return bytes.bytes == f->bytes &&
	       (!f->has_crc || crc32_gzip_refl(0, bytes.data, bytes.bytes) == f->crc);
}

/* Every file in what came out of a folder. False: they are not what the list says. */
static bool
judge_files(struct deepscan *d, const struct layer *l, struct seven *s, struct span all)
{
	struct seven_file f;
	bool is_sound = true;

	while (!layer_is_over(d) && seven_next_file(s, &f)) {
		size_t bytes = f.bytes < all.bytes ? (size_t)f.bytes : all.bytes;

		is_sound &= judge_file(d, l, &f, span_first(all, bytes));
		all = span_from(all, bytes);
	}
	return is_sound;
}

/* Until it is one that names files; `*list` is what it stands in. */
static bool
open_list(struct deepscan *d, const struct layer *l, struct seven *s, struct layer_buffer *list)
{
	struct seven_folder f;

	for (unsigned i = 0; i < LISTS_MAX && s->is_packed && !layer_is_over(d); i++) {
		struct layer_buffer next = { 0 };
		bool is_whole = seven_next_folder(s, &f) && unpack_folder(d, l, &f, &next);

		free(list->bytes);
		*list = next;
		if (!is_whole || !seven_open(s, span_of(next.bytes, next.used)))
			return false;
	}
	return !s->is_packed;
}

static bool
judge_folders(struct deepscan *d, const struct layer *l, struct seven *s)
{
	struct seven_folder f;
	bool is_whole = true;

	while (!layer_is_over(d) && seven_next_folder(s, &f)) {
		struct layer_buffer b = { 0 };

		is_whole &= unpack_folder(d, l, &f, &b);
		if (f.count > 0)
			is_whole &= judge_files(d, l, s, span_of(b.bytes, b.used));
		free(b.bytes);
	}
	return is_whole && !s->is_bad;
}

bool
layer_unpack_7z(struct deepscan *d, const struct layer *l)
{
	struct layer_buffer list = { 0 };
	struct seven s;
	bool is_whole = seven_begin(&s, l->bytes) && open_list(d, l, &s, &list);

	if (is_whole)
		is_whole = judge_folders(d, l, &s);
	free(list.bytes);
	return is_whole;
}
