/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files in RTF (1.9.1): the bytes that stand as hexadecimal digits behind `\objdata`, with whatever
 * writers of hostile files put between the digits, as Word overlooks it; and behind other words:
 * pictures, fonts, the data store and the theme (`\datastore`, `\themedata`), which are compound
 * files and ZIPs. One pass; nothing is allocated.
 */
#ifndef SLUICE_DOCUMENT_RTF_H
#define SLUICE_DOCUMENT_RTF_H

#include "common/base/span.h"

enum rtf_kind {
	RTF_OBJECT, /* what groups in its group hold is a part of it */
	RTF_OTHER,  /* ends where another of these begins; groups that begin "{\*" are no part */
};

/* "{\rt": Word asks for no more. */
bool rtf_is(struct span file);
/* The next word that data follow, at or behind *at, which moves behind it; false: there is no more.
 */
bool rtf_next(struct span file, size_t *at, enum rtf_kind *kind);

/* Takes a piece; false: no more is wanted. */
typedef bool (*rtf_piece)(void *arg, struct span bytes);
/* The bytes behind a word, up to the end of its group; *at moves there. */
void rtf_decode(struct span file, size_t *at, enum rtf_kind kind, rtf_piece piece, void *arg);

#endif
