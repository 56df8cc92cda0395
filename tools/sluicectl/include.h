/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that YARA rules include, found before they are handed over (sig.c). */
#ifndef SLUICE_SLUICECTL_INCLUDE_H
#define SLUICE_SLUICECTL_INCLUDE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define INCLUDES_MAX 128 /* of all files together; control/tried.h */

/*
 * Appends {"name": "/path", "fd": N, "of": NUMBER, "as": "path/from/there"} for each file that the
 * rules at `path`, real and number `of` of `files`, include, directly or not. What does not exist
 * is passed over: the compiler names it, with its line. False with a sentence: one lies elsewhere
 * than below the folder of `path`, can't be read, or they are too many.
 */
bool include_add_all(json_t *files, size_t of, const char *path, char *sentence, size_t room);

#endif
