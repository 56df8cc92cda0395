/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-tcp: arguments, and a line for each case. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/number.h"
#include "bench/tcp/cases.h"
#include "bench/tcp/rig.h"

#define FLOWS_MAX 100000
#define COUNT_MAX 100000000

struct plan {
	uint32_t flows;
	uint64_t count;
	int only; /* a case_id; -1: all */
	bool checksum, json;
};

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

static const struct option options[] = { { "case", required_argument, NULL, 'c' },
	{ "flows", required_argument, NULL, 'f' }, { "count", required_argument, NULL, 'n' },
	{ "checksum", no_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' }, { 0 } };

static void
take_case(struct plan *p, const char *name)
{
	enum case_id id;

	if (!case_find(name, &id)) {
		fprintf(stderr, "sluice-bench-tcp: --case '%s': --help lists them\n", name);
		exit(2);
	}
	p->only = (int)id;
}

static void
parse(int argc, char **argv, struct plan *p)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			take_case(p, optarg);
			break;
		case 'f':
			p->flows = (uint32_t)number_argument(
			    "sluice-bench-tcp", "flows", optarg, 1, FLOWS_MAX);
			break;
		case 'n':
			p->count =
			    number_argument("sluice-bench-tcp", "count", optarg, 1, COUNT_MAX);
			break;
		case 's':
			p->checksum = true;
			break;
		case 'j':
			p->json = true;
			break;
		case 'h':
			usage(stdout);
			exit(0);
		default:
			usage(stderr);
			exit(2);
		}
	}
	if (optind != argc) {
		usage(stderr);
		exit(2);
	}
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
	struct plan p = { .flows = 1000, .count = 100000, .only = -1 };
	bool good = true;
	int rc;

	parse(argc, argv, &p);
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
