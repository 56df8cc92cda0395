/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-tcp: arguments, and a line for each case. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tcp/cases.h"
#include "bench/tcp/plan.h"
#include "bench/tcp/rig.h"

static void
usage(FILE *out)
{
	fputs("usage: sluice-bench-tcp [options]\n"
	      "The TCP library alone, in virtual time: no NIC, no IP, no kernel. Time per "
	      "operation;\n"
	      "bench/tcp/run counts instructions.\n"
	      "  --case NAME   only this one:\n",
	    out);
	for (unsigned i = 0; i < CASE_COUNT; i++)
		fprintf(out, "      %-10s  %s\n", case_name(i), case_what(i));
	fputs("  --flows N     connections that are open meanwhile: 1000\n"
	      "  --count N     operations of each case, at least: 100000\n"
	      "  --checksum    the library sums every segment; else the port does\n"
	      "  --json        one JSON object a line\n",
	    out);
}

/* False: the stack did not do what the case asked of it. */
static bool
measure(const struct plan *p, enum case_id id)
{
	struct case_result r;
	int rc = case_run(id, p->flows, p->count, p->checksum, &r);

	if (rc != 0) {
		fprintf(stderr, "sluice-bench-tcp: %s with %u flows: %s\n", case_name(id), p->flows,
		    strerror(-rc));
		return false;
	}
	printf(p->json ? "{\"case\":\"%s\",\"flows\":%u,\"operations\":%llu,\"ns\":%.1f,"
			 "\"bytes_per_connection\":%llu}\n"
		       : "%-8s %6u flows: %llu operations, %.1f ns each; %llu bytes a connection\n",
	    case_name(id), p->flows, (unsigned long long)r.operations,
	    (double)r.ns / (double)r.operations, (unsigned long long)r.bytes_per_connection);
	fflush(stdout);
	return true;
}

int
main(int argc, char **argv)
{
	struct plan p;
	bool good = true;
	int rc;

	if (!plan_parse(argc, argv, &p)) {
		usage(stderr);
		return 2;
	}
	if (p.help) {
		usage(stdout);
		return 0;
	}
	rc = rig_start(p.flows);
	if (rc != 0) {
		fprintf(stderr, "sluice-bench-tcp: EAL and pools: %s\n", strerror(-rc));
		return 2;
	}
	for (unsigned i = 0; i < CASE_COUNT && good; i++) {
		if (p.only < 0 || p.only == (int)i)
			good = measure(&p, (enum case_id)i);
	}
	return good ? 0 : 1;
}
