/* SPDX-License-Identifier: BSD-3-Clause */
/* Both sides of a small region in one process, for tests of this folder. */
#ifndef SLUICE_TESTS_CHANNEL_PEER_H
#define SLUICE_TESTS_CHANNEL_PEER_H

#include <unistd.h>

#include "common/channel/view.h"
#include "tests/unit/harness.h"

#define PEER_BLOCKS 6

struct peers {
	struct region *dataplane, *control;
	struct channel_core *core, *reader; /* of core 0 */
};

static const struct region_shape peer_shape = { .cores = 2,
	.notices = 8,
	.records = 4,
	.commands = 4,
	.observations = 4,
	.arena_blocks = PEER_BLOCKS };

static inline void
peers_attach(struct peers *p)
{
	CHECK(region_attach(dup(region_fd(p->dataplane)), &p->control) == 0);
	p->reader = region_core(p->control, 0);
}

static inline void
peers_open(struct peers *p)
{
	CHECK(region_create(&peer_shape, &p->dataplane) == 0);
	p->core = region_core(p->dataplane, 0);
	peers_attach(p);
}

/* Control dies and comes again. */
static inline void
peers_restart_control(struct peers *p)
{
	region_close(p->control);
	peers_attach(p);
	channel_mend_consumer(p->reader);
}

static inline void
peers_close(struct peers *p)
{
	region_close(p->control);
	region_close(p->dataplane);
}

/* Sends a notice of that job; false when the ring is full. */
static inline bool
peers_notify(struct channel_core *core, uint64_t job)
{
	struct notice *n = notice_reserve(core);

	if (n == NULL)
		return false;
	memset(n, 0, offsetof(struct notice, object.text));
	n->kind = NOTICE_BAD;
	n->job = job;
	n->first_block = ARENA_NONE;
	record_text_put(&n->object, RECORD_TEXT_URL, span_text("example.test/a"));
	record_text_put(&n->object, RECORD_TEXT_THREAT, span_text("Eicar-Test"));
	notice_commit(core);
	return true;
}

#endif
