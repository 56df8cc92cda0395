/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What judging an object's bytes costs us (layer.h: format, signatures, both digests) beside the
 * bare calls on the same bytes: one hs_scan() over the plainest literals, EVP MD5, EVP SHA-256.
 * Ours has up to OBJECTS_IN_FLIGHT objects under way as a core has: a turn gives each a slice, in
 * pieces as segments bring them, and makes the digests of all at its end.
 */
#ifndef SLUICE_BENCH_SCAN_OBJECTS_H
#define SLUICE_BENCH_SCAN_OBJECTS_H

#include <hs/hs.h>

#include "bench/corpus.h"
#include "scanners/digest/engine.h"
#include "scanners/signature/signature.h"

#define OBJECTS_IN_FLIGHT 32
#define OBJECTS_PIECE     1448 /* of a segment of 1,500 bytes */
#define OBJECTS_SLICE     (11 * OBJECTS_PIECE)

struct objects {
	const struct generation *generation;
	struct signature_core *core; /* with OBJECTS_IN_FLIGHT scans */
	const struct digest_engine *engine;
	const hs_database_t *bare;
	hs_scratch_t *scratch;
};

/* Thread CPU seconds of all objects, ours and bare. */
struct objects_times {
	double ours, bare;
};

/*
 * Judges as many objects of `bytes` bytes as make up about `work` bytes, `flight` of them at once,
 * both ways in turns. Whether the digests are the bare ones is looked at. NULL, or what went wrong.
 */
const char *objects_time(const struct objects *o, const struct corpus *corpus, size_t bytes,
    unsigned flight, size_t work, struct objects_times *out);

#endif
