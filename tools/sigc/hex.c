/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ClamAV's hexadecimal patterns to elements (generation_file.h):
 *
 *     61 6? ?1 ??            a byte, half of one, any
 *     {n} {n-m} {-m} [n-m]   any bytes
 *     * {n-}                 any bytes, without end
 *     (61|6263) !(61|62)     one of these, which may hold others; none of these, of one length
 *     (B) (L) (W) !(B) …     edges at either end of the pattern; inside it a byte of that kind
 *
 * A pattern that reaches further than GENERATION_REACH_MAX is left out: a stream does not keep what
 * it would be checked against. A gap without end parts it: what stands before it is a link, a
 * pattern that counts for a part of its own, and what stands behind it comes after that part.
 * anchor.c chooses what Hyperscan looks for.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "tools/sigc/sigc.h"

#define ANCHOR_GOOD      4   /* fewer bytes only where no four in a row are rare enough: */
#define ANCHOR_RARE      120 /* eight zeros have 108, four of letters some 200 (anchor.c) */
#define ALTERNATIVES_MAX 256 /* of one group, when those within others are written out */

struct parse {
	struct sigc *s;
	struct sigc_hex *hex;
	struct span text; /* what is left */
	size_t first;     /* this pattern's first element, as bytes of s->elements */
	bool in_bytes;    /* the last element is BYTES and may grow */
	uint64_t reach;
	uint32_t after, gap; /* of the pattern that is being read (generation_file.h) */
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

static int end_link(struct parse *p, uint32_t gap);

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
	if (p->text.bytes == 0 || p->text.data[0] != close || (!has_min && !has_max) ||
	    (has_max && max < min))
		return -EINVAL;
	p->text = span_from(p->text, 1);
	if (!has_max)
		return end_link(p, (uint32_t)min);
	if (max > GENERATION_REACH_MAX)
		return leave_out(p, SKIP_REACH);
	return add_element(
	    p, (struct generation_element){
		   .kind = ELEMENT_GAP, .min = (uint16_t)min, .max = (uint16_t)max });
}

/* Inside a pattern it is a byte of that kind; a line's end may be two. */
static int
take_class(struct parse *p, unsigned edge, bool negated)
{
	static const uint8_t line_ends[] = { 1, 0, '\n', 0xff, 2, 0, '\r', 0xff, '\n', 0xff };
	struct generation_element e = { .kind = ELEMENT_CLASS, .min = 1, .max = 1 };
	uint32_t bytes = (uint32_t)p->s->compared.used;
	int rc;

	if (p->hex->modifiers & SIGC_WIDE || (edge == EDGE_LINE_LEFT && negated))
		return leave_out(p, SKIP_INNER_EDGE);
	e.count = (uint16_t)(edge | (negated ? EDGE_NOT : 0));
	if (edge != EDGE_LINE_LEFT)
		return add_element(p, e);
	table_add(&p->s->compared, line_ends, sizeof(line_ends));
	rc = add_element(p,
	    (struct generation_element){ .kind = ELEMENT_CHOICE, .count = 2, .min = 1, .max = 2 });
	if (rc == 0)
		last_element(p)->bytes = bytes;
	return rc;
}

static int
take_edge(struct parse *p, struct span name, bool negated)
{
	bool at_start = p->s->elements.used == p->first && p->after == GENERATION_NO_PART,
	     at_end = p->text.bytes == 0;
	unsigned edge = name.data[0] == 'B'   ? EDGE_BOUNDARY_LEFT
			: name.data[0] == 'L' ? EDGE_LINE_LEFT
					      : EDGE_WORD_LEFT;

	if (!at_start && !at_end)
		return take_class(p, edge, negated);
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

/* The bracket that closes the one before `text`; NULL: none. */
static const uint8_t *
closing(struct span text)
{
	unsigned open = 1;

	for (size_t i = 0; i < text.bytes; i++) {
		open += text.data[i] == '(';
		open -= text.data[i] == ')';
		if (open == 0)
			return text.data + i;
	}
	return NULL;
}

/* What stands before the next bar outside of brackets; that bar is taken too. */
static struct span
next_alternative(struct span *inner)
{
	unsigned open = 0;
	size_t n = 0;
	struct span one;

	for (; n < inner->bytes && (inner->data[n] != '|' || open > 0); n++) {
		open += inner->data[n] == '(';
		open -= inner->data[n] == ')';
	}
	one = span_first(*inner, n);
	*inner = n < inner->bytes ? span_from(*inner, n + 1) : span_of(NULL, 0);
	return one;
}

/* Each of the alternatives within an alternative, with what stands around them. */
static int
take_alternatives(struct parse *p, struct span one, struct generation_element *e)
{
	const uint8_t *open = one.bytes > 0 ? memchr(one.data, '(', one.bytes) : NULL, *close;
	struct span before, inner, after;
	int rc = 0;

	if (e->count >= ALTERNATIVES_MAX)
		return leave_out(p, SKIP_NESTED);
	if (open == NULL)
		return take_alternative(p, one, e);
	before = span_first(one, (size_t)(open - one.data));
	inner = span_from(one, before.bytes + 1);
	close = closing(inner);
	if (close == NULL)
		return -EINVAL;
	after = span_from(inner, (size_t)(close - inner.data) + 1);
	inner = span_first(inner, (size_t)(close - inner.data));
	while (rc == 0 && inner.data != NULL) {
		struct sigc_table whole = { 0 };
		struct span middle = next_alternative(&inner);

		table_add(&whole, before.data, before.bytes);
		table_add(&whole, middle.data, middle.bytes);
		table_add(&whole, after.data, after.bytes);
		rc = middle.bytes == 0 ? -EINVAL
				       : take_alternatives(p, span_of(whole.bytes, whole.used), e);
		free(whole.bytes);
	}
	return rc;
}

static int
take_group(struct parse *p)
{
	bool negated = p->text.data[0] == '!';
	struct span inner = span_from(p->text, negated ? 2 : 1);
	const uint8_t *close = closing(inner);
	struct generation_element e = { .kind = negated ? ELEMENT_NONE_OF : ELEMENT_CHOICE };
	uint32_t bytes = (uint32_t)p->s->compared.used;
	int rc = 0;

	if (close == NULL || (negated && p->text.data[1] != '('))
		return -EINVAL;
	inner = span_first(inner, (size_t)(close - inner.data));
	p->text = span_from(p->text, (size_t)(close - p->text.data) + 1);
	if (span_is(inner, "B") || span_is(inner, "L") || span_is(inner, "W"))
		return take_edge(p, inner, negated);
	do {
		rc = take_alternatives(p, next_alternative(&inner), &e);
	} while (rc == 0 && inner.data != NULL);
	if (rc == 0 && negated && e.min != e.max)
		rc = -EINVAL;
	if (rc == 0)
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
			p->text = span_from(p->text, 1);
			rc = end_link(p, 0);
			break;
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
		.whole = p->hex->part,
		.nocase = p->hex->modifiers & SIGC_NOCASE };
	uint8_t literal[SIGC_ANCHOR_MAX];

	for (uint16_t i = a->from; i < a->end; i++)
		literal[i - a->from] = pairs[2 * i];
	sigc_add_anchor(p->s, &out, literal);
}

static struct sigc_anchor
find_anchor(const struct parse *p, const struct generation_element *e, uint16_t count)
{
	struct sigc_anchor best = { 0 };

	for (uint16_t least = ANCHOR_GOOD; best.score < ANCHOR_RARE && least >= SIGC_ANCHOR_MIN;
	     least--) {
		for (uint16_t i = 0; i < count; i++) {
			if (e[i].kind == ELEMENT_BYTES)
				sigc_look_for_anchor(
				    p->s->compared.bytes + e[i].bytes, e[i].min, i, least, &best);
		}
	}
	return best;
}

/* The elements from `first` on as a pattern that counts for `part`. */
static int
add_pattern(struct parse *p, uint32_t part, bool is_link)
{
	const struct generation_element *e =
	    (const struct generation_element *)(void *)(p->s->elements.bytes + p->first);
	struct generation_pattern out = { .start_min = p->hex->place.min,
		.start_max = p->hex->place.max,
		.from = p->hex->place.from,
		.section = p->hex->place.section,
		.elements = (uint32_t)(p->first / sizeof(*e)),
		.element_count = (uint16_t)((p->s->elements.used - p->first) / sizeof(*e)),
		.is_link = is_link,
		.part = part,
		.after = p->after,
		.gap = p->gap };
	struct sigc_anchor best = find_anchor(p, e, out.element_count);

	if (best.score == 0)
		return leave_out(p, SKIP_SHORT);
	if (p->after != GENERATION_NO_PART) { /* the place is the first one's */
		out.start_min = 0;
		out.start_max = UINT64_MAX;
		out.from = FROM_START;
		out.section = 0;
	}
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

/*
 * A gap without end: what was read so far is a link. One near the object's end is known only when
 * that has come, and what follows it was then seen before; a threat by itself is not taken apart,
 * since sweep.c takes out what belongs together by its part.
 */
static int
end_link(struct parse *p, uint32_t gap)
{
	uint32_t part;
	int rc;

	if (p->s->elements.used == p->first || p->text.bytes == 0)
		return -EINVAL;
	if (p->hex->place.from == FROM_END || p->hex->place.from == FROM_END_LOOSE ||
	    p->hex->part == GENERATION_NO_PART)
		return leave_out(p, SKIP_OPEN_GAP);
	part = sigc_add_link_part(p->s);
	rc = add_pattern(p, part, true);
	p->after = part;
	p->gap = gap;
	p->first = p->s->elements.used;
	p->in_bytes = false;
	p->reach = 0;
	return rc;
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
	struct parse p = { .s = s,
		.hex = h,
		.text = h->text,
		.first = s->elements.used,
		.after = GENERATION_NO_PART };
	struct sigc_mark mark = sigc_mark(s);
	int rc = add_word_edge(&p);

	if (rc == 0)
		rc = take_all(&p);
	if (rc == 0)
		rc = add_word_edge(&p);
	if (rc == 0)
		rc = add_pattern(&p, h->part, false);
	if (rc != 0)
		sigc_undo(s, &mark);
	return rc;
}

bool
sigc_add_whole(struct sigc *s, uint32_t name, const uint8_t *bytes, size_t count)
{
	struct sigc_hex h = { .place.max = UINT64_MAX, .name = name, .part = GENERATION_NO_PART };
	struct parse p = {
		.s = s, .hex = &h, .first = s->elements.used, .after = GENERATION_NO_PART
	};

	if (count > GENERATION_REACH_MAX)
		return false;
	add_element(
	    &p, (struct generation_element){
		    .kind = ELEMENT_BYTES, .min = (uint16_t)count, .max = (uint16_t)count });
	for (size_t i = 0; i < count; i++)
		add_pair(&p, (const uint8_t[2]){ bytes[i], 0xff });
	return add_pattern(&p, h.part, false) == 0;
}
