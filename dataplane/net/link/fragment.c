/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts IP datagrams together (RFC 791 §3.2, RFC 8200 §4.5). A fragment lies sorted with the others
 * of its datagram, headers on; when no gap is left, the first one's headers and everybody's payload
 * become one chain. DPDK's librte_ip_frag is not used: it keeps overlapping fragments, and four
 * fragments a datagram.
 *
 * A fragment that overlaps another, other than the same again, condemns its datagram: nothing of it
 * is delivered, and what still comes of it is dropped (RFC 5722 §4; Linux does so for IPv4 too,
 * since CVE-2018-5391). So what is scanned never depends on who wins an overlap.
 *
 * Bounds: DATAGRAMS_MAX datagrams, DATAGRAMS_OF_ONE of one source, FRAGMENTS_MAX fragments each,
 * FRAGMENT_MBUFS_MAX buffers in all, FRAGMENT_LIFE; past the first, second and fourth the oldest
 * datagram gives way. A fragment costs at most 3 * DATAGRAMS_MAX + FRAGMENTS_MAX comparisons.
 */
#include "dataplane/net/link/internal.h"

static bool
is_same(const struct datagram *d, const struct fragment_key *key)
{
	return d->used && d->key.id == key->id && d->key.protocol == key->protocol &&
	       address_equal(&d->key.source, &key->source) &&
	       address_equal(&d->key.destination, &key->destination);
}

static void
drop_fragments(struct link *l, struct datagram *d)
{
	for (unsigned i = 0; i < d->count; i++) {
		link_count(l, LINK_COUNTER_IN_FRAGMENTS);
		l->fragment_mbufs -= d->fragments[i].m->nb_segs;
		rte_pktmbuf_free(d->fragments[i].m);
	}
	d->count = 0;
}

static void
forget(struct link *l, struct datagram *d)
{
	drop_fragments(l, d);
	d->used = false;
}

/* Nothing of it will be delivered; its place tells so until its life is over. */
static void
condemn(struct link *l, struct datagram *d)
{
	drop_fragments(l, d);
	d->condemned = true;
}

/* Of one source, or (NULL) of all. How many there are in *count. */
static struct datagram *
oldest(struct link *l, const struct ip_address *source, unsigned *count)
{
	struct datagram *found = NULL;

	*count = 0;
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		struct datagram *d = &l->datagrams[i];

		if (!d->used || (source != NULL && !address_equal(&d->key.source, source)))
			continue;
		++*count;
		if (found == NULL || mono_before(d->expires, found->expires))
			found = d;
	}
	return found;
}

/* Who has many already makes way for himself, and not for others. */
static void
make_way(struct link *l, const struct ip_address *source)
{
	unsigned count;
	struct datagram *d = oldest(l, source, &count);

	if (count >= DATAGRAMS_OF_ONE)
		forget(l, d);
	d = oldest(l, NULL, &count);
	if (count == DATAGRAMS_MAX)
		forget(l, d);
}

static struct datagram *
find_or_begin(struct link *l, const struct fragment_key *key)
{
	struct datagram *d = l->datagrams;

	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		if (is_same(&l->datagrams[i], key))
			return &l->datagrams[i];
	}
	make_way(l, &key->source);
	while (d->used)
		d++;
	d->used = true;
	d->condemned = false;
	d->key = *key;
	d->expires = mono_add(l->now, FRAGMENT_LIFE);
	d->count = 0;
	d->total = 0;
	return d;
}

/* Where it belongs; -EEXIST: it is there already, -EINVAL: it overlaps or lies beyond the end. */
static int
place_of(const struct datagram *d, const struct fragment *f, bool more, unsigned *place)
{
	uint32_t end = (uint32_t)f->offset + f->bytes;
	unsigned at = d->count;

	if (d->total != 0 && (end > d->total || (!more && end != d->total)))
		return -EINVAL;
	if (!more && d->count > 0 &&
	    (uint32_t)d->fragments[d->count - 1].offset + d->fragments[d->count - 1].bytes > end)
		return -EINVAL;
	while (at > 0 && d->fragments[at - 1].offset >= f->offset)
		at--;
	if (at < d->count && d->fragments[at].offset == f->offset &&
	    d->fragments[at].bytes == f->bytes)
		return -EEXIST;
	if (at > 0 &&
	    (uint32_t)d->fragments[at - 1].offset + d->fragments[at - 1].bytes > f->offset)
		return -EINVAL;
	if (at < d->count && end > d->fragments[at].offset)
		return -EINVAL;
	*place = at;
	return 0;
}

static bool
is_whole(const struct datagram *d)
{
	uint32_t next = 0;

	for (unsigned i = 0; i < d->count; i++) {
		if (d->fragments[i].offset != next)
			return false;
		next += d->fragments[i].bytes;
	}
	return d->total != 0 && next == d->total;
}

/* One chain of it; NULL where the parts do not fit one. */
static struct rte_mbuf *
join(struct link *l, struct datagram *d)
{
	struct rte_mbuf *whole = d->fragments[0].m;

	l->fragment_mbufs -= whole->nb_segs;
	for (unsigned i = 1; i < d->count; i++) {
		struct fragment *f = &d->fragments[i];

		l->fragment_mbufs -= f->m->nb_segs;
		rte_pktmbuf_adj(f->m, f->header_bytes);
		if (whole == NULL || rte_pktmbuf_chain(whole, f->m) != 0) {
			rte_pktmbuf_free(f->m);
			rte_pktmbuf_free(whole);
			whole = NULL;
		}
	}
	d->count = 0;
	d->used = false;
	return whole;
}

struct rte_mbuf *
fragment_take(struct link *l, const struct fragment_key *key, struct rte_mbuf *m,
    uint16_t header_bytes, uint32_t offset, bool more)
{
	struct fragment f = { (uint16_t)offset, (uint16_t)(m->pkt_len - header_bytes), header_bytes,
		m };
	struct datagram *d = find_or_begin(l, key);
	unsigned place, count;
	int rc;

	if (d->condemned || f.bytes == 0 || (more && f.bytes % 8 != 0) ||
	    offset + f.bytes + header_bytes > UINT16_MAX || d->count == FRAGMENTS_MAX) {
		link_drop(l, m, LINK_COUNTER_IN_FRAGMENTS);
		condemn(l, d);
		return NULL;
	}
	rc = place_of(d, &f, more, &place);
	if (rc != 0) {
		link_drop(l, m, LINK_COUNTER_IN_FRAGMENTS);
		if (rc == -EINVAL)
			condemn(l, d);
		return NULL;
	}
	memmove(&d->fragments[place + 1], &d->fragments[place],
	    (d->count - place) * sizeof(d->fragments[0]));
	d->fragments[place] = f;
	d->count++;
	l->fragment_mbufs += m->nb_segs;
	if (!more)
		d->total = offset + f.bytes;
	if (is_whole(d)) {
		link_count(l, LINK_COUNTER_REASSEMBLED);
		return join(l, d);
	}
	while (l->fragment_mbufs > FRAGMENT_MBUFS_MAX)
		forget(l, oldest(l, NULL, &count));
	return NULL;
}

/* Its time is over: told to the sender where the first fragment came (RFC 792, RFC 8200 §4.5). */
static void
expire(struct link *l, struct datagram *d)
{
	struct fragment *f = &d->fragments[0];

	link_count(l, LINK_COUNTER_FRAGMENT_TIMEOUTS);
	if (d->count > 0 && f->offset == 0) {
		l->fragment_mbufs -= f->m->nb_segs;
		icmp_error(l, f->m,
		    address_is_v4(&d->key.source) ? ICMP4_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED, 1,
		    0);
		memmove(f, f + 1, (--d->count) * sizeof(*f));
	}
	forget(l, d);
}

void
fragment_run_timers(struct link *l)
{
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		struct datagram *d = &l->datagrams[i];

		if (d->used && !mono_before(l->now, d->expires))
			expire(l, d);
	}
}

void
fragment_free(struct link *l)
{
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++) {
		if (l->datagrams[i].used)
			forget(l, &l->datagrams[i]);
	}
}
