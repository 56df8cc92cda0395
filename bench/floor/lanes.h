/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both digests of LANES_FLIGHT bodies at once, by the product's own library: what is left of an
 * object's cost when its verdict is known. One thread; costs are its processor time.
 */
#ifndef SLUICE_BENCH_FLOOR_LANES_H
#define SLUICE_BENCH_FLOOR_LANES_H

#include "bench/floor/floor.h"
#include "scanners/digest/digest.h"

#define LANES_FLIGHT 32

/*
 * For at least `length` of processor time: microseconds of an object. *last: those of the last
 * body. Negative: no memory, or the library failed.
 */
double lanes_measure(
    const struct corpus *corpus, size_t bytes, struct duration length, struct digest_values *last);

#endif
