/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bodies that generators send and floors scan: slices of one file, one behind the other and
 * around, CORPUS_SHIFT bytes apart, so that a body is not seen again before the file has been gone
 * through many times (a verdict cache would know it), and every program of a run sees the same
 * bytes in the same order. Read once, immutable; the file's bytes and one body more are in memory.
 */
#ifndef SLUICE_BENCH_CORPUS_H
#define SLUICE_BENCH_CORPUS_H

#include <stdint.h>

#include "common/base/span.h"

#define CORPUS_BYTES_MAX   (1u << 30)
#define CORPUS_TEXT_BYTES  (1u << 20) /* of the generated text, where no file is given */
#define CORPUS_SHIFT       61
#define CORPUS_ERROR_BYTES 160

struct corpus {
	uint8_t *bytes;
	size_t count;    /* of the file */
	size_t body_max; /* bytes that may be asked for at once */
};

/* NULL as path: generated text that no signature knows. -errno and a sentence; corpus_free(). */
int corpus_load(
    const char *path, size_t body_max, struct corpus *out, char error[CORPUS_ERROR_BYTES]);
void corpus_free(struct corpus *c);

/* Body number `index` of `bytes` bytes, at most body_max; lent by the corpus. */
struct span corpus_body(const struct corpus *c, uint64_t index, size_t bytes);

#endif
