/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "control/everywhere.h"
#include "control/trial.h"

/* Seconds since a process began, from the 22nd word of its stat (proc(5)); -1: it is not seen. */
static int64_t
age_of_process(int pid)
{
	char path[64], text[1024] = "";
	const char *at;
	struct timespec now;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return -1;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = 0;
	fclose(f);
	at = strrchr(text, ')'); /* the second word may hold anything, blanks too */
	for (unsigned word = 2; at != NULL && word < 22; word++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return -1;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec - (int64_t)(strtoull(at, NULL, 10) / (unsigned long)sysconf(_SC_CLK_TCK));
}

int64_t
facts_dataplane_age(const struct control *c)
{
	return age_of_process(region_dataplane_pid(c->region));
}

bool
facts_signatures(const struct control *c, struct current_facts *out)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/current.gen", c->paths.state_directory);
	return current_read(path, out) == 0 && out->id == region_generation(c->region);
}

const char *
facts_log_error(const struct control *c)
{
	return c->log.text.last_error != 0 ? strerror(c->log.text.last_error) : "";
}

/* Grows with the largest dataplane that was seen, and stays: control has one thread. */
static struct web_core *
cores_of(struct region *region)
{
	static struct web_core *cores;
	static uint32_t room;
	uint32_t count = region_cores(region);

	if (count > room) {
		free(cores);
		cores = calloc(count, sizeof(*cores));
		room = cores != NULL ? count : 0;
	}
	for (uint32_t i = 0; i < count && cores != NULL; i++) {
		const struct channel_core *core = region_core(region, i);

		channel_stats_read(core, &cores[i].stats);
		cores[i].unsound = channel_unsound(core);
	}
	return cores;
}

static bool
gather_dataplane(struct control *c, struct web_facts *out)
{
	struct current_facts current;

	out->core = cores_of(c->region);
	if (out->core == NULL)
		return false;
	out->cores = region_cores(c->region);
	out->generation = region_generation(c->region);
	out->shadow = region_shadow(c->region);
	out->dataplane_uptime_s = facts_dataplane_age(c);
	out->signatures_known = facts_signatures(c, &current);
	if (out->signatures_known) {
		out->literals = current.literals;
		out->digests_bad = current.digests_bad;
		out->digests_good = current.digests_good;
		out->reputation_entries = current.reputation_entries;
	}
	return true;
}

bool
facts_gather(struct control *c, struct web_facts *out)
{
	struct jobs_facts jobs;

	jobs_count(c->jobs, &jobs);
	*out = (struct web_facts){
		.instance = c->paths.instance,
		.mode = c->mode,
		.uptime_s = (uv_now(&c->loop) - c->started_ms) / 1000,
		.lines = c->lines,
		.lines_dropped = c->log.text.dropped,
		.json_dropped = c->log.json.dropped,
		.jobs_running = jobs.running,
		.jobs_waiting = jobs.waiting,
		.untold = c->everywhere->lost,
		.compiling = c->compiling,
		.compilations = c->serving.runs + trial_compiler(c->trial)->runs,
		.compilations_failed = c->serving.failed + trial_compiler(c->trial)->failed,
		.refused = c->last_error,
		.compile_error = c->compile_error,
		.log_error = facts_log_error(c),
	};
	store_facts(c->store, &out->store);
	return c->region == NULL || gather_dataplane(c, out);
}
