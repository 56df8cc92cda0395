/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A generation proves itself before it is written: for every pattern, bytes are made that it must
 * match, and scanned by the code that judges objects: in one piece (block mode), and as a stream
 * cut in two at every place, or at CUTS_MAX places of the literal where the sample is long, fewer
 * where it is so long that they are CUT_BYTES_MAX together.
 * Hyperscan 5.4.0 is known to miss literals of some sets; and what our own check can't match is
 * found as well.
 *
 * A sample is the pattern's own bytes: the least of each gap, the first alternative, FILLER where
 * any byte may stand, and around it what its edges ask for, of a few that are tried. A pattern that
 * may only begin behind START_MAX is not proved, and so not taken.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "scanners/signature/signature.h"
#include "tools/sigc/sigc.h"

#define FILLER        '.' /* has the bit that tells lower case */
#define CUTS_MAX      64
#define CUTS_MIN      2
#define CUT_BYTES_MAX (32u << 20) /* of one pattern that begins far inside, some milliseconds */
#define START_MAX     (16u << 20)

struct sample {
	struct sigc_table bytes;
	size_t literal_end;
};

/* Where a pattern stands among the numbers of a target's databases. */
struct standing {
	uint32_t id, at;
};

struct proof {
	const struct sigc *s;
	const struct generation *generation;
	struct standing *const *standings;
	struct signature_core *core;
	struct sample sample;
	uint64_t *scanned; /* bytes of samples, each time that one is */
	uint32_t id;
	unsigned target;
};

static void
fill(struct sample *to, uint8_t with, size_t count)
{
	uint8_t piece[4096];

	memset(piece, with, count < sizeof(piece) ? count : sizeof(piece));
	for (size_t n; count > 0; count -= n) {
		n = count < sizeof(piece) ? count : sizeof(piece);
		table_add(&to->bytes, piece, n);
	}
}

static void
add_pairs(struct sample *to, const uint8_t *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint8_t b =
		    (uint8_t)((pairs[2 * i] & pairs[2 * i + 1]) | (FILLER & ~pairs[2 * i + 1]));

		table_add(&to->bytes, &b, 1);
	}
}

/* Whether as many bytes of one value are none of the alternatives. */
static bool
avoids(const struct generation_element *e, const uint8_t *alternatives, uint8_t value)
{
	for (unsigned k = 0; k < e->count; k++) {
		bool differs = false;

		alternatives += sizeof(uint16_t);
		for (unsigned i = 0; i < e->min; i++)
			differs |= ((alternatives[2 * i] ^ value) & alternatives[2 * i + 1]) != 0;
		if (!differs)
			return false;
		alternatives += 2 * (size_t)e->min;
	}
	return true;
}

static void
add_element(struct sample *to, const struct sigc *s, const struct generation_element *e)
{
	const uint8_t *bytes = s->compared.bytes + e->bytes;
	uint16_t length;
	unsigned value = 0;

	switch (e->kind) {
	case ELEMENT_BYTES:
		add_pairs(to, bytes, e->min);
		break;
	case ELEMENT_GAP:
		fill(to, FILLER, e->min);
		break;
	case ELEMENT_CHOICE:
		memcpy(&length, bytes, sizeof(length));
		add_pairs(to, bytes + sizeof(length), length);
		break;
	case ELEMENT_NONE_OF:
		while (value < 255 && !avoids(e, bytes, (uint8_t)value))
			value++;
		fill(to, (uint8_t)value, e->min);
		break;
	case ELEMENT_CLASS:
		fill(to, e->count & EDGE_NOT ? 'a' : ' ', 1);
		break;
	default: /* an edge: no bytes of its own */
		break;
	}
}

/* False: it begins too far inside. */
static bool
make_sample(struct sample *to, const struct sigc *s, const struct pattern *p, struct span before,
    struct span after)
{
	const struct generation_pattern *g;
	const struct generation_element *e;

	to->bytes.used = 0;
	if (p->check == GENERATION_NO_PATTERN) {
		table_add(&to->bytes, s->literals.bytes + p->bytes_at, p->bytes_count);
		to->literal_end = p->bytes_count;
		return true;
	}
	g = (const struct generation_pattern *)(const void *)s->checks.bytes + p->check;
	e = (const struct generation_element *)(const void *)s->elements.bytes + g->elements;
	if (g->from == FROM_START && g->start_min > START_MAX)
		return false;
	if (g->from == FROM_START && g->start_min > before.bytes)
		fill(to, FILLER, g->start_min - before.bytes);
	table_add(&to->bytes, before.data, before.bytes);
	for (unsigned i = 0; i < g->element_count; i++) {
		if (i == g->anchor)
			to->literal_end = to->bytes.used + g->literal_end;
		add_element(to, s, &e[i]);
	}
	table_add(&to->bytes, after.data, after.bytes);
	if ((g->from == FROM_END || g->from == FROM_END_LOOSE) &&
	    g->start_max <= GENERATION_REACH_MAX && to->bytes.used < g->start_max + before.bytes)
		fill(to, FILLER, g->start_max + before.bytes - to->bytes.used);
	return true;
}

bool
sigc_sample(const struct sigc *s, const struct pattern *p, struct sigc_table *out)
{
	struct sample sample = { .bytes = *out };
	bool made = make_sample(&sample, s, p, span_of(NULL, 0), span_of(NULL, 0));

	*out = sample.bytes;
	return made;
}

/* In two pieces, the first of `cut` bytes; 0: in one, known to be all. */
static bool
is_found(const struct proof *p, size_t cut)
{
	struct signature_scan *scan = signature_open(p->core, p->generation);
	struct span all = span_of(p->sample.bytes.bytes, p->sample.bytes.used);
	struct standing here = p->standings[p->target][p->id];
	int rc;

	*p->scanned += all.bytes;
	signature_look_for(scan, &(struct signature_sought){ p->id, here.id, here.at, p->target });
	if (cut == 0) {
		rc = signature_feed(scan, all, true);
	} else {
		rc = signature_feed(scan, span_first(all, cut), false);
		if (rc == 0)
			rc = signature_feed(scan, span_from(all, cut), false);
	}
	if (rc == 0)
		rc = signature_finish(scan);
	signature_close(scan);
	return rc == 1;
}

static size_t
cuts_of(size_t sample_bytes)
{
	size_t cuts = CUT_BYTES_MAX / sample_bytes;

	return cuts < CUTS_MIN ? CUTS_MIN : cuts < CUTS_MAX ? cuts : CUTS_MAX;
}

static bool
is_found_at_every_cut(const struct proof *p, size_t literal_bytes)
{
	size_t from = 1, to = p->sample.bytes.used, cuts = cuts_of(to), step;

	if (to > CUTS_MAX) {
		from = p->sample.literal_end - literal_bytes;
		from += from == 0;
		to = p->sample.literal_end;
	}
	step = 1 + (to - from) / cuts;
	for (size_t cut = from; cut <= to; cut += step) {
		if (!is_found(p, cut))
			return false;
	}
	return true;
}

static bool
has_edges(const struct sigc *s, const struct pattern *p)
{
	const struct generation_pattern *g;
	const struct generation_element *e;

	if (p->check == GENERATION_NO_PATTERN)
		return false;
	g = (const struct generation_pattern *)(const void *)s->checks.bytes + p->check;
	e = (const struct generation_element *)(const void *)s->elements.bytes + g->elements;
	return e[0].kind == ELEMENT_EDGE || e[g->element_count - 1].kind == ELEMENT_EDGE;
}

/* Tries what may stand around it until it is found in one piece. */
static bool
prove_one(struct proof *p, const struct pattern *pattern)
{
	static const struct {
		uint8_t bytes[2];
		size_t count;
	} around[] = { { "", 0 }, { "\n", 1 }, { "a", 1 }, { ".", 1 }, { "a", 2 }, { " ", 1 } };
	unsigned tries = has_edges(p->s, pattern) ? sizeof(around) / sizeof(around[0]) : 1;

	for (unsigned i = 0; i < tries * tries; i++) {
		struct span before = span_of(around[i / tries].bytes, around[i / tries].count),
			    after = span_of(around[i % tries].bytes, around[i % tries].count);

		if (!make_sample(&p->sample, p->s, pattern, before, after))
			return false;
		if (is_found(p, 0))
			return (TARGET_FORMS & 1u << p->target) != 0 ||
			       is_found_at_every_cut(p, pattern->bytes_count);
	}
	return false;
}

/* In each database that holds it. */
static bool
prove_everywhere(struct proof *p, const struct pattern *pattern)
{
	for (p->target = 0; p->target < TARGET_COUNT; p->target++) {
		if (generation_has_target(p->generation, p->target) &&
		    sigc_is_of_target(pattern, p->target) && !prove_one(p, pattern))
			return false;
	}
	return true;
}

/* All proofs, in `pieces` pieces, each with a scratch of its own. */
struct proofs {
	const struct sigc *s;
	const struct generation *generation;
	struct standing *standings[TARGET_COUNT]; /* by pattern; NULL: it has no databases */
	uint8_t *failed;                          /* one byte a pattern */
	size_t count;
	unsigned pieces;
	int *rc; /* of each piece, as is the next */
	uint64_t *scanned;
};

/* Pieces are turns of the patterns, so that slow kinds, which stand together, are shared too. */
static void
prove_piece(void *arg, unsigned number)
{
	struct proofs *all = arg;
	const struct pattern *patterns =
	    (const struct pattern *)(const void *)all->s->patterns.bytes;
	struct proof p = {
		.s = all->s, .generation = all->generation, .standings = all->standings
	};
	uint64_t scanned = 0;
	int rc;

	p.scanned = &scanned;
	p.core = signature_core_create(1);
	rc = p.core != NULL ? signature_core_prepare(p.core, all->generation) : -ENOMEM;
	for (size_t id = number; rc == 0 && id < all->count; id += all->pieces) {
		p.id = (uint32_t)id;
		all->failed[id] = !prove_everywhere(&p, &patterns[id]);
	}
	signature_core_destroy(p.core);
	free(p.sample.bytes.bytes);
	all->rc[number] = rc;
	all->scanned[number] = scanned;
}

static int
take_out(struct sigc *s, const uint8_t *failed, size_t n)
{
	int count = 0;

	for (size_t id = 0; id < n; id++)
		count += failed[id];
	if (count > 0 && memchr(failed, 1, s->built_in) != NULL) {
		snprintf(s->error, SIGC_ERROR_MAX, "the built-in signature is not found");
		return -EINVAL;
	}
	if (count > 0)
		sigc_drop_failed(s, failed);
	return count;
}

/* The caller's. Those that have the same bytes stand side by side, and share the first one's id. */
static struct standing *
standings_of(const struct sigc *s, const uint32_t *sorted, unsigned target)
{
	size_t n = s->patterns.used / sizeof(struct pattern);
	struct standing *out = calloc(n + 1, sizeof(*out));
	struct sigc_table numbers = { 0 };
	const uint32_t *all;
	uint32_t id = 0;

	if (out == NULL)
		sigc_give_up("the limit of memory is reached");
	sigc_target_numbers(s, sorted, target, &numbers);
	all = (const uint32_t *)(const void *)numbers.bytes;
	for (uint32_t at = 0; at < numbers.used / sizeof(*all); at++) {
		out[all[at] & ~GENERATION_NUMBER_MORE] = (struct standing){ id, at };
		if ((all[at] & GENERATION_NUMBER_MORE) == 0)
			id = at + 1;
	}
	free(numbers.bytes);
	return out;
}

static void
find_standings(const struct sigc *s, struct proofs *all)
{
	uint32_t *sorted = sigc_sort_patterns(s);

	for (unsigned t = 0; t < TARGET_COUNT; t++) {
		if (generation_has_target(all->generation, t))
			all->standings[t] = standings_of(s, sorted, t);
	}
	free(sorted);
}

static int
prove_all(struct sigc *s, const struct generation *g)
{
	size_t n = s->patterns.used / sizeof(struct pattern);
	unsigned pieces = sigc_threads(s);
	uint8_t *failed = calloc(n + 1, 1);
	int *rcs = calloc(pieces, sizeof(*rcs)), rc = 0;
	uint64_t *scanned = calloc(pieces, sizeof(*scanned));
	struct proofs all = { .s = s,
		.generation = g,
		.failed = failed,
		.count = n,
		.pieces = pieces,
		.rc = rcs,
		.scanned = scanned };

	if (failed == NULL || rcs == NULL || scanned == NULL) {
		rc = -ENOMEM;
	} else {
		find_standings(s, &all);
		sigc_share(s, pieces, prove_piece, &all);
		for (unsigned i = 0; i < pieces; i++) {
			rc = rc != 0 ? rc : rcs[i];
			s->cost.proof_bytes += scanned[i];
		}
	}
	if (rc == 0)
		rc = take_out(s, failed, n);
	for (unsigned t = 0; t < TARGET_COUNT; t++)
		free(all.standings[t]);
	free(failed);
	free(rcs);
	free(scanned);
	return rc;
}

int
sigc_prove(struct sigc *s, struct span file)
{
	struct generation *g = NULL;
	int rc = generation_open(file, &g, s->error);

	if (rc != 0)
		return rc;
	rc = prove_all(s, g);
	if (rc == -ENOMEM)
		snprintf(s->error, sizeof(s->error), "out of memory");
	generation_close(g);
	return rc;
}
