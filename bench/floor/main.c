/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-floor: arguments, and a line for each size. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/floor/floor.h"
#include "bench/floor/lanes.h"
#include "bench/number.h"

#define PROBE_MS  20
#define SIZES_MAX 16

static void
usage(FILE *out)
{
	fputs("usage: sluice-bench-floor [options] --literals FILE\n"
	      "The bare library calls: Hyperscan in block mode over all literals in one call, MD5 "
	      "and\n"
	      "SHA-256 of OpenSSL's EVP, on the same bodies that the generators send.\n"
	      "  --literals FILE   a .lit file\n"
	      "  --body FILE       bodies are its slices; else generated text\n"
	      "  --bytes LIST      sizes of bodies, with K or M: 1K,16K,1M\n"
	      "  --milliseconds N  of processor time for each size: 300\n"
	      "  --json            one JSON object a line\n",
	    out);
}

struct plan {
	const char *literals, *body;
	size_t sizes[SIZES_MAX];
	unsigned size_count;
	struct duration length;
	bool json;
};

static const struct option options[] = { { "literals", required_argument, NULL, 'l' },
	{ "body", required_argument, NULL, 'f' }, { "bytes", required_argument, NULL, 'b' },
	{ "milliseconds", required_argument, NULL, 'm' }, { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' }, { 0 } };

static void
take_sizes(struct plan *p, char *list)
{
	char *rest = list, *word;

	p->size_count = 0;
	while ((word = strsep(&rest, ",")) != NULL) {
		if (p->size_count == SIZES_MAX) {
			fprintf(
			    stderr, "sluice-bench-floor: --bytes: more than %d sizes\n", SIZES_MAX);
			exit(2);
		}
		p->sizes[p->size_count++] =
		    number_argument("sluice-bench-floor", "bytes", word, 1, NUMBER_BODY_BYTES_MAX);
	}
}

static void
parse(int argc, char **argv, struct plan *p)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			p->literals = optarg;
			break;
		case 'f':
			p->body = optarg;
			break;
		case 'b':
			take_sizes(p, optarg);
			break;
		case 'm':
			p->length = milliseconds((int64_t)number_argument(
			    "sluice-bench-floor", "milliseconds", optarg, 1, 3600000));
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
	if (p->literals == NULL || optind != argc) {
		usage(stderr);
		exit(2);
	}
}

/* CPU of an object in microseconds, by these calls; negative when a call failed. */
static double
cost_us(struct floor *f, const struct corpus *c, size_t bytes, unsigned calls,
    struct duration length, struct floor_result *r)
{
	if (floor_measure(f, c, bytes, calls, length, r) != 0)
		return -1;
	return (double)r->cpu_ns / 1e3 / (double)r->objects;
}

/* False: a library call failed. */
static bool
measure(const struct plan *p, struct floor *f, const struct corpus *c, size_t bytes)
{
	struct duration part = nanoseconds(p->length.ns / 3);
	double probe = floor_probe(milliseconds(PROBE_MS));
	double clock = floor_clock(milliseconds(PROBE_MS));
	struct floor_result r, whole;
	struct digest_values values;
	double scan = cost_us(f, c, bytes, FLOOR_SCAN, part, &r);
	double bare = cost_us(f, c, bytes, FLOOR_BARE, p->length, &whole);
	double md5 = cost_us(f, c, bytes, FLOOR_MD5, part, &r);
	double sha256 = cost_us(f, c, bytes, FLOOR_SHA256, part, &r);
	double lanes = lanes_measure(c, bytes, part, &values);

	if (scan < 0 || bare < 0 || md5 < 0 || sha256 < 0 || lanes < 0)
		return false;
	printf(
	    p->json
		? "{\"bytes\":%zu,\"objects\":%llu,\"cpu_us\":%.3f,\"scan_us\":%.3f,"
		  "\"md5_us\":%.3f,\"sha256_us\":%.3f,\"matches\":%llu,\"literals\":%u,"
		  "\"lanes_us\":%.3f,\"probe_gadds\":%.2f,\"clock_ghz\":%.2f}\n"
		: "%8zu bytes: %llu objects, %.3f us each (scan %.3f, MD5 %.3f, SHA-256 %.3f), "
		  "%llu matches of %u literals; both digests in lanes %.3f; probe %.2f G adds/s, "
		  "clock %.2f GHz\n",
	    bytes, (unsigned long long)whole.objects, bare, scan, md5, sha256,
	    (unsigned long long)whole.matches, floor_literals(f), lanes, probe / 1e9, clock / 1e9);
	return true;
}

int
main(int argc, char **argv)
{
	struct plan p = {
		.sizes = { 1024, 16384, 1 << 20 }, .size_count = 3, .length = milliseconds(300)
	};
	char error[FLOOR_ERROR_BYTES], why[CORPUS_ERROR_BYTES];
	struct corpus corpus;
	struct floor *f;
	size_t largest = 1;
	bool good = true;

	parse(argc, argv, &p);
	for (unsigned i = 0; i < p.size_count; i++)
		largest = p.sizes[i] > largest ? p.sizes[i] : largest;
	if (corpus_load(p.body, largest, &corpus, why) != 0) {
		fprintf(stderr, "sluice-bench-floor: --body: %s\n", why);
		return 2;
	}
	if (floor_open(p.literals, &f, error) != 0) {
		fprintf(stderr, "sluice-bench-floor: --literals: %s\n", error);
		corpus_free(&corpus);
		return 2;
	}
	for (unsigned i = 0; i < p.size_count && good; i++)
		good = measure(&p, f, &corpus, p.sizes[i]);
	if (!good)
		fputs("sluice-bench-floor: a library call failed\n", stderr);
	floor_close(f);
	corpus_free(&corpus);
	return good ? 0 : 1;
}
