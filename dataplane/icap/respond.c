/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What we send: 100, 204, 200 with the heads as they came or ours, errors. Bodies leave by
 * reference, but for small ones, in chunks of at most ICAP_SLICE_BYTES. Encapsulated is always the
 * last header.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/icap/internal.h"

#define ANSWER_BYTES_MAX       4096
#define ENCAPSULATED_BYTES_MAX 128 /* that header's line */
/*
 * A body of at most so many bytes is copied behind its head, if the buffer there has the room: by
 * reference it would be a buffer that refers to it, another for what follows, and two more of them
 * in the segment.
 */
#define COPIED_BYTES_MAX 1400

static const char *
reason_of(int status)
{
	switch (status) {
	case 400:
		return "Bad request";
	case 403:
		return "Forbidden";
	case 404:
		return "ICAP Service not found";
	case 405:
		return "Method not allowed for service";
	case 408:
		return "Request timeout";
	case 500:
		return "Server error";
	case 501:
		return "Method not implemented";
	case 503:
		return "Service overloaded";
	case 506:
		return "Server too busy";
	case 505:
		return "ICAP version not supported by server";
	default:
		return "Error";
	}
}

int
respond_put(struct icap_session *s, const void *bytes, size_t count)
{
	return chain_append_copy(&s->output, &s->icap->config.pools, bytes, count);
}

bool
respond_will_close(const struct icap_session *s)
{
	return s->request.wants_close || s->draining || s->close;
}

/* What is written, and where the next byte goes; its owner knows that there is room. */
struct writer {
	char *at;
};

static inline void
write_bytes(struct writer *w, const void *bytes, size_t count)
{
	memcpy(w->at, bytes, count);
	w->at += count;
}

static inline void
write_text(struct writer *w, const char *text)
{
	write_bytes(w, text, strlen(text));
}

/*
 * Without leading zeros; `base` 10 or 16, in small letters; with the line's end behind it. It
 * is below a million, and 8 bytes are written, whatever counts of them. Made in a register and
 * written at once, because what is written digit by digit and copied right afterwards waits for
 * each.
 */
static inline void
write_number(struct writer *w, size_t number, unsigned base, bool ends_line)
{
	uint64_t text = ends_line ? '\n' << 8 | '\r' : 0;
	unsigned bytes = ends_line ? 2 : 0;

	assert(number < 1000000);
	do {
		text = text << 8 | (uint8_t) "0123456789abcdef"[number % base];
		number /= base;
		bytes++;
	} while (number > 0);
	memcpy(w->at, &text, sizeof(text));
	w->at += bytes;
}

int
respond_head(
    const struct icap *i, int status, const char *reason, bool closes, char *out, size_t room)
{
	return snprintf(out, room,
	    "ICAP/1.0 %d %s\r\nISTag: \"%s\"\r\nDate: %s\r\nService: %s\r\n%s", status, reason,
	    i->istag, i->date, i->config.service_name, closes ? "Connection: close\r\n" : "");
}

static int
common_head(const struct icap_session *s, int status, const char *reason, char *out, size_t room)
{
	return respond_head(s->icap, status, reason, respond_will_close(s), out, room);
}

static int
no_content(const struct icap *i, bool closes, struct span headers, char *out, size_t room)
{
	int n = respond_head(i, 204, "No modifications", closes, out, room);

	if ((size_t)n >= room)
		return n;
	return n + snprintf(out + n, room - (size_t)n, "%.*sEncapsulated: null-body=0\r\n\r\n",
		       (int)headers.bytes, (const char *)headers.data);
}

void
respond_prepare(struct icap *i)
{
	int n = no_content(i, false, span_of("", 0), i->no_content, sizeof(i->no_content));

	i->no_content_bytes = (size_t)n < sizeof(i->no_content) ? (uint32_t)n : 0;
	n = respond_head(i, 200, "OK", false, i->ok, sizeof(i->ok));
	i->ok_bytes = (size_t)n < sizeof(i->ok) ? (uint32_t)n : 0;
	options_forget(i);
}

/* An error with further header lines; the connection ends with it. */
static int
answer_error(struct icap_session *s, int status, struct span headers)
{
	char out[ANSWER_BYTES_MAX];
	int n, rc;

	s->close = true;
	if (status == 503)
		status = s->busy_status;
	n = common_head(s, status, reason_of(status), out, sizeof(out));
	if (headers.bytes > sizeof(out) - (size_t)n - ENCAPSULATED_BYTES_MAX)
		headers.bytes = 0;
	n += snprintf(out + n, sizeof(out) - (size_t)n, "%.*sEncapsulated: null-body=0\r\n\r\n",
	    (int)headers.bytes, headers.bytes > 0 ? (const char *)headers.data : "");
	rc = respond_put(s, out, (size_t)n);
	s->abort |= rc != 0;
	s->answered = true;
	s->answer_open = false;
	s->drain = true;
	s->state = SESSION_OVER;
	return rc;
}

int
icap_busy_status(const struct icap *i, const struct ip_address *peer)
{
	return profile_of_peer(i, peer)->busy_status;
}

int
icap_refusal(const struct icap *i, const struct ip_address *peer, struct chain *out)
{
	int status = icap_busy_status(i, peer);
	char text[ANSWER_BYTES_MAX];
	int n = respond_head(i, status, reason_of(status), true, text, sizeof(text));

	n += snprintf(text + n, sizeof(text) - (size_t)n, "Encapsulated: null-body=0\r\n\r\n");
	return chain_append_copy(out, &i->config.pools, text, (size_t)n);
}

static const struct {
	int status;
	const char *text;
} refusals[] = {
#define X(name, status, text) { status, text },
	REFUSALS(X)
#undef X
};

int
refusal_status(enum refusal why)
{
	return refusals[why].status;
}

const char *
refusal_text(enum refusal why)
{
	return refusals[why].text;
}

void
respond_refuse(struct icap_session *s, enum refusal why)
{
	s->refused = (uint8_t)why;
	answer_error(s, refusal_status(why), span_of(NULL, 0));
}

static int
answer_no_content(struct icap_session *s, const struct icap_answer *a)
{
	const struct icap *i = s->icap;
	char out[ANSWER_BYTES_MAX];
	int n;

	if (a->icap_headers.bytes == 0 && !respond_will_close(s) && i->no_content_bytes > 0)
		return respond_put(s, i->no_content, i->no_content_bytes);
	n = no_content(i, respond_will_close(s), a->icap_headers, out, sizeof(out));
	return (size_t)n < sizeof(out) ? respond_put(s, out, (size_t)n) : -ENOBUFS;
}

/* The head of a 200 up to where further lines may stand; how many bytes it has. */
static size_t
ok_head(const struct icap_session *s, char out[ANSWER_BYTES_MAX])
{
	const struct icap *i = s->icap;

	if (respond_will_close(s) || i->ok_bytes == 0)
		return (size_t)common_head(s, 200, "OK", out, ANSWER_BYTES_MAX);
	memcpy(out, i->ok, i->ok_bytes);
	return i->ok_bytes;
}

/* 200 with one head (or none) and a body or none. */
static int
answer_ok(struct icap_session *s, const struct icap_answer *a, const char *kind, struct span head)
{
	char out[ANSWER_BYTES_MAX];
	size_t n = ok_head(s, out);
	struct writer w = { out + n };
	struct chain all = CHAIN_EMPTY;
	int rc;

	if (n + ENCAPSULATED_BYTES_MAX > sizeof(out) ||
	    a->icap_headers.bytes > sizeof(out) - n - ENCAPSULATED_BYTES_MAX)
		return -ENOBUFS;
	if (a->icap_headers.bytes > 0)
		write_bytes(&w, a->icap_headers.data, a->icap_headers.bytes);
	write_text(&w, "Encapsulated: ");
	if (head.bytes > 0) {
		write_text(&w, kind);
		write_text(&w, "-hdr=0, ");
	}
	write_text(&w, a->has_body ? kind : "null");
	write_text(&w, "-body=");
	write_number(&w, head.bytes, 10, false);
	write_text(&w, "\r\n\r\n");
	rc = chain_append_copy(&all, &s->icap->config.pools, out, (size_t)(w.at - out));
	if (rc == 0)
		rc = chain_append_copy(&all, &s->icap->config.pools, head.data, head.bytes);
	if (rc == 0)
		chain_append_chain(&s->output, &all);
	chain_free(&all);
	return rc;
}

int
icap_answer(struct icap_session *s, const struct icap_answer *a)
{
	bool is_reqmod = s->request.method == ICAP_REQMOD;
	int rc = 0;

	if (s->answered || s->state == SESSION_OVER)
		return 0;
	switch (a->kind) {
	case ICAP_ANSWER_NO_CONTENT:
		rc = answer_no_content(s, a);
		break;
	case ICAP_ANSWER_ECHO:
		rc = answer_ok(s, a, is_reqmod ? "req" : "res",
		    is_reqmod ? s->request.http_request : s->request.http_response);
		break;
	case ICAP_ANSWER_REPLACE:
		rc = answer_ok(s, a, "res", a->http_head);
		break;
	case ICAP_ANSWER_ERROR:
		answer_error(s, a->status, a->icap_headers);
		return 0;
	}
	if (rc != 0)
		return rc;
	s->answered = true;
	s->answer_open = a->has_body && a->kind != ICAP_ANSWER_NO_CONTENT;
	s->dropping = a->kind != ICAP_ANSWER_ECHO;
	if (s->state == SESSION_PREVIEW)
		s->state = SESSION_WHOLE;
	return 0;
}

int
icap_answer_body(struct icap_session *s, struct chain *bytes)
{
	const struct chain_pools *pools = &s->icap->config.pools;

	while (bytes->bytes > 0) {
		size_t n = bytes->bytes < ICAP_SLICE_BYTES ? bytes->bytes : ICAP_SLICE_BYTES;
		struct chain piece = CHAIN_EMPTY;
		char line[16];
		struct writer w = { line };

		write_number(&w, n, 16, true);
		if (respond_put(s, line, (size_t)(w.at - line)) != 0)
			return -ENOBUFS;
		if (n > COPIED_BYTES_MAX || !chain_move_behind(bytes, n, &s->output)) {
			if (chain_take(bytes, pools, n, &piece) != 0)
				return -ENOBUFS;
			chain_append_chain(&s->output, &piece);
		}
		if (respond_put(s, "\r\n", 2) != 0)
			return -ENOBUFS;
	}
	return 0;
}

int
icap_answer_end(struct icap_session *s)
{
	s->answer_open = false;
	return respond_put(s, "0\r\n\r\n", 5);
}

void
icap_continue(struct icap_session *s)
{
	static const char head[] = "ICAP/1.0 100 Continue\r\n\r\n";

	if (s->state != SESSION_PREVIEW)
		return;
	if (respond_put(s, head, sizeof(head) - 1) != 0) {
		icap_abandon(s);
		return;
	}
	s->continued = true;
	chunk_init(&s->chunks);
	s->state = SESSION_BODY;
}
