/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-wire: arguments, then a plan a line from standard input. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/number.h"
#include "bench/plan.h"
#include "bench/wire/wire.h"

#define WAIT_S         60 /* for the dataplane */
#define LINE_BYTES_MAX 4096

static int
usage(FILE *out, int code)
{
	fprintf(out,
	    "usage: sluice-bench-wire --socket PATH|--device VDEV --address ADDRESS/LENGTH [--mtu "
	    "N]\n"
	    "       [--queues N] [--crowd N] SERVER\n"
	    "Sends RESPMOD requests on our own TCP over a vhost-user socket, to a dataplane whose\n"
	    "port is of the kind virtio and connects to PATH; or over a device of DPDK's that is\n"
	    "on a network with it, VDEV being what EAL's --vdev takes, as "
	    "net_af_packet0,iface=eth1\n"
	    "or net_af_xdp0,iface=eth1 (its queues are named there). Says `listening`, `ready`, "
	    "then reads plans\n"
	    "from standard input, a line each, and answers each with its figures. A plan's "
	    "options:\n%s"
	    "  (--warmup is not for this wire.)\n"
	    "--queues: of the wire, one for each core of the dataplane (1, at most %u).\n"
	    "A line `crowd` opens N connections (--crowd, at most %u) that ask for OPTIONS once "
	    "and\n"
	    "stay open, each %u of them from an address of their own, %u after the one before;\n"
	    "answered with how many stand and how many failed. The next such line counts anew.\n",
	    plan_help, BENCH_QUEUES_MAX, CROWD_MAX, CROWD_OF_ADDRESS, CROWD_ADDRESS_STEP);
	return code;
}

static const struct option options[] = { { "socket", required_argument, NULL, 's' },
	{ "address", required_argument, NULL, 'a' }, { "mtu", required_argument, NULL, 'm' },
	{ "device", required_argument, NULL, 'd' }, { "crowd", required_argument, NULL, 'c' },
	{ "queues", required_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' }, { 0 } };

/* Exits where something is wrong. */
static void
parse(int argc, char **argv, struct wire_config *c)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 's':
			c->socket = optarg;
			break;
		case 'd':
			c->device = optarg;
			break;
		case 'a':
			if (subnet_parse(span_text(optarg), &c->address) != 0) {
				fprintf(stderr,
				    "sluice-bench-wire: --address '%s': expected "
				    "ADDRESS/LENGTH\n",
				    optarg);
				exit(2);
			}
			break;
		case 'm':
			c->mtu = (unsigned)number_argument(
			    "sluice-bench-wire", "mtu", optarg, 1280, 1500);
			break;
		case 'c':
			c->crowd = (unsigned)number_argument(
			    "sluice-bench-wire", "crowd", optarg, 1, CROWD_MAX);
			break;
		case 'q':
			c->queues = (uint16_t)number_argument(
			    "sluice-bench-wire", "queues", optarg, 1, BENCH_QUEUES_MAX);
			break;
		case 'h':
			exit(usage(stdout, 0));
		default:
			exit(usage(stderr, 2));
		}
	}
	if ((c->socket == NULL) == (c->device == NULL) || c->address.prefix_bits == 0 ||
	    argc - optind != 1)
		exit(usage(stderr, 2));
	if (c->crowd > 0 &&
	    c->address.base.bytes[15] + (c->crowd - 1) / CROWD_OF_ADDRESS * CROWD_ADDRESS_STEP >
		254) {
		fprintf(stderr,
		    "sluice-bench-wire: --crowd %u: its addresses, each %u after the one before, "
		    "go "
		    "beyond 254\n",
		    c->crowd, CROWD_ADDRESS_STEP);
		exit(2);
	}
	if (address_parse(span_text(argv[optind]), &c->server) != 0) {
		fprintf(stderr, "sluice-bench-wire: '%s': expected the server's address\n",
		    argv[optind]);
		exit(2);
	}
}

/* False: there is none. */
static bool
tell_crowd(struct wire *w, const char *server)
{
	char line[] = "--options";
	struct bench_plan plan;
	unsigned standing, failed;

	plan_parse_line(line, "sluice-bench-wire", &plan);
	plan.host = server;
	if (wire_crowd(w, &plan, &standing, &failed) != 0) {
		fputs("sluice-bench-wire: no memory for the crowd\n", stderr);
		return false;
	}
	printf("{\"standing\":%u,\"failed\":%u}\n", standing, failed);
	fflush(stdout);
	return true;
}

/* Plans to the end of standard input. False: one of them is no figure. */
static bool
run_plans(struct wire *w, const char *server)
{
	static struct bench_result result;
	char line[LINE_BYTES_MAX];
	struct bench_plan plan;
	bool good = true;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strcmp(line, "crowd\n") == 0) {
			if (!tell_crowd(w, server))
				return false;
			continue;
		}
		if (!plan_parse_line(line, "sluice-bench-wire", &plan)) {
			fputs("sluice-bench-wire: a plan is options only, see --help\n", stderr);
			return false;
		}
		plan.host = server;
		if (wire_run(w, &plan, &result) != 0) {
			fprintf(stderr, "sluice-bench-wire: %s\n", result.first_error);
			return false;
		}
		good &= bench_report(stdout, &plan, &result);
		fflush(stdout);
	}
	return good;
}

int
main(int argc, char **argv)
{
	struct wire_config config = { .mtu = 1500, .queues = 1 };
	char error[WIRE_ERROR_BYTES];
	struct wire *w;
	bool good;

	parse(argc, argv, &config);
	if (wire_open(&config, &w, error) != 0) {
		fprintf(stderr, "sluice-bench-wire: %s\n", error);
		return 2;
	}
	puts("listening");
	fflush(stdout);
	if (!wire_wait(w, seconds(WAIT_S))) {
		fprintf(stderr,
		    config.device != NULL
			? "sluice-bench-wire: %s has no link within %d s\n"
			: "sluice-bench-wire: no dataplane came to %s within %d s\n",
		    config.device != NULL ? config.device : config.socket, WAIT_S);
		return 2;
	}
	puts("ready");
	fflush(stdout);
	good = run_plans(w, argv[argc - 1]);
	wire_close(w);
	return good ? 0 : 1;
}
