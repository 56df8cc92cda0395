/* SPDX-License-Identifier: BSD-3-Clause */
/* The face: life of a stack, turns, and what a caller does with a connection. */
#include "dataplane/net/tcp/flight.h"

#include <errno.h>
#include <stdlib.h>

static void
default_u32(uint32_t *field, uint32_t value)
{
	if (*field == 0)
		*field = value;
}

static uint32_t
between(uint32_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : value;
}

static void
take_defaults(struct tcp_config *f)
{
	default_u32(&f->connections_max, CONNECTIONS_MAX_DEFAULT);
	default_u32(&f->half_open_max,
	    between(f->connections_max / 4, HALF_OPEN_MIN_DEFAULT, HALF_OPEN_MAX_DEFAULT));
	default_u32(&f->connections_per_source_max, UINT32_MAX);
	default_u32(&f->orphans_max,
	    between(f->connections_max / 4, ORPHANS_MIN_DEFAULT, f->connections_max));
	default_u32(&f->time_wait_max, TIME_WAIT_MAX_DEFAULT);
	default_u32(&f->receive_window_bytes, WINDOW_BYTES_DEFAULT);
	if (f->receive_window_bytes > WINDOW_BYTES_MAX)
		f->receive_window_bytes = WINDOW_BYTES_MAX;
	if (f->receive_queue_bytes < f->receive_window_bytes)
		f->receive_queue_bytes = f->receive_window_bytes;
	default_u32(&f->keepalive_probes, KEEPALIVE_PROBES);
	default_u32(&f->slow_start_segments, SLOW_START_SEGMENTS);
	default_u32(&f->send_queue_bytes, SEND_QUEUE_DEFAULT);
	if (f->mss_max == 0)
		f->mss_max = 1460;
	if (f->rto_min.ns == 0)
		f->rto_min = milliseconds(RTO_MIN_MS);
	if (f->path_memory.ns == 0)
		f->path_memory = milliseconds(PATH_MS);
	if (f->keepalive_interval.ns == 0)
		f->keepalive_interval = milliseconds(KEEPALIVE_INTERVAL_MS);
	if (f->user_timeout.ns == 0)
		f->user_timeout = milliseconds(USER_TIMEOUT_MS);
}

struct tcp *
tcp_create(const struct tcp_config *config, const struct tcp_env *env)
{
	struct tcp *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->config = *config;
	t->env = *env;
	take_defaults(&t->config);
	list_init(&t->ready);
	list_init(&t->ready_next);
	list_init(&t->flush);
	list_init(&t->time_waits);
	list_init(&t->free_time_waits);
	list_init(&t->half_opens);
	list_init(&t->orphans);
	env->random(env->arg, &t->flow_key, sizeof(t->flow_key));
	env->random(env->arg, &t->isn_key, sizeof(t->isn_key));
	env->random(env->arg, &t->ts_key, sizeof(t->ts_key));
	env->random(env->arg, &t->cookie_key, sizeof(t->cookie_key));
	env->random(env->arg, &t->next_port, sizeof(t->next_port));
	wheel_init(&t->wheel, MONO_NONE);
	if (table_create(t) != 0 || flight_create(t) != 0) {
		table_destroy(t);
		flight_destroy(t);
		free(t);
		return NULL;
	}
	return t;
}

void
tcp_destroy(struct tcp *t)
{
	t->config.ledger = NULL; /* their peers are told nothing: the next process has to */
	for (uint32_t i = 0; i < t->config.connections_max; i++) {
		if (t->conns[i].in_use)
			table_remove(&t->conns[i]);
	}
	table_destroy(t);
	flight_destroy(t);
	free(t);
}

int
tcp_listen(struct tcp *t, const struct ip_address *local, uint16_t port)
{
	if (t->listener_count == LISTENERS_MAX)
		return -ENOSPC;
	t->listeners[t->listener_count++] = (struct listener){ *local, port };
	return 0;
}

void
tcp_unlisten(struct tcp *t, const struct ip_address *local, uint16_t port)
{
	for (unsigned i = 0; i < t->listener_count; i++) {
		struct listener *l = &t->listeners[i];

		if (l->port != port || !address_equal(&l->address, local))
			continue;
		*l = t->listeners[--t->listener_count];
		return;
	}
}

uint16_t
tcp_mss_of(const struct tcp *t, const struct tcp_endpoints *e)
{
	return (uint16_t)(t->config.mss_max - (address_is_v4(&e->local) ? 0 : 20));
}

uint16_t
tcp_peer_mss(const struct tcp_endpoints *e, const struct tcp_options *o)
{
	if (o->has_mss)
		return o->mss;
	return address_is_v4(&e->local) ? MSS_DEFAULT_V4 : MSS_DEFAULT_V6;
}

/* At least 1: 0 stands for "not negotiated". */
uint8_t
tcp_scale_of(const struct tcp *t)
{
	uint8_t scale = 1;

	while (scale < WINDOW_SCALE_MAX && t->config.receive_window_bytes >> scale > 65535)
		scale++;
	return scale;
}

void
tcp_forgo_scale(struct tcp_conn *c)
{
	if (c->window_limit <= 65535)
		return;
	if (c->queue_limit == c->window_limit)
		c->queue_limit = 65535;
	c->window_limit = 65535;
}

void
tcp_conn_init(struct tcp_conn *c)
{
	struct tcp *t = c->tcp;

	c->iss = table_isn(t, &c->endpoints);
	c->ts_offset = table_ts_offset(t, &c->endpoints);
	c->window_limit = t->config.receive_window_bytes;
	c->queue_limit = t->config.receive_queue_bytes;
	c->use_ts = c->use_sack = true;
	c->user_timeout_ms = (uint32_t)(t->config.user_timeout.ns / 1000000);
	c->rcv_scale = tcp_scale_of(t);
}

/* An ephemeral port (RFC 6056 §3.3.3's simple form: random start, then one further each time). */
static bool
pick_port(struct tcp *t, struct tcp_endpoints *e)
{
	for (unsigned tries = 0; tries < 28232; tries++) {
		e->local_port = (uint16_t)(32768 + t->next_port++ % 28232);
		if (table_find(t, e) == NULL && table_find_time_wait(t, e) == NULL)
			return true;
	}
	return false;
}

/*
 * RFC 9293 §3.10.1: a flow in TIME-WAIT is in use. The peer may have forgotten it, and its next
 * initial number, which follows a clock, may lie below what it has sent: then its old segments,
 * still on their way, fit the new window. Only its timestamps tell them apart, once they have moved
 * on: a clock of theirs ticks once a second at least (RFC 7323 §5.4).
 */
static bool
is_in_use(struct tcp *t, const struct tcp_endpoints *e)
{
	const struct time_wait *w = table_find_time_wait(t, e);
	struct mono free_at = mono_add(t->now, milliseconds(TIME_WAIT_MS - TIME_WAIT_REUSE_MS));

	if (table_find(t, e) != NULL)
		return true;
	return w != NULL && (!w->use_ts || mono_before(free_at, w->until));
}

/* The flow begins anew, beyond the numbers of its last life (RFC 9293 §3.6.1, RFC 1122 §4.2.2.13).
 */
static void
leave_time_wait(struct tcp_conn *c)
{
	struct time_wait *w = table_find_time_wait(c->tcp, &c->endpoints);

	if (w == NULL)
		return;
	if (!seq_after(c->iss, w->snd_nxt))
		c->iss = seq_add(w->snd_nxt, 1);
	table_leave_time_wait(c->tcp, w);
}

/* Neither none, nor a group, nor everybody (RFC 9293 MUST-46). */
static bool
is_one_host(const struct ip_address *a)
{
	if (address_is_v4(a))
		return a->bytes[12] != 0 && a->bytes[12] < 224;
	return !address_is_any(a) && a->bytes[0] != 0xff;
}

int
tcp_connect(struct tcp *t, const struct tcp_endpoints *endpoints, struct tcp_conn **out)
{
	struct tcp_endpoints e = *endpoints;
	struct tcp_conn *c;

	if (!is_one_host(&e.remote))
		return -EADDRNOTAVAIL;
	if (e.local_port == 0 ? !pick_port(t, &e) : is_in_use(t, &e))
		return -EADDRINUSE;
	c = table_add(t, &e);
	if (c == NULL)
		return -ENOSPC;
	tcp_conn_init(c);
	leave_time_wait(c);
	c->active = true;
	c->use_ecn = t->config.ecn == TCP_ECN_ASK;
	c->state = TCP_SYN_SENT;
	c->mss = tcp_peer_mss(&e, &(struct tcp_options){ 0 });
	c->snd_una = c->iss;
	c->snd_nxt = seq_add(c->iss, 1);
	handshake_begin(c);
	*out = c;
	return 0;
}

void
tcp_begin(struct tcp *t, struct mono now)
{
	struct list *node;

	t->now = now;
	t->now_ms = (uint32_t)(now.ns / 1000000u);
	t->now_us = (uint32_t)(now.ns / 1000u);
	while ((node = list_take_first(&t->ready_next)) != NULL)
		list_append(&t->ready, node);
	pressure_begin(t);
}

struct mono
tcp_now(const struct tcp *t)
{
	return t->now;
}

void
tcp_run_timers(struct tcp *t)
{
	struct wheel_timer *timer;

	wheel_advance(&t->wheel, t->now);
	for (unsigned n = 0; n < TIMERS_PER_TURN && (timer = wheel_take_expired(&t->wheel)) != NULL;
	     n++)
		timers_run(LIST_ITEM(timer, struct tcp_conn, timer));
	table_expire_time_waits(t);
}

void
tcp_flush_within(struct tcp *t, uint32_t segments_max)
{
	uint32_t left = segments_max, share;
	struct list *node;

	while (left > 0 && (node = list_take_first(&t->flush)) != NULL) {
		share = left < FLUSH_SEGMENTS ? left : FLUSH_SEGMENTS;
		t->room = share;
		output_flush(LIST_ITEM(node, struct tcp_conn, flush_node));
		left -= share - t->room;
	}
}

void
tcp_flush(struct tcp *t)
{
	tcp_flush_within(t, UINT32_MAX);
}

struct mono
tcp_next_deadline(const struct tcp *t)
{
	struct mono d = wheel_next(&t->wheel);

	if (!list_is_empty(&t->ready) || !list_is_empty(&t->ready_next) ||
	    !list_is_empty(&t->flush))
		return t->now;
	if (!list_is_empty(&t->time_waits))
		d = mono_earlier(d, LIST_ITEM(t->time_waits.next, struct time_wait, node)->until);
	return d;
}

struct tcp_conn *
tcp_next_ready(struct tcp *t)
{
	struct list *node = list_take_first(&t->ready);

	return node != NULL ? LIST_ITEM(node, struct tcp_conn, ready_node) : NULL;
}

void
tcp_make_ready(struct tcp_conn *c)
{
	list_unlink(&c->ready_node);
	list_append(&c->tcp->ready_next, &c->ready_node);
}

void
conn_list_ready(struct tcp_conn *c)
{
	/* Who is listed keeps its place, or a flood of segments would put it off for ever. */
	if (c->released || !c->opened || !list_is_empty(&c->ready_node))
		return;
	list_append(&c->tcp->ready, &c->ready_node);
}

void
conn_end(struct tcp_conn *c)
{
	if (c->released || (!c->opened && !c->active)) {
		table_remove(c);
		return;
	}
	if (c->state == TCP_SYN_RECEIVED)
		backlog_settled(c);
	c->state = TCP_CLOSED;
	c->ended = c->opened = true;
	c->rto_at = c->delayed_ack_at = c->persist_at = c->close_at = c->keepalive_at = MONO_NONE;
	c->rack.reorder_at = c->rack.probe_at = MONO_NONE;
	list_unlink(&c->flush_node);
	timers_rearm(c);
	chain_free(&c->snd);
	reasm_free(c);
	scoreboard_clear(c);
	conn_list_ready(c);
}

void
conn_time_wait(struct tcp_conn *c)
{
	table_enter_time_wait(c);
	if (c->ack_now)
		output_ack(c);
	conn_end(c);
}

uint32_t
tcp_events(const struct tcp_conn *c)
{
	uint32_t e = c->opened ? TCP_EVENT_OPENED : 0;

	if (c->rcv.bytes > 0)
		e |= TCP_EVENT_READABLE;
	if (c->fin_reached && c->rcv.bytes == 0)
		e |= TCP_EVENT_PEER_CLOSED;
	if (c->ended)
		return e | TCP_EVENT_ENDED;
	if (tcp_send_room(c) > 0)
		e |= TCP_EVENT_WRITABLE;
	if (c->snd.bytes == 0)
		e |= TCP_EVENT_SENT_ALL;
	return e;
}

int
tcp_receive(struct tcp_conn *c, size_t bytes_max, struct chain *out)
{
	int rc = chain_take(&c->rcv, &c->tcp->env.pools, bytes_max, out);

	if (c->state != TCP_CLOSED && output_window_grew(c))
		output_ack_now(c);
	return rc;
}

void
tcp_acknowledge(struct tcp_conn *c)
{
	if (mono_is_set(c->delayed_ack_at))
		output_ack_now(c);
}

size_t
tcp_receivable(const struct tcp_conn *c)
{
	return c->rcv.bytes;
}

int
tcp_send(struct tcp_conn *c, struct chain *bytes)
{
	if (c->state == TCP_CLOSED || c->fin_queued) {
		chain_free(bytes);
		return -EPIPE;
	}
	flight_note_event(c, TCP_FLIGHT_SEND, bytes->bytes);
	chain_append_chain(&c->snd, bytes);
	output_schedule(c);
	return 0;
}

size_t
tcp_send_room(const struct tcp_conn *c)
{
	size_t limit = c->tcp->config.send_queue_bytes;

	return c->state != TCP_CLOSED && c->snd.bytes < limit ? limit - c->snd.bytes : 0;
}

void
tcp_shutdown(struct tcp_conn *c)
{
	if (c->fin_queued || c->state == TCP_CLOSED)
		return;
	flight_note_event(c, TCP_FLIGHT_SHUTDOWN, 0);
	c->fin_queued = true;
	if (c->state == TCP_CLOSE_WAIT)
		c->state = TCP_LAST_ACK;
	else if (c->state == TCP_ESTABLISHED)
		c->state = TCP_FIN_WAIT_1;
	output_schedule(c);
}

void
tcp_discard_input(struct tcp_conn *c)
{
	c->discard = true;
	chain_free(&c->rcv);
	if (c->state != TCP_CLOSED && output_window_grew(c))
		output_ack_now(c);
}

void
tcp_abort(struct tcp_conn *c)
{
	if (c->state == TCP_CLOSED)
		return;
	flight_note_event(c, TCP_FLIGHT_ABORT, 0);
	if (c->state != TCP_SYN_SENT)
		output_reset(c);
	conn_end(c);
}

bool
tcp_abort_at(struct tcp *t, uint32_t place)
{
	struct tcp_conn *c = &t->conns[place];

	if (!c->in_use || c->state == TCP_CLOSED)
		return false;
	tcp_abort(c);
	return true;
}

void
tcp_release(struct tcp_conn *c)
{
	list_unlink(&c->ready_node);
	c->released = true;
	c->user = NULL;
	if (c->state == TCP_CLOSED || c->state == TCP_SYN_SENT) {
		table_remove(c);
		return;
	}
	flight_note_event(c, TCP_FLIGHT_RELEASE, 0);
	tcp_discard_input(c);
	tcp_shutdown(c);
	if (c->state == TCP_FIN_WAIT_2) {
		c->close_at = mono_add(c->tcp->now, milliseconds(FIN_WAIT_2_MS));
		timers_rearm(c);
	}
	backlog_orphaned(c);
}

void
tcp_set_keepalive(struct tcp_conn *c, struct duration idle)
{
	timers_set_keepalive(c, (uint32_t)(idle.ns / 1000000));
}

void
tcp_set_user_timeout(struct tcp_conn *c, struct duration limit)
{
	c->user_timeout_ms = (uint32_t)(limit.ns / 1000000);
	timers_rearm(c);
}

void
tcp_set_user(struct tcp_conn *c, void *user)
{
	c->user = user;
}

void
tcp_set_label(struct tcp_conn *c, uint32_t label)
{
	c->label = label;
}

void *
tcp_user(const struct tcp_conn *c)
{
	return c->user;
}

const struct tcp_endpoints *
tcp_endpoints(const struct tcp_conn *c)
{
	return &c->endpoints;
}

const uint64_t *
tcp_counters(const struct tcp *t)
{
	return t->counters;
}

uint32_t
tcp_connection_count(const struct tcp *t)
{
	return t->connection_count;
}
