/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares a connection before and after each segment, and at the end of each turn. */
#include "tests/sim/packetdrill/account.h"

#include "dataplane/net/tcp/conn.h"
#include "tests/sim/packetdrill/socket.h"

#define REORDERING_FIRST 3 /* Linux's tcp_reordering: its numbers begin there */
#define REORDERING_MOST  300
#define MSS_FIRST        536 /* what Linux believes of a peer's segments until one came */

struct account_before {
	struct seq una, fack;
	uint32_t sacked_bytes;
	bool has_fack;
	unsigned count;
	struct sent_range sent[SENT_RANGES_MAX];
};

void
account_init(struct account *a)
{
	*a = (struct account){ .reordering = REORDERING_FIRST, .received_mss = MSS_FIRST };
}

static enum account_wait
wait_of(const struct socket *s)
{
	const struct tcp_conn *c = s->conn;
	uint32_t flying = in_flight(c), next;
	size_t unsent;

	if (s->kind != SOCKET_CONNECTED || c->snd.bytes + s->held.bytes == 0)
		return ACCOUNT_IDLE;
	unsent = c->snd.bytes > flying ? c->snd.bytes - flying : 0;
	next = unsent < c->mss ? (uint32_t)unsent : c->mss;
	if (unsent > 0 && c->snd_wnd < flying + next && c->congestion.cwnd >= flying + next)
		return ACCOUNT_WINDOW;
	return unsent == 0 && s->writer_waits ? ACCOUNT_BUFFER : ACCOUNT_PEER;
}

void
account_turn(struct socket *s)
{
	struct account *a = &s->account;
	enum account_wait now = s->conn != NULL ? wait_of(s) : ACCOUNT_IDLE;

	if (now == a->wait)
		return;
	a->spent_ns[a->wait] += mono_is_set(a->since) ? mono_since(s->plug->now, a->since).ns : 0;
	a->wait = now;
	a->since = s->plug->now;
}

uint64_t
account_spent_us(const struct socket *s, enum account_wait wait)
{
	const struct account *a = &s->account;
	int64_t ns = a->spent_ns[wait];

	if (a->wait == wait && mono_is_set(a->since))
		ns += mono_since(s->plug->now, a->since).ns;
	return (uint64_t)ns / 1000;
}

void
account_sent(struct account *a, uint32_t bytes)
{
	a->segments_out++;
	a->data_segments_out += bytes > 0;
}

const struct account_before *
account_before(const struct socket *s)
{
	static struct account_before b;
	const struct tcp_conn *c = s->conn;

	if (c == NULL)
		return NULL;
	b.una = c->snd_una;
	b.fack = c->rack.fack;
	b.has_fack = c->rack.has_fack;
	b.sacked_bytes = c->sacked_bytes;
	b.count = c->sent_count;
	memcpy(b.sent, c->sent, c->sent_count * sizeof(b.sent[0]));
	return &b;
}

/* Whether any of [start, end), which flew, has arrived; *at: the first of it that did. */
static bool
has_arrived(const struct tcp_conn *c, struct seq start, struct seq end, struct seq *at)
{
	struct seq from = c->snd_una;

	*at = start;
	if (seq_before(start, c->snd_una))
		return true;
	for (unsigned i = 0; i < c->sent_count; from = c->sent[i++].end) {
		*at = seq_later(start, from);
		if (c->sent[i].state == SENT_SACKED &&
		    seq_before(*at, seq_earlier(end, c->sent[i].end)))
			return true;
	}
	return false;
}

/* What was sent once and arrives below what had arrived before was overtaken: by how much? */
static void
note_reordering(struct account *a, const struct tcp_conn *c, const struct account_before *b)
{
	struct seq start = b->una, at;

	for (unsigned i = 0; b->has_fack && i < b->count; start = b->sent[i++].end) {
		uint32_t reach;

		if (b->sent[i].state == SENT_SACKED || b->sent[i].again ||
		    !seq_before(start, b->fack) || !has_arrived(c, start, b->sent[i].end, &at) ||
		    !seq_before(at, b->fack))
			continue;
		reach = ((uint32_t)seq_diff(b->fack, at) + c->mss - 1) / c->mss;
		if (reach > a->reordering)
			a->reordering = reach < REORDERING_MOST ? reach : REORDERING_MOST;
		a->reorderings++;
		return;
	}
}

void
account_after(struct socket *s, const struct account_before *before, uint32_t bytes)
{
	uint32_t cut = s->plug->settings.merged_mss;
	struct account *a = &s->account;
	const struct tcp_conn *c = s->conn;
	uint32_t moved;

	a->segments_in++;
	if (bytes > 0) {
		a->data_segments_in++;
		if (cut != 0 && bytes > cut)
			bytes = cut; /* one packet of the script stands for several */
		if (a->data_segments_in == 1 || bytes > a->received_mss)
			a->received_mss = bytes;
	}
	if (before == NULL || c == NULL)
		return;
	moved = (uint32_t)seq_diff(c->snd_una, before->una);
	a->acked_bytes += moved;
	a->delivered_bytes += moved + c->sacked_bytes - before->sacked_bytes;
	note_reordering(a, c, before);
}
