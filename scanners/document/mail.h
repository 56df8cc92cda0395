/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mail as files (RFC 5322, MIME: RFC 2045 and 2046, mbox: RFC 4155): its parts, whatever the
 * nesting, each with the coding it is sent in. One pass over the lines: each is compared with at
 * most MAIL_DEPTH_MAX boundaries. A boundary ends what stands in it though the inner one was never
 * closed, as receivers have it. Boundaries and names may be coded or in sections (RFC 2231); where
 * a head tells several, each is one. Parts nested deeper are one part with what they hold, as the
 * reader says.
 *
 * And the bodies of forms (multipart/form-data, RFC 7578) without the head that names the boundary,
 * as uploads leave them. Parts behind the closing boundary count: some servers take them.
 */
#ifndef SLUICE_DOCUMENT_MAIL_H
#define SLUICE_DOCUMENT_MAIL_H

#include "scanners/decode/transfer.h"

#define MAIL_DEPTH_MAX 16
#define MAIL_NAME_MAX  128

#define MAIL_BOUNDARY_MAX 256 /* of one that is coded, or that a form begins with */

struct mail_part {
	struct span bytes; /* as sent */
	enum transfer_coding coding;
	char name[MAIL_NAME_MAX]; /* file name, or "" */
};

struct mail_boundary {
	size_t bytes;
	unsigned before, behind; /* so many stand beside it: told by the same head */
	const uint8_t *lent; /* by the file; NULL: it was coded or in sections, and is in `own` */
	char own[MAIL_BOUNDARY_MAX];
};

struct mail_reader {
	struct span file;
	size_t at;
	struct mail_boundary boundaries[MAIL_DEPTH_MAX];
	unsigned depth;
	bool in_head, is_mbox, is_form;
	bool is_cut; /* boundaries were told that are not heeded: too deep, or too many of a head */
};

/* Whether the bytes are a form's: a line of "--" and more, a field that begins with "Content-" in
 * the line after it, within the first 64 KiB; *at is where it begins. Binary files may be by
 * chance. */
bool mail_is_form(struct span file, size_t *at);
void mail_begin(struct mail_reader *r, struct span file);
void mail_begin_form(struct mail_reader *r, struct span file, size_t at);
/* The next part that is none of parts; false: no more. */
bool mail_next(struct mail_reader *r, struct mail_part *out);

#endif
