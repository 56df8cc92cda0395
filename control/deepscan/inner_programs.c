/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Programs that lie as they are in a layer: those of a fat Mach-O (mach-o/fat.h), one of which is
 * run, and those of Windows in anything that no view fits: another program's resources, a picture,
 * a blob that a script cuts up. Each is a layer of its own, so that places counted from its start,
 * its entry and its sections, and its digests, are those of the program that will run.
 *
 * They may overlap, so they count as unpacked.
 */
#include "common/base/bytes.h"
#include "control/deepscan/layer.h"
#include "scanners/format/program.h"

#define FAT_MARK    "\xca\xfe\xba\xbe"
#define FAT_64_MARK "\xca\xfe\xba\xbf"
#define FAT_HEAD    8
#define FAT_ROW     20
#define FAT_64_ROW  32
#define FAT_MAX     43 /* as many parts and more are a Java class's version */

#define PE_HEAD_AT   0x3c
#define PE_HEAD_MAX  0x1000
#define PROGRAMS_MAX 16 /* looked at in one layer */

static void
judge_program(struct deepscan *d, const struct layer *l, uint64_t at, uint64_t bytes)
{
	if (at >= l->bytes.bytes || layer_is_over(d))
		return;
	if (bytes > l->bytes.bytes - at)
		bytes = l->bytes.bytes - at;
	if (layer_count_bytes(d, bytes, l->path))
		layer_judge_part(d, l, (size_t)at, (size_t)(at + bytes));
}

bool
layer_unpack_fat(struct deepscan *d, const struct layer *l)
{
	struct span s = l->bytes;
	bool is_wide = span_has(s, 0, FAT_64_MARK, 4);
	uint64_t count = bytes_be(s, 4, 4);

	if ((!is_wide && !span_has(s, 0, FAT_MARK, 4)) || count == 0 || count >= FAT_MAX)
		return false;
	for (unsigned i = 0; i < count && !layer_is_over(d); i++) {
		size_t row = FAT_HEAD + (size_t)i * (is_wide ? FAT_64_ROW : FAT_ROW) + 8;
		unsigned width = is_wide ? 8 : 4;

		judge_program(d, l, bytes_be(s, row, width), bytes_be(s, row + width, width));
	}
	return true;
}

/* Where the next one begins behind `*at`; SIZE_MAX: there is none. */
static size_t
next_program(struct span s, size_t at)
{
	const uint8_t *found;

	while (++at < s.bytes && (found = memmem(s.data + at, s.bytes - at, "MZ", 2)) != NULL) {
		uint64_t head;

		at = (size_t)(found - s.data);
		head = bytes_le(s, at + PE_HEAD_AT, 4);
		if (head >= 4 && head <= PE_HEAD_MAX && span_has(s, at + head, "PE\0\0", 4))
			return at;
	}
	return SIZE_MAX;
}

void
layer_judge_programs_within(struct deepscan *d, const struct layer *l, size_t end)
{
	size_t at = 0;

	for (unsigned i = 0; i < PROGRAMS_MAX && !layer_is_over(d); i++) {
		at = next_program(l->bytes, at);
		if (at >= end)
			return;
		judge_program(d, l, at, program_bytes(span_from(l->bytes, at)));
	}
}
