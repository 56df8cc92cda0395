/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether a pattern stands around its literal: elements are tried left and right of the anchor,
 * each over all places that the ones before it may have led to, so that gaps and alternatives cost
 * no backtracking. The places are a set of distances from the anchor, once there may be more than
 * one; until then, which is as far as most candidates come, one number. Bounds:
 * GENERATION_REACH_MAX bytes in all, so a set is SET_WORDS words; an element at one place is a
 * step, and the caller says how many.
 */
#include <ctype.h>

#include "scanners/signature/internal.h"

#define SET_WORDS ((GENERATION_REACH_MAX + 64) / 64)
#define SET_ROOM  (SET_WORDS * 64u)

struct set {
	uint64_t words[SET_WORDS];
};

struct walk {
	const struct generation *g;
	const struct signature_view *view;
	uint64_t base; /* distances are from here: to the right, or to the left */
	bool leftwards, starved;
	uint64_t wanted; /* starved: nothing changes before the object has so many bytes */
	uint64_t *steps;
};

static const struct generation_element *
element_at(const struct generation *g, uint32_t i)
{
	return (const struct generation_element *)(const void *)g->sections[GENERATION_ELEMENTS]
		   .data +
	       i;
}

static void
set_add(struct set *s, uint32_t at)
{
	if (at < SET_ROOM)
		s->words[at / 64] |= UINT64_C(1) << at % 64;
}

/* The first member from `at` on; false: there is none. */
static bool
set_next(const struct set *s, uint32_t *at)
{
	for (uint32_t w = *at / 64; w < SET_WORDS; w++) {
		uint64_t word = s->words[w];

		if (w == *at / 64)
			word &= ~UINT64_C(0) << *at % 64;
		if (word != 0) {
			*at = w * 64 + (uint32_t)__builtin_ctzll(word);
			return true;
		}
	}
	return false;
}

int
view_byte(const struct signature_view *v, uint64_t at)
{
	if (at >= v->now_at)
		return at - v->now_at < v->now.bytes ? v->now.data[at - v->now_at] : -1;
	if (v->now_at - at > v->kept.bytes)
		return -1;
	return v->kept.data[v->kept.bytes - (v->now_at - at)];
}

static bool
pairs_match(const struct walk *w, const uint8_t *pairs, uint32_t count, uint64_t at)
{
	for (uint32_t i = 0; i < count; i++) {
		int b = view_byte(w->view, at + i);

		if (b < 0 || ((b ^ pairs[2 * i]) & pairs[2 * i + 1]) != 0)
			return false;
	}
	return true;
}

static void
starve(struct walk *w, uint64_t wanted)
{
	w->starved = true;
	w->wanted = wanted < w->wanted ? wanted : w->wanted;
}

/* Where `bytes` at a place begin; false: before the object, or behind what has come. */
static bool
locate(struct walk *w, uint32_t place, uint32_t bytes, uint64_t *at)
{
	if (w->leftwards && w->base < (uint64_t)place + bytes)
		return false;
	*at = w->leftwards ? w->base - place - bytes : w->base + place;
	if (*at + bytes <= w->view->now_at + w->view->now.bytes)
		return true;
	if (!w->view->is_end)
		starve(w, *at + bytes);
	return false;
}

static void
try_bytes(struct walk *w, const struct generation_element *e, uint32_t place, struct set *out)
{
	uint64_t at;

	if (locate(w, place, e->min, &at) &&
	    pairs_match(w, w->g->sections[GENERATION_BYTES].data + e->bytes, e->min, at))
		set_add(out, place + e->min);
}

static void
try_choice(struct walk *w, const struct generation_element *e, uint32_t place, struct set *out)
{
	const uint8_t *next = w->g->sections[GENERATION_BYTES].data + e->bytes;
	bool any = false;
	uint64_t at;

	for (uint32_t i = 0; i < e->count; i++) {
		uint16_t length;

		memcpy(&length, next, sizeof(length));
		next += sizeof(length);
		if (locate(w, place, length, &at) && pairs_match(w, next, length, at)) {
			any = true;
			if (e->kind == ELEMENT_CHOICE)
				set_add(out, place + length);
		}
		next += 2 * (size_t)length;
	}
	if (e->kind == ELEMENT_NONE_OF && !any && locate(w, place, e->min, &at))
		set_add(out, place + e->min);
}

/* ClamAV's own classes of bytes for (B): 1 may stand left of a word, 2 right of it. */
static unsigned
boundary_of(int b)
{
	switch (b) {
	case ' ':
	case '-':
	case '/':
	case '_':
		return 3;
	case '.':
	case '<':
	case '@':
		return 1;
	case '\n':
	case '\r':
	case '"':
	case '\'':
	case '=':
	case '>':
		return 2;
	default:
		return 0;
	}
}

static bool
edge_holds(const struct walk *w, unsigned edge, uint64_t at)
{
	int left = at > 0 ? view_byte(w->view, at - 1) : -1, right = view_byte(w->view, at);

	switch (edge) {
	case EDGE_BOUNDARY_LEFT:
		return at == 0 || boundary_of(left) & 1;
	case EDGE_BOUNDARY_RIGHT:
		return right < 0 || boundary_of(right) & 2;
	case EDGE_LINE_LEFT:
		return at == 0 || left == '\n';
	case EDGE_LINE_RIGHT:
		return right < 0 || right == '\n' ||
		       (right == '\r' && view_byte(w->view, at + 1) == '\n');
	case EDGE_WORD_LEFT:
		return at == 0 || !isalnum(left);
	case EDGE_WORD_RIGHT:
		return right < 0 || !isalnum(right);
	case EDGE_WIDE_WORD_LEFT:
		return at < 2 || !isalnum(view_byte(w->view, at - 2)) || left != 0;
	default:
		return right < 0 || !isalnum(right) || view_byte(w->view, at + 1) > 0;
	}
}

static void
try_edge(struct walk *w, const struct generation_element *e, uint32_t place, struct set *out)
{
	unsigned edge = e->count & ~EDGE_NOT;
	uint64_t at, seen = w->view->now_at + w->view->now.bytes;

	if (!locate(w, place, 0, &at))
		return;
	if (!w->view->is_end && at + 2 > seen && edge % 2 == 1) { /* odd ones look to the right */
		starve(w, at + 2);
		return;
	}
	if (edge_holds(w, edge, at) == !(e->count & EDGE_NOT))
		set_add(out, place);
}

static void
try_class(struct walk *w, const struct generation_element *e, uint32_t place, struct set *out)
{
	unsigned class = e->count & ~EDGE_NOT;
	uint64_t at;
	int b;

	if (!locate(w, place, 1, &at))
		return;
	b = view_byte(w->view, at);
	if (b >= 0 && (class == EDGE_BOUNDARY_LEFT ? boundary_of(b) != 0 : !isalnum(b)) ==
			  !(e->count & EDGE_NOT))
		set_add(out, place + 1);
}

/* Every place that the gap leads to, each written once. */
static void
try_gap(struct walk *w, const struct generation_element *e, const struct set *in, struct set *out)
{
	uint32_t place = 0, done = 0;
	uint64_t unused;

	for (; set_next(in, &place); place++) {
		uint32_t from = place + e->min, to = place + e->max;

		for (from = from > done ? from : done; from <= to; from++) {
			if (!locate(w, from, 0, &unused))
				break;
			set_add(out, from);
		}
		done = from > done ? from : done;
	}
}

static void
try_everywhere(
    struct walk *w, const struct generation_element *e, const struct set *in, struct set *out)
{
	uint32_t place = 0;

	for (; set_next(in, &place) && *w->steps > 0; place++) {
		--*w->steps;
		if (e->kind == ELEMENT_BYTES)
			try_bytes(w, e, place, out);
		else if (e->kind == ELEMENT_EDGE)
			try_edge(w, e, place, out);
		else if (e->kind == ELEMENT_CLASS)
			try_class(w, e, place, out);
		else
			try_choice(w, e, place, out);
	}
}

static const struct generation_element *
element_of(const struct walk *w, uint32_t from, uint32_t i)
{
	return element_at(w->g, w->leftwards ? from - i : from + i);
}

/*
 * The elements of bytes and gaps of one length that come first: `*passed` of them, to the one
 * `*place`. False: they lead nowhere.
 */
static bool
walk_straight(struct walk *w, uint32_t from, uint32_t count, uint32_t *passed, uint32_t *place)
{
	*place = 0;
	for (*passed = 0; *passed < count; ++*passed) {
		const struct generation_element *e = element_of(w, from, *passed);
		const uint8_t *pairs = w->g->sections[GENERATION_BYTES].data + e->bytes;
		uint64_t at;

		if (e->kind != ELEMENT_BYTES && (e->kind != ELEMENT_GAP || e->min != e->max))
			return true;
		if (!locate(w, *place, e->min, &at))
			return false;
		if (e->kind == ELEMENT_BYTES &&
		    (*w->steps == 0 || !pairs_match(w, pairs, e->min, at)))
			return false;
		*w->steps -= e->kind == ELEMENT_BYTES;
		*place += e->min;
		if (*place >= SET_ROOM)
			return false;
	}
	return true;
}

/* Elements `from`, in steps of one to either side, `count` of them: where they lead to. */
static bool
walk(struct walk *w, uint32_t from, uint32_t count, struct set *places)
{
	uint32_t place, passed;

	if (!walk_straight(w, from, count, &passed, &place))
		return false;
	memset(places, 0, sizeof(*places));
	set_add(places, place);
	for (uint32_t i = passed; i < count; i++) {
		const struct generation_element *e = element_of(w, from, i);
		struct set next = { .words = { 0 } };

		if (e->kind == ELEMENT_GAP)
			try_gap(w, e, places, &next);
		else
			try_everywhere(w, e, places, &next);
		*places = next;
		place = 0;
		if (!set_next(places, &place))
			return false;
	}
	return true;
}

/* Where such places are: from `*from` on, or up to `*more` bytes later. False: nowhere. */
static bool
find_place(
    const struct generation_pattern *p, const struct program *in, uint64_t *from, uint64_t *more)
{
	*from = in->entry;
	*more = 0;
	if (p->from == FROM_ENTRY)
		return true;
	if (p->from == FROM_LAST_SECTION) {
		*from = in->last.at;
		return in->section_count > 0;
	}
	if (p->section >= in->section_count)
		return false;
	*from = in->sections[p->section].at;
	if (p->from == FROM_WITHIN_SECTION)
		*more = in->sections[p->section].bytes;
	return true;
}

static bool
is_version_key(const struct signature_view *whole, uint64_t at)
{
	const struct signature_program *in = whole->program;

	for (unsigned i = 0; i < in->version_count; i++) {
		if (version_info_has_key_at(whole->now, &in->versions[i], at))
			return true;
	}
	return false;
}

/* The same of a place that a program's headers tell. */
static enum pattern_result
may_start_in(const struct generation_pattern *p, const struct signature_view *view, uint64_t start)
{
	const struct signature_program *in = view->program;
	uint64_t from, more;
	int64_t distance;

	if (in->is_any)
		return PATTERN_YES;
	if (in->result != PROGRAM_YES)
		return in->result == PROGRAM_BEYOND ? PATTERN_UNSEEN : PATTERN_NO;
	if (p->from == FROM_VERSION_INFO)
		return is_version_key(view, start) ? PATTERN_YES : PATTERN_NO;
	if (!find_place(p, &in->at, &from, &more))
		return PATTERN_NO;
	distance = (int64_t)(start - from);
	return distance >= (int64_t)p->start_min && distance <= (int64_t)(p->start_max + more)
		   ? PATTERN_YES
		   : PATTERN_NO;
}

/* Whether it may begin there. From the end that is open until the object has ended, or is too far
 * away already. */
static enum pattern_result
may_start_at(const struct generation_pattern *p, const struct signature_view *view, uint64_t start)
{
	uint64_t seen = view->now_at + view->now.bytes, distance = seen - start;

	if (p->from == FROM_START)
		return start >= p->start_min && start <= p->start_max ? PATTERN_YES : PATTERN_NO;
	if (p->from >= FROM_ENTRY)
		return may_start_in(p, view, start);
	if (view->program->is_any && p->start_max > GENERATION_REACH_MAX)
		return PATTERN_YES;
	if (distance > p->start_max)
		return PATTERN_NO;
	if (!view->is_end)
		return PATTERN_MORE;
	if (p->from == FROM_END && seen < p->start_max)
		return PATTERN_NO;
	return distance >= p->start_min ? PATTERN_YES : PATTERN_NO;
}

/* The place next to the literal where it may begin; where there is none, whether one may be. */
static enum pattern_result
may_start(const struct generation_pattern *p, const struct signature_view *view,
    const struct set *lefts, uint64_t base, uint64_t *start_out)
{
	enum pattern_result best = PATTERN_NO;

	for (uint32_t place = 0; set_next(lefts, &place); place++) {
		enum pattern_result r = may_start_at(p, view, base - place);

		*start_out = base - place;
		if (r == PATTERN_YES)
			return r;
		best = r != PATTERN_NO ? r : best;
	}
	return best;
}

/* Whether any way through the elements left of `base` leads to where it may begin; cheap, and no
 * for most candidates of a pattern with an offset. */
static bool
can_start(const struct generation_pattern *p, uint64_t base)
{
	if (p->from != FROM_START)
		return base >= p->left_min;
	return base >= p->left_min && base - p->left_min >= p->start_min &&
	       (base < p->left_max || base - p->left_max <= p->start_max);
}

enum pattern_result
pattern_check(const struct generation *g, uint32_t id, const struct signature_view *view,
    uint64_t literal_end, uint64_t *steps, struct pattern_match *match)
{
	const struct generation_pattern *p =
	    (const struct generation_pattern *)(const void *)g->sections[GENERATION_PATTERNS].data +
	    id;
	struct walk w = { .g = g, .view = view, .steps = steps };
	struct set places;
	enum pattern_result starts;
	uint32_t place = 0;

	if (literal_end < p->literal_end)
		return PATTERN_NO;
	w.base = literal_end - p->literal_end;
	if (!can_start(p, w.base))
		return PATTERN_NO;
	w.leftwards = true;
	if (!walk(&w, p->elements + p->anchor - 1, p->anchor, &places))
		return PATTERN_NO;
	starts = may_start(p, view, &places, w.base, &match->start);
	if (starts == PATTERN_NO)
		return PATTERN_NO;
	w.leftwards = w.starved = false;
	w.wanted = UINT64_MAX;
	match->wanted = match->start + p->start_max + 1; /* then it began too far from any end */
	if (walk(&w, p->elements + p->anchor, p->element_count - p->anchor, &places)) {
		set_next(&places, &place);
		match->end = w.base + place;
		match->pattern = p;
		return starts;
	}
	match->wanted = w.wanted;
	return w.starved && *steps > 0 ? PATTERN_MORE : PATTERN_NO;
}

/* The alternatives lie inside BYTES, and their lengths within the element's own. */
static bool
choice_is_sound(const struct generation_element *e, struct span bytes)
{
	size_t at = e->bytes;

	for (uint32_t i = 0; i < e->count; i++) {
		uint16_t length;

		if (at > bytes.bytes || bytes.bytes - at < sizeof(length))
			return false;
		memcpy(&length, bytes.data + at, sizeof(length));
		at += sizeof(length);
		if (length < e->min || length > e->max || (bytes.bytes - at) / 2 < length)
			return false;
		at += 2 * (size_t)length;
	}
	return e->count > 0 && (e->kind == ELEMENT_CHOICE || e->min == e->max);
}

static bool
element_is_sound(const struct generation_element *e, struct span bytes)
{
	if (e->min > e->max)
		return false;
	switch (e->kind) {
	case ELEMENT_BYTES:
		return e->min == e->max && e->bytes <= bytes.bytes &&
		       e->min <= (bytes.bytes - e->bytes) / 2;
	case ELEMENT_GAP:
		return true;
	case ELEMENT_CHOICE:
	case ELEMENT_NONE_OF:
		return choice_is_sound(e, bytes);
	case ELEMENT_EDGE:
		return e->max == 0 && (e->count & ~EDGE_NOT) < EDGE_COUNT;
	case ELEMENT_CLASS:
		return e->min == 1 && e->max == 1 &&
		       ((e->count & ~EDGE_NOT) == EDGE_BOUNDARY_LEFT ||
			   (e->count & ~EDGE_NOT) == EDGE_WORD_LEFT);
	default:
		return false;
	}
}

/* Parts that it counts for and comes after. */
static bool
parts_are_sound(const struct generation *g, const struct generation_pattern *p)
{
	size_t parts = g->sections[GENERATION_PARTS].bytes / sizeof(struct generation_part);

	if (p->part == GENERATION_NO_PART)
		return p->after == GENERATION_NO_PART && !p->is_link;
	return p->part < parts && (p->after == GENERATION_NO_PART || p->after < parts);
}

static bool
pattern_is_sound(const struct generation *g, const struct generation_pattern *p, size_t elements)
{
	const struct generation_element *anchor;
	uint32_t reach = 0, left_min = 0, left_max = 0;

	if (p->elements > elements || p->element_count > elements - p->elements ||
	    p->anchor >= p->element_count)
		return false;
	anchor = element_at(g, p->elements + p->anchor);
	for (uint32_t i = 0; i < p->element_count; i++) {
		const struct generation_element *e = element_at(g, p->elements + i);

		left_min += i < p->anchor ? e->min : 0;
		left_max += i < p->anchor ? e->max : 0;
		reach += e->max; /* 65535 of 65535: no overflow */
	}
	if (p->left_min != left_min || p->left_max != left_max)
		return false;
	if (p->from > FROM_VERSION_INFO || p->section >= PROGRAM_SECTIONS_MAX)
		return false;
	return parts_are_sound(g, p) && reach <= GENERATION_REACH_MAX &&
	       anchor->kind == ELEMENT_BYTES && p->literal_end <= anchor->min;
}

bool
pattern_tables_are_sound(const struct generation *g)
{
	struct span patterns = g->sections[GENERATION_PATTERNS],
		    elements = g->sections[GENERATION_ELEMENTS];
	const struct generation_pattern *p = (const void *)patterns.data;
	size_t count = elements.bytes / sizeof(struct generation_element);

	if (elements.bytes % sizeof(struct generation_element) != 0 ||
	    patterns.bytes % sizeof(*p) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!element_is_sound(element_at(g, (uint32_t)i), g->sections[GENERATION_BYTES]))
			return false;
	}
	for (size_t i = 0; i < patterns.bytes / sizeof(*p); i++) {
		if (!pattern_is_sound(g, &p[i], count))
			return false;
	}
	return true;
}

void
pattern_tables_sum_up(struct generation *g)
{
	struct span patterns = g->sections[GENERATION_PATTERNS];
	const struct generation_pattern *p = (const void *)patterns.data;

	for (size_t i = 0; i < patterns.bytes / sizeof(*p); i++) {
		g->has_links |= p[i].is_link != 0;
		g->has_places |= p[i].from >= FROM_ENTRY;
	}
}
