/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/plan.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char plan_help[] =
    "The fleet:\n"
    "  --nodes N                  appliances: 10\n"
    "  --balance KIND             ecmp, resilient (ECMP that moves only flows of a node that\n"
    "                             went), tcp (a balancer: the fewest connections): ecmp\n"
    "  --cache N                  verdicts that each remembers: 65536\n"
    "  --no-share                 no shared verdicts (Redis)\n"
    "  --share-ms MS              until a verdict is seen by the other nodes: 5\n"
    "  --sandbox-slots N          jobs at once, of each node: 2\n"
    "The load:\n"
    "  --objects N                a second, of all nodes: 20000\n"
    "  --population N             different objects: 1000000\n"
    "  --zipf S                   exponent of how often each comes: 0.9\n"
    "  --connections N            of all clients: 64 for each node\n"
    "  --objects-per-connection N then it is opened anew: 1000\n"
    "  --sandbox-percent P        of objects: 1\n"
    "  --threat-percent P         of those that a sandbox judges: 2\n"
    "  --sandbox-seconds S        of a job: 0.5\n"
    "  --judged-us US             processor time of an object that is scanned: 30\n"
    "  --known-us US              of one whose verdict is known: 12\n"
    "What happens:\n"
    "  --failures N               nodes that fail, at random times: 0\n"
    "  --down-seconds S           until each is back, its cache empty: 20\n"
    "  --generations N            new signatures, evenly: 0\n"
    "  --spread-seconds S         within which they reach the nodes: 10\n"
    "  --warmup-seconds S         that are not counted: 300\n"
    "  --seconds S                that are: 60\n"
    "  --seed N                   1\n"
    "  --json                     one JSON object\n";

static const struct fleet_plan usual = { .nodes = 10,
	.population = 1000000,
	.cache_entries = 65536,
	.sandbox_slots = 2,
	.share = true,
	.seed = 1,
	.objects = 20000,
	.warmup_s = 300,
	.length_s = 60,
	.zipf = 0.9,
	.objects_per_connection = 1000,
	.share_ms = 5,
	.sandbox_share = 0.01,
	.threat_share = 0.02,
	.sandbox_s = 0.5,
	.down_s = 20,
	.spread_s = 10,
	.judged_us = 30,
	.known_us = 12 };

static const char *const balances[] = { "ecmp", "resilient", "tcp" };

/* Options whose value is a number: where it goes, and between what it lies. */
struct field {
	const char *name;
	size_t at;
	bool whole; /* a uint32_t, else a double */
	double low, high, scale;
};

#define WHOLE(name, field, low, high)                                        \
	{                                                                    \
		name, offsetof(struct fleet_plan, field), true, low, high, 1 \
	}
#define REAL(name, field, low, high, scale)                                       \
	{                                                                         \
		name, offsetof(struct fleet_plan, field), false, low, high, scale \
	}

static const struct field fields[] = {
	WHOLE("nodes", nodes, 1, PLAN_NODES_MAX),
	WHOLE("cache", cache_entries, 64, 4u << 20),
	WHOLE("sandbox-slots", sandbox_slots, 1, 1000),
	WHOLE("population", population, 1, PLAN_POPULATION_MAX),
	WHOLE("connections", connections, 1, PLAN_CONNECTIONS_MAX),
	WHOLE("failures", failures, 0, PLAN_FAILURES_MAX),
	WHOLE("generations", generations, 0, PLAN_GENERATIONS_MAX),
	REAL("objects", objects, 1, 1e8, 1),
	REAL("zipf", zipf, 0.01, 5, 1),
	REAL("objects-per-connection", objects_per_connection, 1, 1e9, 1),
	REAL("share-ms", share_ms, 0, 1e7, 1),
	REAL("sandbox-percent", sandbox_share, 0, 100, 0.01),
	REAL("threat-percent", threat_share, 0, 100, 0.01),
	REAL("sandbox-seconds", sandbox_s, 0.001, 86400, 1),
	REAL("judged-us", judged_us, 0.01, 1e7, 1),
	REAL("known-us", known_us, 0.01, 1e7, 1),
	REAL("down-seconds", down_s, 0.001, 86400, 1),
	REAL("spread-seconds", spread_s, 0, 86400, 1),
	REAL("warmup-seconds", warmup_s, 0, 86400, 1),
	REAL("seconds", length_s, 0.1, 86400, 1),
};

#define FIELD_COUNT  (sizeof(fields) / sizeof(fields[0]))
#define OPTION_COUNT (FIELD_COUNT + 6)
#define FIRST_KEY    1000 /* getopt's values of `fields` */

static bool
take_number(const struct field *f, const char *text, struct fleet_plan *p)
{
	char *end, *at = (char *)p + f->at;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (end == text || *end != 0 || errno != 0 || !isfinite(value) || value < f->low ||
	    value > f->high || (f->whole && value != floor(value))) {
		fprintf(stderr,
		    "sluice-bench-fleet: --%s '%s': expected a %snumber from %g to %.12g\n",
		    f->name, text, f->whole ? "whole " : "", f->low, f->high);
		return false;
	}
	if (f->whole)
		*(uint32_t *)(void *)at = (uint32_t)value;
	else
		*(double *)(void *)at = value * f->scale;
	return true;
}

static bool
take_balance(const char *text, struct fleet_plan *p)
{
	for (unsigned i = 0; i < sizeof(balances) / sizeof(balances[0]); i++) {
		if (strcmp(text, balances[i]) == 0) {
			p->balance = (enum balance)i;
			return true;
		}
	}
	fprintf(
	    stderr, "sluice-bench-fleet: --balance '%s': expected ecmp, resilient or tcp\n", text);
	return false;
}

static bool
take_seed(const char *text, struct fleet_plan *p)
{
	char *end;

	errno = 0;
	p->seed = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == 0 && errno == 0)
		return true;
	fprintf(stderr, "sluice-bench-fleet: --seed '%s': expected a whole number\n", text);
	return false;
}

/* What single options cannot say. */
static bool
is_possible(const struct fleet_plan *p)
{
	const char *why = NULL;

	if ((uint64_t)p->nodes * p->cache_entries > PLAN_ENTRIES_MAX)
		why = "--nodes times --cache: the caches of all nodes may hold 134217728 verdicts";
	else if (p->objects * (p->warmup_s + p->length_s) > PLAN_OBJECTS_MAX)
		why = "--objects times the seconds: at most 2000000000 can be simulated";
	else if (p->failures > 0 && p->nodes == 1)
		why = "--failures: the only node cannot fail";
	if (why != NULL)
		fprintf(stderr, "sluice-bench-fleet: %s\n", why);
	return why == NULL;
}

static bool
take_option(int option, struct fleet_plan *p, bool *help)
{
	switch (option) {
	case 'b':
		return take_balance(optarg, p);
	case 'd':
		return take_seed(optarg, p);
	case 'n':
		p->share = false;
		return true;
	case 'j':
		p->json = true;
		return true;
	case 'h':
		*help = true;
		return true;
	default:
		return option >= FIRST_KEY && take_number(&fields[option - FIRST_KEY], optarg, p);
	}
}

bool
plan_parse(int argc, char **argv, struct fleet_plan *out, bool *help)
{
	struct option options[OPTION_COUNT] = { { "balance", required_argument, NULL, 'b' },
		{ "seed", required_argument, NULL, 'd' }, { "no-share", no_argument, NULL, 'n' },
		{ "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' } };
	int option;

	for (unsigned i = 0; i < FIELD_COUNT; i++)
		options[5 + i] =
		    (struct option){ fields[i].name, required_argument, NULL, FIRST_KEY + (int)i };
	*out = usual;
	*help = false;
	optind = 0; /* anew: tests call it more than once */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (!take_option(option, out, help))
			return false;
	}
	if (optind != argc) {
		fprintf(stderr, "sluice-bench-fleet: '%s' is no option\n", argv[optind]);
		return false;
	}
	if (out->connections == 0)
		out->connections = 64 * out->nodes;
	return is_possible(out);
}
