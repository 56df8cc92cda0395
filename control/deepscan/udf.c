/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/deepscan/udf.h"

#include "common/base/bytes.h"

#define RECOGNITION_AT     32768u /* sector 16 of 2,048 bytes, whatever the blocks are (2/8.3.1) */
#define RECOGNITION_BYTES  2048u
#define RECOGNITIONS_MAX   64
#define ANCHOR_BLOCK       256u
#define TAG_BYTES          16u
#define TAG_ANCHOR         2u
#define TAG_PARTITION      5u
#define TAG_FILE           261u
#define TAG_EXTENDED_FILE  266u
#define KIND_SHORT         0u /* extents of 8 bytes (4/14.6.8) */
#define KIND_LONG          1u /* of 16 */
#define KIND_WITHIN        3u /* none: the bytes stand in their place */
#define EXTENT_HOLE        1u /* what its upper two bits say: from here on nothing is recorded */
#define EXTENT_CHAIN       3u /* more extents stand there */
#define CHAIN_HEADER_BYTES 24u

static struct span
block_at(const struct udf *u, uint64_t block)
{
	if (block > u->image.bytes / u->block_bytes)
		return span_of(NULL, 0);
	return span_first(span_from(u->image, (size_t)block * u->block_bytes), u->block_bytes);
}

/* What a block is: its tag, whose sum is right; else 0 (3/7.2). */
static unsigned
tag_of(struct span block)
{
	uint8_t sum = 0;

	if (block.bytes < TAG_BYTES || block.data[0] + block.data[1] == 0)
		return 0;
	for (unsigned i = 0; i < TAG_BYTES; i++)
		sum = (uint8_t)(sum + (i == 4 ? 0 : block.data[i]));
	return sum == block.data[4] ? (unsigned)bytes_le(block, 0, 2) : 0;
}

static bool
is_recognised(struct span image)
{
	for (size_t i = 0; i < RECOGNITIONS_MAX; i++) {
		struct span s = span_from(image, RECOGNITION_AT + i * RECOGNITION_BYTES);

		if (s.bytes < 6)
			return false;
		if (memcmp(s.data + 1, "NSR02", 5) == 0 || memcmp(s.data + 1, "NSR03", 5) == 0)
			return true;
	}
	return false;
}

/* The partition that is told of first; where none is, entries say themselves where they count from.
 */
static void
find_partition(struct udf *u)
{
	uint64_t blocks = u->image.bytes / u->block_bytes;

	for (uint64_t b = 0; b < blocks; b++) {
		struct span block = block_at(u, b);
		unsigned tag = tag_of(block);

		if (tag == TAG_PARTITION)
			u->partition = bytes_le(block, 188, 4);
		else if (tag == TAG_FILE || tag == TAG_EXTENDED_FILE)
			u->partition = b - bytes_le(block, 12, 4);
		if (tag == TAG_PARTITION || tag == TAG_FILE || tag == TAG_EXTENDED_FILE)
			return;
	}
}

bool
udf_open(struct span image, struct udf *out)
{
	static const size_t sizes[] = { 2048, 512, 4096 };

	if (!is_recognised(image))
		return false;
	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		*out = (struct udf){ .image = image, .block_bytes = sizes[i] };
		if (tag_of(block_at(out, ANCHOR_BLOCK)) == TAG_ANCHOR)
			break;
		out->block_bytes = sizes[0]; /* without an anchor: as discs have it */
	}
	find_partition(out);
	return true;
}

/* 4/14.6.6: directories, and what the file system keeps of itself. */
static bool
is_own(unsigned type)
{
	return type == 4 || (type >= 250 && type <= 252);
}

bool
udf_next(struct udf *u, struct udf_file *out)
{
	while (u->next * u->block_bytes < u->image.bytes) {
		struct span entry = block_at(u, u->next++);
		unsigned tag = tag_of(entry);
		size_t fixed = tag == TAG_FILE ? 176 : 216;

		if ((tag != TAG_FILE && tag != TAG_EXTENDED_FILE) || entry.bytes < fixed ||
		    is_own(entry.data[27]))
			continue;
		*out = (struct udf_file){ .block = u->next - 1,
			.left = bytes_le(entry, 56, 8),
			.kind = entry.data[34] & 7u };
		out->extents =
		    span_first(span_from(entry, fixed + (size_t)bytes_le(entry, fixed - 8, 4)),
			(size_t)bytes_le(entry, fixed - 4, 4));
		return true;
	}
	return false;
}

/* More extents, in a block of their own (4/14.5). */
static void
follow_chain(const struct udf *u, struct udf_file *f, uint64_t block)
{
	struct span more = block_at(u, u->partition + block);

	f->extents = span_of(NULL, 0);
	if (++f->chains <= UDF_CHAINS_MAX)
		f->extents =
		    span_first(span_from(more, CHAIN_HEADER_BYTES), (size_t)bytes_le(more, 20, 4));
}

static void
take(struct udf_file *f, const uint8_t *data, uint64_t bytes, struct udf_bytes *out)
{
	*out = (struct udf_bytes){ data, bytes < f->left ? bytes : f->left };
	f->left -= out->bytes;
}

bool
udf_piece(const struct udf *u, struct udf_file *f, struct udf_bytes *out)
{
	size_t step = f->kind == KIND_SHORT ? 8 : 16;

	if (f->kind == KIND_WITHIN && f->left > 0 && f->extents.bytes > 0) {
		take(f, f->extents.data, f->extents.bytes, out);
		f->extents = span_of(NULL, 0);
		return true;
	}
	while (f->kind <= KIND_LONG && f->left > 0 && f->extents.bytes >= step) {
		uint64_t length = bytes_le(f->extents, 0, 4), block = bytes_le(f->extents, 4, 4);
		unsigned type = (unsigned)(length >> 30);
		struct span s;

		length &= 0x3fffffff;
		f->extents = span_from(f->extents, step);
		if (length == 0)
			break;
		if (type == EXTENT_CHAIN) {
			follow_chain(u, f, block);
			continue;
		}
		if (type >= EXTENT_HOLE) {
			take(f, NULL, length, out);
			return true;
		}
		s = u->partition + block > u->image.bytes / u->block_bytes
			? span_of(NULL, 0)
			: span_from(u->image, (size_t)(u->partition + block) * u->block_bytes);
		f->is_torn |= s.bytes < length;
		if (s.bytes == 0)
			break;
		take(f, s.data, s.bytes < length ? s.bytes : length, out);
		return true;
	}
	f->is_torn |= f->left > 0;
	return false;
}
