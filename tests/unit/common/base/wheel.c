/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The timer wheel against what it promises: never early, at most a tick late, wheel_next() never
 * late; at the borders of every level, and in random histories beside a plain array.
 */
#include "common/base/wheel.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

#define TICK ((uint64_t)1 << WHEEL_TICK_BITS)

struct item {
	struct wheel_timer timer;
	uint64_t due; /* 0: not armed */
};

static struct item *
item_of(struct wheel_timer *t)
{
	return LIST_ITEM(t, struct item, timer);
}

static struct mono
at(uint64_t ns)
{
	return (struct mono){ ns };
}

/* Advances to `ns`; returns the first that expired, NULL when none did. */
static struct wheel_timer *
run_to(struct wheel *w, uint64_t ns)
{
	wheel_advance(w, at(ns));
	return wheel_take_expired(w);
}

TEST(wheel_level_borders)
{
	struct wheel w;

	for (unsigned level = 0; level <= WHEEL_LEVELS; level++) {
		uint64_t border = (uint64_t)1 << (WHEEL_LEVEL_BITS * level);

		/* the top border is 19 hours of ticks away: once is enough */
		for (uint64_t start = 0; start < (level == WHEEL_LEVELS ? 1 : 3); start++) {
			for (uint64_t ticks = border > 2 ? border - 2 : 1; ticks <= border + 2;
			     ticks++) {
				uint64_t now = (start * 63 + 1) * TICK,
					 due = now + ticks * TICK + start;
				struct wheel_timer t;

				wheel_init(&w, at(now));
				wheel_timer_init(&t);
				wheel_arm(&w, &t, at(due));
				CHECK(wheel_is_armed(&t));
				CHECK(wheel_next(&w).ns <= due + TICK);
				CHECK_SEED(ticks, run_to(&w, due - 1) == NULL);
				CHECK_SEED(ticks, run_to(&w, due + TICK) == &t);
				CHECK(!wheel_is_armed(&t));
				CHECK(wheel_next(&w).ns == MONO_NEVER.ns);
			}
		}
	}
}

TEST(wheel_rearm_and_disarm)
{
	struct wheel w;
	struct wheel_timer t, other;

	wheel_init(&w, at(TICK));
	wheel_timer_init(&t);
	wheel_timer_init(&other);
	wheel_disarm(&w, &t); /* never armed: nothing */
	wheel_arm(&w, &t, at(10 * TICK));
	wheel_arm(&w, &t, at(5000 * TICK)); /* later: lazily */
	CHECK(run_to(&w, 100 * TICK) == NULL);
	CHECK(wheel_next(&w).ns <= 5001 * TICK);
	wheel_arm(&w, &t, at(200 * TICK)); /* sooner */
	CHECK(run_to(&w, 199 * TICK) == NULL);
	CHECK(run_to(&w, 201 * TICK) == &t);
	wheel_arm(&w, &t, at(50 * TICK)); /* passed: with the next tick */
	CHECK(run_to(&w, 202 * TICK) == &t);
	wheel_arm(&w, &t, MONO_NONE); /* no time at all is long past */
	CHECK(wheel_is_armed(&t) && run_to(&w, 203 * TICK) == &t);
	wheel_arm(&w, &t, at(210 * TICK));
	wheel_arm(&w, &other, at(210 * TICK));
	wheel_disarm(&w, &t);
	wheel_disarm(&w, &t);
	CHECK(run_to(&w, 220 * TICK) == &other);
	CHECK(wheel_take_expired(&w) == NULL);
}

/* What fell due and was not taken yet can still be disarmed, or armed anew. */
/* A machine that has been up for ten years: tick by tick the first turn would take minutes. */
TEST(wheel_leaps_over_years)
{
	const uint64_t years = (uint64_t)10 * 365 * 86400 * 1000000000;
	struct wheel w;
	struct wheel_timer t;

	wheel_init(&w, MONO_NONE);
	wheel_timer_init(&t);
	CHECK(run_to(&w, years) == NULL);
	wheel_arm(&w, &t, at(2 * years));
	CHECK(run_to(&w, 2 * years - TICK) == NULL);
	CHECK(run_to(&w, 2 * years + TICK) == &t);
}

TEST(wheel_expired_but_not_taken)
{
	struct wheel w;
	struct wheel_timer t[3];

	wheel_init(&w, at(TICK));
	for (unsigned i = 0; i < 3; i++) {
		wheel_timer_init(&t[i]);
		wheel_arm(&w, &t[i], at((2 + i) * TICK));
	}
	wheel_advance(&w, at(10 * TICK));
	CHECK(wheel_next(&w).ns <= 10 * TICK);
	wheel_disarm(&w, &t[0]);
	wheel_arm(&w, &t[1], at(20 * TICK));
	CHECK(wheel_take_expired(&w) == &t[2]);
	CHECK(wheel_take_expired(&w) == NULL);
	CHECK(run_to(&w, 19 * TICK) == NULL);
	CHECK(run_to(&w, 21 * TICK) == &t[1]);
}

TEST(wheel_expires_in_order_of_ticks)
{
	struct wheel w;
	struct item items[200];
	struct wheel_timer *t;
	uint64_t last = 0;
	unsigned seen = 0;

	wheel_init(&w, at(TICK));
	for (unsigned i = 0; i < COUNT_OF(items); i++) {
		wheel_timer_init(&items[i].timer);
		items[i].due = (2 + (i * 7919u) % 5000u) * TICK;
		wheel_arm(&w, &items[i].timer, at(items[i].due));
	}
	wheel_advance(&w, at(6000 * TICK));
	while ((t = wheel_take_expired(&w)) != NULL) {
		CHECK(item_of(t)->due >= last);
		last = item_of(t)->due;
		seen++;
	}
	CHECK(seen == COUNT_OF(items));
}

/* A clock that stands, or that is read a little late, moves nothing backwards. */
TEST(wheel_time_never_goes_back)
{
	struct wheel w;
	struct wheel_timer t;

	wheel_init(&w, at(100 * TICK));
	wheel_timer_init(&t);
	wheel_arm(&w, &t, at(110 * TICK));
	wheel_advance(&w, at(50 * TICK));
	CHECK(w.tick == 100);
	CHECK(run_to(&w, 109 * TICK) == NULL && run_to(&w, 111 * TICK) == &t);
}

/* Further than the wheel reaches: waits at its end and moves on. */
TEST(wheel_beyond_its_reach)
{
	struct wheel w;
	struct wheel_timer t;
	uint64_t due = 5 * ((uint64_t)1 << (WHEEL_LEVEL_BITS * WHEEL_LEVELS)) * TICK;

	wheel_init(&w, at(TICK));
	wheel_timer_init(&t);
	wheel_arm(&w, &t, at(due));
	for (unsigned step = 0; step < 10000 && !mono_before(at(due), wheel_next(&w)); step++) {
		struct mono next = wheel_next(&w);

		CHECK(next.ns > w.tick * TICK);
		CHECK(run_to(&w, next.ns) == NULL || next.ns >= due);
		if (!wheel_is_armed(&t))
			break;
	}
	CHECK(!wheel_is_armed(&t) || run_to(&w, due + TICK) == &t);
	wheel_arm(&w, &t, MONO_NEVER);
	CHECK(run_to(&w, due * 2) == NULL && wheel_is_armed(&t));
}

#define MODEL_TIMERS 64

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* A length of time whose magnitude is itself random, so that all levels are met. */
static uint64_t
draw_length(uint64_t *state)
{
	return draw(state) >> (24 + draw(state) % 38);
}

/* Takes all that expired and holds each against the model; returns false on the first lie. */
static bool
settle(struct wheel *w, struct item *items, uint64_t before, uint64_t now)
{
	struct wheel_timer *t;

	while ((t = wheel_take_expired(w)) != NULL) {
		struct item *i = item_of(t);

		if (i->due == 0 || i->due > now)
			return false; /* disarmed, or early */
		i->due = 0;
	}
	for (unsigned i = 0; i < MODEL_TIMERS; i++) {
		if (items[i].due != 0 && items[i].due + TICK <= now && items[i].due > before)
			return false; /* late */
		if ((items[i].due != 0) != wheel_is_armed(&items[i].timer))
			return false;
	}
	return true;
}

/* wheel_next() may be early, by the coarseness of a level; never later than the first that is due.
 */
static bool
next_is_sound(const struct wheel *w, const struct item *items)
{
	uint64_t next = wheel_next(w).ns;
	bool any = false;

	for (unsigned i = 0; i < MODEL_TIMERS; i++) {
		uint64_t fires = (items[i].due / TICK + 1) * TICK;
		uint64_t soonest = (w->tick + 1) * TICK;

		if (items[i].due == 0)
			continue;
		any = true;
		if (next > (fires > soonest ? fires : soonest))
			return false;
	}
	return any || next == MONO_NEVER.ns;
}

TEST(wheel_random_histories)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct item items[MODEL_TIMERS] = { 0 };
		uint64_t state = seed * 0x9e3779b97f4a7c15u, now = draw(&state) >> 20;
		bool held = true;
		struct wheel w;

		wheel_init(&w, at(now));
		for (unsigned i = 0; i < MODEL_TIMERS; i++)
			wheel_timer_init(&items[i].timer);
		for (unsigned step = 0; step < 400 && held; step++) {
			struct item *i = &items[draw(&state) % MODEL_TIMERS];
			uint64_t before = now;

			switch (draw(&state) % 4) {
			case 0:
			case 1:
				i->due = now + 1 + draw_length(&state);
				wheel_arm(&w, &i->timer, at(i->due));
				break;
			case 2:
				i->due = 0;
				wheel_disarm(&w, &i->timer);
				break;
			default:
				now =
				    draw(&state) % 3 == 0 && wheel_next(&w).ns < now + (1ull << 40)
					? (wheel_next(&w).ns > now ? wheel_next(&w).ns : now)
					: now + (draw_length(&state) & ((1ull << 36) - 1));
				wheel_advance(&w, at(now));
				held = settle(&w, items, before, now);
			}
			held = held && next_is_sound(&w, items);
		}
		CHECK_SEED(seed, held);
		for (unsigned i = 0; i < MODEL_TIMERS; i++)
			wheel_disarm(&w, &items[i].timer);
		CHECK_SEED(seed, wheel_next(&w).ns == MONO_NEVER.ns);
	}
}
