/* SPDX-License-Identifier: BSD-3-Clause */
/* Chains over mbufs; see chain.h for what holds. */
#include "dataplane/net/chain.h"

#include <errno.h>

void
chain_append_list(struct chain *c, struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		m->next = NULL;
		m->nb_segs = 1;
		if (m->data_len == 0)
			rte_pktmbuf_free_seg(m);
		else
			chain_link(c, m, m, m->data_len);
		m = next;
	}
}

/* Whether the bytes behind the mbuf's data are nobody else's, so that they may be written. */
static bool
tail_is_ours(const struct rte_mbuf *m)
{
	return RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

int
chain_append_copy(struct chain *c, const struct chain_pools *pools, const void *bytes, size_t count)
{
	struct chain fresh = CHAIN_EMPTY;
	const uint8_t *from = bytes;
	size_t room = c->last != NULL && tail_is_ours(c->last) ? rte_pktmbuf_tailroom(c->last) : 0;
	size_t here = count < room ? count : room;

	for (size_t at = here; at < count;) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pools->data);
		size_t n = count - at;

		if (m == NULL) {
			chain_free(&fresh);
			return -ENOBUFS;
		}
		if (n > rte_pktmbuf_tailroom(m))
			n = rte_pktmbuf_tailroom(m);
		memcpy(rte_pktmbuf_mtod(m, void *), from + at, n);
		m->data_len = (uint16_t)n;
		chain_append(&fresh, m);
		at += n;
	}
	if (here > 0) {
		memcpy(rte_pktmbuf_mtod_offset(c->last, void *, c->last->data_len), from, here);
		c->last->data_len = (uint16_t)(c->last->data_len + here);
		c->bytes += here;
	}
	chain_append_chain(c, &fresh);
	return 0;
}

int
chain_append_external(struct chain *c, const struct chain_pools *pools, void *bytes, size_t count,
    struct rte_mbuf_ext_shared_info *shared)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pools->refs);

	if (m == NULL)
		return -ENOBUFS;
	rte_pktmbuf_attach_extbuf(m, bytes, RTE_BAD_IOVA, (uint16_t)count, shared);
	rte_mbuf_ext_refcnt_update(shared, 1);
	m->data_off = 0;
	m->data_len = (uint16_t)count;
	if (count == 0) {
		rte_pktmbuf_free_seg(m);
		return 0;
	}
	chain_append(c, m);
	return 0;
}

bool
chain_move_behind(struct chain *from, size_t count, struct chain *to)
{
	struct rte_mbuf *last = to->last;

	if (last == NULL || !tail_is_ours(last) || rte_pktmbuf_tailroom(last) < count)
		return false;
	count =
	    chain_copy_out(from, 0, rte_pktmbuf_mtod_offset(last, void *, last->data_len), count);
	last->data_len = (uint16_t)(last->data_len + count);
	to->bytes += count;
	chain_drop(from, count);
	return true;
}

/* A new mbuf that points at [skip, skip + count) of `m`'s bytes; NULL when the pool is empty. */
static struct rte_mbuf *
reference(const struct chain_pools *pools, const struct rte_mbuf *m, size_t skip, size_t count)
{
	struct rte_mbuf *r = rte_pktmbuf_alloc(pools->refs);

	if (r == NULL)
		return NULL;
	rte_pktmbuf_attach(r, (struct rte_mbuf *)(uintptr_t)m);
	r->next = NULL;
	r->nb_segs = 1;
	r->data_off = (uint16_t)(m->data_off + skip);
	r->data_len = (uint16_t)count;
	return r;
}

int
chain_take(struct chain *c, const struct chain_pools *pools, size_t count, struct chain *out)
{
	size_t whole = 0;
	struct rte_mbuf *m = c->first, *before = NULL, *front = NULL;

	if (count >= c->bytes) {
		chain_append_chain(out, c);
		return 0;
	}
	while (m != NULL && whole + m->data_len <= count) {
		whole += m->data_len;
		before = m;
		m = m->next;
	}
	if (whole < count) {
		front = reference(pools, m, 0, count - whole);
		if (front == NULL)
			return -ENOBUFS;
		m->data_off = (uint16_t)(m->data_off + front->data_len);
		m->data_len = (uint16_t)(m->data_len - front->data_len);
	}
	if (before != NULL) {
		struct chain moved = { c->first, before, whole };

		before->next = NULL;
		chain_append_chain(out, &moved);
	}
	c->first = m;
	c->bytes -= count;
	if (front != NULL)
		chain_append(out, front);
	return 0;
}

int
chain_share(const struct chain *c, const struct chain_pools *pools, size_t offset, size_t count,
    struct chain *out)
{
	struct chain shared = CHAIN_EMPTY;

	for (const struct rte_mbuf *m = c->first; m != NULL && count > 0; m = m->next) {
		size_t n;
		struct rte_mbuf *r;

		if (offset >= m->data_len) {
			offset -= m->data_len;
			continue;
		}
		n = m->data_len - offset < count ? m->data_len - offset : count;
		r = reference(pools, m, offset, n);
		if (r == NULL) {
			chain_free(&shared);
			return -ENOBUFS;
		}
		chain_append(&shared, r);
		offset = 0;
		count -= n;
	}
	chain_append_chain(out, &shared);
	return 0;
}

void
chain_drop(struct chain *c, size_t count)
{
	while (c->first != NULL && count > 0) {
		struct rte_mbuf *m = c->first;

		if (m->data_len > count) {
			m->data_off = (uint16_t)(m->data_off + count);
			m->data_len = (uint16_t)(m->data_len - count);
			c->bytes -= count;
			return;
		}
		count -= m->data_len;
		c->bytes -= m->data_len;
		c->first = m->next;
		rte_pktmbuf_free_seg(m);
	}
	if (c->first == NULL)
		c->last = NULL;
}

size_t
chain_copy_out(const struct chain *c, size_t offset, void *out, size_t count)
{
	struct chain_cursor cursor = chain_walk(c, offset);
	struct span s;
	size_t done = 0;

	while (done < count && chain_next(&cursor, &s)) {
		size_t n = s.bytes < count - done ? s.bytes : count - done;

		memcpy((uint8_t *)out + done, s.data, n);
		done += n;
	}
	return done;
}

struct chain_cursor
chain_walk(const struct chain *c, size_t offset)
{
	struct chain_cursor cursor = { c->first, offset };

	while (cursor.next != NULL && cursor.skip >= cursor.next->data_len) {
		cursor.skip -= cursor.next->data_len;
		cursor.next = cursor.next->next;
	}
	return cursor;
}

bool
chain_next(struct chain_cursor *cursor, struct span *out)
{
	const struct rte_mbuf *m = cursor->next;

	if (m == NULL)
		return false;
	*out = span_of(
	    rte_pktmbuf_mtod_offset(m, const uint8_t *, cursor->skip), m->data_len - cursor->skip);
	cursor->next = m->next;
	cursor->skip = 0;
	return true;
}

size_t
chain_mbufs(const struct chain *c)
{
	size_t n = 0;

	for (const struct rte_mbuf *m = c->first; m != NULL; m = m->next)
		n++;
	return n;
}
