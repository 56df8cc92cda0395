/* SPDX-License-Identifier: BSD-3-Clause */
/* Places for clients, and what is scarcer than they: who comes in, and who gives way; client.h. */
#include "dataplane/client_internal.h"

/* So long they may stand before they give way to who comes when there is no place left. */
#define IDLE_PATIENCE seconds(1)  /* between requests */
#define HEAD_PATIENCE seconds(1)  /* within a head, which is sent at once */
#define SLOW_PATIENCE seconds(10) /* within one */
#define LOOKED_AT_MAX 64

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
	const struct ip_address *peer = &tcp_endpoints(conn)->remote;
	struct chain out = CHAIN_EMPTY;

	count(c->config.stats, COUNTER_CONNECTIONS_REFUSED, 1);
	inspect_turned_away(c->config.inspect, peer, icap_busy_status(c->config.icap, peer));
	tcp_discard_input(conn);
	if (!is_tls(c, conn) && icap_refusal(c->config.icap, peer, &out) == 0)
		tcp_send(conn, &out);
	tcp_shutdown(conn);
	tcp_release(conn);
}

void
client_note_progress(struct clients *c, struct client *client)
{
	client->unmarked_bytes = 0;
	if (client->progress_at.ns == c->now.ns && !list_is_empty(&client->node))
		return; /* in this turn before: there is no order among those */
	client->progress_at = c->now;
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
	client_forget(c, client);
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
			client_note_progress(c, client);
		} else if (idle || waited_ns >= SLOW_PATIENCE.ns) {
			evict(c, client);
			return;
		}
	}
}

/*
 * It has run out, though there are places: who does not send the rest of its head goes first, where
 * it is for heads, then who is stuck behind it. Nobody may shut others out by its number.
 */
void
client_make_room_within(struct clients *c, enum scarce what)
{
	struct list *node = c->holders.next;

	for (unsigned i = 0; i < LOOKED_AT_MAX && node != &c->holders && !c->draining; i++) {
		struct client *client = LIST_ITEM(node, struct client, holder);
		int64_t waited_ns = mono_since(c->now, client->progress_at).ns;

		node = node->next;
		if (waited_ns < HEAD_PATIENCE.ns)
			return;
		if (icap_deadline(client->session).ns == MONO_NEVER.ns) {
			client_note_progress(c, client);
		} else if ((what == SCARCE_HEADS && icap_awaits_head(client->session)) ||
			   waited_ns >= SLOW_PATIENCE.ns) {
			evict(c, client);
			return;
		}
	}
}

void
client_note_heads(struct clients *c, struct client *client)
{
	bool holds = icap_holds_heads(client->session);

	if (holds == client->holds_heads)
		return;
	client->holds_heads = holds;
	if (holds) {
		list_append(&c->holders, &client->holder);
		client_note_progress(c, client);
	} else {
		list_unlink(&client->holder);
	}
}

struct client *
client_welcome(struct clients *c, struct tcp_conn *conn)
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
			list_prepend(&c->free, node);
		refuse(c, conn);
		return NULL;
	}
	client_note_progress(c, client);
	client->object = NULL;
	client->input_ended = false;
	client->request_bytes = 0;
	client->postponed = ICAP_MORE;
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
