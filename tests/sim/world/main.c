/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp-sim: plays plans by their seeds, and says which seed broke what; see usage below. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/world/world.h"

static const char usage[] =
    "usage: tcp-sim [--first N] [--runs M] [--keep-going]\n"
    "       tcp-sim --seed N [--plan] [--trace]\n"
    "Plays two TCP stacks against each other in virtual time, as each seed says "
    "(docs/tcp-sim.md).\n"
    "  --first N     the first seed (1)\n"
    "  --runs M      how many seeds (1000)\n"
    "  --keep-going  after a failure, too\n"
    "  --seed N      this seed alone\n"
    "  --plan        print what it decides\n"
    "  --trace       print every segment and every step of the applications\n"
    "Exit: 0 all passed, 1 a seed failed, 2 wrong arguments.\n";

static struct {
	uint64_t first, runs;
	bool keep_going, plan, trace;
} options = { .first = 1, .runs = 1000 };

static volatile uint64_t playing;
static struct world world;

static int
wrong_use(const char *what)
{
	fprintf(stderr, "tcp-sim: %s\n%s", what, usage);
	return 2;
}

static bool
read_number(const char *text, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	return *text >= '0' && *text <= '9' && *end == '\0';
}

/* 0, 2 for wrong arguments, -1 for --help. */
static int
read_arguments(int argc, char **argv)
{
	static const struct {
		const char *name;
		uint64_t *number;
		bool *flag;
	} all[] = { { "--first", &options.first, NULL }, { "--runs", &options.runs, NULL },
		{ "--seed", &options.first, NULL }, { "--keep-going", NULL, &options.keep_going },
		{ "--plan", NULL, &options.plan }, { "--trace", NULL, &options.trace } };

	for (int i = 1; i < argc; i++) {
		unsigned k = 0;

		if (strcmp(argv[i], "--help") == 0)
			return -1;
		while (k < sizeof(all) / sizeof(all[0]) && strcmp(argv[i], all[k].name) != 0)
			k++;
		if (k == sizeof(all) / sizeof(all[0]))
			return wrong_use(argv[i]);
		if (all[k].flag != NULL)
			*all[k].flag = true;
		else if (++i == argc || !read_number(argv[i], all[k].number))
			return wrong_use("a number is missing");
		if (strcmp(all[k].name, "--seed") == 0)
			options.runs = 1;
	}
	return 0;
}

/* An assertion or a sanitizer ended it: the seed is what matters. */
static void
tell_seed(int signal)
{
	char text[160];
	int n = snprintf(text, sizeof(text),
	    "\nFAIL seed %llu: signal %d\n  replay: build/debug/tests/tcp-sim --seed %llu "
	    "--trace\n",
	    (unsigned long long)playing, signal, (unsigned long long)playing);

	if (write(STDOUT_FILENO, text, (size_t)n) < 0)
		_exit(3);
	_exit(1);
}

static bool
play(const char *program, uint64_t seed)
{
	static struct plan plan;
	const char *failure;

	playing = seed;
	plan_draw(&plan, seed);
	if (options.plan || options.trace)
		plan_print(&plan, stdout);
	failure = world_run(&world, &plan, options.trace ? stdout : NULL);
	if (failure == NULL)
		return true;
	printf("FAIL seed %llu %s\n  replay: %s --seed %llu --trace\n", (unsigned long long)seed,
	    failure, program, (unsigned long long)seed);
	fflush(stdout);
	return false;
}

int
main(int argc, char **argv)
{
	uint64_t passed = 0, failed = 0, segments = 0, turns = 0;
	clock_t began = clock();
	int rc = read_arguments(argc, argv);

	if (rc == -1)
		return fputs(usage, stdout) < 0;
	if (rc != 0)
		return rc;
	if (world_setup() != 0)
		return wrong_use("EAL does not start: is there memory for 256 MiB?");
	signal(SIGABRT, tell_seed);
	signal(SIGSEGV, tell_seed);
	for (uint64_t seed = options.first; seed < options.first + options.runs; seed++) {
		if (play(argv[0], seed))
			passed++;
		else if (failed++, !options.keep_going)
			break;
		segments += world.segments;
		turns += world.turns;
	}
	printf("seeds %llu to %llu: %llu segments, %llu turns, %.1f s of processor\n",
	    (unsigned long long)options.first,
	    (unsigned long long)(options.first + passed + failed - 1), (unsigned long long)segments,
	    (unsigned long long)turns, (double)(clock() - began) / CLOCKS_PER_SEC);
	printf(
	    "%llu passed, %llu failed\n", (unsigned long long)passed, (unsigned long long)failed);
	return failed > 0 || passed == 0;
}
