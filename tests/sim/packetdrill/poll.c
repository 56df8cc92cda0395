/* SPDX-License-Identifier: BSD-3-Clause */
/* poll() over sockets of the plug; epoll, pipes and splice() are not there. */
#include "tests/sim/packetdrill/socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

struct poll_call {
	struct plug *p;
	struct pollfd *fds;
	nfds_t count;
	int ready;
};

static bool
has_queue(const struct socket *listener)
{
	for (const struct socket *s = listener->plug->sockets; s != NULL; s = s->next) {
		if (s->listener == listener)
			return true;
	}
	return false;
}

/* As tcp_poll() of Linux reports it. */
static short
events_of(const struct socket *s)
{
	bool over = s->kind == SOCKET_FRESH || s->kind == SOCKET_ENDED;
	bool peer_closed = s->kind != SOCKET_FRESH && stream_at_end(s);
	short e = 0;

	if (s->kind == SOCKET_LISTENING)
		return has_queue(s) ? POLLIN | POLLRDNORM : 0;
	if (s->kind == SOCKET_CONNECTING)
		return s->error != 0 ? POLLERR : 0;
	if (over || (peer_closed && s->shut_write))
		e |= POLLHUP;
	if (peer_closed)
		e |= POLLIN | POLLRDNORM | POLLRDHUP;
	if (stream_readable(s) >= (size_t)s->options.receive_low)
		e |= POLLIN | POLLRDNORM;
	if (over || s->shut_write || memory_is_free(s))
		e |= POLLOUT | POLLWRNORM;
	if (s->error != 0)
		e |= POLLERR;
	return e;
}

static bool
look(void *arg)
{
	struct poll_call *c = arg;

	c->ready = 0;
	for (nfds_t i = 0; i < c->count; i++) {
		struct socket *s = socket_find(c->p, c->fds[i].fd);

		c->fds[i].revents = 0;
		if (c->fds[i].fd < 0)
			continue;
		c->fds[i].revents =
		    s == NULL ? POLLNVAL
			      : (short)(events_of(s) & (c->fds[i].events | POLLERR | POLLHUP));
		c->ready += c->fds[i].revents != 0;
	}
	return c->ready > 0;
}

int
poll_wait(void *arg, struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct poll_call c = { arg, fds, count, 0 };
	struct mono until;

	plug_lock(c.p);
	until = timeout_ms < 0 ? MONO_NEVER : mono_add(c.p->now, milliseconds(timeout_ms));
	plug_wait(c.p, look, &c, until);
	plug_unlock(c.p);
	return c.ready;
}

static int
not_there(void)
{
	errno = ENOSYS;
	return -1;
}

int
poll_epoll_create(void *arg, int size)
{
	(void)arg;
	(void)size;
	return not_there();
}

int
poll_epoll_ctl(void *arg, int epfd, int op, int fd, struct epoll_event *event)
{
	(void)arg;
	(void)epfd;
	(void)op;
	(void)fd;
	(void)event;
	return not_there();
}

int
poll_epoll_wait(void *arg, int epfd, struct epoll_event *events, int max, int timeout_ms)
{
	(void)arg;
	(void)epfd;
	(void)events;
	(void)max;
	(void)timeout_ms;
	return not_there();
}

int
poll_pipe(void *arg, int fds[2])
{
	(void)arg;
	(void)fds;
	return not_there();
}

int
poll_splice(void *arg, int fd_in, loff_t *off_in, int fd_out, loff_t *off_out, size_t bytes,
    unsigned int flags)
{
	(void)arg;
	(void)fd_in;
	(void)off_in;
	(void)fd_out;
	(void)off_out;
	(void)bytes;
	(void)flags;
	return not_there();
}
