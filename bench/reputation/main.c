/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a million entries of reputation take in a generation, and what a look-up in them costs, in
 * processor time: of hosts that are listed and of others, then, in a list of URLs, of paths, in an
 * order that no cache foresees. A line a list: how large, and what each kind of look-up takes.
 *
 * usage: sluice-bench-reputation [ENTRIES]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/base/huge.h"
#include "common/base/thread_cpu.h"
#include "scanners/signature/signature.h"
#include "tools/sigc/sigc.h"

#define LOOKUPS   2000000
#define ROUNDS    5
#define HOST_ROOM 64
#define PATH_ROOM 128

static uint64_t
next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* The i-th listed host: two or three labels of 4 to 12 letters, as block lists have them. */
static int
host_of(uint64_t i, char out[HOST_ROOM])
{
	static const char *const ends[] = { "com", "net", "org", "info", "example", "top", "ru" };
	uint64_t seed = i * 2654435761u + 1;
	int n = 0;

	for (unsigned label = next(&seed) % 4 == 0 ? 2 : 1; label > 0; label--) {
		unsigned letters = 6 + (unsigned)(next(&seed) % 8);

		while (letters-- > 0)
			out[n++] = (char)('a' + next(&seed) % 26);
		out[n++] = '.';
	}
	return n + sprintf(out + n, "%s", ends[next(&seed) % 7]);
}

/* The i-th listed URL's path: two or three segments; eight URLs share a host. */
static int
path_of(uint64_t i, char out[PATH_ROOM])
{
	uint64_t seed = i * 2246822519u + 7;
	int n = sprintf(out, "/d%llu", (unsigned long long)(i % 8));

	for (unsigned segment = 1 + next(&seed) % 2; segment > 0; segment--) {
		unsigned letters = 4 + (unsigned)(next(&seed) % 8);

		out[n++] = '/';
		while (letters-- > 0)
			out[n++] = (char)('a' + next(&seed) % 26);
	}
	out[n] = 0;
	return n;
}

static void
make_list(const char *path, uint64_t entries, bool of_urls)
{
	FILE *f = fopen(path, "we");
	char host[HOST_ROOM], below[PATH_ROOM] = "";

	for (uint64_t i = 0; f != NULL && i < entries; i++) {
		host_of(of_urls ? i / 8 : i, host);
		if (of_urls)
			path_of(i, below);
		fprintf(f, "%s%s\n", host, below);
	}
	if (f == NULL || fclose(f) != 0) {
		fprintf(stderr, "%s: cannot be written\n", path);
		exit(2);
	}
}

/* As many entries, compiled, as the dataplane has them. */
static struct span
compile(uint64_t entries, bool of_urls)
{
	static struct sigc s;
	char list[64], file[80];
	void *memory;
	size_t bytes;
	int fd, rc;

	snprintf(list, sizeof(list), "/tmp/sluice-bench-reputation-%d", (int)getpid());
	snprintf(file, sizeof(file), "%s.gen", list);
	make_list(list, entries, of_urls);
	memset(&s, 0, sizeof(s));
	sigc_add_built_in(&s);
	if (sigc_read_list(&s, list, REPUTATION_BAD) != 0 || sigc_build(&s, file) != 0) {
		fprintf(stderr, "%s\n", s.error);
		exit(2);
	}
	sigc_free(&s);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	rc = huge_read(fd, &memory, &bytes);
	close(fd);
	unlink(list);
	unlink(file);
	if (rc != 0) {
		fprintf(stderr, "%s: %s\n", file, strerror(-rc));
		exit(2);
	}
	return span_of(memory, bytes);
}

/* What to ask for, one after another in memory, so that it is read as a head would be. */
static struct {
	char host[HOST_ROOM], path[PATH_ROOM];
} * asked;

static double
measure(const struct reputation_table *t, bool is_bad)
{
	uint64_t least = UINT64_MAX;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t began = thread_cpu_ns(), took;
		unsigned bad = 0;

		for (unsigned i = 0; i < LOOKUPS; i++) {
			struct reputation_answer a;

			reputation_lookup(
			    t, span_text(asked[i].host), span_text(asked[i].path), &a);
			bad += a.kind == REPUTATION_BAD;
		}
		took = thread_cpu_ns() - began;
		least = took < least ? took : least;
		if (bad != (is_bad ? LOOKUPS : 0)) {
			fprintf(stderr, "%u look-ups found something\n", bad);
			exit(2);
		}
	}
	return (double)least / LOOKUPS;
}

static struct generation *
open_list(uint64_t entries, bool of_urls)
{
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct span bytes = compile(entries, of_urls);
	struct generation *g;

	if (generation_open(bytes, &g, error) != 0) {
		fprintf(stderr, "%s\n", error);
		exit(2);
	}
	printf("%u entries of %llu, %.1f MiB\n", reputation_entries(generation_reputation(g)),
	    (unsigned long long)entries, (double)bytes.bytes / (1 << 20));
	return g;
}

static void
measure_hosts(uint64_t entries)
{
	const struct reputation_table *t = generation_reputation(open_list(entries, false));
	double listed, below, other;
	uint64_t seed = 4711;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		snprintf(asked[i].path, PATH_ROOM, "/some/path/of/a/page?with=query");
		host_of(next(&seed) % entries, asked[i].host);
	}
	listed = measure(t, true);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		char host[HOST_ROOM];

		host_of(next(&seed) % entries, host);
		snprintf(asked[i].host, HOST_ROOM, "www.%.50s", host);
	}
	below = measure(t, true);
	for (unsigned i = 0; i < LOOKUPS; i++) { /* not listed */
		memcpy(asked[i].host + host_of(entries + i, asked[i].host), ".test", 6);
	}
	other = measure(t, false);
	printf("reputation: listed=%.0fns below=%.0fns other=%.0fns\n", listed, below, other);
}

/* Of URLs: as listed, a listed one's host with another path, one below eight segments more. */
static void
measure_urls(uint64_t entries)
{
	const struct reputation_table *t = generation_reputation(open_list(entries, true));
	double listed, miss, deep, host_alone;
	uint64_t seed = 4711, number;

	for (unsigned i = 0; i < LOOKUPS; i++) {
		number = next(&seed) % entries;
		host_of(number / 8, asked[i].host);
		path_of(number, asked[i].path);
	}
	listed = measure(t, true);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		size_t n = strlen(asked[i].path);

		snprintf(asked[i].path + n, PATH_ROOM - n, "%s",
		    "/and/eight/more/levels/below/what/is/listed?x=1");
	}
	deep = measure(t, true);
	for (unsigned i = 0; i < LOOKUPS; i++)
		asked[i].path[1] = 'e'; /* no listed path begins so */
	miss = measure(t, false);
	for (unsigned i = 0; i < LOOKUPS; i++)
		memcpy(asked[i].host + host_of(entries + i, asked[i].host), ".test", 6);
	host_alone = measure(t, false);
	printf("reputation of URLs: listed=%.0fns deep=%.0fns miss=%.0fns other-host=%.0fns\n",
	    listed, deep, miss, host_alone);
}

int
main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;

	if (entries < 8 || entries > 100000000) {
		fputs("usage: sluice-bench-reputation [ENTRIES], 8 to 100000000\n", stderr);
		return 2;
	}
	asked = malloc(LOOKUPS * sizeof(*asked));
	if (asked == NULL) {
		fputs("out of memory\n", stderr);
		return 2;
	}
	measure_hosts(entries);
	measure_urls(entries);
	return 0;
}
