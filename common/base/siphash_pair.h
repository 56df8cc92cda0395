/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-2-4 with 128 bits, of one number: identifiers that nobody without the key foretells. */
#ifndef SLUICE_BASE_SIPHASH_PAIR_H
#define SLUICE_BASE_SIPHASH_PAIR_H

#include "common/base/siphash.h"

/* Of the eight bytes of `number` as they lie in memory; the first of `out` is the hash's first
 * half. */
void siphash_pair(const struct siphash_key *key, uint64_t number, uint64_t out[2]);

#endif
