/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-deepscan: maps what it was given, goes to jail, judges, says one line. Started by control.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/deepscan/deepscan.h"

/* A descriptor's whole content, read-only; empty when there is none. */
static struct span
map(int fd)
{
	struct stat st;
	void *bytes;

	if (fstat(fd, &st) != 0 || st.st_size <= 0)
		return span_of(NULL, 0);
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	return bytes == MAP_FAILED ? span_of(NULL, 0) : span_of(bytes, (size_t)st.st_size);
}

static void
print_word(const char *text)
{
	putchar(' ');
	if (text[0] == 0)
		putchar('-');
	for (; *text != 0; text++)
		putchar(*text > ' ' && *text < 0x7f ? *text : '_');
}

static uint64_t
number(char **argv, int i)
{
	return strtoull(argv[i], NULL, 10);
}

int
main(int argc, char **argv)
{
	static struct deepscan d;
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct generation *g = NULL;
	struct span object, file;

	if (argc != 6) {
		fputs("usage: sluice-deepscan DEPTH MEMBERS UNPACKED-BYTES MEMORY-MIB CPU-SECONDS\n"
		      "Judges descriptor 3 by the generation on descriptor 4. Started by "
		      "sluice-control.\n",
		    stderr);
		return 2;
	}
	d.limits = (struct deepscan_limits){ (uint32_t)number(argv, 1), (uint32_t)number(argv, 2),
		number(argv, 3) };
	object = map(DEEPSCAN_OBJECT_FD);
	file = map(DEEPSCAN_GENERATION_FD);
	if (file.bytes == 0 || generation_open(file, &g, error) != 0) {
		if (generation_open_builtin(&g, error) != 0)
			return 1;
	}
	d.generation = g;
	d.core = signature_core_create(2);
	if (d.core == NULL || signature_core_prepare(d.core, g) != 0)
		return 1;
	if (jail_enter(number(argv, 4) << 20, (uint32_t)number(argv, 5)) != 0)
		return 1;
	if (object.bytes > 0)
		deepscan_judge(&d, object);
	else
		d.source = SOURCE_ERROR;
	printf("%s %s", d.verdict == VERDICT_BAD ? "bad" : "clean", source_word(d.source));
	print_word(d.threat);
	print_word(d.member);
	putchar('\n');
	fflush(stdout);
	_exit(0);
}
