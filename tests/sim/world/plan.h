/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What one seed decides: two hosts, the weather on the link between them, and the connections that
 * their applications open, use and end. A plan is drawn whole before anything runs, so that it can
 * be printed, and so that a change of the stack does not change it. Plain data; owns nothing.
 *
 * From `calm_at` on the link loses nothing but what its queue has no room for, the hosts have all
 * their buffers, and everything must come to its end.
 */
#ifndef SLUICE_TESTS_PLAN_H
#define SLUICE_TESTS_PLAN_H

#include <stdio.h>

#include "dataplane/net/tcp/tcp.h"
#include "tests/sim/link.h"

#define PLAN_CONNS_MAX   12
#define PLAN_WEATHER_MAX 6
#define PLAN_DROUGHT_MAX 3
#define PLAN_PORT        1344
#define PLAN_FLOW_PORT   20000 /* flow N's opener has port PLAN_FLOW_PORT + N */

/* How an application ends its connection. */
#define PLAN_ENDINGS(X)                                                              \
	X(CLOSE, "close", "FIN after its bytes, gone when the peer has closed, too") \
	X(ANSWER, "answer", "FIN once the peer has closed")                          \
	X(LET_GO, "let-go", "tcp_release() right behind its bytes")                  \
	X(DROP, "drop", "tcp_release() after a while, whatever there is")            \
	X(ABORT, "abort", "RST after a while")                                       \
	X(DISCARD, "discard", "as close, and reads nothing after a while")

enum plan_ending {
#define X(id, word, help) PLAN_##id,
	PLAN_ENDINGS(X)
#undef X
};

struct plan_user {
	uint32_t bytes;                      /* what it sends in all */
	uint32_t write_bytes;                /* at a time, at most */
	uint32_t read_bytes;                 /* at a time, at most */
	struct duration write_gap, read_gap; /* between two of them; 0: as fast as it goes */
	struct duration read_after;          /* reads nothing before, since it opened */
	bool external;                       /* hands over references to memory of its own */
	enum plan_ending ending;
	struct duration ending_after; /* since it opened: DROP, ABORT, DISCARD */
};

/* User 0 is the opener's. */
struct plan_conn {
	struct duration start;
	unsigned opener, flow; /* a flow is a pair of ports: used again by later connections */
	bool both;             /* the other side opens, too, at about that time (RFC 9293 §3.5) */
	struct duration both_after;
	struct plan_user users[2];
};

enum plan_wrap {
	PLAN_ANY_NUMBERS,
	PLAN_SEQUENCE_WRAPS,
	PLAN_TIMESTAMP_WRAPS
};

struct plan_host {
	struct tcp_config tcp;
	enum plan_wrap wrap;
	uint32_t wraps_after; /* bytes, or milliseconds, after the first SYN */
	/* It looks at what arrived no more often than this, and sometimes not for a while. */
	struct duration turn_gap, stall;
	uint32_t stall_ppm;
	uint32_t way_out;   /* its port takes 0 to so many segments a turn; 0: all */
	uint32_t crowd_ppm; /* of turns, in which it begins or ends to have no time for more */
};

struct plan_weather {
	struct duration at;
	struct link_quality to[2]; /* to host 0, to host 1 */
};

/* For a time one host has but a few free buffers. */
struct plan_drought {
	struct duration at, until;
	unsigned host;
	uint32_t buffers;
};

struct plan {
	uint64_t seed;
	bool ipv6;
	/* A box on the way that knows no timestamps, SACK, window scale, MSS: it takes them out of
	 * SYNs. */
	bool strips_ts, strips_sack, strips_scale, strips_mss;
	uint32_t forge_ppm; /* somebody off the path sends what must not be believed */
	struct plan_host hosts[2];
	unsigned weather_count, drought_count, conn_count;
	struct plan_weather weather[PLAN_WEATHER_MAX];
	struct plan_drought droughts[PLAN_DROUGHT_MAX];
	struct plan_conn conns[PLAN_CONNS_MAX];
	struct duration calm_at;
	/* It stayed bad so long that a connection may be given up. */
	bool may_time_out;
	bool says_nothing; /* no router tells of what is too big */
};

/* Its half-open table is so small that SYNs are answered with cookies, SYN-ACKs sent seldom. */
bool plan_has_cookies(const struct plan *p, unsigned host);
void plan_draw(struct plan *p, uint64_t seed);
void plan_print(const struct plan *p, FILE *out);

#endif
