/* SPDX-License-Identifier: BSD-3-Clause */
/* The loop of sluice-bench: one epoll, connections that send, read, and begin again. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/corpus.h"
#include "bench/request.h"

#define READ_BYTES     262144
#define ANSWER_LIMIT_S 30 /* then the object counts as a timeout */
#define RECONNECT_MS   100
#define EVENTS         256
#define WAIT_MS        50

struct connection {
	int fd;               /* -1: closed, opened again at `retry` */
	size_t sent;          /* of the request */
	bool wants_out, busy; /* busy: an object is on its way */
	struct span body;
	struct mono begun, retry;
	struct reply reply;
};

struct run {
	const struct bench_plan *plan;
	struct bench_result *result;
	struct addrinfo *address;
	int epoll;
	struct request request;
	struct corpus corpus;
	uint64_t bodies; /* that were begun */
	struct mono end;
	unsigned busy_count;
	bool measured; /* the warm-up is over */
	struct connection *connections;
	uint8_t buffer[READ_BYTES];
};

static void
set_busy(struct run *r, struct connection *c, bool busy)
{
	r->busy_count += (unsigned)busy - (unsigned)c->busy;
	c->busy = busy;
}

static void
drop(struct run *r, struct connection *c, struct mono now)
{
	set_busy(r, c, false);
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->retry = mono_add(now, milliseconds(RECONNECT_MS));
}

/* What is left of a request, as one write takes it. Returns how many parts. */
static int
parts_left(const struct run *r, const struct connection *c, struct iovec out[REQUEST_PARTS])
{
	struct span parts[REQUEST_PARTS];
	size_t skip = c->sent;
	int n = 0;

	request_parts(&r->request, c->body, false, parts);
	for (unsigned i = 0; i < REQUEST_PARTS; i++) {
		struct span left = span_from(parts[i], skip);

		skip -= skip < parts[i].bytes ? skip : parts[i].bytes;
		if (left.bytes > 0)
			out[n++] = (struct iovec){ (void *)(uintptr_t)left.data, left.bytes };
	}
	return n;
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
	set_busy(r, c, true);
	c->sent = 0;
	c->begun = now;
	c->body = span_of(NULL, 0);
	if (r->request.body_bytes > 0)
		c->body = corpus_body(&r->corpus, r->bodies++, r->request.body_bytes);
	reply_begin(&c->reply, c->body);
}

/* False: the connection is gone, and counted. */
static bool
send_more(struct run *r, struct connection *c, struct mono now)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
	bool wants_out;
	ssize_t n;

	while (c->sent < r->request.bytes) {
		struct iovec parts[REQUEST_PARTS];
		struct msghdr m = { .msg_iov = parts,
			.msg_iovlen = (size_t)parts_left(r, c, parts) };

		n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			bench_note_error(r->result,
			    c->sent == 0 ? BENCH_ERROR_CONNECT : BENCH_ERROR_RESET,
			    "%s port %u: %s", r->plan->host, r->plan->port, strerror(errno));
			drop(r, c, now);
			return false;
		}
		c->sent += (size_t)n;
	}
	wants_out = c->sent < r->request.bytes;
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
	struct duration latency = mono_since(now, c->begun);

	bench_note_answer(r->result, r->plan->allow_204, a, r->measured, &latency);
	if (a->closes || c->sent < r->request.bytes) { /* the rest of the body is not wanted */
		drop(r, c, now);
		c->retry = now;
		return false;
	}
	set_busy(r, c, false);
	if (!mono_before(now, r->end))
		return true;
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
		bench_note_error(r->result,
		    n == 0                  ? BENCH_ERROR_CLOSED
		    : errno == ECONNREFUSED ? BENCH_ERROR_CONNECT
					    : BENCH_ERROR_RESET,
		    "%s port %u: %s", r->plan->host, r->plan->port,
		    n == 0 ? "closed before the answer was whole" : strerror(errno));
		drop(r, c, now);
		return;
	}
	while (at < (size_t)n) {
		enum reply_outcome o = REPLY_BAD; /* bytes that nobody asked for */

		used = 0;
		if (c->busy)
			o = reply_feed(&c->reply, span_of(r->buffer + at, (size_t)n - at), &used);
		at += used;
		if (o == REPLY_BAD) {
			bench_note_error(r->result, BENCH_ERROR_MALFORMED,
			    "an answer that is none: '%.60s'", c->reply.head);
			drop(r, c, now);
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

		if (c->busy && mono_since(now, c->begun).ns > seconds(ANSWER_LIMIT_S).ns) {
			bench_note_error(r->result, BENCH_ERROR_TIMEOUT, "no answer within %d s",
			    ANSWER_LIMIT_S);
			drop(r, c, now);
		}
		if (c->fd >= 0 || mono_before(now, c->retry) || !mono_before(now, r->end))
			continue;
		begin_object(r, c, now);
		rc = open_connection(r, c);
		if (rc != 0) {
			bench_note_error(r->result, BENCH_ERROR_CONNECT, "%s port %u: %s",
			    r->plan->host, r->plan->port, strerror(-rc));
			drop(r, c, now);
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

/* What is under way at the end is waited for: its cost to the server would else have no object. */
static void
loop(struct run *r)
{
	struct mono now = mono_now(), start = mono_add(now, r->plan->warmup), begun = now;
	struct epoll_event events[EVENTS];
	uint64_t cpu = 0;

	r->end = mono_add(start, r->plan->length);
	while (mono_before(now, r->end) || r->busy_count > 0) {
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
make_request(struct run *r)
{
	if (request_of_plan(&r->request, r->plan))
		return 0;
	snprintf(r->result->first_error, sizeof(r->result->first_error),
	    "host, path and type are too long for a request's head");
	return -EINVAL;
}

static int
resolve(struct run *r)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port[8];
	int rc;

	snprintf(port, sizeof(port), "%u", r->plan->port);
	rc = getaddrinfo(r->plan->host, port, &hints, &r->address);
	if (rc == 0)
		return 0;
	snprintf(r->result->first_error, sizeof(r->result->first_error), "%s port %u: %s",
	    r->plan->host, r->plan->port, gai_strerror(rc));
	return -EINVAL;
}

int
bench_run(const struct bench_plan *plan, struct bench_result *out)
{
	struct run *r = calloc(1, sizeof(*r));
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
	rc = corpus_load(plan->body_file, plan->body_bytes, &r->corpus, out->first_error);
	if (rc == 0)
		rc = make_request(r);
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
	corpus_free(&r->corpus);
	free(r->connections);
	free(r);
	return rc;
}
