/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which objects each node's sandbox has, waiting or running: equal objects share one job. A table
 * of fixed size with linear probing; half of it may be used.
 */
#ifndef SLUICE_BENCH_FLEET_IN_FLIGHT_H
#define SLUICE_BENCH_FLEET_IN_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct in_flight {
	uint64_t *keys; /* owned; 0: empty */
	uint64_t mask;
};

/* Room for `count` of them. -ENOMEM. in_flight_fini(). */
int in_flight_init(struct in_flight *f, uint32_t count);
void in_flight_fini(struct in_flight *f);

/* `object` is not 0. What is added is not in it, what is taken out is. */
bool in_flight_has(const struct in_flight *f, uint16_t node, uint32_t object);
void in_flight_add(struct in_flight *f, uint16_t node, uint32_t object);
void in_flight_remove(struct in_flight *f, uint16_t node, uint32_t object);

#endif
