/* SPDX-License-Identifier: BSD-3-Clause */
/* One session of its own, with timeouts of 1 s (head), 2 s (body) and 3 s (idle), begun at 1 ns. */
#ifndef SLUICE_TESTS_UNIT_ICAP_RIG_H
#define SLUICE_TESTS_UNIT_ICAP_RIG_H

#include "dataplane/icap/icap.h"
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define RIG_BEGUN 1u

struct rig {
	struct icap *icap;
	struct icap_session *s;
	char reply[8192]; /* what was sent so far, NUL-terminated */
	size_t reply_bytes;
};

static inline struct icap *
rig_create(void)
{
	struct icap_config c = { .sessions_max = 1,
		.connections_max = 1,
		.head_timeout = seconds(1),
		.body_timeout = seconds(2),
		.idle_timeout = seconds(3),
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "test",
		.pools = *sim_pools() };

	return icap_create(&c);
}

static inline void
rig_open(struct rig *r)
{
	*r = (struct rig){ .icap = rig_create() };
	icap_begin(r->icap, (struct mono){ RIG_BEGUN });
	r->s = icap_session_create(r->icap);
	CHECK(r->s != NULL && icap_session_create(r->icap) == NULL);
}

/* Nothing may be left in the pools. */
static inline void
rig_close(struct rig *r)
{
	icap_session_destroy(r->s);
	icap_destroy(r->icap);
	CHECK(sim_pools_used() == 0);
}

static inline void
rig_put(struct rig *r, const char *text)
{
	struct chain bytes = CHAIN_EMPTY;

	CHECK(chain_append_copy(&bytes, sim_pools(), text, strlen(text)) == 0);
	icap_input(r->s, &bytes);
}

/* Adds what is to be sent to the reply; returns all of it. */
static inline const char *
rig_reply(struct rig *r)
{
	struct chain out = CHAIN_EMPTY;

	icap_take_output(r->s, &out);
	CHECK(out.bytes < sizeof(r->reply) - r->reply_bytes);
	r->reply_bytes += chain_copy_out(
	    &out, 0, r->reply + r->reply_bytes, sizeof(r->reply) - 1 - r->reply_bytes);
	r->reply[r->reply_bytes] = 0;
	chain_free(&out);
	return r->reply;
}

/* The time since the beginning, for all that comes; deadlines that have passed are seen. */
static inline void
rig_at(struct rig *r, int64_t ms)
{
	icap_begin(r->icap, mono_add((struct mono){ RIG_BEGUN }, milliseconds(ms)));
	icap_expire(r->s);
}

#endif
