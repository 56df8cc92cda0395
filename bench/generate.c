/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop of sluice-bench: one epoll, connections that send, read, and begin again. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

#define READ_BYTES     262144
#define ANSWER_LIMIT_S 30 /* then the object counts as a timeout */
#define RECONNECT_MS   100
#define EVENTS         256
#define WAIT_MS        50

struct connection {
	int fd; /* -1: closed, opened again at `retry` */
	size_t sent;
	bool wants_out;
	struct mono begun, retry;
	struct reply reply;
};

struct run {
	const struct bench_plan *plan;
	struct bench_result *result;
	struct addrinfo *address;
	int epoll;
	char *message;
	size_t message_bytes;
	struct span body;
	bool measured; /* the warm-up is over */
	struct connection *connections;
	uint8_t buffer[READ_BYTES];
};

__attribute__((format(printf, 3, 4))) static void
note_error(struct run *r, enum bench_error kind, const char *format, ...)
{
	va_list args;

	r->result->errors[kind]++;
	if (r->result->first_error[0] != 0)
		return;
	va_start(args, format);
	vsnprintf(r->result->first_error, sizeof(r->result->first_error), format, args);
	va_end(args);
}

static void
drop(struct connection *c, struct mono now)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->retry = mono_add(now, milliseconds(RECONNECT_MS));
}

/* The request once, for all: head, HTTP heads, one chunk, the last chunk. */
static int
make_message(struct run *r)
{
	static const char req[] =
	    "GET http://bench.test/object HTTP/1.1\r\nHost: bench.test\r\n\r\n";
	char res[128], *m;
	int res_bytes = snprintf(res, sizeof(res),
	    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %u\r\n\r\n",
	    r->plan->body_bytes);
	size_t room = 1024 + strlen(r->plan->host) + strlen(r->plan->path) + r->plan->body_bytes;
	int n;

	m = r->message = malloc(room);
	if (m == NULL)
		return -ENOMEM;
	n = snprintf(m, room,
	    "RESPMOD icap://%s/%s ICAP/1.0\r\nHost: %s\r\n%sEncapsulated: req-hdr=0, res-hdr=%zu, "
	    "res-body=%zu\r\n\r\n%s%s%x\r\n",
	    r->plan->host, r->plan->path, r->plan->host, r->plan->allow_204 ? "Allow: 204\r\n" : "",
	    strlen(req), strlen(req) + (size_t)res_bytes, req, res, r->plan->body_bytes);
	memcpy(m + n, r->body.data, r->body.bytes);
	r->message_bytes = (size_t)n + r->body.bytes;
	memcpy(m + r->message_bytes, "\r\n0\r\n\r\n", 7);
	r->message_bytes += 7;
	r->body.data = (const uint8_t *)m + n;
	return 0;
}

/* Words and line ends: HTML-like text that no signature knows. */
static void
fill_text(uint8_t *out, uint32_t bytes)
{
	uint32_t x = 12345;

	for (uint32_t i = 0; i < bytes; i++) {
		x = x * 1103515245u + 12345u;
		out[i] = (uint8_t)(i % 80 == 79 ? '\n' : x >> 28 == 0 ? ' ' : 'a' + (x >> 16) % 26);
	}
}

static int
load_body(struct run *r)
{
	uint8_t *bytes = calloc(1, r->plan->body_bytes + 1u);
	FILE *f;
	size_t n;

	if (bytes == NULL)
		return -ENOMEM;
	r->body = span_of(bytes, r->plan->body_bytes);
	if (r->plan->body_file == NULL) {
		fill_text(bytes, r->plan->body_bytes);
		return 0;
	}
	f = fopen(r->plan->body_file, "rbe");
	n = f != NULL ? fread(bytes, 1, r->plan->body_bytes, f) : 0;
	if (f != NULL)
		fclose(f);
	if (n == 0 && r->plan->body_bytes > 0) {
		snprintf(r->result->first_error, sizeof(r->result->first_error), "%s: %s",
		    r->plan->body_file, f == NULL ? strerror(errno) : "empty");
		return -EINVAL;
	}
	for (size_t at = n; at < r->plan->body_bytes; at++) /* a short file again and again */
		bytes[at] = bytes[at - n];
	return 0;
}

static int
open_connection(struct run *r, struct connection *c)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = c };
	const struct addrinfo *a = r->address;
	int one = 1;

	c->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -errno;
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if ((connect(c->fd, a->ai_addr, a->ai_addrlen) != 0 && errno != EINPROGRESS) ||
	    epoll_ctl(r->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) {
		int rc = -errno;

		close(c->fd);
		c->fd = -1;
		return rc;
	}
	c->wants_out = true;
	return 0;
}

static void
begin_object(struct run *r, struct connection *c, struct mono now)
{
	c->sent = 0;
	c->begun = now;
	reply_begin(&c->reply, r->body);
}

/* False: the connection is gone, and counted. */
static bool
send_more(struct run *r, struct connection *c, struct mono now)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	bool wants_out;
	ssize_t n;

	while (c->sent < r->message_bytes) {
		n = send(c->fd, r->message + c->sent, r->message_bytes - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			note_error(r, c->sent == 0 ? BENCH_ERROR_CONNECT : BENCH_ERROR_RESET,
			    "%s port %s: %s", r->plan->host, r->plan->port, strerror(errno));
			drop(c, now);
			return false;
		}
		c->sent += (size_t)n;
	}
	wants_out = c->sent < r->message_bytes;
	if (wants_out != c->wants_out) {
		event.events |= wants_out ? EPOLLOUT : 0;
		epoll_ctl(r->epoll, EPOLL_CTL_MOD, c->fd, &event);
		c->wants_out = wants_out;
	}
	return true;
}

/* An answer is whole: counted, and the next object begun. */
static bool
finish_object(struct run *r, struct connection *c, struct mono now)
{
	const struct reply *a = &c->reply;

	if (a->status != 200 && !(a->status == 204 && r->plan->allow_204))
		note_error(r, BENCH_ERROR_STATUS, "answered ICAP %u", a->status);
	else if (a->differs)
		note_error(r, BENCH_ERROR_BODY, "the body came back changed");
	else if (r->measured) {
		r->result->objects++;
		r->result->answered_204 += a->status == 204;
		r->result->answered_200 += a->status == 200;
		histogram_add(&r->result->latency_ns, (uint64_t)mono_since(now, c->begun).ns);
	}
	if (a->closes || c->sent < r->message_bytes) { /* the rest of the body is not wanted */
		drop(c, now);
		c->retry = now;
		return false;
	}
	begin_object(r, c, now);
	return send_more(r, c, now);
}

static void
receive(struct run *r, struct connection *c, struct mono now)
{
	ssize_t n = recv(c->fd, r->buffer, READ_BYTES, 0);
	size_t at = 0, used;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		note_error(r,
		    n == 0                  ? BENCH_ERROR_CLOSED
		    : errno == ECONNREFUSED ? BENCH_ERROR_CONNECT
					    : BENCH_ERROR_RESET,
		    "%s port %s: %s", r->plan->host, r->plan->port,
		    n == 0 ? "closed before the answer was whole" : strerror(errno));
		drop(c, now);
		return;
	}
	while (at < (size_t)n) {
		enum reply_outcome o =
		    reply_feed(&c->reply, span_of(r->buffer + at, (size_t)n - at), &used);

		at += used;
		if (o == REPLY_BAD) {
			note_error(r, BENCH_ERROR_MALFORMED, "an answer that is none: '%.60s'",
			    c->reply.head);
			drop(c, now);
			return;
		}
		if (o == REPLY_DONE && !finish_object(r, c, now))
			return;
	}
}

/* What is too slow, and what is to be opened. */
static void
look_after(struct run *r, struct mono now)
{
	for (unsigned i = 0; i < r->plan->connections; i++) {
		struct connection *c = &r->connections[i];
		int rc;

		if (c->fd >= 0 && mono_since(now, c->begun).ns > seconds(ANSWER_LIMIT_S).ns) {
			note_error(r, BENCH_ERROR_TIMEOUT, "no answer within %d s", ANSWER_LIMIT_S);
			drop(c, now);
		}
		if (c->fd >= 0 || mono_before(now, c->retry))
			continue;
		begin_object(r, c, now);
		rc = open_connection(r, c);
		if (rc != 0) {
			note_error(r, BENCH_ERROR_CONNECT, "%s port %s: %s", r->plan->host,
			    r->plan->port, strerror(-rc));
			drop(c, now);
		}
	}
}

static uint64_t
own_cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000u;
}

static void
loop(struct run *r)
{
	struct mono now = mono_now(), start = mono_add(now, r->plan->warmup);
	struct mono end = mono_add(start, r->plan->length), begun = now;
	struct epoll_event events[EVENTS];
	uint64_t cpu = 0;

	while (mono_before(now, end)) {
		int n;

		look_after(r, now);
		n = epoll_wait(r->epoll, events, EVENTS, WAIT_MS);
		now = mono_now();
		if (!r->measured && !mono_before(now, start)) {
			r->measured = true;
			begun = now;
			cpu = own_cpu_ns();
		}
		for (int i = 0; i < n; i++) {
			struct connection *c = events[i].data.ptr;

			if (c->fd >= 0 && (events[i].events & EPOLLOUT) != 0 &&
			    !send_more(r, c, now))
				continue;
			if (c->fd >= 0 && (events[i].events & ~(unsigned)EPOLLOUT) != 0)
				receive(r, c, now);
		}
	}
	r->result->took = mono_since(now, begun);
	r->result->own_cpu_ns = own_cpu_ns() - cpu;
}

static int
resolve(struct run *r)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int rc = getaddrinfo(r->plan->host, r->plan->port, &hints, &r->address);

	if (rc == 0)
		return 0;
	snprintf(r->result->first_error, sizeof(r->result->first_error), "%s port %s: %s",
	    r->plan->host, r->plan->port, gai_strerror(rc));
	return -EINVAL;
}

int
bench_run(const struct bench_plan *plan, struct bench_result *out)
{
	struct run *r = calloc(1, sizeof(*r));
	const uint8_t *body = NULL;
	int rc = -ENOMEM;

	memset(out, 0, sizeof(*out));
	if (r == NULL)
		return rc;
	r->plan = plan;
	r->result = out;
	r->connections = calloc(plan->connections, sizeof(*r->connections));
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->connections == NULL || r->epoll < 0)
		goto free_run;
	for (unsigned i = 0; i < plan->connections; i++)
		r->connections[i].fd = -1;
	rc = load_body(r);
	body = r->body.data;
	if (rc == 0)
		rc = make_message(r);
	if (rc == 0)
		rc = resolve(r);
	if (rc == 0) {
		loop(r);
		freeaddrinfo(r->address);
	}
	for (unsigned i = 0; i < plan->connections; i++) {
		if (r->connections[i].fd >= 0)
			close(r->connections[i].fd);
	}
free_run:
	if (r->epoll >= 0)
		close(r->epoll);
	free((void *)(uintptr_t)body);
	free(r->message);
	free(r->connections);
	free(r);
	return rc;
}
