/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The face of this folder: an HTTP server for people and Prometheus, read-only. It knows HTTP and
 * nothing of what is served: each request goes to one function, which answers at once. server.c is
 * libmicrohttpd on the caller's libuv loop, with no thread of its own; facts.h, metrics.h and
 * page.h are what is told.
 *
 * Answers GET and HEAD, 405 else. Bounds: WEB_CLIENTS_MAX connections, the next wait in the kernel;
 * WEB_HEAD_BYTES_MAX for a request's line and headers (more is answered 413, 414 or 431);
 * WEB_TIMEOUT_MS from a connection's start, or its last answer, to the end of a whole head, and so
 * long again to take the answer, however busily a client drips. No body is read.
 */
#ifndef SLUICE_WEB_H
#define SLUICE_WEB_H

#include <uv.h>

#define WEB_CLIENTS_MAX    32
#define WEB_HEAD_BYTES_MAX 8192
#define WEB_TIMEOUT_MS     30000
#define WEB_ERROR_TEXT_MAX 256

struct web;
struct web_request; /* lent for the call */

struct web_answer {
	unsigned status;  /* of HTTP */
	const char *type; /* static */
	char *body;       /* malloc'd, the server's from then on; NULL: 500, memory was short */
	size_t bytes;
};

/* Fills in all of `out`. Called from the loop. */
typedef void (*web_answer_fn)(void *arg, const struct web_request *request, struct web_answer *out);

const char *web_path(const struct web_request *request); /* without the query */
/* The value of ?KEY=VALUE, decoded; NULL where there is none. */
const char *web_query(const struct web_request *request, const char *key);

/* Listens at ADDRESS:PORT ("127.0.0.1:8344", "[::1]:8344"). -errno, with a sentence that names the
 * address in `error`. */
int web_start(uv_loop_t *loop, const char *listen, web_answer_fn answer, void *arg,
    struct web **out, char error[WEB_ERROR_TEXT_MAX]);
/* What a timer does every second. */
void web_cut_overdue(struct web *w, uint64_t now_ms);
/* Closes everything; freed once the loop has turned. NULL is fine. */
void web_stop(struct web *w);

#endif
