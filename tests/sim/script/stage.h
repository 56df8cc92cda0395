/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a script plays: one stack of ours, its peers, and the clock. What the stack sends waits in
 * `sent` until the script has looked at it; nothing is ever sent back by itself. The stage owns the
 * stack, what waits, and the buffers that a script took out of the pool. Bounds: STAGE_SENT_MAX
 * segments unlooked at, STAGE_TURNS_MAX turns a script.
 */
#ifndef SLUICE_TESTS_STAGE_H
#define SLUICE_TESTS_STAGE_H

#include "tests/sim/script/script.h"

#define STAGE_SENT_MAX  1024
#define STAGE_TURNS_MAX 1000000
#define STAGE_PORT      1344 /* ours; peer @N is port STAGE_PEER_PORT + N */
#define STAGE_PEER_PORT 50000

struct stage_peer {
	struct tcp_endpoints endpoints;
	struct script_numbers numbers;
	bool knows_ours, knows_ts, accepted;
	struct tcp_conn *conn; /* NULL before it opened and after it was released */
	uint32_t read_seq, write_seq;
};

struct stage_sent {
	struct mono at;
	unsigned peer;
	const char *malformed; /* NULL: well-formed */
	struct script_packet packet;
};

struct stage {
	const struct script *script;
	bool trace;
	struct tcp *tcp;
	struct mono start, now;
	uint64_t random;
	unsigned turns, sent_count;
	bool sent_lost; /* more was sent than fits */
	struct rte_mbuf *held;
	struct stage_sent sent[STAGE_SENT_MAX];
	struct stage_peer peers[SCRIPT_PEERS_MAX + 1];
};

/* Aborts when memory is lacking. stage_fini() says what was left behind: buffers, or NULL. */
void stage_init(struct stage *s, const struct script *script, struct script_variant v, bool trace);
const char *stage_fini(struct stage *s);

/* Runs turns until `until`, or until something was sent that nobody has looked at. */
void stage_advance(struct stage *s, struct mono until);
/* One turn, now: what was asked of the stack is done and sent. */
void stage_turn(struct stage *s);
/* The segment goes in; the turn runs unless more of the same burst follows. -ENOBUFS. */
int stage_inject(struct stage *s, unsigned peer, const struct script_packet *p);
/* Leaves so many free data buffers, as far as they are there. */
void stage_leave_buffers(struct stage *s, uint64_t count);
/* Seconds since the script began. */
double stage_seconds(const struct stage *s, struct mono at);

#endif
