/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One core from TCP to the answer, without link and port: peers that a test plays by hand send
 * segments, pipeline_turn() makes a turn as core.c makes it, in virtual time. A peer sends what the
 * window allows, acknowledges all it got once a turn, and keeps the text.
 * A pipeline owns all that hangs on it; at most PIPELINE_PEERS_MAX peers.
 */
#ifndef SLUICE_TESTS_PIPELINE_H
#define SLUICE_TESTS_PIPELINE_H

#include "common/channel/channel.h"
#include "dataplane/access.h"
#include "dataplane/client.h"
#include "scanners/digest/engine.h"

#define PIPELINE_PEERS_MAX 8
#define PIPELINE_TEXT_MAX  (1u << 20)

struct pipeline;

struct peer {
	struct pipeline *pipeline;
	uint16_t port;
	uint32_t snd_nxt, rcv_nxt; /* of the peer */
	uint32_t right_edge;       /* of the window it was given */
	uint8_t scale;             /* of that window */
	bool stopped_reading;      /* its own window is shut */
	bool owes_ack, got_fin, got_rst;
	const char *fields; /* of the HTTP response heads it sends, each with CRLF; NULL: none */
	char *unsent;       /* what waits for the window, and how much */
	size_t unsent_bytes;
	char *text; /* what it got, NUL-terminated */
	size_t text_bytes;
	size_t taken_bytes; /* of what it sent, by clients in the last turn */
};

/* What a test may choose; 0 takes the default. */
struct pipeline_shape {
	uint32_t clients_max;      /* PIPELINE_PEERS_MAX */
	uint32_t send_queue_bytes; /* TCP's */
};

struct pipeline {
	struct access_list access; /* of the plain port: everybody, unless a test says */
	struct region *region;
	struct core_stats *stats;
	struct publisher publisher;
	struct digest_engine *digests;
	struct icap *icap;
	struct inspect *inspect;
	struct tcp *tcp;
	struct clients *clients;
	struct mono now;
	bool behind;               /* clients_begin() of the last turn */
	uint32_t begun_with_heads; /* objects that began while heads were parsed in that turn */
	unsigned peer_count;
	struct peer peers[PIPELINE_PEERS_MAX];
};

/* Aborts when memory is lacking. */
struct pipeline *pipeline_create(struct pipeline_shape shape);
/* True when no mbuf and no object stayed out. */
bool pipeline_destroy(struct pipeline *p);

/* Lets that much time pass and makes a turn of what the peers then send. */
void pipeline_turn(struct pipeline *p, struct duration pass);
uint64_t pipeline_counter(const struct pipeline *p, enum counter which);

/* A new peer; its connection is established once this returns. */
struct peer *peer_connect(struct pipeline *p);
/* For the next turns to send. */
void peer_say(struct peer *peer, const char *bytes, size_t count);
/* A RESPMOD request of one chunk up to the chunk's size line; `more` are header lines. */
void peer_say_head(struct peer *peer, const char *more, size_t body_bytes);
/* That much of the chunk. */
void peer_say_body(struct peer *peer, size_t count);
/* What ends the chunk and the body. */
void peer_say_end(struct peer *peer);
/* All three. */
void peer_say_request(struct peer *peer, const char *more, size_t body_bytes);
/* A FIN, once it has said all; a RST. At once. */
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);

/* Received from the peer, and not taken by clients. */
size_t peer_waiting_bytes(const struct peer *peer);
/* How often it was told that, since the beginning. */
unsigned peer_count_of(const struct peer *peer, const char *words);

#endif
