/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plan played: two stacks, their applications (user.c), the link, somebody who forges (forge.c),
 * and an onlooker who knows TCP's rules and believes neither side (watch.c), in virtual time. The
 * first rule that is broken ends it; the world then says which.
 *
 * A world owns everything it made; the mbuf pools are the process's, one pair a host, and are full
 * again when a world has ended well. One thread.
 */
#ifndef SLUICE_TESTS_WORLD_H
#define SLUICE_TESTS_WORLD_H

#include "tests/sim/world/plan.h"
#include "tests/sim/world/segment.h"

#define WORLD_FAILURE_MAX 256
#define WATCH_OLD_MAX     4
#define WORLD_TURNS_MAX   2000000 /* a run that takes more does not come to rest */

struct world;

/* An application on one end of a connection. */
struct user {
	struct world *world;
	const struct plan_user *plan;
	unsigned conn, side, host;
	struct tcp_conn *tcp;
	uint64_t written, received;
	bool started, opened, shut, saw_close, ended, released;
	bool aborted, dropped, discards; /* did what its plan says, in time */
	struct mono since, may_read_at, may_write_at;
};

struct host {
	struct world *world;
	unsigned index;
	struct tcp *tcp;
	struct chain_pools pools;
	struct sim_random random;
	struct ip_address address;
	struct duration clock; /* what its clock shows beyond the world's */
	struct mono not_before;
	bool is_crowded;           /* it has told its stack that more comes than it takes */
	bool flushes;              /* what is sent now counts against the way out */
	uint32_t data_out;         /* segments with data or FIN that this flush sent */
	struct wire_segment *peek; /* where set_clock() puts the SYN it looks at */
};

/* One life of a flow: initial numbers as they were seen, by side. */
struct incarnation {
	int conn; /* -1: nobody's */
	bool known[2];
	uint32_t iss[2];
};

/* What the onlooker has seen one side of a flow send, in numbers relative to its SYN. */
struct watch_side {
	bool has_fin, heard_scale, offered_scale;
	uint8_t scale;
	uint16_t peer_mss;
	uint32_t end, ack, edge, fin; /* highest sent, acknowledged, announced; where the FIN is */
	uint32_t heard_edge;          /* the highest edge that reached this side */
	/* Numbers it began with before, within the same life: of a half-open connection that it
	 * dropped and then opened anew, and of cookies, any of which may yet be the one. */
	unsigned old_count;
	struct {
		uint32_t iss, end;
		bool offered_scale;
	} old[WATCH_OLD_MAX];
	/* of this turn */
	uint32_t heard, heard_empty, empty_acks, repeated_acks, sent;
	/* ACKs that answered nothing but ACKs, said nothing new, and were no challenge */
	uint32_t idle_acks;
	struct mono idle_since;
};

struct flow {
	struct incarnation now, before;
	int opening;           /* the connection whose SYN goes out next; -1 */
	bool foreign;          /* side 1 answers a SYN that was forged, or of a life long over */
	bool heard_forged_syn; /* so it may, though its SYN-ACK found no buffer */
	struct watch_side sides[2], sides_before[2];
};

struct world {
	struct plan plan;
	FILE *trace; /* NULL: none */
	struct mono start, now;
	struct host hosts[2];
	struct link *links; /* to host 0, to host 1 */
	struct sim_random forger;
	struct user users[PLAN_CONNS_MAX][2];
	struct flow flows[PLAN_CONNS_MAX];
	unsigned weather_next;
	struct rte_mbuf *held[PLAN_DROUGHT_MAX];
	uint64_t turns, segments;
	struct mono progress_at[PLAN_CONNS_MAX];
	struct mono try_at[PLAN_CONNS_MAX][2]; /* when a side opens; MONO_NEVER: it does not */
	bool skipped[PLAN_CONNS_MAX];          /* its ports were never free */
	char failure[WORLD_FAILURE_MAX];
};

/* EAL and the pools; once a process. 0 or negative. */
int world_setup(void);

/* Plays it to its end. NULL, or what was broken, valid until the next run. */
const char *world_run(struct world *w, const struct plan *plan, FILE *trace);

/* The first failure stays. */
void world_fail(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
double world_seconds(const struct world *w);
/* A time of the plan, and what a host's clock shows now. */
struct mono world_time(const struct world *w, struct duration since_start);
struct mono world_host_time(const struct host *h);

/* check.c */
void check_turn(struct host *h);
void check_progress(struct world *w);
/* Nothing will happen by itself: who waits in vain gives up, if for a reason. False: nobody did. */
bool check_waiting(struct world *w);
void check_end(struct world *w);

/* user.c: bytes of the stream that a user sends, at most 65,535 from `at`. */
const uint8_t *user_stream(unsigned conn, unsigned side, uint64_t at);
/* Opens; as the opener or, where both open, as the other. False: its ports are in use. */
bool user_connect(struct user *u);
/* Takes the ready connection to whose user it belongs. */
void user_ready(struct host *h, struct tcp_conn *c);
/* Does what is due. */
void user_act(struct user *u);
/* When user_act() has something to do by itself. MONO_NEVER: it waits for the stack. */
struct mono user_wakes_at(const struct user *u);
/* Lets go of a connection that its plan would wait for in vain. */
void user_give_up(struct user *u);

/* watch.c */
void watch_init(struct world *w);
/* The next SYN on that flow is this connection's. */
void watch_connect(struct world *w, unsigned flow, int conn);
void watch_sent(struct host *h, const struct rte_mbuf *m, const struct wire_segment *s);
void watch_heard(struct host *h, const struct flight *f, const struct wire_segment *s);
void watch_turn(struct host *h);
/* Whose connection a flow's latest SYN belongs to; -1: nobody's. */
int watch_accepted(const struct host *h, const struct tcp_endpoints *e);
/* Finds flow and side of who sent it; -1: not one of ours. */
int watch_flow(const struct host *from, const struct wire_segment *s, unsigned *side);

/* forge.c: perhaps sends the receiver of `s` something that it must not believe. */
void forge(struct host *from, const struct wire_segment *s, const struct ip_address *source,
    const struct ip_address *destination);

/* trace.c */
void trace_segment(
    const struct world *w, unsigned from, const char *how, const struct wire_segment *s);
void trace_user(const struct user *u, const char *what);

#endif
