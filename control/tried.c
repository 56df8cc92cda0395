/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/tried.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_FILE   "signatures.json"
#define NUMBERS_FROM 1

static bool
is_batch(const json_t *batch)
{
	const json_t *files = json_object_get(batch, "files");
	size_t i;
	json_t *name;

	if (json_integer_value(json_object_get(batch, "batch")) < NUMBERS_FROM ||
	    !json_is_array(files) || json_array_size(files) > TRIED_FILES_MAX)
		return false;
	json_array_foreach(files, i, name)
	{
		if (!json_is_string(name))
			return false;
	}
	return true;
}

static bool
are_batches(const json_t *list)
{
	size_t i;
	json_t *batch;

	if (!json_is_array(list))
		return false;
	json_array_foreach(list, i, batch)
	{
		if (!is_batch(batch))
			return false;
	}
	return true;
}

static bool
is_state(const json_t *state)
{
	const json_t *trial = json_object_get(state, "trial");
	const json_t *before = json_object_get(state, "before");

	return json_integer_value(json_object_get(state, "next")) >= NUMBERS_FROM &&
	       (trial == NULL || is_batch(trial)) && (before == NULL || are_batches(before)) &&
	       are_batches(json_object_get(state, "promoted"));
}

void
tried_open(struct tried *t, const char *state_directory)
{
	char path[TRIED_PATH_MAX], aside[TRIED_PATH_MAX + 16];

	snprintf(t->directory, sizeof(t->directory), "%s", state_directory);
	snprintf(path, sizeof(path), "%s/" STATE_FILE, state_directory);
	t->state = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	if (is_state(t->state))
		return;
	if (t->state != NULL || access(path, F_OK) == 0) {
		snprintf(aside, sizeof(aside), "%s.damaged", path);
		rename(path, aside);
		fprintf(stderr, "WRN %s: not what is tried or promoted; set aside as %s\n", path,
		    aside);
	}
	json_decref(t->state);
	t->state = json_pack("{s:i, s:[]}", "next", NUMBERS_FROM, "promoted");
}

void
tried_close(struct tried *t)
{
	json_decref(t->state);
	t->state = NULL;
}

const json_t *
tried_trial(const struct tried *t)
{
	return json_object_get(t->state, "trial");
}

const json_t *
tried_promoted(const struct tried *t)
{
	return json_object_get(t->state, "promoted");
}

bool
tried_is_pinned(const struct tried *t)
{
	return json_is_true(json_object_get(t->state, "pinned"));
}

/* On disk, whole or not at all. */
static int
write_state(const struct tried *t, const json_t *state)
{
	char path[TRIED_PATH_MAX], partial[TRIED_PATH_MAX + 8];
	int rc = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/" STATE_FILE, t->directory);
	snprintf(partial, sizeof(partial), "%s.new", path);
	f = fopen(partial, "we");
	if (f == NULL)
		return -errno;
	if (json_dumpf(state, f, JSON_INDENT(1)) != 0 || fputc('\n', f) == EOF || fflush(f) != 0 ||
	    fsync(fileno(f)) != 0)
		rc = errno != 0 ? -errno : -EIO;
	if (fclose(f) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(partial, path) != 0)
		rc = -errno;
	return rc;
}

int
tried_restore(struct tried *t, json_t *state)
{
	int rc = state != NULL ? write_state(t, state) : -ENOMEM;

	if (rc != 0) {
		json_decref(state);
		return rc;
	}
	json_decref(t->state);
	t->state = state;
	return 0;
}

int
tried_set_trial(struct tried *t, json_t *trial)
{
	json_t *state = json_deep_copy(t->state);

	if (trial != NULL)
		json_object_set_new(state, "trial", trial);
	else
		json_object_del(state, "trial");
	return tried_restore(t, state);
}

int
tried_succeed(struct tried *t, enum tried_change change, bool differs)
{
	json_t *state = json_deep_copy(t->state), *trial = json_object_get(state, "trial");

	if (differs)
		json_object_set_new(state, "before", json_deep_copy(tried_promoted(t)));
	if (change == TRIED_PROMOTE && trial != NULL) {
		json_array_append(json_object_get(state, "promoted"), trial);
		json_object_del(state, "trial");
	}
	if (change == TRIED_DROP)
		json_object_set_new(state, "promoted", json_array());
	if (tried_is_pinned(t))
		json_object_set_new(state, "pinned", json_false());
	if (json_equal(state, t->state)) {
		json_decref(state);
		return 0;
	}
	return tried_restore(t, state);
}

int
tried_go_back(struct tried *t)
{
	json_t *state = json_deep_copy(t->state), *before = json_object_get(state, "before");

	if (before != NULL)
		json_object_set(state, "promoted", before);
	json_object_del(state, "before");
	json_object_set_new(state, "pinned", json_true());
	return tried_restore(t, state);
}

char *
tried_path(const struct tried *t, uint64_t batch, const char *name, char out[TRIED_PATH_MAX])
{
	snprintf(
	    out, TRIED_PATH_MAX, "%s/tried/%llu/%s", t->directory, (unsigned long long)batch, name);
	return out;
}

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

char *
tried_copy_path(const struct tried *t, uint64_t batch, unsigned index, const char *name,
    char out[TRIED_PATH_MAX])
{
	snprintf(out, TRIED_PATH_MAX, "%s/tried/%llu/%u/%s", t->directory,
	    (unsigned long long)batch, index, last_part(name));
	return out;
}

bool
tried_include_path(
    const struct tried *t, uint64_t batch, unsigned index, const char *as, char out[TRIED_PATH_MAX])
{
	size_t used = strlen(tried_copy_path(t, batch, index, "", out));
	int rc = snprintf(out + used, TRIED_PATH_MAX - used, "%s", as);

	return rc >= 0 && (size_t)rc < TRIED_PATH_MAX - used;
}

int
tried_make_batch(struct tried *t, uint64_t *batch)
{
	json_t *state = json_deep_copy(t->state);
	char path[TRIED_PATH_MAX];
	int rc;

	*batch = (uint64_t)json_integer_value(json_object_get(state, "next"));
	json_object_set_new(state, "next", json_integer((json_int_t)*batch + 1));
	rc = tried_restore(t, state);
	if (rc != 0)
		return rc;
	snprintf(path, sizeof(path), "%s/tried", t->directory);
	if (mkdir(path, 0750) != 0 && errno != EEXIST)
		return -errno;
	return mkdir(tried_path(t, *batch, "", path), 0750) == 0 ? 0 : -errno;
}

void
tried_free_copies(char **copies, unsigned count)
{
	for (unsigned i = 0; copies != NULL && i < count; i++)
		free(copies[i]);
	free(copies);
}

/* Appends a batch's copies to an array that has room; false: out of memory. */
static bool
add_copies(const struct tried *t, const json_t *batch, char **copies, unsigned *count)
{
	uint64_t number = (uint64_t)json_integer_value(json_object_get(batch, "batch"));
	char path[TRIED_PATH_MAX];
	size_t i;
	json_t *name;

	json_array_foreach(json_object_get(batch, "files"), i, name)
	{
		tried_copy_path(t, number, (unsigned)i, json_string_value(name), path);
		copies[*count] = strdup(path);
		if (copies[*count] == NULL)
			return false;
		++*count;
	}
	return true;
}

char **
tried_copies(const struct tried *t, const json_t *batch, unsigned *count)
{
	char **copies = calloc(TRIED_FILES_MAX + 1, sizeof(*copies));

	*count = 0;
	if (copies != NULL && !add_copies(t, batch, copies, count)) {
		tried_free_copies(copies, *count);
		return NULL;
	}
	return copies;
}

char **
tried_copies_after(const struct tried *t, enum tried_change change, unsigned *count)
{
	const json_t *promoted = tried_promoted(t);
	char **copies =
	    calloc((json_array_size(promoted) + 1) * TRIED_FILES_MAX + 1, sizeof(*copies));
	bool good = copies != NULL;
	size_t i;
	json_t *batch;

	*count = 0;
	if (change == TRIED_DROP)
		return copies;
	json_array_foreach(promoted, i, batch) good = good && add_copies(t, batch, copies, count);
	if (change == TRIED_PROMOTE)
		good = good && add_copies(t, tried_trial(t), copies, count);
	if (good)
		return copies;
	tried_free_copies(copies, *count);
	return NULL;
}

/* Every place of `from` in `text` becomes `to`; what does not fit is cut. */
static void
replace(
    char *text, size_t room, const char *from, size_t from_bytes, const char *to, size_t to_bytes)
{
	char *at = text, *end = text + strlen(text);

	while ((at = memmem(at, (size_t)(end - at), from, from_bytes)) != NULL) {
		size_t tail = (size_t)(end - at) - from_bytes;
		size_t left = room - 1 - (size_t)(at - text);
		size_t put = to_bytes < left ? to_bytes : left;

		if (tail > left - put)
			tail = left - put;
		memmove(at + put, at + from_bytes, tail);
		memcpy(at, to, put);
		at += put;
		end = at + tail;
		*end = 0;
	}
}

void
tried_name_originals(const struct tried *t, const json_t *batch, char *text, size_t room)
{
	uint64_t number = (uint64_t)json_integer_value(json_object_get(batch, "batch"));
	char path[TRIED_PATH_MAX];
	size_t i;
	json_t *name;

	/* Directories, so that files beside are named as well: of what an `include` asks for. */
	json_array_foreach(json_object_get(batch, "files"), i, name)
	{
		const char *original = json_string_value(name);
		size_t bytes = (size_t)(last_part(original) - original);

		tried_copy_path(t, number, (unsigned)i, "", path);
		replace(text, room, path, strlen(path), original, bytes);
	}
}

void
tried_name_all(const struct tried *t, char *text, size_t room)
{
	size_t i;
	json_t *batch;

	json_array_foreach(tried_promoted(t), i, batch) tried_name_originals(t, batch, text, room);
	tried_name_originals(t, tried_trial(t), text, room);
}

static bool
names_batch(const json_t *list, uint64_t number)
{
	size_t i;
	json_t *batch;

	json_array_foreach(list, i, batch)
	{
		if ((uint64_t)json_integer_value(json_object_get(batch, "batch")) == number)
			return true;
	}
	return false;
}

static bool
is_named(const struct tried *t, uint64_t number)
{
	const json_t *trial = tried_trial(t);

	return (trial != NULL &&
		   (uint64_t)json_integer_value(json_object_get(trial, "batch")) == number) ||
	       names_batch(tried_promoted(t), number) ||
	       names_batch(json_object_get(t->state, "before"), number);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st;
	(void)type;
	(void)walk;
	remove(path);
	return 0;
}

void
tried_sweep(const struct tried *t)
{
	char path[TRIED_PATH_MAX];
	struct dirent *e;
	DIR *d;

	snprintf(path, sizeof(path), "%s/tried", t->directory);
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		char *end;
		uint64_t number = strtoull(e->d_name, &end, 10);

		if (e->d_name[0] == '.' || *end != 0 || is_named(t, number))
			continue;
		tried_path(t, number, "", path);
		path[strlen(path) - 1] = 0; /* the slash */
		nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	if (d != NULL)
		closedir(d);
}
