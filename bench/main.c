/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench: arguments. The rest is in plan.c, generate.c and report.c. */
#include <stdio.h>

#include "bench/plan.h"

static int
usage(FILE *out, int code)
{
	fprintf(out,
	    "usage: sluice-bench [options] HOST\n"
	    "Sends RESPMOD or REQMOD requests over kernel sockets, one after the other on each "
	    "connection, "
	    "and\n"
	    "checks every answer. Exits 0 only if objects came through and none was wrong.\n%s",
	    plan_help);
	return code;
}

int
main(int argc, char **argv)
{
	static struct bench_result result;
	struct bench_plan plan;
	int rest;

	argv[0] = "sluice-bench";
	if (plan_parse(argc, argv, &plan, &rest))
		return usage(stdout, 0);
	if (argc - rest != 1)
		return usage(stderr, 2);
	if (plan.anew || plan.empty || plan.options || plan.rate > 0 || plan.rest_us > 0 ||
	    plan.repeat || plan.beside > 0 || plan.queues > 0 || plan.mix) {
		fprintf(stderr,
		    "sluice-bench: --anew, --empty, --options, --rate, --rest, --repeat, "
		    "--beside, --queues and --mix are for sluice-bench-wire\n");
		return 2;
	}
	plan.host = argv[rest];
	if (bench_run(&plan, &result) != 0) {
		fprintf(stderr, "sluice-bench: %s\n",
		    result.first_error[0] != 0 ? result.first_error : "out of memory");
		return 2;
	}
	return bench_report(stdout, &plan, &result) ? 0 : 1;
}
