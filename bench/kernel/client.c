/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The client. Each connection: opened, the request sent and its answer compared (or nothing), FIN,
 * the server's FIN waited for, closed; then the next in its place. They go to many addresses of
 * loopback in turn: one pair of addresses has ports for half a second at this rate, the rest waits
 * in TIME-WAIT.
 */
#include "bench/kernel/kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX   64
#define ADDRESSES    250
#define LAST_WAIT_MS 1000 /* for those under way at the end */

struct connection {
	int fd; /* -1: none */
	bool asked, closing;
	size_t answered;
};

struct client {
	const struct kernel_plan *plan;
	struct kernel_result *result;
	struct connection connections[KERNEL_CONNECTIONS_MAX];
	int set;
	unsigned open;
	uint32_t turn;
};

static void
finish(struct client *l, struct connection *c, bool well)
{
	close(c->fd);
	c->fd = -1;
	l->open--;
	l->result->connections += well;
	l->result->errors += !well;
}

/* False: it could not be opened, which is counted. */
static bool
open_next(struct client *l, struct connection *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(KERNEL_PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK + l->turn++ % ADDRESSES) };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.ptr = c };

	*c = (struct connection){ .fd = socket(
				      AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) };
	if (c->fd < 0) {
		l->result->errors++;
		return false;
	}
	l->open++;
	if ((connect(c->fd, (struct sockaddr *)&to, sizeof(to)) != 0 && errno != EINPROGRESS) ||
	    epoll_ctl(l->set, EPOLL_CTL_ADD, c->fd, &event) != 0) {
		finish(l, c, false);
		return false;
	}
	return true;
}

/* It is open: the request, or our FIN at once. */
static bool
begin(struct client *l, struct connection *c)
{
	size_t bytes = strlen(kernel_request);

	c->asked = true;
	if (!l->plan->empty)
		return write(c->fd, kernel_request, bytes) == (ssize_t)bytes;
	c->closing = true;
	return shutdown(c->fd, SHUT_WR) == 0;
}

/* Reads what came. 1: it is over, and well; 0: not yet; -1: not what it should be. */
static int
take(struct connection *c)
{
	size_t whole = strlen(kernel_answer);
	char bytes[2048];
	ssize_t n;

	while ((n = read(c->fd, bytes, sizeof(bytes))) > 0) {
		if (c->answered + (size_t)n > whole ||
		    memcmp(bytes, kernel_answer + c->answered, (size_t)n) != 0)
			return -1;
		c->answered += (size_t)n;
		if (c->answered < whole)
			continue;
		c->closing = true;
		if (shutdown(c->fd, SHUT_WR) != 0)
			return -1;
	}
	if (n == 0)
		return c->closing ? 1 : -1;
	return errno == EAGAIN ? 0 : -1;
}

static void
advance(struct client *l, struct connection *c, uint32_t events, bool over)
{
	int rc = 0;

	if ((events & EPOLLOUT) && !c->asked && !begin(l, c))
		rc = -1;
	if (rc == 0 && (events & (EPOLLERR | EPOLLIN | EPOLLHUP | EPOLLRDHUP)))
		rc = take(c);
	if (rc == 0)
		return;
	finish(l, c, rc > 0);
	if (!over)
		open_next(l, c);
}

void
kernel_load(const struct kernel_plan *plan, struct kernel_result *out)
{
	static struct client l;
	struct epoll_event events[EVENTS_MAX];
	struct mono end = mono_add(mono_now(), plan->length);
	struct mono last = mono_add(end, milliseconds(LAST_WAIT_MS));

	*out = (struct kernel_result){ 0 };
	l = (struct client){ .plan = plan, .result = out, .set = epoll_create1(EPOLL_CLOEXEC) };
	for (unsigned i = 0; i < plan->connections; i++)
		open_next(&l, &l.connections[i]);
	while (l.open > 0 && mono_before(mono_now(), last)) {
		bool over = !mono_before(mono_now(), end);
		int n = epoll_wait(l.set, events, EVENTS_MAX, LAST_WAIT_MS);

		for (int i = 0; i < n; i++)
			advance(&l, events[i].data.ptr, events[i].events, over);
	}
	for (unsigned i = 0; i < plan->connections; i++) {
		if (l.connections[i].fd >= 0)
			finish(&l, &l.connections[i], false);
	}
	close(l.set);
}
