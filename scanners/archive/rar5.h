/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the headers of a RAR 5 say of its files ("RAR 5.0 archive format"): libarchive 3.6.2 tells
 * neither checksum nor packed size, and reads what is ciphered as if it were not. Reads headers
 * alone, each once.
 */
#ifndef SLUICE_ARCHIVE_RAR5_H
#define SLUICE_ARCHIVE_RAR5_H

#include "scanners/archive/rar.h"

struct rar5 {
	struct span file; /* as it was given */
	size_t at;        /* of the next header */
};

/* Whether it begins as one. */
bool rar5_begin(struct rar5 *r, struct span file);
/* The next file's header; false: no more, or none that makes sense. */
bool rar5_next(struct rar5 *r, struct rar_member *out);

#endif
