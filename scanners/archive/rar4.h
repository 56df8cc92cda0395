/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the headers of a RAR before version 5 say of its files (technote.txt of RAR 2 to 4), which
 * libarchive does not tell. Reads headers alone, each once.
 */
#ifndef SLUICE_ARCHIVE_RAR4_H
#define SLUICE_ARCHIVE_RAR4_H

#include "common/base/span.h"

struct rar4 {
	struct span file; /* as it was given */
	size_t at;        /* of the next header */
};

struct rar4_member {
	struct span name; /* in the bytes of its host, without what stands behind a NUL */
	uint64_t packed_bytes, bytes;
	uint32_t crc;
	bool is_encrypted;
};

/* Whether it begins as one. */
bool rar4_begin(struct rar4 *r, struct span file);
/* The next file's header; false: no more, or none that makes sense. */
bool rar4_next(struct rar4 *r, struct rar4_member *out);

#endif
