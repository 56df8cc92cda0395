/* SPDX-License-Identifier: BSD-3-Clause */
/* ppoll() on the bell, or a short sleep; see idle.h. The thread's timer slack is set to the least.
 */
#include "dataplane/idle.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

void
idle_init(struct idle *i, const struct config *c, const struct port *port, unsigned queue)
{
	*i = (struct idle){
		.port = port,
		.queue = queue,
		.adaptive = c->dataplane.idle == IDLE_ADAPTIVE,
		.bell = port_bell(port, queue),
	};
	prctl(PR_SET_TIMERSLACK, 1);
}

static void
sleep_until_rung(struct idle *i, int64_t ns)
{
	struct timespec t = { 0, ns };
	struct pollfd bell = { .fd = i->bell, .events = POLLIN };

	i->sleeps++;
	if (i->bell >= 0)
		ppoll(&bell, 1, &t, NULL);
	else
		nanosleep(&t, NULL);
}

void
idle_turn(struct idle *i, bool worked, struct mono now, struct mono next_deadline)
{
	int64_t ns = (int64_t)(i->bell >= 0 ? IDLE_SLEEP_US : IDLE_BLIND_US) * 1000;

	if (worked || !i->adaptive) {
		i->last_work = now;
		i->hushed = false;
		return;
	}
	if (mono_since(now, i->last_work).ns < IDLE_AFTER_US * 1000)
		return;
	if (i->bell >= 0 && !i->hushed) {
		port_bell_hush(
		    i->port, i->queue); /* then one more look at the queue before sleeping */
		i->hushed = true;
		return;
	}
	if (!mono_before(now, next_deadline))
		return;
	if (mono_since(next_deadline, now).ns < ns)
		ns = mono_since(next_deadline, now).ns;
	sleep_until_rung(i, ns);
	i->hushed = false;
}

uint64_t
idle_sleeps(const struct idle *i)
{
	return i->sleeps;
}
