/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run of bytes over mbufs: the one way object bytes are held between the wire and the answer.
 * As received, or attached to arena blocks or pages in shared memory as external buffers.
 *
 * The mbufs hang together by `next`; only data_off and data_len of each are used, pkt_len and
 * nb_segs are set when a packet is sent. A chain owns one reference to each of its mbufs. The
 * fields belong to chain.c; others use the functions. A chain belongs to one core.
 *
 * Slicing shares: a second mbuf from `refs` (no data room of its own) points at the same bytes, and
 * the buffer goes back to its pool when the last reference is freed. -ENOBUFS when a pool is empty;
 * then nothing has changed.
 */
#ifndef SLUICE_NET_CHAIN_H
#define SLUICE_NET_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <rte_mbuf.h>

#include "common/base/span.h"

struct chain {
	struct rte_mbuf *first, *last;
	size_t bytes;
};

struct chain_pools {
	struct rte_mempool *data; /* mbufs with a data room: receive, and heads we build */
	struct rte_mempool *refs; /* mbufs without one, for references */
};

struct chain_cursor {
	const struct rte_mbuf *next;
	size_t skip; /* bytes of `next` that were passed over */
};

#define CHAIN_EMPTY ((struct chain){ NULL, NULL, 0 })

static inline bool
chain_is_empty(const struct chain *c)
{
	return c->bytes == 0;
}

/* What chain_append() and chain_append_chain() have in common: links what is not empty. */
static inline void
chain_link(struct chain *c, struct rte_mbuf *first, struct rte_mbuf *last, size_t bytes)
{
	if (c->last != NULL)
		c->last->next = first;
	else
		c->first = first;
	c->last = last;
	c->bytes += bytes;
}

/* chain_append() of what is not one mbuf with bytes. */
void chain_append_list(struct chain *c, struct rte_mbuf *m);

/* Appends an mbuf, or a list of them by `next`; takes it. Empty mbufs are freed at once. */
static inline void
chain_append(struct chain *c, struct rte_mbuf *m)
{
	if (m != NULL && m->next == NULL && m->data_len > 0)
		chain_link(c, m, m, m->data_len);
	else
		chain_append_list(c, m);
}

/* Moves all of `tail` behind `c`; `tail` is empty afterwards. */
static inline void
chain_append_chain(struct chain *c, struct chain *tail)
{
	if (tail->first == NULL)
		return;
	chain_link(c, tail->first, tail->last, tail->bytes);
	*tail = CHAIN_EMPTY;
}

/* Copies bytes to the end, into the last mbuf's tail room where it is ours alone, else new mbufs.
 */
int chain_append_copy(
    struct chain *c, const struct chain_pools *pools, const void *bytes, size_t count);

/*
 * Appends a reference to memory outside the pools; `shared` counts the references and its callback
 * runs when the last is freed. `count` is at most 65,535.
 */
int chain_append_external(struct chain *c, const struct chain_pools *pools, void *bytes,
    size_t count, struct rte_mbuf_ext_shared_info *shared);

/* Moves the first `count` bytes (at most all) to the end of `out`. */
int chain_take(struct chain *c, const struct chain_pools *pools, size_t count, struct chain *out);

/* Appends references to bytes [offset, offset + count) of `c`, which keeps its own, to `out`. */
int chain_share(const struct chain *c, const struct chain_pools *pools, size_t offset, size_t count,
    struct chain *out);

/*
 * Moves the first `count` bytes of `from` by a copy, if the last buffer of `to` has room for them:
 * a few more instructions for each, where a reference costs some hundred. False: nothing was done.
 */
bool chain_move_behind(struct chain *from, size_t count, struct chain *to);

/* Lets go of the first `count` bytes. */
void chain_drop(struct chain *c, size_t count);

/* Lets go of everything; nothing is often all there is. */
static inline void
chain_free(struct chain *c)
{
	if (c->first != NULL)
		chain_drop(c, c->bytes);
}

/* Copies out up to `count` bytes from `offset`; returns how many there were. */
size_t chain_copy_out(const struct chain *c, size_t offset, void *out, size_t count);

/* A walk over the spans from byte `offset` on; chain_next() says false at the end. */
struct chain_cursor chain_walk(const struct chain *c, size_t offset);
bool chain_next(struct chain_cursor *cursor, struct span *out);

/* How many mbufs it holds: what a budget is charged with. O(n). */
size_t chain_mbufs(const struct chain *c);

#endif
