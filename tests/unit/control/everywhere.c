/* SPDX-License-Identifier: BSD-3-Clause */
/* A core whose ring is full hears what the others hear, later and in order; beyond a bound it does
 * not, which is counted. A job's conviction goes that way. */
#include "control/everywhere.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/control/rig.h"

#define SLOTS 8 /* of a ring, which takes one command less */

struct pair {
	struct region *dataplane, *control; /* the same region, as either process has it */
};

static struct pair
make_pair(uint32_t cores)
{
	struct region_shape shape = { .cores = cores,
		.notices = 8,
		.records = 8,
		.commands = SLOTS,
		.observations = 8,
		.arena_blocks = 4 };
	struct pair p = { 0 };

	CHECK(region_create(&shape, &p.dataplane) == 0);
	CHECK(region_attach(dup(region_fd(p.dataplane)), &p.control) == 0);
	return p;
}

static void
close_pair(struct pair *p)
{
	region_close(p->control);
	region_close(p->dataplane);
}

static struct command
numbered(uint32_t kind, uint32_t number)
{
	return (struct command){ .kind = kind, .job = number };
}

/* Takes a core's commands, which must be those from `first` to before `end`. */
static bool
heard(struct pair *p, uint32_t core, uint64_t first, uint64_t end)
{
	struct command c;

	while (command_take(region_core(p->dataplane, core), &c)) {
		if (c.job != first++)
			return false;
	}
	return first == end;
}

TEST(a_core_with_a_full_ring_hears_later_and_in_order)
{
	struct pair p = make_pair(2);
	struct everywhere *e = calloc(1, sizeof(*e));
	struct command c;

	for (uint32_t i = 0; i < 20; i++) {
		c = numbered(COMMAND_CACHE_PUT, i);
		everywhere_tell(e, p.control, &c);
		CHECK_SEED(i, heard(&p, 0, i, i + 1)); /* the other core waits for nobody */
	}
	CHECK(e->count == 20 - (SLOTS - 1) && e->lost == 0);
	CHECK(heard(&p, 1, 0, SLOTS - 1));
	c = numbered(COMMAND_CACHE_PUT, 20); /* there is room now, but not before what waits */
	everywhere_tell(e, p.control, &c);
	CHECK(heard(&p, 0, 20, 21) && heard(&p, 1, 0, 0));
	everywhere_retry(e, p.control);
	CHECK(heard(&p, 1, SLOTS - 1, 2 * (SLOTS - 1)));
	everywhere_retry(e, p.control);
	CHECK(heard(&p, 1, 2 * (SLOTS - 1), 21));
	CHECK(heard(&p, 0, 0, 0) && e->count == 0 && e->lost == 0);
	free(e);
	close_pair(&p);
}

TEST(what_waits_is_bounded_and_what_is_lost_is_counted)
{
	struct pair p = make_pair(2);
	struct everywhere *e = calloc(1, sizeof(*e));
	struct command c;

	for (uint32_t i = 0; i < SLOTS - 1 + EVERYWHERE_MAX + 5; i++) {
		c = numbered(COMMAND_GUARD_PUT, i);
		everywhere_tell(e, p.control, &c);
		CHECK_SEED(i, heard(&p, 0, i, i + 1));
	}
	CHECK(e->count == EVERYWHERE_MAX && e->lost == 5);
	for (uint32_t i = 0; i < EVERYWHERE_MAX / (SLOTS - 1) + 1; i++) {
		CHECK_SEED(i, heard(&p, 1, i * (SLOTS - 1), (i + 1) * (SLOTS - 1)));
		everywhere_retry(e, p.control);
	}
	CHECK(e->count == 0 && heard(&p, 1, EVERYWHERE_MAX / (SLOTS - 1) * (SLOTS - 1) + 7,
				   SLOTS - 1 + EVERYWHERE_MAX));
	free(e);
	close_pair(&p);
}

TEST(a_cleared_cache_is_told_no_verdict_of_before)
{
	struct pair p = make_pair(1);
	struct everywhere *e = calloc(1, sizeof(*e));
	struct command c;

	for (uint32_t i = 0; i < SLOTS - 1; i++) {
		c = numbered(COMMAND_ANSWER, i);
		CHECK(command_send(region_core(p.control, 0), &c) == 0);
	}
	for (uint32_t i = 100; i < 110; i++) {
		c = numbered(i == 105 ? COMMAND_GUARD_PUT : COMMAND_CACHE_PUT, i);
		everywhere_tell(e, p.control, &c);
	}
	everywhere_forget_verdicts(e);
	CHECK(heard(&p, 0, 0, SLOTS - 1));
	everywhere_retry(e, p.control);
	CHECK(heard(&p, 0, 105, 106) && e->count == 0); /* a URL is no verdict */
	everywhere_tell(e, NULL, &c);                   /* no dataplane: nobody to tell */
	CHECK(e->count == 0 && e->lost == 0);
	free(e);
	close_pair(&p);
}

/* An object of three bytes that core 0 lends. */
static void
lend(struct pair *p, struct notice *n)
{
	struct channel_core *core = region_core(p->dataplane, 0);

	*n = (struct notice){
		.kind = NOTICE_SANDBOX, .job = 7, .job_bytes = 3, .first_block = arena_take(core)
	};
	memcpy(arena_payload(core, n->first_block), "abc", 3);
	arena_link(core, n->first_block, ARENA_NONE, 3);
	memset(n->object.record.sha256, 0xab, sizeof(n->object.record.sha256));
	n->object.record.generation = 9;
	arena_lend(core, n->first_block, n->job, n);
}

/* Takes what a core was told; true: the conviction of that object was among it. */
static bool
knows(struct pair *p, uint32_t core)
{
	struct command c;
	bool found = false;

	while (command_take(region_core(p->dataplane, core), &c))
		found |= c.kind == COMMAND_CACHE_PUT && c.verdict == VERDICT_BAD &&
			 c.generation == 9 && c.sha256[31] == 0xab &&
			 strcmp(c.threat, "Test.Found") == 0;
	return found;
}

TEST(a_conviction_reaches_a_core_whose_ring_was_full)
{
	static const char text[] = "#!/bin/sh\necho 'bad sandbox Test.Found - 3'\n";
	struct command filler = numbered(COMMAND_CACHE_CLEAR, 0);
	struct control *c;
	struct pair p = make_pair(2);
	char worker[100];
	struct notice n;
	struct rig r;
	FILE *f;

	rig_make(&r);
	c = &r.control;
	snprintf(worker, sizeof(worker), "%s/worker", r.directory);
	f = fopen(worker, "w");
	CHECK(f != NULL && fputs(text, f) > 0 && fclose(f) == 0 && chmod(worker, 0700) == 0);
	c->worker = worker;
	c->region = p.control;
	while (command_send(region_core(c->region, 1), &filler) == 0)
		;
	lend(&p, &n);
	CHECK(jobs_take(c->jobs, c->region, 0, &n));
	for (unsigned i = 0; i < 5000 && !knows(&p, 0); i++)
		rig_turn(&r);
	CHECK(c->everywhere->count == 1);
	CHECK(!knows(&p, 1)); /* its ring, empty now, held the other ones */
	everywhere_retry(c->everywhere, c->region);
	CHECK(knows(&p, 1) && c->everywhere->count == 0);
	for (unsigned i = 0; i < 50; i++) {
		jobs_retry(c->jobs);
		rig_turn(&r);
	}
	c->region = NULL;
	close_pair(&p);
	rig_remove(&r);
}
