/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers on the command lines of the bench's programs. */
#ifndef SLUICE_BENCH_NUMBER_H
#define SLUICE_BENCH_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#define NUMBER_BODY_BYTES_MAX (256u << 20)

/* Digits with K, M or nothing behind them, from low to high. */
bool number_parse(const char *text, uint64_t low, uint64_t high, uint64_t *out);
/* The same of an option; says what was expected and exits with 2 otherwise. */
uint64_t number_argument(
    const char *program, const char *option, const char *text, uint64_t low, uint64_t high);

#endif
