/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the headers of a RAR before version 5 say of its files (technote.txt of RAR 2 to 4), which
 * libarchive does not tell. Reads headers alone, each once.
 */
#ifndef SLUICE_ARCHIVE_RAR4_H
#define SLUICE_ARCHIVE_RAR4_H

#include "scanners/archive/rar.h"

struct rar4 {
	struct span file; /* as it was given */
	size_t at;        /* of the next header */
};

/* Whether it begins as one. */
bool rar4_begin(struct rar4 *r, struct span file);
/* The next file's header; false: no more, or none that makes sense. */
bool rar4_next(struct rar4 *r, struct rar_member *out);

#endif
