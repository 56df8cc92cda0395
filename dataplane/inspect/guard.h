/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The re-download guard: URLs whose download was cut off because the verdict came after a part of
 * it was delivered. Whoever asks for one again, as browsers do by themselves, gets the page and not
 * the start of it once more. Fixed memory: sets of GUARD_WAYS, the entry that ends soonest gives
 * way. Keyed by SHA-256 of the URL as it is logged. One thread.
 */
#ifndef SLUICE_INSPECT_GUARD_H
#define SLUICE_INSPECT_GUARD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/mono.h"

#define GUARD_ENTRIES    4096
#define GUARD_WAYS       4
#define GUARD_THREAT_MAX 64

struct guard;

/* NULL when memory is lacking. */
struct guard *guard_create(void);
void guard_destroy(struct guard *g);

/* Remembers a URL until `until`; `threat` is cut at GUARD_THREAT_MAX - 1. */
void guard_put(struct guard *g, const uint8_t url_sha256[32], const char *threat, struct mono now,
    struct mono until);
/* The threat its download was cut for, lent until the next call; NULL: no such URL. */
const char *guard_find(struct guard *g, const uint8_t url_sha256[32], struct mono now);
/* False while nothing was ever put: then a caller need not hash. */
bool guard_is_used(const struct guard *g);

#endif
