/* SPDX-License-Identifier: BSD-3-Clause */
/* What single bytes of text mean, or must be written as. */
#ifndef SLUICE_BASE_LETTERS_H
#define SLUICE_BASE_LETTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The value of a hexadecimal digit in either case, else -1. */
static inline int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that two hexadecimal digits write, else -1. */
static inline int
hex_pair(const uint8_t *two)
{
	int high = hex_digit(two[0]), low = hex_digit(two[1]);

	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static inline bool
is_ascii_letter(uint8_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* What stands for a byte that means something in HTML text and quoted attributes, else NULL. */
static inline const char *
html_reference(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

#endif
