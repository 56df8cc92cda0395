/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Level 0 holds the next 64 ticks, level n the next 64^(n+1). A timer lies in the level where its
 * distance fits; when the hand of a higher level moves on, that slot's timers are put in again and
 * land lower.
 */
#include "common/base/wheel.h"

#define REACH_TICKS ((uint64_t)1 << (WHEEL_LEVEL_BITS * WHEEL_LEVELS))

/* The first tick at whose end `t` has passed. */
static uint64_t
tick_of(struct mono t)
{
	return (t.ns >> WHEEL_TICK_BITS) + 1;
}

static void
put(struct wheel *w, struct wheel_timer *t)
{
	uint64_t tick = tick_of(t->due);
	unsigned level = 0;

	if (tick <= w->tick)
		tick = w->tick + 1;
	if (tick - w->tick >= REACH_TICKS)
		tick = w->tick + REACH_TICKS - 1;
	while ((tick - w->tick) >> (WHEEL_LEVEL_BITS * (level + 1)) != 0)
		level++;
	t->slot_tick = tick;
	t->level = (uint16_t)level;
	t->slot = (tick >> (WHEEL_LEVEL_BITS * level)) & (WHEEL_SLOTS - 1);
	list_append(&w->slots[level][t->slot], &t->node);
	w->used[level] |= (uint64_t)1 << t->slot;
}

static void
take(struct wheel *w, struct wheel_timer *t)
{
	list_unlink(&t->node);
	if (t->level < WHEEL_LEVELS && list_is_empty(&w->slots[t->level][t->slot]))
		w->used[t->level] &= ~((uint64_t)1 << t->slot);
}

void
wheel_init(struct wheel *w, struct mono now)
{
	w->tick = now.ns >> WHEEL_TICK_BITS;
	list_init(&w->expired);
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		w->used[level] = 0;
		for (unsigned slot = 0; slot < WHEEL_SLOTS; slot++)
			list_init(&w->slots[level][slot]);
	}
}

void
wheel_timer_init(struct wheel_timer *t)
{
	list_init(&t->node);
	t->due = MONO_NONE;
}

void
wheel_arm(struct wheel *w, struct wheel_timer *t, struct mono due)
{
	bool in_place = wheel_is_armed(t) && t->level < WHEEL_LEVELS;

	if (!mono_is_set(due))
		due.ns = 1;
	t->due.ns = wheel_is_armed(t) ? t->due.ns : 0;
	if (in_place && tick_of(due) >= t->slot_tick) {
		t->due = due; /* lazily: its slot comes up first, and moves it on */
		return;
	}
	if (wheel_is_armed(t))
		take(w, t);
	t->due = due;
	put(w, t);
}

void
wheel_disarm(struct wheel *w, struct wheel_timer *t)
{
	if (!wheel_is_armed(t))
		return;
	take(w, t);
	t->due = MONO_NONE;
}

/* Empties one slot: what is due goes to the expired list, the rest is put in again. */
static void
run_slot(struct wheel *w, unsigned level, unsigned slot)
{
	struct list moved;
	struct list *node;

	if ((w->used[level] >> slot & 1) == 0)
		return;
	w->used[level] &= ~((uint64_t)1 << slot);
	list_init(&moved);
	while ((node = list_take_first(&w->slots[level][slot])) != NULL)
		list_append(&moved, node);
	while ((node = list_take_first(&moved)) != NULL) {
		struct wheel_timer *t = LIST_ITEM(node, struct wheel_timer, node);

		if (tick_of(t->due) <= w->tick) {
			t->level = WHEEL_LEVELS; /* on the expired list, in no slot */
			list_append(&w->expired, &t->node);
		} else {
			put(w, t);
		}
	}
}

/* Where the next used slot of a level begins, in ticks; UINT64_MAX when none is used. */
static uint64_t
next_of_level(const struct wheel *w, unsigned level)
{
	unsigned shift = WHEEL_LEVEL_BITS * level;
	uint64_t hand = w->tick >> shift;
	unsigned turn = (hand + 1) & (WHEEL_SLOTS - 1);
	uint64_t used = w->used[level];

	if (used == 0)
		return UINT64_MAX;
	if (turn != 0)
		used = used >> turn | used << (WHEEL_SLOTS - turn);
	return (hand + 1 + (uint64_t)__builtin_ctzll(used)) << shift;
}

/* When the next used slot of any level begins; UINT64_MAX when nothing is armed. */
static uint64_t
next_used(const struct wheel *w)
{
	uint64_t tick = UINT64_MAX;

	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		uint64_t t = next_of_level(w, level);

		tick = t < tick ? t : tick;
	}
	return tick;
}

/* From one used slot to the next: a long sleep costs what is armed, not how long it was. */
void
wheel_advance(struct wheel *w, struct mono now)
{
	uint64_t target = now.ns >> WHEEL_TICK_BITS, next;

	while (w->tick < target && (next = next_used(w)) <= target) {
		w->tick = next;
		for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--) {
			unsigned shift = WHEEL_LEVEL_BITS * level;

			if ((w->tick & (((uint64_t)1 << shift) - 1)) == 0)
				run_slot(w, level, (w->tick >> shift) & (WHEEL_SLOTS - 1));
		}
		run_slot(w, 0, w->tick & (WHEEL_SLOTS - 1));
	}
	if (w->tick < target)
		w->tick = target;
}

struct wheel_timer *
wheel_take_expired(struct wheel *w)
{
	struct list *node = list_take_first(&w->expired);
	struct wheel_timer *t;

	if (node == NULL)
		return NULL;
	t = LIST_ITEM(node, struct wheel_timer, node);
	t->due = MONO_NONE;
	return t;
}

struct mono
wheel_next(const struct wheel *w)
{
	uint64_t tick;

	if (!list_is_empty(&w->expired))
		return (struct mono){ w->tick << WHEEL_TICK_BITS };
	tick = next_used(w);
	return tick == UINT64_MAX ? MONO_NEVER : (struct mono){ tick << WHEEL_TICK_BITS };
}
