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
 * a stream does not keep what it would be checked against. anchor.c chooses what Hyperscan looks
 * for.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/sigc.h"

struct parse {
	struct sigc *s;
	struct sigc_hex *hex;
	struct span text; /* what is left */
	size_t first;     /* this pattern's first element, as bytes of s->elements */
	bool in_bytes;    /* the last element is BYTES and may grow */
	uint64_t reach;
};

static int
leave_out(struct parse *p, enum skip_reason why)
{
	p->hex->why = why;
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

/* Two characters: value and mask, of either case where it says so. False: they are none. */
static bool
take_pair(const struct sigc_hex *h, struct span *text, uint8_t pair[2])
{
	pair[0] = pair[1] = 0;
	if (text->bytes < 2)
		return false;
	for (unsigned i = 0; i < 2; i++) {
		int n = hex_digit(text->data[i]);

		if (n < 0 && text->data[i] != '?')
			return false;
		pair[0] = (uint8_t)(pair[0] << 4 | (n < 0 ? 0 : n));
		pair[1] = (uint8_t)(pair[1] << 4 | (n < 0 ? 0 : 15));
	}
	if (h->modifiers & SIGC_NOCASE && pair[1] == 0xff && isalpha(pair[0])) {
		pair[0] = (uint8_t)(pair[0] & ~0x20);
		pair[1] = 0xdf;
	}
	*text = span_from(*text, 2);
	return true;
}

/* The pair, and the zero that follows it in wide text; how many bytes. */
static uint16_t
add_pair(struct parse *p, const uint8_t pair[2])
{
	static const uint8_t zero[2] = { 0, 0xff };

	table_add(&p->s->compared, pair, 2);
	if (!(p->hex->modifiers & SIGC_WIDE))
		return 1;
	table_add(&p->s->compared, zero, 2);
	return 2;
}

static int
take_byte(struct parse *p)
{
	uint8_t pair[2];
	int rc;

	if (!take_pair(p->hex, &p->text, pair))
		return -EINVAL;
	if (!p->in_bytes) {
		rc = add_element(p, (struct generation_element){ .kind = ELEMENT_BYTES });
		if (rc != 0)
			return rc;
	}
	if (p->reach + 2 > GENERATION_REACH_MAX)
		return leave_out(p, SKIP_REACH);
	rc = add_pair(p, pair);
	p->reach += (uint64_t)rc;
	last_element(p)->min = (uint16_t)(last_element(p)->min + rc);
	last_element(p)->max = last_element(p)->min;
	return 0;
}

static int
take_gap(struct parse *p)
{
	uint8_t close = p->text.data[0] == '{' ? '}' : ']';
	uint64_t min = 0, max = 0;
	bool has_min, has_max;

	p->text = span_from(p->text, 1);
	has_min = has_max = sigc_take_number(&p->text, &min);
	max = min;
	if (p->text.bytes > 0 && p->text.data[0] == '-') {
		p->text = span_from(p->text, 1);
		has_max = sigc_take_number(&p->text, &max);
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
	if (edge == EDGE_WORD_LEFT && p->hex->modifiers & SIGC_WIDE)
		edge = EDGE_WIDE_WORD_LEFT;
	edge += at_start ? 0 : 1;
	return add_element(p, (struct generation_element){ .kind = ELEMENT_EDGE,
				  .count = (uint16_t)(edge | (negated ? EDGE_NOT : 0)) });
}

/* One alternative: length and pairs. */
static int
take_alternative(struct parse *p, struct span one, struct generation_element *e)
{
	uint16_t length = (uint16_t)(one.bytes / 2 * (p->hex->modifiers & SIGC_WIDE ? 2 : 1));
	uint8_t pair[2];

	if (one.bytes == 0 || one.bytes > GENERATION_REACH_MAX)
		return -EINVAL;
	table_add(&p->s->compared, &length, sizeof(length));
	while (one.bytes > 0) {
		if (!take_pair(p->hex, &one, pair))
			return -EINVAL;
		add_pair(p, pair);
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

static void
add_anchor(struct parse *p, const struct sigc_anchor *a, const uint8_t *pairs, uint32_t check)
{
	struct pattern out = { .bytes_count = (uint32_t)(a->end - a->from),
		.name = p->hex->name,
		.check = check,
		.nocase = p->hex->modifiers & SIGC_NOCASE };
	uint8_t literal[SIGC_ANCHOR_MAX];

	for (uint16_t i = a->from; i < a->end; i++)
		literal[i - a->from] = pairs[2 * i];
	sigc_add_anchor(p->s, &out, literal);
}

static int
add_pattern(struct parse *p)
{
	const struct generation_element *e =
	    (const struct generation_element *)(void *)(p->s->elements.bytes + p->first);
	struct generation_pattern out = { .start_min = p->hex->place.min,
		.start_max = p->hex->place.max,
		.from = p->hex->place.from,
		.elements = (uint32_t)(p->first / sizeof(*e)),
		.element_count = (uint16_t)((p->s->elements.used - p->first) / sizeof(*e)),
		.part = p->hex->part };
	struct sigc_anchor best = { 0 };

	for (uint16_t i = 0; i < out.element_count; i++) {
		if (e[i].kind == ELEMENT_BYTES)
			sigc_look_for_anchor(p->s->compared.bytes + e[i].bytes, e[i].min, i, &best);
	}
	if (best.score == 0)
		return leave_out(p, SKIP_SHORT);
	out.anchor = best.element;
	out.literal_end = best.end;
	for (uint16_t i = 0; i < best.element; i++) {
		out.left_min = (uint16_t)(out.left_min + e[i].min);
		out.left_max = (uint16_t)(out.left_max + e[i].max);
	}
	add_anchor(p, &best, p->s->compared.bytes + e[best.element].bytes,
	    (uint32_t)(table_add(&p->s->checks, &out, sizeof(out)) / sizeof(out)));
	return 0;
}

/* ::f puts an edge at either end. */
static int
add_word_edge(struct parse *p)
{
	return p->hex->modifiers & SIGC_FULLWORD ? take_edge(p, span_text("W"), false) : 0;
}

int
sigc_add_hex(struct sigc *s, struct sigc_hex *h)
{
	struct parse p = { .s = s, .hex = h, .text = h->text, .first = s->elements.used };
	struct sigc_mark mark = sigc_mark(s);
	int rc = add_word_edge(&p);

	if (rc == 0)
		rc = take_all(&p);
	if (rc == 0)
		rc = add_word_edge(&p);
	if (rc == 0)
		rc = add_pattern(&p);
	if (rc != 0)
		sigc_undo(s, &mark);
	return rc;
}

bool
sigc_add_whole(struct sigc *s, uint32_t name, const uint8_t *bytes, size_t count)
{
	struct sigc_hex h = { .place.max = UINT64_MAX, .name = name, .part = GENERATION_NO_PART };
	struct parse p = { .s = s, .hex = &h, .first = s->elements.used };

	if (count > GENERATION_REACH_MAX)
		return false;
	add_element(
	    &p, (struct generation_element){
		    .kind = ELEMENT_BYTES, .min = (uint16_t)count, .max = (uint16_t)count });
	for (size_t i = 0; i < count; i++)
		add_pair(&p, (const uint8_t[2]){ bytes[i], 0xff });
	return add_pattern(&p) == 0;
}
