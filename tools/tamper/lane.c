/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/tamper/lane.h"

#include <stdlib.h>
#include <string.h>

#include "tools/tamper/mark.h"

struct kept {
	uint64_t due_us;
	uint32_t bytes;
	uint32_t overtaken_by; /* frames that must still pass: of a held one */
	uint8_t *frame;
};

struct lane {
	struct tamper_spec spec;
	uint64_t random;
	lane_send send;
	void *arg;
	struct lane_counts counts;
	struct kept held[LANE_HELD_MAX];       /* in order of arrival */
	struct kept delayed[LANE_DELAYED_MAX]; /* a ring; one delay for all keeps it sorted */
	uint32_t held_count, delayed_first, delayed_count;
};

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t
draw(struct lane *l)
{
	uint64_t z = l->random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

struct lane *
lane_create(const struct tamper_spec *spec, uint64_t seed, lane_send send, void *arg)
{
	struct lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->spec = *spec;
	l->random = seed;
	l->send = send;
	l->arg = arg;
	return l;
}

void
lane_destroy(struct lane *l)
{
	if (l == NULL)
		return;
	for (uint32_t i = 0; i < l->held_count; i++)
		free(l->held[i].frame);
	for (uint32_t i = 0; i < l->delayed_count; i++)
		free(l->delayed[(l->delayed_first + i) % LANE_DELAYED_MAX].frame);
	free(l);
}

/* False, and counted: no memory for it. */
static bool
keep(struct lane *l, struct kept *k, const uint8_t *frame, uint32_t bytes)
{
	k->frame = malloc(bytes);
	if (k->frame == NULL) {
		l->counts.dropped++;
		return false;
	}
	memcpy(k->frame, frame, bytes);
	k->bytes = bytes;
	return true;
}

/* The end of the wire: out, or into the delay. */
static void
pass(struct lane *l, uint64_t now_us, const uint8_t *frame, uint32_t bytes)
{
	struct kept *k = &l->delayed[(l->delayed_first + l->delayed_count) % LANE_DELAYED_MAX];

	if (l->spec.delay_us == 0) {
		l->send(l->arg, frame, bytes);
		return;
	}
	if (l->delayed_count == LANE_DELAYED_MAX) {
		l->counts.dropped++;
		return;
	}
	if (!keep(l, k, frame, bytes))
		return;
	k->due_us = now_us + l->spec.delay_us;
	l->delayed_count++;
}

static void
release_held(struct lane *l, uint64_t now_us, uint32_t i)
{
	struct kept k = l->held[i];

	l->held_count--;
	memmove(&l->held[i], &l->held[i + 1], (l->held_count - i) * sizeof(l->held[0]));
	pass(l, now_us, k.frame, k.bytes);
	free(k.frame);
}

/* One more frame has gone by. */
static void
overtake(struct lane *l, uint64_t now_us)
{
	for (uint32_t i = 0; i < l->held_count;) {
		if (--l->held[i].overtaken_by == 0)
			release_held(l, now_us, i);
		else
			i++;
	}
}

static void
hold(struct lane *l, uint64_t now_us, const uint8_t *frame, uint32_t bytes)
{
	struct kept *k = &l->held[l->held_count];

	if (l->held_count == LANE_HELD_MAX || !keep(l, k, frame, bytes)) {
		pass(l, now_us, frame, bytes);
		return;
	}
	l->counts.reordered++;
	k->overtaken_by = 1 + (uint32_t)(draw(l) % LANE_OVERTAKEN_MAX);
	k->due_us = now_us + LANE_HOLD_US;
	l->held_count++;
}

static void
pass_corrupted(struct lane *l, uint64_t now_us, const uint8_t *frame, uint32_t bytes)
{
	uint8_t copy[LANE_FRAME_BYTES_MAX];
	uint64_t bit = draw(l) % (bytes * 8u);

	memcpy(copy, frame, bytes);
	copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	l->counts.corrupted++;
	pass(l, now_us, copy, bytes);
}

static void
pass_marked(struct lane *l, uint64_t now_us, const uint8_t *frame, uint32_t bytes)
{
	uint8_t copy[LANE_FRAME_BYTES_MAX];

	memcpy(copy, frame, bytes);
	l->counts.marked += mark_congestion(copy, bytes);
	pass(l, now_us, copy, bytes);
}

/* Whole or with a bit turned, once or twice, marked or not. */
static void
pass_on(struct lane *l, uint64_t now_us, uint32_t at, const uint8_t *frame, uint32_t bytes)
{
	const struct tamper_spec *s = &l->spec;

	if (at < s->corrupt_ppm) {
		pass_corrupted(l, now_us, frame, bytes);
		return;
	}
	at -= s->corrupt_ppm;
	if (at >= s->dup_ppm && at - s->dup_ppm < s->ce_ppm) {
		pass_marked(l, now_us, frame, bytes);
		return;
	}
	pass(l, now_us, frame, bytes);
	if (at < s->dup_ppm) {
		l->counts.doubled++;
		pass(l, now_us, frame, bytes);
	}
}

void
lane_frame(struct lane *l, uint64_t now_us, const uint8_t *frame, uint32_t bytes)
{
	const struct tamper_spec *s = &l->spec;
	uint32_t at = (uint32_t)(draw(l) % 1000000u);

	if (bytes == 0 || bytes > LANE_FRAME_BYTES_MAX) {
		l->counts.dropped++;
		return;
	}
	l->counts.frames++;
	if (at < s->loss_ppm) {
		l->counts.lost++;
		return;
	}
	at -= s->loss_ppm;
	if (at < s->reorder_ppm) {
		hold(l, now_us, frame, bytes);
		return;
	}
	pass_on(l, now_us, at - s->reorder_ppm, frame, bytes);
	overtake(l, now_us);
}

uint64_t
lane_turn(struct lane *l, uint64_t now_us)
{
	uint64_t next = UINT64_MAX;

	while (l->held_count > 0 && l->held[0].due_us <= now_us)
		release_held(l, now_us, 0);
	while (l->delayed_count > 0 && l->delayed[l->delayed_first].due_us <= now_us) {
		struct kept *k = &l->delayed[l->delayed_first];

		l->send(l->arg, k->frame, k->bytes);
		free(k->frame);
		l->delayed_first = (l->delayed_first + 1) % LANE_DELAYED_MAX;
		l->delayed_count--;
	}
	if (l->held_count > 0)
		next = l->held[0].due_us;
	if (l->delayed_count > 0 && l->delayed[l->delayed_first].due_us < next)
		next = l->delayed[l->delayed_first].due_us;
	return next;
}

const struct lane_counts *
lane_counts(const struct lane *l)
{
	return &l->counts;
}
