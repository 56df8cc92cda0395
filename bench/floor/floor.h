/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The floor: what the bare library calls cost on the same bytes, with no network, no protocol and
 * no cut: one hs_scan() in block mode over all literals, then EVP MD5, then EVP SHA-256, contexts
 * reused. It is what a good engineer writes first, and what the whole product is held against.
 * The literals are compiled whole, in one call, by Hyperscan's own choice: no anchors of ours.
 *
 * One thread; costs are its processor time.
 */
#ifndef SLUICE_BENCH_FLOOR_H
#define SLUICE_BENCH_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/corpus.h"
#include "common/base/mono.h"

#define FLOOR_LITERALS_MAX 1000000
#define FLOOR_ERROR_BYTES  256

struct floor;

/* Literals from a .lit file (docs/signatures.md). -errno and a sentence; floor_close(). */
int floor_open(const char *literals, struct floor **out, char error[FLOOR_ERROR_BYTES]);
void floor_close(struct floor *f);
unsigned floor_literals(const struct floor *f);

/* Which calls are made on each body. */
#define FLOOR_SCAN   0x1u
#define FLOOR_MD5    0x2u
#define FLOOR_SHA256 0x4u
#define FLOOR_BARE   (FLOOR_SCAN | FLOOR_MD5 | FLOOR_SHA256)

struct floor_result {
	uint64_t objects, matches, cpu_ns;
	uint8_t md5[16], sha256[32]; /* of the last body */
};

/* Body after body, for at least `length` of processor time and at least once. -EIO: a call failed.
 */
int floor_measure(struct floor *f, const struct corpus *corpus, size_t bytes, unsigned calls,
    struct duration length, struct floor_result *out);

/*
 * Adds a second, in six chains that do not wait for each other, over `length`: it falls when
 * another thread has a share of the core that no clock of ours shows (LIMITS of shared machines).
 */
double floor_probe(struct duration length);
/* Adds a second in one chain, each waiting for the last: the core's clock, in Hz. */
double floor_clock(struct duration length);

#endif
