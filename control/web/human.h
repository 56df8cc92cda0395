/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers as people read them. Each writes into `out`, cut where it must be, and returns it. */
#ifndef SLUICE_WEB_HUMAN_H
#define SLUICE_WEB_HUMAN_H

#include <stdint.h>

#define HUMAN_TEXT 48

/* "1,234,567" */
const char *human_count(uint64_t n, char out[HUMAN_TEXT]);
/* A rate: "0", "0.4", "12.3", "1,234"; not a number or negative: "0". */
const char *human_rate(double per_s, char out[HUMAN_TEXT]);
/* "999 B", "1.2 kB", "34 MB": powers of a thousand, as networks count. */
const char *human_bytes(double bytes, char out[HUMAN_TEXT]);
/* A duration from nanoseconds: "870 ns", "12 µs", "1.3 ms", "2.5 s", "4 min". */
const char *human_duration(uint64_t ns, char out[HUMAN_TEXT]);
/* A time that something has run, in two units: "42 s", "3 min 5 s", "2 h 0 min", "12 d 7 h". */
const char *human_age(uint64_t seconds, char out[HUMAN_TEXT]);

#endif
