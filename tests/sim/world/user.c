/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An application: writes the stream that its connection and side decide, reads and compares, and
 * ends as its plan says. It is called when its connection is ready and when something of its own is
 * due; both may be for nothing.
 */
#include <errno.h>

#include "tests/sim/world/world.h"

#define STREAM_PERIOD 65521u /* prime: no shift by a power of two looks right */
#define PIECE_MAX     65535u

static uint8_t stream[STREAM_PERIOD + PIECE_MAX];

static void
make_stream(void)
{
	struct sim_random r = sim_random_of(1, 1);

	for (uint32_t i = 0; i < sizeof(stream); i++)
		stream[i] =
		    i < STREAM_PERIOD ? (uint8_t)sim_below(&r, 256) : stream[i - STREAM_PERIOD];
}

const uint8_t *
user_stream(unsigned conn, unsigned side, uint64_t at)
{
	static bool made;

	if (!made)
		make_stream();
	made = true;
	return stream + (at + conn * 4099u + side * 30011u) % STREAM_PERIOD;
}

static void
progress(struct user *u)
{
	u->world->progress_at[u->conn] = u->world->now;
}

static struct duration
since(const struct user *u)
{
	return mono_since(u->world->now, u->since);
}

bool
user_connect(struct user *u)
{
	struct host *h = &u->world->hosts[u->host];
	const struct plan_conn *c = &u->world->plan.conns[u->conn];
	uint16_t port = (uint16_t)(PLAN_FLOW_PORT + c->flow);
	struct tcp_endpoints e = { h->address, u->world->hosts[1 - u->host].address,
		u->side == 0 ? port : PLAN_PORT, u->side == 0 ? PLAN_PORT : port };
	int rc, before = u->world->flows[c->flow].opening;

	watch_connect(u->world, c->flow, (int)u->conn);
	rc = tcp_connect(h->tcp, &e, &u->tcp);
	if (rc != 0) {
		watch_connect(u->world, c->flow, before);
		u->tcp = NULL;
		if (rc != -EADDRINUSE)
			world_fail(u->world, "tcp_connect: %d", rc);
		return false;
	}
	u->started = true;
	u->since = u->world->now;
	tcp_set_user(u->tcp, u);
	trace_user(u, "connects");
	return true;
}

void
user_ready(struct host *h, struct tcp_conn *c)
{
	struct world *w = h->world;
	struct user *u = tcp_user(c);
	int conn;

	if (u == NULL) {
		conn = watch_accepted(h, tcp_endpoints(c));
		u = conn >= 0 ? &w->users[conn][h->index ^ w->plan.conns[conn].opener] : NULL;
		if (u == NULL || u->tcp != NULL || u->released) {
			tcp_release(c); /* of a connection that its opener has let go of */
			return;
		}
		u->tcp = c;
		u->started = true;
		u->since = w->now;
		tcp_set_user(c, u);
	}
	user_act(u);
}

/* Compares what came; true when there was something. */
static bool
take(struct user *u)
{
	struct chain in = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span span;

	if (tcp_receive(u->tcp, u->plan->read_bytes, &in) != 0)
		return false; /* no buffer to cut one: later */
	if (chain_is_empty(&in))
		return false;
	cursor = chain_walk(&in, 0);
	while (chain_next(&cursor, &span)) {
		if (memcmp(user_stream(u->conn, 1 - u->side, u->received), span.data, span.bytes) !=
		    0)
			world_fail(u->world, "connection %u, side %u: other bytes than were sent",
			    u->conn, u->side);
		u->received += span.bytes;
	}
	chain_free(&in);
	if (u->received > u->world->users[u->conn][1 - u->side].written)
		world_fail(u->world, "connection %u, side %u: more bytes than were sent", u->conn,
		    u->side);
	progress(u);
	return true;
}

/* At its end everything that came before may be read. */
static void
read_some(struct user *u, bool all)
{
	bool due = u->world->now.ns >= u->may_read_at.ns && since(u).ns >= u->plan->read_after.ns;

	while ((all || due) && take(u)) {
		if (u->plan->read_gap.ns == 0)
			continue;
		u->may_read_at = mono_add(u->world->now, u->plan->read_gap);
		due = false;
	}
}

static void
nothing_to_free(void *bytes, void *arg)
{
	(void)bytes;
	(void)arg;
}

/* The next bytes of the stream, by reference or copied. 0 or -ENOBUFS. */
static int
make_piece(struct user *u, uint32_t bytes, struct chain *out)
{
	static struct rte_mbuf_ext_shared_info shared = { .free_cb = nothing_to_free };
	const struct chain_pools *pools = &u->world->hosts[u->host].pools;
	const uint8_t *from = user_stream(u->conn, u->side, u->written);

	if (!u->plan->external)
		return chain_append_copy(out, pools, from, bytes);
	if (rte_mbuf_ext_refcnt_read(&shared) == 0)
		rte_mbuf_ext_refcnt_set(&shared, 1); /* ours, that never ends */
	return chain_append_external(out, pools, (uint8_t *)(uintptr_t)from, bytes, &shared);
}

static void
write_some(struct user *u)
{
	while (u->written < u->plan->bytes && tcp_send_room(u->tcp) > 0 &&
	       u->world->now.ns >= u->may_write_at.ns) {
		uint64_t left = u->plan->bytes - u->written;
		uint32_t n = left < u->plan->write_bytes ? (uint32_t)left : u->plan->write_bytes;
		struct chain out = CHAIN_EMPTY;

		if (make_piece(u, n, &out) != 0) {
			u->may_write_at = mono_add(u->world->now, milliseconds(2));
			return;
		}
		u->written += n;
		if (tcp_send(u->tcp, &out) != 0)
			world_fail(u->world, "connection %u, side %u: tcp_send() refuses", u->conn,
			    u->side);
		if (u->plan->write_gap.ns > 0)
			u->may_write_at = mono_add(u->world->now, u->plan->write_gap);
	}
}

static void
release(struct user *u, const char *why)
{
	trace_user(u, why);
	tcp_release(u->tcp);
	u->tcp = NULL;
	u->released = true;
	progress(u);
}

static void
close_own_side(struct user *u)
{
	if (u->shut || u->written < u->plan->bytes)
		return;
	tcp_shutdown(u->tcp);
	u->shut = true;
	trace_user(u, "shuts down");
}

/* What comes early by its plan; true: it is done with. */
static bool
end_early(struct user *u)
{
	if (since(u).ns < u->plan->ending_after.ns)
		return false;
	switch (u->plan->ending) {
	case PLAN_ABORT:
		u->aborted = true;
		tcp_abort(u->tcp);
		release(u, "aborts");
		return true;
	case PLAN_DROP:
		u->dropped = true;
		release(u, "drops");
		return true;
	case PLAN_DISCARD:
		if (!u->discards)
			tcp_discard_input(u->tcp);
		u->discards = true;
		return false;
	default:
		return false;
	}
}

static void
end_orderly(struct user *u)
{
	switch (u->plan->ending) {
	case PLAN_LET_GO:
		if (u->written == u->plan->bytes)
			release(u, "lets go");
		return;
	case PLAN_ANSWER:
		if (u->saw_close)
			close_own_side(u);
		break;
	default:
		close_own_side(u);
		break;
	}
	if (u->shut && u->saw_close)
		release(u, "is done");
}

void
user_act(struct user *u)
{
	uint32_t events;

	if (u->tcp == NULL)
		return;
	events = tcp_events(u->tcp);
	if ((events & TCP_EVENT_OPENED) != 0 && !u->opened) {
		u->opened = true;
		trace_user(u, "opened");
		progress(u);
	}
	read_some(u, (events & TCP_EVENT_ENDED) != 0);
	events = tcp_events(u->tcp);
	if ((events & TCP_EVENT_PEER_CLOSED) != 0 && !u->saw_close) {
		u->saw_close = true;
		progress(u);
	}
	if (events & TCP_EVENT_ENDED) {
		if ((events & TCP_EVENT_READABLE) != 0)
			return; /* no buffer to cut one: it is read with the next turn */
		u->ended = true;
		release(u, "ended");
		return;
	}
	if (end_early(u) || !u->opened)
		return;
	write_some(u);
	end_orderly(u);
}

struct mono
user_wakes_at(const struct user *u)
{
	struct mono first = MONO_NEVER, read_at = mono_add(u->since, u->plan->read_after);

	if (u->tcp == NULL)
		return MONO_NEVER;
	if (read_at.ns < u->may_read_at.ns)
		read_at = u->may_read_at;
	if (tcp_receivable(u->tcp) > 0)
		first = read_at;
	if (u->opened && u->written < u->plan->bytes && tcp_send_room(u->tcp) > 0)
		first = mono_earlier(first, u->may_write_at);
	if (u->plan->ending == PLAN_ABORT || u->plan->ending == PLAN_DROP ||
	    (u->plan->ending == PLAN_DISCARD && !u->discards))
		first = mono_earlier(first, mono_add(u->since, u->plan->ending_after));
	return first;
}

void
user_give_up(struct user *u)
{
	if (u->tcp != NULL)
		release(u, "gives up");
	u->released = true;
}
