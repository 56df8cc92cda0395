/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Compressed streams that something else tells of: a PDF's dictionary, a head of another kind, the
 * script that holds them. What comes out goes to a layer's buffer as far as the limits allow,
 * also what comes before an error.
 */
#ifndef SLUICE_DEEPSCAN_STREAMS_H
#define SLUICE_DEEPSCAN_STREAMS_H

#include "control/deepscan/layer.h"

#define STREAM_LZMA_HEAD  5   /* properties, and the size of the dictionary */
#define STREAM_TOLD_BYTES 256 /* as many hardly come out of what is no stream */

/* Deflate, as zlib wraps it (RFC 1950) or bare (RFC 1951). True: it ended, at `*used`, and was
 * sound. */
bool stream_inflate(struct deepscan *d, struct span in, const struct layer_target *t, size_t *used);
/* The same of LZMA behind its head, which has no length and ends at its mark or with `in`. */
bool stream_unlzma(struct deepscan *d, struct span in, const struct layer_target *t, size_t *used);

/* LZMA without its head, of which `bytes` come out; its end may be its mark, too. */
bool stream_unlzma_bare(struct deepscan *d, uint8_t properties, uint64_t bytes, struct span in,
    const struct layer_target *t);

/* Undoes a filter of liblzma's, LZMA_FILTER_X86 and the like, which is given its options or NULL.
 */
bool stream_unfilter(struct deepscan *d, uint64_t filter, const void *options, struct span in,
    const struct layer_target *t);

/* Whether it is a .lzma file, by what its head may say whatever its dictionary is; libarchive knows
 * those alone whose dictionary is one of a few. */
bool stream_is_lzma(struct span bytes);
/* The same of such a file. */
bool stream_unlzma_file(
    struct deepscan *d, struct span in, const struct layer_target *t, size_t *used);

/* RFC 1950 2.2: how a zlib stream begins that needs no dictionary. */
bool stream_is_zlib(struct span bytes);

/* bare.c: views of a layer. True: it is one of those. */
/* Flash files that are compressed, ActiveMime, zlib's streams, and .lzma files. */
bool layer_unpack_bare(struct deepscan *d, const struct layer *l);
/* What a text spells, if it is bare Deflate, as a layer of its own. */
void layer_unpack_spelled(struct deepscan *d, const struct layer *l);
/* Whether it is one that its head tells. */
bool layer_is_bare(struct span bytes);

#endif
