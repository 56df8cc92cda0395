/* SPDX-License-Identifier: BSD-3-Clause */
/* Our own messages: headers in the order and form of Squid 5.7 and of a browser behind it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/parse/messages.h"

#define ROOM       (128u << 10)
#define PAGE_BYTES 40000
#define PAGE_CHUNK 4096
#define FILE_BYTES 24000
#define BOUNDARY   "----WebKitFormBoundary7MA4YWxkTrZu0gW"

static const char get[] =
    "GET http://www.example.test/articles/2026/11/29/index.html?from=front&x=1 "
    "HTTP/1.1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
    "Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: http://www.example.test/\r\n"
    "Cookie: session=8c6f2f0f1f4b4c1f9f0b; theme=dark; seen=17\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Host: www.example.test\r\n"
    "Cache-Control: max-age=259200\r\n"
    "Connection: keep-alive\r\n\r\n";

static const char post[] = "POST http://upload.example.test/files/new HTTP/1.1\r\n"
			   "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 "
			   "Firefox/128.0\r\n"
			   "Accept: */*\r\n"
			   "Content-Type: multipart/form-data; boundary=" BOUNDARY "\r\n"
			   "Origin: http://upload.example.test\r\n"
			   "Host: upload.example.test\r\n"
			   "Connection: keep-alive\r\n\r\n";

static const char page[] = "HTTP/1.1 200 OK\r\n"
			   "Server: nginx/1.24.0\r\n"
			   "Date: Sun, 29 Nov 2026 07:00:00 GMT\r\n"
			   "Content-Type: text/html; charset=utf-8\r\n"
			   "Vary: Accept-Encoding\r\n"
			   "ETag: \"65f0-9c40-2a\"\r\n"
			   "Last-Modified: Sat, 28 Nov 2026 18:21:07 GMT\r\n"
			   "X-Content-Type-Options: nosniff\r\n"
			   "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
			   "Cache-Control: private, max-age=60\r\n"
			   "Transfer-Encoding: chunked\r\n\r\n";

static const char form_start[] =
    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n"
    "Minutes\r\n--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"minutes.bin\"\r\n"
    "Content-Type: application/octet-stream\r\n\r\n";
static const char form_end[] = "\r\n--" BOUNDARY "--\r\n";

struct text {
	char *bytes;
	size_t used;
};

static void
put(struct text *t, const char *bytes, size_t n)
{
	memcpy(t->bytes + t->used, bytes, n);
	t->used += n;
}

static void
put_chunk(struct text *t, const char *bytes, size_t n)
{
	t->used += (size_t)sprintf(t->bytes + t->used, "%zx\r\n", n);
	put(t, bytes, n);
	put(t, "\r\n", 2);
}

/* The lines of the ICAP head; `parts` is what Encapsulated says. */
static void
put_icap(struct text *t, const char *method, const char *service, const char *parts)
{
	t->used += (size_t)sprintf(t->bytes + t->used,
	    "%s icap://192.0.2.10:1344/av/%s ICAP/1.0\r\n"
	    "Host: 192.0.2.10:1344\r\n"
	    "Date: Sun, 29 Nov 2026 07:00:00 GMT\r\n"
	    "Encapsulated: %s\r\n"
	    "Preview: 1024\r\n"
	    "Allow: 204, 206, trailers\r\n"
	    "X-Client-IP: 192.0.2.77\r\n"
	    "X-Client-Username: bG9jYWw6Ly9hbGljZQ==\r\n\r\n",
	    method, service, parts);
}

/* Bytes of all values, the same each time, no line end among them by rule. */
static void
fill(char *out, size_t n)
{
	uint32_t x = 2463534242u;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		out[i] = (char)(x >> 24);
	}
}

static int
add_get(struct messages *m, struct text *t)
{
	char parts[64];

	t->used = 0;
	snprintf(parts, sizeof(parts), "req-hdr=0, null-body=%zu", sizeof(get) - 1);
	put_icap(t, "REQMOD", "reqmod", parts);
	put(t, get, sizeof(get) - 1);
	return messages_add(m, span_of(t->bytes, t->used));
}

static int
add_form(struct messages *m, struct text *t, char *scratch)
{
	struct text form = { scratch, 0 };
	char parts[64];

	t->used = 0;
	snprintf(parts, sizeof(parts), "req-hdr=0, req-body=%zu", sizeof(post) - 1);
	put_icap(t, "REQMOD", "reqmod", parts);
	put(t, post, sizeof(post) - 1);
	put(&form, form_start, sizeof(form_start) - 1);
	fill(form.bytes + form.used, FILE_BYTES);
	form.used += FILE_BYTES;
	put(&form, form_end, sizeof(form_end) - 1);
	put_chunk(t, form.bytes, form.used);
	put(t, "0\r\n\r\n", 5);
	return messages_add(m, span_of(t->bytes, t->used));
}

static int
add_page(struct messages *m, struct text *t, char *scratch)
{
	char parts[64];

	t->used = 0;
	snprintf(parts, sizeof(parts), "req-hdr=0, res-hdr=%zu, res-body=%zu", sizeof(get) - 1,
	    sizeof(get) + sizeof(page) - 2);
	put_icap(t, "RESPMOD", "respmod", parts);
	put(t, get, sizeof(get) - 1);
	put(t, page, sizeof(page) - 1);
	for (size_t i = 0; i < PAGE_BYTES; i++)
		scratch[i] = "<p>A line of a page.\n"[i % 21];
	for (size_t at = 0; at < PAGE_BYTES; at += PAGE_CHUNK)
		put_chunk(
		    t, scratch + at, at + PAGE_CHUNK < PAGE_BYTES ? PAGE_CHUNK : PAGE_BYTES - at);
	put(t, "0\r\n\r\n", 5);
	return messages_add(m, span_of(t->bytes, t->used));
}

int
messages_own(struct messages *m)
{
	struct text t = { malloc(ROOM), 0 };
	char *scratch = malloc(ROOM);
	int rc = t.bytes != NULL && scratch != NULL ? 0 : -ENOMEM;

	if (rc == 0)
		rc = add_get(m, &t);
	if (rc == 0)
		rc = add_form(m, &t, scratch);
	if (rc == 0)
		rc = add_page(m, &t, scratch);
	free(t.bytes);
	free(scratch);
	return rc;
}
