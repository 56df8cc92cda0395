/* SPDX-License-Identifier: BSD-3-Clause */
#include "scanners/document/utf7.h"

#include "common/base/base64.h"
#include "scanners/document/text_writer.h"

#define UNENDED_UNITS_MIN 4 /* of a sequence that no '-' ends: base64 has pluses too */

/* UTF-16 out of base64, unit by unit. */
struct sequence {
	uint32_t bits;
	unsigned count;
};

/* Takes one letter. True: a unit is whole. */
static bool
take_letter(struct sequence *s, uint8_t letter, unsigned *unit)
{
	s->bits = s->bits << 6 | (unsigned)base64_value(letter);
	s->count += 6;
	if (s->count < 16)
		return false;
	s->count -= 16;
	*unit = s->bits >> s->count & 0xffff;
	s->bits &= (1u << s->count) - 1;
	return true;
}

static bool
is_plain(unsigned unit)
{
	return unit < 0x7f && (unit >= ' ' || text_is_space((uint8_t)unit));
}

/* At what stands behind a plus. Whether it writes plain ASCII, whole; `*at` moves to its end. */
static bool
is_telling(struct span text, size_t *at)
{
	struct sequence s = { 0 };
	bool all_plain = true;
	unsigned units = 0, unit;

	for (; *at < text.bytes && base64_value(text.data[*at]) >= 0; ++*at) {
		if (!take_letter(&s, text.data[*at], &unit))
			continue;
		units++;
		all_plain &= is_plain(unit);
	}
	if (!all_plain || units == 0 || s.count >= 6 || s.bits != 0)
		return false;
	return units >= UNENDED_UNITS_MIN || (*at < text.bytes && text.data[*at] == '-');
}

bool
utf7_is(struct span text)
{
	size_t at = 0;

	while (at < text.bytes) {
		const uint8_t *plus = memchr(text.data + at, '+', text.bytes - at);

		if (plus == NULL)
			return false;
		at = (size_t)(plus - text.data) + 1;
		if (is_telling(text, &at))
			return true;
	}
	return false;
}

/* At what stands behind a plus; where it goes on. */
static size_t
decode_sequence(struct span text, size_t at, struct piece_writer *o)
{
	struct sequence s = { 0 };
	unsigned unit, high = 0;
	size_t i = at;

	for (; i < text.bytes && base64_value(text.data[i]) >= 0 && !o->is_over; i++) {
		if (take_letter(&s, text.data[i], &unit))
			text_put_unit(o, &high, unit);
	}
	text_end_units(o, &high);
	if (i == at)
		piece_put(o, '+');
	return i < text.bytes && text.data[i] == '-' ? i + 1 : i;
}

void
utf7_decode(struct span text, span_sink sink, void *arg)
{
	struct piece_writer o = { .piece = sink, .arg = arg };

	for (size_t at = 0; at < text.bytes && !o.is_over;) {
		uint8_t c = text.data[at++];

		if (c == '+')
			at = decode_sequence(text, at, &o);
		else
			piece_put(&o, c);
	}
	piece_flush(&o);
}
