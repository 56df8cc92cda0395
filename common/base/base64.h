/* SPDX-License-Identifier: BSD-3-Clause */
/* Base64 of RFC 4648 §4, strictly: no blanks, padding where it belongs, unused bits zero. */
#ifndef SLUICE_BASE_BASE64_H
#define SLUICE_BASE_BASE64_H

#include <sys/types.h>

#include "common/base/span.h"

/* 0 to 63; -1: no character of the alphabet. */
static inline int
base64_value(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Returns how many bytes were written; -EINVAL: no such text, -ENOBUFS: `room` is too small. */
ssize_t base64_decode(struct span text, uint8_t *out, size_t room);

#endif
