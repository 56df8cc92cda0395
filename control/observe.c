/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/observe.h"

#include <errno.h>
#include <time.h>

#define OBSERVATIONS_BATCH 2048 /* of a core in one turn: more than its ring holds */

void
observe_init(struct observe *o, struct control *c)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*o = (struct observe){ .control = c };
	/* An answer to a control that died must not look like one to us. */
	o->serial = (uint32_t)now.tv_nsec ^ (uint32_t)now.tv_sec << 12;
}

void
observe_fini(struct observe *o)
{
	listing_end_all(o, "control ends");
	capture_end_now(o, "control");
}

uint32_t
observe_next_serial(struct observe *o)
{
	do
		o->serial++;
	while (o->serial == 0 || o->serial == OBSERVE_ANY);
	return o->serial;
}

int
observe_send(struct observe *o, const struct command *command)
{
	struct region *r = o->control->region;
	int rc = 0;

	for (uint32_t i = 0; r != NULL && i < region_cores(r); i++) {
		if (command_send(region_core(r, i), command) != 0)
			rc = -EAGAIN;
	}
	return r != NULL ? rc : -ENOTCONN;
}

void
observe_attached(struct observe *o)
{
	struct command end = { .kind = COMMAND_CAPTURE_END, .observe.serial = OBSERVE_ANY };

	observe_send(o, &end); /* its ring is empty or full of what control owes: then it is late */
}

static void
take(struct observe *o, uint32_t core, const struct observation *seen)
{
	static char text[FLIGHT_TEXT_MAX];

	switch (seen->kind) {
	case OBSERVATION_CONNECTIONS:
	case OBSERVATION_SUMS:
		listing_take(o, core, seen);
		break;
	case OBSERVATION_FRAME:
	case OBSERVATION_CAPTURE_END:
		capture_take(o, core, seen);
		break;
	case OBSERVATION_FLIGHT:
		log_flight(&o->control->log, text,
		    flight_text(&seen->flight, core, o->control->log.setting.dataplane_pid, text));
		break;
	default:
		break;
	}
}

static void
drain_region(struct observe *o, struct region *r)
{
	static struct observation seen;

	for (uint32_t core = 0; r != NULL && core < region_cores(r); core++) {
		struct channel_core *c = region_core(r, core);

		for (unsigned n = 0; n < OBSERVATIONS_BATCH && observation_peek(c, &seen); n++) {
			take(o, core, &seen);
			observation_done(c);
		}
	}
}

void
observe_drain(struct observe *o)
{
	drain_region(o, o->control->left);
	drain_region(o, o->control->region);
	listing_tick(o);
	capture_tick(o);
}
