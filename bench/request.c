/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/request.h"

#include <stdio.h>
#include <string.h>

static const char get[] = "GET http://bench.test/object HTTP/1.1\r\nHost: bench.test\r\n\r\n";

/* `n`: what snprintf() said of the head. False: it had no room. */
static bool
is_whole(struct request *r, int n, size_t body_bytes)
{
	if (n < 0 || n >= (int)sizeof(r->head))
		return false;
	r->head_bytes = (size_t)n;
	r->body_bytes = body_bytes;
	r->bytes = r->head_bytes + (body_bytes > 0 ? body_bytes + strlen(REQUEST_TAIL) : 0);
	return true;
}

bool
request_make(struct request *r, const char *host, const char *path, const char *content_type,
    uint32_t body_bytes, bool allow_204)
{
	char res[256];
	int res_bytes = snprintf(res, sizeof(res),
	    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %u\r\n\r\n", content_type,
	    body_bytes);
	int n = snprintf(r->head, sizeof(r->head),
	    "RESPMOD icap://%s/%s ICAP/1.0\r\nHost: %s\r\n%sEncapsulated: req-hdr=0, res-hdr=%zu, "
	    "res-body=%zu\r\n\r\n%s%s%x\r\n",
	    host, path, host, allow_204 ? "Allow: 204\r\n" : "", sizeof(get) - 1,
	    sizeof(get) - 1 + (size_t)res_bytes, get, res, body_bytes);

	return res_bytes < (int)sizeof(res) && is_whole(r, n, body_bytes);
}

bool
request_make_options(struct request *r, const char *host, const char *path)
{
	int n = snprintf(r->head, sizeof(r->head),
	    "OPTIONS icap://%s/%s ICAP/1.0\r\nHost: %s\r\nEncapsulated: null-body=0\r\n\r\n", host,
	    path, host);

	return is_whole(r, n, 0);
}

bool
request_make_reqmod(struct request *r, const char *host, const char *path, bool allow_204)
{
	int n = snprintf(r->head, sizeof(r->head),
	    "REQMOD icap://%s/%s ICAP/1.0\r\nHost: %s\r\n%sEncapsulated: req-hdr=0, "
	    "null-body=%zu\r\n\r\n%s",
	    host, path, host, allow_204 ? "Allow: 204\r\n" : "", sizeof(get) - 1, get);

	return is_whole(r, n, 0);
}

bool
request_of_plan(struct request *r, const struct bench_plan *p)
{
	if (p->options)
		return request_make_options(r, p->host, p->path);
	if (p->reqmod)
		return request_make_reqmod(r, p->host, p->path, p->allow_204);
	return request_make(r, p->host, p->path, p->content_type, p->body_bytes, p->allow_204);
}
