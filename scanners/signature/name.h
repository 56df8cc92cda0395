/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What YARA's rules may ask of an object besides its bytes, out of what it is called: a file's
 * name as a header, a URL, an archive or a person tells it, with or without directories.
 *
 *     filename    behind the last '/' or '\'
 *     filepath    before it; empty where the name has none
 *     extension   of the filename, from its last dot on, ASCII letters in lower case: ".exe"
 *     filetype    of the bytes, as THOR calls it, where that is exact: "EXE"; else empty
 *     owner       empty: nobody tells
 *
 * A NUL within is '_', as it would end a text for libyara. Nothing is allocated.
 */
#ifndef SLUICE_SIGNATURE_NAME_H
#define SLUICE_SIGNATURE_NAME_H

#include "common/base/span.h"
#include "scanners/format/format.h"
#include "scanners/signature/generation_file.h"

/* The first letter of libyara's namespaces of rules that hang on these. */
#define SIGNATURE_BY_NAME 'n'

#define SIGNATURE_NAME_MAX 256 /* bytes of a name; what is behind them is cut */

struct signature_variables {
	struct span
	    of[VARIABLE_COUNT]; /* a NUL follows each; they lie in `text`, or are constant */
	uint8_t text[2 * SIGNATURE_NAME_MAX + 3];
};

/* `head` is the object's start; of it no more than FORMAT_HEAD_BYTES is looked at. */
void signature_variables(
    struct span name, enum format format, struct span head, struct signature_variables *out);

/* "filename" */
const char *signature_variable_word(enum generation_variable v);

/* `how` is an enum generation_text, with or without TEXT_NOCASE. */
bool signature_text_compare(struct span what, struct span with, uint32_t how);

#endif
