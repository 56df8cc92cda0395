/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A client's bytes both ways: a TCP connection, or TLS over one (ICAPS). To client.c they look the
 * same. One set a core.
 *
 * A handshake costs a signature, as much as many objects. A turn spends at most a millisecond on
 * them, and where frames wait while clients past their handshake have something to say, those get
 * three quarters of the core: a flood of handshakes delays other handshakes.
 */
#ifndef SLUICE_STREAM_H
#define SLUICE_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/mono.h"
#include "common/channel/channel.h"
#include "dataplane/certificates.h"
#include "dataplane/net/tcp/tcp.h"

struct streams {
	struct chain_pools pools;
	struct core_stats *stats;
	const struct certificates *certificates;
	uint16_t tls_port; /* 0: none */
	struct duration handshake_timeout;
	bool backlog;                    /* more frames wait than this turn took */
	struct mono now, window, others; /* others: an open stream last had input in a backlog */
	int64_t turn_ns, window_ns;      /* spent on handshakes */
};

struct stream {
	struct tcp_conn *conn;
	struct tls_session *tls; /* NULL: plain */
	struct chain plain;      /* to be encrypted, once it can be sent */
	struct mono deadline;    /* of the handshake */
	bool open, closed, broken, starved;
};

/* A turn, once its frames were taken; `backlog`: more wait. */
void streams_begin(struct streams *s, struct mono now, bool backlog);

/* -ENOMEM. Does not own the connection. */
int stream_open(struct streams *s, struct stream *st, struct tcp_conn *conn);
/* Lets go of TLS; the connection is the caller's. */
void stream_close(struct stream *st);

/* Whether stream_receive() may have something. */
bool stream_is_waiting(const struct stream *st);
/* Appends up to `room` bytes of what came; nothing while a handshake goes on. */
void stream_receive(struct streams *s, struct stream *st, size_t room, struct chain *out);
/* The peer has ended its side, and all that came before was taken. */
bool stream_has_ended(const struct stream *st);
/* TLS failed: an alert is on its way, nothing else will come or go. */
bool stream_is_broken(const struct stream *st);
/* MONO_NEVER once the handshake is done. */
struct mono stream_deadline(const struct stream *st);

/* Takes the bytes. What does not fit goes with a later call, also one without bytes. */
void stream_send(struct stream *st, struct chain *bytes);
size_t stream_send_room(const struct stream *st);
/* Whether the peer has acknowledged all that was sent. */
bool stream_is_sent(const struct stream *st);
/*
 * Ends our side after what was sent. False: buffers are lacking to encrypt the rest; the connection
 * is ready again in the next turn.
 */
bool stream_shutdown(struct stream *st);

#endif
