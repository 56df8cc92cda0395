/* SPDX-License-Identifier: BSD-3-Clause */
/* See crowd.h. A connection that stands has no user: what becomes of it shows in its events. */
#include "bench/wire/crowd.h"

#include <stdlib.h>

#define AT_ONCE        64
#define ANSWER_LIMIT_S 30 /* then it has failed */

/* One that was opened and is not answered yet. */
struct newcomer {
	struct tcp_conn *conn; /* NULL: the place is free */
	bool asked;
	struct mono begun;
	struct reply reply;
};

struct crowd {
	struct crowd_config config;
	struct request request;
	unsigned begun, failed, standing;
	struct newcomer newcomers[AT_ONCE];
	struct tcp_conn *members[];
};

struct ip_address
crowd_address(const struct ip_address *first, unsigned n)
{
	struct ip_address a = *first;

	a.bytes[15] = (uint8_t)(a.bytes[15] + n * CROWD_ADDRESS_STEP);
	return a;
}

struct crowd *
crowd_create(const struct crowd_config *config)
{
	struct crowd *c = calloc(1, sizeof(*c) + config->count * sizeof(c->members[0]));

	if (c == NULL)
		return NULL;
	c->config = *config;
	if (!request_make_options(&c->request, config->plan->host, config->plan->path)) {
		free(c);
		return NULL;
	}
	return c;
}

void
crowd_destroy(struct crowd *c)
{
	free(c);
}

static void
give_up(struct crowd *c, struct newcomer *n)
{
	c->failed++;
	tcp_set_user(n->conn, NULL);
	tcp_abort(n->conn);
	tcp_release(n->conn);
	n->conn = NULL;
}

static void
ask(struct crowd *c, struct newcomer *n)
{
	struct chain out = CHAIN_EMPTY;

	reply_begin(&n->reply, span_of(NULL, 0));
	n->asked = chain_append_copy(
		       &out, &c->config.pools, c->request.head, c->request.head_bytes) == 0 &&
		   tcp_send(n->conn, &out) == 0;
	if (!n->asked)
		tcp_make_ready(n->conn); /* without buffers in a later turn */
}

/* The answer so far; REPLY_MORE also where there was no buffer to take it with. */
static enum reply_outcome
read_answer(struct newcomer *n)
{
	enum reply_outcome outcome = REPLY_MORE;
	struct chain in = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span bytes;
	size_t used;

	if (tcp_receive(n->conn, tcp_receivable(n->conn), &in) != 0) {
		tcp_make_ready(n->conn);
		return REPLY_MORE;
	}
	cursor = chain_walk(&in, 0);
	while (outcome == REPLY_MORE && chain_next(&cursor, &bytes))
		outcome = reply_feed(&n->reply, bytes, &used);
	chain_free(&in);
	return outcome;
}

void
crowd_take_event(struct crowd *c, struct tcp_conn *conn)
{
	struct newcomer *n = tcp_user(conn);
	uint32_t events = tcp_events(conn);
	enum reply_outcome outcome = REPLY_MORE;

	if (n == NULL)
		return;
	if (!n->asked && (events & TCP_EVENT_OPENED) != 0 && (events & TCP_EVENT_ENDED) == 0)
		ask(c, n);
	if (n->asked && (events & TCP_EVENT_READABLE) != 0)
		outcome = read_answer(n);
	if (outcome == REPLY_DONE && n->reply.status == 200 && !n->reply.closes) {
		tcp_set_user(conn, NULL);
		c->members[c->standing++] = conn;
		n->conn = NULL;
	} else if (outcome != REPLY_MORE ||
		   (events & (TCP_EVENT_ENDED | TCP_EVENT_PEER_CLOSED)) != 0) {
		give_up(c, n);
	}
}

static void
open_next(struct crowd *c, struct newcomer *n, struct mono now)
{
	struct tcp_endpoints e = {
		.local = crowd_address(&c->config.local, c->begun / CROWD_OF_ADDRESS),
		.remote = c->config.remote,
		.remote_port = c->config.plan->port,
	};

	c->begun++;
	if (tcp_connect(c->config.tcp, &e, &n->conn) != 0) {
		n->conn = NULL;
		c->failed++;
		return;
	}
	n->asked = false;
	n->begun = now;
	tcp_set_user(n->conn, n);
}

bool
crowd_turn(struct crowd *c, struct mono now)
{
	/* The first alone: until the neighbour is known, link keeps few packets for it. */
	unsigned places = c->standing > 0 ? AT_ONCE : 1, busy = 0;

	for (unsigned i = 0; i < places; i++) {
		struct newcomer *n = &c->newcomers[i];

		if (n->conn != NULL && mono_since(now, n->begun).ns > seconds(ANSWER_LIMIT_S).ns)
			give_up(c, n);
		if (n->conn == NULL && c->begun < c->config.count)
			open_next(c, n, now);
		busy += n->conn != NULL;
	}
	return busy == 0 && c->begun == c->config.count;
}

unsigned
crowd_standing(const struct crowd *c)
{
	unsigned open = 0;

	for (unsigned i = 0; i < c->standing; i++)
		open +=
		    (tcp_events(c->members[i]) & (TCP_EVENT_ENDED | TCP_EVENT_PEER_CLOSED)) == 0;
	return open;
}

unsigned
crowd_failed(const struct crowd *c)
{
	return c->failed;
}
