/* SPDX-License-Identifier: BSD-3-Clause */
/* What is sent must be a RESPMOD whose offsets point at its parts, or every peer answers 400. */
#include "bench/request.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static size_t
offset_of(const struct request *r, const char *part)
{
	const char *at = strstr(r->head, part);

	return at != NULL ? strtoul(at + strlen(part), NULL, 10) : 0;
}

TEST(offsets_point_at_the_parts)
{
	struct request r;
	const char *parts;

	CHECK(request_make(&r, "h", "av/respmod", "text/css", 0x1234, true));
	CHECK(strlen(r.head) == r.head_bytes);
	CHECK(strncmp(r.head, "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n", 47) == 0);
	CHECK(strstr(r.head, "\r\nAllow: 204\r\n") != NULL);
	parts = strstr(r.head, "\r\n\r\n") + 4;
	CHECK(strncmp(parts, "GET ", 4) == 0);
	CHECK(strncmp(parts + offset_of(&r, "res-hdr="), "HTTP/1.1 200 OK\r\n", 17) == 0);
	CHECK(strcmp(parts + offset_of(&r, "res-body="), "1234\r\n") == 0);
	CHECK(strstr(r.head, "\r\nContent-Type: text/css\r\nContent-Length: 4660\r\n") != NULL);
}

TEST(options_is_a_head_alone)
{
	static char path[REQUEST_HEAD_BYTES_MAX];
	struct request r;

	CHECK(request_make_options(&r, "h", "av/respmod"));
	CHECK(strcmp(r.head, "OPTIONS icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n"
			     "Encapsulated: null-body=0\r\n\r\n") == 0);
	CHECK(r.head_bytes == strlen(r.head));
	memset(path, 'a', sizeof(path) - 1);
	CHECK(!request_make_options(&r, "h", path));
}

TEST(reqmod_is_a_get_without_a_body)
{
	struct bench_plan p = { .host = "h",
		.path = "av/reqmod",
		.content_type = "t",
		.reqmod = true,
		.allow_204 = true };
	struct request r;
	const char *get;

	CHECK(request_of_plan(&r, &p));
	CHECK(strncmp(r.head, "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n", 45) == 0);
	CHECK(strstr(r.head, "\r\nAllow: 204\r\n") != NULL);
	get = strstr(r.head, "\r\n\r\n") + 4;
	CHECK(strncmp(get, "GET ", 4) == 0);
	CHECK(strlen(get) == offset_of(&r, "null-body="));
	CHECK(r.bytes == r.head_bytes && r.body_bytes == 0);
	p.allow_204 = false;
	CHECK(request_of_plan(&r, &p) && strstr(r.head, "Allow") == NULL);
}

TEST(a_body_has_its_end_behind_it)
{
	struct bench_plan p = { .host = "h", .path = "p", .content_type = "t", .body_bytes = 9 };
	struct request r;

	CHECK(request_of_plan(&r, &p) && strncmp(r.head, "RESPMOD ", 8) == 0);
	CHECK(r.body_bytes == 9 && r.bytes == r.head_bytes + 9 + strlen(REQUEST_TAIL));
	p.options = true;
	CHECK(request_of_plan(&r, &p) && strncmp(r.head, "OPTIONS ", 8) == 0);
	CHECK(r.body_bytes == 0 && r.bytes == r.head_bytes);
}

/* All that goes out of a body "0123456789" with this preview, the rest behind a '|'. */
static const char *
sent(uint32_t preview_bytes, uint32_t body_bytes, struct request *r)
{
	struct request_shape shape = { .host = "h",
		.path = "p",
		.content_type = "t",
		.body_bytes = body_bytes,
		.preview_bytes = preview_bytes };
	static char out[4096];
	struct span parts[REQUEST_PARTS];
	size_t at = 0;

	CHECK(request_make_shape(r, &shape));
	for (unsigned rest = 0; rest < (r->after > 0 ? 2 : 1); rest++) {
		size_t begun = at;

		request_parts(r, span_of("0123456789", body_bytes), rest != 0, parts);
		for (unsigned i = 0; i < REQUEST_PARTS; i++) {
			memcpy(out + at, parts[i].data, parts[i].bytes);
			at += parts[i].bytes;
		}
		CHECK(at - begun == (rest != 0 ? r->after : r->bytes));
		out[at++] = '|';
	}
	out[at] = 0;
	return strstr(strstr(out, "HTTP/1.1 200"), "\r\n\r\n") + 4;
}

TEST(a_preview_goes_first)
{
	struct request r;

	CHECK(strcmp(sent(0, 10, &r), "a\r\n0123456789\r\n0\r\n\r\n|") == 0 && !r.previews);
	CHECK(strcmp(sent(4, 10, &r), "4\r\n0123\r\n0\r\n\r\n|6\r\n456789\r\n0\r\n\r\n|") == 0);
	CHECK(r.previews && strstr(r.head, "\r\nPreview: 4\r\n") != NULL);
	CHECK(strcmp(sent(10, 10, &r), "a\r\n0123456789\r\n0; ieof\r\n\r\n|") == 0);
	CHECK(strcmp(sent(99, 10, &r), "a\r\n0123456789\r\n0; ieof\r\n\r\n|") == 0);
	CHECK(r.previews && r.after == 0);
}

TEST(a_post_is_a_request_with_a_body)
{
	struct request_shape shape = {
		.host = "h", .path = "p", .content_type = "t", .body_bytes = 9, .post = true
	};
	struct request r;
	const char *post;

	CHECK(request_make_shape(&r, &shape));
	CHECK(strncmp(r.head, "REQMOD icap://h/p ICAP/1.0\r\n", 28) == 0);
	post = strstr(r.head, "\r\n\r\n") + 4;
	CHECK(strncmp(post, "POST ", 5) == 0 && strstr(post, "Content-Length: 9\r\n") != NULL);
	CHECK(strcmp(post + offset_of(&r, "req-body="), "9\r\n") == 0);
}

TEST(without_204_and_too_long)
{
	static char path[REQUEST_HEAD_BYTES_MAX];
	struct request r;

	CHECK(request_make(&r, "h", "x", "t", 1, false));
	CHECK(strstr(r.head, "Allow") == NULL);
	memset(path, 'a', sizeof(path) - 1);
	CHECK(!request_make(&r, "h", path, "t", 1, false));
	CHECK(!request_make(&r, "h", "x", path, 1, false));
}
