/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A turn, in order: receive a burst and run it up through link and tcp, take what other cores
 * passed on, advance timers, take control's commands, let every connection that has something be
 * handled, make the digests of what came and answer what waited for them, flush what tcp owes and
 * what waits for the port, show what control asked to see. The order is read in core_turn().
 */
#include "dataplane/core_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <urcu/urcu-qsbr.h>

#define BURST_MAX 64
#define TRANSMIT_TCP_MAX \
	2048 /* from here on TCP keeps its data: the rest is for what cannot wait */
#define COMMANDS_PER_TURN 64
/* Of a turn, so that a burst is taken every millisecond or so, whatever has come: the rest has its
 * place in the next. */
#define CONNECTIONS_PER_TURN 512
#define SCAN_BYTES_PER_TURN  (1u << 20)
#define DRAIN_SECONDS        5
#define CUT_TRIES            1024 /* at a port that takes nothing */
#define CROWDED_TURNS        24  /* of the last 32, that left something: more comes than is taken */
#define GAUGE_TURNS          256 /* how often gauges are written, in turns */

void
core_queue_frame(void *arg, struct rte_mbuf *frame)
{
	struct core *c = arg;

	if (c->observer.capturing)
		observer_capture(&c->observer, frame, OBSERVED_OUT, c->wall_ns);
	if (c->transmit_count == TRANSMIT_SLOTS) {
		count(c->stats, COUNTER_TX_DROPPED, 1);
		rte_pktmbuf_free(frame);
		return;
	}
	c->transmit[c->transmit_count++] = frame;
}

void
core_queue_segment(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	struct core *c = arg;

	link_output(c->link, segment, source, destination, ecn);
}

/* A port that is behind makes TCP wait. What overran the queue instead would look like a loss on
 * the network, be sent again, and cost the connection half of its window. */
static void
flush_tcp(struct core *c)
{
	uint32_t waiting = c->transmit_count;

	tcp_flush_within(c->tcp, waiting < TRANSMIT_TCP_MAX ? TRANSMIT_TCP_MAX - waiting : 0);
	count(c->stats, COUNTER_TX_WAITS, c->transmit_count >= TRANSMIT_TCP_MAX);
}

/* How many went. */
static unsigned
flush_frames(struct core *c)
{
	unsigned done = 0;

	while (done < c->transmit_count) {
		unsigned left = c->transmit_count - done;
		uint16_t sent = port_transmit(c->port, c->config.core, c->transmit + done,
		    (uint16_t)(left < BURST_MAX ? left : BURST_MAX));

		if (sent == 0)
			break;
		done += sent;
	}
	if (done == 0)
		return 0;
	count(c->stats, COUNTER_TX_PACKETS, done);
	c->transmit_count -= done;
	memmove(c->transmit, c->transmit + done, c->transmit_count * sizeof(c->transmit[0]));
	return done;
}

/* A segment: known here, or to be asked of the others, or refused. */
static void
take_segment(struct core *c, struct rte_mbuf *segment, const struct exchange_note *note)
{
	if (tcp_input(c->tcp, segment, &note->source, &note->destination, note->ecn) ==
	    TCP_INPUT_TAKEN)
		return;
	if (exchange_pass_on(c->config.exchange, c->config.core, segment, note))
		return;
	if (!leftovers_take(&c->asking, c->tcp, segment, &note->source, &note->destination))
		tcp_refuse(c->tcp, segment, &note->source, &note->destination);
}

static void
take_icmp_error(struct core *c, const struct link_packet *p)
{
	struct tcp_endpoints e = {
		.local = p->source,
		.remote = p->destination,
		.local_port = p->quoted_source_port,
		.remote_port = p->quoted_destination_port,
	};

	tcp_icmp(c->tcp, &e, p->quoted_seq, p->unreachable, p->mtu);
}

static void
take_frame(struct core *c, struct rte_mbuf *frame)
{
	struct link_packet packet;

	switch (link_input(c->link, frame, &packet)) {
	case LINK_TCP: {
		struct exchange_note note = { packet.source, packet.destination, packet.ecn, 0,
			false };

		take_segment(c, packet.segment, &note);
		break;
	}
	case LINK_ICMP_ERROR:
		take_icmp_error(c, &packet);
		break;
	case LINK_TAKEN:
		break;
	}
}

/* Another core or a device wrote it: it is on its way while the frame before it is taken. */
static void
fetch_frame(struct rte_mbuf *frame)
{
	const uint8_t *bytes = rte_pktmbuf_mtod(frame, const uint8_t *);

	rte_mbuf_prefetch_part2(frame);
	for (uint32_t at = 0; at < frame->data_len; at += RTE_CACHE_LINE_SIZE)
		rte_prefetch1(bytes + at);
}

static unsigned
receive(struct core *c)
{
	struct rte_mbuf *burst[BURST_MAX];
	unsigned n = port_receive(c->port, c->config.core, burst, BURST_MAX);

	for (unsigned i = 0; i < n; i++) {
		if (i + 1 < n)
			fetch_frame(burst[i + 1]);
		if (c->observer.capturing)
			observer_capture(&c->observer, burst[i], OBSERVED_IN, c->wall_ns);
		if (c->config.exchange->count > 1 && link_concerns_all(burst[i]))
			exchange_copy_to_all(
			    c->config.exchange, c->config.core, burst[i], c->config.pools.data);
		take_frame(c, burst[i]);
	}
	count(c->stats, COUNTER_RX_PACKETS, n);
	return n;
}

static unsigned
take_inbox(struct core *c)
{
	struct rte_mbuf *burst[BURST_MAX];
	unsigned n = exchange_take(c->config.exchange, c->config.core, burst, BURST_MAX);

	for (unsigned i = 0; i < n; i++) {
		struct exchange_note note = *exchange_note_of(burst[i]);

		if (note.is_frame)
			take_frame(c, burst[i]);
		else
			take_segment(c, burst[i], &note);
	}
	return n;
}

static unsigned
take_commands(struct core *c)
{
	struct command command;
	unsigned n = 0;

	for (; n < COMMANDS_PER_TURN && command_take(c->channel, &command); n++) {
		if (command_observes(&command))
			observer_command(&c->observer, &command);
		else
			inspect_command(c->inspect, &command);
	}
	return n;
}

/* What is left of either pass is for the next turn. */
static unsigned
serve_connections(struct core *c)
{
	const uint64_t end = inspect_fed_bytes(c->inspect) + SCAN_BYTES_PER_TURN;
	struct tcp_conn *conn;
	unsigned n = 0, scanned = 0;

	while (n < CONNECTIONS_PER_TURN && inspect_fed_bytes(c->inspect) < end &&
	       (conn = tcp_next_ready(c->tcp)) != NULL) {
		clients_take_event(c->clients, conn);
		n++;
	}
	while (inspect_fed_bytes(c->inspect) < end && clients_inspect_next(c->clients))
		scanned++;
	return n + scanned;
}

/*
 * ISTag (RFC 3507 §4.7) when a publication or the mode changed: who keeps what was let through by
 * it asks again. Profiles with the publication.
 */
static void
announce(struct core *c)
{
	const struct publication *changed = publication_changed(c->config.publisher, &c->announced);
	enum mode mode = region_mode(c->config.region);
	char istag[ICAP_ISTAG_MAX + 1];

	if (changed == NULL && mode == c->announced_mode)
		return;
	c->announced_mode = mode;
	snprintf(istag, sizeof(istag), "SL-%016" PRIx64 "-%u", c->announced, mode);
	icap_set_istag(c->icap, span_text(istag));
	if (changed != NULL)
		icap_set_profiles(c->icap, policy_icap_profiles(changed->policy));
}

/* The time of this turn, and what hangs on it: Date once a second; and what is announced. */
static void
begin_turn(struct core *c)
{
	struct mono now = mono_now(), patient = patience_turn(&c->patience, now);
	struct timespec wall;

	if (c->worked) { /* a core does not sleep after a turn that had work */
		uint64_t took_ns = (uint64_t)mono_since(now, c->now).ns;

		count(c->stats, COUNTER_BUSY_NS, took_ns);
		histogram_add(&c->stats->turn_ns, took_ns);
	}
	c->now = now;
	clock_gettime(CLOCK_REALTIME, &wall);
	c->wall_ns = (int64_t)wall.tv_sec * 1000000000 + wall.tv_nsec;
	if (wall.tv_sec != c->wall_second) {
		c->wall_second = wall.tv_sec;
		icap_set_date(c->icap, wall.tv_sec);
	}
	announce(c);
	link_begin(c->link, c->now);
	tcp_begin(c->tcp, patient);
	icap_begin(c->icap, patient);
	inspect_begin(c->inspect, patient, c->now, c->wall_ns);
}

static void
write_gauges(struct core *c)
{
	struct core_stats *s = c->stats;
	struct port_counters p = port_counters(c->port, c->config.core);

	s->counters[COUNTER_RX_MISSED] = p.missed;
	s->counters[COUNTER_RX_TOO_LONG] = p.too_long;
	memcpy(s->tcp, tcp_counters(c->tcp), sizeof(s->tcp));
	s->connections_now = clients_now(c->clients);
	s->sessions_busy_now = inspect_objects_now(c->inspect);
	s->held_now = inspect_held_now(c->inspect);
	s->arena_free_now = arena_free_blocks(c->channel);
	s->mbufs_free_now = rte_mempool_avail_count(c->config.pools.data);
	s->cache_entries_now = inspect_cache_entries(c->inspect);
}

/* An address of ours that another host has: left for the attendant, who may write. */
static void
tell_duplicate(struct core *c)
{
	if (__atomic_load_n(&c->duplicate_due, __ATOMIC_ACQUIRE) ||
	    !link_take_duplicate(c->link, &c->duplicate))
		return;
	count(c->stats, COUNTER_ADDRESS_DUPLICATES, 1);
	__atomic_store_n(&c->duplicate_due, true, __ATOMIC_RELEASE);
}

bool
core_take_duplicate(struct core *c, struct ip_address *out)
{
	if (!__atomic_load_n(&c->duplicate_due, __ATOMIC_ACQUIRE))
		return false;
	*out = c->duplicate;
	__atomic_store_n(&c->duplicate_due, false, __ATOMIC_RELEASE);
	return true;
}

static void
tell_crowd(struct core *c, bool more)
{
	c->crowded_turns = c->crowded_turns << 1 | more;
	tcp_set_crowded(c->tcp, __builtin_popcount(c->crowded_turns) >= CROWDED_TURNS);
}

/* While the port takes what is sent: who was left can wait, and who is served can't. */
static unsigned
ask_leftovers(struct core *c)
{
	if (c->transmit_count >= TRANSMIT_TCP_MAX)
		return 0;
	return leftovers_turn(&c->asking, c->tcp, c->link, c->now);
}

/* True when there was anything to do. Not inlined: the bench counts turns by a profiler's calls. */
static __rte_noinline bool
core_turn(struct core *c)
{
	unsigned work, received;
	bool behind;

	begin_turn(c);
	received = receive(c);
	behind = clients_begin(c->clients, tcp_now(c->tcp), received == BURST_MAX);
	tell_crowd(c, behind || received == BURST_MAX);
	received += take_inbox(c);
	work = received;
	tcp_run_timers(c->tcp);
	link_run_timers(c->link);
	tell_duplicate(c);
	work += ask_leftovers(c);
	work += take_commands(c);
	inspect_tick(c->inspect);
	work += serve_connections(c);
	inspect_digest(c->inspect, received > 0);
	work += clients_take_settled(c->clients);
	clients_run_timers(c->clients);
	work += inspect_is_hashing(c->inspect);
	flush_tcp(c);
	work += flush_frames(c); /* what the port does not take is no work, but nobody sleeps */
	work += observer_turn(&c->observer, c->now, c->wall_ns, region_last_beat(c->config.region));
	urcu_qsbr_quiescent_state();
	count(c->stats, COUNTER_TURNS, 1);
	count(c->stats, COUNTER_TURNS_BUSY, work != 0);
	c->worked = work != 0;
	return c->worked;
}

static struct mono
next_deadline(const struct core *c)
{
	struct mono d = mono_earlier(tcp_next_deadline(c->tcp), clients_next_deadline(c->clients));

	d = mono_earlier(d, inspect_next_deadline(c->inspect));
	d = mono_earlier(d, leftovers_next_deadline(&c->asking));
	return mono_earlier(patience_due(&c->patience, d), link_next_deadline(c->link));
}

/* After `stop`: no new clients, answers in progress end, at most DRAIN_SECONDS. */
static bool
is_drained(struct core *c)
{
	if (!mono_is_set(c->drain_until)) {
		c->drain_until = mono_add(c->now, seconds(DRAIN_SECONDS));
		clients_drain(c->clients);
	}
	return (clients_now(c->clients) == 0 && tcp_connection_count(c->tcp) == 0) ||
	       mono_before(c->drain_until, c->now);
}

/* What the drain's end finds is told by a RST. */
static void
cut_off(struct core *c)
{
	unsigned tries = 0;

	for (uint32_t place = 0; place < tcp_places(c->tcp); place++) {
		tcp_abort_at(c->tcp, place);
		if (c->transmit_count >= BURST_MAX)
			flush_frames(c);
	}
	while (c->transmit_count > 0 && tries++ < CUT_TRIES)
		flush_frames(c);
}

int
core_run(void *core)
{
	struct core *c = core;
	uint64_t turns = 0;

	urcu_qsbr_register_thread();
	idle_init(&c->idle, c->config.config, port_bell(c->port, c->config.core));
	for (;;) {
		bool worked = core_turn(c);

		if (turns++ % GAUGE_TURNS == 0)
			write_gauges(c);
		if (__atomic_load_n(c->config.stop, __ATOMIC_RELAXED) && is_drained(c))
			break;
		idle_turn(&c->idle, worked || c->transmit_count > 0, c->now, next_deadline(c));
		c->stats->counters[COUNTER_SLEEPS] = idle_sleeps(&c->idle);
	}
	cut_off(c);
	write_gauges(c);
	urcu_qsbr_unregister_thread();
	return 0;
}
