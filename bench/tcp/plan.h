/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line of sluice-bench-tcp asks for. */
#ifndef SLUICE_BENCH_TCP_PLAN_H
#define SLUICE_BENCH_TCP_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_FLOWS_MAX 100000
#define PLAN_COUNT_MAX 100000000

struct plan {
	uint32_t flows;
	uint64_t count;
	int only; /* a case_id; -1: all */
	bool checksum, json, help;
};

/* False: an option, a name or a number that is not known, told on stderr. */
bool plan_parse(int argc, char **argv, struct plan *out);

#endif
