/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What our engine says, for a script that asks other engines the same (tests/engines). Reads
 * commands, a line each, and answers each with a line:
 *
 *     source PATH           taken HERE SANDBOX LEFT, so many of them and LEFT left out | left
 *                           REASON | refused SENTENCE
 *     object PATH           VERDICT SOURCE THREAT LAYER, of the object and all that is packed in it
 *     cut PATH              same | FIRST STEP WORD, the first cut that a scan says another thing of
 *     pack FORMAT IN OUT    done | failed: OUT holds IN as libarchive packs it, or compresses it
 *                           where FORMAT is raw:FILTER
 *
 * `source` makes a generation of that file alone, which the next lines are about.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <archive.h>
#include <archive_entry.h>

#include "tests/engines/one.h"

#define CUTS            24
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static struct one one;
static bool is_open;
static char scratch[64];

/* The object in memory of its size, so that a sanitizer sees a read past its end; the caller's. */
static struct span
object_of(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *bytes;
	long size;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) <= 0) {
		fprintf(stderr, "%s: no object\n", path);
		exit(2);
	}
	rewind(f);
	bytes = malloc((size_t)size);
	if (bytes == NULL || fread(bytes, 1, (size_t)size, f) != (size_t)size)
		exit(2);
	fclose(f);
	return span_of(bytes, (size_t)size);
}

static void
let_go(struct span object)
{
	free((void *)(uintptr_t)object.data);
}

static size_t
in_the_sandbox(const struct sigc *s)
{
	const struct sigc_file *files = (const void *)s->files.bytes;
	size_t count = 0;

	for (size_t i = 0; i < s->files.used / sizeof(*files); i++)
		count += files[i].deep;
	return count;
}

static void
take_source(const char *path)
{
	const struct sigc_left_out *left;
	const struct sigc *s = &one.sigc;

	if (is_open)
		one_end(&one);
	is_open = true;
	if (one_begin(&one, path, scratch) != 0) {
		printf("refused %s\n", s->error);
		return;
	}
	left = (const void *)s->left_out.bytes;
	if (s->loaded > 1)
		printf("taken %zu %zu %zu\n", (size_t)s->loaded - 1 - in_the_sandbox(s),
		    in_the_sandbox(s), s->left_out.used / sizeof(*left));
	else
		printf("left %s\n",
		    s->left_out.used > 0 ? sigc_skip_texts[left->why] : "nothing in it");
}

static void
judge_object(const char *path)
{
	struct span object = object_of(path);

	one_judge(&one, object);
	printf("%s %s %s %s\n", one.deep.verdict == VERDICT_BAD ? "bad" : "clean",
	    source_word(one.deep.source), one.deep.threat[0] != 0 ? one.deep.threat : "-",
	    one.deep.layer[0] != 0 ? one.deep.layer : "-");
	let_go(object);
}

/* In one piece, in equal ones, and cut once at places that hang on the object's bytes alone. */
static void
judge_cuts(const char *path)
{
	static const char *const words[] = { "nothing", "bad", "for the sandbox", "failed" };
	static const size_t steps[] = { 1, 7, 64, 1460 };
	struct span object = object_of(path);
	enum seen whole = one_scan(&one, object, object.bytes, object.bytes), seen = whole;
	size_t first = 0, step = 0;
	uint64_t seed = object.bytes;

	for (unsigned i = 0; i < COUNT_OF(steps) && seen == whole; i++) {
		first = step = steps[i];
		seen = one_scan(&one, object, first, step);
	}
	for (unsigned i = 0; i < CUTS && seen == whole; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		first = 1 + (size_t)(seed >> 33) % object.bytes;
		step = object.bytes;
		seen = one_scan(&one, object, first, step);
	}
	if (seen == whole)
		puts("same");
	else
		printf("%zu %zu %s, not %s\n", first, step, words[seen], words[whole]);
	let_go(object);
}

static int
set_format(struct archive *a, const char *format)
{
	if (strncmp(format, "raw:", 4) != 0)
		return archive_write_set_format_by_name(a, format);
	if (archive_write_set_format_raw(a) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	return archive_write_add_filter_by_name(a, format + 4);
}

static void
pack(const char *format, const char *from, const char *to)
{
	struct span object = object_of(from);
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	bool done = set_format(a, format) == ARCHIVE_OK &&
		    archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK &&
		    archive_write_open_filename(a, to) == ARCHIVE_OK;

	archive_entry_set_pathname(e, "member.bin");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)object.bytes);
	done = done && archive_write_header(a, e) == ARCHIVE_OK &&
	       archive_write_data(a, object.data, object.bytes) == (la_ssize_t)object.bytes &&
	       archive_write_close(a) == ARCHIVE_OK;
	puts(done ? "done" : "failed");
	archive_entry_free(e);
	archive_write_free(a);
	let_go(object);
}

int
main(void)
{
	static char line[4096];

	snprintf(scratch, sizeof(scratch), "%s/sluice-tell-%d",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid());
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *words[4], *rest = line;
		unsigned n = 0;

		while (n < COUNT_OF(words) && (words[n] = strtok_r(rest, " \n", &rest)) != NULL)
			n++;
		if (n == 2 && strcmp(words[0], "source") == 0)
			take_source(words[1]);
		else if (n == 2 && strcmp(words[0], "object") == 0)
			judge_object(words[1]);
		else if (n == 2 && strcmp(words[0], "cut") == 0)
			judge_cuts(words[1]);
		else if (n == 4 && strcmp(words[0], "pack") == 0)
			pack(words[1], words[2], words[3]);
		else
			return 2;
		fflush(stdout);
	}
	if (is_open)
		one_end(&one);
	return 0;
}
