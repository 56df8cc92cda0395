/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What operators see of TCP through the dataplane's observations: lists of connections, captures,
 * and flights, which nobody asks for. observe.c empties the rings and gives each observation to
 * whom it concerns; listing.c, capture.c and flight.c are those. An answer comes later, from the
 * loop, through `done`: once for each that was begun, whatever becomes of the dataplane.
 *
 * Bounds: LISTINGS_MAX lists, one worked at and the others waiting; one capture.
 */
#ifndef SLUICE_CONTROL_OBSERVE_H
#define SLUICE_CONTROL_OBSERVE_H

#include <jansson.h>

#include "control/control.h"

#define LISTINGS_MAX            8
#define LISTING_DEFAULT         1000
#define LISTING_MAX             10000 /* connections in one answer: 6 MB of JSON */
#define LISTING_TIMEOUT_MS      5000
#define CAPTURE_SECONDS_DEFAULT 60
#define CAPTURE_SECONDS_MAX     86400
#define CAPTURE_BYTES_MAX       (1ull << 30) /* of a file */
#define CAPTURE_END_TIMEOUT_MS  2000

struct observed_by {
	void (*done)(void *arg, json_t *answer); /* takes the answer */
	void *arg;
};

struct listing;
struct capture;

struct observe {
	struct control *control;
	uint32_t serial;          /* of the last request */
	struct listing *listings; /* the first is worked at, once it has a serial */
	unsigned listing_count;
	struct capture *capture; /* NULL: none runs */
};

void observe_init(struct observe *o, struct control *c);
/* Answers whoever waits, and stops. */
void observe_fini(struct observe *o);
/* A region was attached: what an earlier control began there ends. */
void observe_attached(struct observe *o);
/* Every few milliseconds: what the cores show, and what is overdue. */
void observe_drain(struct observe *o);

/* The next request's number, never 0 nor OBSERVE_ANY. */
uint32_t observe_next_serial(struct observe *o);
/* To every core; -EAGAIN: one's ring is full. The cores that have it are none the worse. */
int observe_send(struct observe *o, const struct command *command);

/* listing.c. {"filter", "limit", "summary"}. NULL: begun; else a refusal. */
json_t *listing_begin(struct observe *o, const json_t *request, struct observed_by by);
void listing_take(struct observe *o, uint32_t core, const struct observation *seen);
void listing_tick(struct observe *o);
void listing_end_all(struct observe *o, const char *why);

/* capture.c. {"filter", "count", "seconds", "snaplen"} into `fd`, which it takes in any case. */
json_t *capture_begin(struct observe *o, const json_t *request, int fd, struct observed_by by);
void capture_take(struct observe *o, uint32_t core, const struct observation *seen);
void capture_tick(struct observe *o);
/* Whoever waits for it has gone: it ends, and is answered all the same. */
void capture_leave(struct observe *o, void *arg);
void capture_end_now(struct observe *o, const char *why);

/* flight.c: the text of tcp.log */
#define FLIGHT_TEXT_MAX 16384
size_t flight_text(
    const struct observed_flight *f, uint32_t core, int32_t pid, char out[FLIGHT_TEXT_MAX]);

#endif
