/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is tried and what was promoted, on disk: STATE/signatures.json says how things stand, whole
 * or not at all; STATE/tried/N holds batch N, copies of the files that were tried together, each in
 * a directory of its own, and what was compiled from them. A batch lives as long as something names
 * it: the try, the generation that serves, or the one before.
 *
 *     {"next": 4, "pinned": false,
 *      "trial": {"batch": 3, "files": ["/root/new.yar"], "since_ns": …, "generation": "…", …},
 *      "promoted": [{"batch": 1, "files": […], "since_ns": …}], "before": [] or absent}
 *
 * `before` is what `promoted` was in the generation before (previous.gen). One thread.
 */
#ifndef SLUICE_CONTROL_TRIED_H
#define SLUICE_CONTROL_TRIED_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#define TRIED_FILES_MAX    64
#define TRIED_INCLUDES_MAX 128            /* besides, that YARA rules among these include */
#define TRIED_BYTES_MAX    (512ull << 20) /* of all files of a batch together */
#define TRIED_PATH_MAX     600
#define TRIED_PROMOTED_MAX 32 /* batches; their files belong into signatures.sources by then */

/* What the next generation does with the batches. */
enum tried_change {
	TRIED_AS_IS,
	TRIED_PROMOTE, /* takes the trial in, which ends then */
	TRIED_DROP     /* leaves out all that was promoted */
};

struct tried {
	char directory[512]; /* STATE */
	json_t *state;
};

/* Reads the state; one that can't be read is set aside (signatures.json.damaged). */
void tried_open(struct tried *t, const char *state_directory);
void tried_close(struct tried *t);

/* NULL: nothing is tried. Lent. */
const json_t *tried_trial(const struct tried *t);
const json_t *tried_promoted(const struct tried *t); /* an array, of batches as above */
bool tried_is_pinned(const struct tried *t);

/* A number no batch has, and its empty directory. -errno. */
int tried_make_batch(struct tried *t, uint64_t *batch);
/* STATE/tried/N/NAME. */
char *tried_path(const struct tried *t, uint64_t batch, const char *name, char out[TRIED_PATH_MAX]);
/* Where the copy of a batch's file lies; `name` is the path it came from. */
char *tried_copy_path(const struct tried *t, uint64_t batch, unsigned index, const char *name,
    char out[TRIED_PATH_MAX]);
/* Where the copy of a file that this one includes lies; false: the path is too long. */
bool tried_include_path(const struct tried *t, uint64_t batch, unsigned index, const char *as,
    char out[TRIED_PATH_MAX]);
/* The paths of the copies: of a batch's files, and of all that a generation with that change holds.
 * NULL when memory is short. */
char **tried_copies(const struct tried *t, const json_t *batch, unsigned *count);
char **tried_copies_after(const struct tried *t, enum tried_change change, unsigned *count);
void tried_free_copies(char **copies, unsigned count);
/* A message that names copies, with the names of what they are copies of. Cut at `room`. */
void tried_name_originals(const struct tried *t, const json_t *batch, char *text, size_t room);
/* The same of all that was promoted and of the trial. */
void tried_name_all(const struct tried *t, char *text, size_t room);

/*
 * Changes, written at once; -errno when the state can't be written, and then nothing changed. A
 * trial is {"batch", "files", …}, taken; NULL: none any more.
 */
int tried_set_trial(struct tried *t, json_t *trial);
/* A generation takes the place of another; `differs`: another id, so that the one before it is what
 * served until now. */
int tried_succeed(struct tried *t, enum tried_change change, bool differs);
/* The generation before serves again, until the next reload. */
int tried_go_back(struct tried *t);
/* All of it as it was: what json_deep_copy(t->state) gave, taken. */
int tried_restore(struct tried *t, json_t *state);

/* Removes the batches that nothing names; none is being made. */
void tried_sweep(const struct tried *t);

#endif
