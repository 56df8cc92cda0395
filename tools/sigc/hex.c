/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's hexadecimal patterns to elements (generation_file.h):
 *
 *     61 6? ?1 ??            a byte, half of one, any
 *     {n} {n-m} {-m} [n-m]   any bytes
 *     (61|6263) !(61|62)     one of these; none of these, all of one length
 *     (B) (L) (W) !(B) …     edges, at either end of the pattern
 *
 * A pattern that reaches further than GENERATION_REACH_MAX, or without end ({n-}, *), is left out:
 * a stream does not keep what it would be checked against. The anchor is the rarest run of whole
 * bytes, with what stands before it, for Hyperscan to look for.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "tools/sigc/sigc.h"

#define ANCHOR_MIN    4
#define ANCHOR_WINDOW 8  /* rare enough; more only makes the database larger */
#define ANCHOR_MAX    24 /* with what stands before the window: fewer candidates */

struct parse {
	struct sigc *s;
	struct span text; /* what is left */
	size_t first;     /* this pattern's first element, as bytes of s->elements */
	bool in_bytes;    /* the last element is BYTES and may grow */
	uint64_t reach;
	enum skip_reason why;
};

static int
leave_out(struct parse *p, enum skip_reason why)
{
	p->why = why;
	return -ENOTSUP;
}

static struct generation_element *
last_element(struct parse *p)
{
	return (struct generation_element *)(void *)(p->s->elements.bytes + p->s->elements.used) -
	       1;
}

static int
add_element(struct parse *p, struct generation_element e)
{
	p->reach += e.max;
	if (p->reach > GENERATION_REACH_MAX)
		return leave_out(p, SKIP_REACH);
	e.bytes = (uint32_t)p->s->compared.used;
	table_add(&p->s->elements, &e, sizeof(e));
	p->in_bytes = e.kind == ELEMENT_BYTES;
	return 0;
}

/* Two characters: value and mask. False: they are none. */
static bool
take_pair(struct span *text, uint8_t pair[2])
{
	pair[0] = pair[1] = 0;
	if (text->bytes < 2)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		int n = sigc_nibble(text->data[i]);

		if (n < 0 && text->data[i] != '?')
			return false;
		pair[0] = (uint8_t)(pair[0] << 4 | (n < 0 ? 0 : n));
		pair[1] = (uint8_t)(pair[1] << 4 | (n < 0 ? 0 : 15));
	}
	*text = span_from(*text, 2);
	return true;
}

static int
take_byte(struct parse *p)
{
	uint8_t pair[2];
	int rc;

	if (!take_pair(&p->text, pair))
		return -EINVAL;
	if (!p->in_bytes) {
		rc = add_element(p, (struct generation_element){ .kind = ELEMENT_BYTES });
		if (rc != 0)
			return rc;
	}
	if (++p->reach > GENERATION_REACH_MAX)
		return leave_out(p, SKIP_REACH);
	table_add(&p->s->compared, pair, 2);
	last_element(p)->min++;
	last_element(p)->max++;
	return 0;
}

/* Digits at the start of the text; *out stays where there are none. */
static bool
take_number(struct span *text, uint64_t *out)
{
	size_t n = 0;
	uint64_t value = 0;

	for (; n < text->bytes && n < 9 && isdigit(text->data[n]); n++)
		value = value * 10 + (uint64_t)(text->data[n] - '0');
	*text = span_from(*text, n);
	if (n > 0)
		*out = value;
	return n > 0;
}

static int
take_gap(struct parse *p)
{
	uint8_t close = p->text.data[0] == '{' ? '}' : ']';
	uint64_t min = 0, max = 0;
	bool has_min, has_max;

	p->text = span_from(p->text, 1);
	has_min = has_max = take_number(&p->text, &min);
	max = min;
	if (p->text.bytes > 0 && p->text.data[0] == '-') {
		p->text = span_from(p->text, 1);
		has_max = take_number(&p->text, &max);
	}
	if (p->text.bytes == 0 || p->text.data[0] != close || (!has_min && !has_max) || max < min)
		return -EINVAL;
	p->text = span_from(p->text, 1);
	if (!has_max)
		return leave_out(p, SKIP_OPEN_GAP);
	if (max > GENERATION_REACH_MAX)
		return leave_out(p, SKIP_REACH);
	return add_element(
	    p, (struct generation_element){
		   .kind = ELEMENT_GAP, .min = (uint16_t)min, .max = (uint16_t)max });
}

static int
take_edge(struct parse *p, struct span name, bool negated)
{
	bool at_start = p->s->elements.used == p->first, at_end = p->text.bytes == 0;
	unsigned edge = name.data[0] == 'B'   ? EDGE_BOUNDARY_LEFT
			: name.data[0] == 'L' ? EDGE_LINE_LEFT
					      : EDGE_WORD_LEFT;

	if (!at_start && !at_end)
		return leave_out(p, SKIP_INNER_EDGE);
	edge += at_start ? 0 : 1;
	return add_element(p, (struct generation_element){ .kind = ELEMENT_EDGE,
				  .count = (uint16_t)(edge | (negated ? EDGE_NOT : 0)) });
}

/* One alternative: length and pairs. */
static int
take_alternative(struct parse *p, struct span one, struct generation_element *e)
{
	uint16_t length = (uint16_t)(one.bytes / 2);
	uint8_t pair[2];

	if (one.bytes == 0 || one.bytes / 2 > GENERATION_REACH_MAX)
		return -EINVAL;
	table_add(&p->s->compared, &length, sizeof(length));
	while (one.bytes > 0) {
		if (!take_pair(&one, pair))
			return -EINVAL;
		table_add(&p->s->compared, pair, 2);
	}
	e->min = e->count == 0 || length < e->min ? length : e->min;
	e->max = length > e->max ? length : e->max;
	e->count++;
	return 0;
}

static int
take_group(struct parse *p)
{
	bool negated = p->text.data[0] == '!';
	struct span inner = span_from(p->text, negated ? 2 : 1);
	const uint8_t *close = inner.bytes > 0 ? memchr(inner.data, ')', inner.bytes) : NULL;
	struct generation_element e = { .kind = negated ? ELEMENT_NONE_OF : ELEMENT_CHOICE };
	uint32_t bytes = (uint32_t)p->s->compared.used;
	int rc = 0;

	if (close == NULL || (negated && p->text.data[1] != '('))
		return -EINVAL;
	inner = span_first(inner, (size_t)(close - inner.data));
	p->text = span_from(p->text, (size_t)(close - p->text.data) + 1);
	if (span_is(inner, "B") || span_is(inner, "L") || span_is(inner, "W"))
		return take_edge(p, inner, negated);
	if (memchr(inner.data, '(', inner.bytes) != NULL)
		return leave_out(p, SKIP_NESTED);
	for (bool more = true; rc == 0 && more;) {
		const uint8_t *bar = inner.bytes > 0 ? memchr(inner.data, '|', inner.bytes) : NULL;
		size_t n = bar != NULL ? (size_t)(bar - inner.data) : inner.bytes;

		rc = take_alternative(p, span_first(inner, n), &e);
		inner = span_from(inner, n + 1);
		more = bar != NULL;
	}
	if (rc != 0 || (negated && e.min != e.max))
		return -EINVAL;
	rc = add_element(p, e);
	if (rc == 0)
		last_element(p)->bytes = bytes;
	return rc;
}

static int
take_all(struct parse *p)
{
	int rc = p->text.bytes > 0 ? 0 : -EINVAL;

	while (rc == 0 && p->text.bytes > 0) {
		switch (p->text.data[0]) {
		case '*':
			return leave_out(p, SKIP_OPEN_GAP);
		case '{':
		case '[':
			rc = take_gap(p);
			break;
		case '(':
		case '!':
			rc = take_group(p);
			break;
		default:
			rc = take_byte(p);
		}
	}
	return rc;
}

/* How telling a byte is: zeros, blanks and fillers are everywhere, letters in every text. */
static unsigned
rarity(uint8_t b)
{
	if (b == 0 || b == 0xff || b == ' ' || b == 0x90 || b == 0xcc)
		return 1;
	return islower(b) || isdigit(b) ? 4 : 6;
}

struct anchor {
	uint16_t element, from, end; /* bytes of that element */
	unsigned score;
};

/* The best window of one element. */
static void
look_for_anchor(
    const uint8_t *pairs, const struct generation_element *e, uint16_t number, struct anchor *best)
{
	uint16_t run = 0;

	for (uint16_t end = 1; end <= e->min; end++) {
		unsigned score = 0;

		run = pairs[2 * end - 1] == 0xff ? (uint16_t)(run + 1) : 0;
		for (uint16_t i = 0; i < run && i < ANCHOR_WINDOW; i++)
			score += rarity(pairs[2 * (end - 1 - i)]);
		if (run >= ANCHOR_MIN && score > best->score) {
			uint16_t length = run < ANCHOR_MAX ? run : ANCHOR_MAX;

			*best = (struct anchor){ number, (uint16_t)(end - length), end, score };
		}
	}
}

static int
add_pattern(struct parse *p, uint64_t start_min, uint64_t start_max, uint32_t name)
{
	const struct generation_element *e =
	    (const struct generation_element *)(void *)(p->s->elements.bytes + p->first);
	uint16_t count =
	    (uint16_t)((p->s->elements.used - p->first) / sizeof(struct generation_element));
	struct generation_pattern out = { start_min, start_max, (uint32_t)(p->first / sizeof(*e)),
		count, 0, 0, { 0 } };
	struct anchor best = { 0 };
	uint8_t literal[ANCHOR_MAX];
	const uint8_t *pairs;

	for (uint16_t i = 0; i < count; i++) {
		if (e[i].kind == ELEMENT_BYTES)
			look_for_anchor(p->s->compared.bytes + e[i].bytes, &e[i], i, &best);
	}
	if (best.score == 0)
		return leave_out(p, SKIP_SHORT);
	out.anchor = best.element;
	out.literal_end = best.end;
	pairs = p->s->compared.bytes + e[best.element].bytes;
	for (uint16_t i = best.from; i < best.end; i++)
		literal[i - best.from] = pairs[2 * i];
	sigc_add_anchor(p->s, literal, best.end - best.from, name,
	    (uint32_t)(table_add(&p->s->checks, &out, sizeof(out)) / sizeof(out)));
	return 0;
}

int
sigc_add_hex(
    struct sigc *s, struct span name, struct span hex, uint64_t start_min, uint64_t start_max)
{
	struct parse p = { .s = s, .text = hex, .first = s->elements.used };
	size_t compared = s->compared.used;
	int rc = take_all(&p);

	if (rc == 0)
		rc = add_pattern(&p, start_min, start_max, table_add_text(&s->names, name));
	if (rc != 0) {
		s->elements.used = p.first;
		s->compared.used = compared;
	}
	if (rc == -ENOTSUP) {
		sigc_skip(s, name, p.why);
		rc = 0;
	}
	return rc;
}
