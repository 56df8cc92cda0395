/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that carry others as they are: sections of OneNote (MS-ONESTORE 2.6.13), also as its web
 * application exports them (MS-ONESTORE 2.8, MS-FSSHTTPB), and the attachments of Outlook's mail
 * ("winmail.dat", MS-OXTNEF). And what PowerPoint embeds, macros too, in the stream of its
 * presentation (MS-PPT 2.10.34).
 *
 * Of OneNote and PowerPoint each embedded file is found by the mark before it, wherever it stands,
 * whatever lists and records around it say. Pure functions over spans, linear.
 */
#ifndef SLUICE_DOCUMENT_CARRIER_H
#define SLUICE_DOCUMENT_CARRIER_H

#include "common/base/span.h"

/* Whether it begins as a section or a table of contents of OneNote. */
bool onenote_is(struct span file);
/* The next embedded file from `*at` on, which begins at 0; false: no more. One that lies about its
 * length hides none: they may overlap. */
bool onenote_next(struct span file, size_t *at, struct span *out, bool *is_cut);

/* The same of a section that was exported, of whatever size; nothing in any other. */
bool onenote_next_exported(struct span file, size_t *at, struct span *out);

#define SLIDES_STREAM "PowerPoint Document"

/* The next compound file that is embedded in a presentation's stream, from `*at` on, which begins
 * at 0: as it is, or as zlib packs it; false: no more. They end with their records, or what is
 * left.
 */
bool slides_next(struct span stream, size_t *at, struct span *out);

#define TNEF_NAME_MAX 128

enum tnef_kind {
	TNEF_FILE,       /* an attached file */
	TNEF_PROPERTIES, /* MAPI's, of the mail or of an attachment: may hold a mail */
	TNEF_OTHER,
};

struct tnef_reader {
	struct span file;
	size_t at;
	char name[TNEF_NAME_MAX]; /* told before the file's bytes came */
};

struct tnef_part {
	enum tnef_kind kind;
	struct span bytes;
	char name[TNEF_NAME_MAX]; /* of a file; or "" */
	bool is_cut;              /* it says that it is longer than the file */
};

bool tnef_is(struct span file);
void tnef_begin(struct tnef_reader *r, struct span file);
/* The next part; false: no more. A file's name may stand before or behind its bytes. */
bool tnef_next(struct tnef_reader *r, struct tnef_part *out);

#endif
