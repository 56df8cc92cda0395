/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first connection is opened alone: link keeps only a few packets for a neighbour whose address
 * it is asking for, and a burst of SYNs would lose most of them and wait for their timers.
 */
#include "bench/wire/load.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/request.h"
#include "bench/wire/schedule.h"
#include "common/base/list.h"

#define ANSWER_LIMIT_S 30    /* then the object counts as a timeout */
#define RETRY_MS       100   /* after a connection that failed */
#define PIECE_BYTES    65535 /* one reference */
#define COPY_BYTES     512   /* shorter parts are copied into one buffer */
#define LOOK_TURNS     1024  /* how often slow answers are looked for */

struct connection {
	struct tcp_conn *conn; /* NULL: closed, opened again at `retry` */
	bool open, busy;       /* busy: an object is on its way */
	bool closing;          /* our FIN is out */
	const struct request *request;
	struct span body;
	bool rest;   /* what follows a preview was asked for */
	size_t sent; /* of the request, or of that */
	struct mono begun, retry;
	struct list idle; /* of a rate: among those that may take what is due */
	struct rte_mbuf_ext_shared_info shared; /* one reference is ours, so it is never freed */
	struct reply reply;
};

struct load {
	struct load_config config;
	struct bench_result *result;
	struct request request, beside; /* beside: of the last connection, where the plan has one */
	struct mix mix;
	struct request *kinds; /* of a mix, the threat last; NULL: there is none */
	uint64_t turns;
	struct mono begun, end;
	unsigned open_count, busy_count, closing_count;
	unsigned count; /* connections, with the one beside */
	bool reached;   /* a connection was opened: the neighbour is known */
	bool all_open;  /* of a rate: from then on objects are due */
	struct schedule schedule;
	struct list idle; /* connections, longest idle first */
	struct connection connections[];
};

static void
keep_bytes(void *bytes, void *arg)
{
	(void)bytes;
	(void)arg;
}

size_t
load_body_max(const struct bench_plan *p)
{
	uint32_t body = p->mix ? mix_body_max() : p->body_bytes;

	return body > p->beside ? body : p->beside;
}

static bool
make_kinds(struct load *l, const struct bench_plan *p)
{
	bool made;

	mix_begin(&l->mix, p);
	l->kinds = calloc(MIX_KIND_COUNT + 1, sizeof(l->kinds[0]));
	made = l->kinds != NULL && mix_threat_request(&l->kinds[MIX_KIND_COUNT], p->host);
	for (unsigned i = 0; made && i < MIX_KIND_COUNT; i++)
		made = mix_request(&l->kinds[i], i, p->host);
	return made;
}

struct load *
load_create(const struct load_config *config, struct mono now, struct bench_result *result)
{
	const struct bench_plan *p = config->plan;
	unsigned count = p->connections + (p->beside > 0);
	struct load *l = calloc(1, sizeof(*l) + count * sizeof(l->connections[0]));
	bool made;

	if (l == NULL)
		return NULL;
	l->config = *config;
	l->result = result;
	l->count = count;
	made = request_of_plan(&l->request, p);
	if (made && p->beside > 0)
		made = request_make(
		    &l->beside, p->host, p->path, p->content_type, p->beside, p->allow_204);
	if (made && p->mix)
		made = make_kinds(l, p);
	if (!made) {
		free(l->kinds);
		free(l);
		return NULL;
	}
	l->begun = now;
	l->end = mono_add(now, p->length);
	list_init(&l->idle);
	for (unsigned i = 0; i < count; i++) {
		l->connections[i].request = i < p->connections ? &l->request : &l->beside;
		list_init(&l->connections[i].idle);
		l->connections[i].shared.free_cb = keep_bytes;
		rte_mbuf_ext_refcnt_set(&l->connections[i].shared, 1);
	}
	return l;
}

static void
close_connection(struct load *l, struct connection *c)
{
	l->open_count -= c->open;
	l->busy_count -= c->busy;
	l->closing_count -= c->closing;
	c->open = c->busy = c->closing = false;
	list_unlink(&c->idle);
	tcp_set_user(c->conn, NULL);
	tcp_release(c->conn);
	c->conn = NULL;
}

void
load_destroy(struct load *l)
{
	for (unsigned i = 0; i < l->count; i++) {
		struct connection *c = &l->connections[i];

		if (c->conn == NULL)
			continue;
		tcp_abort(c->conn);
		close_connection(l, c);
	}
	free(l->kinds);
	free(l);
}

static void
fail(struct load *l, struct connection *c, struct mono now)
{
	tcp_abort(c->conn);
	close_connection(l, c);
	c->retry = mono_add(now, milliseconds(RETRY_MS));
}

/* The part of the request that is next, at most one reference of it. */
static struct span
next_piece(const struct connection *c)
{
	struct span parts[REQUEST_PARTS];
	size_t skip = c->sent;

	request_parts(c->request, c->body, c->rest, parts);
	for (unsigned i = 0; i < REQUEST_PARTS; i++) {
		if (skip < parts[i].bytes)
			return span_first(span_from(parts[i], skip), PIECE_BYTES);
		skip -= parts[i].bytes;
	}
	return span_of(NULL, 0);
}

/* Of the request, or of what was asked for behind its preview. */
static size_t
to_send(const struct connection *c)
{
	return c->rest ? c->request->after : c->request->bytes;
}

/* As much as the send queue wants. Without buffers it goes on in a later turn. */
static void
send_more(struct load *l, struct connection *c)
{
	size_t room = tcp_send_room(c->conn);
	struct chain out = CHAIN_EMPTY;
	int rc = 0;

	while (c->sent < to_send(c) && out.bytes < room && rc == 0) {
		struct span piece = next_piece(c);

		if (piece.bytes <= COPY_BYTES)
			rc = chain_append_copy(&out, &l->config.pools, piece.data, piece.bytes);
		else
			rc = chain_append_external(&out, &l->config.pools,
			    (void *)(uintptr_t)piece.data, piece.bytes, &c->shared);
		if (rc == 0)
			c->sent += piece.bytes;
	}
	if (rc != 0)
		tcp_make_ready(c->conn);
	if (!chain_is_empty(&out))
		tcp_send(c->conn, &out);
}

static bool
is_beside(const struct load *l, const struct connection *c)
{
	return c->request == &l->beside;
}

/* It takes what is due, and nothing of its own accord. */
static bool
is_at_rate(const struct load *l, const struct connection *c)
{
	return l->config.plan->rate > 0 && !is_beside(l, c);
}

static struct span
next_body(struct load *l, const struct connection *c, bool repeat)
{
	if (c->request->body_bytes == 0)
		return span_of(NULL, 0);
	return corpus_body(
	    l->config.corpus, repeat ? 0 : (*l->config.bodies)++, c->request->body_bytes);
}

/* The next of a mix. */
static void
begin_choice(struct load *l, struct connection *c)
{
	struct mix_choice choice = mix_next(&l->mix);

	if (choice.threat) {
		c->request = &l->kinds[MIX_KIND_COUNT];
		c->body = mix_threat();
		reply_begin_page(&c->reply);
		return;
	}
	c->request = &l->kinds[choice.kind];
	c->body = next_body(l, c, choice.repeat);
	reply_begin(&c->reply, c->body);
	c->reply.previews = c->request->previews;
}

/* `from`: where its latency begins. */
static void
begin_object(struct load *l, struct connection *c, struct mono from)
{
	l->busy_count += !c->busy;
	c->busy = true;
	c->rest = false;
	c->sent = 0;
	c->begun = from;
	if (l->kinds != NULL && !is_beside(l, c)) {
		begin_choice(l, c);
	} else {
		c->body = next_body(l, c, l->config.plan->repeat && !is_beside(l, c));
		reply_begin(&c->reply, c->body);
	}
	send_more(l, c);
}

/* The server answered 100: what follows the preview goes out. False: there is nothing. */
static bool
send_rest(struct load *l, struct connection *c)
{
	if (c->request->after == 0 || c->rest || c->sent < c->request->bytes)
		return false;
	c->rest = true;
	c->sent = 0;
	reply_begin(&c->reply, c->body);
	send_more(l, c);
	return true;
}

static void
begin_closing(struct load *l, struct connection *c)
{
	c->closing = true;
	l->closing_count++;
	tcp_shutdown(c->conn);
}

/* The server's FIN came after ours; the next connection is opened in this turn. */
static void
finish_closing(struct load *l, struct connection *c, struct mono now)
{
	if (l->config.plan->empty) {
		l->result->objects++;
		histogram_add(&l->result->latency_ns, (uint64_t)mono_since(now, c->begun).ns);
	}
	close_connection(l, c);
	c->retry = now;
}

/* An answer is whole. False: the connection is gone. */
static bool
finish_object(struct load *l, struct connection *c, struct mono now)
{
	bool over = !mono_before(now, l->end), beside = is_beside(l, c), at_rate = is_at_rate(l, c);
	bool timed = !at_rate || schedule_is_timed(&l->schedule, now);
	struct duration latency = mono_since(now, c->begun);
	uint64_t objects = l->result->objects;

	/* The end of a preview allows a 204 as Allow does (RFC 3507 §4.5). */
	bench_note_answer(l->result, c->request->may_204 || (c->request->previews && !c->rest),
	    &c->reply, !beside, timed ? &latency : NULL);
	if (l->result->objects > objects && l->kinds != NULL) {
		l->result->continued += c->rest;
		l->result->bodies_bytes += c->request->body_bytes;
	}
	l->result->beside += beside;
	l->busy_count--;
	c->busy = false;
	if (c->reply.closes || c->sent < to_send(c)) { /* the rest is not wanted */
		close_connection(l, c);
		c->retry = now;
		return false;
	}
	if (l->config.plan->anew && !beside)
		begin_closing(l, c);
	else if (at_rate)
		list_append(&l->idle, &c->idle);
	else if (!over)
		begin_object(l, c, now);
	return true;
}

/* False: the connection is gone. */
static bool
take_bytes(struct load *l, struct connection *c, struct span bytes, struct mono now)
{
	while (bytes.bytes > 0) {
		size_t used;
		enum reply_outcome o = REPLY_BAD;

		if (c->busy)
			o = reply_feed(&c->reply, bytes, &used);
		if (o == REPLY_DONE && c->reply.status == 100 && send_rest(l, c)) {
			bytes = span_from(bytes, used);
			continue;
		}
		if (o == REPLY_BAD) {
			bench_note_error(l->result, BENCH_ERROR_MALFORMED,
			    c->busy ? "an answer that is none: '%.60s'" : "bytes behind an answer",
			    c->reply.head);
			fail(l, c, now);
			return false;
		}
		if (o == REPLY_DONE && !finish_object(l, c, now))
			return false;
		bytes = span_from(bytes, used);
	}
	return true;
}

/* False: the connection is gone. */
static bool
receive(struct load *l, struct connection *c, struct mono now)
{
	struct chain in = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span bytes;
	bool open = true;

	if (tcp_receive(c->conn, tcp_receivable(c->conn), &in) != 0) {
		tcp_make_ready(c->conn);
		return true;
	}
	cursor = chain_walk(&in, 0);
	while (open && chain_next(&cursor, &bytes))
		open = take_bytes(l, c, bytes, now);
	chain_free(&in);
	return open;
}

/* A connection ended that we did not close. `by_fin`: the server's FIN, else its RST. */
static void
note_end(struct load *l, const struct connection *c, bool by_fin)
{
	const char *when = c->busy ? "before its answer was whole" : "between objects";

	if (!c->open)
		bench_note_error(
		    l->result, BENCH_ERROR_CONNECT, "no connection: refused, or nobody there");
	else if (by_fin)
		bench_note_error(l->result, BENCH_ERROR_CLOSED, "closed by the server %s", when);
	else
		bench_note_error(l->result, BENCH_ERROR_RESET, "reset by the server %s", when);
}

void
load_take_event(struct load *l, struct tcp_conn *conn, struct mono now)
{
	struct connection *c = tcp_user(conn);
	uint32_t events = tcp_events(conn);

	if (c == NULL)
		return;
	if ((events & TCP_EVENT_OPENED) != 0 && !c->open && (events & TCP_EVENT_ENDED) == 0) {
		c->open = true;
		l->open_count++;
		l->reached = true;
		if (l->config.plan->empty)
			begin_closing(l, c);
		else if (is_at_rate(l, c))
			list_append(&l->idle, &c->idle);
		else if (mono_before(now, l->end))
			begin_object(l, c, now);
	}
	if ((events & TCP_EVENT_READABLE) != 0 && !receive(l, c, now))
		return;
	if (c->closing && (events & TCP_EVENT_PEER_CLOSED) != 0) {
		finish_closing(l, c, now);
		return;
	}
	if ((events & (TCP_EVENT_ENDED | TCP_EVENT_PEER_CLOSED)) != 0) {
		note_end(l, c, (events & TCP_EVENT_PEER_CLOSED) != 0);
		fail(l, c, now);
		return;
	}
	if (c->busy && (events & TCP_EVENT_WRITABLE) != 0)
		send_more(l, c);
}

static void
open_connection(struct load *l, struct connection *c, struct mono now)
{
	struct tcp_endpoints e = { .local = l->config.local,
		.remote = l->config.remote,
		.remote_port = l->config.plan->port };
	int rc = tcp_connect(l->config.tcp, &e, &c->conn);

	if (rc == 0) {
		c->begun = now;
		tcp_set_user(c->conn, c);
		return;
	}
	c->conn = NULL;
	c->retry = mono_add(now, milliseconds(RETRY_MS));
	bench_note_error(l->result, BENCH_ERROR_CONNECT, "no connection: %s", strerror(-rc));
}

static void
look_after(struct load *l, struct connection *c, struct mono now)
{
	if (c->conn == NULL) {
		if (mono_before(now, l->end) && !mono_before(now, c->retry))
			open_connection(l, c, now);
	} else if ((c->busy || c->closing || !c->open) &&
		   mono_since(now, c->begun).ns > seconds(ANSWER_LIMIT_S).ns) {
		bench_note_error(
		    l->result, BENCH_ERROR_TIMEOUT, "no answer within %d s", ANSWER_LIMIT_S);
		fail(l, c, now);
	}
}

/*
 * Begins what is due by now. Time counts from when all connections stand, and latency from when an
 * object was due, whether or not a connection was free: a server that stands still shows in all
 * that were due meanwhile.
 */
static void
begin_due(struct load *l, struct mono now)
{
	struct list *idle;
	struct mono due;

	if (!l->all_open) {
		if (l->open_count < l->count)
			return;
		l->all_open = true;
		l->begun = now;
		l->end = mono_add(now, l->config.plan->length);
		schedule_begin(&l->schedule, l->config.plan->rate, now, l->config.plan->length);
	}
	schedule_note_lag(&l->schedule, now, &l->result->lag_ns);
	while (
	    schedule_next(&l->schedule, now, &due) && (idle = list_take_first(&l->idle)) != NULL) {
		begin_object(l, LIST_ITEM(idle, struct connection, idle), due);
		schedule_take(&l->schedule);
	}
}

bool
load_turn(struct load *l, struct mono now)
{
	unsigned count = l->reached ? l->count : 1;

	if (l->open_count < count || l->turns % LOOK_TURNS == 0) {
		for (unsigned i = 0; i < count; i++)
			look_after(l, &l->connections[i], now);
	}
	if (l->config.plan->rate > 0)
		begin_due(l, now);
	l->turns++;
	l->result->took = mono_since(now, l->begun);
	if (mono_before(now, l->end) || l->busy_count + l->closing_count > 0)
		return false;
	if (l->config.plan->rate > 0)
		l->result->unsent = schedule_left(&l->schedule);
	return true;
}
