/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Talks to an ICAP session as a client and as the inspector at once: bytes go in as cut, each event
 * is answered by a fixed policy, and what comes out is gathered. The same bytes must give the same
 * talk however they are cut. Tests and fuzz targets share it.
 */
#ifndef SLUICE_TESTS_TALK_H
#define SLUICE_TESTS_TALK_H

#include "dataplane/icap/icap.h"

#define TALK_REPLY_BYTES_MAX (4u << 20)

/* What the inspector does with an object. */
enum talk_policy {
	TALK_JUDGE,   /* reads all, then 204 where it may, else the object back */
	TALK_EARLY,   /* 204 at the preview's end */
	TALK_REPLACE, /* a page as soon as the request is known */
	TALK_ERROR,   /* 500 at the object's end */
	TALK_POLICIES
};

struct talk {
	char *reply;
	size_t reply_bytes;
	uint64_t body_bytes, body_hash; /* of the objects that came to their end */
	unsigned requests, ends, aborts;
	bool closed, drain, abort;
};

/* The ICAP of one session, made at the first call with what that gives, and kept: its pages are
 * dear under a sanitizer. Aborts where there is no memory. */
struct icap *talk_icap(const struct chain_pools *pools, enum http_scan_kind scan);

/* Frees with talk_free(). `cuts`: sizes of the pieces, the last one over and over; 0 ends: whole.
 */
struct talk *talk_run(const struct chain_pools *pools, enum talk_policy policy, struct span bytes,
    const uint16_t *cuts, unsigned cut_count, bool end);
void talk_free(struct talk *t);
/* Whether two talks cannot be told apart from outside. */
bool talk_is_same(const struct talk *a, const struct talk *b);

#endif
