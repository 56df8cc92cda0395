/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-parse: arguments, and a line for each case. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/parse/cases.h"
#include "bench/parse/plan.h"

static void
usage(FILE *out)
{
	fputs(
	    "usage: sluice-bench-parse [options] [FILE...]\n"
	    "The parsers alone: bytes of messages for each second of CPU. A FILE holds an ICAP "
	    "request as\n"
	    "it came; without one, a GET, a form and a page of our own are parsed. bench/parse/run "
	    "counts\n"
	    "instructions.\n"
	    "  --case NAME   only this one:\n",
	    out);
	for (unsigned i = 0; i < CASE_COUNT; i++)
		fprintf(out, "      %-10s  %s\n", case_name(i), case_what(i));
	fputs("  --scan KIND   how heads are scanned: auto, scalar, sse4.2, avx2\n"
	      "  --count N     operations of each case, at least: 100000; of large heads a 256th\n"
	      "  --json        one JSON object a line\n",
	    out);
}

/* False: a parser refused a message, or nothing could be measured. */
static bool
measure(const struct plan *p, const struct messages *m, enum case_id id)
{
	struct case_result r;
	int rc = case_run(m, id, p->scan, p->count, &r);

	if (rc == -ENOENT && p->only < 0)
		return true;
	if (rc != 0) {
		fprintf(stderr, "sluice-bench-parse: %s: %s\n", case_name(id),
		    rc == -ENOENT ? "no message has it" : strerror(-rc));
		return false;
	}
	printf(p->json ? "{\"case\":\"%s\",\"scan\":\"%s\",\"operations\":%llu,\"bytes\":%llu,"
			 "\"ns\":%llu}\n"
		       : "%-10s %-7s %llu operations, %llu bytes, %llu ns of CPU",
	    case_name(id), http_scan_kind_names[p->scan], (unsigned long long)r.operations,
	    (unsigned long long)r.bytes, (unsigned long long)r.ns);
	if (!p->json)
		printf(": %.0f bytes and %.1f ns each, %.0f MB/s\n",
		    (double)r.bytes / (double)r.operations, (double)r.ns / (double)r.operations,
		    (double)r.bytes * 1e3 / (double)(r.ns > 0 ? r.ns : 1));
	fflush(stdout);
	return true;
}

static bool
load(int files, int argc, char **argv, struct messages *m)
{
	char error[MESSAGE_ERROR_ROOM];

	if (files == argc)
		return messages_own(m) == 0;
	for (int i = files; i < argc; i++) {
		if (messages_read(m, argv[i], error) != 0) {
			fprintf(stderr, "sluice-bench-parse: %s\n", error);
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	static struct messages m;
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
	if (!load(p.files, argc, argv, &m))
		return 2;
	rc = p.only < 0 || p.only == CASE_REQUEST ? cases_start() : 0;
	if (rc != 0) {
		fprintf(stderr, "sluice-bench-parse: EAL and pools: %s\n", strerror(-rc));
		return 2;
	}
	for (unsigned i = 0; i < CASE_COUNT && good; i++) {
		if (p.only < 0 || p.only == (int)i)
			good = measure(&p, &m, (enum case_id)i);
	}
	messages_free(&m);
	return good ? 0 : 1;
}
