/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: dataplane/http common/base
 *
 * An encapsulated head, as a request and as a response, and what is read from it: every span lies
 * inside the head, names and URLs stay within their room, nothing is read past the end. Every kind
 * of scan finds the same lines as the scalar one, from the start on and from each line on.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/http/http.h"

#define ROOM  300
#define LINES 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_inside(struct span part, struct span whole)
{
	assert(part.bytes == 0 ||
	       (part.data >= whole.data && part.data + part.bytes <= whole.data + whole.bytes));
}

static void
check_head(const struct http_head *h, struct span block)
{
	struct http_field_walk walk = { 0 };
	struct http_field f;

	assert(h->bytes == block.bytes && h->field_count <= HTTP_FIELDS_MAX);
	check_inside(h->start_line, block);
	check_inside(h->method, block);
	check_inside(h->target, block);
	check_inside(h->version, block);
	while (http_field_next(h, &walk, &f)) {
		check_inside(f.name, block);
		check_inside(f.value, block);
	}
}

static void
check_url(struct span target)
{
	char out[ROOM];
	struct http_url url;

	memset(out, 0x5a, sizeof(out));
	if (http_url_parse(target, &url) == PARSE_DONE) {
		check_inside(url.host, target);
		check_inside(url.path, target);
		check_inside(url.query, target);
	}
	assert(http_url_for_log(target, span_text("host.test"), out, ROOM / 2) <= ROOM / 2);
	for (size_t i = ROOM / 2; i < ROOM; i++)
		assert(out[i] == 0x5a);
}

/* Some lines at a time. */
static void
check_lines(head_lines *one, head_lines *other, struct span block)
{
	struct head_line a[LINES], b[LINES];
	size_t at = 0, other_at = 0;
	unsigned n;

	do {
		n = one(block, &at, a, LINES);
		assert(
		    other(block, &other_at, b, LINES) == n && at == other_at && at <= block.bytes);
		for (unsigned i = 0; i < n; i++) {
			assert(a[i].start == b[i].start && a[i].end == b[i].end);
			assert(a[i].name_end == b[i].name_end && a[i].bare_lf == b[i].bare_lf);
			assert(a[i].forbidden == b[i].forbidden);
		}
	} while (n == LINES);
}

static void
check_scans(struct span block)
{
	const struct http_scan *scalar = http_scan_of(HTTP_SCAN_SCALAR);

	for (enum http_scan_kind k = HTTP_SCAN_SSE42; k < HTTP_SCAN_KIND_COUNT; k++) {
		const struct http_scan *s = http_scan_of(k);

		if (s == NULL)
			continue;
		check_lines(scalar->tolerant, s->tolerant, block);
		check_lines(scalar->strict, s->strict, block);
		assert(scalar->end(block) == s->end(block));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head request, response;
	uint8_t *copy = malloc(size + 1); /* its end is guarded */
	struct span block = span_of(copy, size);
	bool is_request, is_response;
	char name[ROOM];

	memcpy(copy, data, size);
	check_scans(block);
	is_request = http_head_parse(block, false, &request) == PARSE_DONE;
	is_response = http_head_parse(block, true, &response) == PARSE_DONE;
	if (is_request) {
		check_head(&request, block);
		check_url(request.target);
		memset(name, 0x5a, sizeof(name));
		assert(http_filename(&request, is_response ? &response : NULL, name, ROOM / 2) <=
		       ROOM / 2);
		for (size_t i = ROOM / 2; i < ROOM; i++)
			assert(name[i] == 0x5a);
	}
	if (is_response)
		check_head(&response, block);
	free(copy);
	return 0;
}
