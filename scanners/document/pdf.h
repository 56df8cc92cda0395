/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Streams and strings of a PDF (ISO 32000-1 7.3.4, 7.3.8, 7.4): what stands between "stream" and
 * "endstream", and between brackets, wherever in the file, whatever the cross-reference table says
 * of it, so that a hostile table hides none. Object streams, embedded files, scripts and pages are
 * all such streams.
 *
 * Pure functions over spans. Looking for a stream's dictionary costs at most PDF_DICTIONARY_MAX
 * bytes before it. Decoders give their output in pieces to a sink, which may end them.
 *
 * pdf.c finds streams, pdf_filter.c decodes them, pdf_predictor.c undoes predictors, pdf_string.c
 * reads strings; pdf_lock.c and pdf_key.c are encryption.
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
	PDF_CRYPT,   /* 7.4.10: nothing, where the file is not encrypted */
	PDF_UNKNOWN, /* none of the standard's, or named where it is not looked for */
};

/* One filter and its parameters (7.4.4.3, 7.4.4.4); 0: not told, so the standard's default. */
struct pdf_coding {
	enum pdf_filter filter;
	uint32_t predictor, colors, bits, columns;
	uint32_t elsewhere; /* the object that tells the parameters; 0: none */
	bool is_late;       /* LZW's width does not grow a code early */
	bool is_untold;     /* a parameter stands in another object */
};

struct pdf_stream {
	struct span bytes;
	uint32_t object, generation; /* its numbers, 0: not told */
	unsigned coding_count;
	struct pdf_coding codings[PDF_FILTERS_MAX]; /* in the order they are taken off */
	bool has_objects;                           /* an object stream (7.5.7) */
	bool is_open;                               /* no "endstream" behind it */
};

/* "%PDF-" within the first 1,024 bytes, as readers look for it. */
bool pdf_is(struct span file);
/* The next stream from `*at` on, which begins at 0; false: no more. */
bool pdf_next(struct span file, size_t *at, struct pdf_stream *out);
/* What is from one "obj" to the next; before the first, of no object. */
struct pdf_object {
	struct span bytes;
	uint32_t object, generation; /* 0: not told */
};
/* The next of these from `*at` on, which begins at 0; false: no more. */
bool pdf_next_object(struct span in, size_t *at, struct pdf_object *out);

/* Whether it names an encryption dictionary: streams are then ciphered (pdf_crypt.h). */
bool pdf_is_encrypted(struct span file);

/* Reads the parameters where c->elsewhere says that they stand: one pass over the file. False: not
 * there. */
bool pdf_read_elsewhere(struct span file, struct pdf_coding *c);

/* PDF_HEX, PDF_85, PDF_LZW, PDF_RUNS. False: the bytes are not of that coding, from somewhere on.
 */
bool pdf_decode(const struct pdf_coding *c, struct span in, span_sink sink, void *arg);
/* Undoes the predictor, if there is one, in place: no more bytes come out than went in. False: it
 * is none of the standard's, or its rows are none that can be. */
bool pdf_unpredict(const struct pdf_coding *c, uint8_t *bytes, size_t *count);

struct pdf_strings {
	struct span in; /* what lies between streams, or an object stream's bytes */
	size_t at;      /* these two begin at 0 */
	unsigned unclosed;
};

struct pdf_string {
	struct span raw; /* between its brackets */
	bool is_hex;
	bool is_plain; /* it means what stands there */
};

/* The next string; false: no more. */
bool pdf_next_string(struct pdf_strings *r, struct pdf_string *out);
void pdf_decode_string(const struct pdf_string *string, span_sink sink, void *arg);

#endif
