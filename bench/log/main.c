/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-log: arguments, one run, its figures, then control is answered until stdin ends. */
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/log/feed.h"
#include "bench/number.h"

#define NAME    "sluice-bench-log"
#define WAIT_S  60 /* for control */
#define LOOK_MS 5

static int
usage(FILE *out, int code)
{
	fputs(
	    "usage: sluice-bench-log [--rate N] [--milliseconds N] SOCKET\n"
	    "Stands in for a dataplane at SOCKET (RUN/dataplane.sock), for a sluice-control that\n"
	    "connects to it, and puts records of clean objects into its ring. Says `listening`,\n"
	    "then one JSON object, and goes on answering control until its standard input ends.\n"
	    "  --rate N          records a second: 100000\n"
	    "  --milliseconds N  1000\n",
	    out);
	return code;
}

static void
wait_for_end(struct feed *f)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char dropped[256];

	for (;;) {
		feed_serve(f);
		if (poll(&in, 1, LOOK_MS) > 0 && read(STDIN_FILENO, dropped, sizeof(dropped)) <= 0)
			return;
	}
}

static int
run(const char *path, uint32_t rate, struct duration length)
{
	struct feed_result r;
	struct feed *f;
	int rc = feed_open(path, &f);

	if (rc != 0) {
		fprintf(stderr, NAME ": %s: %s\n", path, strerror(-rc));
		return 2;
	}
	puts("listening");
	fflush(stdout);
	if (!feed_wait(f, seconds(WAIT_S))) {
		fprintf(stderr, NAME ": no control came to %s within %d s\n", path, WAIT_S);
		feed_close(f);
		return 1;
	}
	for (unsigned i = 0; i < 100; i++) { /* its first questions, before the first record */
		feed_serve(f);
		usleep(LOOK_MS * 1000);
	}
	feed_run(f, rate, length, &r);
	printf("{\"rate\":%u,\"due\":%llu,\"put\":%llu,\"lost\":%llu,\"seconds\":%.3f}\n", rate,
	    (unsigned long long)r.due, (unsigned long long)r.put, (unsigned long long)r.lost,
	    (double)r.took.ns / 1e9);
	fflush(stdout);
	wait_for_end(f);
	feed_close(f);
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "rate", required_argument, NULL, 'r' },
		{ "milliseconds", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' }, { 0 } };
	uint32_t rate = 100000;
	uint64_t length_ms = 1000;
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == 'r')
			rate = (uint32_t)number_argument(NAME, "rate", optarg, 1, 10000000);
		else if (option == 'm')
			length_ms = number_argument(NAME, "milliseconds", optarg, 1, 600000);
		else
			return usage(option == 'h' ? stdout : stderr, option == 'h' ? 0 : 2);
	}
	if (argc - optind != 1)
		return usage(stderr, 2);
	return run(argv[optind], rate, milliseconds((int64_t)length_ms));
}
