/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which characters of UTF-8 (RFC 3629) a page may show as they are, where somebody else chose them:
 * letters, and the marks that file names have, of scripts that run from left to right: Latin,
 * Greek, Cyrillic, Armenian, Georgian, kana, Han, Hangul. Not among them is what has no shape of
 * its own, changes the direction of what stands beside it, or is made to look like a sign of ours.
 */
#ifndef SLUICE_BASE_UTF8_H
#define SLUICE_BASE_UTF8_H

#include <stdbool.h>

#include "common/base/span.h"

/*
 * How many bytes the first character has, if it is one of these; 0: it is not, or it is ASCII, no
 * UTF-8, or cut. An accent that is a character of its own counts `behind_letter`, and only one:
 * whoever walks along says false behind it.
 */
size_t utf8_shown(struct span text, bool behind_letter, bool *is_accent);

#endif
