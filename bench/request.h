/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What generators send. A RESPMOD: a head that is the same for every body of a length, the body in
 * one chunk, and the end (RFC 3507 §4.9). Or an OPTIONS, which has no body.
 */
#ifndef SLUICE_BENCH_REQUEST_H
#define SLUICE_BENCH_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/span.h"

#define REQUEST_HEAD_BYTES_MAX 2048
#define REQUEST_TAIL           "\r\n0\r\n\r\n"

struct request {
	size_t head_bytes;
	char head[REQUEST_HEAD_BYTES_MAX];
};

/* `content_type` of the HTTP response inside. False: host and path are too long. */
bool request_make(struct request *r, const char *host, const char *path, const char *content_type,
    uint32_t body_bytes, bool allow_204);
/* An OPTIONS request (RFC 3507 §4.10): a head, and nothing behind it. False: too long. */
bool request_make_options(struct request *r, const char *host, const char *path);

#endif
