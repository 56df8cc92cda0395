/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What generators send. A RESPMOD: a head that is the same for every body of a length, the body in
 * one chunk, and the end (RFC 3507 §4.9). Or an OPTIONS, or a REQMOD of a GET: both have no body.
 */
#ifndef SLUICE_BENCH_REQUEST_H
#define SLUICE_BENCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/bench.h"

#define REQUEST_HEAD_BYTES_MAX 2048
#define REQUEST_TAIL           "\r\n0\r\n\r\n"

struct request {
	size_t head_bytes;
	size_t body_bytes; /* 0: the head is all of it */
	size_t bytes;      /* head, body and REQUEST_TAIL */
	char head[REQUEST_HEAD_BYTES_MAX];
};

/* What a plan asks for. False: its host, path and type are too long for a head. */
bool request_of_plan(struct request *r, const struct bench_plan *plan);

/* `content_type` of the HTTP response inside. False: host and path are too long. */
bool request_make(struct request *r, const char *host, const char *path, const char *content_type,
    uint32_t body_bytes, bool allow_204);
/* An OPTIONS request (RFC 3507 §4.10): a head, and nothing behind it. False: too long. */
bool request_make_options(struct request *r, const char *host, const char *path);
/* A REQMOD of a GET (RFC 3507 §4.8), 204 allowed or not. False: too long. */
bool request_make_reqmod(struct request *r, const char *host, const char *path, bool allow_204);

#endif
