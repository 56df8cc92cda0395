/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-bench: an ICAP load generator on kernel sockets, closed loop: each of N connections sends
 * a RESPMOD, checks the whole answer, sends the next. One thread, epoll. plan.c reads the words,
 * reply.c reads answers, generate.c runs a plan, report.c counts and prints what came of it.
 *
 * A wrong answer is an error by kind and ends its connection, which is then opened anew; a run
 * with errors says so and is no figure.
 */
#ifndef SLUICE_BENCH_H
#define SLUICE_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/corpus.h"
#include "bench/reply.h"
#include "common/base/histogram.h"
#include "common/base/mono.h"

#define BENCH_CONNECTIONS_MAX 4096
#define BENCH_QUEUES_MAX      8 /* of the fast wire */

/* id, printed word */
#define BENCH_ERRORS(X)           \
	X(CONNECT, "connect")     \
	X(CLOSED, "closed")       \
	X(RESET, "reset")         \
	X(MALFORMED, "malformed") \
	X(STATUS, "status")       \
	X(BODY, "body")           \
	X(PASSED, "passed")       \
	X(TIMEOUT, "timeout")

enum bench_error {
#define X(id, word) BENCH_ERROR_##id,
	BENCH_ERRORS(X)
#undef X
	BENCH_ERROR_COUNT
};

struct bench_plan {
	const char *host, *path, *content_type;
	uint16_t port;
	unsigned connections;
	uint32_t body_bytes;
	bool allow_204;
	bool anew;    /* each object on a connection of its own, which we close */
	bool empty;   /* no objects: a connection is opened and closed, and counts as one */
	bool options; /* an OPTIONS request takes the place of each object */
	bool reqmod;  /* a REQMOD of a GET, without a body, does */
	bool mix;     /* objects of many kinds (mix.h) take its place */
	unsigned repeats, threats, requests; /* of a mix: how many of 1,000 objects */
	bool repeat;     /* the same body each time, so that a verdict cache knows it */
	uint32_t beside; /* bytes of bodies that one connection more carries, one by one; 0: none */
	uint32_t rate;   /* objects a second, evenly; 0: each connection sends on when it may */
	uint32_t
	    rest_us; /* slept after a turn in which nothing had come; 0: polls without a pause */
	unsigned queues; /* of the wire's, which connections are spread over; 0: all */
	struct duration warmup, length;
	const char *body_file; /* NULL: generated text (corpus.h) */
	bool json;
};

/* Of the measured part; the warm-up counts in `errors` only. */
struct bench_result {
	uint64_t objects, answered_204, answered_200;
	uint64_t blocked;      /* of them: threats, in whose place a page came */
	uint64_t continued;    /* of them: more than the preview was asked for */
	uint64_t bodies_bytes; /* of a mix: of the bodies of all of them */
	uint64_t errors[BENCH_ERROR_COUNT];
	uint64_t beside; /* whole bodies that the connection beside carried */
	uint64_t unsent; /* of a rate: were due, and every connection was busy until the end */
	/* From the first byte sent, or, at a rate, from when it was due, to the last received; at a
	 * rate without what was answered in the lead-in (wire/schedule.h), as below. */
	struct histogram latency_ns;
	/* Of a rate: from when an object was due until the generator saw that it was, free
	 * connection or not: its own part of latency_ns, which is not taken off. */
	struct histogram lag_ns;
	struct duration took;
	uint64_t own_cpu_ns; /* of the generator; of one that polls, in turns that had work */
	char first_error[CORPUS_ERROR_BYTES]; /* of the first error, in words */
};

/* Runs to its end. -errno where nothing could be begun, with a sentence in first_error. */
int bench_run(const struct bench_plan *plan, struct bench_result *out);
/* Counts an error; the first one's words are kept. */
__attribute__((format(printf, 3, 4))) void bench_note_error(
    struct bench_result *r, enum bench_error kind, const char *format, ...);
/*
 * An answer is whole: an object, or an error. `measured`: it counts, and so does its latency
 * where there is one. An answer that may have any body is to a threat: it must be a page, not a
 * 204.
 */
void bench_note_answer(struct bench_result *r, bool may_204, const struct reply *answer,
    bool measured, const struct duration *latency);

/* Lines or a JSON object; returns whether the run is a figure: objects, and no errors. */
bool bench_report(FILE *out, const struct bench_plan *plan, const struct bench_result *r);

#endif
