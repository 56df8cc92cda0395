/* SPDX-License-Identifier: BSD-3-Clause */
/* What is measured: each case makes a rig, does its operation `count` times, and says what it took.
 */
#ifndef SLUICE_BENCH_TCP_CASES_H
#define SLUICE_BENCH_TCP_CASES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/wheel.h"

/* The name on the command line, the operation that is counted, whether the flows' number counts. */
#define CASES(X)                                                                  \
	X(DATA, "data", "in-order segment of 1448 bytes, with its share of ACK")  \
	X(REQUEST, "request", "request of 1 KiB and response of 200 bytes")       \
	X(OPEN, "open", "handshake and close, by table")                          \
	X(COOKIE, "cookie", "handshake and close, by SYN cookie")                 \
	X(SYN, "syn", "SYN of a flood, answered by a SYN cookie")                 \
	X(STRAY, "stray", "segment of a flood that has no connection")            \
	X(BLIND, "blind", "segment of 100 bytes outside its connection's window") \
	X(TIMER, "timer", "timer moved to a later time")                          \
	X(IDLE, "idle", "turn in which nothing came")

enum case_id {
#define X(id, name, what) CASE_##id,
	CASES(X)
#undef X
	CASE_COUNT
};

struct case_result {
	uint64_t operations, ns;
	uint64_t bytes_per_connection; /* of memory, everything of the stack: 0 where not asked */
};

/* The case "timer", for callgrind to tell from what prepares it. 0: a timer fired. */
uint64_t case_collect_timers(
    struct wheel *w, struct wheel_timer *timers, uint32_t flows, uint64_t count);

const char *case_name(enum case_id id);
const char *case_what(enum case_id id);
/* False: no case has that name. */
bool case_find(const char *name, enum case_id *out);

/*
 * At least `count` operations (a whole number of turns) with `flows` connections; rig_start() came
 * before. -errno; -EPROTO where the stack did not do what the case expects of it.
 */
int case_run(
    enum case_id id, uint32_t flows, uint64_t count, bool checksum, struct case_result *out);

#endif
