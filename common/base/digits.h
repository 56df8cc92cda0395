/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as text, without a format string to read: lines of the log. */
#ifndef SLUICE_BASE_DIGITS_H
#define SLUICE_BASE_DIGITS_H

#include "common/base/span.h"

#define DIGITS_MAX 20 /* of 2^64 - 1 in base 10 */

/*
 * `n` in base 10 to 16, in small letters, with zeros in front up to `least` digits (at most
 * DIGITS_MAX): the last bytes of `room`. A base that the compiler knows costs no division.
 */
static inline struct span
digits_of(uint64_t n, unsigned base, unsigned least, char room[DIGITS_MAX])
{
	size_t first = DIGITS_MAX;

	do {
		room[--first] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n > 0 || DIGITS_MAX - first < least);
	return span_of(room + first, DIGITS_MAX - first);
}

#endif
