/* SPDX-License-Identifier: BSD-3-Clause */
/* A link: what is drawn for each segment, and the heap of those that fly. */
#include "tests/sim/link.h"

#include <stdlib.h>

#define QUOTED_BYTES 8 /* of a segment, in an ICMP error (RFC 792): the ports and the number */

static bool
arrives_before(const struct flight *a, const struct flight *b)
{
	return a->at.ns != b->at.ns ? a->at.ns < b->at.ns : a->order < b->order;
}

static void
push(struct link *l, struct flight *f)
{
	uint32_t at = l->flight_count++;

	f->order = l->order++;
	while (at > 0 && arrives_before(f, l->flights[(at - 1) / 2])) {
		l->flights[at] = l->flights[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	l->flights[at] = f;
}

static struct flight *
pop(struct link *l)
{
	struct flight *first = l->flights[0], *last = l->flights[--l->flight_count];
	uint32_t at = 0, below;

	while ((below = 2 * at + 1) < l->flight_count) {
		if (below + 1 < l->flight_count &&
		    arrives_before(l->flights[below + 1], l->flights[below]))
			below++;
		if (!arrives_before(l->flights[below], last))
			break;
		l->flights[at] = l->flights[below];
		at = below;
	}
	l->flights[at] = last;
	return first;
}

void
link_init(struct link *l, struct link_quality quality, struct sim_random random)
{
	l->quality = quality;
	l->random = random;
	l->in_burst = false;
	l->free_at = l->last_at = MONO_NONE;
	l->order = 0;
	l->flight_count = 0;
}

void
link_fini(struct link *l)
{
	while (l->flight_count > 0)
		free(l->flights[--l->flight_count]);
}

void
link_change(struct link *l, struct link_quality quality)
{
	l->quality = quality;
}

static struct flight *
make(uint32_t bytes, const struct ip_address *source, const struct ip_address *destination)
{
	struct flight *f = calloc(1, sizeof(*f) + bytes);

	if (f == NULL)
		abort();
	f->bytes = bytes;
	f->source = *source;
	f->destination = *destination;
	return f;
}

static void
copy_out(const struct rte_mbuf *m, uint32_t bytes, uint8_t *out)
{
	for (; m != NULL && bytes > 0; m = m->next) {
		uint32_t n = m->data_len < bytes ? m->data_len : bytes;

		memcpy(out, rte_pktmbuf_mtod(m, const void *), n);
		out += n;
		bytes -= n;
	}
}

static bool
is_lost(struct link *l)
{
	const struct link_quality *q = &l->quality;

	if (l->in_burst)
		l->in_burst = !sim_happens(&l->random, q->burst_leave_ppm);
	else
		l->in_burst = sim_happens(&l->random, q->burst_enter_ppm);
	return sim_happens(&l->random, l->in_burst ? q->burst_loss_ppm : q->loss_ppm);
}

/* One octet turns into another: what a 16-bit sum detects always. */
static void
damage(struct link *l, struct flight *f)
{
	f->data[sim_below(&l->random, f->bytes)] ^= (uint8_t)sim_between(&l->random, 1, 255);
	f->damaged = true;
}

/* When it has left: what went before must leave first. MONO_NONE: the queue is full. */
static struct mono
leaves_at(struct link *l, struct mono now, uint32_t bytes)
{
	const struct link_quality *q = &l->quality;
	struct mono start = l->free_at.ns > now.ns ? l->free_at : now;
	uint64_t waiting_ns = start.ns - now.ns;

	if (q->bits_per_second == 0)
		return now;
	if (q->queue_bytes != 0 &&
	    waiting_ns > (uint64_t)q->queue_bytes * 8 * 1000000000u / q->bits_per_second)
		return MONO_NONE;
	l->free_at.ns = start.ns + (uint64_t)bytes * 8 * 1000000000u / q->bits_per_second;
	return l->free_at;
}

/* The order of what is sent is kept by everything but reorder_delay. */
static struct mono
arrives_at(struct link *l, struct mono left, bool late)
{
	const struct link_quality *q = &l->quality;
	struct mono at = mono_add(left, q->delay);

	if (q->jitter.ns > 0)
		at.ns += sim_below(&l->random, (uint64_t)q->jitter.ns);
	if (at.ns < l->last_at.ns)
		at = l->last_at;
	l->last_at = at;
	return late ? mono_add(at, q->reorder_delay) : at;
}

static uint32_t
ip_bytes(const struct ip_address *a)
{
	return address_is_v4(a) ? 20 : 40;
}

unsigned
link_send(struct link *l, struct mono now, const struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination, uint8_t ecn)
{
	const struct link_quality *q = &l->quality;
	uint32_t bytes = segment->pkt_len + ip_bytes(source);
	unsigned copies = sim_happens(&l->random, q->duplicate_ppm) ? 2 : 1;
	unsigned fate = copies == 2 ? LINK_TWICE : 0;
	struct mono left;

	if (q->mtu != 0 && bytes > q->mtu)
		return LINK_TOO_BIG;
	left = leaves_at(l, now, bytes);
	if (!mono_is_set(left))
		return LINK_QUEUE_FULL;
	if (is_lost(l) || l->flight_count + copies > LINK_FLIGHTS_MAX)
		return LINK_LOST;
	for (; copies > 0; copies--) {
		bool late = sim_happens(&l->random, q->reorder_ppm);
		struct flight *f = make(segment->pkt_len, source, destination);

		copy_out(segment, f->bytes, f->data);
		f->at = arrives_at(l, left, late);
		f->ecn = ecn;
		fate |= late ? LINK_LATE : 0;
		if (ecn != 0 && sim_happens(&l->random, q->ecn_mark_ppm)) {
			f->ecn = 3; /* congestion experienced, RFC 3168 §5 */
			fate |= LINK_MARKED;
		}
		if (sim_happens(&l->random, q->corrupt_ppm)) {
			damage(l, f);
			fate |= LINK_DAMAGED;
		}
		push(l, f);
	}
	return fate;
}

void
link_send_too_big(struct link *back, struct mono now, const struct rte_mbuf *segment,
    const struct ip_address *source, const struct ip_address *destination, uint32_t mtu)
{
	struct flight *f;

	if (is_lost(back) || back->flight_count == LINK_FLIGHTS_MAX)
		return;
	f = make(QUOTED_BYTES, source, destination);
	copy_out(segment, QUOTED_BYTES, f->data);
	f->at = arrives_at(back, now, false);
	f->too_big_mtu = mtu;
	push(back, f);
}

struct flight *
link_forge(struct link *l, struct mono at, uint32_t bytes, const struct ip_address *source,
    const struct ip_address *destination)
{
	struct flight *f;

	if (l->flight_count == LINK_FLIGHTS_MAX)
		return NULL;
	f = make(bytes, source, destination);
	f->at = at;
	f->forged = true;
	push(l, f);
	return f;
}

struct mono
link_next(const struct link *l)
{
	return l->flight_count > 0 ? l->flights[0]->at : MONO_NEVER;
}

struct flight *
link_take(struct link *l, struct mono now)
{
	return l->flight_count > 0 && l->flights[0]->at.ns <= now.ns ? pop(l) : NULL;
}

struct rte_mbuf *
link_unload(const struct flight *f, struct rte_mempool *pool)
{
	struct rte_mbuf *first = NULL, *last = NULL;
	uint32_t done = 0;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
		uint32_t n = f->bytes - done;

		if (m == NULL) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		if (n > rte_pktmbuf_tailroom(m))
			n = rte_pktmbuf_tailroom(m);
		memcpy(rte_pktmbuf_append(m, (uint16_t)n), f->data + done, n);
		done += n;
		if (first == NULL) {
			first = m;
		} else {
			last->next = m;
			first->nb_segs++;
			first->pkt_len += n;
		}
		last = m;
	} while (done < f->bytes);
	return first;
}
