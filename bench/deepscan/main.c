/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a deep scan costs, and whether its throughput grows with the workers: the same objects are
 * judged by 1, 2, 4 … workers at once, and by bare calls of the same libraries in one process
 * (plain.h). All take turns in each round; the medians of the rounds count. Processor time tells:
 * where it does not grow with the workers, they do not stand in each other's way, and the wall is
 * a matter of how many processors there are and what else runs on them.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/deepscan/plain.h"
#include "bench/deepscan/workers.h"
#include "bench/number.h"
#include "common/base/thread_cpu.h"

#define PROGRAM     "sluice-bench-deepscan"
#define ROUNDS_MAX  99
#define OBJECTS_MAX 64
#define COUNTS_MAX  8
#define HIGH_FD     64

struct object {
	const char *name;
	int fd;
	struct span bytes;
	bool is_archive;
	double worker[ROUNDS_MAX], bare[ROUNDS_MAX]; /* seconds of processor time, each by itself */
};

struct bench {
	const char *worker, *generation, *rules;
	unsigned rounds, repeats;
	unsigned at_once[COUNTS_MAX], counts;
	struct object objects[OBJECTS_MAX];
	unsigned object_count;
	double wall[COUNTS_MAX][ROUNDS_MAX], cpu[COUNTS_MAX][ROUNDS_MAX];
};

static void
stop(const char *what, const char *why)
{
	fprintf(stderr, PROGRAM ": %s: %s\n", what, why);
	exit(2);
}

static int
open_high(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), high;

	if (fd < 0)
		stop(path, "can't be read");
	high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH_FD);
	close(fd);
	return high;
}

static void
take_object(struct bench *b, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct object *o = &b->objects[b->object_count++];
	struct stat st;
	void *bytes;

	o->name = slash != NULL ? slash + 1 : path;
	o->fd = open_high(path);
	if (fstat(o->fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		stop(path, "not a file with something in it");
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, o->fd, 0);
	if (bytes == MAP_FAILED)
		stop(path, "no memory");
	o->bytes = span_of(bytes, (size_t)st.st_size);
	o->is_archive = plain_is_archive(o->bytes);
}

static double
bare_once(struct plain *p, const struct object *o)
{
	double began = thread_cpu_seconds();

	if (plain_judge(p, o->bytes) < 0)
		stop(o->name, "a rule holds, or it can't be read: no figure");
	return thread_cpu_seconds() - began;
}

/* Each object by itself, bare and in a worker. */
static void
measure_each(struct bench *b, struct plain *p, unsigned round)
{
	for (unsigned i = 0; i < b->object_count; i++) {
		struct object *o = &b->objects[i];
		struct workers_plan plan = { b->worker, open_high(b->generation), &o->fd, 1,
			b->repeats, 1 };
		struct workers_times t;
		const char *why = workers_run(&plan, &t);

		close(plan.generation);
		if (why != NULL)
			stop(o->name, why);
		o->worker[round] = t.cpu / t.objects;
		o->bare[round] = bare_once(p, o);
	}
}

/* All of them, by so many workers as each of the counts. */
static void
measure_counts(struct bench *b, unsigned round)
{
	int objects[OBJECTS_MAX];

	for (unsigned i = 0; i < b->object_count; i++)
		objects[i] = b->objects[i].fd;
	for (unsigned i = 0; i < b->counts; i++) {
		struct workers_plan plan = { b->worker, open_high(b->generation), objects,
			b->object_count, b->repeats, b->at_once[i] };
		struct workers_times t;
		const char *why = workers_run(&plan, &t);

		close(plan.generation);
		if (why != NULL)
			stop("a worker", why);
		b->wall[i][round] = t.wall / t.objects;
		b->cpu[i][round] = t.cpu / t.objects;
	}
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(const double *of, unsigned n)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, of, n * sizeof(*of));
	qsort(sorted, n, sizeof(*sorted), by_size);
	return sorted[n / 2];
}

/* Of rounds: what belongs together was measured in the same one. */
static double
median_ratio(const double *of, const double *to, unsigned n)
{
	double ratio[ROUNDS_MAX];

	for (unsigned i = 0; i < n; i++)
		ratio[i] = of[i] / to[i];
	return median(ratio, n);
}

static void
report(const struct bench *b)
{
	double sum_worker[ROUNDS_MAX] = { 0 }, sum_bare[ROUNDS_MAX] = { 0 };

	printf("| object | bytes | CPU in a worker | bare | ratio |\n|---|---|---|---|---|\n");
	for (unsigned i = 0; i < b->object_count; i++) {
		const struct object *o = &b->objects[i];

		printf("| %s | %zu | %.1f ms |", o->name, o->bytes.bytes,
		    median(o->worker, b->rounds) * 1e3);
		if (o->is_archive)
			printf(" %.1f ms | %.2f |\n", median(o->bare, b->rounds) * 1e3,
			    median_ratio(o->worker, o->bare, b->rounds));
		else
			printf(" – | – |\n");
		for (unsigned r = 0; o->is_archive && r < b->rounds; r++) {
			sum_worker[r] += o->worker[r];
			sum_bare[r] += o->bare[r];
		}
	}
	printf(
	    "\n| workers | objects/s | CPU an object | of one worker's | wall, of one worker's |\n"
	    "|---|---|---|---|---|\n");
	for (unsigned i = 0; i < b->counts; i++)
		printf("| %u | %.0f | %.1f ms | %.2f | %.2f |\n", b->at_once[i],
		    1 / median(b->wall[i], b->rounds), median(b->cpu[i], b->rounds) * 1e3,
		    median_ratio(b->cpu[i], b->cpu[0], b->rounds),
		    median_ratio(b->wall[i], b->wall[0], b->rounds));
	printf("\ndeepscan/bare: %.2f;", median_ratio(sum_worker, sum_bare, b->rounds));
	for (unsigned i = 0; i < b->counts; i++)
		printf(" cpu%u=%.2f wall%u=%.2f", b->at_once[i],
		    median_ratio(b->cpu[i], b->cpu[0], b->rounds), b->at_once[i],
		    median_ratio(b->wall[i], b->wall[0], b->rounds));
	putchar('\n');
}

/* "1,2,4" */
static void
take_counts(struct bench *b, char *text)
{
	b->counts = 0;
	for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
		if (b->counts == COUNTS_MAX)
			stop("--workers", "at most 8 counts");
		b->at_once[b->counts++] =
		    (unsigned)number_argument(PROGRAM, "workers", word, 1, WORKERS_AT_ONCE_MAX);
	}
	if (b->counts == 0)
		stop("--workers", "no count");
}

static const char usage[] =
    "usage: " PROGRAM " --worker PROGRAM --generation FILE --rules FILE [OPTION]... OBJECT...\n"
    "Judges the objects by N workers at once, for each N, and by bare libarchive and libyara.\n"
    "  --worker PROGRAM   sluice-deepscan\n"
    "  --generation FILE  of the same rules, by sluice-sigc --sandbox\n"
    "  --rules FILE       YARA's text, for the bare call\n"
    "  --workers N,...    counts, each 1 to 64 (default: 1,2,4); the first is what others are of\n"
    "  --rounds N         1 to 99 (default: 5); the medians count\n"
    "  --repeats N        of each object in a round, 1 to 1000 (default: 4)\n"
    "exit: 0 a figure; 2 no figure: an argument, an object that is not clean, a worker that "
    "failed\n";

static void
parse(struct bench *b, int argc, char **argv)
{
	static const struct option known[] = { { "worker", 1, NULL, 'p' },
		{ "generation", 1, NULL, 'g' }, { "rules", 1, NULL, 'y' },
		{ "workers", 1, NULL, 'n' }, { "rounds", 1, NULL, 'r' },
		{ "repeats", 1, NULL, 't' }, { "help", 0, NULL, 'h' }, { 0 } };
	char counts[] = "1,2,4";
	int c;

	take_counts(b, counts);
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'p')
			b->worker = optarg;
		else if (c == 'g')
			b->generation = optarg;
		else if (c == 'y')
			b->rules = optarg;
		else if (c == 'n')
			take_counts(b, optarg);
		else if (c == 'r')
			b->rounds =
			    (unsigned)number_argument(PROGRAM, "rounds", optarg, 1, ROUNDS_MAX);
		else if (c == 't')
			b->repeats = (unsigned)number_argument(PROGRAM, "repeats", optarg, 1, 1000);
		else
			exit(fputs(usage, c == 'h' ? stdout : stderr) < 0 || c != 'h' ? 2 : 0);
	}
	if (b->worker == NULL || b->generation == NULL || b->rules == NULL || optind == argc)
		stop("arguments", "see --help");
	for (; optind < argc; optind++) {
		if (b->object_count == OBJECTS_MAX)
			stop(argv[optind], "at most 64 objects");
		take_object(b, argv[optind]);
	}
}

int
main(int argc, char **argv)
{
	static struct bench b = { .rounds = 5, .repeats = 4 };
	struct plain *p;

	parse(&b, argc, argv);
	p = plain_create(b.rules);
	if (p == NULL)
		return 2;
	for (unsigned r = 0; r < b.rounds; r++) {
		measure_counts(&b, r);
		measure_each(&b, p, r);
	}
	report(&b);
	plain_destroy(p);
	return 0;
}
