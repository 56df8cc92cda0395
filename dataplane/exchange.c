/* SPDX-License-Identifier: BSD-3-Clause */
/* One ring a core; see exchange.h. */
#include "dataplane/exchange.h"

#include <errno.h>
#include <stdio.h>

int
exchange_init(struct exchange *x, unsigned cores)
{
	for (x->count = 0; x->count < cores; x->count++) {
		char name[32];

		snprintf(name, sizeof(name), "inbox_%u", x->count);
		x->inboxes[x->count] =
		    rte_ring_create(name, EXCHANGE_SLOTS, SOCKET_ID_ANY, RING_F_SC_DEQ);
		if (x->inboxes[x->count] == NULL) {
			exchange_fini(x);
			return -ENOMEM;
		}
	}
	return 0;
}

void
exchange_fini(struct exchange *x)
{
	struct rte_mbuf *m;

	for (unsigned i = 0; i < x->count; i++) {
		while (rte_ring_dequeue(x->inboxes[i], (void **)&m) == 0)
			rte_pktmbuf_free(m);
		rte_ring_free(x->inboxes[i]);
	}
	x->count = 0;
}

static void
put(struct exchange *x, unsigned core, struct rte_mbuf *m)
{
	if (rte_ring_enqueue(x->inboxes[core], m) != 0)
		rte_pktmbuf_free(m);
}

void
exchange_copy_to_all(
    struct exchange *x, unsigned from, struct rte_mbuf *frame, struct rte_mempool *pool)
{
	for (unsigned core = 0; core < x->count; core++) {
		struct rte_mbuf *copy;

		if (core == from)
			continue;
		copy = rte_pktmbuf_copy(frame, pool, 0, UINT32_MAX);
		if (copy == NULL)
			return;
		exchange_note_of(copy)->is_frame = true;
		put(x, core, copy);
	}
}

bool
exchange_pass_on(
    struct exchange *x, unsigned from, struct rte_mbuf *segment, const struct exchange_note *note)
{
	struct exchange_note *kept = exchange_note_of(segment);

	if (note->hops + 1u >= x->count)
		return false;
	*kept = *note;
	kept->hops++;
	kept->is_frame = false;
	put(x, (from + 1) % x->count, segment);
	return true;
}

unsigned
exchange_take(struct exchange *x, unsigned core, struct rte_mbuf **out, unsigned room)
{
	return rte_ring_sc_dequeue_burst(x->inboxes[core], (void **)out, room, NULL);
}
