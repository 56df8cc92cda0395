/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES_MAX 1024

void
reply_begin(struct reply *r, struct span expected)
{
	r->state = REPLY_IN_HEAD;
	r->expected = expected;
	r->status = 0;
	r->differs = r->closes = r->null_body = r->any = r->previews = false;
	r->left = r->body_bytes = 0;
	r->head_bytes = 0;
	r->head[0] = 0;
}

void
reply_begin_page(struct reply *r)
{
	reply_begin(r, span_of(NULL, 0));
	r->any = true;
}

/* The value of a field of the head, NUL-terminated text; NULL: there is none. */
static const char *
field(const struct reply *r, const char *name)
{
	size_t bytes = strlen(name);
	const char *line = r->head;

	while ((line = strstr(line, "\r\n")) != NULL) {
		line += 2;
		if (strncasecmp(line, name, bytes) == 0 && line[bytes] == ':')
			return line + bytes + 1 + strspn(line + bytes + 1, " \t");
	}
	return NULL;
}

/* Where a part of the Encapsulated list begins; -1: it is not in it. */
static long
part_offset(const char *list, const char *name)
{
	const char *end = list + strcspn(list, "\r\n"), *at = strstr(list, name);

	if (at == NULL || at >= end || at[strlen(name)] != '=')
		return -1;
	return strtol(at + strlen(name) + 1, NULL, 10);
}

/* The ICAP head is whole. False: it is no answer to what was sent. */
static bool
read_head(struct reply *r)
{
	const char *list = field(r, "Encapsulated"), *connection = field(r, "Connection");
	long head, body;

	if (strncmp(r->head, "ICAP/1.0 ", 9) != 0)
		return false;
	r->status = (unsigned)strtoul(r->head + 9, NULL, 10);
	r->closes = connection != NULL && strncasecmp(connection, "close", 5) == 0;
	if (r->status == 100)
		return r->previews;
	if (r->status == 204 || r->status >= 400)
		return true;
	if (list == NULL)
		return false;
	body = part_offset(list, "null-body");
	if (r->expected.bytes == 0 && body >= 0) {
		r->left = (uint64_t)body;
		r->null_body = true;
		return r->status == 200;
	}
	head = part_offset(list, "res-hdr");
	body = part_offset(list, "res-body");
	if (head < 0 && !r->any) { /* a request comes back */
		head = part_offset(list, "req-hdr");
		body = part_offset(list, "req-body");
	}
	if (r->status != 200 || head != 0 || body <= 0)
		return false;
	r->left = (uint64_t)body;
	return true;
}

/* Gathers bytes into `head` until `end` stands there. */
static enum reply_outcome
gather(struct reply *r, struct span bytes, size_t *used, const char *end, size_t room)
{
	size_t end_bytes = strlen(end);

	while (*used < bytes.bytes) {
		if (r->head_bytes + 1 >= room)
			return REPLY_BAD;
		r->head[r->head_bytes++] = (char)bytes.data[(*used)++];
		if (r->head_bytes >= end_bytes &&
		    memcmp(r->head + r->head_bytes - end_bytes, end, end_bytes) == 0) {
			r->head[r->head_bytes] = 0;
			return REPLY_DONE;
		}
	}
	return REPLY_MORE;
}

static void
compare(struct reply *r, const uint8_t *data, size_t bytes)
{
	if (r->any) {
		r->body_bytes += bytes;
		return;
	}
	if (bytes > r->expected.bytes - r->body_bytes ||
	    memcmp(data, r->expected.data + r->body_bytes, bytes) != 0)
		r->differs = true;
	r->body_bytes += bytes;
	if (r->body_bytes > r->expected.bytes)
		r->body_bytes = r->expected.bytes; /* differs already */
}

static bool
read_size(struct reply *r)
{
	char *end;

	r->left = strtoull(r->head, &end, 16);
	r->head_bytes = 0;
	return end != r->head && r->left <= (r->any ? REPLY_PAGE_BYTES_MAX : r->expected.bytes);
}

/* One step in the state it is in. DONE: the state is over, and `r` says what comes. */
static enum reply_outcome
step(struct reply *r, struct span bytes, size_t *used)
{
	size_t n = bytes.bytes - *used;

	switch (r->state) {
	case REPLY_IN_HEAD:
		return gather(r, bytes, used, "\r\n\r\n", sizeof(r->head));
	case REPLY_IN_SIZE:
	case REPLY_IN_CHUNK_END:
	case REPLY_IN_TRAILER:
		return gather(r, bytes, used, "\r\n", LINE_BYTES_MAX);
	case REPLY_IN_HTTP_HEAD:
	case REPLY_IN_CHUNK:
		break;
	}
	n = n < r->left ? n : (size_t)r->left;
	if (r->state == REPLY_IN_CHUNK)
		compare(r, bytes.data + *used, n);
	*used += n;
	r->left -= n;
	return r->left == 0 ? REPLY_DONE : REPLY_MORE;
}

/* The next state; DONE at the answer's end. */
static enum reply_outcome
advance(struct reply *r)
{
	switch (r->state) {
	case REPLY_IN_HEAD:
		if (!read_head(r))
			return REPLY_BAD;
		if (r->status != 200 || r->left == 0)
			return REPLY_DONE;
		r->head_bytes = 0;
		r->state = REPLY_IN_HTTP_HEAD;
		return REPLY_MORE;
	case REPLY_IN_HTTP_HEAD:
		if (r->null_body)
			return REPLY_DONE;
		r->state = REPLY_IN_SIZE;
		return REPLY_MORE;
	case REPLY_IN_SIZE:
		if (!read_size(r))
			return REPLY_BAD;
		r->state = r->left > 0 ? REPLY_IN_CHUNK : REPLY_IN_TRAILER;
		return REPLY_MORE;
	case REPLY_IN_CHUNK:
		r->state = REPLY_IN_CHUNK_END;
		return REPLY_MORE;
	case REPLY_IN_CHUNK_END:
		if (r->head_bytes != 2)
			return REPLY_BAD;
		r->head_bytes = 0;
		r->state = REPLY_IN_SIZE;
		return REPLY_MORE;
	case REPLY_IN_TRAILER:
		break;
	}
	if (r->head_bytes != 2) { /* a trailer field: the next line */
		r->head_bytes = 0;
		return REPLY_MORE;
	}
	r->differs = r->differs || (!r->any && r->body_bytes != r->expected.bytes);
	return REPLY_DONE;
}

enum reply_outcome
reply_feed(struct reply *r, struct span bytes, size_t *used)
{
	enum reply_outcome outcome;

	*used = 0;
	for (;;) {
		outcome = step(r, bytes, used);
		if (outcome == REPLY_DONE)
			outcome = advance(r);
		else
			return outcome;
		if (outcome != REPLY_MORE)
			return outcome;
	}
}
