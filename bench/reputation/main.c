/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a million entries of reputation take in a generation, and what a look-up in them costs, in
 * processor time: of hosts that are listed and of others, in an order that no cache foresees.
 * Prints a line a kind, and the ratios.
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

static void
make_list(const char *path, uint64_t entries)
{
	FILE *f = fopen(path, "we");
	char host[HOST_ROOM];

	for (uint64_t i = 0; f != NULL && i < entries; i++) {
		host_of(i, host);
		fprintf(f, "%s\n", host);
	}
	if (f == NULL || fclose(f) != 0) {
		fprintf(stderr, "%s: cannot be written\n", path);
		exit(2);
	}
}

static struct span
compile(const char *list, const char *file)
{
	static struct sigc s;
	void *memory;
	size_t bytes;
	int fd, rc;

	sigc_add_built_in(&s);
	if (sigc_read_list(&s, list, REPUTATION_BAD) != 0 || sigc_build(&s, file) != 0) {
		fprintf(stderr, "%s\n", s.error);
		exit(2);
	}
	sigc_free(&s);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	rc = huge_read(fd, &memory, &bytes); /* as the dataplane has it */
	close(fd);
	if (rc != 0) {
		fprintf(stderr, "%s: %s\n", file, strerror(-rc));
		exit(2);
	}
	return span_of(memory, bytes);
}

/* The hosts to ask for, one after another in memory, so that they are read as a head would be. */
static char (*hosts)[HOST_ROOM];

static double
measure(const struct reputation_table *t, bool is_bad)
{
	static const char path[] = "/some/path/of/a/page?with=query";
	uint64_t least = UINT64_MAX;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint64_t began = thread_cpu_ns(), took;
		unsigned bad = 0;

		for (unsigned i = 0; i < LOOKUPS; i++) {
			struct reputation_answer a;

			reputation_lookup(t, span_text(hosts[i]), span_text(path), &a);
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

int
main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000, seed = 4711;
	char error[SIGNATURE_ERROR_TEXT_MAX], list[64], file[80];
	double listed, below, other;
	struct generation *g;
	struct span bytes;

	snprintf(list, sizeof(list), "/tmp/sluice-bench-reputation-%d", (int)getpid());
	snprintf(file, sizeof(file), "%s.gen", list);
	make_list(list, entries);
	bytes = compile(list, file);
	unlink(list);
	unlink(file);
	if (generation_open(bytes, &g, error) != 0) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	hosts = malloc((size_t)LOOKUPS * HOST_ROOM);
	for (unsigned i = 0; i < LOOKUPS; i++)
		host_of(next(&seed) % entries, hosts[i]);
	listed = measure(generation_reputation(g), true);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		memcpy(hosts[i], "www.", 4);
		host_of(next(&seed) % entries, hosts[i] + 4);
	}
	below = measure(generation_reputation(g), true);
	for (unsigned i = 0; i < LOOKUPS; i++) {
		memcpy(hosts[i] + host_of(entries + i, hosts[i]), ".test", 6); /* not listed */
	}
	other = measure(generation_reputation(g), false);
	printf("%u entries of %llu, %.1f MiB\n", reputation_entries(generation_reputation(g)),
	    (unsigned long long)entries, (double)bytes.bytes / (1 << 20));
	printf("reputation: listed=%.0fns below=%.0fns other=%.0fns\n", listed, below, other);
	return 0;
}
