/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What our scan costs beside one bare call: signatures are compiled as sluice-sigc does, and each
 * body is scanned by signature_feed() in one piece and in pieces of 16 KiB, and by hs_scan() in
 * block mode over the plainest literal of each signature, the longest run of whole bytes, all in
 * one database. Then whole objects with their digests, many at once (objects.h): the last line.
 * All take turns; figures are medians of rounds of thread CPU time, so neighbours on the machine
 * show little. A body with a hit is refused: a scan ends at its first.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <hs/hs.h>

#include "bench/scan/bare.h"
#include "bench/scan/objects.h"
#include "common/base/thread_cpu.h"
#include "scanners/signature/signature.h"
#include "tools/sigc/sigc.h"

#define ROUNDS_MAX       99
#define PLAINEST_MAX     48
#define PIECE            (16u << 10)
#define FILE_MAX         (1u << 30)
#define BODIES_MAX       16
#define WORK_BYTES       (8u << 20) /* of one measurement, each way */
#define OBJECT_BYTES_MAX (1u << 20)

enum way {
	OURS,
	OURS_IN_PIECES,
	BARE,
	WAY_COUNT
};

struct bench {
	struct sigc sigc;
	struct generation *generation;
	struct signature_core *core;
	hs_database_t *bare;
	hs_scratch_t *scratch;
	unsigned bare_literals;
	uint64_t bare_matches;
	hs_error_t bare_said; /* by its last scan */
	unsigned rounds;
};

static void
stop(const char *what, const char *why)
{
	fprintf(stderr, "sluice-bench-scan: %s: %s\n", what, why);
	exit(2);
}

static struct span
read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes;
	long n;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) <= 0 || n > FILE_MAX)
		stop(path, "can't be read, is empty, or larger than 1 GiB");
	bytes = malloc((size_t)n);
	rewind(f);
	if (bytes == NULL || fread(bytes, 1, (size_t)n, f) != (size_t)n)
		stop(path, "can't be read");
	fclose(f);
	return span_of(bytes, (size_t)n);
}

/*
 * The longest run of whole bytes of a pattern, capitals where either case will do; of a longer one
 * as much as bench/run gives the bare call.
 */
static size_t
plainest(const struct sigc *s, const struct pattern *p, uint8_t *out)
{
	const struct generation_pattern *g =
	    (const struct generation_pattern *)(const void *)s->checks.bytes + p->check;
	const struct generation_element *e =
	    (const struct generation_element *)(const void *)s->elements.bytes;
	size_t best = 0, run;

	if (p->check == GENERATION_NO_PATTERN) {
		best = p->bytes_count < PLAINEST_MAX ? p->bytes_count : PLAINEST_MAX;
		memcpy(out, s->literals.bytes + p->bytes_at, best);
		return best;
	}
	for (e += g->elements;
	     e < (const struct generation_element *)(const void *)s->elements.bytes + g->elements +
		     g->element_count;
	     e++) {
		const uint8_t *pairs = s->compared.bytes + e->bytes;

		run = 0;
		for (unsigned i = 0; e->kind == ELEMENT_BYTES && i < e->min && best < PLAINEST_MAX;
		     i++) {
			run = pairs[2 * i + 1] >= (p->nocase ? 0xdf : 0xff) ? run + 1 : 0;
			if (run <= best)
				continue;
			best = run;
			for (size_t k = 0; k < run; k++)
				out[k] = pairs[2 * (i + 1 - run + k)];
		}
	}
	return best;
}

static void
compile_bare(struct bench *b)
{
	const struct sigc *s = &b->sigc;
	const struct pattern *p = (const struct pattern *)(const void *)s->patterns.bytes;
	size_t n = s->patterns.used / sizeof(*p), *lengths = calloc(n, sizeof(*lengths)), used = 0;
	const char **texts = calloc(n, sizeof(*texts));
	unsigned *flags = calloc(n, sizeof(*flags)), *ids = calloc(n, sizeof(*ids));
	uint8_t *bytes = malloc(s->literals.used + s->compared.used);
	hs_compile_error_t *why;

	for (size_t i = 0; i < n; i++) {
		lengths[i] = plainest(s, &p[i], bytes + used);
		texts[i] = (const char *)bytes + used;
		flags[i] = p[i].nocase ? HS_FLAG_CASELESS : 0;
		used += lengths[i];
		ids[i] = (unsigned)i;
	}
	b->bare_literals = (unsigned)n;
	if (hs_compile_lit_multi(texts, flags, ids, lengths, (unsigned)n, HS_MODE_BLOCK, NULL,
		&b->bare, &why) != HS_SUCCESS)
		stop("bare", why->message);
	if (hs_alloc_scratch(b->bare, &b->scratch) != HS_SUCCESS)
		stop("bare", "no scratch");
	free(lengths);
	free(texts);
	free(flags);
	free(ids);
	free(bytes);
}

static void
compile_ours(struct bench *b)
{
	char path[] = "/tmp/sluice-bench-scan-XXXXXX", error[SIGNATURE_ERROR_TEXT_MAX];
	int fd = mkstemp(path);

	if (fd < 0 || sigc_build(&b->sigc, path) != 0)
		stop("signatures", fd < 0 ? "no temporary file" : b->sigc.error);
	close(fd);
	b->core = signature_core_create(OBJECTS_IN_FLIGHT);
	if (generation_open(read_whole(path), &b->generation, error) != 0 || b->core == NULL ||
	    signature_core_prepare(b->core, b->generation) != 0)
		stop("signatures", error);
	unlink(path);
}

static void
scan_ours(struct bench *b, const char *name, struct span body, size_t piece)
{
	struct signature_scan *scan = signature_open(b->core, b->generation);
	int rc = 0;

	for (size_t at = 0; at < body.bytes && rc == 0; at += piece)
		rc = signature_feed(
		    scan, span_first(span_from(body, at), piece), piece >= body.bytes);
	if (rc == 0)
		rc = signature_finish(scan);
	if (rc != 0)
		stop(name, rc < 0 ? "the scan failed" : signature_hit(scan)->name);
	signature_close(scan);
}

static double
time_one(struct bench *b, enum way way, const char *name, struct span body)
{
	unsigned repeats = 1 + (8u << 20) / (unsigned)body.bytes;
	double began = thread_cpu_seconds();

	for (unsigned i = 0; i < repeats; i++) {
		if (way == BARE)
			b->bare_said =
			    hs_scan(b->bare, (const char *)body.data, (unsigned)body.bytes, 0,
				b->scratch, bare_count_match, &b->bare_matches);
		else
			scan_ours(b, name, body, way == OURS ? body.bytes : PIECE);
	}
	return (thread_cpu_seconds() - began) / repeats;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *of, unsigned n)
{
	qsort(of, n, sizeof(*of), by_size);
	return of[n / 2];
}

static void
measure(struct bench *b, const char *name)
{
	static double took[WAY_COUNT][ROUNDS_MAX], ratio[2][ROUNDS_MAX];
	struct span body = read_whole(name);
	const char *slash = strrchr(name, '/');
	double mib = (double)body.bytes / (1 << 20);

	for (unsigned r = 0; r < b->rounds; r++) {
		for (unsigned way = 0; way < WAY_COUNT; way++)
			took[way][r] = time_one(b, way, name, body);
		ratio[0][r] = took[OURS][r] / took[BARE][r];
		ratio[1][r] = took[OURS_IN_PIECES][r] / took[BARE][r];
	}
	printf("%-24s %8.0f %8.0f", slash != NULL ? slash + 1 : name,
	    mib / median(took[OURS], b->rounds), mib / median(took[OURS_IN_PIECES], b->rounds));
	if (b->bare_said != HS_SUCCESS)
		printf("      n/a MiB/s   bare: hs_scan() gave up with %d\n", b->bare_said);
	else
		printf(" %8.0f MiB/s   ours to bare: block %.2f, stream %.2f\n",
		    mib / median(took[BARE], b->rounds), median(ratio[0], b->rounds),
		    median(ratio[1], b->rounds));
	free((void *)(uintptr_t)body.data);
}

/* What the last line tells. */
static const struct objects_case {
	const char *name;
	size_t bytes;
	unsigned flight;
} objects_cases[] = { { "1k", 1 << 10, OBJECTS_IN_FLIGHT }, { "16k", 16 << 10, OBJECTS_IN_FLIGHT },
	{ "1m", OBJECT_BYTES_MAX, OBJECTS_IN_FLIGHT }, { "single1m", OBJECT_BYTES_MAX, 1 } };
#define CASE_COUNT (sizeof(objects_cases) / sizeof(objects_cases[0]))

/* The medians of one case's rounds: microseconds an object of ours, and ours to bare. NULL, or what
 * went wrong. */
static const char *
measure_case(const struct bench *b, const struct objects *o, const struct corpus *corpus,
    const struct objects_case *c, double *us, double *to_bare)
{
	static double took[ROUNDS_MAX], ratio[ROUNDS_MAX];
	unsigned objects = (1 + (unsigned)(WORK_BYTES / c->bytes / c->flight)) * c->flight;

	for (unsigned r = 0; r < b->rounds; r++) {
		struct objects_times t;
		const char *why = objects_time(o, corpus, c->bytes, c->flight, WORK_BYTES, &t);

		if (why != NULL)
			return why;
		took[r] = t.ours * 1e6 / objects;
		ratio[r] = t.ours / t.bare;
	}
	*us = median(took, b->rounds);
	*to_bare = median(ratio, b->rounds);
	return NULL;
}

/* Objects of each body; the closing line is the mean of all but those that stand aside. */
static void
measure_objects(struct bench *b, const char *const *names, unsigned count, unsigned aside)
{
	char text[DIGEST_ENGINE_TEXT_MAX];
	struct digest_engine *engine;
	struct objects o = { b->generation, b->core, NULL, b->bare, b->scratch };
	double sum[CASE_COUNT] = { 0 };

	if (digest_engine_create(DIGEST_AUTO, &engine, text) != 0)
		stop("digests", text);
	o.engine = engine;
	puts(text);
	for (unsigned i = 0; i < count; i++) {
		const char *slash = strrchr(names[i], '/');
		char why[CORPUS_ERROR_BYTES];
		struct corpus corpus;

		if (corpus_load(names[i], OBJECT_BYTES_MAX, &corpus, why) != 0)
			stop("--body", why);
		printf("%-24s", slash != NULL ? slash + 1 : names[i]);
		for (unsigned k = 0; k < CASE_COUNT; k++) {
			double us, r;
			const char *wrong =
			    measure_case(b, &o, &corpus, &objects_cases[k], &us, &r);

			if (wrong != NULL && i < count - aside)
				stop(names[i], wrong);
			if (wrong != NULL) { /* no figure hangs on it */
				printf(" n/a: %s\n", wrong);
				break;
			}
			printf(" %s %.2f us %.2f%s", objects_cases[k].name, us, r,
			    k + 1 < CASE_COUNT ? "," : "\n");
			sum[k] += i < count - aside ? r / (count - aside) : 0;
		}
		corpus_free(&corpus);
	}
	digest_engine_destroy(engine);
	printf("scan/bare:");
	for (unsigned k = 0; k < CASE_COUNT; k++)
		printf(" %s=%.2f", objects_cases[k].name, sum[k]);
	putchar('\n');
}

static const char usage[] =
    "usage: sluice-bench-scan --body FILE... [--aside FILE]... [--rounds N] SOURCE...\n"
    "Scans each body with the signatures of the sources, and with one bare Hyperscan call over\n"
    "their plainest literals; prints the speed of either and the ratio of CPU time. Then judges\n"
    "objects, slices of the bodies, with their digests, 32 at once and 1 MiB alone, beside that\n"
    "call and OpenSSL's MD5 and SHA-256; the last line is their ratio, the mean of the bodies.\n"
    "  --body FILE   what is scanned; repeatable, up to 16 with those aside\n"
    "  --aside FILE  the same, but not in the last line; behind all --body\n"
    "  --rounds N    1 to 99 (default: 7); the median counts\n";

int
main(int argc, char **argv)
{
	static const struct option known[] = { { "body", 1, NULL, 'b' }, { "rounds", 1, NULL, 'r' },
		{ "aside", 1, NULL, 'a' }, { "help", 0, NULL, 'h' }, { 0 } };
	static struct bench b = { .rounds = 7 };
	const char *bodies[BODIES_MAX];
	unsigned body_count = 0, aside = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if ((c == 'a' || (c == 'b' && aside == 0)) && body_count < BODIES_MAX) {
			bodies[body_count++] = optarg;
			aside += c == 'a';
		} else if (c == 'r')
			b.rounds = (unsigned)atoi(optarg);
		else
			return fputs(usage, c == 'h' ? stdout : stderr) < 0 || c != 'h' ? 2 : 0;
	}
	if (b.rounds < 1 || b.rounds > ROUNDS_MAX || body_count == aside || optind == argc)
		stop("arguments", "see --help");
	sigc_add_built_in(&b.sigc);
	for (; optind < argc; optind++) {
		if (sigc_read(&b.sigc, argv[optind]) != 0)
			stop("signatures", b.sigc.error);
	}
	compile_ours(&b);
	compile_bare(&b);
	printf("%u literals; ours in one piece, in pieces of 16 KiB, bare\n", b.bare_literals);
	for (unsigned i = 0; i < body_count; i++)
		measure(&b, bodies[i]);
	measure_objects(&b, bodies, body_count, aside);
	return 0;
}
