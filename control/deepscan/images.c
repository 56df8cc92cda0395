/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Images of discs. A disc may be described thrice: by ISO 9660, by Joliet, which
 * libarchive prefers, and by UDF, which Windows does; a file that only one of them lists is in the
 * image all the same. What two of them list is a member once.
 */
#include <stdio.h>
#include <stdlib.h>

#include "control/deepscan/layer.h"
#include "control/deepscan/reader.h"
#include "control/deepscan/udf.h"

#define SECTOR_BYTES    2048u
#define DESCRIPTORS_AT  16u /* ECMA-119 6.2.1 */
#define DESCRIPTORS_MAX 64u
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

bool
layer_unpack_image(struct deepscan *d, const struct layer *l, uint32_t before)
{
	uint32_t most = before;
	struct udf u;
	bool is_udf = udf_open(l->bytes, &u);

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

	return has_descriptor(bytes, KIND_PRIMARY) || udf_open(bytes, &u);
}
