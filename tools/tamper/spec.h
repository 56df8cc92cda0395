/* SPDX-License-Identifier: BSD-3-Clause */
/* What a tamper link does to frames, and its written form: "loss=1%,reorder=2%,delay=5ms". */
#ifndef SLUICE_TAMPER_SPEC_H
#define SLUICE_TAMPER_SPEC_H

#include <stddef.h>
#include <stdint.h>

#define TAMPER_VLAN_MAX     4094u
#define TAMPER_DELAY_US_MAX 10000000u

struct tamper_spec {
	/* of the frames, in millionths */
	uint32_t loss_ppm, reorder_ppm, dup_ppm, corrupt_ppm, ce_ppm;
	uint32_t delay_us; /* of every frame, each way */
	uint16_t vlan; /* 0: none; else the first interface is an access port, the second a trunk */
};

/* Pairs of key and value, commas between; a key that is not named is 0. -EINVAL, with a sentence
 * that says where and what was expected. */
int tamper_spec_parse(const char *text, struct tamper_spec *out, char *error, size_t room);

#endif
