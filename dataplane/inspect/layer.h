/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One layer of an object, the bytes as sent or those behind a content coding: digests, format and
 * signatures over the same bytes, as they stream by. Digests are only put down here, in the queue
 * of the core: the bytes are lent to it until its next run (hashing.c).
 */
#ifndef SLUICE_INSPECT_LAYER_H
#define SLUICE_INSPECT_LAYER_H

#include "scanners/digest/digest.h"
#include "scanners/digest/queue.h"
#include "scanners/format/format.h"
#include "scanners/signature/signature.h"

/* What the object is called, where a rule asks for it before layer_close(). */
struct layer_name {
	signature_name_of of;
	void *arg;
};

struct layer {
	struct layer_name name;
	bool open;
	bool format_known, scan_failed;
	bool wants_deep; /* after layer_finish(): rules may hold that only a sandbox judges */
	bool unscanned;  /* between layer_take_whole() and layer_scan_whole() */
	bool shadow_failed, shadow_wants_deep; /* the same of what is only tried */
	uint16_t head_bytes;
	enum format format;
	uint64_t bytes;
	struct signature_scan *scan;
	struct signature_scan *shadow; /* by signatures that are only tried; NULL: by none */
	struct digest digest;
	struct digest_values values; /* after layer_finish() and a run of the queue; until then 0 */
	uint8_t head[FORMAT_HEAD_BYTES]; /* of what came in pieces, before its format was known */
};

/* -ENOBUFS when no scan is free. */
int layer_open(struct layer *l, struct signature_core *core, const struct generation *g,
    struct layer_name name);
/* An open layer that has no bytes yet is scanned by these, too. -ENOBUFS as above. */
int layer_watch(struct layer *l, struct signature_core *core, const struct generation *g);
/* After layer_finish(): what signatures say hangs on that name. */
bool layer_is_by_name(const struct layer *l);
/* Format and signatures; the caller puts the bytes into the queue. */
void layer_feed(struct layer *l, struct span bytes, bool is_last);
/* All of the layer at once, its format without its signatures, and these later: they are given the
 * same bytes, or left out where nobody asks for them any more. Until then the scan has failed. */
void layer_take_whole(struct layer *l, struct span bytes);
void layer_scan_whole(struct layer *l, struct span bytes);
/* No more bytes: the format is final, and the digests after the queue's next run; at once where
 * there is no queue (NULL) and the caller fed `digest` itself. */
void layer_finish(struct layer *l, struct digest_queue *q);
/* By the bytes so far. */
enum format layer_format(const struct layer *l);
/* NULL: nothing was found so far. */
const struct signature_hit *layer_hit(const struct layer *l);
const struct signature_hit *layer_shadow_hit(const struct layer *l);
/* `q` as in layer_finish(). */
void layer_close(struct layer *l, struct digest_queue *q);

#endif
