/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench: arguments. The rest is in generate.c and report.c. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/number.h"

static void
usage(FILE *out)
{
	fputs(
	    "usage: sluice-bench [options] HOST\n"
	    "Sends RESPMOD requests over kernel sockets, one after the other on each connection, "
	    "and\n"
	    "checks every answer. Exits 0 only if objects came through and none was wrong.\n"
	    "  --port N          1344\n"
	    "  --path PATH       of the service: av/respmod\n"
	    "  --connections N   at once: 32\n"
	    "  --bytes N         of a body, with K or M: 1K\n"
	    "  --body FILE       bodies are its slices, one after the other; else generated text\n"
	    "  --type TYPE       Content-Type of the bodies: text/html\n"
	    "  --seconds N       of measuring: 5, after --warmup N: 1\n"
	    "  --no-204          without Allow: 204, so that every body comes back\n"
	    "  --json            one JSON object\n",
	    out);
}

static const struct option options[] = { { "port", required_argument, NULL, 'p' },
	{ "path", required_argument, NULL, 'u' }, { "connections", required_argument, NULL, 'c' },
	{ "bytes", required_argument, NULL, 'b' }, { "body", required_argument, NULL, 'f' },
	{ "type", required_argument, NULL, 't' }, { "seconds", required_argument, NULL, 's' },
	{ "warmup", required_argument, NULL, 'w' }, { "no-204", no_argument, NULL, 'n' },
	{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 } };

int
main(int argc, char **argv)
{
	struct bench_plan plan = { .port = "1344",
		.path = "av/respmod",
		.content_type = "text/html",
		.connections = 32,
		.body_bytes = 1024,
		.allow_204 = true,
		.warmup = seconds(1),
		.length = seconds(5) };
	static struct bench_result result;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			number_argument("sluice-bench", "port", optarg, 1, 65535);
			plan.port = optarg;
			break;
		case 'u':
			plan.path = optarg + (optarg[0] == '/');
			break;
		case 'c':
			plan.connections = (unsigned)number_argument(
			    "sluice-bench", "connections", optarg, 1, BENCH_CONNECTIONS_MAX);
			break;
		case 'b':
			plan.body_bytes = (uint32_t)number_argument(
			    "sluice-bench", "bytes", optarg, 1, NUMBER_BODY_BYTES_MAX);
			break;
		case 'f':
			plan.body_file = optarg;
			break;
		case 't':
			plan.content_type = optarg;
			break;
		case 's':
			plan.length = seconds(
			    (int64_t)number_argument("sluice-bench", "seconds", optarg, 1, 86400));
			break;
		case 'w':
			plan.warmup = seconds(
			    (int64_t)number_argument("sluice-bench", "warmup", optarg, 0, 3600));
			break;
		case 'n':
			plan.allow_204 = false;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (argc - optind != 1) {
		usage(stderr);
		return 2;
	}
	plan.host = argv[optind];
	if (bench_run(&plan, &result) != 0) {
		fprintf(stderr, "sluice-bench: %s\n",
		    result.first_error[0] != 0 ? result.first_error : "out of memory");
		return 2;
	}
	return bench_report(stdout, &plan, &result, json) ? 0 : 1;
}
