/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The time that clients and what they sent are held to: deadlines of TCP, of ICAP, of objects
 * and of their holds. A core that was stopped (a paused or migrated machine, SIGSTOP, a
 * debugger) finds every deadline passed at its next turn, and what its clients sent and its
 * sandbox found in time still in the port's queue and in the commands' ring, of which a turn
 * takes one burst. So no turn counts for more than PATIENCE_TURN_MS: the clock of such
 * deadlines, of retransmission and of round-trip times stands while nobody looks. It never runs
 * ahead, and a core whose turns are that long has longer deadlines, not none. One clock a core,
 * on its thread; knows no clock of its own.
 */
#ifndef SLUICE_PATIENCE_H
#define SLUICE_PATIENCE_H

#include "common/base/mono.h"

/* Half the RTO that the least is by default, and far more than a turn takes. */
#define PATIENCE_TURN_MS 100

struct patience {
	struct mono turn_at; /* when the last turn began; MONO_NONE: there was none */
	int64_t stood_ns;    /* how long it stood, in all */
};

/* A turn begins at `now` (CLOCK_MONOTONIC, not before the last one): the time it is for clients. */
struct mono patience_turn(struct patience *p, struct mono now);

/* When a deadline of that clock will be due on CLOCK_MONOTONIC, if no turn is late. */
struct mono patience_due(const struct patience *p, struct mono deadline);

#endif
