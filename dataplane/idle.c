/* SPDX-License-Identifier: BSD-3-Clause */
/* ppoll() on the bell, or a short sleep; see idle.h. The thread's timer slack is set to the least.
 */
#include "dataplane/idle.h"

#include <poll.h>
#include <sys/prctl.h>
#include <time.h>

void
idle_init(struct idle *i, const struct config *c, const struct bell *bell)
{
	*i = (struct idle){
		.bell = bell,
		.adaptive = c->dataplane.idle == IDLE_ADAPTIVE,
	};
	prctl(PR_SET_TIMERSLACK, 1);
}

static void
sleep_until_rung(struct idle *i, int64_t ns)
{
	struct timespec t = { 0, ns };
	struct pollfd bell = { .fd = i->bell->fd, .events = POLLIN };

	i->sleeps++;
	if (i->bell->kind == BELL_NONE)
		nanosleep(&t, NULL);
	else
		ppoll(&bell, 1, &t, NULL);
}

static void
rest(struct idle *i, struct mono now, struct mono next_deadline)
{
	int64_t ns = (int64_t)(i->bell->kind != BELL_NONE ? IDLE_SLEEP_US : IDLE_BLIND_US) * 1000;

	if (mono_since(next_deadline, now).ns < ns)
		ns = mono_since(next_deadline, now).ns;
	sleep_until_rung(i, ns);
}

void
idle_turn(struct idle *i, bool worked, struct mono now, struct mono next_deadline)
{
	if (!i->adaptive)
		return;
	if (worked)
		i->last_work = now;
	if (!i->armed) {
		if (worked || mono_since(now, i->last_work).ns < IDLE_AFTER_US * 1000)
			return;
		bell_arm(i->bell); /* then one more look at the queue before sleeping */
		i->armed = true;
		return;
	}
	if (!worked && mono_before(now, next_deadline))
		rest(i, now, next_deadline);
	bell_disarm(i->bell);
	i->armed = false;
}

uint64_t
idle_sleeps(const struct idle *i)
{
	return i->sleeps;
}
