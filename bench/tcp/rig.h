/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One TCP stack in virtual time, and peers that are made of nothing but the segments they send:
 * what is measured is the stack and a caller that takes what came and answers. No NIC, no IP, no
 * kernel.
 *
 * A turn is staged (rig_stage: outside the figure), then run (rig_measured, or rig_unmeasured for
 * what only prepares), then heard (the peers read what the stack sent: outside again). callgrind
 * collects inside rig_collect() alone (--toggle-collect). One thread; starts EAL, so there is one a
 * process.
 */
#ifndef SLUICE_BENCH_TCP_RIG_H
#define SLUICE_BENCH_TCP_RIG_H

#include "dataplane/net/tcp/tcp.h"

/* Of functions that callgrind knows by name: each stands once, under that name. */
#ifdef __clang__
#define RIG_COUNTED __attribute__((noinline))
#else
#define RIG_COUNTED __attribute__((noinline, noclone))
#endif

#define RIG_BATCH      16   /* flows that a turn hears of */
#define RIG_BURST      64   /* segments of a turn, each way */
#define RIG_STRANGERS  4096 /* addresses of a flood */
#define RIG_DATA_BYTES 1448 /* a full segment of 1500 with timestamps */

/* What the caller of the stack does with a connection that has something. */
enum rig_caller {
	RIG_TAKES,   /* takes and drops what came; closes when the peer has */
	RIG_ANSWERS, /* the same, and sends answer_bytes for it */
};

struct rig_config {
	uint32_t flows; /* established before anything is measured */
	enum rig_caller caller;
	uint16_t answer_bytes;
	bool cookies;  /* the half-open table is full from the start */
	bool checksum; /* summed by the stack, both ways; else by the port */
	bool flooded;  /* RIG_STRANGERS peers more, and who has no connection is refused */
};

struct rig_peer {
	uint32_t seq, ack; /* the next byte it sends, and the next it expects */
	uint32_t ts_echo;
	uint16_t port;
};

struct rig {
	struct rig_config config;
	struct tcp *tcp;
	struct tcp_ledger_entry *ledger; /* of its connections, as the appliance has one */
	struct mono now;
	/* Of config.flows, and behind them RIG_BATCH that come and go, one that fills the half-open
	 * table, and the strangers. */
	struct rig_peer *peers;
	uint32_t peer_count;
	struct rte_mbuf *in[RIG_BURST], *out[RIG_BURST];
	struct ip_address from[RIG_BURST], to[RIG_BURST]; /* of in[], of out[] */
	unsigned in_count, out_count;
	uint64_t measured_turns, measured_ns;
	uint64_t received_bytes, closed; /* what the caller saw */
	uint64_t refused;                /* segments for nobody in a flood */
	uint64_t lost;                   /* the same without one, and for which there was no room */
};

#define RIG_SYN 0x02u
#define RIG_FIN 0x01u
#define RIG_ACK 0x10u
#define RIG_PSH 0x08u

/* Starts EAL and the pools, for that many flows. 0 or -errno. */
int rig_start(uint32_t flows);
/* -errno where memory is lacking, or a handshake did not come to an end. rig_destroy(). */
int rig_create(const struct rig_config *config, struct rig **out);
void rig_destroy(struct rig *r);

/* Peer `i`'s next segment, for the turn to come. */
void rig_stage(struct rig *r, uint32_t i, uint8_t flags, uint16_t bytes);
/* The same, with a number a quarter of the space ahead: nobody would take it. */
void rig_stage_blind(struct rig *r, uint32_t i, uint8_t flags, uint16_t bytes);
/* The turn itself, for callgrind to tell from the rest; rig_measured() calls it. */
void rig_collect(struct rig *r);
/* A turn with what was staged, 10 us after the last one. */
void rig_measured(struct rig *r);
void rig_unmeasured(struct rig *r);
/* Peer `i` begins anew, from a port it did not have. */
void rig_renew_peer(struct rig *r, uint32_t i);

#endif
