/* SPDX-License-Identifier: BSD-3-Clause */
/* stream ↔ icap ↔ inspect for each connection of a core; see client.h. */
#include "dataplane/client_internal.h"

#include <stdlib.h>

/* Scanned for one connection in a turn, as sent and decoded, before others have theirs. */
#define TURN_BYTES (2 * ICAP_SLICE_BYTES)
/* Taken from one of several connections in a turn: a large body takes its turn beside small ones.
 */
#define SHARED_SLICE_BYTES 16384
/*
 * Of a body that has come that far, in a turn after one that began requests: small, because a core
 * that fell behind, be it for the length of a tick of the kernel's, catches up only by what the
 * body leaves. An idle core takes its next slice at once.
 */
#define LARGE_BODY_BYTES  (256u << 10)
#define LARGE_SLICE_BYTES 4096

/* A connection has the whole slice once it was served alone for so long. */
#define ALONE_AFTER microseconds(500)

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
	list_init(&c->waiting);
	list_init(&c->holders);
	wheel_init(&c->wheel, mono_now());
	for (uint32_t i = 0; i < config->clients_max; i++) {
		list_append(&c->free, &c->slots[i].node);
		wheel_timer_init(&c->slots[i].timer);
	}
	return c;
}

/* The event that was told and waited; ICAP_MORE: none did. */
static enum icap_event
take_postponed(struct client *client)
{
	enum icap_event event = client->postponed;

	if (event != ICAP_MORE)
		list_unlink(&client->waiting);
	client->postponed = ICAP_MORE;
	return event;
}

void
client_forget(struct clients *c, struct client *client)
{
	take_postponed(client);
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
	list_prepend(&c->free, &client->node); /* the next one finds it in the caches */
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

		client_forget(c, client);
		tcp_release(conn);
	}
	free(c->slots);
	free(c);
}

/* One event of the session. False: the session is over. */
static bool
handle(struct clients *c, struct client *client, enum icap_event event)
{
	bool done = false;

	switch (event) {
	case ICAP_REQUEST:
		client_note_progress(c, client);
		client->request_bytes = 0;
		c->began = true;
		if (inspect_lacks_decoders(c->config.inspect))
			client_make_room_within(c, SCARCE_DECODERS);
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
		client_note_progress(c, client);
		done = client->object != NULL && inspect_end(client->object);
		break;
	case ICAP_ABORTED:
		if (client->object != NULL)
			inspect_abort(client->object);
		done = true;
		break;
	case ICAP_CLOSE:
		inspect_closed(c->config.inspect, client->session, &client->peer);
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
	POSTPONED, /* its request or body waits for the others' heads to be parsed */
	YIELDS,    /* it has had its share of the turn */
	OVER,
};

/* What is done with a request or a body that came. */
enum objects {
	OBJECTS_AT_ONCE,
	OBJECTS_POSTPONED,
};

static void
postpone(struct clients *c, struct client *client, enum icap_event event)
{
	client->postponed = event;
	list_append(&c->waiting, &client->waiting);
}

/* Runs the session until it waits, ends, or has been scanned for as much as a turn allows. */
static enum progress
run_session(struct clients *c, struct client *client, enum objects objects)
{
	uint64_t done = inspect_fed_bytes(c->config.inspect);
	enum icap_event event = take_postponed(client);

	if (event != ICAP_MORE)
		handle(c, client, event);
	for (;;) {
		if (client->object != NULL && inspect_is_feeding(client->object))
			return YIELDS;
		if (inspect_fed_bytes(c->config.inspect) - done >= TURN_BYTES)
			return YIELDS;
		event = icap_next(client->session);
		if (event == ICAP_MORE)
			return WAITS;
		if ((event == ICAP_REQUEST || event == ICAP_BODY) && objects == OBJECTS_POSTPONED) {
			postpone(c, client, event);
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
	client->request_bytes += in.bytes;
	if (client->unmarked_bytes >= PROGRESS_BYTES)
		client_note_progress(c, client);
	icap_input(client->session, &in);
	return true;
}

/* Nothing can be said to this peer any more, or what was begun can't be finished. */
static void
break_off(struct clients *c, struct client *client)
{
	struct tcp_conn *conn = client->stream.conn;

	client_forget(c, client);
	tcp_abort(conn);
	tcp_release(conn);
}

/* TLS failed: its alert goes out, and what the peer sends until it has read that is dropped. */
static void
part(struct clients *c, struct client *client)
{
	struct tcp_conn *conn = client->stream.conn;

	client_forget(c, client);
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
	client_forget(c, client);
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

/* Others were served within ALONE_AFTER: they may come while a whole slice is scanned. */
static bool
is_alone(const struct clients *c)
{
	return c->served_before < 2 && mono_before(mono_add(c->shared_at, ALONE_AFTER), c->now);
}

/* What may be taken from a connection now. */
static size_t
slice_bytes(const struct clients *c, const struct client *client, enum objects objects)
{
	if (is_alone(c))
		return ICAP_SLICE_BYTES;
	if (objects == OBJECTS_AT_ONCE)
		return 0;
	if (client->request_bytes < LARGE_BODY_BYTES || !c->began_before)
		return SHARED_SLICE_BYTES;
	return LARGE_SLICE_BYTES;
}

static void
drive(struct clients *c, struct client *client, enum objects objects)
{
	size_t budget = slice_bytes(c, client, objects);
	enum progress progress;
	struct mono deadline;

	feed_on(client);
	if (icap_waits_for_sent(client->session) && stream_is_sent(&client->stream))
		icap_all_sent(client->session);
	/* Who awaits a request has nothing to do before it: tcp tells of it because one came. */
	if (objects == OBJECTS_POSTPONED && client->object == NULL &&
	    client->postponed == ICAP_MORE)
		feed(c, client, &budget);
	do {
		if (icap_lacks_heads(client->session))
			client_make_room_within(c, SCARCE_HEADS);
		progress = run_session(c, client, objects);
		if (progress == OVER) {
			finish(c, client);
			return;
		}
		client_note_heads(c, client);
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
	if (c->served_before > 1)
		c->shared_at = now;
	c->began_before = c->began;
	c->began = false;
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
		client = client_welcome(c, conn);
	if (client == NULL)
		return;
	if (events & TCP_EVENT_ENDED) {
		if (client->object != NULL)
			tcp_report(conn, TCP_FAULT_CUT);
		client_forget(c, client);
		tcp_release(conn);
		return;
	}
	c->served++;
	drive(c, client, OBJECTS_POSTPONED);
}

bool
clients_inspect_next(struct clients *c)
{
	if (list_is_empty(&c->waiting))
		return false;
	drive(c, LIST_ITEM(c->waiting.next, struct client, waiting), OBJECTS_AT_ONCE);
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
		drive(c, client, OBJECTS_AT_ONCE);
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
		drive(c, client, OBJECTS_AT_ONCE);
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
		drive(c, client, OBJECTS_AT_ONCE);
	}
}

uint32_t
clients_now(const struct clients *c)
{
	return c->count;
}
