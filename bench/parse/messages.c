/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests taken apart; see messages.h. */
#include "bench/parse/messages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/http/http.h"

/* The offset that Encapsulated gives a part, e.g. "res-body="; -1: it has none. */
static long
offset_of(struct span encapsulated, const char *part)
{
	const uint8_t *at = span_find(encapsulated, part);
	size_t n = strlen(part);
	long offset = 0;

	if (at == NULL)
		return -1;
	for (at += n; at < encapsulated.data + encapsulated.bytes && *at >= '0' && *at <= '9'; at++)
		offset = offset < (long)MESSAGE_BYTES_MAX ? offset * 10 + (*at - '0') : offset;
	return offset;
}

/* Whether the part begins with a blank line's end within its bounds, and where it ends. */
static bool
take_head(const struct http_scan *scan, struct span rest, long offset, struct span *out)
{
	size_t end;

	if (offset < 0)
		return true;
	*out = span_from(rest, (size_t)offset);
	end = scan->end(*out);
	*out = span_first(*out, end);
	return end > 0;
}

static struct span
field_of(struct span icap_head, const char *name)
{
	const uint8_t *line = span_find(icap_head, "\r\n");
	struct http_lines lines;
	struct http_field f;

	if (line == NULL)
		return span_of(NULL, 0);
	http_lines_init(
	    &lines, http_scan_of(HTTP_SCAN_AUTO), icap_head, (size_t)(line + 2 - icap_head.data));
	while (http_line_next(&lines, &f) == PARSE_DONE) {
		if (span_is_nocase(f.name, name))
			return f.value;
	}
	return span_of(NULL, 0);
}

/* Puts the data of all chunks together; false: they are broken. */
static bool
join_chunks(struct message *one)
{
	uint8_t *body = malloc(one->chunks.bytes + 1);
	enum chunk_event event;
	struct chunk_parser p;
	struct span data;
	size_t at = 0, n = 0;

	one->owned[1] = body;
	chunk_init(&p);
	while (body != NULL && at < one->chunks.bytes) {
		event = chunk_next(&p, one->chunks, &at, &data);
		if (event == CHUNK_BAD)
			return false;
		if (event == CHUNK_DATA) {
			memcpy(body + n, data.data, data.bytes);
			n += data.bytes;
		} else if (event == CHUNK_END) { /* of a preview: the rest comes behind it */
			chunk_init(&p);
		}
	}
	one->body = span_of(body, n);
	return body != NULL;
}

static bool
take_apart(struct message *one)
{
	static struct http_head h;
	const struct http_scan *scan = http_scan_of(HTTP_SCAN_AUTO);
	struct span encapsulated, rest;
	long body;

	one->icap_head = span_first(one->whole, scan->end(one->whole));
	if (one->icap_head.bytes == 0)
		return false;
	rest = span_from(one->whole, one->icap_head.bytes);
	encapsulated = field_of(one->icap_head, "Encapsulated");
	if (!take_head(scan, rest, offset_of(encapsulated, "req-hdr="), &one->heads[0]) ||
	    !take_head(scan, rest, offset_of(encapsulated, "res-hdr="), &one->heads[1]))
		return false;
	for (unsigned i = 0; i < MESSAGE_HEADS_MAX; i++) {
		if (one->heads[i].data == NULL)
			continue;
		if (http_head_parse(one->heads[i], i == 1, &h) != PARSE_DONE)
			return false;
		if (i == 0)
			one->target = h.target;
		one->content_type = http_field(&h, "Content-Type");
	}
	body = offset_of(encapsulated, "req-body=");
	if (body < 0)
		body = offset_of(encapsulated, "res-body=");
	if (body < 0)
		return true;
	one->chunks = span_from(rest, (size_t)body);
	return one->chunks.bytes > 0 && join_chunks(one);
}

int
messages_add(struct messages *m, struct span bytes)
{
	struct message *one = &m->list[m->count];
	bool good;

	if (m->count == MESSAGES_MAX)
		return -ENOSPC;
	*one = (struct message){ .owned = { malloc(bytes.bytes + 1) } };
	if (one->owned[0] == NULL)
		return -ENOMEM;
	memcpy(one->owned[0], bytes.data, bytes.bytes);
	one->whole = span_of(one->owned[0], bytes.bytes);
	good = take_apart(one);
	if (!good) {
		free(one->owned[0]);
		free(one->owned[1]);
		return -EINVAL;
	}
	m->count++;
	return 0;
}

int
messages_read(struct messages *m, const char *path, char error[MESSAGE_ERROR_ROOM])
{
	FILE *f = fopen(path, "rbe");
	uint8_t *bytes = malloc(MESSAGE_BYTES_MAX);
	size_t n;
	int rc = -ENOMEM;

	if (f == NULL) {
		rc = -errno;
	} else if (bytes != NULL) {
		n = fread(bytes, 1, MESSAGE_BYTES_MAX, f);
		rc = ferror(f) != 0 ? -EIO : messages_add(m, span_of(bytes, n));
	}
	if (f != NULL)
		fclose(f);
	free(bytes);
	if (rc != 0)
		snprintf(error, MESSAGE_ERROR_ROOM, "%s: %s", path,
		    rc == -EINVAL   ? "no whole ICAP request of at most 4 MiB"
		    : rc == -ENOSPC ? "there are too many messages"
				    : strerror(-rc));
	return rc;
}

void
messages_free(struct messages *m)
{
	for (unsigned i = 0; i < m->count; i++) {
		free(m->list[i].owned[0]);
		free(m->list[i].owned[1]);
	}
	m->count = 0;
}
