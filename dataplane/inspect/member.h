/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What other readers make of a packed body. gzip members and zstd frames follow one another, and
 * joined they are the object (RFC 1952 §2.2, RFC 8878 §3.1); browsers stop behind the first. A
 * stream that breaks is no object for us, but they do not look at its checksum, nor miss its end.
 * So what they would have is judged by its digests as well: each member by itself, and what came
 * out before a stream broke. Signatures see all of it in any case.
 *
 * An object of one whole member costs a comparison for each output. Another one costs a run of the
 * digests' queue, and its members behind the first are hashed twice; MEMBERS_MAX of them.
 * Only files of this folder include this.
 */
#ifndef SLUICE_INSPECT_MEMBER_H
#define SLUICE_INSPECT_MEMBER_H

#include "common/base/span.h"
#include "scanners/digest/digest.h"
#include "scanners/format/format.h"

struct inspect_object;

#define MEMBERS_MAX 64 /* looked at; those behind them are judged with the whole alone */

/* The member that is open, from the second on. */
struct member {
	uint32_t number; /* 0: there was one at most so far */
	enum format format;
	uint64_t bytes;
	struct digest digest;
};

/* Output of the `number`-th member, from 2, before it is fed to the layer behind the coding. */
void member_feed(struct inspect_object *o, uint32_t number, struct span bytes);
/* No more output. */
void member_end(struct inspect_object *o);
/* The stream broke: judges what came out of it, before its layer is closed. */
void member_broken(struct inspect_object *o);

#endif
