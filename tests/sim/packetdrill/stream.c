/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes both ways: reading with its flags, writing with Nagle and TCP_CORK, early ACKs. */
#include "tests/sim/packetdrill/socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "tests/sim/packetdrill/flow.h"
#include "tests/sim/sim.h"

#define CORK_MS        200 /* Linux's: so long a short end is held back */
#define INTERACTIVE_MS 40

#ifndef TCP_CM_INQ
#define TCP_CM_INQ 36
#endif

static ssize_t
fail(struct plug *p, int error)
{
	plug_unlock(p);
	errno = error;
	return -1;
}

size_t
stream_readable(const struct socket *s)
{
	return s->peeked.bytes + (s->conn != NULL ? tcp_receivable(s->conn) : 0);
}

bool
stream_at_end(const struct socket *s)
{
	return s->shut_read || s->kind == SOCKET_ENDED ||
	       (s->conn != NULL && (tcp_events(s->conn) & TCP_EVENT_PEER_CLOSED) != 0);
}

static size_t
queued(const struct socket *s)
{
	struct tcp_info info;

	if (s->conn == NULL)
		return 0;
	tcp_info(s->conn, &info);
	return info.send_queue_bytes;
}

size_t
stream_unsent(const struct socket *s)
{
	return queued(s) + s->held.bytes;
}

void
stream_data_came(struct socket *s, bool fits)
{
	struct plug *p = s->plug;

	s->data_came_at = p->now;
	if (!fits || !p->settings.linux_ways || s->interactive || s->quick_acks == 0 ||
	    s->options.quickack == 0)
		return;
	s->quick_acks--;
	tcp_acknowledge(s->conn);
}

/* How much of what is held may go now. */
static size_t
may_go(struct socket *s)
{
	struct tcp_info info;
	size_t held = s->held.bytes, end;
	bool due =
	    s->push || (mono_is_set(s->held_until) && !mono_before(s->plug->now, s->held_until));

	tcp_info(s->conn, &info);
	end = held % info.mss_bytes;
	if (end == 0 || s->shut_write || due)
		return held;
	if (s->options.cork || s->more)
		return held - end;
	/* RFC 1122 §4.2.3.4, in Minshall's form: one short segment unacknowledged at a time. */
	if (s->options.nodelay || s->small_end + info.send_queue_bytes <= s->given)
		return held;
	return held - end;
}

void
stream_pump(struct socket *s)
{
	struct chain out = CHAIN_EMPTY;
	struct tcp_info info;
	size_t bytes;

	if (s->kind != SOCKET_CONNECTED || s->held.bytes == 0) {
		s->push = false;
		return;
	}
	tcp_info(s->conn, &info);
	bytes = may_go(s);
	if (bytes > 0) {
		if (chain_take(&s->held, sim_pools(), bytes, &out) != 0)
			abort();
		s->given += bytes;
		if (bytes % info.mss_bytes != 0)
			s->small_end = s->given;
		tcp_send(s->conn, &out);
	}
	s->push = false;
	if (s->held.bytes == 0)
		s->held_until = MONO_NONE;
	else if (!mono_is_set(s->held_until) && (s->options.cork || s->more))
		s->held_until = mono_add(s->plug->now,
		    nanoseconds(milliseconds(CORK_MS).ns + microseconds(info.rtt_us).ns));
}

/* Moves up to `bytes` to `out` (NULL: throws them away). */
static size_t
take(struct socket *s, uint8_t *out, size_t bytes, bool peek)
{
	struct chain gone = CHAIN_EMPTY;
	size_t n = stream_readable(s);

	n = bytes < n ? bytes : n;
	if (n == 0)
		return 0;
	if (n > s->peeked.bytes && (peek || s->peeked.bytes > 0))
		tcp_receive(s->conn, n - s->peeked.bytes, &s->peeked);
	if (peek)
		return chain_copy_out(&s->peeked, 0, out, n);
	if (s->peeked.bytes > 0)
		chain_take(&s->peeked, sim_pools(), n, &gone);
	else
		tcp_receive(s->conn, n, &gone);
	if (out != NULL)
		chain_copy_out(&gone, 0, out, n);
	chain_free(&gone);
	return n;
}

struct want {
	struct socket *s;
	size_t bytes;
};

static bool
may_read(void *arg)
{
	const struct want *w = arg;

	return stream_readable(w->s) >= w->bytes || stream_at_end(w->s) || w->s->error != 0;
}

/* Takes the lock's place in every form of reading. */
static ssize_t
receive(struct plug *p, int fd, void *out, size_t bytes, int flags)
{
	struct socket *s;
	struct want want;
	size_t n;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	if (out == NULL && bytes > 0)
		return fail(p, EFAULT);
	if (flags & (MSG_ERRQUEUE | MSG_OOB))
		return fail(p, flags & MSG_OOB ? EINVAL : EAGAIN);
	if (s->kind == SOCKET_FRESH || s->kind == SOCKET_LISTENING)
		return fail(p, ENOTCONN);
	want = (struct want){ s, flags & MSG_WAITALL ? bytes : (size_t)s->options.receive_low };
	if (want.bytes > bytes)
		want.bytes = bytes;
	plug_wait(p, may_read, &want, s->nonblocking || flags & MSG_DONTWAIT ? p->now : MONO_NEVER);
	if (stream_readable(s) == 0) {
		int error = s->error;

		s->error = 0;
		if (error != 0)
			return fail(p, error);
		if (!stream_at_end(s) && bytes > 0)
			return fail(p, EAGAIN);
	}
	n = take(s, flags & MSG_TRUNC ? NULL : out, bytes, (flags & MSG_PEEK) != 0);
	plug_turn(p);
	plug_unlock(p);
	return (ssize_t)n;
}

ssize_t
stream_read(void *arg, int fd, void *out, size_t bytes)
{
	return receive(arg, fd, out, bytes, 0);
}

ssize_t
stream_recv(void *arg, int fd, void *out, size_t bytes, int flags)
{
	return receive(arg, fd, out, bytes, flags);
}

ssize_t
stream_recvfrom(void *arg, int fd, void *out, size_t bytes, int flags, struct sockaddr *source,
    socklen_t *source_bytes)
{
	(void)source;
	if (source_bytes != NULL)
		*source_bytes = 0; /* a stream has no source of its own */
	return receive(arg, fd, out, bytes, flags);
}

/* The sum of the pieces, at most what a call returns. */
static size_t
sum_of(const struct iovec *pieces, size_t count)
{
	size_t sum = 0;

	for (size_t i = 0; i < count && sum < INT32_MAX; i++)
		sum += pieces[i].iov_len;
	return sum < INT32_MAX ? sum : INT32_MAX;
}

static ssize_t
scatter(struct plug *p, int fd, const struct iovec *pieces, size_t count, int flags)
{
	size_t bytes = sum_of(pieces, count), done = 0;
	uint8_t *all = malloc(bytes + 1);
	ssize_t n;

	if (all == NULL)
		abort();
	n = receive(p, fd, all, bytes, flags);
	for (size_t i = 0; i < count && n > 0 && done < (size_t)n; i++) {
		size_t left = (size_t)n - done;
		size_t piece = pieces[i].iov_len < left ? pieces[i].iov_len : left;

		if ((flags & MSG_TRUNC) == 0)
			memcpy(pieces[i].iov_base, all + done, piece);
		done += piece;
	}
	free(all);
	return n;
}

ssize_t
stream_readv(void *arg, int fd, const struct iovec *pieces, int count)
{
	return scatter(arg, fd, pieces, (size_t)(count > 0 ? count : 0), 0);
}

/*
 * TCP_INQ: how much may be read without waiting goes with what was read. Where the peer has closed
 * it is at least one, for the end.
 */
static size_t
put_readable(struct plug *p, int fd, struct msghdr *message)
{
	struct cmsghdr head = { .cmsg_len = CMSG_LEN(sizeof(int)),
		.cmsg_level = IPPROTO_TCP,
		.cmsg_type = TCP_CM_INQ };
	const struct socket *s;
	int readable = 0;
	bool is_asked;

	plug_lock(p);
	s = socket_find(p, fd);
	is_asked = s != NULL && s->options.tell_readable;
	if (is_asked) {
		readable = (int)stream_readable(s);
		if (readable == 0 && stream_at_end(s))
			readable = 1;
	}
	plug_unlock(p);
	if (!is_asked || message->msg_controllen < CMSG_SPACE(sizeof(int)))
		return 0;
	memset(message->msg_control, 0, CMSG_SPACE(sizeof(int)));
	memcpy(message->msg_control, &head, sizeof(head));
	memcpy(CMSG_DATA((struct cmsghdr *)message->msg_control), &readable, sizeof(int));
	return CMSG_SPACE(sizeof(int));
}

ssize_t
stream_recvmsg(void *arg, int fd, struct msghdr *message, int flags)
{
	ssize_t n = scatter(arg, fd, message->msg_iov, message->msg_iovlen, flags);

	if (n >= 0) {
		message->msg_namelen = 0;
		message->msg_controllen = put_readable(arg, fd, message);
		message->msg_flags = 0;
	}
	return n;
}

static bool
may_write(void *arg)
{
	const struct want *w = arg;

	return w->s->error != 0 || w->s->shut_write || w->s->kind == SOCKET_ENDED ||
	       (w->s->kind == SOCKET_CONNECTED && memory_is_free(w->s));
}

/* 0, or why nothing can be written. */
static int
refusal(struct socket *s, int flags)
{
	int error = s->error;

	if (flags & (MSG_FASTOPEN | MSG_OOB))
		return EOPNOTSUPP;
	if (s->kind == SOCKET_FRESH || s->kind == SOCKET_LISTENING)
		return EPIPE;
	s->error = 0;
	if (error != 0)
		return error;
	return s->shut_write || s->kind == SOCKET_ENDED ? EPIPE : 0;
}

static void
wait_for_memory(struct socket *s, int flags)
{
	struct plug *p = s->plug;
	struct want want = { s, 1 };

	s->writer_waits = true;
	account_turn(s);
	plug_wait(
	    p, may_write, &want, s->nonblocking || flags & MSG_DONTWAIT ? p->now : MONO_NEVER);
	s->writer_waits = false;
}

static ssize_t
send_bytes(struct plug *p, int fd, const void *in, size_t bytes, int flags)
{
	struct socket *s;
	size_t done = 0;
	int rc;

	plug_lock(p);
	s = socket_find(p, fd);
	if (s == NULL)
		return fail(p, EBADF);
	rc = in == NULL && bytes > 0 ? EFAULT : refusal(s, flags);
	if (rc != 0)
		return fail(p, rc);
	s->more = (flags & MSG_MORE) != 0;
	while (done < bytes) {
		size_t n = memory_room(s);

		if (n == 0) {
			wait_for_memory(s, flags);
			n = memory_room(s);
		}
		n = n < bytes - done ? n : bytes - done;
		if (n == 0)
			break;
		memory_take(s, n);
		if (chain_append_copy(&s->held, sim_pools(), (const uint8_t *)in + done, n) != 0)
			return fail(p, ENOBUFS);
		done += n;
		if (!s->more && (done == bytes || memory_room(s) == 0))
			flow_note_write(p, &s->endpoints, s->given + s->held.bytes);
		stream_pump(s);
		plug_turn(p);
	}
	if (mono_is_set(s->data_came_at) &&
	    mono_since(p->now, s->data_came_at).ns < INTERACTIVE_MS * 1000000)
		s->interactive = true;
	rc = done > 0 || bytes == 0 ? 0 : refusal(s, 0);
	if (rc == 0 && done == 0 && bytes > 0)
		rc = EAGAIN;
	if (rc != 0)
		return fail(p, rc);
	plug_unlock(p);
	return (ssize_t)done;
}

ssize_t
stream_write(void *arg, int fd, const void *in, size_t bytes)
{
	return send_bytes(arg, fd, in, bytes, 0);
}

ssize_t
stream_send(void *arg, int fd, const void *in, size_t bytes, int flags)
{
	return send_bytes(arg, fd, in, bytes, flags);
}

ssize_t
stream_sendto(void *arg, int fd, const void *in, size_t bytes, int flags,
    const struct sockaddr *destination, socklen_t destination_bytes)
{
	(void)destination; /* ignored where there is a connection, as Linux does */
	(void)destination_bytes;
	return send_bytes(arg, fd, in, bytes, flags);
}

static ssize_t
gather(struct plug *p, int fd, const struct iovec *pieces, size_t count, int flags)
{
	size_t bytes = sum_of(pieces, count), done = 0;
	uint8_t *all = malloc(bytes + 1);
	ssize_t n;

	if (all == NULL)
		abort();
	for (size_t i = 0; i < count && done < bytes; i++) {
		size_t piece = pieces[i].iov_len < bytes - done ? pieces[i].iov_len : bytes - done;

		memcpy(all + done, pieces[i].iov_base, piece);
		done += piece;
	}
	n = send_bytes(p, fd, all, bytes, flags);
	free(all);
	return n;
}

ssize_t
stream_writev(void *arg, int fd, const struct iovec *pieces, int count)
{
	return gather(arg, fd, pieces, (size_t)(count > 0 ? count : 0), 0);
}

ssize_t
stream_sendmsg(void *arg, int fd, const struct msghdr *message, int flags)
{
	return gather(arg, fd, message->msg_iov, message->msg_iovlen, flags);
}
