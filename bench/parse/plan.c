/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments; see plan.h. */
#include "bench/parse/plan.h"

#include <getopt.h>
#include <stdio.h>

#include "bench/number.h"
#include "bench/parse/cases.h"

static const struct option options[] = { { "case", required_argument, NULL, 'c' },
	{ "scan", required_argument, NULL, 's' }, { "count", required_argument, NULL, 'n' },
	{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 } };

static bool
take_option(struct plan *p, int option)
{
	enum case_id id;

	switch (option) {
	case 'c':
		if (!case_find(optarg, &id)) {
			fprintf(
			    stderr, "sluice-bench-parse: --case '%s': --help lists them\n", optarg);
			return false;
		}
		p->only = (int)id;
		return true;
	case 's':
		if (http_scan_find(optarg, &p->scan))
			return true;
		fprintf(stderr,
		    "sluice-bench-parse: --scan '%s': auto, scalar, or sse4.2 or avx2 where the "
		    "processor has it\n",
		    optarg);
		return false;
	case 'n':
		if (number_parse(optarg, 1, PLAN_COUNT_MAX, &p->count))
			return true;
		fprintf(stderr, "sluice-bench-parse: --count '%s': a number from 1 to %d\n", optarg,
		    PLAN_COUNT_MAX);
		return false;
	case 'j':
		p->json = true;
		return true;
	case 'h':
		p->help = true;
		return true;
	default:
		return false;
	}
}

bool
plan_parse(int argc, char **argv, struct plan *out)
{
	int option;

	*out = (struct plan){ .count = 100000, .only = -1, .scan = HTTP_SCAN_AUTO };
	optind = 0; /* anew: tests call it more than once */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (!take_option(out, option))
			return false;
	}
	out->files = optind;
	return true;
}
