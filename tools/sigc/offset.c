/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a pattern may begin, in ClamAV's words. */
#include <ctype.h>

#include "tools/sigc/sigc.h"

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

/*
 * "*", "n" or "n,m": from n to n + m, both included; "EOF-n" and "EOF-n,m" the same from size - n
 * on, no farther than a stream is kept. False: another kind of offset.
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
	if (text.bytes > 4 && memcmp(text.data, "EOF-", 4) == 0) {
		if (!parse_numbers(span_from(text, 4), &n, &more) || n > GENERATION_REACH_MAX)
			return false;
		*out = (struct sigc_place){ n > more ? n - more : 0, n, FROM_END };
		return true;
	}
	if (!parse_numbers(text, &n, &more))
		return false;
	*out = (struct sigc_place){ n, n + more, FROM_START };
	return true;
}
