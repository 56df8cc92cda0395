/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects in RTF (1.9.1, "Objects"): the bytes that stand as hexadecimal digits behind `\objdata`,
 * with whatever writers of hostile files put between the digits, as Word overlooks it. One pass;
 * nothing is allocated.
 */
#ifndef SLUICE_DOCUMENT_RTF_H
#define SLUICE_DOCUMENT_RTF_H

#include "common/base/span.h"

#define RTF_PIECE_BYTES 4096

/* "{\rt": Word asks for no more. */
bool rtf_is(struct span file);
/* The next object's data at or behind *at, which moves behind the word; false: there is no more. */
bool rtf_next(struct span file, size_t *at);

/* Takes a piece; false: no more is wanted. */
typedef bool (*rtf_piece)(void *arg, struct span bytes);
/* The object's bytes, up to the end of its group; *at moves there. */
void rtf_decode(struct span file, size_t *at, rtf_piece piece, void *arg);

#endif
