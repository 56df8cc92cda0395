/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDF images (ECMA-167, OSTA UDF 2.60), as systems mount discs by: files found by their entries,
 * wherever in the image, whatever its directories say, so that these hide none and cannot run in
 * circles. Names, which stand in the directories, are not read. Reads nothing but the structure.
 *
 * Blocks are of 2,048 bytes, or of 512 or 4,096, as the anchor lies. Extents may overlap: the
 * reader of a file bounds what it takes. UDF_CHAINS_MAX bounds the lists of extents of one file.
 */
#ifndef SLUICE_DEEPSCAN_UDF_H
#define SLUICE_DEEPSCAN_UDF_H

#include "common/base/span.h"

#define UDF_CHAINS_MAX 4096

struct udf {
	struct span image;
	size_t block_bytes;
	uint64_t partition; /* its first block */
	uint64_t next;      /* the block to be looked at next */
};

struct udf_file {
	uint64_t block; /* of its entry */
	uint64_t left;  /* bytes that it has yet to give */
	struct span extents;
	unsigned kind, chains;
	bool is_torn; /* an extent lies outside, or there are too few: set by udf_piece() */
};

/* False: it is none. */
bool udf_open(struct span image, struct udf *out);
/* The next file that is none of the file system's own; false: no more. */
bool udf_next(struct udf *u, struct udf_file *out);
/* Its next bytes: `data` is NULL for a hole. False: that was all, as far as it can be read. */
struct udf_bytes {
	const uint8_t *data;
	uint64_t bytes;
};
bool udf_piece(const struct udf *u, struct udf_file *f, struct udf_bytes *out);

#endif
