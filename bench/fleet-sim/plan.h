/* SPDX-License-Identifier: BSD-3-Clause */
/* What is simulated: a fleet, its load, and what happens to it. */
#ifndef SLUICE_BENCH_FLEET_PLAN_H
#define SLUICE_BENCH_FLEET_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_NODES_MAX       1000
#define PLAN_POPULATION_MAX  (16u << 20)
#define PLAN_CONNECTIONS_MAX (1u << 20)
#define PLAN_ENTRIES_MAX     (128u << 20) /* of the caches of all nodes, 8 bytes each */
#define PLAN_OBJECTS_MAX     2000000000.0 /* of all the time simulated */
#define PLAN_GENERATIONS_MAX 1000
#define PLAN_FAILURES_MAX    1000

enum balance {
	BALANCE_ECMP, /* by a flow's hash over the nodes there are: a change moves nearly all */
	BALANCE_RESILIENT, /* the same, and a change moves those alone whose node is gone */
	BALANCE_TCP        /* a balancer in front: a new connection goes where the fewest are */
};

struct fleet_plan {
	uint32_t nodes, population, connections, cache_entries, sandbox_slots;
	uint32_t failures, generations;
	enum balance balance;
	bool share, json;
	uint64_t seed;
	double objects; /* a second, of all nodes */
	double warmup_s, length_s;
	double zipf; /* exponent of the objects' ranks */
	double objects_per_connection;
	double share_ms;      /* until a verdict is seen by the other nodes */
	double sandbox_share; /* of objects, 0 to 1 */
	double threat_share;  /* of those that a sandbox judges, 0 to 1 */
	double sandbox_s;     /* of a job */
	double down_s;        /* of a node that failed */
	double spread_s;      /* within which a generation reaches the nodes */
	double judged_us,
	    known_us; /* processor time of an object, by whether its verdict is known */
};

extern const char plan_help[];

/* False: an option or a number is wrong, told on stderr. *help: --help was asked for. */
bool plan_parse(int argc, char **argv, struct fleet_plan *out, bool *help);

#endif
