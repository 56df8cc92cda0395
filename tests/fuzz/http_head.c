/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: dataplane/http common/base
 *
 * An encapsulated head, as a request and as a response, and what is read from it: every span lies
 * inside the head, names and URLs stay within their room, nothing is read past the end.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/http/http.h"

#define ROOM 300

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head request, response;
	uint8_t *copy = malloc(size + 1); /* its end is guarded */
	struct span block = span_of(copy, size);
	bool is_request, is_response;
	char name[ROOM];

	memcpy(copy, data, size);
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
