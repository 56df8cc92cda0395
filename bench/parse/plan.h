/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command line of sluice-bench-parse asks for. */
#ifndef SLUICE_BENCH_PARSE_PLAN_H
#define SLUICE_BENCH_PARSE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/http/scan.h"

#define PLAN_COUNT_MAX 100000000

struct plan {
	uint64_t count;
	int only; /* a case_id; -1: all */
	enum http_scan_kind scan;
	bool json, help;
	int files; /* index of the first argument that is a file */
};

/* False: an option, a name or a number that is not known, told on stderr. */
bool plan_parse(int argc, char **argv, struct plan *out);

#endif
