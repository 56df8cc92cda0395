/* SPDX-License-Identifier: BSD-3-Clause */
/* Sockets: descriptors, listening and the accept queue, connecting, closing. */
#include "tests/sim/packetdrill/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
fail(struct plug *p, int error)
{
	plug_unlock(p);
	errno = error;
	return -1;
}

struct socket *
socket_find(struct plug *p, int fd)
{
	for (struct socket *s = p->sockets; s != NULL && fd >= 0; s = s->next) {
		if (s->fd == fd)
			return s;
	}
	errno = EBADF;
	return NULL;
}

static bool
same_flow(const struct tcp_endpoints *a, const struct tcp_endpoints *b)
{
	return a->local_port == b->local_port && a->remote_port == b->remote_port &&
	       address_equal(&a->local, &b->local) && address_equal(&a->remote, &b->remote);
}

struct socket *
socket_of_flow(struct plug *p, const struct tcp_endpoints *e)
{
	for (struct socket *s = p->sockets; s != NULL; s = s->next) {
		if (s->conn != NULL && same_flow(&s->endpoints, e))
			return s;
	}
	return NULL;
}

/* A socket without a descriptor, first of all: the order of accepting is the list's from its end.
 */
static struct socket *
create(struct plug *p, int family)
{
	struct socket *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->plug = p;
	s->fd = -1;
	s->family = family;
	s->quick_acks = SOCKET_QUICK_ACKS;
	sockopt_init(&s->options);
	account_init(&s->account);
	s->next = p->sockets;
	p->sockets = s;
	return s;
}

/* The connection was released, or never was. */
static void
destroy(struct socket *s)
{
	struct socket **link = &s->plug->sockets;

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	chain_free(&s->held);
	chain_free(&s->peeked);
	free(s);
}

void
sockets_start_listening(struct plug *p)
{
	for (struct socket *s = p->sockets; s != NULL; s = s->next) {
		if (s->kind == SOCKET_LISTENING)
			tcp_listen(p->tcp, &s->endpoints.local, s->endpoints.local_port);
	}
}

void
sockets_fini(struct plug *p)
{
	while (p->sockets != NULL) {
		struct socket *s = p->sockets;

		if (s->conn != NULL)
			tcp_release(s->conn);
		destroy(s);
	}
}

static struct socket *
listener_of(struct plug *p, const struct tcp_endpoints *e)
{
	for (struct socket *s = p->sockets; s != NULL; s = s->next) {
		const struct ip_address *a = &s->endpoints.local;

		if (s->kind == SOCKET_LISTENING && s->endpoints.local_port == e->local_port &&
		    (address_is_any(a) || address_equal(a, &e->local)))
			return s;
	}
	return NULL;
}

/* A connection that nobody knew: into the queue of whoever listens, or away with it. */
static void
enqueue(struct plug *p, struct tcp_conn *c)
{
	struct socket *listener = listener_of(p, tcp_endpoints(c)), *s;

	if (listener == NULL) {
		tcp_abort(c);
		tcp_release(c);
		return;
	}
	s = create(p, listener->family);
	s->kind = SOCKET_CONNECTED;
	s->bound = true;
	s->conn = c;
	s->endpoints = *tcp_endpoints(c);
	s->listener = listener;
	s->options = listener->options;
	tcp_set_user(c, s);
	sockopt_apply(s);
}

void
sockets_take_ready(struct plug *p)
{
	struct tcp_conn *c;

	while ((c = tcp_next_ready(p->tcp)) != NULL) {
		struct socket *s = tcp_user(c);
		uint32_t events;

		if (s == NULL) {
			enqueue(p, c);
			s = tcp_user(c);
			if (s == NULL)
				continue;
		}
		events = tcp_events(c);
		if (s->kind == SOCKET_CONNECTING && (events & TCP_EVENT_OPENED) != 0 &&
		    (events & TCP_EVENT_ENDED) == 0) {
			s->kind = SOCKET_CONNECTED;
			sockopt_apply(s);
		}
		if ((events & TCP_EVENT_ENDED) != 0 && s->kind != SOCKET_ENDED) {
			s->kind = SOCKET_ENDED;
			s->error = p->cause;
			chain_free(&s->held);
		}
	}
}

int
socket_open(void *arg, int domain, int type, int protocol)
{
	struct plug *p = arg;
	struct socket *s;
	int fd;

	if (domain != AF_INET && domain != AF_INET6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if ((type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != SOCK_STREAM ||
	    (protocol != 0 && protocol != IPPROTO_TCP)) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	/* packetdrill closes what a script leaves open with the real close(). */
	fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -1;
	plug_lock(p);
	s = create(p, domain);
	s->fd = fd;
	s->nonblocking = (type & SOCK_NONBLOCK) != 0;
	plug_unlock(p);
	return fd;
}

/* -EINVAL, -EAFNOSUPPORT. */
static int
take_address(
    const struct sockaddr *address, socklen_t bytes, struct ip_address *out, uint16_t *port)
{
	static const struct ip_address any = { { 0 } };

	if (bytes < sizeof(address->sa_family))
		return -EINVAL;
	if (address->sa_family == AF_INET && bytes >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)address;

		*out = v4->sin_addr.s_addr != 0 ? address_v4(&v4->sin_addr) : any;
		*port = ntohs(v4->sin_port);
		return 0;
	}
	if (address->sa_family == AF_INET6 && bytes >= sizeof(struct sockaddr_in6)) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)address;

		*out = address_v6(&v6->sin6_addr);
		*port = ntohs(v6->sin6_port);
		return 0;
	}
	return address->sa_family == AF_INET || address->sa_family == AF_INET6 ? -EINVAL
									       : -EAFNOSUPPORT;
}

static void
give_address(const struct ip_address *a, uint16_t port, struct sockaddr *out, socklen_t *bytes)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_v4 = address_is_v4(a);
	socklen_t n = is_v4 ? sizeof(v4) : sizeof(v6);

	if (out == NULL || bytes == NULL)
		return;
	memcpy(&v4.sin_addr, a->bytes + 12, 4);
	memcpy(&v6.sin6_addr, a->bytes, 16);
	memcpy(out, is_v4 ? (const void *)&v4 : (const void *)&v6, *bytes < n ? *bytes : n);
	*bytes = n;
}

int
socket_bind(void *arg, int fd, const struct sockaddr *address, socklen_t bytes)
{
	struct plug *p = arg;
	struct socket *s;
	struct tcp_endpoints e = { .local_port = 0 };
	int rc;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	rc = take_address(address, bytes, &e.local, &e.local_port);
	if (rc != 0)
		return fail(p, -rc);
	if (s->bound)
		return fail(p, EINVAL);
	if (e.local_port != 0 && listener_of(p, &e) != NULL)
		return fail(p, EADDRINUSE);
	s->endpoints.local = e.local;
	s->endpoints.local_port = e.local_port;
	s->bound = true;
	plug_unlock(p);
	return 0;
}

int
socket_listen(void *arg, int fd, int backlog)
{
	struct plug *p = arg;
	struct socket *s;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (s->kind != SOCKET_FRESH && s->kind != SOCKET_LISTENING)
		return fail(p, EINVAL);
	if (s->kind == SOCKET_FRESH) {
		if (!s->bound || s->endpoints.local_port == 0)
			return fail(p, EADDRINUSE); /* ports of its own choice are for connect() */
		if (p->tcp != NULL &&
		    tcp_listen(p->tcp, &s->endpoints.local, s->endpoints.local_port) != 0)
			return fail(p, EADDRINUSE);
		s->kind = SOCKET_LISTENING;
	}
	s->backlog = backlog < 0 || backlog > SOCKET_BACKLOG_MAX ? SOCKET_BACKLOG_MAX : backlog;
	plug_unlock(p);
	return 0;
}

/* The one that came first: new sockets stand before older ones. */
static struct socket *
first_in_queue(const struct socket *listener)
{
	struct socket *first = NULL;

	for (struct socket *s = listener->plug->sockets; s != NULL; s = s->next) {
		if (s->listener == listener)
			first = s;
	}
	return first;
}

static bool
may_accept(void *arg)
{
	const struct socket *s = arg;

	return s->kind != SOCKET_LISTENING || first_in_queue(s) != NULL;
}

int
socket_accept(void *arg, int fd, struct sockaddr *address, socklen_t *bytes)
{
	struct plug *p = arg;
	struct socket *s, *first;
	int accepted;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (s->kind != SOCKET_LISTENING)
		return fail(p, EINVAL);
	if (!plug_wait(p, may_accept, s, s->nonblocking ? p->now : MONO_NEVER))
		return fail(p, EAGAIN);
	first = first_in_queue(s);
	accepted = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (accepted < 0)
		return fail(p, errno);
	first->listener = NULL;
	first->fd = accepted;
	give_address(&first->endpoints.remote, first->endpoints.remote_port, address, bytes);
	plug_turn(p);
	plug_unlock(p);
	return accepted;
}

static bool
is_settled(void *arg)
{
	const struct socket *s = arg;

	return s->kind != SOCKET_CONNECTING;
}

/* The SYN goes; 0 or an errno. */
static int
begin_connect(struct plug *p, struct socket *s, const struct sockaddr *address, socklen_t bytes)
{
	struct tcp_endpoints *e = &s->endpoints;
	int rc = take_address(address, bytes, &e->remote, &e->remote_port);

	if (rc != 0)
		return -rc;
	if (address_is_any(&e->local))
		e->local = p->settings.local;
	plug_need_stack(p);
	rc = tcp_connect(p->tcp, e, &s->conn);
	if (rc != 0)
		return rc == -ENOSPC ? EAGAIN : -rc;
	*e = *tcp_endpoints(s->conn);
	s->bound = true;
	s->kind = SOCKET_CONNECTING;
	tcp_set_user(s->conn, s);
	plug_turn(p);
	return 0;
}

int
socket_connect(void *arg, int fd, const struct sockaddr *address, socklen_t bytes)
{
	struct plug *p = arg;
	struct socket *s;
	int rc;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (s->kind == SOCKET_LISTENING || s->kind == SOCKET_CONNECTED)
		return fail(p, EISCONN);
	if (s->kind == SOCKET_CONNECTING && s->nonblocking)
		return fail(p, EALREADY);
	if (s->kind == SOCKET_FRESH) {
		rc = begin_connect(p, s, address, bytes);
		if (rc != 0)
			return fail(p, rc);
		if (s->nonblocking)
			return fail(p, EINPROGRESS);
	}
	plug_wait(p, is_settled, s, MONO_NEVER);
	if (s->kind == SOCKET_ENDED) {
		rc = s->error != 0 ? s->error : ECONNABORTED;
		s->error = 0;
		return fail(p, rc);
	}
	if (s->kind == SOCKET_CONNECTING)
		return fail(p, EINPROGRESS);
	plug_unlock(p);
	return 0;
}

static void
close_listener(struct plug *p, struct socket *s)
{
	struct socket *waiting;

	if (p->tcp != NULL)
		tcp_unlisten(p->tcp, &s->endpoints.local, s->endpoints.local_port);
	while ((waiting = first_in_queue(s)) != NULL) {
		tcp_abort(waiting->conn);
		tcp_release(waiting->conn);
		destroy(waiting);
	}
}

static bool
has_sent_all(void *arg)
{
	const struct socket *s = arg;

	return s->kind == SOCKET_ENDED || stream_unsent(s) == 0;
}

/*
 * RFC 2525 §2.17: what came and was not read is lost, and the peer is told by a RST; the library
 * itself would drain it. SO_LINGER with no time does the same.
 */
static void
close_connection(struct plug *p, struct socket *s)
{
	const struct linger *l = &s->options.linger;

	if (s->kind == SOCKET_CONNECTED &&
	    (stream_readable(s) > 0 || (l->l_onoff && l->l_linger == 0))) {
		tcp_abort(s->conn);
	} else {
		s->shut_write = true;
		stream_pump(s);
		if (l->l_onoff && s->kind == SOCKET_CONNECTED && !s->nonblocking) {
			tcp_shutdown(s->conn);
			plug_turn(p);
			plug_wait(p, has_sent_all, s, mono_add(p->now, seconds(l->l_linger)));
		}
	}
	tcp_release(s->conn);
	s->conn = NULL;
}

int
socket_close(void *arg, int fd)
{
	struct plug *p = arg;
	struct socket *s;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (s->kind == SOCKET_LISTENING)
		close_listener(p, s);
	else if (s->conn != NULL)
		close_connection(p, s);
	destroy(s);
	close(fd);
	plug_turn(p);
	plug_unlock(p);
	return 0;
}

int
socket_shutdown(void *arg, int fd, int how)
{
	struct plug *p = arg;
	struct socket *s;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return fail(p, EINVAL);
	if (s->kind == SOCKET_FRESH || s->kind == SOCKET_ENDED || s->kind == SOCKET_LISTENING)
		return fail(p, ENOTCONN);
	if (how != SHUT_WR)
		s->shut_read = true;
	if (how != SHUT_RD && !s->shut_write) {
		s->shut_write = true;
		stream_pump(s);
		tcp_shutdown(s->conn);
	}
	plug_turn(p);
	plug_unlock(p);
	return 0;
}
