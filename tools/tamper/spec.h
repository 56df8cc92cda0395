/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tamper link does to frames, and its written form: "loss=1%,reorder=2%,delay=5ms". */
#ifndef SLUICE_TAMPER_SPEC_H
#define SLUICE_TAMPER_SPEC_H

#include <stddef.h>
#include <stdint.h>

#define TAMPER_DELAY_US_MAX 10000000u

struct tamper_spec {
	uint32_t loss_ppm, reorder_ppm, dup_ppm, corrupt_ppm; /* of the frames, in millionths */
	uint32_t delay_us;                                    /* of every frame, each way */
};

/* Pairs of key and value, commas between; a key that is not named is 0. -EINVAL, with a sentence
 * that says where and what was expected. */
int tamper_spec_parse(const char *text, struct tamper_spec *out, char *error, size_t room);

#endif
