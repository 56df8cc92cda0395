/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench: arguments. The rest is in plan.c, generate.c and report.c, and in bench/compare. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/plan.h"

static int
usage(FILE *out, int code)
{
	fprintf(out,
	    "usage: sluice-bench [options] HOST\n"
	    "       sluice-bench compare A B    (what became slower; bench/compare --help)\n"
	    "Sends RESPMOD or REQMOD requests over kernel sockets, one after the other on each "
	    "connection, "
	    "and\n"
	    "checks every answer. Exits 0 only if objects came through and none was wrong.\n%s",
	    plan_help);
	return code;
}

/* Becomes bench/compare of the tree that this program was built in, BUILD/../../bench/compare. */
static int
compare(char **arguments)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	for (unsigned up = 0; up < 3 && n > 0; up++) {
		do
			n--;
		while (n > 0 && path[n] != '/');
	}
	if (n > 0 && snprintf(path + n, sizeof(path) - (size_t)n, "/bench/compare") <
			 (int)(sizeof(path) - (size_t)n))
		execv(path, arguments);
	fprintf(stderr, "sluice-bench: compare: bench/compare of the source tree: %s\n",
	    strerror(n > 0 ? errno : ENOENT));
	return 2;
}

int
main(int argc, char **argv)
{
	static struct bench_result result;
	struct bench_plan plan;
	int rest;

	if (argc > 1 && strcmp(argv[1], "compare") == 0)
		return compare(argv + 1);
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
