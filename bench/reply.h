/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads one ICAP answer to a RESPMOD (RFC 3507 §4.9), cut anywhere: the head, the encapsulated HTTP
 * head, the chunks, whose bytes are compared with the body that was sent. Where nothing was sent,
 * an answer without a body is one, too (to OPTIONS, §4.10.2, and a request that comes back). A
 * preview's 100 (§4.5) is an answer by itself. Holds
 * one head of REPLY_HEAD_BYTES_MAX; body bytes are looked at and let go. No allocation.
 */
#ifndef SLUICE_BENCH_REPLY_H
#define SLUICE_BENCH_REPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

#define REPLY_HEAD_BYTES_MAX 16384
#define REPLY_PAGE_BYTES_MAX (1u << 20)

enum reply_outcome {
	REPLY_MORE,
	REPLY_DONE,
	REPLY_BAD, /* not an answer, or longer than its bounds */
};

struct reply {
	enum {
		REPLY_IN_HEAD,
		REPLY_IN_HTTP_HEAD,
		REPLY_IN_SIZE,
		REPLY_IN_CHUNK,
		REPLY_IN_CHUNK_END,
		REPLY_IN_TRAILER
	} state;
	struct span expected; /* lent: the body that must come back, or none */
	bool any;             /* whatever body comes: a page of the server's own */
	bool previews;        /* a 100 may come, and is then all of this answer */
	unsigned status;
	bool differs;        /* a body came that is not the expected one, or not all of it */
	bool closes;         /* Connection: close */
	bool null_body;      /* behind the HTTP head there is nothing */
	uint64_t left;       /* of the HTTP head, or of the chunk */
	uint64_t body_bytes; /* that came back */
	uint32_t head_bytes;
	char head[REPLY_HEAD_BYTES_MAX];
};

void reply_begin(struct reply *r, struct span expected);
/* The answer may have any body, of REPLY_PAGE_BYTES_MAX at most: a page in an object's place. */
void reply_begin_page(struct reply *r);
/* Takes bytes; *used: how many were this answer's, all of them unless it is done. */
enum reply_outcome reply_feed(struct reply *r, struct span bytes, size_t *used);

#endif
