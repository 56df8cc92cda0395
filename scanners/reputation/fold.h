/* SPDX-License-Identifier: BSD-3-Clause */
/* What code points of a host are the same as others. Pure. */
#ifndef SLUICE_REPUTATION_FOLD_H
#define SLUICE_REPUTATION_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/span.h"

/* The next code point of UTF-8 (RFC 3629: no surrogates), false where it is none. */
bool fold_next_point(struct span *s, uint32_t *point);

/*
 * UTF-8 rewritten as UTS 46 maps it: capital letters of Latin, Greek, Cyrillic and Armenian small,
 * wide forms of ASCII and of dots as ASCII, what is invisible gone. What is no UTF-8 stays. In
 * place: nothing becomes longer. The bytes that are left.
 */
uint32_t fold_host(uint8_t *host, uint32_t bytes);

#endif
