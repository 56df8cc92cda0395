/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP, or TLS over it; see stream.h. */
#include "dataplane/stream.h"

#include <errno.h>

#define HANDSHAKE_TURN_NS   1000000
#define HANDSHAKE_WINDOW_NS 10000000
#define HANDSHAKE_SHARE     4 /* of the window, one part in so many, where others wait */

void
streams_begin(struct streams *s, struct mono now, bool backlog)
{
	s->now = now;
	s->backlog = backlog;
	s->turn_ns = 0;
}

int
stream_open(struct streams *s, struct stream *st, struct tcp_conn *conn)
{
	*st = (struct stream){ .conn = conn, .plain = CHAIN_EMPTY, .deadline = MONO_NEVER };
	st->open = s->tls_port == 0 || tcp_endpoints(conn)->local_port != s->tls_port;
	if (st->open)
		return 0;
	st->tls = tls_session_create(certificates_current(s->certificates), &s->pools);
	st->deadline = mono_add(s->now, s->handshake_timeout);
	return st->tls != NULL ? 0 : -ENOMEM;
}

void
stream_close(struct stream *st)
{
	tls_session_destroy(st->tls);
	chain_free(&st->plain);
	st->tls = NULL;
}

bool
stream_is_waiting(const struct stream *st)
{
	return tcp_receivable(st->conn) > 0 || (st->tls != NULL && tls_input_bytes(st->tls) > 0);
}

/* What TLS has for the wire. */
static void
send_records(struct stream *st)
{
	struct chain out = CHAIN_EMPTY;

	tls_take_output(st->tls, &out);
	if (!chain_is_empty(&out))
		tcp_send(st->conn, &out);
}

static void
note(struct stream *st, enum tls_result result)
{
	st->starved = result == TLS_NO_BUFFERS;
	st->closed = st->closed || result == TLS_CLOSED;
	st->broken = st->broken || result == TLS_FAILED;
	if (st->starved)
		tcp_make_ready(st->conn);
}

/* A record's worth of the connection's bytes at a time: the rest keeps the peer's window shut. */
static void
take_from_wire(struct stream *st)
{
	size_t held = tls_input_bytes(st->tls);
	struct chain in = CHAIN_EMPTY;

	if (held < TLS_RECORD_BYTES_MAX &&
	    tcp_receive(st->conn, TLS_RECORD_BYTES_MAX - held, &in) == 0)
		tls_input(st->tls, &in);
}

static bool
may_shake_hands(struct streams *s)
{
	if (mono_since(s->now, s->window).ns >= HANDSHAKE_WINDOW_NS) {
		s->window = s->now;
		s->window_ns = 0;
	}
	if (s->turn_ns >= HANDSHAKE_TURN_NS)
		return false;
	return s->window_ns < HANDSHAKE_WINDOW_NS / HANDSHAKE_SHARE ||
	       mono_since(s->now, s->others).ns >= HANDSHAKE_WINDOW_NS;
}

static void
shake_hands(struct streams *s, struct stream *st)
{
	struct mono before;
	enum tls_result result;
	int64_t ns;

	if (!may_shake_hands(s)) {
		count(s->stats, COUNTER_TLS_DEFERRED, 1);
		tcp_make_ready(st->conn);
		return;
	}
	before = mono_now();
	take_from_wire(st);
	result = tls_handshake(st->tls);
	ns = mono_since(mono_now(), before).ns;
	s->turn_ns += ns;
	s->window_ns += ns;
	note(st, result);
	send_records(st);
	if (result == TLS_FAILED)
		count(s->stats, COUNTER_TLS_FAILED, 1);
	if (result != TLS_OK)
		return;
	count(s->stats, COUNTER_TLS_HANDSHAKES, 1);
	count(s->stats, COUNTER_TLS_RESUMED, tls_is_resumed(st->tls));
	st->open = true;
	st->deadline = MONO_NEVER;
}

static void
receive_secure(struct streams *s, struct stream *st, size_t room, struct chain *out)
{
	enum tls_result result;

	if (st->closed || st->broken)
		return;
	if (!st->open)
		shake_hands(s, st);
	if (!st->open)
		return;
	do {
		take_from_wire(st);
		result = tls_read(st->tls, room - out->bytes, out);
	} while (result == TLS_WANTS && tcp_receivable(st->conn) > 0 && out->bytes < room);
	note(st, result);
	send_records(st);
}

void
stream_receive(struct streams *s, struct stream *st, size_t room, struct chain *out)
{
	if (st->open && s->backlog)
		s->others = s->now;
	if (st->tls == NULL)
		tcp_receive(st->conn, room, out);
	else
		receive_secure(s, st, room, out);
}

bool
stream_has_ended(const struct stream *st)
{
	if (st->closed)
		return true;
	return !st->starved && tcp_receivable(st->conn) == 0 &&
	       (tcp_events(st->conn) & TCP_EVENT_PEER_CLOSED) != 0;
}

bool
stream_is_broken(const struct stream *st)
{
	return st->broken;
}

struct mono
stream_deadline(const struct stream *st)
{
	return st->deadline;
}

/* Encrypts a record after the other; with `all`, also what the peer has no room for yet. */
static void
encrypt(struct stream *st, bool all)
{
	enum tls_result result = TLS_OK;

	while (result == TLS_OK && !chain_is_empty(&st->plain) &&
	       (all || tcp_send_room(st->conn) > 0)) {
		result = tls_write(st->tls, &st->plain);
		send_records(st);
	}
	note(st, result);
}

void
stream_send(struct stream *st, struct chain *bytes)
{
	if (st->tls == NULL) {
		if (!chain_is_empty(bytes))
			tcp_send(st->conn, bytes);
		return;
	}
	chain_append_chain(&st->plain, bytes);
	if (st->open)
		encrypt(st, false);
}

size_t
stream_send_room(const struct stream *st)
{
	return chain_is_empty(&st->plain) ? tcp_send_room(st->conn) : 0;
}

bool
stream_is_sent(const struct stream *st)
{
	return chain_is_empty(&st->plain) && (tcp_events(st->conn) & TCP_EVENT_SENT_ALL) != 0;
}

bool
stream_shutdown(struct stream *st)
{
	if (st->tls != NULL) {
		if (st->open && !st->broken)
			encrypt(st, true);
		if (st->starved)
			return false;
		tls_close(st->tls);
		send_records(st);
	}
	tcp_shutdown(st->conn);
	return true;
}
