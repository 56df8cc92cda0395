/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stack against a peer played by the test: segments are built by hand, what the stack answers
 * is taken apart and kept, in virtual time. Sequence numbers of the test are relative: the peer's
 * SYN is 0 and so is ours. A rig owns its stack; at most RIG_SENT_MAX answers are kept.
 */
#ifndef SLUICE_TESTS_TCP_RIG_H
#define SLUICE_TESTS_TCP_RIG_H

#include "dataplane/net/tcp/tcp.h"
#include "common/base/tcp_counters.h"

#define RIG_SENT_MAX 64
#define RIG_PORT     1344
#define RIG_WINDOW   65535

#define FIN 0x01u
#define SYN 0x02u
#define RST 0x04u
#define PSH 0x08u
#define ACK 0x10u

/* A segment, either way; seq and ack count from the SYNs. */
struct rig_segment {
	uint8_t flags;
	uint32_t seq, ack, window, length;
	bool has_ts;
	uint32_t ts_val, ts_ecr;
};

struct rig {
	struct tcp *tcp;
	struct tcp_conn *conn; /* NULL until the stack reported it */
	struct mono now;
	struct tcp_endpoints endpoints; /* as the stack sees them */
	uint32_t peer_iss, iss;         /* what the wire adds to the relative numbers */
	bool saw_syn;
	uint64_t verdict; /* of the port on checksums, which are wrong; GOOD unless a test says */
	uint8_t scale;    /* in the peer's SYN; 0: none */
	uint32_t way_out; /* how many segments a flush may send; UINT32_MAX unless a test says */
	unsigned sent_count;
	struct rig_segment sent[RIG_SENT_MAX];
};

/* A stack that listens. Zero fields of `config` take the library's defaults. */
void rig_init(struct rig *r, struct tcp_config config);
/* Gives everything back; true when no mbuf stayed out. */
bool rig_fini(struct rig *r);

/* Lets time pass, runs one turn: timers, ready connections (kept in r->conn), flush. */
void rig_turn(struct rig *r, struct duration pass);
/* Forgets earlier answers, hands one segment in, and runs a turn. */
void rig_in(struct rig *r, struct rig_segment s);
/* As rig_in(), without forgetting and without a turn: for bursts. */
void rig_add(struct rig *r, struct rig_segment s);
/* The stack accepts a connection: it ends in ESTABLISHED with r->conn set. With or without TS. */
void rig_accept(struct rig *r, bool ts);
/* The stack sends its SYN to the peer. */
void rig_connect(struct rig *r);
/* Queues bytes on r->conn and runs a turn. */
void rig_send(struct rig *r, uint32_t bytes);

const char *rig_state(const struct rig *r);
uint64_t rig_counter(const struct rig *r, enum tcp_counter which);
/* Whether exactly one answer came, with these flags and numbers. */
bool rig_answered(const struct rig *r, uint8_t flags, uint32_t seq, uint32_t ack);

#endif
