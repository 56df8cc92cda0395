/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a lent object to its answer: its bytes are copied to a memfd, a worker judges them, and
 * every waiter is answered; equal digests in flight share one worker. A worker that dies, says
 * nothing sound or takes too long gives its object the class `error` or `timeout`: nobody waits for
 * ever. Bounds: JOBS_MAX waiters, sandbox.workers workers; over the first, the class `overload`.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/control.h"

#define JOBS_MAX   4096
#define ANSWER_MAX 1024
#define HOLD_MARGIN \
	2 /* seconds of CPU beyond the job's time, for the limit that only a bug meets */

enum job_state {
	JOB_FREE,
	JOB_WAITING,
	JOB_RUNNING,
	JOB_JUDGED
};

struct job {
	enum job_state state;
	uint32_t core, first_block;
	uint64_t id, bytes, stamp;
	uint8_t sha256[32];
	/* the one that runs for its digest */
	uv_process_t process;
	uv_pipe_t output;
	uv_timer_t timer;
	unsigned open_handles;
	bool timed_out;
	size_t used;
	char text[ANSWER_MAX];
	struct command answer;
};

struct jobs {
	struct control *control;
	struct job slots[JOBS_MAX];
	unsigned running;
};

struct jobs *
jobs_create(struct control *c)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (j != NULL)
		j->control = c;
	return j;
}

static struct jobs *
jobs_of(const struct job *job)
{
	return job->process.data;
}

static void start_waiting(struct jobs *j);

/* To the core that lent it; a full ring is tried again from jobs_retry(). False: not yet. */
static bool
send_answer(struct jobs *j, struct job *job, const struct command *answer)
{
	struct command c = *answer;

	c.kind = COMMAND_ANSWER;
	c.job = job->id;
	if (j->control->region == NULL ||
	    command_send(region_core(j->control->region, job->core), &c) == 0) {
		job->state = JOB_FREE;
		return true;
	}
	job->state = JOB_JUDGED;
	job->answer = *answer;
	return false;
}

/* All that wait for this digest, the runner first. */
static void
answer_all(struct jobs *j, struct job *runner, const struct command *answer)
{
	uint8_t sha256[32];

	memcpy(sha256, runner->sha256, 32);
	send_answer(j, runner, answer);
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		struct job *job = &j->slots[i];

		if (job->state == JOB_WAITING && memcmp(job->sha256, sha256, 32) == 0)
			send_answer(j, job, answer);
	}
}

static void
remember_everywhere(struct jobs *j, const struct job *job, const struct command *answer)
{
	struct command put = *answer;

	if (answer->source != SOURCE_SANDBOX || j->control->region == NULL)
		return;
	put.kind = COMMAND_CACHE_PUT;
	put.generation = job->stamp;
	memcpy(put.sha256, job->sha256, 32);
	for (uint32_t i = 0; i < region_cores(j->control->region); i++)
		command_send(
		    region_core(j->control->region, i), &put); /* full: judged again, no more */
}

/* "VERDICT SOURCE THREAT MEMBER"; anything else is the class error. */
static void
parse_answer(const struct job *job, struct command *out)
{
	char verdict[16] = "", source[32] = "", threat[COMMAND_THREAT_MAX] = "";

	memset(out, 0, sizeof(*out));
	out->source = job->timed_out ? SOURCE_TIMEOUT : SOURCE_ERROR;
	if (job->timed_out || sscanf(job->text, "%15s %31s %127s", verdict, source, threat) != 3)
		return;
	if (source_by_word(span_text(source)) == SOURCE_COUNT)
		return;
	out->source = (uint8_t)source_by_word(span_text(source));
	if (strcmp(verdict, "bad") == 0) {
		out->verdict = VERDICT_BAD;
		memcpy(out->threat, threat, sizeof(out->threat));
	}
}

/* The last of a worker's handles is closed: the job ends here. */
static void
on_handle_closed(uv_handle_t *handle)
{
	struct job *job = handle->data;
	struct jobs *j = jobs_of(job);
	struct command answer;

	if (--job->open_handles > 0)
		return;
	parse_answer(job, &answer);
	j->running--;
	remember_everywhere(j, job, &answer);
	if (answer.verdict == VERDICT_BAD)
		drain_convict(j->control, job->sha256, answer.threat);
	answer_all(j, job, &answer);
	start_waiting(j);
}

static void
on_process_closed(uv_handle_t *handle)
{
	struct job *job = (struct job *)((char *)handle - offsetof(struct job, process));

	on_handle_closed((uv_handle_t *)&job->timer);
}

static void
on_worker_exit(uv_process_t *process, int64_t status, int signal_number)
{
	struct job *job = (struct job *)((char *)process - offsetof(struct job, process));

	(void)status;
	(void)signal_number;
	uv_close((uv_handle_t *)&job->timer, on_handle_closed);
	uv_close((uv_handle_t *)process, on_process_closed);
}

static void
give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
	struct job *job = handle->data;

	(void)suggested;
	*out = uv_buf_init(job->text + job->used, (unsigned)(ANSWER_MAX - 1 - job->used));
}

static void
on_output(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
	struct job *job = stream->data;

	(void)buffer;
	if (n > 0)
		job->used += (size_t)n;
	if ((n < 0 || job->used == ANSWER_MAX - 1) && !uv_is_closing((uv_handle_t *)stream))
		uv_close((uv_handle_t *)stream, on_handle_closed);
}

static void
on_time_over(uv_timer_t *timer)
{
	struct job *job = timer->data;

	job->timed_out = true;
	uv_process_kill(&job->process, SIGKILL);
}

/* The object from the arena to a memfd; -1: it is not sound, or there is no memory. */
static int
copy_object(struct jobs *j, const struct job *job)
{
	struct arena_reader reader;
	struct span s;
	int fd = memfd_create("sluice-object", MFD_CLOEXEC);
	bool good = fd >= 0;

	arena_read_begin(region_core(j->control->region, job->core), job->first_block, job->id,
	    job->bytes, &reader);
	while (good && arena_read_next(&reader, &s))
		good = write(fd, s.data, s.bytes) == (ssize_t)s.bytes;
	if (good && reader.left == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
spawn(struct jobs *j, struct job *job, int object)
{
	const struct config *f = j->control->config;
	char path[512], n[5][32],
	    *arguments[] = { (char *)(uintptr_t)j->control->worker, n[0], n[1], n[2], n[3], n[4],
		    NULL };
	uv_stdio_container_t stdio[5] = { { .flags = UV_IGNORE },
		{ .flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
		    .data.stream = (uv_stream_t *)&job->output },
		{ .flags = UV_IGNORE }, { .flags = UV_INHERIT_FD, .data.fd = object },
		{ .flags = UV_IGNORE } };
	uv_process_options_t options = { .exit_cb = on_worker_exit,
		.file = j->control->worker,
		.args = arguments,
		.stdio = stdio,
		.stdio_count = 5 };
	int generation, rc;

	snprintf(n[0], 32, "%u", f->sandbox.depth_max);
	snprintf(n[1], 32, "%u", f->sandbox.members_max);
	snprintf(n[2], 32, "%llu", (unsigned long long)f->sandbox.unpacked_bytes_max);
	snprintf(n[3], 32, "%u", f->sandbox.memory_mib);
	snprintf(n[4], 32, "%u", f->sandbox.job_timeout_ms / 1000 + HOLD_MARGIN);
	snprintf(path, sizeof(path), "%s/current.gen", j->control->paths.state_directory);
	generation = open(path, O_RDONLY | O_CLOEXEC);
	if (generation >= 0)
		stdio[4] = (uv_stdio_container_t){ .flags = UV_INHERIT_FD, .data.fd = generation };
	rc = uv_spawn(&j->control->loop, &job->process, &options);
	if (generation >= 0)
		close(generation);
	return rc;
}

static void
start(struct jobs *j, struct job *job)
{
	struct command failed = { .source = SOURCE_ERROR };
	int object = copy_object(j, job), rc;

	if (object < 0) {
		answer_all(j, job, &failed);
		return;
	}
	job->state = JOB_RUNNING;
	job->used = 0;
	job->timed_out = false;
	memset(job->text, 0, sizeof(job->text));
	uv_pipe_init(&j->control->loop, &job->output, 0);
	uv_timer_init(&j->control->loop, &job->timer);
	job->output.data = job->timer.data = job;
	job->process.data = j;
	rc = spawn(j, job, object);
	close(object);
	j->running++;
	job->open_handles = 3; /* output, timer, process: the job ends when the last is closed */
	if (rc != 0) {
		uv_close((uv_handle_t *)&job->output, on_handle_closed);
		uv_close((uv_handle_t *)&job->timer, on_handle_closed);
		uv_close((uv_handle_t *)&job->process, on_process_closed);
		return;
	}
	uv_read_start((uv_stream_t *)&job->output, give_room, on_output);
	uv_timer_start(&job->timer, on_time_over, j->control->config->sandbox.job_timeout_ms, 0);
}

/* Whether a worker already looks at this digest. */
static bool
is_running(const struct jobs *j, const uint8_t sha256[32])
{
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		if (j->slots[i].state == JOB_RUNNING && memcmp(j->slots[i].sha256, sha256, 32) == 0)
			return true;
	}
	return false;
}

static void
start_waiting(struct jobs *j)
{
	for (unsigned i = 0; i < JOBS_MAX && j->running < j->control->config->sandbox.workers;
	     i++) {
		if (j->slots[i].state == JOB_WAITING && !is_running(j, j->slots[i].sha256))
			start(j, &j->slots[i]);
	}
}

/* A notice may be seen twice, from its ring and from the arena. */
static bool
is_known(const struct jobs *j, uint32_t core, uint64_t id)
{
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		if (j->slots[i].state != JOB_FREE && j->slots[i].core == core &&
		    j->slots[i].id == id)
			return true;
	}
	return false;
}

void
jobs_take(struct jobs *j, uint32_t core, const struct notice *n)
{
	struct command overload = {
		.kind = COMMAND_ANSWER, .source = SOURCE_OVERLOAD, .job = n->job
	};

	if (is_known(j, core, n->job))
		return;
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		struct job *job = &j->slots[i];

		if (job->state != JOB_FREE || job->open_handles > 0)
			continue;
		job->state = JOB_WAITING;
		job->core = core;
		job->first_block = n->first_block;
		job->id = n->job;
		job->bytes = n->job_bytes;
		job->stamp = n->object.record.generation;
		memcpy(job->sha256, n->object.record.sha256, 32);
		start_waiting(j);
		return;
	}
	command_send(region_core(j->control->region, core), &overload);
}

void
jobs_retry(struct jobs *j)
{
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		if (j->slots[i].state == JOB_JUDGED)
			send_answer(j, &j->slots[i], &j->slots[i].answer);
	}
}

void
jobs_attach(struct jobs *j)
{
	static struct notice n;

	for (uint32_t core = 0; core < region_cores(j->control->region); core++) {
		for (uint32_t at = 0;
		     arena_find_lent(region_core(j->control->region, core), &at, &n);)
			jobs_take(j, core, &n);
	}
}

void
jobs_detach(struct jobs *j)
{
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		struct job *job = &j->slots[i];

		if (job->state == JOB_WAITING || job->state == JOB_JUDGED)
			job->state = JOB_FREE;
	}
}
