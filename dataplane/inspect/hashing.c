/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digests of all objects of a turn, or of a few turns, at once (docs/digests.md). Bytes that nobody
 * else needs wait in the mbufs they came in; those that are kept to be sent back, that a decoder
 * gave, or that a decoder uses up, may move or go before, and are copied, at a tenth of a cycle a
 * byte; and so are runs of small spans that feed.c puts together for the scan.
 *
 * Bounds: WAITING_BYTES and WAITING_MBUFS from turn to turn; a turn's bytes, COPIES_BYTES of copies
 * and DIGEST_PIECES_MAX pieces in all, past any of which the queue runs in the middle of a turn.
 */
#include <errno.h>
#include <stdlib.h>

#include "dataplane/inspect/object.h"

#define COPIES_BYTES  (2u << 20)
#define SPENT_BYTES   (2u << 20)
#define WAITING_BYTES (COPIES_BYTES - (64u << 10)) /* from turn to turn; half filled lanes less */
#define LEFT_BYTES    (1u << 20)                   /* by a run that leaves what fills no lanes */
#define WAITING_MBUFS 2048
#define PATIENT_BYTES (4u << 10) /* the verdict of what is smaller waits for nobody */
#define PATIENCE_US   1000

int
hashing_init(struct hashing *h, const struct digest_engine *engine)
{
	list_init(&h->due);
	list_init(&h->unscanned);
	h->run_by = MONO_NEVER;
	h->spent = CHAIN_EMPTY;
	h->queue = digest_queue_create(engine);
	h->lanes_from = digest_engine_lanes_from(engine);
	h->copies = malloc(COPIES_BYTES);
	h->copies_next = malloc(COPIES_BYTES);
	return h->queue != NULL && h->copies != NULL && h->copies_next != NULL ? 0 : -ENOMEM;
}

void
hashing_fini(struct hashing *h)
{
	chain_free(&h->spent);
	digest_queue_destroy(h->queue);
	free(h->copies);
	free(h->copies_next);
}

/* What was lent to the queue goes; `left` bytes wait in the copies. */
static void
begin_again(struct hashing *h, size_t left)
{
	h->copied = h->waiting_bytes = h->left_bytes = left;
	h->lent = false;
	chain_free(&h->spent);
	h->spent_mbufs = 0;
}

void
hashing_run(struct hashing *h)
{
	digest_queue_run(h->queue);
	whole_settle(h);
	begin_again(h, 0);
}

/*
 * Verdicts that are due are there then; other objects' bytes wait on where they fill no lanes, as
 * many as came since the last run: so no byte is copied time and again by runs that follow closely.
 */
static void
run_filled(struct hashing *h)
{
	size_t came = h->waiting_bytes - h->left_bytes, left;
	uint8_t *copies = h->copies;

	left = digest_queue_run_filled(
	    h->queue, h->copies_next, came < LEFT_BYTES ? came : LEFT_BYTES);
	whole_settle(h);
	h->copies = h->copies_next;
	h->copies_next = copies;
	begin_again(h, left);
}

uint8_t *
hashing_room(struct hashing *h, size_t bytes)
{
	if (COPIES_BYTES - h->copied < bytes)
		run_filled(h);
	h->copied += bytes;
	return h->copies + h->copied - bytes;
}

static bool
is_copy(const struct hashing *h, struct span bytes)
{
	return bytes.data >= h->copies && bytes.data < h->copies + h->copied;
}

/* Whether the bytes lie where they are until hashing_spend() has them. */
static bool
stays(const struct inspect_object *o)
{
	return !o->must_echo && o->decoder == NULL;
}

struct span
hashing_hold(struct inspect_object *o, struct span bytes)
{
	struct hashing *h = &o->inspect->hashing;

	if (is_copy(h, bytes) || stays(o))
		return bytes;
	return span_of(memcpy(hashing_room(h, bytes.bytes), bytes.data, bytes.bytes), bytes.bytes);
}

void
hashing_add(struct inspect_object *o, struct layer *l, struct span bytes)
{
	struct hashing *h = &o->inspect->hashing;

	h->waiting_bytes += bytes.bytes;
	if (is_copy(h, bytes)) {
		digest_queue_add(h->queue, &l->digest, bytes);
		return;
	}
	if (l == &o->raw && stays(o)) {
		h->lent = true;
		digest_queue_add(h->queue, &l->digest, bytes);
		return;
	}
	while (bytes.bytes > 0) {
		struct span part = span_first(bytes, COPIES_BYTES - h->copied);

		if (part.bytes == 0) {
			run_filled(h);
			continue;
		}
		memcpy(h->copies + h->copied, part.data, part.bytes);
		digest_queue_add(h->queue, &l->digest, span_of(h->copies + h->copied, part.bytes));
		h->copied += part.bytes;
		bytes = span_from(bytes, part.bytes);
	}
}

void
hashing_spend(struct inspect *i, struct chain *bytes)
{
	struct hashing *h = &i->hashing;

	if (!h->lent) {
		chain_free(bytes);
		return;
	}
	h->spent_mbufs += chain_mbufs(bytes);
	chain_append_chain(&h->spent, bytes);
	if (h->spent.bytes > SPENT_BYTES)
		run_filled(h);
}

/* A verdict may wait a nanosecond a byte, as long as 8 Gbit/s take for the object, and no more than
 * PATIENCE_US. */
void
hashing_expect(struct inspect_object *o)
{
	struct hashing *h = &o->inspect->hashing;
	struct duration patience = nanoseconds((int64_t)o->raw.bytes);

	if (patience.ns > microseconds(PATIENCE_US).ns)
		patience = microseconds(PATIENCE_US);
	h->run_by = mono_earlier(h->run_by, mono_add(o->inspect->now, patience));
	if (o->raw.bytes < PATIENT_BYTES)
		h->hurried = true;
}

void
hashing_due(struct inspect_object *o)
{
	hashing_expect(o);
	list_append(&o->inspect->hashing.due, &o->node);
}

/* Whether so many are under way that the next turns may bring other objects for the lanes: a burst
 * is often of one connection, and an object alone costs twice as much as one among sixteen. */
static bool
may_fill_lanes(const struct inspect *i)
{
	unsigned from = i->hashing.lanes_from;

	return from > 0 && i->objects_now - i->held_now >= from;
}

/* Whoever is small, or has waited, does not wait. */
static bool
may_wait(const struct inspect *i)
{
	const struct hashing *h = &i->hashing;

	return !h->hurried && h->waiting_bytes < WAITING_BYTES && h->spent_mbufs < WAITING_MBUFS &&
	       mono_before(i->now, h->run_by);
}

/* The queue counts from its start as the counters do. */
static void
show_work(const struct inspect *i)
{
	struct digest_work w = digest_queue_work(i->hashing.queue);
	uint64_t *counters = i->stats->counters;

	counters[COUNTER_DIGEST_LANE_BYTES] = w.lane_bytes;
	counters[COUNTER_DIGEST_SINGLE_BYTES] = w.single_bytes;
	counters[COUNTER_DIGEST_LANE_OBJECTS] = w.lane_objects;
	counters[COUNTER_DIGEST_SINGLE_OBJECTS] = w.single_objects;
}

void
inspect_digest(struct inspect *i, bool flows)
{
	bool fills = flows && may_fill_lanes(i);
	struct list *node;

	if (digest_queue_is_empty(i->hashing.queue) && list_is_empty(&i->hashing.due))
		return;
	if (fills && may_wait(i))
		return;
	if (fills)
		run_filled(&i->hashing);
	else
		hashing_run(&i->hashing);
	i->hashing.hurried = false;
	i->hashing.run_by = MONO_NEVER;
	show_work(i);
	while ((node = list_take_first(&i->hashing.due)) != NULL) {
		struct inspect_object *o = LIST_ITEM(node, struct inspect_object, node);

		if (object_judge(o))
			object_finish_later(o);
	}
}

bool
inspect_is_hashing(const struct inspect *i)
{
	return !list_is_empty(&i->hashing.due);
}
