/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client is: for client.c, which serves them, and client_places.c, which lets them in. */
#ifndef SLUICE_CLIENT_INTERNAL_H
#define SLUICE_CLIENT_INTERNAL_H

#include "common/base/wheel.h"
#include "dataplane/client.h"
#include "dataplane/stream.h"

/* Who sends less of its request is not seen to move. */
#define PROGRESS_BYTES 512

struct client {
	struct list node;    /* free list, or all: who made progress longest ago first */
	struct list waiting; /* while `postponed` */
	struct list holder;  /* in `holders` while `holds_heads` */
	struct wheel_timer timer;
	struct stream stream;
	struct icap_session *session;
	struct inspect_object *object;
	struct inspect_peer peer;
	struct mono progress_at; /* its last request, or PROGRESS_BYTES of one */
	uint32_t unmarked_bytes; /* since then */
	uint64_t request_bytes;  /* since its last request's head */
	bool input_ended;
	enum icap_event
	    postponed;    /* was told and waits for clients_inspect_next(); ICAP_MORE: none */
	bool holds_heads; /* a request's, of which there are not enough for all */
};

struct clients {
	struct clients_config config;
	struct client *slots;
	struct list free, all, waiting;
	struct list holders; /* of `all` those within a request, in the same order */
	struct wheel wheel;
	struct streams streams;
	uint32_t count, serial;
	uint32_t served, served_before; /* connections, in this turn and in the one before */
	struct mono shared_at;          /* a turn served several of them */
	struct mono now;
	bool began, began_before; /* a request, in this turn and in the one before */
	bool behind;              /* one of several has more than was taken from it */
	bool draining;
};

/* Lets go of a client's session and object; its connection is the caller's business. */
void client_forget(struct clients *c, struct client *client);

/* A client for a new connection; NULL: refused. */
struct client *client_welcome(struct clients *c, struct tcp_conn *conn);
/* A request began or ended, or a part of it came: it is the last now to give way. */
void client_note_progress(struct clients *c, struct client *client);
/* Whether it came by a request's heads, or is done with them. */
void client_note_heads(struct clients *c, struct client *client);

/* What there is for fewer requests at once than there are places. */
enum scarce {
	SCARCE_HEADS,
	SCARCE_DECODERS,
};
void client_make_room_within(struct clients *c, enum scarce what);

#endif
