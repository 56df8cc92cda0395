/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Perl's regular expressions over bytes, by libpcre2's interpreter, with ClamAV's options and the
 * limits that clamscan has unless it is told others. Knows no signatures: sluice-sigc asks whether
 * an expression can be compiled, the sandbox what it matches.
 * One thread at a time uses an expression; compiling allocates, matching may.
 */
#ifndef SLUICE_REGEX_H
#define SLUICE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/span.h"

#define REGEX_MATCH_LIMIT 100000       /* steps from one place: pcre-match-limit */
#define REGEX_DEPTH_LIMIT 2000         /* steps within each other: pcre-recmatch-limit */
#define REGEX_BYTES_MAX   (100u << 20) /* pcre-max-filesize */
#define REGEX_ERROR_MAX   160

/* ClamAV's letters "ismxAEU", a bit each, in this order. */
enum regex_option {
	REGEX_CASELESS = 1,
	REGEX_DOT_ALL = 2,
	REGEX_MULTILINE = 4,
	REGEX_EXTENDED = 8,
	REGEX_ANCHORED = 16,
	REGEX_DOLLAR_END_ONLY = 32,
	REGEX_UNGREEDY = 64,
	REGEX_OPTIONS = 127
};

struct regex;

/* 0; -EINVAL: it is none, with libpcre2's sentence; -ENOMEM. */
int regex_compile(
    const char *text, unsigned options, struct regex **out, char error[REGEX_ERROR_MAX]);
void regex_free(struct regex *r);

/* Offsets in the bytes. */
struct regex_match {
	size_t start, end;
};
/*
 * The first match that begins at `from` or behind it, or, anchored, there: 1, or 0 where there is
 * none. Negative: not known, for a limit was met (-EOVERFLOW), memory is lacking or the expression
 * can't be asked of such bytes (-EIO), or they are more than REGEX_BYTES_MAX (-EFBIG).
 */
int regex_search(
    struct regex *r, struct span bytes, size_t from, bool is_anchored, struct regex_match *out);

#endif
