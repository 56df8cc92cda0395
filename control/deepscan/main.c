/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-deepscan: maps what it was given, goes to jail, judges, says one line. Started by control.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/deepscan/deepscan.h"
#include "control/deepscan/jail.h"

#define ANSWER_BYTES_MAX 1000 /* control reads no more than 1023 */
#define WORDS_BYTES_MAX  32   /* verdict, source, blanks, newline */
static_assert(sizeof(((struct deepscan *)0)->threat) + sizeof(((struct deepscan *)0)->member) +
		      WORDS_BYTES_MAX <=
		  ANSWER_BYTES_MAX,
    "the longest answer fits");

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

struct line {
	char bytes[ANSWER_BYTES_MAX];
	size_t used;
};

/* The next word; what would end it or the line is '_'. */
static void
put_word(struct line *line, const char *word)
{
	if (line->used > 0)
		line->bytes[line->used++] = ' ';
	if (word[0] == 0)
		word = "-";
	for (; *word != 0; word++)
		line->bytes[line->used++] = *word > ' ' && *word < 0x7f ? *word : '_';
}

/* One write: a pipe takes a line this short whole, and stdio would ask what it writes to. */
static int
answer(const struct deepscan *d)
{
	struct line line = { .used = 0 };

	put_word(&line, d->verdict == VERDICT_BAD ? "bad" : "clean");
	put_word(&line, source_word(d->source));
	put_word(&line, d->threat);
	put_word(&line, d->member);
	line.bytes[line.used++] = '\n';
	return write(STDOUT_FILENO, line.bytes, line.used) == (ssize_t)line.used ? 0 : 1;
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
	struct jail jail;

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
	jail = (struct jail){ number(argv, 4) << 20, (uint32_t)number(argv, 5), STDOUT_FILENO };
	if (jail_enter(&jail) != 0)
		return 1;
	if (object.bytes > 0)
		deepscan_judge(&d, object);
	else
		d.source = SOURCE_ERROR;
	_exit(answer(&d));
}
