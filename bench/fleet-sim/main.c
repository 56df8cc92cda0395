/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-fleet: arguments, and what a fleet came to. */
#include <stdio.h>

#include "bench/fleet-sim/fleet.h"

static double
percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

static void
print_text(const struct fleet_plan *p, const struct fleet_result *r)
{
	printf("%u nodes, %.0f objects/s, %.0f s after %.0f s of warm-up, seed %llu\n", p->nodes,
	    p->objects, p->length_s, p->warmup_s, (unsigned long long)p->seed);
	printf(
	    "  verdicts     known here %.2f %%, by others %.2f %%, judged %.2f %% (of these twice "
	    "in the fleet %.2f %%)\n",
	    percent(r->local, r->objects), percent(r->shared, r->objects),
	    percent(r->judged, r->objects), percent(r->twice, r->judged));
	printf(
	    "  sandboxes    %llu jobs, %llu refused, busy %.1f %%, wait p50 %.1f ms, p99 %.1f ms\n",
	    (unsigned long long)r->jobs, (unsigned long long)r->jobs_refused, 100 * r->sandbox_busy,
	    (double)histogram_quantile(&r->wait_us, 500) / 1e3,
	    (double)histogram_quantile(&r->wait_us, 990) / 1e3);
	printf(
	    "  threats      %llu came: %llu blocked, %llu delivered before anyone knew, %llu after "
	    "(up to %.3f s)\n",
	    (unsigned long long)r->threats, (unsigned long long)r->blocked,
	    (unsigned long long)r->unknown, (unsigned long long)r->stale, r->stale_longest_s);
	printf("  signatures   %.2f %% of objects were answered under those before the newest\n",
	    percent(r->old_generation, r->objects));
	printf("  store        %.0f reads/s, %.0f writes/s\n", (double)r->reads / p->length_s,
	    (double)r->writes / p->length_s);
	printf("  nodes        load %.1f %% of a core, the fullest %.1f %%, above one core %u; "
	       "connections moved %llu\n",
	    100 * r->load_mean, 100 * r->load_max, r->nodes_above, (unsigned long long)r->moved);
}

static void
print_json(const struct fleet_plan *p, const struct fleet_result *r)
{
	printf("{\"nodes\":%u,\"seed\":%llu,\"objects\":%llu,\"local\":%llu,\"shared\":%llu,"
	       "\"judged\":%llu,\"twice\":%llu,\"old_generation\":%llu,",
	    p->nodes, (unsigned long long)p->seed, (unsigned long long)r->objects,
	    (unsigned long long)r->local, (unsigned long long)r->shared,
	    (unsigned long long)r->judged, (unsigned long long)r->twice,
	    (unsigned long long)r->old_generation);
	printf("\"threats\":%llu,\"blocked\":%llu,\"unknown\":%llu,\"stale\":%llu,"
	       "\"stale_longest_s\":%.6f,\"jobs\":%llu,\"jobs_refused\":%llu,"
	       "\"wait_p50_ms\":%.3f,\"wait_p99_ms\":%.3f,\"sandbox_busy\":%.6f,",
	    (unsigned long long)r->threats, (unsigned long long)r->blocked,
	    (unsigned long long)r->unknown, (unsigned long long)r->stale, r->stale_longest_s,
	    (unsigned long long)r->jobs, (unsigned long long)r->jobs_refused,
	    (double)histogram_quantile(&r->wait_us, 500) / 1e3,
	    (double)histogram_quantile(&r->wait_us, 990) / 1e3, r->sandbox_busy);
	printf("\"reads\":%llu,\"writes\":%llu,\"moved\":%llu,\"load_mean\":%.6f,\"load_max\":%.6f,"
	       "\"nodes_above\":%u}\n",
	    (unsigned long long)r->reads, (unsigned long long)r->writes,
	    (unsigned long long)r->moved, r->load_mean, r->load_max, r->nodes_above);
}

int
main(int argc, char **argv)
{
	static struct fleet_result result;
	struct fleet_plan plan;
	bool help;

	if (!plan_parse(argc, argv, &plan, &help)) {
		fputs("sluice-bench-fleet: see --help\n", stderr);
		return 2;
	}
	if (help) {
		printf(
		    "usage: sluice-bench-fleet [options]\n"
		    "Appliances in virtual time, with and without shared verdicts: what they know, "
		    "what their\n"
		    "sandboxes and the shared store carry, what is delivered too late "
		    "(docs/capacity.md).\n%s",
		    plan_help);
		return 0;
	}
	if (fleet_run(&plan, &result) != 0) {
		fputs("sluice-bench-fleet: no memory for such a fleet: fewer --nodes, a smaller "
		      "--cache or --population\n",
		    stderr);
		return 1;
	}
	if (plan.json)
		print_json(&plan, &result);
	else
		print_text(&plan, &result);
	return 0;
}
