/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether bytes have a control character that no text has: all below 0x20 but \t \n \f \r and ESC,
 * and DEL. All ways find the same, and read nothing outside the bytes. Immutable; any thread.
 */
#ifndef SLUICE_FORMAT_CONTROLS_H
#define SLUICE_FORMAT_CONTROLS_H

#include <stdbool.h>

#include "common/base/span.h"

/* By the fastest way that this processor has. */
bool controls_in(struct span bytes);

/* 16 bytes at a time; 32, where the processor has AVX2 (controls_may_avx2()). */
bool controls_in_sse(struct span bytes);
bool controls_in_avx2(struct span bytes);
bool controls_may_avx2(void);

#endif
