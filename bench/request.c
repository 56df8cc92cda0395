/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/request.h"

#include <stdio.h>
#include <string.h>

static const char get[] = "GET http://bench.test/object HTTP/1.1\r\nHost: bench.test\r\n\r\n";

/* `n`: what snprintf() said of the head. False: it had no room. */
static bool
is_whole(struct request *r, int n, size_t body_bytes, bool allow_204)
{
	if (n < 0 || n >= (int)sizeof(r->head))
		return false;
	r->head_bytes = (size_t)n;
	r->body_bytes = r->first = body_bytes;
	r->bytes = r->head_bytes + (body_bytes > 0 ? body_bytes + strlen(REQUEST_TAIL) : 0);
	r->after = r->rest_bytes = 0;
	r->may_204 = allow_204;
	r->previews = false;
	return true;
}

/* The encapsulated heads, without a body's own. False: no room. */
static bool
put_http(char *out, size_t room, const struct request_shape *s, size_t *request_bytes)
{
	int n;

	*request_bytes = s->post ? 0 : sizeof(get) - 1;
	if (s->post)
		n = snprintf(out, room,
		    "POST http://bench.test/form HTTP/1.1\r\nHost: bench.test\r\n"
		    "Content-Type: %s\r\nContent-Length: %u\r\n\r\n",
		    s->content_type, s->body_bytes);
	else
		n = snprintf(out, room,
		    "%sHTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %u\r\n\r\n", get,
		    s->content_type, s->body_bytes);
	return n < (int)room;
}

bool
request_make_shape(struct request *r, const struct request_shape *s)
{
	uint32_t first = s->preview_bytes > 0 && s->preview_bytes < s->body_bytes ? s->preview_bytes
										  : s->body_bytes;
	char http[512], parts[96], preview[32] = "";
	size_t request_bytes;
	int n;

	if (!put_http(http, sizeof(http), s, &request_bytes))
		return false;
	if (s->preview_bytes > 0)
		snprintf(preview, sizeof(preview), "Preview: %u\r\n", s->preview_bytes);
	if (s->post)
		snprintf(parts, sizeof(parts), "req-hdr=0, req-body=%zu", strlen(http));
	else
		snprintf(parts, sizeof(parts), "req-hdr=0, res-hdr=%zu, res-body=%zu",
		    request_bytes, strlen(http));
	n = snprintf(r->head, sizeof(r->head),
	    "%s icap://%s/%s ICAP/1.0\r\nHost: %s\r\n%s%sEncapsulated: %s\r\n\r\n%s%x\r\n",
	    s->post ? "REQMOD" : "RESPMOD", s->host, s->path, s->host,
	    s->allow_204 ? "Allow: 204\r\n" : "", preview, parts, http, first);
	if (!is_whole(r, n, s->body_bytes, s->allow_204))
		return false;
	if (s->preview_bytes == 0)
		return true;
	r->previews = true;
	r->first = first;
	r->bytes = r->head_bytes + first +
		   strlen(first == s->body_bytes ? REQUEST_TAIL_ALL : REQUEST_TAIL);
	if (first < s->body_bytes) {
		r->rest_bytes =
		    (size_t)snprintf(r->rest, sizeof(r->rest), "%x\r\n", s->body_bytes - first);
		r->after = r->rest_bytes + s->body_bytes - first + strlen(REQUEST_TAIL);
	}
	return true;
}

bool
request_make(struct request *r, const char *host, const char *path, const char *content_type,
    uint32_t body_bytes, bool allow_204)
{
	struct request_shape shape = { .host = host,
		.path = path,
		.content_type = content_type,
		.body_bytes = body_bytes,
		.allow_204 = allow_204 };

	return request_make_shape(r, &shape);
}

void
request_parts(
    const struct request *r, struct span body, bool rest, struct span parts[REQUEST_PARTS])
{
	bool all = r->previews && r->first == r->body_bytes;

	parts[0] = rest ? span_of(r->rest, r->rest_bytes) : span_of(r->head, r->head_bytes);
	parts[1] = rest ? span_from(body, r->first) : span_first(body, r->first);
	parts[2] = span_text(all ? REQUEST_TAIL_ALL : REQUEST_TAIL);
	if (r->body_bytes == 0)
		parts[2] = span_of(NULL, 0);
}

bool
request_make_options(struct request *r, const char *host, const char *path)
{
	int n = snprintf(r->head, sizeof(r->head),
	    "OPTIONS icap://%s/%s ICAP/1.0\r\nHost: %s\r\nEncapsulated: null-body=0\r\n\r\n", host,
	    path, host);

	return is_whole(r, n, 0, false);
}

bool
request_make_reqmod(struct request *r, const char *host, const char *path, bool allow_204)
{
	int n = snprintf(r->head, sizeof(r->head),
	    "REQMOD icap://%s/%s ICAP/1.0\r\nHost: %s\r\n%sEncapsulated: req-hdr=0, "
	    "null-body=%zu\r\n\r\n%s",
	    host, path, host, allow_204 ? "Allow: 204\r\n" : "", sizeof(get) - 1, get);

	return is_whole(r, n, 0, allow_204);
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
