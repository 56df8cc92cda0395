/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Macros of Office documents (MS-OVBA): their source, compressed, stands in streams of a compound
 * file (ole.h); a stream "dir", compressed too, tells which and from which byte on. Pure functions
 * over spans; a chunk gives at most VBA_CHUNK_BYTES, from at least three bytes.
 */
#ifndef SLUICE_DOCUMENT_VBA_H
#define SLUICE_DOCUMENT_VBA_H

#include "scanners/document/ole.h"

#define VBA_CHUNK_BYTES 4096

/* A compressed container (2.4.1), chunk by chunk. */
struct vba_reader {
	struct span packed;
	size_t at;
	bool is_broken; /* a chunk was cut, or held a token that is none */
};

/* False where the bytes do not begin as one. */
bool vba_begin(struct vba_reader *r, struct span packed);
/* The next chunk's bytes; false at the end. What a broken chunk gave before it broke is given. */
bool vba_next(struct vba_reader *r, uint8_t out[VBA_CHUNK_BYTES], size_t *bytes);

struct vba_module {
	char stream[OLE_NAME_MAX];
	uint32_t offset; /* of its container in that stream */
};

/* The modules that an unpacked "dir" names (2.3.4.2.3); `*at` begins at 0. False: no more. */
bool vba_next_module(struct span dir, size_t *at, struct vba_module *out);

/*
 * Where in a stream a container begins that holds a module's source, by how such source begins,
 * from `from` on; SIZE_MAX: nowhere. For streams that no "dir" names, or names wrongly.
 */
size_t vba_find(struct span stream, size_t from);

#endif
