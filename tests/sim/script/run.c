/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays a script's events in order. Strict: whatever our side sends must be expected, in its order
 * and at its time, before the clock moves on or anything else goes in.
 */
#include "tests/sim/script/stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/tcp_counters.h"
#include "tests/sim/sim.h"

struct player {
	struct stage stage;
	const struct script_event *event;
	struct mono base; /* when the last event was */
	char *error;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void
fail(struct player *p, const char *format, ...)
{
	va_list arguments;
	int n =
	    snprintf(p->error, SCRIPT_ERROR_MAX, "%s:%u: ", p->stage.script->name, p->event->line);

	va_start(arguments, format);
	vsnprintf(p->error + n, SCRIPT_ERROR_MAX - (size_t)n, format, arguments);
	va_end(arguments);
	p->failed = true;
}

static void
fail_segments(struct player *p, const char *why, const struct script_packet *expected,
    const struct stage_sent *got)
{
	char want[300], have[300] = "nothing", when[64] = "";

	if (got != NULL) {
		snprintf(when, sizeof(when), " at %.6f for @%u", stage_seconds(&p->stage, got->at),
		    got->peer);
		script_print(&got->packet, have, sizeof(have));
	}
	if (expected == NULL)
		snprintf(want, sizeof(want), "nothing");
	else
		script_print(expected, want, sizeof(want));
	fail(p, "%s\n\texpected  %s\n\tgot       %s%s", why, want, have, when);
}

static struct stage_peer *
peer_of(struct player *p)
{
	return &p->stage.peers[p->event->peer];
}

static void
inject(struct player *p)
{
	if (stage_inject(&p->stage, p->event->peer, p->event->packet) != 0)
		fail(p, "no buffer for a segment to inject");
}

static void
inject_icmp(struct player *p)
{
	const struct stage_peer *peer = peer_of(p);
	bool big = strcmp(p->event->word, "too_big") == 0;
	/* MTUs are written for IPv4; IPv6's header is 20 bytes longer. */
	uint32_t more = address_is_v4(&peer->endpoints.local) ? 0 : 20;

	tcp_icmp(p->stage.tcp, &peer->endpoints, peer->numbers.ours + p->event->seq, !big,
	    big ? (uint32_t)p->event->number + more : 0);
}

static void
expect(struct player *p)
{
	const struct script_event *e = p->event;
	struct stage *s = &p->stage;
	const struct stage_sent *got = &s->sent[0];
	uint32_t slack = (uint32_t)(s->script->tolerance.ns / 1000000) + 1;
	const char *why;

	if (s->sent_count == 0) {
		fail_segments(p, "nothing was sent in time", e->packet, NULL);
		return;
	}
	why = got->malformed;
	if (why == NULL && got->peer != e->peer)
		why = "it is for another peer";
	if (why == NULL)
		why = script_differs(e->packet, &got->packet, slack);
	if (why != NULL) {
		fail_segments(p, why, e->packet, got);
		return;
	}
	s->sent_count--;
	memmove(&s->sent[0], &s->sent[1], s->sent_count * sizeof(s->sent[0]));
}

static void
listen(struct player *p)
{
	struct ip_address any = { { 0 } };

	if (tcp_listen(p->stage.tcp, &any, STAGE_PORT) != 0)
		fail(p, "tcp_listen() failed");
}

static void
connect(struct player *p)
{
	struct stage_peer *peer = peer_of(p);

	if (tcp_connect(p->stage.tcp, &peer->endpoints, &peer->conn) != 0)
		fail(p, "tcp_connect() failed");
	peer->accepted = true;
}

static void
accept(struct player *p)
{
	struct stage_peer *peer = peer_of(p);

	if (peer->accepted || peer->conn == NULL)
		fail(p, "no connection to accept");
	else if ((tcp_events(peer->conn) & TCP_EVENT_OPENED) == 0)
		fail(p, "the connection was listed and is not open");
	peer->accepted = true;
}

static void
write_bytes(struct player *p)
{
	struct stage_peer *peer = peer_of(p);
	struct chain out = CHAIN_EMPTY;
	uint8_t piece[1024];

	for (uint64_t done = 0, n; done < p->event->number; done += n) {
		n = p->event->number - done < sizeof(piece) ? p->event->number - done
							    : sizeof(piece);
		for (unsigned i = 0; i < n; i++)
			piece[i] = script_byte(peer->write_seq++);
		if (chain_append_copy(&out, sim_pools(), piece, n) != 0)
			fail(p, "no buffer for what is to be written");
	}
	if (tcp_send(peer->conn, &out) != 0)
		fail(p, "tcp_send() failed: the connection takes nothing more");
}

/* What is read must be what the peer sent first for each number. */
static void
read_bytes(struct player *p)
{
	struct stage_peer *peer = peer_of(p);
	size_t there = tcp_receivable(peer->conn);
	struct chain in = CHAIN_EMPTY;
	struct chain_cursor cursor;
	struct span span;

	if (there < p->event->number || (p->event->number == 0 && there > 0)) {
		fail(p, "%zu bytes to read, not %llu", there, (unsigned long long)p->event->number);
		return;
	}
	tcp_receive(peer->conn, p->event->number, &in);
	cursor = chain_walk(&in, 0);
	while (chain_next(&cursor, &span)) {
		for (size_t i = 0; i < span.bytes && !p->failed; i++, peer->read_seq++) {
			uint8_t want =
			    script_byte(peer->read_seq) ^ (p->event->tampered ? 0xff : 0);

			if (span.data[i] != want)
				fail(p, "byte %u is not the one that came first", peer->read_seq);
		}
	}
	chain_free(&in);
}

static void
check_state(struct player *p)
{
	struct tcp_info info;

	tcp_info(peer_of(p)->conn, &info);
	if (strcmp(info.state, p->event->word) != 0)
		fail(p, "the state is %s, not %s", info.state, p->event->word);
}

static void
check_event(struct player *p)
{
	static const struct {
		const char *word;
		uint32_t bit;
	} words[] = { { "opened", TCP_EVENT_OPENED }, { "readable", TCP_EVENT_READABLE },
		{ "writable", TCP_EVENT_WRITABLE }, { "peer_closed", TCP_EVENT_PEER_CLOSED },
		{ "sent_all", TCP_EVENT_SENT_ALL }, { "ended", TCP_EVENT_ENDED } };
	bool wanted = p->event->kind == SCRIPT_IS;

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, p->event->word) != 0)
			continue;
		if (((tcp_events(peer_of(p)->conn) & words[i].bit) != 0) != wanted)
			fail(p, "it %s %s", wanted ? "is not" : "is", p->event->word);
		return;
	}
	fail(p, "no such event: %s", p->event->word);
}

/* A number of the connection by its field in struct tcp_info. */
static bool
look_up_info(const struct tcp_conn *c, const char *word, uint64_t *out)
{
	struct tcp_info i;

	if (c == NULL)
		return false;
	tcp_info(c, &i);
	const struct {
		const char *word;
		uint64_t value;
	} fields[] = {
		{ "rtt_us", i.rtt_us },
		{ "rto_us", i.rto_us },
		{ "cwnd_bytes", i.cwnd_bytes },
		{ "ssthresh_bytes", i.ssthresh_bytes },
		{ "mss_bytes", i.mss_bytes },
		{ "send_queue_bytes", i.send_queue_bytes },
		{ "receive_queue_bytes", i.receive_queue_bytes },
		{ "send_window_bytes", i.send_window_bytes },
		{ "receive_window_bytes", i.receive_window_bytes },
		{ "sent_bytes", i.sent_bytes },
		{ "received_bytes", i.received_bytes },
		{ "retransmitted_segments", i.retransmitted_segments },
	};

	for (unsigned n = 0; n < sizeof(fields) / sizeof(fields[0]); n++) {
		if (strcmp(word, fields[n].word) != 0)
			continue;
		*out = fields[n].value;
		return true;
	}
	return false;
}

/* A counter of the stack, how many connections there are, or a number of the connection. */
static bool
look_up(struct player *p, uint64_t *out)
{
	static const char *const counters[] = {
#define X(id, word, help) word,
		TCP_COUNTERS(X)
#undef X
	};

	for (unsigned i = 0; i < TCP_COUNTER_COUNT; i++) {
		if (strcmp(p->event->word, counters[i]) != 0)
			continue;
		*out = tcp_counters(p->stage.tcp)[i];
		return true;
	}
	if (strcmp(p->event->word, "connections") == 0) {
		*out = tcp_connection_count(p->stage.tcp);
		return true;
	}
	return look_up_info(peer_of(p)->conn, p->event->word, out);
}

static void
check_number(struct player *p)
{
	const struct script_event *e = p->event;
	uint64_t value = 0;

	if (!look_up(p, &value))
		fail(p, "no such number: %s", e->word);
	else if ((e->operator== '=' && value != e->number) ||
		 (e->operator== '<' && value >= e->number) ||
		 (e->operator== '>' && value <= e->number))
		fail(p, "%s is %llu, not %c %llu", e->word, (unsigned long long)value,
		    e->operator,(unsigned long long) e->number);
}

/* The tuple will be used once more: its next SYN begins anew. */
static void
reopen(struct player *p)
{
	struct stage_peer *peer = peer_of(p);

	if (peer->conn != NULL)
		fail(p, "the connection was not closed");
	peer->knows_ours = peer->knows_ts = peer->accepted = false;
	peer->numbers.ours = peer->numbers.ts = 0;
	peer->write_seq = 1;
}

static void
give_up_connection(struct player *p)
{
	tcp_release(peer_of(p)->conn);
	peer_of(p)->conn = NULL;
}

/* Acts on a connection that the script holds. */
static void
use_connection(struct player *p)
{
	struct tcp_conn *c = peer_of(p)->conn;

	if (c == NULL || !peer_of(p)->accepted) {
		fail(p, "no connection: not accepted, or closed");
		return;
	}
	switch (p->event->kind) {
	case SCRIPT_WRITE:
		write_bytes(p);
		break;
	case SCRIPT_READ:
		read_bytes(p);
		break;
	case SCRIPT_SHUTDOWN:
		tcp_shutdown(c);
		break;
	case SCRIPT_CLOSE:
		give_up_connection(p);
		break;
	case SCRIPT_RESET:
		tcp_abort(c);
		break;
	case SCRIPT_DISCARD:
		tcp_discard_input(c);
		break;
	case SCRIPT_STATE:
		check_state(p);
		break;
	default:
		check_event(p);
		break;
	}
}

static void
act(struct player *p)
{
	switch (p->event->kind) {
	case SCRIPT_INJECT:
		inject(p);
		return; /* has had its turn */
	case SCRIPT_EXPECT:
		expect(p);
		return;
	case SCRIPT_ICMP:
		inject_icmp(p);
		break;
	case SCRIPT_LISTEN:
		listen(p);
		break;
	case SCRIPT_CONNECT:
		connect(p);
		break;
	case SCRIPT_ACCEPT:
		accept(p);
		break;
	case SCRIPT_REOPEN:
		reopen(p);
		break;
	case SCRIPT_BUFFERS:
		stage_leave_buffers(&p->stage, p->event->number);
		break;
	case SCRIPT_CHECK:
		check_number(p);
		break;
	case SCRIPT_QUIET:
		break;
	default:
		use_connection(p);
		break;
	}
	if (!p->failed)
		stage_turn(&p->stage);
}

/* Nothing may be left that the script has not looked at. */
static void
must_be_quiet(struct player *p)
{
	if (p->stage.sent_count > 0)
		fail_segments(p, "nobody expected this", NULL, &p->stage.sent[0]);
}

/* Brings the clock to the event; for what is expected, to the segment or the latest moment. */
static void
wait_for(struct player *p)
{
	const struct script_event *e = p->event;
	struct stage *s = &p->stage;
	struct mono base = e->absolute ? s->start : p->base;
	struct mono from = mono_add(base, e->from), to = mono_add(base, e->to);
	uint64_t slack = (uint64_t)s->script->tolerance.ns;
	bool expects = e->kind == SCRIPT_EXPECT;

	if (!expects && (from.ns > s->now.ns || e->kind == SCRIPT_INJECT || e->kind == SCRIPT_ICMP))
		must_be_quiet(p);
	if (p->failed)
		return;
	stage_advance(s, expects ? mono_add(to, nanoseconds((int64_t)slack)) : from);
	if (!expects && s->now.ns < from.ns)
		must_be_quiet(p);
	if (!expects || s->sent_count == 0)
		return;
	if (s->sent[0].at.ns + slack < from.ns || s->sent[0].at.ns > to.ns + slack)
		fail_segments(p, "it came at another time", e->packet, &s->sent[0]);
}

static void
play(struct player *p)
{
	const struct script *script = p->stage.script;

	for (unsigned i = 0; i < script->event_count && !p->failed; i++) {
		p->event = &script->events[i];
		wait_for(p);
		if (p->failed)
			return;
		if (p->stage.turns >= STAGE_TURNS_MAX)
			fail(p, "the library asks for turn after turn");
		else
			act(p);
		p->base = p->stage.now;
	}
	if (!p->failed && p->stage.sent_lost)
		fail(p, "more than %d segments were sent at once", STAGE_SENT_MAX);
	if (!p->failed)
		must_be_quiet(p);
}

int
script_run(const struct script *s, struct script_variant variant, bool trace, char *error)
{
	struct player *p = calloc(1, sizeof(*p));
	const char *left;
	int rc;

	if (p == NULL)
		abort();
	p->error = error;
	stage_init(&p->stage, s, variant, trace);
	p->base = p->stage.start;
	play(p);
	left = stage_fini(&p->stage);
	if (left != NULL && !p->failed)
		fail(p, "%s", left);
	rc = p->failed ? -1 : 0;
	free(p);
	return rc;
}
