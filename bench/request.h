/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What generators send: a head that is the same for every body of a length, the body in one chunk,
 * and the end (RFC 3507 §4.8, §4.9). With a preview (§4.5) its first bytes go as one chunk with an
 * end of their own, and the rest follows where the server asks for it. Or a request without a
 * body: OPTIONS, or a REQMOD of a GET.
 */
#ifndef SLUICE_BENCH_REQUEST_H
#define SLUICE_BENCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/bench.h"

#define REQUEST_HEAD_BYTES_MAX 2048
#define REQUEST_REST_BYTES_MAX 16
#define REQUEST_TAIL           "\r\n0\r\n\r\n"
#define REQUEST_TAIL_ALL       "\r\n0; ieof\r\n\r\n" /* of a preview that was the whole body */
#define REQUEST_PARTS          3

struct request {
	size_t head_bytes;
	size_t body_bytes; /* 0: the head is all of it */
	size_t first;      /* of the body, that go with the head: all, or those of a preview */
	size_t bytes;      /* that go out at once: the head, those, and an end */
	size_t after;      /* that follow where the server asks for what is behind a preview; 0 */
	bool previews;
	bool may_204; /* Allow: 204; the end of a preview allows it, too */
	size_t rest_bytes;
	char rest[REQUEST_REST_BYTES_MAX]; /* the size line of what follows a preview */
	char head[REQUEST_HEAD_BYTES_MAX];
};

/* A message with a body. */
struct request_shape {
	const char *host, *path, *content_type;
	uint32_t body_bytes;    /* at least 1 */
	uint32_t preview_bytes; /* 0: without one */
	bool allow_204;
	bool post; /* REQMOD of a POST; else RESPMOD of the answer to a GET */
};

/*
 * The parts that go out with the head, or (`rest`) once the server has asked for what follows a
 * preview, in order; some may be empty. `body` has body_bytes. They have `bytes`, or `after`.
 */
void request_parts(
    const struct request *r, struct span body, bool rest, struct span parts[REQUEST_PARTS]);

/* What a plan asks for. False: its host, path and type are too long for a head. */
bool request_of_plan(struct request *r, const struct bench_plan *plan);

/* False: host, path and type are too long. */
bool request_make_shape(struct request *r, const struct request_shape *shape);
/* A RESPMOD without a preview. False: the same. */
bool request_make(struct request *r, const char *host, const char *path, const char *content_type,
    uint32_t body_bytes, bool allow_204);
/* An OPTIONS request (RFC 3507 §4.10): a head, and nothing behind it. False: too long. */
bool request_make_options(struct request *r, const char *host, const char *path);
/* A REQMOD of a GET (RFC 3507 §4.8), 204 allowed or not. False: too long. */
bool request_make_reqmod(struct request *r, const char *host, const char *path, bool allow_204);

#endif
