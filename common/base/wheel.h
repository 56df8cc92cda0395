/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hierarchical timer wheel (Varghese and Lauck, 1987), one per core: arming, re-arming and
 * disarming cost the same whatever is armed. Re-arming to a later time only writes `due`; the timer
 * moves when its old slot comes up, so a connection that sees traffic touches no list.
 *
 * A tick is 2^16 ns (65.5 us); LEVELS levels of 64 slots reach 19 hours, later times wait in the
 * last slot and move on. Timers fire at or up to one tick after `due`, never before. The owner of
 * the struct that embeds a wheel_timer disarms it before it frees the struct. One thread; knows no
 * clock.
 */
#ifndef SLUICE_BASE_WHEEL_H
#define SLUICE_BASE_WHEEL_H

#include "common/base/list.h"
#include "common/base/mono.h"

#define WHEEL_TICK_BITS  16
#define WHEEL_LEVEL_BITS 6
#define WHEEL_LEVELS     5
#define WHEEL_SLOTS      (1 << WHEEL_LEVEL_BITS)

struct wheel_timer {
	struct list node;
	struct mono due;    /* when it shall fire; MONO_NONE: not armed */
	uint64_t slot_tick; /* the tick its slot stands for */
	uint16_t level, slot;
};

struct wheel {
	uint64_t tick;               /* the last tick that was run */
	uint64_t used[WHEEL_LEVELS]; /* a bit per slot that holds something */
	struct list slots[WHEEL_LEVELS][WHEEL_SLOTS];
	struct list expired;
};

void wheel_init(struct wheel *w, struct mono now);

void wheel_timer_init(struct wheel_timer *t);

/* Arms or re-arms. A time that has passed fires at the next wheel_advance(). */
void wheel_arm(struct wheel *w, struct wheel_timer *t, struct mono due);

void wheel_disarm(struct wheel *w, struct wheel_timer *t);

static inline bool
wheel_is_armed(const struct wheel_timer *t)
{
	return mono_is_set(t->due);
}

/* Moves the wheel to `now`; what fell due is then handed out by wheel_take_expired(). */
void wheel_advance(struct wheel *w, struct mono now);

/* The next timer that fell due, disarmed; NULL when there is none. */
struct wheel_timer *wheel_take_expired(struct wheel *w);

/* No timer fires before this time; MONO_NEVER when none is armed. For deciding how long to sleep.
 */
struct mono wheel_next(const struct wheel *w);

#endif
