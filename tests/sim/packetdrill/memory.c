/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a write takes, as SO_SNDBUF means it on Linux. A write fills buffers, each of as many whole
 * segments as half the largest window of the peer's, 64 KB at most. Whether there is memory is
 * asked before a buffer is begun, and not while it is filled; what was sent is cut off from the
 * last one, which is then filled up again. So more may wait than SO_SNDBUF says. Who had to wait
 * goes on when a third of it is free. Linux counts twice what it is told, for its own overhead,
 * which we do not have. Looks inside the library for the largest window, as info.c does.
 */
#include "dataplane/net/tcp/conn.h"
#include "tests/sim/packetdrill/socket.h"

#define BUFFER_BYTES_MAX 65215 /* 64 KB, with room for the heads of all layers */

static size_t
limit_of(const struct socket *s)
{
	return 2 * (size_t)s->options.send_buffer;
}

/* Of a buffer that is full. */
static size_t
buffer_bytes(const struct tcp_conn *c)
{
	size_t bytes =
	    c->max_snd_wnd / 2 < BUFFER_BYTES_MAX ? c->max_snd_wnd / 2 : BUFFER_BYTES_MAX;

	return bytes > c->mss ? bytes - bytes % c->mss : c->mss;
}

/* What the last buffer holds that was not sent. */
static size_t
last_bytes(const struct socket *s)
{
	size_t unsent = stream_unsent(s), flying = in_flight(s->conn);

	unsent = unsent > flying ? unsent - flying : 0;
	return unsent < s->last_buffer ? unsent : s->last_buffer;
}

size_t
memory_room(const struct socket *s)
{
	size_t full, last;

	if (s->kind != SOCKET_CONNECTED || s->shut_write)
		return 0;
	full = buffer_bytes(s->conn);
	last = last_bytes(s);
	if (last > 0 && last < full)
		return full - last;
	return stream_unsent(s) < limit_of(s) ? full : 0;
}

void
memory_take(struct socket *s, size_t bytes)
{
	size_t last = last_bytes(s);

	s->last_buffer = last < buffer_bytes(s->conn) ? last + bytes : bytes;
}

bool
memory_is_free(const struct socket *s)
{
	size_t used = stream_unsent(s), limit = limit_of(s);

	return used < limit && limit - used >= used / 2;
}
