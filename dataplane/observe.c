/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/observe.h"

void
observer_init(struct observer *o, struct channel_core *channel, struct tcp *tcp)
{
	memset(o, 0, sizeof(*o));
	o->channel = channel;
	o->stats = channel_stats(channel);
	o->tcp = tcp;
}

static bool
has_terms(const struct observe_filter *f)
{
	for (unsigned i = 0; i < OBSERVE_TERMS_MAX; i++) {
		if (f->terms[i].kind != OBSERVE_TERM_NONE)
			return true;
	}
	return false;
}

void
observer_command(struct observer *o, const struct command *command)
{
	const struct observe_request *r = &command->observe;

	if (command->kind == COMMAND_TCP_LIST) {
		memset(&o->list, 0, sizeof(o->list));
		o->list.request = *r;
	} else if (command->kind == COMMAND_CAPTURE) {
		memset(&o->capture, 0, sizeof(o->capture));
		o->capture.request = *r;
		o->capture.has_terms = has_terms(&r->filter);
		o->capturing = true;
		o->end_due = false;
	} else if (o->capturing &&
		   (r->serial == o->capture.request.serial || r->serial == OBSERVE_ANY)) {
		o->capturing = false;
		o->end_due = true;
	}
}

static enum observed_timer
timer_of(enum tcp_timer t)
{
	static const uint8_t map[TCP_TIMER_COUNT] = {
		[TCP_TIMER_NONE] = OBSERVED_TIMER_NONE,
		[TCP_TIMER_RTO] = OBSERVED_TIMER_RTO,
		[TCP_TIMER_PERSIST] = OBSERVED_TIMER_PERSIST,
		[TCP_TIMER_REORDER] = OBSERVED_TIMER_REORDER,
		[TCP_TIMER_TAIL_PROBE] = OBSERVED_TIMER_TAIL_PROBE,
		[TCP_TIMER_DELAYED_ACK] = OBSERVED_TIMER_DELAYED_ACK,
		[TCP_TIMER_KEEPALIVE] = OBSERVED_TIMER_KEEPALIVE,
		[TCP_TIMER_CLOSE] = OBSERVED_TIMER_CLOSE,
	};

	return map[t];
}

static uint8_t
flags_of(const struct tcp_info *i)
{
	return (uint8_t)((i->has_timestamps ? OBSERVED_TIMESTAMPS : 0) |
			 (i->has_sack ? OBSERVED_SACK : 0) | (i->has_scale ? OBSERVED_SCALE : 0) |
			 (i->has_ecn ? OBSERVED_ECN : 0) | (i->is_active ? OBSERVED_ACTIVE : 0));
}

static void
fill_ends(struct observed_connection *out, const struct tcp_endpoints *e)
{
	out->local = e->local;
	out->remote = e->remote;
	out->local_port = e->local_port;
	out->remote_port = e->remote_port;
}

static void
fill_connection(
    struct observed_connection *out, const struct tcp_endpoints *e, const struct tcp_info *i)
{
	*out = (struct observed_connection){
		.state = (uint8_t)i->state_id,
		.flags = flags_of(i),
		.send_scale = i->send_scale,
		.receive_scale = i->receive_scale,
		.label = i->label,
		.timer = (uint8_t)timer_of(i->timer),
		.timer_ms = i->timer_ms,
		.rtt_us = i->rtt_us,
		.rtt_var_us = i->rtt_var_us,
		.rto_us = i->rto_us,
		.cwnd_bytes = i->cwnd_bytes,
		.ssthresh_bytes = i->ssthresh_bytes,
		.mss_bytes = i->mss_bytes,
		.in_flight_bytes = i->in_flight_bytes,
		.lost_bytes = i->lost_bytes,
		.sacked_bytes = i->sacked_bytes,
		.send_queue_bytes = i->send_queue_bytes,
		.receive_queue_bytes = i->receive_queue_bytes,
		.out_of_order_bytes = i->out_of_order_bytes,
		.send_window_bytes = i->send_window_bytes,
		.receive_window_bytes = i->receive_window_bytes,
		.age_ms = i->age_ms,
		.sent_bytes = i->sent_bytes,
		.received_bytes = i->received_bytes,
		.retransmitted_segments = i->retransmitted_segments,
	};
	fill_ends(out, e);
}

static bool
is_wanted(const struct observe_filter *f, enum tcp_state state, const struct tcp_endpoints *e)
{
	return (f->states == 0 || (f->states >> state & 1) != 0) &&
	       observe_passes(f, &e->local, e->local_port, &e->remote, e->remote_port);
}

static void
add_up(struct observed_sums *s, const struct tcp_info *i)
{
	s->connections[i->state_id]++;
	s->send_queue_bytes += i->send_queue_bytes;
	s->receive_queue_bytes += i->receive_queue_bytes;
	s->in_flight_bytes += i->in_flight_bytes;
	s->out_of_order_bytes += i->out_of_order_bytes;
	s->retransmitted_segments += i->retransmitted_segments;
}

/* The connection at that place; false: none that is wanted. */
static bool
look_at_conn(struct observer *o, uint32_t place, struct observed_connection *out)
{
	struct observe_list *l = &o->list;
	const struct tcp_conn *c = tcp_conn_at(o->tcp, place);
	const struct tcp_endpoints *e;
	struct tcp_info info;

	if (c == NULL)
		return false;
	e = tcp_endpoints(c);
	tcp_info(c, &info);
	if (!is_wanted(&l->request.filter, info.state_id, e))
		return false;
	add_up(&l->sums, &info);
	fill_connection(out, e, &info);
	return true;
}

static bool
look_at_time_wait(struct observer *o, uint32_t place, struct observed_connection *out)
{
	struct observe_list *l = &o->list;
	struct tcp_endpoints e;
	struct duration left;

	if (!tcp_time_wait_at(o->tcp, place, &e, &left) ||
	    !is_wanted(&l->request.filter, TCP_STATE_TIME_WAIT, &e))
		return false;
	l->sums.connections[TCP_STATE_TIME_WAIT]++;
	*out = (struct observed_connection){
		.state = TCP_STATE_TIME_WAIT,
		.timer = OBSERVED_TIMER_TIME_WAIT,
		.timer_ms = (uint32_t)(left.ns / 1000000),
	};
	fill_ends(out, &e);
	return true;
}

/* Puts one connection into the observation that is being built; `at` NULL: a new one. */
static struct observation *
show(struct observer *o, struct observation *at, const struct observed_connection *c)
{
	if (at == NULL) {
		at = observation_reserve(o->channel);
		at->kind = OBSERVATION_CONNECTIONS;
		at->serial = o->list.request.serial;
		at->connections.count = 0;
	}
	at->connections.each[at->connections.count++] = *c;
	o->list.shown++;
	if (at->connections.count < OBSERVED_CONNECTIONS_MAX)
		return at;
	observation_commit(o->channel);
	return NULL;
}

static void
end_list(struct observer *o)
{
	struct observation *at = observation_reserve(o->channel);

	at->kind = OBSERVATION_SUMS;
	at->serial = o->list.request.serial;
	at->sums = o->list.sums;
	tcp_flights(o->tcp, &at->sums.recorders, &at->sums.recorders_free);
	observation_commit(o->channel);
	o->list.request.serial = 0;
}

/* The next places, where all that they could fill has room. */
static unsigned
go_on_with_list(struct observer *o)
{
	struct observe_list *l = &o->list;
	struct observed_connection c;
	struct observation *at = NULL;
	uint32_t places = l->in_time_wait ? tcp_time_wait_places(o->tcp) : tcp_places(o->tcp);

	if (observation_room(o->channel) <= OBSERVE_PLACES_PER_TURN / OBSERVED_CONNECTIONS_MAX + 1)
		return 0;
	for (unsigned i = 0; i < OBSERVE_PLACES_PER_TURN && l->place < places; i++, l->place++) {
		bool wanted = l->in_time_wait ? look_at_time_wait(o, l->place, &c)
					      : look_at_conn(o, l->place, &c);

		if (wanted && l->shown < l->request.limit)
			at = show(o, at, &c);
	}
	if (at != NULL)
		observation_commit(o->channel);
	if (l->place < places)
		return 1;
	l->place = 0;
	if (l->in_time_wait)
		end_list(o);
	l->in_time_wait = !l->in_time_wait;
	return 1;
}

static void
tell_capture_end(struct observer *o)
{
	struct observation *at = observation_reserve(o->channel);

	if (at == NULL)
		return; /* next turn */
	at->kind = OBSERVATION_CAPTURE_END;
	at->serial = o->capture.request.serial;
	at->capture_end = (struct observed_capture_end){ o->capture.seen, o->capture.lost };
	observation_commit(o->channel);
	o->end_due = false;
}

/* Whether one more may be told now; a hostile peer can make them as fast as connections. */
static bool
may_tell_flight(struct observer *o, struct mono now)
{
	if (mono_since(now, o->flights_since).ns >= seconds(1).ns) {
		o->flights_since = now;
		o->flights_told = 0;
	}
	return o->flights_told < FLIGHTS_PER_SECOND && observation_room(o->channel) > 1;
}

static unsigned
tell_flights(struct observer *o, struct mono now, int64_t wall_ns)
{
	unsigned kept, n = 0;

	count(o->stats, COUNTER_FLIGHTS_LOST, tcp_take_dropped_flights(o->tcp));
	for (; (kept = tcp_next_flight(o->tcp, &o->report, o->events)) > 0; n++) {
		struct observation *at =
		    may_tell_flight(o, now) ? observation_reserve(o->channel) : NULL;

		if (at == NULL) {
			count(o->stats, COUNTER_FLIGHTS_LOST, 1);
			continue;
		}
		at->kind = OBSERVATION_FLIGHT;
		at->serial = 0;
		at->flight.wall_ns = wall_ns;
		at->flight.at = (uint32_t)(tcp_now(o->tcp).ns >> TCP_FLIGHT_AT_SHIFT);
		at->flight.fault = o->report.fault;
		at->flight.iss = o->report.iss;
		at->flight.irs = o->report.irs;
		at->flight.events = o->report.events;
		at->flight.kept = kept;
		fill_connection(&at->flight.connection, &o->report.endpoints, &o->report.info);
		memcpy(at->flight.event, o->events, kept * sizeof(o->events[0]));
		observation_commit(o->channel);
		o->flights_told++;
		count(o->stats, COUNTER_FLIGHTS, 1);
	}
	return n;
}

unsigned
observer_turn(struct observer *o, struct mono now, int64_t wall_ns, uint64_t last_beat_ns)
{
	unsigned n = tell_flights(o, now, wall_ns);

	if (!o->capturing && !o->end_due && o->list.request.serial == 0)
		return n;
	if (mono_before(
		mono_add((struct mono){ last_beat_ns }, milliseconds(OBSERVE_BEAT_MS)), now)) {
		o->capturing = o->end_due = false;
		o->list.request.serial = 0;
		return n;
	}
	if (o->end_due)
		tell_capture_end(o);
	return o->list.request.serial != 0 ? n + go_on_with_list(o) : n;
}
