/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects lent to control for a sandbox. A job holds its blocks until control answers, whatever
 * becomes of the client; the client's hold ends with the answer, with hold_timeout, or when it
 * leaves. A job's number carries its place in the table and a serial, so that an answer to a job
 * that is gone finds nobody.
 */
#include <errno.h>

#include "dataplane/inspect/object.h"

#define JOB_INDEX_BITS 16

static uint64_t
job_id(struct inspect *i, uint32_t index)
{
	return ++i->job_serial << JOB_INDEX_BITS | index;
}

bool
sandbox_is_kept(const struct inspect_object *o)
{
	return o->must_echo && o->coding == DECODE_IDENTITY && !o->streams;
}

bool
sandbox_has_bytes(const struct inspect_object *o)
{
	return sandbox_is_kept(o) || o->sample_over || o->sample_failed ||
	       o->sample.first != ARENA_NONE;
}

/* The bytes to lend: the keep's, where the object is kept whole as it came, else the sample. */
static int
take_run(struct inspect_object *o, struct block_run *out)
{
	struct inspect *i = o->inspect;

	if (sandbox_is_kept(o)) {
		if (keep_to_arena(&o->keep, i->blocks, &i->keep_budget) != 0)
			return -ENOBUFS;
		*out = o->keep.run;
		block_run_hold(i->blocks, out);
		return 0;
	}
	*out = o->sample;
	o->sample = BLOCK_RUN_EMPTY;
	return out->first != ARENA_NONE ? 0 : -ENOBUFS;
}

static void
fill_notice(struct inspect_object *o, const struct inspect_job *job, bool hold, struct notice *n)
{
	n->job = job->id;
	n->job_bytes = job->run.bytes;
	n->first_block = job->run.first;
	n->kind = NOTICE_SANDBOX;
	n->hold_until_wall_ns =
	    hold ? (uint64_t)(o->inspect->wall_ns + object_hold_timeout(o).ns) : 0;
	object_outcome(o, VERDICT_CLEAN, SOURCE_SANDBOX, "");
	report_fill(o, &n->object, mono_now().ns);
}

int
sandbox_submit(struct inspect_object *o, bool hold)
{
	struct inspect *i = o->inspect;
	struct inspect_job *job;
	struct block_run run;
	struct notice *n;
	uint32_t index;

	if (i->free_job_count == 0 || take_run(o, &run) != 0)
		return -ENOBUFS;
	n = notice_reserve(i->channel);
	index = i->free_jobs[i->free_job_count - 1];
	job = &i->jobs[index];
	*job = (struct inspect_job){ job_id(i, index), run, hold ? o : NULL };
	if (n == NULL) {
		report_notices_full(o);
		block_run_release(i->blocks, &job->run);
		job->id = 0;
		return -ENOBUFS;
	}
	fill_notice(o, job, hold, n);
	arena_lend(i->channel, run.first, job->id, n);
	notice_commit(i->channel);
	i->free_job_count--;
	o->job = index;
	count(i->stats, COUNTER_SANDBOX_JOBS, 1);
	if (hold) {
		o->state = OBJECT_HELD;
		o->held_ns = mono_now().ns;
		i->held_now++;
		count(i->stats, COUNTER_HELD, 1);
		wheel_arm(&i->wheel, &o->timer, mono_add(i->now, object_hold_timeout(o)));
		early_hold(o);
	}
	return 0;
}

void
sandbox_leave(struct inspect_object *o)
{
	struct inspect *i = o->inspect;

	i->jobs[o->job].holder = NULL;
	o->held_ns = mono_now().ns - o->held_ns;
	i->held_now--;
}

/* Frees the job; its blocks are the core's again, once the last mbuf that sends from them is gone.
 */
static void
end_job(struct inspect *i, struct inspect_job *job)
{
	arena_take_back(i->channel, job->run.first);
	block_run_release(i->blocks, &job->run);
	job->id = 0;
	i->free_jobs[i->free_job_count++] = (uint32_t)(job - i->jobs);
}

/* What the sandbox's answer makes of the object that waits for it. */
static void
settle_holder(struct inspect_object *o, const struct command *command)
{
	enum source source = command->source;
	enum verdict verdict = command->verdict;

	if (source == SOURCE_SANDBOX && verdict == VERDICT_CLEAN && o->trouble != SOURCE_COUNT)
		source = o->trouble; /* which the sandbox knows nothing of */
	if (source != SOURCE_SANDBOX && verdict != VERDICT_BAD)
		verdict = policy_allows(object_policy(o), source) ? VERDICT_CLEAN : VERDICT_BAD;
	sandbox_leave(o);
	object_outcome(o, verdict, source, command->threat);
	object_finish_later(o);
}

void
sandbox_answer(struct inspect *i, const struct command *command)
{
	uint32_t index = (uint32_t)(command->job & ((1u << JOB_INDEX_BITS) - 1));
	struct inspect_job *job;

	if (index >= i->config.jobs_max || i->jobs[index].id != command->job || command->job == 0)
		return;
	job = &i->jobs[index];
	if (job->holder != NULL)
		settle_holder(job->holder, command);
	end_job(i, job);
}
