/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks those whose connections were left, and tells them; see leftovers.h. */
#include "dataplane/leftovers.h"

#include <stdlib.h>
#include <sys/random.h>

#include <rte_byteorder.h>
#include <rte_tcp.h>

#include "common/base/siphash.h"

#define FIRST_GAP     milliseconds(250) /* twice as long after each round */
#define BURST_GAP     milliseconds(1)
#define LOOKED_AT_MAX 1024
#define NOWHERE       UINT32_MAX

struct leftovers {
	struct tcp_ledger_entry *entries;
	uint32_t count, found, reset;
	unsigned asking; /* cores that are not done */
	bool told;
	struct siphash_key key;
	uint32_t *slots, slot_mask; /* open addressing: places in `entries`, or NOWHERE */
	bool *is_reset;             /* for each entry */
};

/* Where the entry of a flow is, or a free slot for it. */
static uint32_t *
slot_of(const struct leftovers *l, const struct tcp_endpoints *e)
{
	uint64_t at = siphash(&l->key, e, sizeof(*e));

	for (;; at++) {
		uint32_t *slot = &l->slots[at & l->slot_mask];

		if (*slot == NOWHERE || memcmp(&l->entries[*slot].endpoints, e, sizeof(*e)) == 0)
			return slot;
	}
}

static void
index_entries(struct leftovers *l)
{
	memset(l->slots, 0xff, ((size_t)l->slot_mask + 1) * sizeof(*l->slots));
	for (uint32_t i = 0; i < l->count; i++) {
		uint32_t *slot = slot_of(l, &l->entries[i].endpoints);

		if (*slot != NOWHERE) { /* twice in the file */
			tcp_ledger_strike(&l->entries[i]);
			continue;
		}
		*slot = i;
		l->found++;
	}
}

struct leftovers *
leftovers_create(struct tcp_ledger_entry *entries, uint32_t count, unsigned cores)
{
	struct leftovers *l = calloc(1, sizeof(*l));
	uint32_t slots = 2;

	while (slots < 2 * count)
		slots *= 2;
	if (l == NULL)
		return NULL;
	l->entries = entries;
	l->count = count;
	l->asking = count > 0 ? cores : 0;
	l->slot_mask = slots - 1;
	l->slots = malloc((size_t)slots * sizeof(*l->slots));
	l->is_reset = calloc((size_t)count + 1, sizeof(*l->is_reset));
	if (l->slots == NULL || l->is_reset == NULL ||
	    getrandom(&l->key, sizeof(l->key), 0) != sizeof(l->key)) {
		leftovers_destroy(l);
		return NULL;
	}
	index_entries(l);
	return l;
}

void
leftovers_destroy(struct leftovers *l)
{
	if (l == NULL)
		return;
	free(l->slots);
	free(l->is_reset);
	free(l);
}

bool
leftovers_take_outcome(struct leftovers *l, uint32_t *found, uint32_t *reset)
{
	if (l->told || l->found == 0 || __atomic_load_n(&l->asking, __ATOMIC_ACQUIRE) != 0)
		return false;
	l->told = true;
	*found = l->found;
	*reset = __atomic_load_n(&l->reset, __ATOMIC_RELAXED);
	return true;
}

void
leftovers_begin(
    struct asking *a, struct leftovers *l, struct core_stats *stats, unsigned core, unsigned cores)
{
	*a = (struct asking){ .leftovers = l,
		.stats = stats,
		.next = core,
		.first = core,
		.step = cores,
		.due = l != NULL && l->count > 0 ? MONO_NONE : MONO_NEVER };
	if (l != NULL && core == 0)
		count(stats, COUNTER_CONNECTIONS_LEFT, l->found);
}

/* Who has not answered is forgotten. */
static void
finish(struct asking *a)
{
	struct leftovers *l = a->leftovers;

	for (uint32_t i = a->first; i < l->count; i += a->step)
		tcp_ledger_strike(&l->entries[i]);
	a->due = MONO_NEVER;
	__atomic_sub_fetch(&l->asking, 1, __ATOMIC_RELEASE);
}

/* True: a segment went out. */
static bool
ask(struct asking *a, struct tcp *t, const struct link *link, struct tcp_ledger_entry *entry)
{
	if (!tcp_ledger_holds(entry))
		return false;
	a->any = true;
	if (!link_has_address(link, &entry->endpoints.local)) {
		a->early |= link_tries_address(link, &entry->endpoints.local);
		return false;
	}
	if (tcp_knows(t, &entry->endpoints)) { /* its client has begun anew */
		tcp_ledger_strike(entry);
		return false;
	}
	return tcp_ask(t, &entry->endpoints, a->round);
}

/* All were asked once more, or none is left. */
static void
end_round(struct asking *a, struct mono now)
{
	a->due = mono_add(now, (struct duration){ FIRST_GAP.ns << a->round });
	a->next = a->first;
	if (!a->any) {
		a->round = LEFTOVERS_ROUNDS;
		finish(a);
	} else if (!a->early) {
		a->round++;
	}
	a->any = a->early = false;
}

unsigned
leftovers_turn(struct asking *a, struct tcp *t, const struct link *link, struct mono now)
{
	struct leftovers *l = a->leftovers;
	unsigned asked = 0;

	if (mono_before(now, a->due))
		return 0;
	if (a->round == LEFTOVERS_ROUNDS) {
		finish(a);
		return 0;
	}
	for (unsigned n = 0; n < LOOKED_AT_MAX && asked < LEFTOVERS_PER_BURST && a->next < l->count;
	     n++) {
		asked += ask(a, t, link, &l->entries[a->next]);
		a->next += a->step;
	}
	a->due = mono_add(now, BURST_GAP);
	if (a->next >= l->count)
		end_round(a, now);
	return asked;
}

struct mono
leftovers_next_deadline(const struct asking *a)
{
	return a->due;
}

/* The entry of a segment's flow, NULL: none. */
static struct tcp_ledger_entry *
find(const struct leftovers *l, const struct rte_mbuf *segment, const struct ip_address *source,
    const struct ip_address *destination)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(segment, const struct rte_tcp_hdr *);
	struct tcp_endpoints e = { .local = *destination, .remote = *source };
	uint32_t at;

	if (segment->data_len < sizeof(*h))
		return NULL;
	e.local_port = rte_be_to_cpu_16(h->dst_port);
	e.remote_port = rte_be_to_cpu_16(h->src_port);
	at = *slot_of(l, &e);
	return at != NOWHERE && tcp_ledger_holds(&l->entries[at]) ? &l->entries[at] : NULL;
}

bool
leftovers_take(struct asking *a, struct tcp *t, struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination)
{
	struct leftovers *l = a->leftovers;
	struct tcp_ledger_entry *entry;

	if (l == NULL || __atomic_load_n(&l->asking, __ATOMIC_RELAXED) == 0)
		return false;
	entry = find(l, segment, source, destination);
	if (entry == NULL)
		return false;
	switch (tcp_refuse_gone(t, segment, source, destination)) {
	case TCP_GONE_BAD:
		break;
	case TCP_GONE_KNOWN:
		tcp_ledger_strike(entry);
		break;
	case TCP_GONE_RESET:
		if (!__atomic_exchange_n(
			&l->is_reset[entry - l->entries], true, __ATOMIC_RELAXED)) {
			count(a->stats, COUNTER_CONNECTIONS_LEFT_RESET, 1);
			__atomic_add_fetch(&l->reset, 1, __ATOMIC_RELAXED);
		}
		break;
	}
	return true;
}
