/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A fleet in virtual time. Objects come at random on connections (balance.h), each of a rank drawn
 * by Zipf's law. A node looks into its own cache, then, where verdicts are shared, into the shared
 * store, which shows what another node wrote `share_ms` ago; else it scans, and writes. Of some
 * objects a sandbox has the last word: they are delivered at once (mode standard), and who sees one
 * first leaves word that its sandbox has it; those that come meanwhile wait for that word alone.
 * A clean verdict holds for the generation of signatures that gave it; a bad one stays.
 *
 * A failed node's cache and jobs are gone, and its word no longer counts. What a node costs is
 * known_us or judged_us an object. The same plan gives the same result.
 *
 * Left out: the time of a look-up, a store that fails, sandboxes of the fleet's own in common,
 * objects cut off with their connections (they come again as others).
 */
#ifndef SLUICE_BENCH_FLEET_H
#define SLUICE_BENCH_FLEET_H

#include "bench/fleet-sim/plan.h"
#include "common/base/histogram.h"

/* After the warm-up. */
struct fleet_result {
	uint64_t objects, local, shared, judged;
	uint64_t twice;            /* judged though another node had, or was at it */
	uint64_t old_generation;   /* answered by a node that has not the newest signatures yet */
	uint64_t threats, blocked; /* came; and were blocked */
	uint64_t unknown;          /* delivered threats that nobody knew yet */
	uint64_t stale;         /* delivered though a node of the fleet knew that they were bad */
	double stale_longest_s; /* between that knowledge and such a delivery */
	uint64_t jobs, jobs_refused; /* of sandboxes; refused: too many wait */
	struct histogram wait_us;    /* of jobs until they began */
	double sandbox_busy;         /* share of all slots, 0 to 1 */
	uint64_t reads, writes;      /* of the shared store */
	uint64_t moved;              /* connections that a failure or a return moved */
	double load_mean,
	    load_max; /* of nodes' dataplane cores: 1 is one core, of the time a node was up */
	uint32_t nodes_above; /* of one core */
};

/* -ENOMEM: too little for the plan. */
int fleet_run(const struct fleet_plan *plan, struct fleet_result *out);

#endif
