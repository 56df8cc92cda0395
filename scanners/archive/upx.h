/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Windows programs, PE32 and PE32+, that UPX packed: where in one the packed stream stands, and a
 * program made again of what comes out. The section that has no bytes in the file is where it is
 * unpacked to; the next holds the stream and the code that unpacks it, whose first instructions
 * tell where the stream begins, also where UPX's own header was wiped out. Nothing is allocated.
 */
#ifndef SLUICE_ARCHIVE_UPX_H
#define SLUICE_ARCHIVE_UPX_H

#include "scanners/archive/window.h"

/* Of UPX's header; others are no NRV, or of other programs. */
#define UPX_NRV2B_LE32 2
#define UPX_NRV2D_LE32 5
#define UPX_NRV2E_LE32 8
#define UPX_LZMA       14

#define UPX_LZMA_HEAD 2 /* before the stream: lc + lp and pb, then lp and lc */
#define UPX_NO_HEADS  SIZE_MAX

struct upx_program {
	struct span packed; /* the stream, and what follows it */
	uint32_t bytes_max; /* that may come out: what its sections have of the memory */
	uint32_t bytes;     /* that do, as is told: LZMA's streams have no end; or 0 */
	uint32_t base;      /* the address of the first of them, within the image */
	bool has_head;      /* UPX's, sound; else the next three are 0 */
	uint8_t method, filter, cto;
};

/* Whether it is one. */
bool upx_read(struct span file, struct upx_program *out);

/* LZMA's properties, as a .lzma file begins with them; false: there are none such. */
bool upx_lzma_properties(struct span packed, uint8_t *out);

/* Where in what came out UPX put the headers of what it packed; UPX_NO_HEADS: they are not there,
 * or speak of sections that lie elsewhere. */
size_t upx_heads(struct span image, const struct upx_program *p);

/*
 * Undoes what was done to calls and jumps before packing. False: nothing was, or by a filter that
 * is not known here; 0x24 to 0x26, 0x46 and 0x49 are.
 */
bool upx_unfilter(uint8_t *image, size_t bytes, const struct upx_program *p, size_t heads);

/*
 * The program as ClamAV has it made again: section behind section, each as long as in memory, with
 * neither imports nor resources. 0, or -ENOSPC: the sink had enough.
 */
int upx_rebuild(
    struct span image, const struct upx_program *p, size_t heads, span_sink sink, void *arg);

#endif
