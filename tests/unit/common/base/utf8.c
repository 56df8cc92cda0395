/* SPDX-License-Identifier: BSD-3-Clause */
/* Which characters are shown as they are: each that there is, and what is no UTF-8. */
#include "common/base/utf8.h"

#include "tests/unit/harness.h"

/* RFC 3629 §3; how many bytes. */
static size_t
encode(uint32_t c, uint8_t out[4])
{
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static bool
is_shown(uint32_t c, bool behind_letter)
{
	uint8_t bytes[4];
	size_t n = encode(c, bytes);
	bool is_accent;
	size_t shown = utf8_shown(span_of(bytes, n), behind_letter, &is_accent);

	CHECK_SEED(c, shown == 0 || shown == n);
	for (size_t cut = 0; cut < n; cut++)
		CHECK_SEED(c, utf8_shown(span_of(bytes, cut), behind_letter, &is_accent) == 0);
	return shown > 0;
}

/* What has no shape, turns the direction, is not for interchange or runs from right to left. */
TEST(what_could_deceive_is_not_shown)
{
	static const struct {
		uint32_t first, last;
	} never[] = { { 0, 0xa6 }, { 0xad, 0xad }, { 0x34f, 0x34f }, { 0x590, 0x8ff },
		{ 0x115f, 0x1160 }, { 0x1680, 0x1680 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
		{ 0x2000, 0x2012 }, { 0x2015, 0x2017 }, { 0x201f, 0x2025 }, { 0x2027, 0x2115 },
		{ 0x2117, 0x3040 }, { 0x3099, 0x309a }, { 0x3164, 0x3164 }, { 0xd800, 0xffff },
		{ 0x10000, 0x10ffff } };

	for (size_t i = 0; i < COUNT_OF(never); i++) {
		for (uint32_t c = never[i].first; c <= never[i].last; c++)
			CHECK_SEED(c, !is_shown(c, true));
	}
}

TEST(letters_are_shown)
{
	static const uint32_t letters[] = { 0xe4, 0xdf, 0x159, 0x3b1, 0x410, 0x44f, 0x451, 0x491,
		0x561, 0x10d0, 0x1ea1, 0x3042, 0x30ab, 0x4e2d, 0xd55c, 0xab, 0x2014, 0x2116 };

	for (size_t i = 0; i < COUNT_OF(letters); i++)
		CHECK_SEED(letters[i], is_shown(letters[i], false));
	CHECK(is_shown(0x301, true) && !is_shown(0x301, false));
}

TEST(what_is_no_utf8_is_not_shown)
{
	static const char *const wrong[] = { "\x80", "\xbf\xbf", "\xc0\xaf", "\xc1\xbf", "\xd0",
		"\xd0x", "\xd0\xd0", "\xe0\x80\xaf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe4\xb8",
		"\xe4\xb8x", "\xf0\x9f\x98\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xff", "a", "" };
	bool is_accent;

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		CHECK_SEED(i, utf8_shown(span_text(wrong[i]), true, &is_accent) == 0);
}
