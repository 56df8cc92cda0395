/* SPDX-License-Identifier: BSD-3-Clause */
/* See judge.h. */
#include "tests/unit/control/deepscan/judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (64u << 20)

static void
path_in(const struct judge *j, const char *name, char out[160])
{
	snprintf(out, 160, "%s/%s", j->directory, name);
}

static bool
open_generation(struct judge *j)
{
	static const struct deepscan_limits limits = { 0 };
	char path[160], error[SIGNATURE_ERROR_TEXT_MAX];
	size_t n;
	FILE *f;

	path_in(j, "made.gen", path);
	if (sigc_build(&j->sigc, path) != 0)
		return false;
	f = fopen(path, "re");
	j->bytes = aligned_alloc(64, FILE_MAX);
	n = fread(j->bytes, 1, FILE_MAX, f);
	fclose(f);
	CHECK_ROW(error, generation_open(span_of(j->bytes, n), &j->generation, error) == 0);
	return deepscan_init(&j->deep, j->generation, &limits) == 0;
}

/* In memory where there is such a place: each file is synced. */
static void
name_directory(struct judge *j, pid_t pid)
{
	snprintf(j->directory, sizeof(j->directory), "%s/sluice-judge-%d",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)pid);
}

void
judge_sweep(pid_t pid)
{
	static const char *const names[] = { "a.yar", "a.ldb", "a.cdb", "b.fp", "made.gen",
		"made.gen.new" };
	struct judge j;
	char path[160];

	name_directory(&j, pid);
	for (unsigned i = 0; i < COUNT_OF(names); i++) {
		path_in(&j, names[i], path);
		unlink(path);
	}
	rmdir(j.directory);
}

/* Writes a file there and reads it as a source. */
static bool
read_source(struct judge *j, const char *name, struct span source)
{
	char path[160];
	FILE *f;

	path_in(j, name, path);
	f = fopen(path, "we");
	CHECK(
	    f != NULL && fwrite(source.data, 1, source.bytes, f) == source.bytes && fclose(f) == 0);
	return sigc_read(&j->sigc, path) == 0;
}

static bool
begin(struct judge *j, const char *name, struct span source, const char *trusted)
{
	memset(j, 0, sizeof(*j));
	judge_sweep(getpid());
	name_directory(j, getpid());
	CHECK(mkdir(j->directory, 0700) == 0);
	j->sigc.has_sandbox = true;
	sigc_add_literal(&j->sigc, span_text("Always.There"), (const uint8_t *)"always-there", 12);
	return read_source(j, name, source) &&
	       (trusted == NULL || read_source(j, "b.fp", span_text(trusted))) &&
	       open_generation(j);
}

bool
judge_begin_trusting(struct judge *j, struct span source, const char *trusted)
{
	return begin(j, "a.yar", source, trusted);
}

bool
judge_begin(struct judge *j, struct span source)
{
	return begin(j, "a.yar", source, NULL);
}

bool
judge_begin_logical(struct judge *j, struct span source)
{
	return begin(j, "a.ldb", source, NULL);
}

bool
judge_begin_members(struct judge *j, const char *source)
{
	return begin(j, "a.cdb", span_text(source), NULL);
}

unsigned
judge_taken(const struct judge *j)
{
	return (unsigned)j->sigc.loaded - 1;
}

size_t
judge_name(void *judge, char *out, size_t room)
{
	const char *name = ((const struct judge *)judge)->name;
	size_t bytes = name != NULL ? strnlen(name, room) : 0;

	memcpy(out, name != NULL ? name : "", bytes);
	return bytes;
}

/* Whether a scan cut there finds it, or knows that the sandbox is to be asked. */
static bool
is_seen(struct judge *j, struct span object, size_t cut)
{
	struct signature_scan *scan = signature_open(j->deep.core, j->generation);
	bool seen;

	signature_name(scan, judge_name, j);
	signature_feed(scan, span_first(object, cut), false);
	signature_feed(scan, span_from(object, cut), false);
	seen = signature_finish(scan) != 0 || signature_wants_deep(scan);
	signature_close(scan);
	return seen;
}

int
judge_object(struct judge *j, struct span object)
{
	bool found;

	deepscan_judge(&j->deep, object, span_text(j->name != NULL ? j->name : ""));
	found = j->deep.verdict == VERDICT_BAD;
	if (found && object.bytes > 2) {
		CHECK_ROW(j->deep.threat, is_seen(j, object, 1));
		CHECK_ROW(j->deep.threat, is_seen(j, object, object.bytes / 2));
		CHECK_ROW(j->deep.threat, is_seen(j, object, object.bytes - 1));
	}
	return found ? 1 : j->deep.source == SOURCE_ERROR ? -1 : 0;
}

void
judge_end(struct judge *j)
{
	if (j->deep.core != NULL)
		deepscan_fini(&j->deep);
	generation_close(j->generation);
	free(j->bytes);
	judge_sweep(getpid());
	CHECK(access(j->directory, F_OK) != 0);
	sigc_free(&j->sigc);
}
