/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Puts segments in order (RFC 9293 §3.10.7.4, seventh step). Holds what lies beyond rcv_nxt in
 * runs, sorted, never overlapping. Bytes that came first win, always: what was scanned is what is
 * sent on; a later copy is dropped and counted. Small segments are copied into the tail of what is
 * there, so that a stream of single bytes pins no more buffers than its bytes need. Bounds:
 * REASM_RUNS_MAX runs (REASM_RUNS_FEW where no table can be lent), and the receive window.
 */
#include "dataplane/net/tcp/conn.h"

static struct seq
run_end(const struct reasm_run *r)
{
	return seq_add(r->start, (uint32_t)r->bytes.bytes);
}

/*
 * Appends to a queue. Its first buffers are copied into the room behind the last while they are
 * small and fit, so that two buffers in a row hold more than COPY_BYTES_MAX, unless the first of
 * them is a reference. Where much waits, whatever fits is: two in a row then hold more than one has
 * room for. Each copy frees a buffer.
 */
static void
append(struct tcp_conn *c, struct chain *queue, struct chain *bytes)
{
	uint32_t most = queue->bytes > BACKLOG_BYTES ? UINT16_MAX : COPY_BYTES_MAX;

	while (bytes->first != NULL && bytes->first->data_len <= most && queue->last != NULL &&
	       RTE_MBUF_DIRECT(queue->last) && rte_mbuf_refcnt_read(queue->last) == 1 &&
	       rte_pktmbuf_tailroom(queue->last) >= bytes->first->data_len) {
		chain_append_copy(queue, &c->tcp->env.pools,
		    rte_pktmbuf_mtod(bytes->first, const void *), bytes->first->data_len);
		chain_drop(bytes, bytes->first->data_len);
	}
	chain_append_chain(queue, bytes);
}

/*
 * Moves the first bytes of a segment to `front`. Few are copied: a reference would keep a whole
 * buffer for them, and nothing could be copied behind it. 0 or -ENOBUFS, then nothing has changed.
 */
static int
cut_front(struct tcp_conn *c, struct chain *bytes, uint32_t count, struct chain *front)
{
	uint8_t few[COPY_BYTES_MAX];
	int rc;

	if (count > sizeof(few))
		return chain_take(bytes, &c->tcp->env.pools, count, front);
	chain_copy_out(bytes, 0, few, count);
	rc = chain_append_copy(front, &c->tcp->env.pools, few, count);
	if (rc == 0)
		chain_drop(bytes, count);
	return rc;
}

static void
remove_run(struct tcp_conn *c, unsigned i)
{
	c->run_count--;
	memmove(&c->runs[i], &c->runs[i + 1], (c->run_count - i) * sizeof(c->runs[0]));
	lent_put_runs(c);
}

/* Makes room at place i; false when there are too many. */
static bool
insert_run(struct tcp_conn *c, unsigned i, struct seq start, struct chain *bytes)
{
	if (c->run_count == lent_run_room(c) && !lent_more_runs(c)) {
		tcp_count(c->tcp, TCP_COUNTER_OUT_OF_ORDER_DROPPED);
		chain_free(bytes);
		return false;
	}
	memmove(&c->runs[i + 1], &c->runs[i], (c->run_count - i) * sizeof(c->runs[0]));
	c->runs[i].start = start;
	c->runs[i].bytes = *bytes;
	*bytes = CHAIN_EMPTY;
	c->run_count++;
	return true;
}

/* Joins run i with the next where they touch. */
static void
join_next(struct tcp_conn *c, unsigned i)
{
	if (i + 1 < c->run_count && seq_is(run_end(&c->runs[i]), c->runs[i + 1].start)) {
		append(c, &c->runs[i].bytes, &c->runs[i + 1].bytes);
		remove_run(c, i + 1);
	}
}

/* Puts a piece that no run covers where it belongs. */
static void
place(struct tcp_conn *c, struct seq start, struct chain *bytes)
{
	size_t count = bytes->bytes;
	unsigned i = 0;

	while (i < c->run_count && seq_before(c->runs[i].start, start))
		i++;
	if (i > 0 && seq_is(run_end(&c->runs[i - 1]), start)) {
		append(c, &c->runs[i - 1].bytes, bytes);
		i--;
	} else if (!insert_run(c, i, start, bytes)) {
		return;
	}
	c->reasm_bytes += (uint32_t)count;
	c->runs[i].changed = ++c->run_changes;
	join_next(c, i);
}

void
reasm_note_twice(struct tcp_conn *c, struct seq_range twice)
{
	struct seq_range *told = &c->dsack;

	if (c->fin_reached)
		return;
	if (seq_before(told->start, told->end) && c->use_sack) {
		if (!seq_after(twice.start, told->end) && !seq_before(twice.end, told->start)) {
			told->start = seq_earlier(told->start, twice.start);
			told->end = seq_later(told->end, twice.end);
			return;
		}
		output_ack(c);
	}
	*told = twice;
}

/*
 * Queues [start, start + bytes) beyond a hole, leaving out what runs hold already: of that the
 * first is told (RFC 2883 §4), unless something of the same segment is.
 */
static void
queue_out_of_order(struct tcp_conn *c, struct seq start, struct chain *bytes, bool is_told)
{
	tcp_count(c->tcp, TCP_COUNTER_OUT_OF_ORDER);
	for (unsigned i = 0; i < c->run_count && bytes->bytes > 0; i++) {
		struct reasm_run *r = &c->runs[i];
		struct seq end = seq_add(start, (uint32_t)bytes->bytes);

		if (!seq_before(start, run_end(r)))
			continue;
		if (!seq_before(r->start, end))
			break;
		if (seq_before(start, r->start)) {
			struct chain before = CHAIN_EMPTY;
			struct seq at = start;
			uint32_t n = (uint32_t)seq_diff(r->start, start);

			if (cut_front(c, bytes, n, &before) != 0) {
				chain_free(bytes); /* the peer sends it again */
				return;
			}
			start = seq_add(start, n);
			place(c, at, &before);
			i = UINT32_MAX; /* the runs moved: look again from the first */
			continue;
		}
		{
			uint32_t covered = (uint32_t)seq_diff(run_end(r), start);

			if (covered > bytes->bytes)
				covered = (uint32_t)bytes->bytes;
			if (!is_told)
				reasm_note_twice(
				    c, (struct seq_range){ start, seq_add(start, covered) });
			is_told = true;
			r->changed = ++c->run_changes; /* its block goes behind the duplicate */
			c->tcp->counters[TCP_COUNTER_OVERLAPS] += covered;
			chain_drop(bytes, covered);
			start = seq_add(start, covered);
		}
	}
	if (bytes->bytes > 0)
		place(c, start, bytes);
	chain_free(bytes);
}

static void
deliver(struct tcp_conn *c, struct chain *bytes)
{
	c->rcv_nxt = seq_add(c->rcv_nxt, (uint32_t)bytes->bytes);
	c->received_bytes += bytes->bytes;
	if (c->discard)
		chain_free(bytes);
	else
		append(c, &c->rcv, bytes);
}

/* Runs that rcv_nxt has reached follow. */
static void
deliver_runs(struct tcp_conn *c)
{
	while (c->run_count > 0 && !seq_after(c->runs[0].start, c->rcv_nxt)) {
		struct chain bytes = c->runs[0].bytes;
		uint32_t old = (uint32_t)seq_diff(c->rcv_nxt, c->runs[0].start);

		c->reasm_bytes -= (uint32_t)bytes.bytes;
		remove_run(c, 0);
		chain_drop(&bytes, old);
		if (bytes.bytes > 0)
			deliver(c, &bytes);
	}
}

/* Bytes at rcv_nxt while runs wait: what lies before them is new, the rest fills holes, if any. */
static void
take_before_runs(struct tcp_conn *c, struct seq start, struct chain *bytes, bool is_told)
{
	struct seq first = c->runs[0].start;
	uint32_t before = (uint32_t)seq_diff(first, start);

	if (bytes->bytes > before) {
		struct chain front = CHAIN_EMPTY;

		if (cut_front(c, bytes, before, &front) == 0) {
			queue_out_of_order(c, first, bytes, is_told);
			*bytes = front;
		}
	}
	if (bytes->bytes > before)
		chain_free(bytes); /* no buffer to cut it: the peer sends it again */
	else if (bytes->bytes > 0)
		deliver(c, bytes);
	deliver_runs(c);
}

/*
 * A sender that has lost something may have but one segment to send until it hears of it: a delayed
 * ACK costs it 40 ms each time (RFC 5681 §4.2 asks for no delay). So for a while none is delayed,
 * of segments of some size: who sends crumbs is not waiting to send more of a bulk.
 */
static bool
use_quick_ack(struct tcp_conn *c, uint32_t length)
{
	if (c->quick_acks == 0 || length < c->mss / 2u)
		return false;
	c->quick_acks--;
	return true;
}

/*
 * Each segment beyond a hole is worth a duplicate ACK of its own to a sender without SACK, which
 * counts them to find its loss and to send on meanwhile (RFC 5681 §3.2, §4.2): one for a whole
 * burst leaves it to its timeout. With SACK one ACK tells of all.
 */
static void
owe_duplicate(struct tcp_conn *c)
{
	if (!c->use_sack && c->run_count > 0 && c->duplicates_owed < UINT8_MAX)
		c->duplicates_owed++;
}

void
reasm_take(struct tcp_conn *c, struct segment *s)
{
	struct chain bytes = CHAIN_EMPTY;
	bool had_hole = c->run_count > 0;

	chain_append(&bytes, s->m);
	s->m = NULL;
	if (seq_after(s->seq, c->rcv_nxt)) {
		c->quick_acks = QUICK_ACKS;
		queue_out_of_order(c, s->seq, &bytes, s->told_twice);
		owe_duplicate(c);
		output_ack_now(c);
		return;
	}
	if (had_hole) {
		take_before_runs(c, s->seq, &bytes, s->told_twice);
		c->duplicates_owed = 0; /* they would be of a number that has been passed */
		output_ack_now(c);
	} else {
		deliver(c, &bytes);
		if (++c->segments_unacked >= 2 || use_quick_ack(c, s->length))
			output_ack_now(c);
	}
	conn_list_ready(c);
}

struct seq
reasm_end(const struct tcp_conn *c)
{
	return c->run_count > 0 ? run_end(&c->runs[c->run_count - 1]) : c->rcv_nxt;
}

void
reasm_free(struct tcp_conn *c)
{
	for (unsigned i = 0; i < c->run_count; i++)
		chain_free(&c->runs[i].bytes);
	c->run_count = 0;
	c->reasm_bytes = 0;
	lent_put_runs(c);
	c->duplicates_owed = 0;
}
