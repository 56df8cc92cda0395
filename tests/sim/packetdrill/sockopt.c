/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Socket options, fcntl() and ioctl(). What the library or the socket can do has its effect here;
 * what has none on the wire (SO_REUSEADDR) is kept and read back; all else is ENOPROTOOPT.
 */
#include "tests/sim/packetdrill/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#define tcp_info system_tcp_info /* a name of ours, too */
#include <netinet/tcp.h>
#undef tcp_info
#include <stdarg.h>
#include <stddef.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>

#define SEND_BUFFER     (2 << 20)
#define SEND_LEAST      2304 /* Linux's SOCK_MIN_SNDBUF is twice that */
#define RECEIVE_BUFFER  (15 << 20)
#define RECEIVE_LEAST   1152
#define KEEP_IDLE_S     7200
#define KEEP_INTERVAL_S 75
#define KEEP_COUNT      9
#define MSS_DEFAULT     536
#define USER_TIMEOUT_MS 924600 /* fifteen retransmissions, which is where Linux gives up */

#ifndef TCP_INQ
#define TCP_INQ 36
#endif

static int
fail(struct plug *p, int error)
{
	plug_unlock(p);
	errno = error;
	return -1;
}

static const struct option {
	int level, name;
	size_t offset;
	int least, most;
} options[] = {
#define OPTION(level, name, field, least, most)                                  \
	{                                                                        \
		level, name, offsetof(struct socket_options, field), least, most \
	}
	OPTION(SOL_SOCKET, SO_REUSEADDR, reuse_address, INT32_MIN, INT32_MAX),
	OPTION(SOL_SOCKET, SO_REUSEPORT, reuse_port, INT32_MIN, INT32_MAX),
	OPTION(SOL_SOCKET, SO_KEEPALIVE, keepalive, INT32_MIN, INT32_MAX),
	OPTION(SOL_SOCKET, SO_BROADCAST, broadcast, INT32_MIN, INT32_MAX),
	OPTION(SOL_SOCKET, SO_PRIORITY, priority, 0, 6),
	OPTION(SOL_SOCKET, SO_SNDBUF, send_buffer, 0, INT32_MAX),
	OPTION(SOL_SOCKET, SO_RCVBUF, receive_buffer, 0, INT32_MAX),
	OPTION(SOL_SOCKET, SO_RCVLOWAT, receive_low, 0, INT32_MAX),
	OPTION(SOL_SOCKET, SO_OOBINLINE, out_of_band_inline, INT32_MIN, INT32_MAX),
	OPTION(SOL_IP, IP_TOS, tos, 0, 255),
	OPTION(SOL_IP, IP_MTU_DISCOVER, mtu_discover, 0, 5),
	OPTION(SOL_IP, IP_FREEBIND, free_bind, INT32_MIN, INT32_MAX),
	OPTION(SOL_IPV6, IPV6_TCLASS, tos, 0, 255),
	OPTION(SOL_TCP, TCP_NODELAY, nodelay, INT32_MIN, INT32_MAX),
	OPTION(SOL_TCP, TCP_CORK, cork, INT32_MIN, INT32_MAX),
	OPTION(SOL_TCP, TCP_MAXSEG, maxseg, 88, 32767),
	OPTION(SOL_TCP, TCP_KEEPIDLE, keep_idle, 1, 32767),
	OPTION(SOL_TCP, TCP_KEEPINTVL, keep_interval, 1, 32767),
	OPTION(SOL_TCP, TCP_KEEPCNT, keep_count, 1, 127),
	OPTION(SOL_TCP, TCP_SYNCNT, syn_count, 1, 127),
	OPTION(SOL_TCP, TCP_USER_TIMEOUT, user_timeout, 0, INT32_MAX),
	OPTION(SOL_TCP, TCP_INQ, tell_readable, 0, 1),
	OPTION(SOL_TCP, TCP_QUICKACK, quickack, INT32_MIN, INT32_MAX),
#undef OPTION
};

static int *
field_of(struct socket_options *o, const struct option *which)
{
	return (int *)((char *)o + which->offset);
}

static const struct option *
find_option(int level, int name)
{
	for (unsigned i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	}
	return NULL;
}

void
sockopt_init(struct socket_options *o)
{
	*o = (struct socket_options){ .send_buffer = SEND_BUFFER,
		.receive_buffer = RECEIVE_BUFFER,
		.receive_low = 1,
		.quickack = 1,
		.keep_idle = KEEP_IDLE_S,
		.keep_interval = KEEP_INTERVAL_S,
		.keep_count = KEEP_COUNT };
}

void
sockopt_apply(struct socket *s)
{
	const struct socket_options *o = &s->options;

	if (s->conn == NULL || s->kind != SOCKET_CONNECTED)
		return;
	if (!mono_is_set(s->opened_at))
		s->opened_at = s->plug->now;
	tcp_set_keepalive(s->conn, seconds(o->keepalive ? o->keep_idle : 0));
	tcp_set_user_timeout(
	    s->conn, milliseconds(o->user_timeout != 0 ? o->user_timeout : USER_TIMEOUT_MS));
	stream_pump(s);
}

/* Linux doubles what it is told, for its own overhead, and says so. */
static int
set_buffer(struct plug *p, struct socket *s, int name, int value)
{
	if (name == SO_SNDBUF) {
		s->options.send_buffer = value > SEND_LEAST ? value : SEND_LEAST;
		return 0;
	}
	s->options.receive_buffer = value > RECEIVE_LEAST ? value : RECEIVE_LEAST;
	if (p->tcp == NULL) {
		p->settings.receive_bytes = (uint32_t)s->options.receive_buffer;
		p->settings.receive_is_set = true;
	}
	return 0;
}

/* 0 or an errno. */
static int
set_integer(struct plug *p, struct socket *s, const struct option *o, int value)
{
	if (o->name == TCP_MAXSEG && o->level == SOL_TCP && value == 0) {
		s->options.maxseg = 0;
		return 0;
	}
	if (value < o->least || value > o->most)
		return EINVAL;
	if (o->level == SOL_SOCKET && (o->name == SO_SNDBUF || o->name == SO_RCVBUF))
		return set_buffer(p, s, o->name, value);
	*field_of(&s->options, o) = o->least == INT32_MIN ? value != 0 : value;
	if (o->level == SOL_SOCKET && o->name == SO_RCVLOWAT && value == 0)
		s->options.receive_low = 1;
	if (o->level == SOL_TCP && o->name == TCP_QUICKACK && value != 0 && s->conn != NULL) {
		s->quick_acks = SOCKET_QUICK_ACKS;
		s->interactive = false;
		tcp_acknowledge(s->conn);
	}
	/* Linux lets go of what TCP_CORK held when it ends, and for TCP_NODELAY. */
	if (o->level == SOL_TCP &&
	    ((o->name == TCP_CORK && value == 0) || (o->name == TCP_NODELAY && value != 0)))
		s->push = true;
	sockopt_apply(s);
	return 0;
}

/* 0 or an errno. */
static int
set_other(struct socket *s, int level, int name, const void *value, socklen_t bytes)
{
	if (level == SOL_SOCKET && name == SO_LINGER) {
		if (bytes < sizeof(struct linger))
			return EINVAL;
		memcpy(&s->options.linger, value, sizeof(struct linger));
		return 0;
	}
	if (level == SOL_TCP && name == TCP_CONGESTION)
		return bytes >= 5 && memcmp(value, "cubic", 5) == 0 ? 0 : ENOENT;
	return ENOPROTOOPT;
}

int
sockopt_set(void *arg, int fd, int level, int name, const void *value, socklen_t bytes)
{
	struct plug *p = arg;
	const struct option *o = find_option(level, name);
	struct socket *s;
	int n, rc;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (o == NULL) {
		rc = set_other(s, level, name, value, bytes);
	} else if (level == SOL_IP && bytes == 1) {
		rc = set_integer(p, s, o, *(const uint8_t *)value);
	} else if (bytes < sizeof(n)) {
		rc = EINVAL;
	} else {
		memcpy(&n, value, sizeof(n));
		rc = set_integer(p, s, o, n);
	}
	if (rc != 0)
		return fail(p, rc);
	plug_turn(p);
	plug_unlock(p);
	return 0;
}

/* What is read back as an integer; false: nothing is. */
static bool
get_integer(struct socket *s, int level, int name, int *out)
{
	const struct option *o = find_option(level, name);
	struct tcp_info info;

	if (level == SOL_SOCKET && name == SO_ERROR) {
		*out = s->error;
		s->error = 0;
	} else if (level == SOL_SOCKET && name == SO_TYPE) {
		*out = SOCK_STREAM;
	} else if (level == SOL_SOCKET && name == SO_PROTOCOL) {
		*out = IPPROTO_TCP;
	} else if (level == SOL_SOCKET && name == SO_DOMAIN) {
		*out = s->family;
	} else if (level == SOL_SOCKET && name == SO_ACCEPTCONN) {
		*out = s->kind == SOCKET_LISTENING;
	} else if (o == NULL) {
		return false;
	} else {
		*out = *field_of(&s->options, o);
		if (level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF))
			*out *= 2;
		if (level == SOL_TCP && name == TCP_MAXSEG && s->kind == SOCKET_CONNECTED) {
			tcp_info(s->conn, &info);
			*out = (int)info.mss_bytes;
		} else if (level == SOL_TCP && name == TCP_MAXSEG && *out == 0) {
			*out = MSS_DEFAULT;
		}
	}
	return true;
}

static int
give(struct plug *p, const void *from, size_t there, void *value, socklen_t *bytes)
{
	if (*bytes > there)
		*bytes = (socklen_t)there;
	memcpy(value, from, *bytes);
	plug_unlock(p);
	return 0;
}

int
sockopt_get(void *arg, int fd, int level, int name, void *value, socklen_t *bytes)
{
	struct plug *p = arg;
	struct socket *s;
	int n;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (level == SOL_TCP && name == TCP_INFO) {
		info_fill(s, value, *bytes);
		plug_unlock(p);
		return 0;
	}
	if (level == SOL_SOCKET && name == SO_MEMINFO) {
		memset(value, 0, *bytes); /* the kernel's memory: there is none */
		plug_unlock(p);
		return 0;
	}
	if (level == SOL_TCP && name == TCP_CC_INFO)
		return give(p, "", 0, value, bytes); /* CUBIC has none */
	if (level == SOL_TCP && name == TCP_CONGESTION)
		return give(p, "cubic\0\0\0\0\0\0\0\0\0\0", 16, value, bytes);
	if (level == SOL_SOCKET && name == SO_LINGER)
		return give(p, &s->options.linger, sizeof(struct linger), value, bytes);
	if (!get_integer(s, level, name, &n))
		return fail(p, ENOPROTOOPT);
	return give(p, &n, sizeof(n), value, bytes);
}

int
sockopt_fcntl(void *arg, int fd, int command, ...)
{
	struct plug *p = arg;
	struct socket *s;
	va_list arguments;
	int flags = 0, rc = 0;

	if (command == F_SETFL) {
		va_start(arguments, command);
		flags = va_arg(arguments, int);
		va_end(arguments);
	}
	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (command == F_SETFL)
		s->nonblocking = (flags & O_NONBLOCK) != 0;
	else if (command == F_GETFL)
		rc = O_RDWR | (s->nonblocking ? O_NONBLOCK : 0);
	else if (command == F_GETFD)
		rc = FD_CLOEXEC;
	else if (command != F_SETFD)
		return fail(p, EINVAL);
	plug_unlock(p);
	return rc;
}

int
sockopt_ioctl(void *arg, int fd, unsigned long request, ...)
{
	struct plug *p = arg;
	struct socket *s;
	va_list arguments;
	int *out;

	va_start(arguments, request);
	out = va_arg(arguments, int *);
	va_end(arguments);
	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (request == FIONBIO) {
		s->nonblocking = *out != 0;
	} else if (request != SIOCINQ && request != SIOCOUTQ) {
		return fail(p, ENOTTY);
	} else {
		if (s->kind == SOCKET_LISTENING)
			return fail(p, EINVAL);
		*out = (int)(request == SIOCINQ ? stream_readable(s) : stream_unsent(s));
	}
	plug_unlock(p);
	return 0;
}
