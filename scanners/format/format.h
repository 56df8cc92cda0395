/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What kind of file an object is, from its first bytes: a table of magic numbers, no allocation.
 * The words are those of the log's `format:`; formats.h lists them with the source of each.
 */
#ifndef SLUICE_FORMAT_H
#define SLUICE_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"
#include "scanners/format/formats.h"

#define FORMAT_HEAD_BYTES 1024 /* more than this of an object's start is never looked at */

enum format {
#define FORMAT(id, word, class, note) FORMAT_##id,
	FORMATS(FORMAT)
#undef FORMAT
	FORMAT_COUNT
};

/* What the sandbox and the exclusions choose by. */
enum format_class {
	FORMAT_CLASS_OTHER,
	FORMAT_CLASS_TEXT,
	FORMAT_CLASS_MARKUP,
	FORMAT_CLASS_SCRIPT,
	FORMAT_CLASS_IMAGE,
	FORMAT_CLASS_MEDIA,
	FORMAT_CLASS_FONT,
	FORMAT_CLASS_ARCHIVE,
	FORMAT_CLASS_DOCUMENT,
	FORMAT_CLASS_EXECUTABLE,
	FORMAT_CLASS_COUNT
};

/* `object` is all of it or its start; of which the first FORMAT_HEAD_BYTES decide. Never fails. */
enum format format_detect(struct span object);

/* Whether text begins as a message: a field's name and colon, or "From ", and two fields of mail
 * within FORMAT_HEAD_BYTES. mail.c. */
bool format_is_mail(struct span object);

const char *format_word(enum format f);
enum format_class format_class(enum format f);
const char *format_class_word(enum format_class c);
/* FORMAT_COUNT or FORMAT_CLASS_COUNT when the word is none of ours. */
enum format format_by_word(struct span word);
enum format_class format_class_by_word(struct span word);

#endif
