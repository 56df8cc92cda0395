/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Masks, as rules name URLs and user agents: `*` stands for any run, `?` for one byte, `\` takes
 * the next byte as it is. ASCII letters match without case. Linear in the mask and at most mask ×
 * text in the worst case, no recursion.
 */
#ifndef SLUICE_BASE_MASK_H
#define SLUICE_BASE_MASK_H

#include <stdbool.h>

#include "common/base/span.h"

/* Whether the mask covers the whole text. */
bool mask_matches(struct span mask, struct span text);

#endif
