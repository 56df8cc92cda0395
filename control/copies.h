/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of the files that are to be tried, made by a thread of the loop's pool: what is promoted
 * later is what was tried, whatever becomes of the files meanwhile. They come as descriptors of the
 * process that asks, so that control reads nothing the asker could not.
 *
 * YARA rules come with what they include, which is put beside their copy, or below.
 *
 * Bounds: TRIED_FILES_MAX regular files and TRIED_INCLUDES_MAX that they include, TRIED_BYTES_MAX
 * together.
 */
#ifndef SLUICE_CONTROL_COPIES_H
#define SLUICE_CONTROL_COPIES_H

#include <jansson.h>
#include <sys/types.h>
#include <uv.h>

#include "control/tried.h"

#define COPIES_ERROR_TEXT_MAX 512

struct copies;

/*
 * Takes the descriptors that `list` names, [{"name": "/path", "fd": N}, …], out of the process
 * `peer`; "of" and "as" besides: what file number "of" includes, and its path from there. `*files`
 * becomes the list of their names, the caller's. -errno with a sentence; then nothing is taken.
 */
int copies_take(const json_t *list, pid_t peer, struct copies **out, json_t **files,
    char error[COPIES_ERROR_TEXT_MAX]);
void copies_free(struct copies *c); /* closes them; NULL is fine */
/* Writes each to its place in the batch. Takes `c`; `done` is called once, from the loop, with an
 * empty sentence if all went well. */
void copies_start(uv_loop_t *loop, struct copies *c, const struct tried *t, uint64_t batch,
    void (*done)(void *arg, const char *error), void *arg);

#endif
