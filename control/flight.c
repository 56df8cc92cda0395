/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The flight of a connection as lines of tcp.log: one that says what befell it and how it stood,
 * in the columns of sluice.log, then one for each event, oldest first. Every line has the time of
 * day and the sid, so that grep finds a connection in both logs. Sequence numbers count from both
 * sides' first, as tcpdump shows them. docs/tcp-observing.md explains the fields.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "control/observe.h"

#define STATE_NONE TCP_STATE_COUNT

struct lines {
	char *out;
	size_t used;
	int32_t pid;
	uint32_t sid;
};

static void __attribute__((format(printf, 2, 3))) put(struct lines *l, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(l->out + l->used, FLIGHT_TEXT_MAX - l->used, format, arguments);
	va_end(arguments);
	if (n > 0)
		l->used += (size_t)n < FLIGHT_TEXT_MAX - l->used ? (size_t)n
								 : FLIGHT_TEXT_MAX - 1 - l->used;
}

static void
put_start(struct lines *l, int64_t wall_ns, const char *level)
{
	time_t second = (time_t)(wall_ns / 1000000000);
	struct tm tm;

	localtime_r(&second, &tm);
	put(l, "%02d:%02d:%02d.%06d %s %" PRId32 " tcp [sid: 0x%08" PRIx32 "] ", tm.tm_hour,
	    tm.tm_min, tm.tm_sec, (int)(wall_ns % 1000000000 / 1000), level, l->pid, l->sid);
}

static void
put_end(struct lines *l, const char *name, const struct ip_address *a, uint16_t port)
{
	char text[ADDRESS_TEXT_MAX];

	put(l, address_is_v4(a) ? "%s: %s:%u, " : "%s: [%s]:%u, ", name, address_format(a, text),
	    (unsigned)port);
}

static void
put_summary(struct lines *l, const struct observed_flight *f, uint32_t core)
{
	const struct observed_connection *c = &f->connection;

	put_start(l, f->wall_ns, "WRN");
	put(l, "TCP: %s (", observed_fault_word(f->fault));
	put_end(l, "peer", &c->remote, c->remote_port);
	put_end(l, "local", &c->local, c->local_port);
	put(l,
	    "core: %" PRIu32 ", state: %s, age: %" PRIu64 ".%03" PRIu64 "s, rtt: %" PRIu32
	    "us/%" PRIu32 "us, rto: %" PRIu32 "us, mss: %" PRIu32 ", cwnd: %" PRIu32 ", ",
	    core, observed_state_word(c->state), c->age_ms / 1000, c->age_ms % 1000, c->rtt_us,
	    c->rtt_var_us, c->rto_us, c->mss_bytes, c->cwnd_bytes);
	put(l,
	    "in flight: %" PRIu32 ", lost: %" PRIu32 ", retransmitted: %" PRIu64 ", sent: %" PRIu64
	    ", received: %" PRIu64 ", ",
	    c->in_flight_bytes, c->lost_bytes, c->retransmitted_segments, c->sent_bytes,
	    c->received_bytes);
	put(l,
	    "send queue: %" PRIu32 ", receive queue: %" PRIu32 ", out of order: %" PRIu32
	    ", send window: %" PRIu32 ", receive window: %" PRIu32 ", events: %" PRIu32
	    " of %" PRIu32 ")\n",
	    c->send_queue_bytes, c->receive_queue_bytes, c->out_of_order_bytes,
	    c->send_window_bytes, c->receive_window_bytes, f->kept, f->events);
}

/* As tcpdump: F S R P . U E W, in the bits' order but for the dot, which is ACK. */
static const char *
flags_text(uint8_t flags, char out[9])
{
	static const char letters[8] = { 'F', 'S', 'R', 'P', '.', 'U', 'E', 'W' };
	unsigned n = 0;

	for (unsigned bit = 0; bit < 8; bit++) {
		if (flags & 1u << bit)
			out[n++] = letters[bit];
	}
	out[n] = 0;
	return out;
}

/* A segment's numbers, from its sender's and its receiver's first. */
static void
put_segment(struct lines *l, const struct observed_flight *f, const struct tcp_flight_event *e)
{
	bool in = e->kind == TCP_FLIGHT_IN;
	uint32_t seq = e->seq - (in ? f->irs : f->iss), ack = e->ack - (in ? f->iss : f->irs);
	char flags[9];

	put(l, " [%s] seq %" PRIu32, flags_text(e->flags, flags), seq);
	if (e->length > 0)
		put(l, ":%" PRIu32, seq + e->length);
	if (e->flags & 0x10)
		put(l, " ack %" PRIu32, ack);
	put(l, " win %u len %u", e->window, e->length);
}

static void
put_event(struct lines *l, const struct observed_flight *f, const struct tcp_flight_event *e,
    unsigned *state)
{
	int64_t ago_ns = (int64_t)(f->at - e->at) << TCP_FLIGHT_AT_SHIFT;

	put_start(l, f->wall_ns - ago_ns, "INF");
	put(l, " %s", observed_event_word(e->kind));
	if (e->kind == TCP_FLIGHT_IN || e->kind == TCP_FLIGHT_OUT || e->kind == TCP_FLIGHT_AGAIN)
		put_segment(l, f, e);
	else if (e->kind == TCP_FLIGHT_SEND)
		put(l, " %s%u bytes", e->length == UINT16_MAX ? "at least " : "", e->length);
	else if (e->kind == TCP_FLIGHT_OPENED)
		put(l, " their first %" PRIu32 ", ours %" PRIu32, e->seq, e->ack);
	else
		put(l, " sent up to %" PRIu32 ", received up to %" PRIu32, e->seq - f->iss,
		    e->ack - f->irs);
	if (e->state != *state)
		put(l, " %s", observed_state_word(e->state));
	*state = e->state;
	put(l, "\n");
}

size_t
flight_text(const struct observed_flight *f, uint32_t core, int32_t pid, char out[FLIGHT_TEXT_MAX])
{
	struct lines l = { out, 0, pid, f->connection.label };
	unsigned state = STATE_NONE;

	put_summary(&l, f, core);
	for (uint32_t i = 0; i < f->kept; i++)
		put_event(&l, f, &f->event[i], &state);
	return l.used;
}
