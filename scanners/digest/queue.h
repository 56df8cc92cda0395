/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Many digests at once. Pieces of any number of objects are put down, and digest_queue_run() works
 * them off side by side, in the lanes of a vector, while enough objects have something; what is
 * left is done one object after the other. The values do not depend on how: docs/digests.md.
 *
 * Pieces are lent until the next run: their bytes must stay where they are and as they are. A full
 * queue runs by itself, so any call may be one. One thread; nothing is allocated after creation.
 */
#ifndef SLUICE_DIGEST_QUEUE_H
#define SLUICE_DIGEST_QUEUE_H

#include <stdbool.h>

#include "scanners/digest/digest.h"
#include "scanners/digest/engine.h"

#define DIGEST_PIECES_MAX 4096 /* of all objects, between two runs */

struct digest_queue;

/* What went which way, since the start. */
struct digest_work {
	uint64_t lane_bytes, single_bytes;
	uint64_t lane_objects, single_objects; /* by where their last block was done */
};

/* The engine must outlive it. NULL: no memory. */
struct digest_queue *digest_queue_create(const struct digest_engine *engine);
void digest_queue_destroy(struct digest_queue *q);

/* Puts a piece behind those of this object. */
void digest_queue_add(struct digest_queue *q, struct digest *d, struct span bytes);
/* No more pieces: the values are there after the next run. `d` and `out` must live until then. */
void digest_queue_finish(struct digest_queue *q, struct digest *d, struct digest_values *out);
/* Its object is gone: `d` is not touched any more. */
void digest_queue_drop(struct digest_queue *q, struct digest *d);
void digest_queue_run(struct digest_queue *q);
/*
 * The same for the objects that are finished. Of the others it does no more than fills the lanes:
 * what is left of them, `room_bytes` at most, is copied to `room`, where it waits for the next run.
 * Returns how many bytes that are.
 */
size_t digest_queue_run_filled(struct digest_queue *q, uint8_t *room, size_t room_bytes);

bool digest_queue_is_empty(const struct digest_queue *q);
struct digest_work digest_queue_work(const struct digest_queue *q);

#endif
