/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TCP library (RFC 9293): one `struct tcp` is the stack of one core.
 *
 * Everything that is not TCP is handed in: the time (tcp_begin), random bytes, the way out
 * (env.transmit), the mbuf pools. So it runs in virtual time in tests. It opens passively and
 * actively, and assumes neither.
 *
 * A turn: tcp_begin(now); tcp_input() for each segment of a burst; tcp_run_timers(); then
 * tcp_next_ready() until NULL, handling each connection; tcp_flush() last: it sends what the turn
 * owes, so that one ACK answers a whole burst and rides on data where there is some. The library
 * never calls upward.
 *
 * Ownership: connections belong to the library. A caller may use a `struct tcp_conn *` from the
 * moment tcp_next_ready() or tcp_connect() gave it until it calls tcp_release(), and must call
 * tcp_release() once for each, whatever became of the connection. One thread; no locks, no malloc
 * after tcp_create().
 */
#ifndef SLUICE_NET_TCP_H
#define SLUICE_NET_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/mono.h"
#include "common/base/tcp_flight.h"
#include "common/base/tcp_states.h"
#include "dataplane/net/chain.h"

struct tcp;
struct tcp_conn;

struct tcp_endpoints {
	struct ip_address local, remote;
	uint16_t local_port, remote_port; /* host byte order */
};

/* ledger.c: a connection, as the next process finds it in memory that outlives this one. */
struct tcp_ledger_entry {
	struct tcp_endpoints endpoints;
	uint32_t check; /* of these, written last; with any other value there is no entry */
};

enum tcp_congestion {
	TCP_CONGESTION_RFC,   /* CUBIC and HyStart++ by RFC 9438 and RFC 9406 */
	TCP_CONGESTION_LINUX, /* Linux's CUBIC and HyStart (congestion_linux.c) */
};

enum tcp_ecn {          /* RFC 3168 */
	TCP_ECN_ACCEPT, /* a peer that asks for it gets it */
	TCP_ECN_ASK,    /* and we ask when we open */
	TCP_ECN_OFF,
};

/* 0 in a field takes the default that tcp_limits.h names and reasons. */
struct tcp_config {
	uint32_t connections_max;
	uint32_t half_open_max;              /* handshakes under way; beyond, SYN cookies */
	uint32_t connections_per_source_max; /* of an address, or an IPv6 /64; default: no cap */
	uint32_t orphans_max;                /* released, and still sending or waiting for a FIN */
	uint32_t time_wait_max;
	uint32_t receive_window_bytes; /* the most a connection may have received and not taken */
	/* That most, where it is more than the window that is announced: a reader that is late does
	 * not shut the window at once, and costs so much memory. Default: the window. */
	uint32_t receive_queue_bytes;
	uint32_t send_queue_bytes; /* the most tcp_send() accepts before tcp_send_room() is 0 */
	uint16_t mss_max;          /* what we announce over IPv4; IPv6 announces 20 less */
	struct duration rto_min;   /* default 200 ms */
	/* By which one ACK opens slow start, L of RFC 9406 §4.2: default 8; UINT32_MAX, no bound,
	 * where something spreads what is sent then. */
	uint32_t slow_start_segments;
	/* A path's smaller segments are believed, then larger ones tried; a tenth of it where
	 * nobody told. Default 10 min; RFC 8201 §4 asks for 5 at least. */
	struct duration path_memory;
	struct duration user_timeout; /* data unacknowledged this long: the connection ends */
	struct duration keepalive;    /* probe a connection that was silent this long; 0: never */
	struct duration keepalive_interval; /* between probes; default 75 s */
	uint32_t keepalive_probes;          /* unanswered, until it is given up; default 9 */
	enum tcp_ecn ecn;
	enum tcp_congestion congestion;
	/* The window is kept while nothing is sent, where RFC 5681 §4.1 begins anew: for a path of
	 * one's own, whose share nobody takes meanwhile. */
	bool keep_window_after_idle;
	bool checksum_offload_rx; /* believe the port's verdict in ol_flags */
	bool checksum_offload_tx; /* leave the sum to the port: RTE_MBUF_F_TX_TCP_CKSUM is set */
	uint32_t pool_reserve;    /* data mbufs that connections leave free (pressure.c); 0: none */
	uint32_t flights_max;     /* flight recorders; default a sixteenth of the connections */
	bool no_flights;          /* no recorder at all */
	bool reset_late_data; /* RFC 9293 SHLD-3: what comes after tcp_release() is met by a RST */
	/* A probe of a shut window carries nothing, as a keepalive does (RFC 9293 §3.8.4), where
	 * RFC 9293 §3.8.6.1 has an octet of new data. It is answered all the same: by a peer that
	 * rates such answers, seldom. */
	bool probe_without_data;
	/* An ACK of what was never sent is dropped without the answer that RFC 9293 §3.10.7.4 and
	 * RFC 5961 §5 have: who guesses at numbers gets none, and a peer whose numbers are beside
	 * ours does not learn so. */
	bool drop_acks_of_unsent;
	/* connections_max entries, zeroed, lent: who opened a connection to us, as long as we know
	 * it. Those known when the stack is destroyed stay in it. NULL: none is kept. */
	struct tcp_ledger_entry *ledger;
	bool no_prediction; /* every segment takes all steps (predicted.c): for tests */
};

struct tcp_env {
	void *arg;
	/*
	 * Takes a segment: TCP header first, payload behind it (further mbufs by `next`, nb_segs
	 * and pkt_len are set), head room for IP and link headers before it. `ecn` is the IP ECN
	 * field.
	 */
	void (*transmit)(void *arg, struct rte_mbuf *segment, const struct ip_address *source,
	    const struct ip_address *destination, uint8_t ecn);
	void (*random)(void *arg, void *out, size_t bytes);
	struct chain_pools pools;
};

/* What tcp_events() reports; level-triggered, computed from the connection's state. */
#define TCP_EVENT_OPENED   0x01u /* new: first report of a passive or active open */
#define TCP_EVENT_READABLE 0x02u /* received bytes wait */
#define TCP_EVENT_WRITABLE 0x04u /* the send queue has room */
#define TCP_EVENT_PEER_CLOSED \
	0x08u                    /* the peer's FIN was reached and all bytes before it were taken */
#define TCP_EVENT_SENT_ALL 0x10u /* everything given to tcp_send() was acknowledged */
#define TCP_EVENT_ENDED    0x20u /* reset, timed out or fully closed: nothing more will come */

/* NULL when memory is lacking. The caller owns the stack. */
struct tcp *tcp_create(const struct tcp_config *config, const struct tcp_env *env);
/* Ends every connection without a word on the wire and gives all mbufs back. */
void tcp_destroy(struct tcp *t);

/* Accepts connections to `local` (all zero: any address) and `port`. -ENOSPC past the table. */
int tcp_listen(struct tcp *t, const struct ip_address *local, uint16_t port);
/* Accepts no more of them; those that were half open are still reported when they open. */
void tcp_unlisten(struct tcp *t, const struct ip_address *local, uint16_t port);

/*
 * Sends a SYN. local_port 0 picks one. -EADDRINUSE (also in TIME-WAIT, until the peer's timestamps
 * tell the next life from the last), -ENOSPC, -EADDRNOTAVAIL where the remote
 * address is nobody's or everybody's (RFC 9293 MUST-46). Reports OPENED or ENDED.
 */
int tcp_connect(struct tcp *t, const struct tcp_endpoints *endpoints, struct tcp_conn **out);

/*
 * A turn at `now`, which never goes back. Deadlines and round-trip times count by it: a caller that
 * was stopped hands in a clock that stood.
 */
void tcp_begin(struct tcp *t, struct mono now);
/*
 * Whether segments lie before the owner that it has no time for. While so, windows are no wider
 * than serves the path (crowd.c); false at first. May change from turn to turn.
 */
void tcp_set_crowded(struct tcp *t, bool crowded);
/* What tcp_begin() was told last. */
struct mono tcp_now(const struct tcp *t);

/*
 * One segment as it arrived, TCP header first, cut to the length that IP gave; takes the mbuf.
 * The checksum is verified here unless the port vouched for it.
 */
enum tcp_input_result {
	TCP_INPUT_TAKEN,   /* handled, or dropped and counted */
	TCP_INPUT_NO_FLOW, /* no connection and no SYN for a listener: *segment is still the
			      caller's */
};
enum tcp_input_result tcp_input(struct tcp *t, struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination, uint8_t ecn);

/* Answers a segment that nobody knows with a RST (RFC 9293 §3.10.7.1), rate-limited; takes it. */
void tcp_refuse(struct tcp *t, struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination);

/*
 * ledger.c: entries by one writer; whether one is whole. tcp_knows(): a connection of ours, or in
 * TIME-WAIT. tcp_ask(): a segment that makes a peer tell its numbers if it has this connection,
 * which we do not know; `round` counts those sent for it. False: nobody listens there, or buffers
 * are short.
 */
void tcp_ledger_write(struct tcp_ledger_entry *entry, const struct tcp_endpoints *e);
void tcp_ledger_strike(struct tcp_ledger_entry *entry);
bool tcp_ledger_holds(const struct tcp_ledger_entry *entry);
bool tcp_knows(struct tcp *t, const struct tcp_endpoints *e);
bool tcp_ask(struct tcp *t, const struct tcp_endpoints *e, unsigned round);

/*
 * As tcp_refuse(), for a flow that is known to have been a connection before this stack was: no
 * rate, and no thought of cookies.
 */
enum tcp_gone {
	TCP_GONE_BAD,   /* no segment; dropped */
	TCP_GONE_RESET, /* its sender was told */
	TCP_GONE_KNOWN, /* its sender knows: this is a RST */
};
enum tcp_gone tcp_refuse_gone(struct tcp *t, struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination);

/* An ICMP error whose quoted packet was ours: `mtu` is for "too big", 0 otherwise (RFC 5927). */
void tcp_icmp(struct tcp *t, const struct tcp_endpoints *endpoints, uint32_t quoted_seq,
    bool unreachable, uint32_t mtu);

void tcp_run_timers(struct tcp *t);
/*
 * Sends what the turn owes. Within: as much as the way out takes, then the connection under way
 * ends with its ACK, and the others wait for the next flush, where they come first. What goes
 * outside of a flush (SYN, RST, probes of timers) does not count.
 */
void tcp_flush(struct tcp *t);
void tcp_flush_within(struct tcp *t, uint32_t segments_max);

/* Nothing happens by itself before this time. */
struct mono tcp_next_deadline(const struct tcp *t);

/* The next connection that has something; each at most once between two calls of tcp_begin(). */
struct tcp_conn *tcp_next_ready(struct tcp *t);
/* Puts a connection on the ready list of the next turn: for a caller that stopped half way. */
void tcp_make_ready(struct tcp_conn *c);

uint32_t tcp_events(const struct tcp_conn *c);

/* Moves up to `bytes_max` received bytes to the end of `out`; the window opens by as much. */
int tcp_receive(struct tcp_conn *c, size_t bytes_max, struct chain *out);
/* An ACK that was to wait for a second segment goes with the next flush (RFC 5681 §4.2). */
void tcp_acknowledge(struct tcp_conn *c);
/* How many received bytes wait. */
size_t tcp_receivable(const struct tcp_conn *c);

/* Queues bytes; takes them even on failure. -EPIPE after tcp_shutdown() or the end. */
int tcp_send(struct tcp_conn *c, struct chain *bytes);
/* How many more bytes tcp_send() should be given. It takes more, but the caller is to wait. */
size_t tcp_send_room(const struct tcp_conn *c);

/* A FIN after what is queued; receiving goes on. */
void tcp_shutdown(struct tcp_conn *c);
/* Received bytes are dropped unread from now on; the window stays open (for a bounded drain). */
void tcp_discard_input(struct tcp_conn *c);
/* A RST now. */
void tcp_abort(struct tcp_conn *c);
/* The same for the connection at a place (tcp_places()), whoever holds it. False: none there. */
bool tcp_abort_at(struct tcp *t, uint32_t place);
/*
 * The caller will not use the connection again. If it has not ended, the library sends what is
 * queued, closes, and bounds how long that may take (orphan and FIN-WAIT-2 limits).
 */
void tcp_release(struct tcp_conn *c);

/*
 * For this connection instead of the configuration's: probes after that much silence (0: none, the
 * default: RFC 9293 §3.8.4), and the time after which unacknowledged data ends it (§3.8.3).
 */
void tcp_set_keepalive(struct tcp_conn *c, struct duration idle);
void tcp_set_user_timeout(struct tcp_conn *c, struct duration limit);

void tcp_set_user(struct tcp_conn *c, void *user);
void *tcp_user(const struct tcp_conn *c);
const struct tcp_endpoints *tcp_endpoints(const struct tcp_conn *c);

/* A number of the caller's that goes with the connection into tcp_info() and flights. */
void tcp_set_label(struct tcp_conn *c, uint32_t label);

/* info.c. For `sluicectl tcp`: one line per connection, and sums. */
enum tcp_timer { /* which of a connection's deadlines comes first */
	TCP_TIMER_NONE,
	TCP_TIMER_RTO,
	TCP_TIMER_PERSIST,
	TCP_TIMER_REORDER,
	TCP_TIMER_TAIL_PROBE,
	TCP_TIMER_DELAYED_ACK,
	TCP_TIMER_KEEPALIVE,
	TCP_TIMER_CLOSE,
	TCP_TIMER_COUNT
};

struct tcp_info {
	const char *state;
	enum tcp_state state_id;
	bool has_timestamps, has_sack, has_scale, has_ecn, is_active;
	uint8_t send_scale, receive_scale;
	enum tcp_timer timer;
	uint32_t timer_ms; /* until it is due */
	uint32_t label;
	uint64_t age_ms;
	uint32_t in_flight_bytes, lost_bytes, sacked_bytes;
	uint32_t rtt_us, rtt_var_us, rto_us, cwnd_bytes, ssthresh_bytes, mss_bytes;
	uint32_t send_queue_bytes, receive_queue_bytes, send_window_bytes, receive_window_bytes;
	uint32_t out_of_order_bytes; /* received beyond a hole */
	uint64_t sent_bytes, received_bytes, retransmitted_segments;
};
void tcp_info(const struct tcp_conn *c, struct tcp_info *out);

/*
 * All connections by their place in the table, for a walk over many turns: places up to
 * tcp_places(); NULL where there is none, or one that has ended. The second table is TIME-WAIT's.
 */
uint32_t tcp_places(const struct tcp *t);
const struct tcp_conn *tcp_conn_at(const struct tcp *t, uint32_t place);
uint32_t tcp_time_wait_places(const struct tcp *t);
/* False: none there. `left` is what remains of its time. */
bool tcp_time_wait_at(
    const struct tcp *t, uint32_t place, struct tcp_endpoints *out, struct duration *left);

/*
 * Flights (flight.c): the last TCP_FLIGHT_EVENTS events of a connection that came to harm. The
 * library reports those that were given up or are flooded; the caller, those whose end cut
 * something short. At most FLIGHT_REPORTS_MAX wait; the next are dropped.
 */
struct tcp_flight_report {
	struct tcp_endpoints endpoints;
	enum tcp_fault fault;
	struct tcp_info info; /* as it stood when it came to harm */
	uint32_t iss, irs;    /* both sides' first sequence numbers */
	uint32_t events;      /* recorded since the recorder was taken; may exceed what is kept */
};

/* How many recorders there are, and how many nobody has. */
void tcp_flights(const struct tcp *t, uint64_t *recorders, uint64_t *unused);
/* Reports that were dropped since this was asked last. */
uint32_t tcp_take_dropped_flights(struct tcp *t);
/* `why` where the library does not know better. */
void tcp_report(struct tcp_conn *c, enum tcp_fault why);
/*
 * The next one, its events in order, oldest first; returns their number, 0: no more. Both are
 * copied out.
 */
unsigned tcp_next_flight(struct tcp *t, struct tcp_flight_report *out,
    struct tcp_flight_event events[TCP_FLIGHT_EVENTS]);

/* Counters by name, in common/base/tcp_counters.h; written by this stack's core only. */
const uint64_t *tcp_counters(const struct tcp *t);
uint32_t tcp_connection_count(const struct tcp *t);

/*
 * invariants.c, for tests and debug builds: everything that must hold for every connection after
 * tcp_flush(). tcp_broken_invariant() names what does not, NULL when all holds;
 * tcp_check_invariants() aborts with that name.
 */
const char *tcp_broken_invariant(const struct tcp *t);
void tcp_check_invariants(const struct tcp *t);

#endif
