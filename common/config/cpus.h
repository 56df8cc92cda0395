/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which CPUs poll. A poll-mode core takes all of its CPU, so what has time (the compiler, the
 * dataplane's own attendant) keeps off those CPUs where there are others. Pure.
 */
#ifndef SLUICE_CONFIG_CPUS_H
#define SLUICE_CONFIG_CPUS_H

#include <sched.h>

#include "common/config/config.h"

/*
 * The CPU of each poll-mode core: first_cpu, those above it among `allowed`, and around. How many
 * CPUs `allowed` has; 0: first_cpu is none of them, and `cpus` is not written. `cpus` has room for
 * c->dataplane.cores.
 */
unsigned cpus_of_cores(const struct config *c, const cpu_set_t *allowed, int *cpus);

/* Those of `allowed` that no core polls on; all of them where none is left. */
cpu_set_t cpus_beside_cores(const struct config *c, const cpu_set_t *allowed);

#endif
