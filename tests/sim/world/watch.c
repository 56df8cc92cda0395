/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The onlooker: sees every segment that a stack sends and every one that reaches it, and knows what
 * a TCP may do (RFC 9293) without looking into either.
 *
 * Bytes on the wire are those of the stream, at their place, each time. Nobody acknowledges what
 * was not sent, takes an acknowledgment back, takes a window back, sends past a window it heard of
 * (but for a probe's one byte), fills more than the peer's MSS, or moves a FIN. Nobody answers bare
 * ACKs with bare ACKs that say nothing new, but for a challenge now and then.
 *
 * A flow's ports may be used again: `now` is its latest life. A side may still speak for the life
 * before (from TIME-WAIT, or because it has not heard of the new one); then only bytes are checked.
 */
#include "tests/sim/world/world.h"

#define CHALLENGE_NS    500000000u /* RFC 5961 §7, as the library does it */
#define IDLE_ACKS_SPARE 4
#define MSS_LEAST       536
#define SEGMENT_LEAST   500 /* MSS_LEAST less options */

void
watch_init(struct world *w)
{
	for (unsigned i = 0; i < PLAN_CONNS_MAX; i++)
		w->flows[i].opening = w->flows[i].now.conn = w->flows[i].before.conn = -1;
}

void
watch_connect(struct world *w, unsigned flow, int conn)
{
	w->flows[flow].opening = conn;
}

int
watch_flow(const struct host *from, const struct wire_segment *s, unsigned *side)
{
	bool by_opener = s->destination_port == PLAN_PORT;
	unsigned flow = (by_opener ? s->source_port : s->destination_port) - PLAN_FLOW_PORT;

	(void)from;
	*side = by_opener ? 0 : 1;
	if (flow >= PLAN_CONNS_MAX || (!by_opener && s->source_port != PLAN_PORT))
		return -1;
	return (int)flow;
}

int
watch_accepted(const struct host *h, const struct tcp_endpoints *e)
{
	unsigned flow =
	    (e->local_port == PLAN_PORT ? e->remote_port : e->local_port) - PLAN_FLOW_PORT;

	return flow < PLAN_CONNS_MAX && h->world->flows[flow].now.known[1]
		   ? h->world->flows[flow].now.conn
		   : -1;
}

static void
begin_life(struct flow *f, unsigned side, uint32_t iss)
{
	f->before = f->now;
	memcpy(f->sides_before, f->sides, sizeof(f->sides));
	f->now = (struct incarnation){ .conn = f->opening };
	f->now.known[side] = true;
	f->now.iss[side] = iss;
	memset(f->sides, 0, sizeof(f->sides));
}

/* It begins anew with another number; what it heard of the other side stays. */
static void
forget_sent(struct watch_side *me, uint32_t old_iss)
{
	struct watch_side heard = *me;

	memset(me, 0, sizeof(*me));
	memcpy(me->old + 1, heard.old, sizeof(me->old) - sizeof(me->old[0]));
	me->old_count = heard.old_count;
	if (heard.end > 0) {
		me->old[0].iss = old_iss;
		me->old[0].end = heard.end;
		me->old[0].offered_scale = heard.offered_scale;
		me->old_count += me->old_count < WATCH_OLD_MAX;
	}
	me->heard = heard.heard;
	me->heard_scale = heard.heard_scale;
	me->peer_mss = heard.peer_mss;
	me->heard_edge = heard.heard_edge;
}

/* Which of the numbers it began with before this one counts from; -1: none. */
static int
find_old(const struct watch_side *side, uint32_t number)
{
	for (unsigned i = 0; i < side->old_count; i++) {
		if (number - side->old[i].iss <= side->old[i].end)
			return (int)i;
	}
	return -1;
}

/*
 * Two SYN-ACKs may be under way, one with a cookie: the peer took the one before the last, and that
 * is how the connection goes on. Of the other nothing was sent but the SYN.
 */
static void
take_up_old(struct flow *f, unsigned side, const struct wire_segment *s)
{
	struct watch_side *me = &f->sides[side];
	uint32_t iss = f->now.iss[side];
	int at = find_old(me, s->seq);

	if (!f->now.known[side] || me->end > 1 || s->seq - iss <= me->end || at < 0 ||
	    me->old[at].end > 1)
		return;
	f->now.iss[side] = me->old[at].iss;
	me->old[at].iss = iss;
	me->offered_scale = me->old[at].offered_scale;
}

/* A SYN shows where its sender's numbers begin, and may begin a new life. */
static void
place_syn(struct flow *f, unsigned side, const struct wire_segment *s)
{
	bool answers = (s->flags & SEGMENT_ACK) != 0;
	bool ours = f->now.known[1 - side] && s->ack - 1 == f->now.iss[1 - side];

	if (side == 1)
		f->foreign = answers && !ours;
	if (side == 0 && !answers && f->now.known[0] && f->now.iss[0] == s->seq)
		f->now.conn =
		    f->opening; /* let go of and opened anew within a tick of the numbers */
	if ((side == 1 && f->foreign) || (f->now.known[side] && f->now.iss[side] == s->seq))
		return;
	if (!answers &&
	    (f->now.known[side] || !f->now.known[1 - side] || f->now.conn != f->opening)) {
		begin_life(f, side, s->seq);
		return;
	}
	forget_sent(&f->sides[side], f->now.iss[side]);
	f->now.known[side] = true;
	f->now.iss[side] = s->seq;
}

static void
check_payload(struct host *h, int conn, unsigned side, uint64_t at, const struct rte_mbuf *m,
    const struct wire_segment *s)
{
	uint32_t skip = s->head;

	if (at + s->length > h->world->users[conn][side].written) {
		world_fail(
		    h->world, "connection %d, side %u: sends what was not written", conn, side);
		return;
	}
	for (; m != NULL; m = m->next) {
		uint32_t n = m->data_len > skip ? m->data_len - skip : 0;

		if (memcmp(rte_pktmbuf_mtod_offset(m, const uint8_t *, skip),
			user_stream((unsigned)conn, side, at), n) != 0) {
			world_fail(h->world, "connection %d, side %u: other bytes at %llu", conn,
			    side, (unsigned long long)at);
			return;
		}
		at += n;
		skip -= skip < m->data_len ? skip : m->data_len;
	}
}

static unsigned
scale_of(const struct watch_side *side)
{
	return side->offered_scale && side->heard_scale ? side->scale : 0;
}

/* RFC 9293 §3.8.6.2.2: a window grows by half the buffer or by a segment, of 536 at least. */
static bool
is_silly(const struct host *h, const struct watch_side *me, uint32_t edge, unsigned scale)
{
	uint32_t half = h->world->plan.hosts[h->index].tcp.receive_window_bytes / 2;
	uint32_t least = half < SEGMENT_LEAST ? half : SEGMENT_LEAST;

	uint32_t unit = 1u << scale; /* less than that is only the rounding of what was announced */

	return (int32_t)(edge - me->edge) > 0 && me->edge != 0 && edge - me->edge >= unit &&
	       edge - me->edge + unit < least;
}

static void
check_ack(struct host *h, struct flow *f, unsigned side, const struct wire_segment *s)
{
	struct watch_side *me = &f->sides[side], *peer = &f->sides[1 - side];
	unsigned scale = s->flags & SEGMENT_SYN ? 0 : scale_of(me);
	uint32_t ack = s->ack - f->now.iss[1 - side], edge = ack + (s->window << scale);
	bool over = peer->has_fin && ack == peer->fin + 1;
	bool late = ack > peer->end && find_old(peer, s->ack) >= 0;
	bool news = ack != me->ack || edge != me->edge || s->sack_count > 0;
	/* A cookie for a late copy of a SYN is the number it was, though its connection is over. */
	bool cookie = (s->flags & SEGMENT_SYN) != 0 && plan_has_cookies(&h->world->plan, h->index);

	if (late || (cookie && (int32_t)(ack - me->ack) < 0))
		return;
	if ((int32_t)(ack - me->ack) < 0)
		world_fail(
		    h->world, "flow %td, side %u: takes an ACK back", f - h->world->flows, side);
	if ((int32_t)(ack - peer->end) > 0)
		world_fail(h->world, "flow %td, side %u: acknowledges what was not sent",
		    f - h->world->flows, side);
	/* One that is not a multiple of its unit is rounded down, and a SYN's has but 16 bits. */
	if (!over && (s->flags & SEGMENT_SYN) == 0 &&
	    (int32_t)(edge + (1u << scale) - 1 - me->edge) < 0)
		world_fail(h->world, "flow %td, side %u: takes %u bytes of window back",
		    f - h->world->flows, side, me->edge - edge);
	if (!over && is_silly(h, me, edge, scale))
		world_fail(h->world, "flow %td, side %u: opens its window by %u bytes",
		    f - h->world->flows, side, edge - me->edge);
	me->ack = ack;
	if ((s->flags & SEGMENT_SYN) != 0 || (int32_t)(edge - me->edge) > 0)
		me->edge = edge; /* a SYN that is sent again begins anew */
	if (s->length == 0 && (s->flags & (SEGMENT_SYN | SEGMENT_FIN)) == 0) {
		me->empty_acks++;
		me->repeated_acks += !news;
	}
}

/* RFC 9293 MUST-15: what a SYN without the option means. */
static uint16_t
mss_unsaid(const struct plan *p)
{
	return p->ipv6 ? 1220 : 536;
}

static uint32_t
mss_allowed(const struct host *h, const struct watch_side *me)
{
	const struct plan *p = &h->world->plan;
	uint32_t own = p->hosts[h->index].tcp.mss_max - (p->ipv6 ? 20u : 0u);
	uint32_t least = own < me->peer_mss ? own : me->peer_mss;

	return least > MSS_LEAST ? least : MSS_LEAST;
}

/* How far its sender has come: `from` is where the segment begins. */
static void
note_end(struct watch_side *me, uint32_t from, const struct wire_segment *s)
{
	uint32_t end = from + s->length + ((s->flags & (SEGMENT_FIN | SEGMENT_SYN)) != 0);

	if ((int32_t)(end - me->end) > 0)
		me->end = end;
}

static void
check_place(struct host *h, struct flow *f, unsigned side, const struct wire_segment *s)
{
	struct watch_side *me = &f->sides[side];
	uint32_t end = s->seq - f->now.iss[side] + s->length;

	if (s->length > 1 && (int32_t)(end - me->heard_edge) > 0)
		world_fail(h->world, "flow %td, side %u: sends to %u, past the window's %u",
		    f - h->world->flows, side, end, me->heard_edge);
	if (s->length > 0 && s->head - 20 + s->length > mss_allowed(h, me))
		world_fail(h->world, "flow %td, side %u: %u bytes with options, MSS is %u",
		    f - h->world->flows, side, s->head - 20 + s->length, mss_allowed(h, me));
	if ((s->flags & SEGMENT_FIN) != 0 && !me->has_fin) {
		me->has_fin = true;
		me->fin = end;
	}
	if (me->has_fin && ((int32_t)(end - (s->flags & SEGMENT_FIN ? 0 : 1) - me->fin) > 0 ||
			       ((s->flags & SEGMENT_FIN) != 0 && end != me->fin)))
		world_fail(h->world,
		    "flow %td, side %u: its FIN was at %u, now something ends at %u",
		    f - h->world->flows, side, me->fin, end);
	note_end(me, s->seq - f->now.iss[side], s);
}

static bool
fits(const struct incarnation *life, const struct watch_side *sides, unsigned side,
    const struct wire_segment *s)
{
	uint32_t seq = s->seq - life->iss[side], ack = s->ack - life->iss[1 - side];

	return life->known[side] && life->known[1 - side] && seq <= sides[side].end &&
	       ((s->flags & SEGMENT_ACK) == 0 || ack <= sides[1 - side].end);
}

static const struct incarnation *
life_of(const struct flow *f, unsigned side, const struct wire_segment *s)
{
	if ((s->flags & SEGMENT_SYN) != 0 && f->now.known[side])
		return s->seq == f->now.iss[side] ? &f->now : &f->before;
	if (f->now.known[side] &&
	    (fits(&f->now, f->sides, side, s) || !fits(&f->before, f->sides_before, side, s)))
		return &f->now;
	return &f->before;
}

void
watch_sent(struct host *h, const struct rte_mbuf *m, const struct wire_segment *s)
{
	unsigned side;
	int at = watch_flow(h, s, &side);
	struct flow *f = at >= 0 ? &h->world->flows[at] : NULL;
	const struct incarnation *life;

	if (f == NULL) {
		world_fail(
		    h->world, "a segment from port %u to %u", s->source_port, s->destination_port);
		return;
	}
	f->sides[side].sent++;
	if (s->flags & SEGMENT_RST)
		return;
	if (s->flags & SEGMENT_SYN)
		place_syn(f, side, s);
	else
		take_up_old(f, side, s);
	if (side == 1 && (s->flags & SEGMENT_SYN) == 0 && fits(&f->now, f->sides, side, s))
		f->foreign = false; /* a cookie to somebody else kept nothing */
	if (side == 1 && (f->foreign || (f->heard_forged_syn && !fits(&f->now, f->sides, 1, s) &&
					    !fits(&f->before, f->sides_before, 1, s))))
		return;
	life = life_of(f, side, s);
	if (!life->known[side] || ((s->flags & SEGMENT_SYN) != 0 && s->seq != life->iss[side]))
		return;
	if (s->length > 0 && life->conn >= 0)
		check_payload(h, life->conn, side, s->seq - life->iss[side] - 1, m, s);
	if (life != &f->now) {
		/* A late copy has opened it once more, by its cookie: it goes on. */
		note_end(&f->sides_before[side], s->seq - life->iss[side], s);
		return;
	}
	if (s->flags & SEGMENT_SYN) {
		f->sides[side].offered_scale = s->has_scale;
		f->sides[side].scale = s->scale;
	}
	if ((s->flags & SEGMENT_ACK) != 0 && f->now.known[1 - side])
		check_ack(h, f, side, s);
	check_place(h, f, side, s);
}

void
watch_heard(struct host *h, const struct flight *flight, const struct wire_segment *s)
{
	unsigned from;
	int at = watch_flow(&h->world->hosts[1 - h->index], s, &from);
	struct flow *f = at >= 0 ? &h->world->flows[at] : NULL;
	struct watch_side *me, *peer;
	uint32_t ack, edge;
	int old;

	if (f == NULL)
		return;
	me = &f->sides[1 - from];
	peer = &f->sides[from];
	me->heard++;
	if (flight->forged) {
		f->heard_forged_syn |= (s->flags & (SEGMENT_SYN | SEGMENT_ACK)) == SEGMENT_SYN;
		return;
	}
	me->heard_empty += s->length == 0 && (s->flags & 7) == 0;
	if (!f->now.known[from] || (s->flags & SEGMENT_RST) != 0)
		return;
	if (s->flags & SEGMENT_SYN) {
		/* Of two SYN-ACKs under way either may be the one that opens; then it is settled.
		 */
		if (s->seq != f->now.iss[from] && (me->end > 1 || find_old(peer, s->seq) < 0))
			return;
		me->peer_mss = s->has_mss ? s->mss : mss_unsaid(&h->world->plan);
		me->heard_scale = s->has_scale;
	}
	ack = s->flags & SEGMENT_ACK ? s->ack - f->now.iss[1 - from] : 1;
	old = find_old(me, s->ack);
	if ((s->flags & SEGMENT_ACK) != 0 && ack > me->end && old >= 0)
		ack = s->ack - me->old[old].iss;
	edge = ack + (s->window << (s->flags & SEGMENT_SYN ? 0 : scale_of(peer)));
	if ((int32_t)(ack - me->end) <= 0 && (int32_t)(edge - me->heard_edge) > 0)
		me->heard_edge = edge;
}

/* What was heard is answered in this turn, unless the way out is narrow: then in one of the next.
 */
static bool
may_be_owed(const struct host *h, const struct watch_side *me)
{
	return h->world->plan.hosts[h->index].way_out > 0 && me->sent == 0;
}

static void
end_turn(struct host *h, struct flow *f, struct watch_side *me)
{
	if (may_be_owed(h, me))
		return;
	if (me->empty_acks > me->heard + 2)
		world_fail(h->world, "flow %td: %u bare ACKs for %u segments", f - h->world->flows,
		    me->empty_acks, me->heard);
	if (me->repeated_acks > 0 && me->heard > 0 && me->heard == me->heard_empty) {
		if (me->idle_acks == 0)
			me->idle_since = h->world->now;
		me->idle_acks += me->repeated_acks;
		if (me->idle_acks >
		    IDLE_ACKS_SPARE +
			(uint64_t)mono_since(h->world->now, me->idle_since).ns / CHALLENGE_NS)
			world_fail(h->world, "flow %td: %u bare ACKs that answer bare ACKs",
			    f - h->world->flows, me->idle_acks);
	}
	me->heard = me->heard_empty = me->empty_acks = me->repeated_acks = me->sent = 0;
}

void
watch_turn(struct host *h)
{
	for (unsigned i = 0; i < h->world->plan.conn_count; i++) {
		const struct plan_conn *c = &h->world->plan.conns[i];
		struct flow *f = &h->world->flows[c->flow];

		end_turn(h, f, &f->sides[c->opener ^ h->index]);
	}
}
