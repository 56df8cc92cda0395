/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams of a PDF (ISO 32000-1 7.3.8, 7.4): what stands between "stream" and "endstream", wherever
 * in the file, whatever the cross-reference table says of it, so that a hostile table hides none.
 * Object streams, embedded files, scripts and pages are all such streams.
 *
 * Pure functions over spans. Looking for a stream's dictionary costs at most PDF_DICTIONARY_MAX
 * bytes before it. Decoders give their output in pieces to a sink, which may end them.
 */
#ifndef SLUICE_DOCUMENT_PDF_H
#define SLUICE_DOCUMENT_PDF_H

#include "common/base/span.h"

#define PDF_FILTERS_MAX    8
#define PDF_DICTIONARY_MAX 16384

enum pdf_filter {
	PDF_FLATE,
	PDF_HEX,
	PDF_85,
	PDF_LZW,
	PDF_RUNS,
	PDF_IMAGE,   /* a picture's: what is behind it stays as it is */
	PDF_UNKNOWN, /* none of the standard's, or named where it is not looked for */
};

struct pdf_stream {
	struct span bytes;
	uint32_t object; /* its number, 0: not told */
	unsigned filter_count;
	enum pdf_filter filters[PDF_FILTERS_MAX]; /* in the order they are taken off */
	bool is_open;                             /* no "endstream" behind it */
};

/* "%PDF-" within the first 1,024 bytes, as readers look for it. */
bool pdf_is(struct span file);
/* The next stream from `*at` on, which begins at 0; false: no more. */
bool pdf_next(struct span file, size_t *at, struct pdf_stream *out);
/* Whether it names an encryption dictionary: streams are then ciphered. */
bool pdf_is_encrypted(struct span file);

/* Gets decoded bytes, lent for the call; false ends the decoding. */
typedef bool (*pdf_sink)(void *arg, struct span bytes);
/* PDF_HEX, PDF_85, PDF_LZW, PDF_RUNS. False: the bytes are not of that coding, from somewhere on.
 */
bool pdf_decode(enum pdf_filter f, struct span in, pdf_sink sink, void *arg);

#endif
