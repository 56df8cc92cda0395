/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Accept-Language (RFC 9110 §12.5.4): ranges with weights. A tag gets the weight of the longest
 * range that covers it (`de` covers `de-AT`: RFC 4647 §3.3.1); where none does, that of the longest
 * range that it is the beginning of (`de-AT` asked for, `de` there: the lookup of §3.4); else that
 * of `*`. The heaviest tag is chosen, of equal ones what was asked for first, and the one that is
 * nearest to the front of ours. At most RANGES_MAX ranges are looked at.
 */
#include "common/page/page.h"

#define RANGES_MAX 32

struct range {
	struct span tag;
	unsigned weight; /* thousandths */
};

/* A weight (RFC 9110 §12.4.2) in thousandths; -1: it is none. */
static int
parse_weight(struct span text)
{
	int weight = 0, scale = 1000;

	if (text.bytes == 0 || text.bytes > 5 || (text.data[0] != '0' && text.data[0] != '1') ||
	    (text.bytes > 1 && text.data[1] != '.'))
		return -1;
	weight = (text.data[0] - '0') * scale;
	for (size_t i = 2; i < text.bytes; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		scale /= 10;
		weight += (text.data[i] - '0') * scale;
	}
	return weight <= 1000 ? weight : -1;
}

bool
language_is_tag(struct span tag)
{
	size_t subtag = 0;

	for (size_t i = 0; i < tag.bytes; i++) {
		uint8_t c = tag.data[i], letter = c | 0x20;
		bool is_letter = letter >= 'a' && letter <= 'z';

		if (c == '-' ? subtag == 0 : !is_letter && !(c >= '0' && c <= '9'))
			return false;
		subtag = c == '-' ? 0 : subtag + 1;
		if (subtag > 8)
			return false;
	}
	return subtag > 0 && tag.bytes < PAGE_LANGUAGE_MAX;
}

/* What stands before a comma, taken from the front of the rest. */
static struct span
take_item(struct span *rest)
{
	const uint8_t *comma = rest->bytes > 0 ? memchr(rest->data, ',', rest->bytes) : NULL;
	size_t n = comma != NULL ? (size_t)(comma - rest->data) : rest->bytes;
	struct span item = span_trim(span_first(*rest, n));

	*rest = span_from(*rest, n + 1);
	return item;
}

static bool
parse_range(struct span item, struct range *out)
{
	const uint8_t *semicolon = item.bytes > 0 ? memchr(item.data, ';', item.bytes) : NULL;
	struct span weight;
	int w = 1000;

	out->tag = item;
	if (semicolon != NULL) {
		out->tag = span_trim(span_first(item, (size_t)(semicolon - item.data)));
		weight = span_trim(span_from(item, (size_t)(semicolon + 1 - item.data)));
		if (weight.bytes < 2 || (weight.data[0] | 0x20) != 'q' || weight.data[1] != '=')
			return false;
		w = parse_weight(span_from(weight, 2));
	}
	out->weight = (unsigned)w;
	return w >= 0 && (span_is(out->tag, "*") || language_is_tag(out->tag));
}

/* Whether `whole` is `start`, or goes on with another subtag. */
static bool
begins_with(struct span whole, struct span start)
{
	return whole.bytes >= start.bytes &&
	       strncasecmp((const char *)whole.data, (const char *)start.data, start.bytes) == 0 &&
	       (whole.bytes == start.bytes || whole.data[start.bytes] == '-');
}

/* How closely a range fits a tag: covering before being covered before `*`; 0: not at all. */
static size_t
fit(struct span range, struct span tag)
{
	if (span_is(range, "*"))
		return 1;
	if (begins_with(tag, range))
		return 2 * PAGE_LANGUAGE_MAX + range.bytes;
	return begins_with(range, tag) ? 1 + range.bytes : 0;
}

/* The range that speaks for a tag; `count`: none. */
static unsigned
range_of(const struct range *ranges, unsigned count, const char *tag)
{
	unsigned best = count;
	size_t closest = 0;

	for (unsigned i = 0; i < count; i++) {
		size_t how = fit(ranges[i].tag, span_text(tag));

		if (how > closest) {
			closest = how;
			best = i;
		}
	}
	return best;
}

unsigned
language_choose(struct span accept_language, const char *const *tags, unsigned count)
{
	struct range ranges[RANGES_MAX];
	unsigned range_count = 0, best = 0, best_range = RANGES_MAX, best_weight = 0;

	for (unsigned i = 0; i < RANGES_MAX && accept_language.bytes > 0; i++)
		range_count += parse_range(take_item(&accept_language), &ranges[range_count]);
	for (unsigned i = 0; i < count; i++) {
		unsigned r = range_of(ranges, range_count, tags[i]);
		unsigned weight = r < range_count ? ranges[r].weight : 0;

		if (weight > best_weight ||
		    (weight == best_weight && weight > 0 && r < best_range)) {
			best = i;
			best_range = r;
			best_weight = weight;
		}
	}
	return best;
}
