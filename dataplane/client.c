/* SPDX-License-Identifier: BSD-3-Clause */
/* stream ↔ icap ↔ inspect for each connection of a core; see client.h. */
#include "dataplane/client.h"

#include <stdlib.h>

#include "common/base/wheel.h"
#include "dataplane/stream.h"

struct client {
	struct list node;    /* free list, or all: who made progress longest ago first */
	struct list to_scan; /* in `scanning` while `has_body` */
	struct list holder;  /* in `holders` while `holds_heads` */
	struct wheel_timer timer;
	struct stream stream;
	struct icap_session *session;
	struct inspect_object *object;
	struct inspect_peer peer;
	struct mono progress_at; /* its last request, or PROGRESS_BYTES of one */
	uint32_t unmarked_bytes; /* since then */
	bool input_ended;
	bool has_body;    /* ICAP_BODY was told and waits for clients_scan_next() */
	bool holds_heads; /* a request's, of which there are not enough for all */
};

struct clients {
	struct clients_config config;
	struct client *slots;
	struct list free, all, scanning;
	struct list holders; /* of `all` those within a request, in the same order */
	struct wheel wheel;
	struct streams streams;
	uint32_t count, serial;
	uint32_t served, served_before; /* connections, in this turn and in the one before */
	struct mono now;
	bool behind; /* one of several has more than was taken from it */
	bool draining;
};

/* Scanned for one connection in a turn, as sent and decoded, before others have theirs. */
#define TURN_BYTES (2 * ICAP_SLICE_BYTES)
/* Taken from one of several connections in a turn: a large body takes its turn beside small ones.
 */
#define SHARED_SLICE_BYTES 16384

/* Who sends less is not seen to move: it gives way to who comes when there is no place left. */
#define PROGRESS_BYTES  512
#define IDLE_PATIENCE   seconds(1)  /* between requests */
#define HEAD_PATIENCE   seconds(1)  /* within a head, which is sent at once */
#define SLOW_PATIENCE   seconds(10) /* within one */
#define LOOKED_AT_MAX   64
#define TIMERS_PER_TURN 512

struct clients *
clients_create(const struct clients_config *config)
{
	struct clients *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->config = *config;
	c->slots = calloc(config->clients_max, sizeof(*c->slots));
	if (c->slots == NULL) {
		free(c);
		return NULL;
	}
	c->streams = (struct streams){
		.pools = config->pools,
		.stats = config->stats,
		.certificates = config->certificates,
		.tls_port = config->tls_port,
		.handshake_timeout = config->handshake_timeout,
	};
	list_init(&c->free);
	list_init(&c->all);
	list_init(&c->scanning);
	list_init(&c->holders);
	wheel_init(&c->wheel, mono_now());
	for (uint32_t i = 0; i < config->clients_max; i++) {
		list_append(&c->free, &c->slots[i].node);
		wheel_timer_init(&c->slots[i].timer);
	}
	return c;
}

/* Its body no longer waits; false: none did. */
static bool
take_body(struct client *client)
{
	if (!client->has_body)
		return false;
	client->has_body = false;
	list_unlink(&client->to_scan);
	return true;
}

/* Lets go of a client's session and object; its connection is the caller's business. */
static void
forget(struct clients *c, struct client *client)
{
	take_body(client);
	if (client->holds_heads)
		list_unlink(&client->holder);
	client->holds_heads = false;
	if (client->object != NULL)
		inspect_abort(client->object);
	icap_session_destroy(client->session);
	wheel_disarm(&c->wheel, &client->timer);
	tcp_set_user(client->stream.conn, NULL);
	stream_close(&client->stream);
	list_unlink(&client->node);
	list_append(&c->free, &client->node);
	c->count--;
	count(c->config.stats, COUNTER_CONNECTIONS_CLOSED, 1);
}

void
clients_destroy(struct clients *c)
{
	if (c == NULL)
		return;
	while (!list_is_empty(&c->all)) {
		struct client *client = LIST_ITEM(c->all.next, struct client, node);
		struct tcp_conn *conn = client->stream.conn;

		forget(c, client);
		tcp_release(conn);
	}
	free(c->slots);
	free(c);
}

static bool
is_tls(const struct clients *c, const struct tcp_conn *conn)
{
	return c->config.tls_port != 0 && tcp_endpoints(conn)->local_port == c->config.tls_port;
}

/* Over the limit: says so, where a handshake need not come first, and closes; what the peer sends
 * meanwhile is dropped. */
static void
refuse(struct clients *c, struct tcp_conn *conn)
{
	struct chain out = CHAIN_EMPTY;

	count(c->config.stats, COUNTER_CONNECTIONS_REFUSED, 1);
	tcp_discard_input(conn);
	if (!is_tls(c, conn) &&
	    icap_refusal(c->config.icap, &tcp_endpoints(conn)->remote, &out) == 0)
		tcp_send(conn, &out);
	tcp_shutdown(conn);
	tcp_release(conn);
}

static void
note_progress(struct clients *c, struct client *client)
{
	client->progress_at = c->now;
	client->unmarked_bytes = 0;
	list_unlink(&client->node);
	list_append(&c->all, &client->node);
	if (client->holds_heads) {
		list_unlink(&client->holder);
		list_append(&c->holders, &client->holder);
	}
}

/* An idle connection is closed; one that is stuck in its request is told by a RST. */
static void
evict(struct clients *c, struct client *client)
{
	struct tcp_conn *conn = client->stream.conn;
	bool idle = icap_is_idle(client->session);

	count(c->config.stats, COUNTER_CONNECTIONS_EVICTED, 1);
	forget(c, client);
	if (!idle)
		tcp_abort(conn);
	tcp_release(conn);
}

/*
 * No place is left: of those that wait for their peer and not for us, the one that has waited
 * longest goes, if that is long. Who waits for us goes to the end: it is no fault of its own.
 */
static void
make_room(struct clients *c)
{
	struct list *node = c->all.next;

	for (unsigned i = 0; i < LOOKED_AT_MAX && node != &c->all; i++) {
		struct client *client = LIST_ITEM(node, struct client, node);
		int64_t waited_ns = mono_since(c->now, client->progress_at).ns;
		bool idle = icap_is_idle(client->session);

		node = node->next;
		if (waited_ns < IDLE_PATIENCE.ns)
			return;
		if (icap_deadline(client->session).ns == MONO_NEVER.ns) {
			note_progress(c, client);
		} else if (idle || waited_ns >= SLOW_PATIENCE.ns) {
			evict(c, client);
			return;
		}
	}
}

/* What there is for fewer requests at once than there are places. */
enum scarce {
	SCARCE_HEADS,
	SCARCE_DECODERS,
};

/*
 * It has run out, though there are places: who does not send the rest of its head goes first, where
 * it is for heads, then who is stuck behind it. Nobody may shut others out by its number.
 */
static void
make_room_within(struct clients *c, enum scarce what)
{
	struct list *node = c->holders.next;

	for (unsigned i = 0; i < LOOKED_AT_MAX && node != &c->holders && !c->draining; i++) {
		struct client *client = LIST_ITEM(node, struct client, holder);
		int64_t waited_ns = mono_since(c->now, client->progress_at).ns;

		node = node->next;
		if (waited_ns < HEAD_PATIENCE.ns)
			return;
		if (icap_deadline(client->session).ns == MONO_NEVER.ns) {
			note_progress(c, client);
		} else if ((what == SCARCE_HEADS && icap_awaits_head(client->session)) ||
			   waited_ns >= SLOW_PATIENCE.ns) {
			evict(c, client);
			return;
		}
	}
}

/* Whether it came by a request's heads, or is done with them. */
static void
note_heads(struct clients *c, struct client *client)
{
	bool holds = icap_holds_heads(client->session);

	if (holds == client->holds_heads)
		return;
	client->holds_heads = holds;
	if (holds) {
		list_append(&c->holders, &client->holder);
		note_progress(c, client);
	} else {
		list_unlink(&client->holder);
	}
}

/* A client for a new connection; NULL: refused. */
static struct client *
welcome(struct clients *c, struct tcp_conn *conn)
{
	struct client *client = NULL;
	struct list *node;
	const struct access_list *access =
	    is_tls(c, conn) ? c->config.tls_access : c->config.plain_access;

	if (!c->draining && list_is_empty(&c->free))
		make_room(c);
	node = c->draining ? NULL : list_take_first(&c->free);
	if (node != NULL) {
		client = LIST_ITEM(node, struct client, node);
		client->session = icap_session_create(c->config.icap);
	}
	if (client != NULL && client->session != NULL &&
	    stream_open(&c->streams, &client->stream, conn) != 0) {
		icap_session_destroy(client->session);
		client->session = NULL;
	}
	if (client == NULL || client->session == NULL) {
		if (node != NULL)
			list_append(&c->free, node);
		refuse(c, conn);
		return NULL;
	}
	note_progress(c, client);
	client->object = NULL;
	client->input_ended = client->has_body = false;
	client->peer.address = tcp_endpoints(conn)->remote;
	icap_session_set_peer(client->session, &client->peer.address);
	client->peer.session = ++c->serial * c->config.cores + c->config.core;
	if (!access_allows(access, &client->peer.address))
		icap_session_forbid(client->session);
	tcp_set_user(conn, client);
	tcp_set_label(conn, client->peer.session);
	c->count++;
	count(c->config.stats, COUNTER_CONNECTIONS_OPENED, 1);
	return client;
}

/* One event of the session. False: the session is over. */
static bool
handle(struct clients *c, struct client *client, enum icap_event event)
{
	bool done = false;

	switch (event) {
	case ICAP_REQUEST:
		note_progress(c, client);
		if (inspect_lacks_decoders(c->config.inspect))
			make_room_within(c, SCARCE_DECODERS);
		client->object =
		    inspect_request(c->config.inspect, client->session, &client->peer, client);
		return true;
	case ICAP_BODY:
		done = client->object != NULL && inspect_body(client->object);
		break;
	case ICAP_PREVIEW_END:
		done = client->object != NULL && inspect_preview_end(client->object);
		break;
	case ICAP_BODY_END:
		note_progress(c, client);
		done = client->object != NULL && inspect_end(client->object);
		break;
	case ICAP_ABORTED:
		if (client->object != NULL)
			inspect_abort(client->object);
		done = true;
		break;
	case ICAP_CLOSE:
		return false;
	case ICAP_MORE:
		break;
	}
	if (done)
		client->object = NULL;
	return true;
}

enum progress {
	WAITS,     /* for input or an answer */
	POSTPONED, /* its body waits for the others' heads to be parsed */
	YIELDS,    /* it has had its share of the turn */
	OVER,
};

/* What is done with a body that came. */
enum bodies {
	BODIES_AT_ONCE,
	BODIES_POSTPONED,
};

static void
postpone(struct clients *c, struct client *client)
{
	client->has_body = true;
	list_append(&c->scanning, &client->to_scan);
}

/* Runs the session until it waits, ends, or has been scanned for as much as a turn allows. */
static enum progress
run_session(struct clients *c, struct client *client, enum bodies bodies)
{
	uint64_t done = inspect_fed_bytes(c->config.inspect);
	enum icap_event event;

	if (take_body(client))
		handle(c, client, ICAP_BODY);
	for (;;) {
		if (client->object != NULL && inspect_is_feeding(client->object))
			return YIELDS;
		if (inspect_fed_bytes(c->config.inspect) - done >= TURN_BYTES)
			return YIELDS;
		event = icap_next(client->session);
		if (event == ICAP_MORE)
			return WAITS;
		if (event == ICAP_BODY && bodies == BODIES_POSTPONED) {
			postpone(c, client);
			return POSTPONED;
		}
		if (!handle(c, client, event))
			return OVER;
	}
}

static void
flush(struct client *client)
{
	struct chain out = CHAIN_EMPTY;

	icap_take_output(client->session, &out);
	stream_send(&client->stream, &out);
}

/* The peer's end, once. */
static bool
feed_end(struct client *client)
{
	if (client->input_ended || !stream_has_ended(&client->stream))
		return false;
	client->input_ended = true;
	icap_input_end(client->session);
	return true;
}

/*
 * Moves received bytes to the session, within the turn's budget; true when there is something new
 * for it. What stays behind keeps the peer's window shut.
 */
static bool
feed(struct clients *c, struct client *client, size_t *budget)
{
	size_t room = icap_input_room(client->session);
	struct chain in = CHAIN_EMPTY;

	if (stream_send_room(&client->stream) == 0)
		return false;
	if (!stream_is_waiting(&client->stream))
		return feed_end(client);
	if (*budget == 0) {
		c->behind |= c->served_before > 1;
		tcp_make_ready(client->stream.conn);
		return false;
	}
	room = room < *budget ? room : *budget;
	if (room == 0)
		return false;
	stream_receive(&c->streams, &client->stream, room, &in);
	if (chain_is_empty(&in))
		return feed_end(client);
	*budget -= in.bytes < *budget ? in.bytes : *budget;
	client->unmarked_bytes += (uint32_t)in.bytes;
	if (client->unmarked_bytes >= PROGRESS_BYTES)
		note_progress(c, client);
	icap_input(client->session, &in);
	return true;
}

/* Nothing can be said to this peer any more, or what was begun can't be finished. */
static void
break_off(struct clients *c, struct client *client)
{
	struct tcp_conn *conn = client->stream.conn;

	forget(c, client);
	tcp_abort(conn);
	tcp_release(conn);
}

/* TLS failed: its alert goes out, and what the peer sends until it has read that is dropped. */
static void
part(struct clients *c, struct client *client)
{
	struct tcp_conn *conn = client->stream.conn;

	forget(c, client);
	tcp_discard_input(conn);
	tcp_shutdown(conn);
	tcp_release(conn);
}

/* The session is over: the rest goes out, then a FIN; a peer still sending is drained, not reset.
 */
static void
finish(struct clients *c, struct client *client)
{
	struct tcp_conn *conn = client->stream.conn;

	flush(client);
	if (icap_wants_abort(client->session)) {
		break_off(c, client);
		return;
	}
	if (!stream_shutdown(&client->stream))
		return; /* the next turn again */
	if (icap_wants_drain(client->session))
		tcp_discard_input(conn);
	forget(c, client);
	tcp_release(conn);
}

/* Goes on with an object that an earlier turn could not finish; the peer need not wait for that. */
static void
feed_on(struct client *client)
{
	if (client->object == NULL || !inspect_is_feeding(client->object))
		return;
	inspect_feed_on(client->object);
	icap_restart_deadline(client->session);
}

/* What may be taken from a connection now. */
static size_t
slice_bytes(const struct clients *c, enum bodies bodies)
{
	if (c->served_before < 2)
		return ICAP_SLICE_BYTES;
	return bodies == BODIES_POSTPONED ? SHARED_SLICE_BYTES : 0;
}

static void
drive(struct clients *c, struct client *client, enum bodies bodies)
{
	size_t budget = slice_bytes(c, bodies);
	enum progress progress;
	struct mono deadline;

	feed_on(client);
	if (icap_waits_for_sent(client->session) && stream_is_sent(&client->stream))
		icap_all_sent(client->session);
	do {
		if (icap_lacks_heads(client->session))
			make_room_within(c, SCARCE_HEADS);
		progress = run_session(c, client, bodies);
		if (progress == OVER) {
			finish(c, client);
			return;
		}
		note_heads(c, client);
		flush(client);
		if (progress == POSTPONED)
			return;
		if (progress == YIELDS) {
			wheel_disarm(&c->wheel, &client->timer);
			tcp_make_ready(client->stream.conn);
			return;
		}
	} while (feed(c, client, &budget));
	if (stream_is_broken(&client->stream)) {
		part(c, client);
		return;
	}
	deadline = mono_earlier(icap_deadline(client->session), stream_deadline(&client->stream));
	if (deadline.ns == MONO_NEVER.ns)
		wheel_disarm(&c->wheel, &client->timer);
	else
		wheel_arm(&c->wheel, &client->timer, deadline);
}

bool
clients_begin(struct clients *c, struct mono now, bool backlog)
{
	bool behind = c->behind;

	c->now = now;
	c->served_before = c->served;
	c->served = 0;
	c->behind = false;
	streams_begin(&c->streams, now, backlog);
	return behind;
}

void
clients_take_event(struct clients *c, struct tcp_conn *conn)
{
	uint32_t events = tcp_events(conn);
	struct client *client = tcp_user(conn);

	if (client == NULL && (events & TCP_EVENT_OPENED))
		client = welcome(c, conn);
	if (client == NULL)
		return;
	if (events & TCP_EVENT_ENDED) {
		if (client->object != NULL)
			tcp_report(conn, TCP_FAULT_CUT);
		forget(c, client);
		tcp_release(conn);
		return;
	}
	c->served++;
	drive(c, client, BODIES_POSTPONED);
}

bool
clients_scan_next(struct clients *c)
{
	if (list_is_empty(&c->scanning))
		return false;
	drive(c, LIST_ITEM(c->scanning.next, struct client, to_scan), BODIES_AT_ONCE);
	return true;
}

unsigned
clients_take_settled(struct clients *c)
{
	struct client *client;
	unsigned n = 0;
	bool done;

	while ((client = inspect_next_settled(c->config.inspect, &done)) != NULL) {
		if (done)
			client->object = NULL;
		drive(c, client, BODIES_AT_ONCE);
		n++;
	}
	return n;
}

void
clients_run_timers(struct clients *c)
{
	struct wheel_timer *t;

	wheel_advance(&c->wheel, c->now);
	for (unsigned n = 0; n < TIMERS_PER_TURN && (t = wheel_take_expired(&c->wheel)) != NULL;
	     n++) {
		struct client *client = LIST_ITEM(t, struct client, timer);

		if (!mono_before(c->now, stream_deadline(&client->stream))) {
			break_off(c, client);
			continue;
		}
		if (client->object != NULL)
			tcp_report(client->stream.conn, TCP_FAULT_STALLED);
		icap_expire(client->session);
		drive(c, client, BODIES_AT_ONCE);
	}
}

struct mono
clients_next_deadline(const struct clients *c)
{
	return wheel_next(&c->wheel);
}

void
clients_drain(struct clients *c)
{
	struct list *node = c->all.next;

	c->draining = true;
	while (node != &c->all) {
		struct client *client = LIST_ITEM(node, struct client, node);

		node = node->next;
		icap_session_drain(client->session);
		drive(c, client, BODIES_AT_ONCE);
	}
}

uint32_t
clients_now(const struct clients *c)
{
	return c->count;
}
