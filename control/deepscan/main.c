/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-deepscan: maps what it was given, goes to jail, judges, says one line. */
#include <assert.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "control/deepscan/deepscan.h"
#include "control/deepscan/jail.h"
#include "scanners/digest/digest.h"

#define ANSWER_BYTES_MAX 1000 /* control reads no more than 1023 */
#define WORDS_BYTES_MAX  72   /* verdict, source, offset, "name", blanks, newline */
#define DIGEST_WORD_MAX  (1 + 2 * DIGEST_SHA256_BYTES)
static_assert(sizeof(((struct deepscan *)0)->threat) + sizeof(((struct deepscan *)0)->layer) +
		      WORDS_BYTES_MAX + DEEPSCAN_PARTS_MAX * DIGEST_WORD_MAX <=
		  ANSWER_BYTES_MAX,
    "the longest answer fits");

static const char usage[] =
    "usage: sluice-deepscan DEPTH MEMBERS UNPACKED-BYTES MEMORY-MIB CPU-SECONDS [CLASS,...]\n"
    "Judges descriptor 3 by the generation on descriptor 4 and prints\n"
    "  VERDICT SOURCE THREAT LAYER OFFSET\n"
    "\"name\" where it hangs on the object's name, and of a bad object the SHA-256 of up to 4 bad\n"
    "parts, on standard output, a pipe. Descriptor 5, if open, holds passwords for archives, one\n"
    "a line, and descriptor 6 the object's name.\n"
    "The classes are those that the policy blocks: where several fit, they are told first.\n"
    "Started by sluice-control.\n";

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
	char offset[32] = "", digest[DIGEST_WORD_MAX];

	put_word(&line, d->verdict == VERDICT_BAD ? "bad" : "clean");
	put_word(&line, source_word(d->source));
	put_word(&line, d->threat);
	put_word(&line, d->layer);
	if (d->offset != DEEPSCAN_NO_OFFSET)
		snprintf(offset, sizeof(offset), "%llu", (unsigned long long)d->offset);
	put_word(&line, offset);
	if (d->by_name)
		put_word(&line, "name");
	for (unsigned i = 0; i < d->part_count; i++)
		put_word(&line, digest_hex(d->parts[i], sizeof(d->parts[i]), digest));
	line.bytes[line.used++] = '\n';
	return write(STDOUT_FILENO, line.bytes, line.used) == (ssize_t)line.used ? 0 : 1;
}

static uint64_t
number(char **argv, int i)
{
	return strtoull(argv[i], NULL, 10);
}

/* "encrypted,oversize": words of the sources table; others are nobody's and say nothing. */
static void
take_blocked(const char *words, struct deepscan_limits *limits)
{
	while (words[0] != 0) {
		struct span word = span_of(words, strcspn(words, ","));

		if (source_by_word(word) != SOURCE_COUNT)
			limits->blocks[source_by_word(word)] = true;
		words += word.bytes;
		words += words[0] == ',';
	}
}

/* Members' names are UTF-8 where they are not ASCII; nothing else of our surroundings matters. */
static void
settle(void)
{
	clearenv();
	setenv("TZ", "UTC0", 1);
	tzset();
	setlocale(LC_CTYPE, "C.UTF-8");
}

int
main(int argc, char **argv)
{
	static struct deepscan d;
	static struct passwords passwords;
	struct deepscan_limits limits = { 0 };
	char error[SIGNATURE_ERROR_TEXT_MAX];
	struct generation *g = NULL;
	struct span object, file, name;
	struct jail jail;

	if (argc != 6 && argc != 7) {
		fputs(usage, stderr);
		return 2;
	}
	settle();
	limits.depth_max = (uint32_t)number(argv, 1);
	limits.members_max = (uint32_t)number(argv, 2);
	limits.unpacked_bytes_max = number(argv, 3);
	if (argc == 7)
		take_blocked(argv[6], &limits);
	object = map(DEEPSCAN_OBJECT_FD);
	file = map(DEEPSCAN_GENERATION_FD);
	name = map(DEEPSCAN_NAME_FD);
	if (file.bytes == 0 || generation_open(file, &g, error) != 0) {
		if (generation_open_builtin(&g, error) != 0)
			return 1;
	}
	if (deepscan_init(&d, g, &limits) != 0)
		return 1;
	passwords_parse(map(DEEPSCAN_PASSWORDS_FD), &passwords);
	d.passwords = &passwords;
	jail = (struct jail){ number(argv, 4) << 20, (uint32_t)number(argv, 5), STDOUT_FILENO };
	if (jail_enter(&jail) != 0)
		return 1;
	if (object.bytes > 0)
		deepscan_judge(&d, object, name);
	else
		d.source = SOURCE_ERROR;
	_exit(answer(&d));
}
