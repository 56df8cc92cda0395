/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Images of discs. A disc may be described thrice: by ISO 9660, by Joliet, which
 * libarchive prefers, and by UDF, which Windows does; a file that only one of them lists is in the
 * image all the same. What two of them list is a member once. An image whose sectors stand as they
 * are on the disc (".bin", 2,352 bytes each) is one of their data.
 */
#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/layer.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/udf.h"

#define SECTOR_BYTES    2048u
#define DESCRIPTORS_AT  16u /* ECMA-119 6.2.1 */
#define DESCRIPTORS_MAX 64u
#define RAW_BYTES       2352u /* ECMA-130 14: a sector as it is on the disc */
#define RAW_CHANNELS    96u   /* what some images have behind each besides */
#define RAW_MODE_AT     15u
#define KIND_PRIMARY    1
#define KIND_SECOND     2 /* as Joliet's is */

/* Whether a descriptor of ISO 9660 is there, of that kind (ECMA-119 8.1, 8.5). */
static bool
has_descriptor(struct span image, uint8_t kind)
{
	for (size_t i = 0; i < DESCRIPTORS_MAX; i++) {
		size_t at = (DESCRIPTORS_AT + i) * SECTOR_BYTES;

		if (!span_has(image, at + 1, "CD001", 5))
			return false;
		if (image.data[at] == kind)
			return true;
	}
	return false;
}

static void
judge_file(struct deepscan *d, const struct layer *l, const struct udf *u, struct udf_file *f)
{
	char path[DEEPSCAN_LAYER_MAX], name[32];
	struct layer_buffer b = { 0 };
	struct udf_bytes piece;

	snprintf(name, sizeof(name), "%llu", (unsigned long long)f->block);
	layer_path(path, l, "udf", name);
	while (udf_piece(u, f, &piece)) {
		if (!layer_append(d, &b, piece.data, piece.bytes, path))
			break;
	}
	if (f->is_torn)
		layer_note(d, SOURCE_CORRUPT, path);
	layer_judge_buffer(d, l, path, &b);
}

static void
judge_udf(struct deepscan *d, const struct layer *l, struct udf *u)
{
	struct udf_file f;

	while (!layer_is_over(d) && udf_next(u, &f)) {
		if (++d->members > d->limits.members_max)
			layer_spent(d, l->path);
		else
			judge_file(d, l, u, &f);
	}
}

/* One more reading, which may list what others did: the longest counts. */
static void
count_longest(struct deepscan *d, uint32_t before, uint32_t *most)
{
	if (d->members > *most)
		*most = d->members;
	d->members = before;
}

/* How long a sector of an image is that has them as they are on the disc; 0: it is none. */
static size_t
raw_sector_bytes(struct span image)
{
	static const uint8_t sync[] = { 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0 };

	if (!span_has(image, 0, sync, sizeof(sync)))
		return 0;
	if (span_has(image, RAW_BYTES, sync, sizeof(sync)))
		return RAW_BYTES;
	return span_has(image, RAW_BYTES + RAW_CHANNELS, sync, sizeof(sync))
		   ? RAW_BYTES + RAW_CHANNELS
		   : 0;
}

/* The data of each sector, one behind the other: behind its address in mode 1, and its subheader
 * in mode 2. */
static void
judge_sectors(struct deepscan *d, const struct layer *l, size_t each)
{
	char path[DEEPSCAN_LAYER_MAX];
	struct layer_buffer b = { 0 };
	const uint8_t *data;
	bool is_room = true;

	layer_path(path, l, "sectors", NULL);
	for (size_t at = 0; l->bytes.bytes - at >= RAW_BYTES && is_room; at += each) {
		data = l->bytes.data + at + (l->bytes.data[at + RAW_MODE_AT] == 2 ? 24 : 16);
		is_room = layer_append(d, &b, data, SECTOR_BYTES, path);
		if (l->bytes.bytes - at < each)
			break;
	}
	layer_judge_buffer(d, l, path, &b);
}

bool
layer_unpack_image(struct deepscan *d, const struct layer *l, uint32_t before)
{
	uint32_t most = before;
	struct udf u;
	bool is_udf = udf_open(l->bytes, &u);
	size_t sector = raw_sector_bytes(l->bytes);

	if (sector > 0) {
		judge_sectors(d, l, sector);
		return true;
	}
	count_longest(d, before, &most);
	if (has_descriptor(l->bytes, KIND_PRIMARY) && has_descriptor(l->bytes, KIND_SECOND))
		layer_judge_members(d, reader_open(l->bytes, READER_ISO_PLAIN, NULL, 0), l);
	count_longest(d, before, &most);
	if (is_udf && !layer_is_over(d))
		judge_udf(d, l, &u);
	count_longest(d, before, &most);
	d->members = most;
	return is_udf;
}

bool
layer_is_disc(struct span bytes)
{
	struct udf u;

	return raw_sector_bytes(bytes) > 0 || has_descriptor(bytes, KIND_PRIMARY) ||
	       udf_open(bytes, &u);
}
