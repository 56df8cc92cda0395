/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a pattern may begin, in ClamAV's words. */
#include <ctype.h>

#include "scanners/format/program.h"
#include "tools/sigc/sigc.h"

#define OFFSET_MAX UINT32_MAX /* as wide as ClamAV's */

/* Decimal digits, at most 18. */
bool
sigc_parse_size(struct span text, uint64_t *out)
{
	*out = 0;
	for (size_t i = 0; i < text.bytes; i++) {
		if (!isdigit(text.data[i]))
			return false;
		*out = *out * 10 + (uint64_t)(text.data[i] - '0');
	}
	return text.bytes > 0 && text.bytes <= 18;
}

/* "n" or "n,m". */
static bool
parse_numbers(struct span text, uint64_t *n, uint64_t *more)
{
	struct span first = sigc_take_field(&text, ',');

	*more = 0;
	return sigc_parse_size(first, n) &&
	       (text.data == NULL || text.bytes == 0 || sigc_parse_size(text, more));
}

/* "+n", "-n", either with ",m": up to m later. */
static bool
parse_signed(struct span text, struct sigc_place *out)
{
	bool is_minus = text.bytes > 0 && text.data[0] == '-';
	uint64_t n, more;

	if (text.bytes == 0 || (text.data[0] != '+' && !is_minus) ||
	    !parse_numbers(span_from(text, 1), &n, &more) || n > OFFSET_MAX || more > OFFSET_MAX)
		return false;
	out->min = is_minus ? 0 - n : n;
	out->max = out->min + more;
	return true;
}

/* "+n" or "+n,m": ClamAV has no place before a section. */
static bool
parse_behind(struct span text, struct sigc_place *out)
{
	return span_starts(text, "+") && parse_signed(text, out);
}

/* "EP+n", "EP-n", "Sx+n", "SL+n", "SEx"; `text` is of two characters at least. */
static bool
parse_program_offset(struct span text, struct sigc_place *out)
{
	uint64_t section;

	if (text.data[0] == 'E' || text.data[1] == 'L') {
		out->from = text.data[0] == 'E' ? FROM_ENTRY : FROM_LAST_SECTION;
		text = span_from(text, 2);
		return out->from == FROM_ENTRY ? parse_signed(text, out) : parse_behind(text, out);
	}
	out->from = text.data[1] == 'E' ? FROM_WITHIN_SECTION : FROM_SECTION;
	out->min = out->max = 0;
	text = span_from(text, out->from == FROM_SECTION ? 1 : 2);
	if (!sigc_take_number(&text, &section) || section >= PROGRAM_SECTIONS_MAX)
		return false;
	out->section = (uint16_t)section;
	return out->from == FROM_SECTION ? parse_behind(text, out) : text.bytes == 0;
}

enum sigc_teller
sigc_place_is_told(const struct sigc_place *place, uint64_t target)
{
	if (place->from < FROM_ENTRY)
		return place->from == FROM_START || place->max <= GENERATION_REACH_MAX
			   ? TOLD_BY_STREAM
			   : TOLD_BY_WHOLE;
	if (place->from == FROM_VERSION_INFO)
		return target == TARGET_PE ? TOLD_BY_WHOLE : TOLD_BY_NOBODY;
	if (target == TARGET_PE || (target == TARGET_ELF && place->from == FROM_ENTRY))
		return TOLD_BY_STREAM;
	return target == TARGET_ELF ? TOLD_BY_WHOLE : TOLD_BY_NOBODY;
}

/*
 * "*", "n" or "n,m": from n to n + m, both included; "EOF-n" and "EOF-n,m" the same from size - n
 * on; "VI"; and places in programs. False: another kind of offset.
 */
bool
sigc_parse_offset(struct span text, struct sigc_place *out)
{
	uint64_t n, more;

	*out = (struct sigc_place){ .max = UINT64_MAX };
	if (span_is(text, "*"))
		return true;
	if (text.bytes > 0 && text.data[0] == SIGC_NEAR_END[0]) {
		out->from = FROM_END_LOOSE;
		return sigc_parse_size(span_from(text, 1), &out->max) &&
		       out->max <= GENERATION_REACH_MAX;
	}
	if (span_is(text, "VI")) {
		*out = (struct sigc_place){ 0, 0, FROM_VERSION_INFO, 0 };
		return true;
	}
	if (span_starts(text, "EOF-")) {
		if (!parse_numbers(span_from(text, 4), &n, &more) || n > OFFSET_MAX)
			return false;
		*out = (struct sigc_place){ n > more ? n - more : 0, n, FROM_END, 0 };
		return true;
	}
	if (text.bytes > 1 && (text.data[0] == 'S' || (text.data[0] == 'E' && text.data[1] == 'P')))
		return parse_program_offset(text, out);
	if (!parse_numbers(text, &n, &more))
		return false;
	*out = (struct sigc_place){ n, n + more, FROM_START, 0 };
	return true;
}
