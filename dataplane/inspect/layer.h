/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One layer of an object, the bytes as sent or those behind a content coding: digests, format and
 * signatures over the same bytes, as they stream by.
 */
#ifndef SLUICE_INSPECT_LAYER_H
#define SLUICE_INSPECT_LAYER_H

#include "scanners/digest/digest.h"
#include "scanners/format/format.h"
#include "scanners/signature/signature.h"

struct layer {
	bool open;
	bool format_known, scan_failed;
	uint16_t head_bytes;
	enum format format;
	uint64_t bytes;
	struct signature_scan *scan;
	struct digest digest;
	struct digest_values values; /* after layer_finish() */
	uint8_t head[FORMAT_HEAD_BYTES];
};

/* -ENOBUFS when no scan is free. */
int layer_open(struct layer *l, struct signature_core *core, const struct generation *g);
void layer_feed(struct layer *l, struct span bytes, bool is_last);
/* No more bytes: digests and format are final. */
void layer_finish(struct layer *l);
/* NULL: nothing was found so far. */
const struct signature_hit *layer_hit(const struct layer *l);
void layer_close(struct layer *l);

#endif
