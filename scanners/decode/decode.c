/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Decoders: one stage a coding, in a row. The last stage is asked for output; when it lacks input
 * the one before it is, and so on to the bytes of the caller. No stage may give more than the
 * limits allow, whatever the next makes of it, and each call does one stage's step, so that a
 * caller who counts steps bounds the work of a chain that gives nothing.
 */
#include "scanners/decode/decode.h"

#include <stdlib.h>

#include "scanners/decode/internal.h"

#define ROOMS_BYTES_MAX ((size_t)256 << 20) /* windows of br and zstd, all decoders of a pool */

struct decoder {
	struct decoder *next_free;
	unsigned count;
	struct stage *stages[DECODE_CODINGS_MAX];
	struct decode_limits limits;
	uint64_t worked_bytes;
};

struct decode_pool {
	struct decoder *free, *all;
	struct stage *free_stages, *all_stages;
	struct rooms *rooms;
};

static const struct {
	const char *name;
	enum decode_coding coding;
} names[] = {
	/* the first of a coding is its name */
	{ "gzip", DECODE_GZIP },
	{ "x-gzip", DECODE_GZIP },
	{ "deflate", DECODE_DEFLATE },
	{ "br", DECODE_BROTLI },
	{ "zstd", DECODE_ZSTD },
	{ "", DECODE_IDENTITY },
	{ "identity", DECODE_IDENTITY },
};

const char *
decode_coding_word(enum decode_coding c)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].coding == c)
			return names[i].name;
	}
	return "";
}

static enum decode_coding
coding_of(struct span word)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (span_is_nocase(word, names[i].name))
			return names[i].coding;
	}
	return DECODE_UNKNOWN;
}

/* Without the blanks around it, and without the line ends of a folded field (RFC 9112 §5.2). */
static struct span
trim_item(struct span s)
{
	static const char blanks[] = { ' ', '\t', '\r', '\n' };

	while (s.bytes > 0 && memchr(blanks, s.data[0], sizeof(blanks)) != NULL)
		s = span_from(s, 1);
	while (s.bytes > 0 && memchr(blanks, s.data[s.bytes - 1], sizeof(blanks)) != NULL)
		s.bytes--;
	return s;
}

void
decode_codings_add(struct decode_codings *c, struct span value)
{
	while (value.bytes > 0) {
		const uint8_t *comma = memchr(value.data, ',', value.bytes);
		size_t n = comma != NULL ? (size_t)(comma - value.data) : value.bytes;
		enum decode_coding coding = coding_of(trim_item(span_first(value, n)));

		value = span_from(value, n + 1);
		if (coding == DECODE_IDENTITY)
			continue;
		if (coding == DECODE_UNKNOWN || c->count == DECODE_CODINGS_MAX)
			c->unknown = true;
		else
			c->list[c->count++] = coding;
	}
}

enum decode_coding
decode_codings_outermost(const struct decode_codings *c)
{
	if (c->unknown)
		return DECODE_UNKNOWN;
	return c->count > 0 ? c->list[c->count - 1] : DECODE_IDENTITY;
}

struct decode_pool *
decode_pool_create(uint32_t decoders, uint32_t rooms)
{
	struct decode_pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->all = calloc(decoders, sizeof(*p->all));
	p->all_stages = calloc(decoders, sizeof(*p->all_stages));
	p->rooms = rooms_create(rooms, ROOMS_BYTES_MAX);
	if (p->all == NULL || p->all_stages == NULL || p->rooms == NULL) {
		decode_pool_destroy(p);
		return NULL;
	}
	for (uint32_t i = 0; i < decoders; i++) {
		p->all[i].next_free = p->free;
		p->free = &p->all[i];
		p->all_stages[i].next_free = p->free_stages;
		p->free_stages = &p->all_stages[i];
	}
	return p;
}

void
decode_pool_destroy(struct decode_pool *p)
{
	rooms_destroy(p->rooms);
	free(p->all);
	free(p->all_stages);
	free(p);
}

bool
decode_pool_is_out(const struct decode_pool *p)
{
	return p->free == NULL || p->free_stages == NULL || rooms_are_out(p->rooms);
}

static void
close_stage(struct decode_pool *p, struct stage *s)
{
	if (s->room != NULL)
		room_put(s->room);
	s->room = NULL;
	s->next_free = p->free_stages;
	p->free_stages = s;
}

/* A stage from the pool, begun; NULL: no stage, or no room for its library. */
static struct stage *
open_stage(struct decode_pool *p, enum decode_coding coding)
{
	struct stage *s = p->free_stages;
	bool begun = true;

	if (s == NULL)
		return NULL;
	p->free_stages = s->next_free;
	s->coding = coding;
	s->input_bytes = s->output_bytes = 0;
	s->member = 0;
	s->pending = span_of(NULL, 0);
	s->member_open = s->ended = s->failed = s->output_filled = false;
	s->room = NULL;
	if (coding == DECODE_GZIP || coding == DECODE_DEFLATE) {
		inflate_begin(s);
	} else {
		s->room = room_take(p->rooms);
		begun =
		    s->room != NULL && (coding == DECODE_BROTLI ? brotli_begin(s) : zstd_begin(s));
	}
	if (begun)
		return s;
	close_stage(p, s);
	return NULL;
}

struct decoder *
decode_open(
    struct decode_pool *p, const struct decode_codings *codings, const struct decode_limits *limits)
{
	struct decoder *d = p->free;

	if (d == NULL)
		return NULL;
	p->free = d->next_free;
	d->limits = *limits;
	d->worked_bytes = 0;
	for (d->count = 0; d->count < codings->count; d->count++) {
		struct stage *s = open_stage(p, codings->list[codings->count - 1 - d->count]);

		if (s == NULL) {
			decode_close(p, d);
			return NULL;
		}
		d->stages[d->count] = s;
	}
	return d;
}

void
decode_close(struct decode_pool *p, struct decoder *d)
{
	for (unsigned i = 0; i < d->count; i++)
		close_stage(p, d->stages[i]);
	d->next_free = p->free;
	p->free = d;
}

/* Whether a stage has given too much, by itself or for what came in. */
static bool
over_limit(const struct decoder *d, const struct stage *s)
{
	if (s->output_bytes > d->limits.output_bytes_max)
		return true;
	return d->limits.ratio_max != 0 && s->output_bytes > d->limits.ratio_from_bytes &&
	       s->output_bytes / d->limits.ratio_max > d->stages[0]->input_bytes;
}

static enum decode_result
stage_next(struct decoder *d, struct stage *s, struct span input, size_t *at, struct span *out)
{
	uint64_t before = s->input_bytes;
	enum decode_result r;

	*out = span_of(NULL, 0);
	if (s->failed)
		return s->failure;
	if (s->ended)
		return DECODE_END;
	if (s->coding == DECODE_BROTLI)
		r = brotli_next(s, input, at, out);
	else if (s->coding == DECODE_ZSTD)
		r = zstd_next(s, input, at, out);
	else
		r = inflate_next(s, input, at, out);
	s->output_bytes += out->bytes;
	d->worked_bytes += s->input_bytes - before + out->bytes;
	if (over_limit(d, s)) {
		s->failed = true;
		s->failure = DECODE_OVER;
		return DECODE_OVER;
	}
	return r;
}

/*
 * The n-th stage's next output, with the stages before it as its input. What a stage before it ran
 * into is told once this one has used up what came before that.
 */
static enum decode_result
pull(struct decoder *d, unsigned n, struct span input, size_t *at, struct span *out)
{
	struct stage *before;
	enum decode_result r;
	size_t used = 0;
	bool ended;

	if (n == 0)
		return stage_next(d, d->stages[0], input, at, out);
	before = d->stages[n - 1];
	r = stage_next(d, d->stages[n], before->pending, &used, out);
	before->pending = span_from(before->pending, used);
	if (r != DECODE_MORE && r != DECODE_END)
		return r;
	ended = r == DECODE_END;
	r = pull(d, n - 1, input, at, &before->pending);
	if (ended) /* what lies behind the end is no part of it, but the coding around it must end
		    */
		before->pending = span_of(NULL, 0);
	if (r == DECODE_OUTPUT)
		return DECODE_BUSY;
	return ended && r == DECODE_MORE ? DECODE_END : r;
}

enum decode_result
decode_next(struct decoder *d, struct span input, size_t *at, struct span *out)
{
	return pull(d, d->count - 1, input, at, out);
}

bool
decode_is_whole(const struct decoder *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		const struct stage *s = d->stages[i];
		bool is_inflate = s->coding == DECODE_GZIP || s->coding == DECODE_DEFLATE;
		bool taken = s->pending.bytes == 0 || d->stages[i + 1]->ended;

		if (s->failed || s->member_open || (!s->ended && s->input_bytes == 0) || !taken ||
		    (is_inflate && !inflate_is_whole(s)))
			return false;
	}
	return true;
}

uint32_t
decode_member(const struct decoder *d)
{
	return d->stages[d->count - 1]->member;
}

uint64_t
decode_output_bytes(const struct decoder *d)
{
	return d->stages[d->count - 1]->output_bytes;
}

uint64_t
decode_worked_bytes(const struct decoder *d)
{
	return d->worked_bytes;
}
