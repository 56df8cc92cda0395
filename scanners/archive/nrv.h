/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NRV, the methods of the library UCL, by which UPX packs programs: literals and matches, told by
 * bits that stand among the bytes they speak of. A match reaches back as far as anything came out,
 * so all of it stays in one buffer. Nothing is allocated.
 */
#ifndef SLUICE_ARCHIVE_NRV_H
#define SLUICE_ARCHIVE_NRV_H

#include "common/base/span.h"

enum nrv_method {
	NRV_2B,
	NRV_2D,
	NRV_2E,
	NRV_METHODS
};

/* How many bytes of bits stand together, the last of them first and in each the highest first. */
#define NRV_BITS_OF_8  1u
#define NRV_BITS_OF_32 4u

struct nrv_output {
	uint8_t *bytes; /* the caller's, `room` of them */
	size_t room, used;
	size_t taken; /* of what is packed: where its end is told, or where it is broken */
};

/*
 * 0: all of it came out, up to its mark; -EBADMSG: broken or cut; -ENOSPC: there is more than room
 * for. What came out before stands in `out`.
 */
int nrv_unpack(struct span packed, enum nrv_method m, unsigned bits_bytes, struct nrv_output *out);

#endif
