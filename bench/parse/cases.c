/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations on bytes alone, a function each; request.c has the one that needs a session. */
#include "bench/parse/cases.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/parse/request.h"
#include "common/base/thread_cpu.h"
#include "dataplane/http/http.h"

#define ITEMS_MAX   (MESSAGE_HEADS_MAX * MESSAGES_MAX)
#define LARGE_BYTES 65536
#define LARGE_FIELD "X-Field-Name: a value of a few words\r\n"
#define LARGE_START "GET / HTTP/1.1\r\n"
#define TINY_FIELD  "a:\r\n"
#define LARGE_SHARE 256 /* a large head stands for so many operations of the others */
#define BATCH       256 /* operations between two looks at the clock, at least */

static const struct {
	const char *name, *what;
} cases[] = {
#define X(id, name, what) { name, what },
	CASES(X)
#undef X
};

/* A part of a message, and what its parser must know besides. */
struct item {
	struct span bytes, more;
	bool is_response;
};

struct work {
	const struct http_scan *scan;
	struct item items[ITEMS_MAX];
	unsigned count;
	uint8_t *large;
	struct http_head *heads; /* of the case "fields": parsed before, one for each item */
	struct multipart multipart;
};

/* False: the parser refused it. */
typedef bool operation(struct work *w, unsigned i);

const char *
case_name(enum case_id id)
{
	return cases[id].name;
}

const char *
case_what(enum case_id id)
{
	return cases[id].what;
}

bool
case_find(const char *name, enum case_id *out)
{
	for (unsigned i = 0; i < CASE_COUNT; i++) {
		if (strcmp(name, cases[i].name) == 0) {
			*out = (enum case_id)i;
			return true;
		}
	}
	return false;
}

static bool
read_icap_head(struct work *w, unsigned i)
{
	struct span head = w->items[i].bytes;
	struct http_lines lines;
	struct http_field f;

	if (w->scan->end(head) != head.bytes)
		return false;
	http_lines_init(&lines, w->scan, head, (size_t)(span_find(head, "\r\n") + 2 - head.data));
	while (lines.at + 2 < head.bytes) {
		if (http_line_next(&lines, &f) != PARSE_DONE)
			return false;
	}
	return true;
}

static bool
read_http_head(struct work *w, unsigned i)
{
	const struct item *one = &w->items[i];

	return http_head_parse_by(w->scan, one->bytes, one->is_response, w->heads) == PARSE_DONE;
}

static bool
find_fields(struct work *w, unsigned i)
{
	static const char *const names[] = { "Host", "Content-Type", "Content-Length", "User-Agent",
		"Content-Disposition", "Content-Encoding" };
	size_t found = 0;

	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		found += http_field(&w->heads[i], names[n]).bytes;
	return found <= w->items[i].bytes.bytes;
}

/* What is asked of one object's heads, and none of it is there. */
static bool
read_crowded(struct work *w, unsigned i)
{
#define X(name) name,
	static const char *const names[] = { HTTP_NAMES_KNOWN(X) };
#undef X
	size_t found = 0;

	if (!read_http_head(w, i))
		return false;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
		found += http_field(w->heads, names[n]).bytes;
	return found == 0;
}

static bool
read_chunks(struct work *w, unsigned i)
{
	struct span input = w->items[i].bytes, data;
	enum chunk_event event;
	struct chunk_parser p;
	size_t at = 0;

	chunk_init(&p);
	while (at < input.bytes) {
		event = chunk_next(&p, input, &at, &data);
		if (event == CHUNK_BAD)
			return false;
		if (event == CHUNK_END)
			chunk_init(&p);
	}
	return true;
}

static bool
read_multipart(struct work *w, unsigned i)
{
	const struct item *one = &w->items[i];
	enum multipart_event event;
	struct span data;
	unsigned parts = 0;
	size_t at = 0;

	if (multipart_init(&w->multipart, one->more, MULTIPART_HEAD_BYTES_MAX) != MULTIPART_YES)
		return false;
	while ((event = multipart_next(&w->multipart, one->bytes, &at, &data)) != MULTIPART_MORE) {
		if (event != MULTIPART_PART)
			continue;
		for (unsigned n = 0; n < MULTIPART_NAMES; n++)
			parts +=
			    multipart_field(&w->multipart, (enum multipart_name)n).data != NULL;
	}
	return parts > 0;
}

static bool
read_url(struct work *w, unsigned i)
{
	struct http_url url;
	char log[512];

	return http_url_parse(w->items[i].bytes, &url) == PARSE_DONE &&
	       http_url_for_log(w->items[i].bytes, span_text("host.test"), log, sizeof(log)) > 0;
}

/* What callgrind counts; `rounds` times all items. */
static PARSE_COUNTED bool
case_collect(operation *o, struct work *w, unsigned rounds)
{
	bool good = true;

	for (unsigned r = 0; r < rounds; r++) {
		for (unsigned i = 0; i < w->count; i++)
			good &= o(w, i);
	}
	return good;
}

static void
add(struct work *w, struct span bytes, struct span more, bool is_response)
{
	if (bytes.data != NULL && w->count < ITEMS_MAX)
		w->items[w->count++] = (struct item){ bytes, more, is_response };
}

static bool
is_large(enum case_id id)
{
	return id == CASE_LARGE || id == CASE_LINE_ENDS || id == CASE_CROWDED;
}

/* A start line and fields, or only LF; then the blank line. */
static void
add_large(struct work *w, enum case_id id)
{
	const char *field = id == CASE_CROWDED ? TINY_FIELD : LARGE_FIELD;
	size_t at = sizeof(LARGE_START) - 1, n = strlen(field);
	bool fields = id != CASE_LINE_ENDS;

	memset(w->large, '\n', LARGE_BYTES);
	memcpy(w->large, LARGE_START, at);
	for (; fields && at + n + 2 <= LARGE_BYTES; at += n)
		memcpy(w->large + at, field, n);
	if (!fields) {
		at = LARGE_BYTES - 2;
		memcpy(w->large + at - 2, "\r\n", 2);
	}
	memcpy(w->large + at, "\r\n", 2);
	add(w, span_of(w->large, at + 2), span_of(NULL, 0), false);
}

static void
gather(const struct messages *m, enum case_id id, struct work *w)
{
	const struct span none = span_of(NULL, 0);

	if (is_large(id))
		add_large(w, id);
	for (unsigned i = 0; i < m->count; i++) {
		const struct message *one = &m->list[i];

		if (id == CASE_ICAP_HEAD)
			add(w, one->icap_head, none, false);
		else if (id == CASE_CHUNKED)
			add(w, one->chunks, none, false);
		else if (id == CASE_MULTIPART && multipart_is(one->content_type))
			add(w, one->body, one->content_type, false);
		else if (id == CASE_URL)
			add(w, one->target, none, false);
		else if (id == CASE_REQUEST && one->heads[0].data != NULL)
			add(w, one->whole, none, false);
		for (unsigned h = 0; h < MESSAGE_HEADS_MAX; h++) {
			if (id == CASE_HTTP_HEAD || id == CASE_FIELDS)
				add(w, one->heads[h], none, h == 1);
		}
	}
}

static uint64_t
bytes_of(const struct work *w)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < w->count; i++)
		n += w->items[i].bytes.bytes;
	return n;
}

static int
run_operation(operation *o, struct work *w, uint64_t count, struct case_result *out)
{
	unsigned rounds = bytes_of(w) / w->count < LARGE_BYTES / 2 ? BATCH / w->count + 1 : 1;

	while (out->operations < count) {
		uint64_t began = thread_cpu_ns();

		if (!case_collect(o, w, rounds))
			return -EPROTO;
		out->ns += thread_cpu_ns() - began;
		out->operations += (uint64_t)rounds * w->count;
		out->bytes += rounds * bytes_of(w);
	}
	return 0;
}

static int
run_requests(struct work *w, enum http_scan_kind scan, uint64_t count, struct case_result *out)
{
	struct requests *r = requests_create(scan);
	int rc = r != NULL ? 0 : -ENOMEM;
	unsigned next = 0;

	while (rc == 0 && out->operations < count) {
		uint64_t began;

		for (unsigned n = 0; rc == 0 && n < REQUESTS_AT_ONCE; n++) {
			rc = requests_stage(r, w->items[next].bytes);
			out->bytes += w->items[next].bytes.bytes;
			next = next + 1 < w->count ? next + 1 : 0;
		}
		if (rc != 0)
			break;
		began = thread_cpu_ns();
		rc = case_collect_requests(r) ? 0 : -EPROTO;
		out->ns += thread_cpu_ns() - began;
		out->operations += REQUESTS_AT_ONCE;
		requests_end(r);
	}
	if (r != NULL)
		requests_destroy(r);
	return rc;
}

static int
prepare(struct work *w, enum case_id id)
{
	w->heads = calloc(w->count, sizeof(*w->heads));
	if (w->heads == NULL)
		return -ENOMEM;
	for (unsigned i = 0; id == CASE_FIELDS && i < w->count; i++) {
		if (http_head_parse(w->items[i].bytes, w->items[i].is_response, &w->heads[i]) !=
		    PARSE_DONE)
			return -EPROTO;
	}
	return 0;
}

int
case_run(const struct messages *m, enum case_id id, enum http_scan_kind scan, uint64_t count,
    struct case_result *out)
{
	static operation *const operations[CASE_COUNT] = { read_icap_head, read_http_head,
		find_fields, read_http_head, read_crowded, read_http_head, read_chunks,
		read_multipart, read_url, NULL };
	struct work *w = calloc(1, sizeof(*w));
	int rc = -ENOMEM;

	*out = (struct case_result){ 0 };
	if (w == NULL || (w->large = malloc(LARGE_BYTES)) == NULL)
		goto out;
	w->scan = http_scan_of(scan);
	if (is_large(id))
		count = count / LARGE_SHARE + 1;
	gather(m, id, w);
	rc = w->scan == NULL ? -ENOTSUP : w->count == 0 ? -ENOENT : prepare(w, id);
	if (rc == 0)
		rc = operations[id] != NULL ? run_operation(operations[id], w, count, out)
					    : run_requests(w, scan, count, out);
out:
	if (w != NULL) {
		free(w->heads);
		free(w->large);
	}
	free(w);
	return rc;
}
