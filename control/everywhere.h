/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every core shall know: verdicts to be remembered, URLs of downloads that were cut. A core
 * whose ring is full (it works on something long, or is stopped) hears of it when there is room, in
 * the order of what was told; the others at once.
 * Bounds: EVERYWHERE_MAX commands wait; of one beyond that the cores that wait don't hear, which is
 * counted: they judge once more what they would have known. One thread, the loop's.
 */
#ifndef SLUICE_CONTROL_EVERYWHERE_H
#define SLUICE_CONTROL_EVERYWHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel/channel.h"

#define EVERYWHERE_MAX 1024 /* as many again as a ring has room for (dataplane/budget.c) */

struct everywhere {
	struct waiting_command {
		struct command command;
		uint64_t cores;    /* that have not heard yet, a bit each */
	} waiting[EVERYWHERE_MAX]; /* from `first` on, around the end */
	unsigned first, count;
	uint64_t lost; /* commands that a core was never told, each core counting */
};

static_assert(CHANNEL_CORES_MAX <= 64, "a bit for each core");

/* To all cores of the region, now or by everywhere_retry(). NULL: there is no dataplane. */
void everywhere_tell(struct everywhere *e, struct region *region, const struct command *command);
/* As far as there is room now; called each turn of the drain. */
void everywhere_retry(struct everywhere *e, struct region *region);
/* Caches are about to be cleared: verdicts that wait are of before, and wait no more. */
void everywhere_forget_verdicts(struct everywhere *e);
/* The dataplane is gone, and with it all who wait. */
void everywhere_detached(struct everywhere *e);

#endif
