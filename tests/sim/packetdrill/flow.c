/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where Linux sets PSH, which says nothing to a receiver and is compared by packetdrill: at the end
 * of each write, and on the last of several new segments that leave together (they were one large
 * packet there). The library sets it at the end of what is queued (RFC 9293 MUST-61).
 */
#include "tests/sim/packetdrill/flow.h"

#include <stdlib.h>
#include <string.h>

#define TCP_FIN 0x01u
#define TCP_SYN 0x02u
#define TCP_PSH 0x08u

static struct flow *
find(struct plug *p, const struct tcp_endpoints *e)
{
	for (struct flow *f = p->flows; f != NULL; f = f->next) {
		if (f->endpoints.local_port == e->local_port &&
		    f->endpoints.remote_port == e->remote_port &&
		    address_equal(&f->endpoints.local, &e->local) &&
		    address_equal(&f->endpoints.remote, &e->remote))
			return f;
	}
	return NULL;
}

static struct flow *
find_or_add(struct plug *p, const struct tcp_endpoints *e)
{
	struct flow *f = find(p, e);

	if (f != NULL)
		return f;
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		abort();
	f->endpoints = *e;
	f->next = p->flows;
	p->flows = f;
	return f;
}

void
flows_fini(struct plug *p)
{
	while (p->flows != NULL) {
		struct flow *f = p->flows;

		p->flows = f->next;
		free(f);
	}
}

void
flow_note_write(struct plug *p, const struct tcp_endpoints *e, uint64_t bytes)
{
	struct flow *f = find(p, e);

	if (f != NULL)
		f->write_ends[f->write_count++ % FLOW_WRITES] = f->first + (uint32_t)bytes;
}

static bool
ends_a_write(const struct flow *f, uint32_t end)
{
	unsigned n = f->write_count < FLOW_WRITES ? f->write_count : FLOW_WRITES;

	for (unsigned i = 0; i < n; i++) {
		if (f->write_ends[i] == end)
			return true;
	}
	return false;
}

static void
set_push(uint8_t *segment, bool push)
{
	segment_set_byte(
	    segment, 13, (uint8_t)(push ? segment[13] | TCP_PSH : segment[13] & ~TCP_PSH));
}

void
flow_note_segment(struct plug *p, const struct tcp_endpoints *e, struct plug_packet *q,
    uint8_t *segment, size_t bytes)
{
	uint32_t seq = (uint32_t)segment[4] << 24 | (uint32_t)segment[5] << 16 |
		       (uint32_t)segment[6] << 8 | segment[7];
	size_t head = (size_t)(segment[12] >> 4) * 4;
	uint32_t payload = (uint32_t)(bytes - head);
	struct flow *f;

	if (segment[13] & TCP_SYN) {
		f = find_or_add(p, e);
		if (f->first != seq + 1)
			f->write_count = 0;
		f->first = f->high = seq + 1;
		return;
	}
	f = find(p, e);
	if (f == NULL || payload == 0)
		return;
	q->flow = f;
	q->tcp = segment;
	q->start = seq;
	q->end = seq + payload;
	q->is_new = (int32_t)(seq - f->high) >= 0;
	if (q->is_new)
		f->high = q->end;
	set_push(segment, ends_a_write(f, q->end));
}

void
flow_end_bursts(struct plug *p)
{
	for (struct plug_packet *q = p->first; q != NULL; q = q->next) {
		struct plug_packet *next = q->next;
		bool goes_on = next != NULL && next->flow == q->flow && next->is_new &&
			       next->start == q->end && next->at.ns == q->at.ns;

		if (q->flow == NULL || !q->is_new || q->judged)
			continue;
		if (goes_on)
			next->follows = true;
		else if (q->follows)
			set_push(q->tcp, true);
		q->judged = true;
	}
}
