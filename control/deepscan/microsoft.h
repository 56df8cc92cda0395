/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Microsoft's older formats, by libmspack, from memory to memory: cabinets (CAB), help (CHM), and
 * what COMPRESS.EXE and its kin made of one file (SZDD, KWAJ). One thread.
 */
#ifndef SLUICE_DEEPSCAN_MICROSOFT_H
#define SLUICE_DEEPSCAN_MICROSOFT_H

#include "control/deepscan/layer.h"

/* Whether it begins as one of these. */
bool microsoft_is_one(struct span bytes);
/* True: it is one of these, and what could be read of it was judged. False also of a guess that
 * proves to be none. */
bool microsoft_unpack(struct deepscan *d, const struct layer *l);

#endif
