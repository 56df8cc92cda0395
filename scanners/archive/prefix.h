/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Codes of which none begins another, told by their lengths alone (RFC 1951 3.2.2). They are read
 * bit by bit: a table would be made anew for each block, and a block may be a few bytes.
 */
#ifndef SLUICE_ARCHIVE_PREFIX_H
#define SLUICE_ARCHIVE_PREFIX_H

#include "scanners/archive/bits.h"

#define PREFIX_BITS_MAX    16
#define PREFIX_SYMBOLS_MAX 320

struct prefix {
	uint16_t count[PREFIX_BITS_MAX + 1]; /* of codes, by length */
	uint16_t symbols[PREFIX_SYMBOLS_MAX];
};

/* Lengths of 0 have no code. False: there are more codes than such lengths leave room for. */
bool prefix_build(struct prefix *p, const uint8_t *lengths, unsigned count);
/* The next symbol, its code's bits as they are or (`flip` 1) each the other; -1: it is no code. */
int prefix_next(const struct prefix *p, struct bits *b, unsigned flip);

#endif
