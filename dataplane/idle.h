/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a core does when there is nothing to do. `idle: spin`: polls on. `idle: adaptive`: after
 * IDLE_AFTER_US without work it sleeps until a frame rings the port's bell, until the caller's next
 * deadline, or IDLE_SLEEP_US at most (commands from control have no bell). A port without a bell is
 * looked at every IDLE_BLIND_US. Runs on the core's thread only.
 */
#ifndef SLUICE_IDLE_H
#define SLUICE_IDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mono.h"
#include "common/config/config.h"
#include "dataplane/bell.h"

#define IDLE_AFTER_US 200
#define IDLE_SLEEP_US 1000
#define IDLE_BLIND_US 80

struct idle {
	const struct bell *bell;
	bool adaptive, armed;
	struct mono last_work;
	uint64_t sleeps;
};

/* The bell outlives it. */
void idle_init(struct idle *i, const struct config *c, const struct bell *bell);
/* After each turn: whether it had work, and when the next timer is due. */
void idle_turn(struct idle *i, bool worked, struct mono now, struct mono next_deadline);
uint64_t idle_sleeps(const struct idle *i);

#endif
