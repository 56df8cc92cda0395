/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From a lent object to its answer: its bytes are copied to a memfd, a worker judges them, and
 * every waiter is answered, first come first served; equal digests in flight share one worker. A
 * worker whose verdict hangs on the name answers those alone that have it, the others go back to
 * wait. A worker that dies, says nothing sound or takes too long gives its object the class `error`
 * or `timeout`: nobody waits for ever. A conviction is stored before its job is forgotten, and
 * before it is answered unless the store fails for CONVICTION_WAIT_MS: a client that is held is not
 * to pay for a full disk. A job is in one list at a time:
 *
 *     list       next           when
 *     free       waiting        jobs_take(): a notice, or what a restart found in the arena
 *     free       followers      as above, and a worker looks at this digest already
 *     free       judged         as above, and its conviction is not stored yet
 *     waiting    running        a worker is free
 *     waiting    followers      the same digest has just begun to run
 *     running    judged         its worker is done
 *     followers  judged         the worker of the job they follow is done
 *     followers  waiting        the same, but its verdict is of another name
 *     judged     free           answered, and no conviction is owed
 *
 * A job's number is unique within one region only, so a job remembers the region that lent it. The
 * region of a dataplane that died stays open until its jobs are done (attach.c): what it delivered
 * is judged all the same, nobody is answered.
 * Bounds: JOBS_MAX waiters, sandbox.workers workers; over the first, the class `overload`.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/list.h"
#include "control/control.h"
#include "control/everywhere.h"
#include "control/worker.h"
#include "scanners/digest/digest.h"

#define JOBS_MAX           4096
#define WORKERS_MAX        256 /* what the configuration allows */
#define CONVICTION_WAIT_MS 2000
#define NAME_BYTES_MAX     256 /* as dataplane/inspect has it */

struct job {
	struct list node;      /* in one of the lists above */
	struct list followers; /* while it runs */
	struct region *region; /* that lent it; NULL: free, or its region is closed */
	uint32_t core, first_block;
	uint64_t id, bytes, stamp;
	uint8_t sha256[32], uuid[16];
	uint32_t name_bytes;
	char name[NAME_BYTES_MAX]; /* what it is called */
	struct command answer;     /* of a judged one, as are the next four */
	bool by_name;              /* the answer is of objects of this name alone */
	bool answer_due;           /* its core has not got it yet */
	bool conviction_due;       /* the store has not got it yet */
	uint64_t judged_ms;        /* the loop's clock */
};

struct jobs {
	struct control *control;
	struct list free, waiting, running, judged;
	unsigned running_count;
	struct job slots[JOBS_MAX];
	struct worker workers[WORKERS_MAX]; /* owner: its job; NULL: idle */
};

struct jobs *
jobs_create(struct control *c)
{
	struct jobs *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	j->control = c;
	list_init(&j->free);
	list_init(&j->waiting);
	list_init(&j->running);
	list_init(&j->judged);
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		list_init(&j->slots[i].followers);
		list_append(&j->free, &j->slots[i].node);
	}
	return j;
}

static struct job *
job_at(struct list *node)
{
	return LIST_ITEM(node, struct job, node);
}

static struct span
name_of(const struct job *job)
{
	return span_of(job->name, job->name_bytes);
}

static void
move(struct job *job, struct list *to)
{
	list_unlink(&job->node);
	list_append(to, &job->node);
}

/* To the core that lent it, where it still lives. False: its ring is full, try again. */
static bool
send_answer(struct jobs *j, const struct job *job)
{
	struct command c = job->answer;

	c.kind = COMMAND_ANSWER;
	c.job = job->id;
	return job->region == NULL || job->region != j->control->region ||
	       command_send(region_core(job->region, job->core), &c) == 0;
}

/* What is owed of a judged job, as far as it can be paid now. */
static void
settle(struct jobs *j, struct job *job)
{
	struct span name = name_of(job);

	if (job->conviction_due)
		job->conviction_due = !drain_convict(
		    j->control, job->sha256, job->by_name ? &name : NULL, job->answer.threat);
	if (job->conviction_due && uv_now(&j->control->loop) - job->judged_ms < CONVICTION_WAIT_MS)
		return;
	if (job->answer_due)
		job->answer_due = !send_answer(j, job);
	if (job->answer_due || job->conviction_due)
		return;
	job->region = NULL;
	move(job, &j->free);
}

static void
judge(struct jobs *j, struct job *job, const struct command *answer, bool by_name)
{
	job->answer = *answer;
	job->by_name = by_name;
	job->answer_due = true;
	job->judged_ms = uv_now(&j->control->loop);
	move(job, &j->judged);
	settle(j, job);
}

/* The runner first: with it the conviction is stored. */
static void
judge_all(struct jobs *j, struct job *runner, const struct command *answer, bool by_name)
{
	struct list followers, *node;

	list_init(&followers);
	while ((node = list_take_first(&runner->followers)) != NULL)
		list_append(&followers, node);
	runner->conviction_due = answer->verdict == VERDICT_BAD;
	judge(j, runner, answer, by_name);
	while ((node = list_take_first(&followers)) != NULL) {
		if (!by_name || span_equal(name_of(job_at(node)), name_of(runner)))
			judge(j, job_at(node), answer, by_name);
		else
			list_append(&j->waiting, node);
	}
}

/* To every core's cache. */
static void
remember(struct jobs *j, const struct job *job, const struct command *answer,
    const uint8_t sha256[DIGEST_SHA256_BYTES])
{
	struct command put = *answer;

	put.kind = COMMAND_CACHE_PUT;
	put.generation = job->stamp;
	memcpy(put.sha256, sha256, sizeof(put.sha256));
	everywhere_tell(j->control->everywhere, j->control->region, &put);
}

/*
 * The object, and what is bad in it: whoever sends that alone, or in a form, is answered at once.
 * Where it was seen first is told by `explain`.
 */
static void
remember_everywhere(struct jobs *j, const struct job *job, const struct command *answer,
    const struct worker_answer *said)
{
	uint8_t key[DIGEST_SHA256_BYTES];

	if (answer->source != SOURCE_SANDBOX || j->control->region == NULL)
		return;
	memcpy(key, job->sha256, sizeof(key));
	if (said->by_name)
		digest_with_name(job->sha256, name_of(job), key);
	remember(j, job, answer, key);
	for (unsigned i = 0; i < said->part_count; i++)
		remember(j, job, answer, said->parts[i]);
}

/* The object from the arena to a memfd; -1: it is not sound, or there is no memory. */
static int
copy_object(const struct job *job)
{
	struct arena_reader reader;
	struct span s;
	int fd = memfd_create("sluice-object", MFD_CLOEXEC);
	bool good = fd >= 0;

	arena_read_begin(
	    region_core(job->region, job->core), job->first_block, job->id, job->bytes, &reader);
	while (good && arena_read_next(&reader, &s))
		good = write(fd, s.data, s.bytes) == (ssize_t)s.bytes;
	if (good && reader.left == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static struct worker *
idle_worker(struct jobs *j)
{
	if (j->running_count >= j->control->config->sandbox.workers)
		return NULL;
	for (unsigned i = 0; i < WORKERS_MAX; i++) {
		if (j->workers[i].owner == NULL)
			return &j->workers[i];
	}
	return NULL;
}

static void on_worker_done(struct worker *w, const struct worker_answer *said);

static void
start(struct jobs *j, struct job *job, struct worker *w)
{
	struct command failed = { .source = SOURCE_ERROR };
	int object = copy_object(job);

	if (object < 0) {
		judge_all(j, job, &failed, false);
		return;
	}
	move(job, &j->running);
	j->running_count++;
	worker_start(j->control, w, object, name_of(job), on_worker_done, job);
	close(object);
	for (struct list *node = j->waiting.next, *next; node != &j->waiting; node = next) {
		next = node->next;
		if (memcmp(job_at(node)->sha256, job->sha256, 32) == 0)
			move(job_at(node), &job->followers);
	}
}

static void
start_waiting(struct jobs *j)
{
	struct worker *w;

	while (!list_is_empty(&j->waiting) && (w = idle_worker(j)) != NULL)
		start(j, job_at(j->waiting.next), w);
}

static void
on_worker_done(struct worker *w, const struct worker_answer *said)
{
	struct job *job = w->owner;
	struct jobs *j = w->control->jobs;
	struct command answer = { .verdict = said->verdict, .source = said->source };

	memcpy(answer.threat, said->threat, sizeof(answer.threat));
	w->owner = NULL;
	j->running_count--;
	drain_found(j->control, job->sha256, job->uuid, said);
	remember_everywhere(j, job, &answer, said);
	judge_all(j, job, &answer, said->by_name);
	start_waiting(j);
}

/* A notice may be seen twice, from its ring and from the arena. */
static bool
is_known(const struct jobs *j, const struct region *region, uint32_t core, uint64_t id)
{
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		const struct job *job = &j->slots[i];

		if (job->region == region && job->core == core && job->id == id)
			return true;
	}
	return false;
}

/* The job with this digest; `convicted`: only one whose conviction is not stored yet. */
static struct job *
find(struct list *in, const uint8_t sha256[32], bool convicted)
{
	LIST_EACH (node, in) {
		struct job *job = job_at(node);

		if (job->conviction_due == convicted && memcmp(job->sha256, sha256, 32) == 0)
			return job;
	}
	return NULL;
}

static void
enqueue(struct jobs *j, struct job *job)
{
	struct job *runner = find(&j->running, job->sha256, false);
	const struct job *convicted = find(&j->judged, job->sha256, true);

	if (convicted != NULL &&
	    (!convicted->by_name || span_equal(name_of(convicted), name_of(job)))) {
		judge(j, job, &convicted->answer, convicted->by_name);
		return;
	}
	move(job, runner != NULL ? &runner->followers : &j->waiting);
	start_waiting(j);
}

bool
jobs_take(struct jobs *j, struct region *region, uint32_t core, const struct notice *n)
{
	struct command overload = {
		.kind = COMMAND_ANSWER, .source = SOURCE_OVERLOAD, .job = n->job
	};
	struct span name = record_text_get(&n->object, RECORD_TEXT_FILENAME);
	struct list *node;
	struct job *job;

	if (is_known(j, region, core, n->job))
		return true;
	node = list_take_first(&j->free);
	if (node == NULL)
		return region != j->control->region ||
		       command_send(region_core(region, core), &overload) == 0;
	job = job_at(node);
	job->region = region;
	job->core = core;
	job->first_block = n->first_block;
	job->id = n->job;
	job->bytes = n->job_bytes;
	job->stamp = n->object.record.generation;
	job->conviction_due = false;
	memcpy(job->sha256, n->object.record.sha256, 32);
	memcpy(job->uuid, n->object.record.uuid, sizeof(job->uuid));
	name = span_first(name, sizeof(job->name));
	job->name_bytes = (uint32_t)name.bytes;
	if (name.bytes > 0)
		memcpy(job->name, name.data, name.bytes);
	enqueue(j, job);
	return true;
}

void
jobs_retry(struct jobs *j)
{
	for (struct list *node = j->judged.next, *next; node != &j->judged; node = next) {
		next = node->next;
		settle(j, job_at(node));
	}
	start_waiting(j); /* a reload may allow more workers */
}

void
jobs_attach(struct jobs *j)
{
	struct region *region = j->control->region;
	static struct notice n;

	for (uint32_t core = 0; core < region_cores(region); core++) {
		for (uint32_t at = 0; arena_find_lent(region_core(region, core), &at, &n);)
			jobs_take(j, region, core, &n);
	}
}

unsigned
jobs_waiting_of(struct jobs *j, const struct region *region)
{
	unsigned waiting = 0;

	LIST_EACH (node, &j->waiting)
		waiting += job_at(node)->region == region;
	return waiting;
}

void
jobs_forget(struct jobs *j, const struct region *region)
{
	for (struct list *node = j->waiting.next, *next; node != &j->waiting; node = next) {
		next = node->next;
		if (job_at(node)->region == region)
			move(job_at(node), &j->free);
	}
	for (unsigned i = 0; i < JOBS_MAX; i++) {
		if (j->slots[i].region == region)
			j->slots[i].region = NULL;
	}
}

void
jobs_count(const struct jobs *j, struct jobs_facts *out)
{
	*out = (struct jobs_facts){ .running = j->running_count };
	LIST_EACH (node, (struct list *)(uintptr_t)&j->waiting)
		out->waiting++;
}

void
jobs_destroy(struct jobs *j)
{
	for (unsigned i = 0; j != NULL && i < WORKERS_MAX; i++) {
		if (j->workers[i].owner != NULL)
			worker_kill(&j->workers[i]);
	}
	free(j);
}
