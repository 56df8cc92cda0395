/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many objects a generation sends to the sandbox, for YARA's rules that only libyara judges:
 * each file is scanned as an object of its name. Prints one line, and with -v a file's path before
 * it for each that is sent.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scanners/signature/signature.h"

struct counts {
	unsigned objects, found, asked, by_name, failed;
	uint64_t bytes, asked_bytes;
};

static void
stop(const char *what, const char *why)
{
	fprintf(stderr, "sluice-bench-gates: %s: %s\n", what, why);
	exit(2);
}

/* Until the process ends. */
static struct span
map(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *bytes = NULL;

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		stop(path, "not a file that can be read");
	if (st.st_size > 0)
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		stop(path, "no memory");
	return span_of(bytes, (size_t)st.st_size);
}

/* A signature_name_of of a path: its last part. */
static size_t
name_of(void *path, char *out, size_t room)
{
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	size_t bytes = strnlen(name, room);

	memcpy(out, name, bytes);
	return bytes;
}

static void
judge(struct signature_core *core, const struct generation *g, char *path, bool is_told,
    struct counts *c)
{
	struct signature_scan *scan = signature_open(core, g);
	struct span bytes = map(path);
	int rc;

	if (scan == NULL)
		stop(path, "no scan is free");
	signature_name(scan, name_of, path);
	rc = signature_feed(scan, bytes, true);
	if (rc >= 0)
		rc = signature_finish(scan);
	c->objects++;
	c->bytes += bytes.bytes;
	c->failed += rc < 0;
	c->found += rc > 0;
	c->by_name += rc >= 0 && signature_is_by_name(scan);
	if (rc == 0 && signature_wants_deep(scan)) {
		c->asked++;
		c->asked_bytes += bytes.bytes;
		if (is_told)
			puts(path);
	}
	signature_close(scan);
}

int
main(int argc, char **argv)
{
	bool is_told = argc > 1 && strcmp(argv[1], "-v") == 0;
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct signature_core *core;
	struct counts c = { 0 };
	struct generation *g;

	argv += is_told;
	argc -= is_told;
	if (argc < 3 || argv[1][0] == '-') {
		fputs("usage: sluice-bench-gates [-v] GENERATION FILE...\n"
		      "Counts the files that a generation of sluice-sigc --sandbox sends there.\n"
		      "  -v  their paths, too\n",
		    stderr);
		return 2;
	}
	if (generation_open(map(argv[1]), &g, error) != 0)
		stop(argv[1], error);
	core = signature_core_create(1);
	if (core == NULL || signature_core_prepare(core, g) != 0)
		stop(argv[1], "no memory");
	for (int i = 2; i < argc; i++)
		judge(core, g, argv[i], is_told, &c);
	printf("%u objects of %llu bytes: %u found, %u failed, %u of %llu bytes to the sandbox, "
	       "%u hang on their names\n",
	    c.objects, (unsigned long long)c.bytes, c.found, c.failed, c.asked,
	    (unsigned long long)c.asked_bytes, c.by_name);
	signature_core_destroy(core);
	generation_close(g);
	return 0;
}
