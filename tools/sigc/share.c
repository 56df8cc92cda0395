/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pieces of work that need nothing of each other, on every CPU that the compiler may run on. What
 * comes out is the same however many there are: each piece writes its own place.
 */
#include <pthread.h>
#include <sched.h>

#include "common/base/thread_cpu.h"
#include "tools/sigc/sigc.h"

#define THREADS_MAX 16 /* each has a database in the making: some 150 MB of a large set */

struct share {
	void (*piece)(void *arg, unsigned number);
	void *arg;
	unsigned next, count;
	uint64_t busiest_ns;
};

static void *
take_pieces(void *arg)
{
	struct share *s = arg;
	uint64_t begun = thread_cpu_ns(), took, most;
	unsigned number;

	while ((number = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED)) < s->count)
		s->piece(s->arg, number);
	took = thread_cpu_ns() - begun;
	most = __atomic_load_n(&s->busiest_ns, __ATOMIC_RELAXED);
	while (took > most && !__atomic_compare_exchange_n(&s->busiest_ns, &most, took, false,
				  __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return NULL;
}

unsigned
sigc_threads(const struct sigc *s)
{
	cpu_set_t allowed;
	unsigned count = s->threads;

	if (count == 0 && sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
		count = (unsigned)CPU_COUNT(&allowed);
	if (count == 0)
		return 1;
	return count < THREADS_MAX ? count : THREADS_MAX;
}

void
sigc_share(struct sigc *s, unsigned count, void (*piece)(void *arg, unsigned number), void *arg)
{
	struct share share = { piece, arg, 0, count, 0 };
	pthread_t others[THREADS_MAX];
	unsigned wanted = sigc_threads(s), started = 0;

	while (started + 1 < wanted && started + 1 < count &&
	       pthread_create(&others[started], NULL, take_pieces, &share) == 0)
		started++;
	take_pieces(&share); /* all of it, where no other could be started */
	while (started > 0)
		pthread_join(others[--started], NULL);
	s->cost.busiest_ns += share.busiest_ns;
}
