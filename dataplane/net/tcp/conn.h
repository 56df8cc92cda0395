/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The library's own view: one connection, one stack. Only files of this folder include it. All
 * fields are written by the stack's one thread; `struct tcp` owns every connection.
 */
#ifndef SLUICE_TCP_CONN_H
#define SLUICE_TCP_CONN_H

#include <assert.h>

#include <rte_tcp.h>

#include "common/base/list.h"
#include "common/base/rate.h"
#include "common/base/siphash.h"
#include "common/base/tcp_counters.h"
#include "common/base/tcp_flight.h"
#include "common/base/tcp_states.h"
#include "common/base/wheel.h"
#include "dataplane/net/tcp/congestion.h"
#include "dataplane/net/tcp/sequence.h"
#include "dataplane/net/tcp/tcp.h"
#include "dataplane/net/tcp/tcp_limits.h"

/* States by their short names, which netinet/tcp.h takes elsewhere. */
enum {
#define X(id, word) TCP_##id = TCP_STATE_##id,
	TCP_STATES(X)
#undef X
};

/* The IP header's ECN field (RFC 3168 §5). */
#define ECN_ECT0 2u
#define ECN_CE   3u

#define OPENED_AT_SHIFT 24 /* 17 ms, and two years until it wraps */

#define OPTION_BYTES_MAX 40 /* a header is at most 60 (RFC 9293 §3.1) */
#define TS_OPTION_BYTES  12 /* two NOPs and a timestamp (RFC 7323 appendix A) */

#define FLAG_FIN 0x01u
#define FLAG_SYN 0x02u
#define FLAG_RST 0x04u
#define FLAG_PSH 0x08u
#define FLAG_ACK 0x10u
#define FLAG_URG 0x20u
#define FLAG_ECE 0x40u
#define FLAG_CWR 0x80u

struct seq_range {
	struct seq start, end;
};

/* What a segment's options say (options.c). */
struct tcp_options {
	bool has_ts, has_mss, has_scale, sack_ok;
	uint8_t scale;
	uint16_t mss;
	uint32_t ts_val, ts_ecr;
	unsigned sack_count;
	struct seq_range sacks[4];
};

/* A segment as it arrived, its header taken apart. */
struct segment {
	struct rte_mbuf *m; /* payload first; NULL once taken */
	struct seq seq;
	struct seq ack;
	uint32_t length; /* payload bytes */
	uint32_t window; /* as in the header, unscaled */
	uint8_t flags;
	uint8_t ecn;     /* of the IP header */
	bool told_twice; /* some of it arrived before, and the next ACK tells */
	struct tcp_options options;
};

struct reasm_run {
	struct seq start;
	uint32_t changed; /* counts with tcp_conn.run_changes: the highest changed last */
	struct chain bytes;
};

enum sent_state {
	SENT_FLYING,
	SENT_SACKED,
	SENT_LOST, /* and to be sent again */
};

/* A run of what was sent, from the end of the one before (scoreboard.c). */
struct sent_range {
	struct seq end;
	uint32_t sent_us; /* the last time */
	uint8_t state;
	bool again; /* sent more than once */
};

/* RFC 8985 §5.3, its names; what was sent last of all that arrived: sent_us and end. */
struct rack {
	uint32_t sent_us, rtt_us, min_rtt_us, reo_wnd_us, wait_us;
	struct seq end, fack, dsack_round, tlp_end;
	bool has_sent, has_fack, in_dsack_round, reorders, tlp_is_out, tlp_resent;
	uint8_t reo_wnd_mult, reo_wnd_persist;
	struct mono min_rtt_at, reorder_at, probe_at;
};

/* What the recovery under way, or the last one, sent again (undo.c). */
struct undo {
	struct seq first, end; /* all of it lies in here */
	uint32_t resent_bytes;
	uint32_t unproved_bytes; /* of these, not told of by a DSACK */
	uint32_t ts_val;         /* the timestamp of the first */
	bool possible, by_echo;
};

/*
 * Tables of many runs, or ranges: lent to a connection that has more than its own few, from a pool
 * of each kind (lent.c). `next` while it is free.
 */
struct lent_runs {
	struct lent_runs *next;
	struct reasm_run runs[REASM_RUNS_MAX];
};
struct lent_ranges {
	struct lent_ranges *next;
	struct sent_range ranges[SENT_RANGES_MAX];
};

/* crowd.c: what came of a connection since when, and twice that of a round trip; 0: not known. */
struct crowded {
	struct mono since;
	struct seq from;
	uint64_t window;
};

/*
 * In the order of use: what finds a connection and takes the usual segment comes first, then what
 * an ACK of ours needs and the deadlines, then what only its own sending needs; last what waits for
 * holes, for its end, or for somebody who looks on. The asserts below keep it so.
 */
struct tcp_conn {
	/* lines 0 to 3: every segment (predicted.c) */
	struct tcp_endpoints endpoints;
	struct seq rcv_nxt;
	struct seq snd_una, snd_nxt; /* snd_nxt: the highest sent; FIN takes one number */
	struct tcp_conn *hash_next;  /* of a free one: in tcp.free */
	struct tcp *tcp;
	struct seq rcv_adv; /* the right edge that was announced */
	struct seq last_ack_sent;
	struct seq wl1, wl2; /* the segment that last updated snd_wnd */
	uint32_t snd_wnd, ts_recent;
	uint8_t state, snd_scale, rcv_scale, keepalive_probes, segments_unacked;
	uint8_t quick_acks; /* so many segments more are acknowledged at once */
	uint16_t run_count; /* of `runs` */
	bool use_ts, use_sack, use_ecn, ecn_echo, in_recovery, in_loss;
	bool in_cwr, cwr_due; /* CWR goes out with the next new data */
	bool ack_now, discard, released, opened, fin_queued, fin_sent, fin_acked, fin_received;
	struct flight *flight; /* flight.c; NULL: it has none now */
	uint64_t received_bytes;
	struct chain rcv;
	struct mono heard_at, delayed_ack_at, ts_recent_at;
	struct list ready_node, flush_node;
	struct chain snd; /* from snd_una on (from snd_una + 1 while our SYN is unacknowledged) */
	uint32_t window_limit, queue_limit; /* what is announced, and what is held, at most */
	uint32_t reasm_bytes, ts_offset, max_snd_wnd;
	uint16_t mss;        /* payload bytes of a full segment, options taken off */
	uint16_t sent_count; /* of `sent` */
	bool echoes_copy;    /* the next ACK echoes ts_copy, not ts_recent */
	bool mss_is_low;     /* path.c: less than both sides take */
	uint16_t mss_most;   /* what these take, as the option has it */

	/* lines 4 to 6: deadlines, and the one wheel timer, armed for the earliest of them */
	struct wheel_timer timer;
	struct mono rto_at, persist_at, close_at, progress_at, keepalive_at;
	uint32_t keepalive_ms, user_timeout_ms; /* keepalive_ms: 0 is off */
	struct rack rack;

	/* sending */
	struct congestion congestion;
	uint64_t srtt_ns, rttvar_ns, rto_ns;
	uint32_t sacked_bytes, lost_bytes; /* sums over `sent` */
	struct sent_range *sent;           /* scoreboard.c; few_sent, or lent */
	struct mono rtt_sent_at, data_sent_at;
	struct seq rtt_seq; /* of what rtt_sent_at times */
	struct seq recover; /* recovery ends when this is acknowledged (RFC 6675) */
	struct seq
	    cwr_end; /* ECN is not heard again until this is acknowledged (RFC 3168 §6.1.2) */
	struct seq_range dsack; /* a duplicate to report once (RFC 2883) */
	struct seq mtu_probe;   /* path.c: a larger segment, while it is out */
	uint64_t sent_bytes, retransmitted_segments;
	uint8_t dup_acks, backoff, syn_retries;
	bool rtt_timing;
	bool reducing;   /* for an echo, until cwr_end is acknowledged */
	bool reopened;   /* its window, and it has acknowledged nothing since */
	bool resend_one; /* the next hole goes whatever cwnd says (RFC 6582 §3.2, 5) */
	bool fin_reached, ended;
	bool mss_is_tried; /* path.c: lowered, and nothing was acknowledged since */
	bool active;       /* opened by tcp_connect(): its caller holds it from the start */
	bool orphan;       /* released, and not done yet */
	bool by_cookie;    /* iss is a cookie */
	bool in_use;       /* else it is in tcp.free */
	bool syn_ack_sent;
	uint16_t mtu_probe_bytes; /* 0: none is out */
	struct undo undo;
	uint32_t opened_at; /* when the table took it in, in units of 2^OPENED_AT_SHIFT ns; of
			     * no line's company, but there is room */

	struct crowded crowded;

	/* receiving, where something is out of order */
	struct reasm_run *runs; /* reasm.c; few_runs, or lent */
	uint32_t run_changes;
	struct seq fin_seq;      /* where the peer's FIN stands */
	uint32_t ts_copy;        /* of a late copy (established.c) */
	uint16_t rejected;       /* segments outside the window but late copies, modulo 2^16 */
	uint8_t duplicates_owed; /* to a peer without SACK, while there is a hole */
	uint8_t swept_stalls;    /* pressure.c: at the last look, with the two below */
	struct seq swept_una;
	uint32_t swept_pass;
	struct mono challenge_at;
	struct mono mtu_lower_at; /* no further "too big" is believed before */
	struct mono mtu_raise_at; /* path.c: then a larger segment is tried */

	/* identity */
	struct list age_node;  /* of half-open ones, or of orphans */
	struct source *source; /* backlog.c; NULL: opened by us */
	void *user;
	struct seq iss, irs;
	uint32_t label;     /* our user's name for it */
	uint32_t flow_hash; /* of the endpoints, as far as tables use it */

	struct sent_range few_sent[SENT_RANGES_FEW];
	struct reasm_run few_runs[REASM_RUNS_FEW];
} __attribute__((aligned(RTE_CACHE_LINE_SIZE)));

#define LINE_OF(field) (offsetof(struct tcp_conn, field) / 64)
static_assert(LINE_OF(endpoints.remote_port) == 0, "the lookup compares one line");
static_assert(LINE_OF(received_bytes) == 1, "what a segment is held against lies in two lines");
static_assert(LINE_OF(delayed_ack_at) == 2, "and what it changes in a third, and the lists");
static_assert(LINE_OF(sent_count) <= 4, "what an ACK of ours is built from");
static_assert(LINE_OF(rack) <= 5, "deadlines");
static_assert(sizeof(struct tcp_conn) <= 1152, "docs/tcp-cost.md: with its shares below 2,048");

struct time_wait {
	struct tcp_endpoints endpoints;
	struct time_wait *hash_next;
	struct list node;                /* in the order they expire */
	struct mono until, challenge_at; /* nothing empty is answered before that (RFC 5961 §7) */
	struct seq snd_nxt, rcv_nxt;
	uint32_t ts_recent, ts_offset;
	bool use_ts;
};

/* An address, or an IPv6 /64, that has connections to us (backlog.c). */
struct source {
	struct ip_address address;
	uint64_t hash; /* of the address */
	struct source *hash_next;
	uint32_t connections, half_open; /* half-open ones are among the connections */
};

/* Of all addresses that hash alike: what is known of those that have no connection. */
struct strangers {
	struct rate syns;
	uint64_t cookie_period; /* when the last cookie went to one of them, and 1; 0: never */
};

/* What segments a path takes (path.c). */
struct path {
	struct ip_address address;
	struct mono until; /* or MONO_NONE: free */
	uint16_t mss;      /* as the option has it: without room for a timestamp */
};

struct listener {
	struct ip_address address;
	uint16_t port;
};
#define LISTENERS_MAX 8

struct tcp {
	struct tcp_config config;
	struct tcp_env env;
	struct mono now;
	uint32_t now_ms, now_us; /* of `now`: divided once a turn */
	struct wheel wheel;
	struct siphash_key flow_key, isn_key, ts_key, cookie_key;
	struct list ready, ready_next, flush, time_waits, free_time_waits;
	struct tcp_conn *free;
	struct list half_opens, orphans; /* the oldest first */
	uint32_t connection_count, half_open_count, orphan_count, bucket_mask;
	uint32_t data_free; /* buffers, when the turn began; pressure.c */
	uint32_t room;      /* segments that the way out still takes in this flush */
	bool is_short;
	bool is_crowded; /* crowd.c */
	uint32_t sweep_next, sweep_pass;
	struct mono sweep_at;
	uint32_t refusals;
	uint64_t cookie_period; /* when the last cookie was sent */
	struct mono refusals_since;
	uint16_t next_port;
	unsigned listener_count;
	struct listener listeners[LISTENERS_MAX];
	struct tcp_conn **buckets;
	struct tcp_conn *recent[RECENT_FLOWS]; /* table_find(); NULL: none, or it is gone */
	struct tcp_endpoints missed; /* what table_find() did not find last, and its hash: */
	uint32_t missed_hash;        /* who is not there is sought and added at once */
	uint64_t asked_hash;         /* the same of sources, backlog.c */
	struct ip_address asked;
	struct tcp_conn *conns;
	struct lent_runs *lent_runs, *free_runs;
	struct lent_ranges *lent_ranges, *free_ranges;
	uint32_t fresh_runs, fresh_ranges; /* of those, how many from the first on were ever lent */
	struct flight *flights;
	struct list free_flights, flight_reports;
	unsigned flight_reports_waiting;
	uint32_t flight_reports_dropped;
	uint32_t flight_hand;     /* the next recorder to be asked for */
	struct mono flight_retry; /* nobody is asked before: all were busy, or there is none */
	struct time_wait **time_wait_buckets;
	struct time_wait *time_wait_slots;
	struct source *sources, *free_sources, **source_buckets;
	struct strangers strangers[STRANGERS];
	struct path paths[PATHS];
	struct mono paths_until; /* of the last: nobody is looked up after it */
	uint32_t spent_cookies[COOKIE_BUCKETS][COOKIE_WAYS]; /* cookies.c; 0: none */
	uint64_t counters[TCP_COUNTER_COUNT];
};

static inline void
tcp_count(struct tcp *t, enum tcp_counter which)
{
	t->counters[which]++;
}

/* The milliseconds of our timestamp clock, before a connection's offset. */
static inline uint32_t
ts_clock(const struct tcp *t)
{
	return t->now_ms;
}

/* Microseconds, for what is less than half an hour old. */
static inline uint32_t
now_us(const struct tcp *t)
{
	return t->now_us;
}

static inline uint32_t
in_flight(const struct tcp_conn *c)
{
	return (uint32_t)seq_diff(c->snd_nxt, c->snd_una);
}

/* table.c: flows, TIME-WAIT */
int table_create(struct tcp *t);
void table_destroy(struct tcp *t);
struct tcp_conn *table_find(struct tcp *t, const struct tcp_endpoints *e);
/* NULL: the table is full. */
struct tcp_conn *table_add(struct tcp *t, const struct tcp_endpoints *e);
/* Unlinks from everything and gives the queues back. */
void table_remove(struct tcp_conn *c);
struct time_wait *table_find_time_wait(struct tcp *t, const struct tcp_endpoints *e);
void table_enter_time_wait(struct tcp_conn *c);
/* The peer sent its FIN again: 2 MSL start anew (RFC 9293 §3.10.7.4). */
void table_renew_time_wait(struct tcp *t, struct time_wait *w);
void table_leave_time_wait(struct tcp *t, struct time_wait *w);
void table_expire_time_waits(struct tcp *t);
struct seq table_isn(struct tcp *t, const struct tcp_endpoints *e);
uint32_t table_ts_offset(struct tcp *t, const struct tcp_endpoints *e);

/* lent.c: tables for holes. What is lent goes back when its connection has few again. */
int lent_create(struct tcp *t); /* -ENOMEM */
void lent_destroy(struct tcp *t);
/* How many there are of each kind. */
uint32_t lent_tables(const struct tcp *t);
/* A fresh connection has its own few of each. */
void lent_init(struct tcp_conn *c);
/* How many fit now. */
unsigned lent_run_room(const struct tcp_conn *c);
unsigned lent_range_room(const struct tcp_conn *c);
/* More room. False: it has a table already, or all of them are lent. */
bool lent_more_runs(struct tcp_conn *c);
bool lent_more_ranges(struct tcp_conn *c);
/* Where few are left, the table goes back. */
void lent_put_runs(struct tcp_conn *c);
void lent_put_ranges(struct tcp_conn *c);

/* backlog.c: half-open ones, orphans, sources */
enum backlog_answer {
	BACKLOG_OPEN,
	BACKLOG_COOKIE,
	BACKLOG_DROP /* counted */
};
int backlog_create(struct tcp *t);
void backlog_destroy(struct tcp *t);
/* What a SYN that belongs to no connection gets. */
enum backlog_answer backlog_judge(struct tcp *t, const struct tcp_endpoints *e);
/* Whether a SYN of that address may be answered (again): strangers' have a rate. */
bool backlog_may_answer(struct tcp *t, const struct ip_address *remote);
/* A cookie went there in that period; whether one did in it or the one before. */
void backlog_note_cookie(struct tcp *t, const struct ip_address *remote, uint64_t period);
bool backlog_had_cookie(struct tcp *t, const struct ip_address *remote, uint64_t period);
/* For the ACK of a cookie. False, counted: there is none. */
bool backlog_make_room(struct tcp *t, const struct tcp_endpoints *e);
/* A fresh passive connection counts for its source. */
void backlog_join(struct tcp_conn *c);
/* It came to SYN-RECEIVED; it left it, for whatever reason; it left it because it opened. */
void backlog_half_open(struct tcp_conn *c);
void backlog_settled(struct tcp_conn *c);
void backlog_opened(struct tcp_conn *c);
/* Its user has let go of it; may reset others. */
void backlog_orphaned(struct tcp_conn *c);
/* It is being forgotten. */
void backlog_leave(struct tcp_conn *c);
unsigned backlog_syn_ack_retries(const struct tcp *t);

/* pressure.c: few buffers */
void pressure_begin(struct tcp *t);
/* Where t->is_short: whether the bytes of a segment in the window are not to be kept. */
bool pressure_drops(struct tcp_conn *c, const struct segment *s);

/* crowd.c: more segments than the owner has time for */
/* Something came, or an ACK is about to go: counts. */
void crowd_count(struct tcp_conn *c);
/* How much of `limit` the window may be. */
uint32_t crowd_window(const struct tcp_conn *c, uint32_t limit);

/* options.c */
bool options_parse(const uint8_t *p, unsigned bytes, struct tcp_options *out);
/* Options of a SYN or SYN-ACK in Linux's order; returns the bytes, a multiple of four. */
unsigned options_build_syn(const struct tcp_options *o, uint8_t *out);
/* A timestamp alone: 12 bytes. */
unsigned options_build_ts(
    const struct tcp *t, uint32_t ts_offset, uint32_t ts_recent, uint8_t *out);
/* Options of every other segment: timestamp, and SACK blocks where something is missing. */
unsigned options_build(struct tcp_conn *c, uint8_t *out);

/* handshake.c */
void handshake_listen(struct tcp *t, struct segment *s, const struct tcp_endpoints *e);
void handshake_syn_sent(struct tcp_conn *c, struct segment *s);
void handshake_begin(struct tcp_conn *c);
void handshake_open(struct tcp_conn *c, const struct segment *s);
/* A SYN or SYN-ACK, the first time or again. */
void handshake_send_syn(struct tcp_conn *c);
/* Whether a SYN asks for ECN, and may have it. */
bool handshake_asks_ecn(const struct tcp *t, const struct segment *syn);
/* The peer's SYN: its number, and what its options say of MSS, window scale, timestamps, SACK. */
void handshake_take_syn(struct tcp_conn *c, struct seq irs, const struct tcp_options *o);
bool tcp_is_listening(const struct tcp *t, const struct tcp_endpoints *e);

/* ledger.c: the connection was opened to us; it is being forgotten */
void ledger_enter(struct tcp_conn *c);
void ledger_leave(struct tcp_conn *c);

/* established.c: the steps of RFC 9293 §3.10.7.4 */
void input_established(struct tcp_conn *c, struct segment *s);
/* First step: does any of it lie in the window? */
bool input_is_acceptable(const struct tcp_conn *c, const struct segment *s);
/* It does not: counted, and answered where that is due. */
void input_reject(struct tcp_conn *c, const struct segment *s);
/* Second step: ends the connection, or asks for proof (RFC 5961 §3). */
void input_take_reset(struct tcp_conn *c, const struct segment *s);

/* predicted.c: takes a segment that is nothing but the next bytes; false: nothing was changed. */
bool predicted_take(struct tcp_conn *c, struct segment *s);

/* reasm.c: bytes in order go to c->rcv */
void reasm_take(struct tcp_conn *c, struct segment *s);
/*
 * These bytes had arrived before: the next ACK tells (RFC 2883). It has room for one such range, so
 * where another waits to be told that does not touch it, its ACK goes now: to the peer each is the
 * proof that it sent something needlessly, and half of them prove nothing. Nothing is told of once
 * its FIN was reached: it sends nothing any more that it could adapt.
 */
void reasm_note_twice(struct tcp_conn *c, struct seq_range twice);
/* Behind the last byte that is held, in order or not. */
struct seq reasm_end(const struct tcp_conn *c);
void reasm_free(struct tcp_conn *c);

/* recovery.c: acknowledgements, RTT, RTO, recovery */
void recovery_take_ack(struct tcp_conn *c, const struct segment *s);
void recovery_timeout(struct tcp_conn *c);
/* RACK's timer: what may have been reordered has not come. */
void recovery_reorder_timeout(struct tcp_conn *c);
void recovery_resend_all(struct tcp_conn *c);
/* The next byte to send again, and how many; false: none is due. */
bool recovery_next(struct tcp_conn *c, struct seq *start, uint32_t *bytes);
uint32_t recovery_pipe(const struct tcp_conn *c);
/* Open: the peer acknowledged our SYN with `ack`. */
void recovery_init(struct tcp_conn *c, struct seq ack);
void recovery_arm_rto(struct tcp_conn *c);

/* scoreboard.c: what became of each byte in flight */
/* [start, end) is being sent now; before snd_nxt moves. */
void scoreboard_sent(struct tcp_conn *c, struct seq start, struct seq end);
/* Both move bytes out of flight, tell rack_delivered(), and return how many bytes were news. */
uint32_t scoreboard_sack(struct tcp_conn *c, struct seq_range r, const struct tcp_options *o);
/* Moves snd_una. */
uint32_t scoreboard_acknowledge(struct tcp_conn *c, struct seq ack, const struct tcp_options *o);
bool scoreboard_next_lost(const struct tcp_conn *c, struct seq_range *out);
/* Whether all that is lost lies in there, and was sent once. */
bool scoreboard_lost_lies_in(const struct tcp_conn *c, struct seq_range r);
void scoreboard_lose_first(struct tcp_conn *c);
void scoreboard_lose_all(struct tcp_conn *c);
/* Asks of each range that flies; true: some were lost. */
bool scoreboard_lose_older(
    struct tcp_conn *c, bool (*is_lost)(struct tcp_conn *, struct sent_range *));
/* What is lost may only be late: it flies again, until RACK finds otherwise. */
void scoreboard_doubt_losses(struct tcp_conn *c);
void scoreboard_forget_sacks(struct tcp_conn *c);
void scoreboard_clear(struct tcp_conn *c);
bool scoreboard_is_sound(const struct tcp_conn *c);

/* rack.c: loss by time, the probe at the tail */
/* A round trip of what was sent once; the handshake's is one, too. */
void rack_take_rtt(struct tcp_conn *c, uint32_t rtt_us);
void rack_delivered(
    struct tcp_conn *c, const struct sent_range *s, struct seq end, const struct tcp_options *o);
void rack_take_dsack(struct tcp_conn *c);
/* Marks what is lost by now; true: some is. Arms reorder_at for what may be. */
bool rack_detect_loss(struct tcp_conn *c);
void rack_recovery_ended(struct tcp_conn *c);
void rack_timeout(struct tcp_conn *c);
void rack_arm_probe(struct tcp_conn *c);
void rack_probe(struct tcp_conn *c);
/* Before snd_una moves. True: a loss was repaired that congestion control must hear of. */
bool rack_probe_repaired(struct tcp_conn *c, const struct segment *s, bool dsack);

/* undo.c: recoveries that repaired nothing */
/* A recovery begins; congestion_recovery_begin() has kept the windows. */
void undo_begin(struct tcp_conn *c);
/* Another reduction: there is nothing to go back to. */
void undo_forget(struct tcp_conn *c);
/* [start, end) is being sent again. */
void undo_note_resent(struct tcp_conn *c, struct seq start, struct seq end);
/* After snd_una and the scoreboard moved. `dsack`: the first block tells of a duplicate. */
void undo_take_ack(struct tcp_conn *c, const struct segment *s, bool advances, bool dsack);

/* output.c */
void output_flush(struct tcp_conn *c);
void output_schedule(struct tcp_conn *c);
void output_ack_now(struct tcp_conn *c);
/* An ACK in 40 ms, unless something carries it before. */
void output_ack_soon(struct tcp_conn *c);
/* An ACK now, not with the next flush: for a connection that is about to go. */
void output_ack(struct tcp_conn *c);
void output_reset(struct tcp_conn *c);
/* Of a shut window. */
void output_probe(struct tcp_conn *c);
/* New data, or the last segment again, beyond cwnd (RFC 8985 §7.3). False: nothing could go. */
bool output_tail_probe(struct tcp_conn *c);
void output_stray(struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack,
    uint8_t flags, uint32_t window, const uint8_t *options, unsigned option_bytes);
/* The window to announce now; moves rcv_adv. */
uint32_t output_window(struct tcp_conn *c);
/* Whether reading has opened the window so far that the peer should be told. */
bool output_window_grew(const struct tcp_conn *c);

/* ask.c: an old number and no data, which whoever is there answers with an ACK (RFC 9293 §3.8.4);
 * the same as a keepalive; a challenge (RFC 5961 §7), seldom, by connection. */
void ask_without_data(struct tcp_conn *c);
void ask_if_alive(struct tcp_conn *c);
void ask_if_meant(struct tcp_conn *c);

/* path.c: smaller segments, told by ICMP or by silence, and kept for the next connection; larger
 * ones again after a while. Of these only the first two may be called where mss_is_low is false. */
/* The handshake agreed on `mss`; what is known of the path may make it less. */
void path_begin(struct tcp_conn *c, uint16_t mss);
/* A timeout begins: the third in a row is taken for a black hole. */
void path_take_timeout(struct tcp_conn *c);
/* Something new was acknowledged. */
void path_take_ack(struct tcp_conn *c);
/* Bytes of a segment that asks whether the path takes more by now, to go next; 0: none. */
uint32_t path_probe(const struct tcp_conn *c);
void path_probe_sent(struct tcp_conn *c, struct seq start, uint32_t bytes);
/* [start, end) goes again: a probe in it was too large, or has told nothing. */
void path_resent(struct tcp_conn *c, struct seq start, struct seq end);
/* Whether nothing is lost but a probe: that is no congestion. */
bool path_alone_is_lost(const struct tcp_conn *c);

/* timers.c */
void timers_rearm(struct tcp_conn *c);
void timers_run(struct tcp_conn *c);
void timers_set_keepalive(struct tcp_conn *c, uint32_t idle_ms);

/* tcp.c: ends and lists */
/* ISN, timestamp offset, window and scale of a fresh connection. */
void tcp_conn_init(struct tcp_conn *c);
/* The peer scales no window: ours is what its header can say. */
void tcp_forgo_scale(struct tcp_conn *c);
/* The MSS we announce on this path, and the window scale. */
uint16_t tcp_mss_of(const struct tcp *t, const struct tcp_endpoints *e);
/* The peer's, by its SYN or, without the option, by what every host can take. */
uint16_t tcp_peer_mss(const struct tcp_endpoints *e, const struct tcp_options *o);
uint8_t tcp_scale_of(const struct tcp *t);
void conn_list_ready(struct tcp_conn *c);
/* The connection is over: told to its user, or forgotten when there is none. */
void conn_end(struct tcp_conn *c);
/* Both FINs are done with and ours came first: TIME-WAIT keeps what must be kept. */
void conn_time_wait(struct tcp_conn *c);

#endif
