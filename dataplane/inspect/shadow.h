/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signatures that are only tried: a second generation of the publication that sees the same bytes
 * as the one that serves, and whose findings go into the record and nowhere else. No answer, no
 * cache, no sandbox hears of them. Where none is tried this costs a test of a pointer.
 *
 * It is judged alone, as it was compiled: what its own lists trust, its digests and its matches.
 * What the serving generation or the policy lets pass whatever is in it stays so. Only files of
 * this folder include this.
 */
#ifndef SLUICE_INSPECT_SHADOW_H
#define SLUICE_INSPECT_SHADOW_H

#include <stdint.h>

#include "common/channel/words.h"

struct inspect_object;
struct layer;
struct record_slot;

/* What was found so far; a field of the object. */
struct shadow_found {
	enum shadow said;   /* NONE until the object was seen to its end */
	const char *threat; /* lent by the generation that is tried; NULL: nothing was found */
	uint64_t offset;    /* in the layer it was found in */
	bool failed, wants_deep;
};

/* Scans an open layer by the tried signatures, too. Without room for that the object's is ERROR. */
void shadow_watch(struct inspect_object *o, struct layer *l);
/* A layer is about to be closed before its end: what was found in it stays. */
void shadow_leave(struct inspect_object *o, const struct layer *l);
/* A part has ended whose digests are known, and which no list of the serving generation trusts. */
void shadow_part(struct inspect_object *o, const struct layer *l);
/* The object has ended, its digests are known: from here on `said` stands. */
void shadow_judge(struct inspect_object *o);
/* Of an object whose outcome is set: what it comes to. SHADOW_BAD needs no end of the object. */
enum shadow shadow_outcome(struct inspect_object *o);
/* That, for the record; the text must be the last one that is put. */
void shadow_fill(struct inspect_object *o, struct record_slot *slot);
/* Counted once an object. */
void shadow_count(struct inspect_object *o);

#endif
