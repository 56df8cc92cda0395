/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One stack of ours under attack, in virtual time: a victim with few buffers, an honest neighbour
 * that sends to it over a link of its own, and an attacker who is wherever the test wants him: on
 * many addresses, on the neighbour's, faster than any wire. What an attack costs is counted:
 * buffers and connections of the victim at their most, segments sent to the attacker, bytes the
 * neighbour still got through.
 *
 * The attacker's segments are taken at once and their sums believed; he sees what is sent to him.
 * A hostile owns its stacks and link; the pools are the process's. One thread.
 */
#ifndef SLUICE_TESTS_HOSTILE_H
#define SLUICE_TESTS_HOSTILE_H

#include "dataplane/net/tcp/tcp.h"
#include "common/base/tcp_counters.h"
#include "tests/sim/link.h"
#include "tests/sim/world/segment.h"

#define HOSTILE_PORT    1344
#define HOSTILE_BUFFERS 2047 /* the victim's data pool */
#define HOSTILE_CONNS   1024

/* A segment of the attacker. */
struct attack {
	uint32_t source; /* which of his addresses */
	bool as_neighbour;
	uint16_t port; /* his; as the neighbour it is the neighbour's */
	uint8_t flags;
	uint32_t seq, ack;
	uint16_t window;
	const uint8_t *options;
	uint8_t option_bytes; /* a multiple of four */
	uint32_t length;      /* payload, zeros */
};

/* A connection of his, as he sees it. */
struct foe {
	uint32_t source;
	uint16_t port;
	uint32_t seq, ack; /* what he sends next, what he has seen of the victim */
};

struct hostile {
	struct tcp *victim, *neighbour;
	struct tcp_conn *client; /* the neighbour's connection */
	struct link links[2];    /* to the victim, to the neighbour */
	struct mono now;
	uint64_t random;
	bool quiet;            /* the neighbour has nothing to send */
	bool reads;            /* the victim's application reads what the attacker sends */
	bool leaves;           /* lets go of each of his connections when it opened */
	uint32_t answer_bytes; /* and sends so much to each of his connections */
	uint32_t
	    serves_most; /* connections that the victim's application handles in a turn; 0: all */
	bool unchecked;  /* invariants are not checked: there are too many connections */
	uint64_t neighbour_bytes;
	uint64_t foe_bytes, served; /* read from the attacker; his connections handled */
	/* towards the attacker */
	uint64_t segments, payload_bytes, resets, syn_acks;
	struct wire_segment last; /* the last of them */
	/* at most, so far */
	uint32_t buffers_most, connections_most;
};

/* EAL and the pools; once a process. 0 or negative. */
int hostile_setup(void);

/* The neighbour's connection is open when this returns. Zero fields of `config` take defaults that
 * suit a small victim. */
void hostile_init(struct hostile *h, struct tcp_config config);
/* True when every buffer came back. */
bool hostile_fini(struct hostile *h);

/* Hands the victim one segment; what it answers goes with the turn. */
void hostile_send(struct hostile *h, const struct attack *a);
/* Lets time pass; each millisecond `attack` may send. NULL: nobody does. */
void hostile_run(struct hostile *h, uint32_t ms,
    void (*attack)(struct hostile *h, uint32_t ms, void *arg), void *arg);

/* Lets long times pass with a quiet neighbour, from event to event; `attack` may send after each.
 */
void hostile_wait(
    struct hostile *h, uint32_t ms, void (*attack)(struct hostile *h, void *arg), void *arg);

/* A handshake; false when the victim did not answer. Options of the SYN, or none. */
bool hostile_open(
    struct hostile *h, struct foe *f, uint16_t port, const uint8_t *options, uint8_t option_bytes);
/* A segment on his connection at its own numbers; seq moves on by what it takes. */
void hostile_say(struct hostile *h, struct foe *f, uint8_t flags, uint16_t window, uint32_t length);

/* Bytes that the neighbour gets through in so many milliseconds when nobody attacks. */
uint64_t hostile_peace(uint32_t ms);
uint64_t hostile_counter(const struct hostile *h, enum tcp_counter which);
uint32_t hostile_buffers(const struct hostile *h);

#endif
