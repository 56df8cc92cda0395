/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/base/utf8.h"

struct range {
	uint32_t first, last;
};

static const struct range shown[] = {
	{ 0xa7, 0xa7 },                                  /* § */
	{ 0xab, 0xab }, { 0xbb, 0xbb },                  /* « » */
	{ 0xc0, 0xd6 }, { 0xd8, 0xf6 }, { 0xf8, 0x1bf }, /* Latin */
	{ 0x1c4, 0x24f },                   /* without clicks, which look like | and ! */
	{ 0x386, 0x386 }, { 0x388, 0x3ff }, /* Greek */
	{ 0x400, 0x482 }, { 0x48a, 0x52f }, /* Cyrillic */
	{ 0x531, 0x556 }, { 0x561, 0x587 }, /* Armenian */
	{ 0x10d0, 0x10fa },                 /* Georgian */
	{ 0x1e00, 0x1eff },                 /* Latin, of Vietnam */
	{ 0x2013, 0x2014 }, { 0x2018, 0x201e }, { 0x2026, 0x2026 }, /* dashes, quotes, ellipsis */
	{ 0x2116, 0x2116 },                                         /* No. */
	{ 0x3041, 0x3096 }, { 0x30a1, 0x30fa }, { 0x30fc, 0x30fc }, /* kana */
	{ 0x3400, 0x4dbf }, { 0x4e00, 0x9fff },                     /* Han */
	{ 0xac00, 0xd7a3 },                                         /* Hangul */
};
static const struct range accents = { 0x300, 0x345 }; /* that stand above or below one letter */

/* The first character, of two or three bytes: more are needed by none of the above. 0: no such. */
static uint32_t
decode(struct span text, size_t *bytes)
{
	const uint8_t *b = text.data;
	uint32_t c;

	if (text.bytes >= 2 && (b[0] & 0xe0) == 0xc0 && (b[1] & 0xc0) == 0x80) {
		*bytes = 2;
		c = (uint32_t)(b[0] & 0x1f) << 6 | (b[1] & 0x3f);
		return c >= 0x80 ? c : 0;
	}
	if (text.bytes >= 3 && (b[0] & 0xf0) == 0xe0 && (b[1] & 0xc0) == 0x80 &&
	    (b[2] & 0xc0) == 0x80) {
		*bytes = 3;
		c = (uint32_t)(b[0] & 0xf) << 12 | (uint32_t)(b[1] & 0x3f) << 6 | (b[2] & 0x3f);
		return c >= 0x800 ? c : 0; /* no surrogate is in the table */
	}
	return 0;
}

size_t
utf8_shown(struct span text, bool behind_letter, bool *is_accent)
{
	size_t bytes = 0;
	uint32_t c = decode(text, &bytes);

	*is_accent = c >= accents.first && c <= accents.last;
	if (*is_accent)
		return behind_letter ? bytes : 0;
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (c >= shown[i].first && c <= shown[i].last)
			return bytes;
	}
	return 0;
}
