/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the sandbox's worker over a list of objects, so many at once as sandbox.workers would allow,
 * each started as control starts it: one process for one object, with its object, generation and
 * pipe. Its processor time is the process's own, from fork to exit, as the kernel counts it.
 */
#ifndef SLUICE_BENCH_DEEPSCAN_WORKERS_H
#define SLUICE_BENCH_DEEPSCAN_WORKERS_H

#include <stdint.h>

#define WORKERS_AT_ONCE_MAX 64

struct workers_plan {
	const char *program;
	int generation;
	const int *objects; /* descriptors, each begun `repeats` times in turn */
	unsigned count, repeats, at_once;
};

struct workers_times {
	double wall, cpu; /* seconds, of all objects */
	unsigned objects;
};

/* NULL, or why it is no figure: a worker that said anything but that its object is clean. */
const char *workers_run(const struct workers_plan *p, struct workers_times *out);

#endif
