/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The embedded sandbox: a program that judges one object and ends. The object is descriptor 3, the
 * generation descriptor 4 (absent: the built-in one). It answers one line on standard output:
 *
 *     VERDICT SOURCE THREAT MEMBER        "bad sandbox Eicar-Test-Signature a.tar/b.zip/eicar.com"
 *
 * THREAT and MEMBER are "-" where there is none; bytes that are no printable ASCII are '_'.
 */
#ifndef SLUICE_DEEPSCAN_H
#define SLUICE_DEEPSCAN_H

#include <stdint.h>

#include "common/channel/words.h"
#include "scanners/signature/signature.h"

#define DEEPSCAN_OBJECT_FD     3
#define DEEPSCAN_GENERATION_FD 4
#define DEEPSCAN_MEMBER_MAX    512

struct deepscan_limits {
	uint32_t depth_max, members_max;
	uint64_t unpacked_bytes_max;
};

struct deepscan {
	struct deepscan_limits limits;
	const struct generation *generation;
	struct signature_core *core;
	uint32_t members;
	uint64_t unpacked_bytes;
	enum verdict verdict;
	enum source source; /* SANDBOX, or the first class that was met */
	char threat[128], member[DEEPSCAN_MEMBER_MAX];
};

/* unpack.c: judges the bytes and everything packed in them; the result stands in `d`. */
void deepscan_judge(struct deepscan *d, struct span object);

#endif
