/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of UTS 46 (revision 31, §4, step 1) that writers of lists and of links use: letter case,
 * full width, and what nobody sees. Not here: compositions (NFC) and compatibility forms other than
 * these; such a host keeps its own spelling. Ranges are those of UnicodeData.txt.
 */
#include "scanners/reputation/fold.h"

#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

bool
fold_next_point(struct span *s, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t first = s->data[0];
	unsigned more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;

	*point = more == 0 ? first : first & (0x3f >> more);
	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || s->bytes <= more)
		return false;
	for (unsigned i = 1; i <= more; i++) {
		if ((s->data[i] & 0xc0) != 0x80)
			return false;
		*point = *point << 6 | (s->data[i] & 0x3f);
	}
	*s = span_from(*s, more + 1);
	return *point >= least[more] && *point <= 0x10ffff && (*point & ~0x7ffu) != 0xd800;
}

/* From the first to the last, every `step`-th becomes itself and `add`. */
struct fold_range {
	uint16_t first, last, step;
	int16_t add;
};

static const struct fold_range ranges[] = {
	{ 0xc0, 0xd6, 1, 32 },
	{ 0xd8, 0xde, 1, 32 },
	{ 0x100, 0x12e, 2, 1 },
	{ 0x132, 0x136, 2, 1 },
	{ 0x139, 0x147, 2, 1 },
	{ 0x14a, 0x176, 2, 1 },
	{ 0x178, 0x178, 1, -121 },
	{ 0x179, 0x17d, 2, 1 },
	{ 0x1cd, 0x1db, 2, 1 },
	{ 0x1de, 0x1ee, 2, 1 },
	{ 0x1f8, 0x21e, 2, 1 },
	{ 0x222, 0x232, 2, 1 },
	{ 0x386, 0x386, 1, 38 },
	{ 0x388, 0x38a, 1, 37 },
	{ 0x38c, 0x38c, 1, 64 },
	{ 0x38e, 0x38f, 1, 63 },
	{ 0x391, 0x3a1, 1, 32 },
	{ 0x3a3, 0x3ab, 1, 32 },
	{ 0x400, 0x40f, 1, 80 },
	{ 0x410, 0x42f, 1, 32 },
	{ 0x460, 0x480, 2, 1 },
	{ 0x48a, 0x4be, 2, 1 },
	{ 0x4c1, 0x4cd, 2, 1 },
	{ 0x4d0, 0x52e, 2, 1 },
	{ 0x531, 0x556, 1, 48 },
	{ 0x1e00, 0x1e94, 2, 1 },
	{ 0x1ea0, 0x1efe, 2, 1 },
};

/* Soft hyphen, joiners of graphemes, zero width blank, word joiner, mark of byte order, selectors.
 */
static bool
is_invisible(uint32_t point)
{
	return point == 0xad || point == 0x34f || point == 0x200b || point == 0x2060 ||
	       point == 0xfeff || (point >= 0x180b && point <= 0x180d) ||
	       (point >= 0xfe00 && point <= 0xfe0f);
}

static uint32_t
fold(uint32_t point)
{
	if (point == 0x3002 || point == 0xff61) /* dots of Chinese and Japanese */
		return '.';
	if (point >= 0xff01 && point <= 0xff5e)
		return point - 0xff01 + '!';
	for (unsigned i = 0; i < COUNT_OF(ranges); i++) {
		const struct fold_range *r = &ranges[i];

		if (point >= r->first && point <= r->last && (point - r->first) % r->step == 0)
			return (uint32_t)((int32_t)point + r->add);
	}
	return point;
}

static uint32_t
put_point(uint32_t point, uint8_t *out)
{
	if (point < 0x80) {
		out[0] = (uint8_t)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (uint8_t)(0xc0 | point >> 6);
		out[1] = (uint8_t)(0x80 | (point & 0x3f));
		return 2;
	}
	out[0] = (uint8_t)(0xe0 | point >> 12);
	out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (point & 0x3f));
	return 3;
}

uint32_t
fold_host(uint8_t *host, uint32_t bytes)
{
	struct span rest = span_of(host, bytes);
	uint32_t n = 0;

	while (rest.bytes > 0) {
		struct span at = rest;
		uint32_t point;

		if (!fold_next_point(&rest, &point)) {
			memmove(host + n, at.data, at.bytes);
			return n + (uint32_t)at.bytes;
		}
		if (is_invisible(point))
			continue;
		if (fold(point) == point) {
			memmove(host + n, at.data, at.bytes - rest.bytes);
			n += (uint32_t)(at.bytes - rest.bytes);
		} else {
			n += put_point(fold(point), host + n);
		}
	}
	return n;
}
