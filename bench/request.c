/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/request.h"

#include <stdio.h>

bool
request_make(struct request *r, const char *host, const char *path, const char *content_type,
    uint32_t body_bytes, bool allow_204)
{
	static const char req[] =
	    "GET http://bench.test/object HTTP/1.1\r\nHost: bench.test\r\n\r\n";
	char res[256];
	int res_bytes = snprintf(res, sizeof(res),
	    "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %u\r\n\r\n", content_type,
	    body_bytes);
	int n = snprintf(r->head, sizeof(r->head),
	    "RESPMOD icap://%s/%s ICAP/1.0\r\nHost: %s\r\n%sEncapsulated: req-hdr=0, res-hdr=%zu, "
	    "res-body=%zu\r\n\r\n%s%s%x\r\n",
	    host, path, host, allow_204 ? "Allow: 204\r\n" : "", sizeof(req) - 1,
	    sizeof(req) - 1 + (size_t)res_bytes, req, res, body_bytes);

	if (res_bytes >= (int)sizeof(res) || n >= (int)sizeof(r->head))
		return false;
	r->head_bytes = (size_t)n;
	return true;
}

bool
request_make_options(struct request *r, const char *host, const char *path)
{
	int n = snprintf(r->head, sizeof(r->head),
	    "OPTIONS icap://%s/%s ICAP/1.0\r\nHost: %s\r\nEncapsulated: null-body=0\r\n\r\n", host,
	    path, host);

	if (n >= (int)sizeof(r->head))
		return false;
	r->head_bytes = (size_t)n;
	return true;
}
