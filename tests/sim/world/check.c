/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold of a world: after each turn of a host its stack's invariants, and no more buffers
 * than its queues account for; after each step, progress where nothing stands in its way; at the
 * end, that everything was delivered and is forgotten.
 */
#include "tests/sim/world/world.h"

#define STALL_SECONDS 140  /* an RTO and a persist timer at their longest, and a little */
#define REST_SECONDS  3000 /* when all is calm, the longest that anything may take */

#define BUFFERS_EVERY 16 /* turns: counting a pool costs more than a turn */
/* Received bytes: two buffers in a row hold more than 256, but for a few. */
#define BYTES_PER_BUFFER 128
#define RUN_BUFFERS      64 /* what 32 runs may begin and end with */

/* What an application's send queue may hold: it is filled by pieces as its plan says. */
static uint64_t
send_buffers(const struct user *u, const struct plan_host *h)
{
	uint64_t most = (uint64_t)h->tcp.send_queue_bytes + u->plan->write_bytes;

	if (most > u->written)
		most = u->written;
	return most / u->plan->write_bytes + most / 1900 + 4;
}

/* Of connections without a user only what they may hold at most is known. */
static uint64_t
buffers_allowed(const struct host *h)
{
	const struct world *w = h->world;
	const struct plan_host *plan = &w->plan.hosts[h->index];
	uint64_t allowed = 0;
	uint32_t others = tcp_connection_count(h->tcp);
	struct tcp_info info;

	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		const struct user *u = &w->users[i][w->plan.conns[i].opener ^ h->index];

		allowed += send_buffers(u, plan);
		if (u->tcp == NULL)
			continue;
		others--;
		tcp_info(u->tcp, &info);
		allowed += (info.receive_queue_bytes + info.out_of_order_bytes) / BYTES_PER_BUFFER +
			   RUN_BUFFERS;
	}
	return allowed +
	       (uint64_t)others * (plan->tcp.receive_window_bytes / BYTES_PER_BUFFER + RUN_BUFFERS);
}

static void
check_buffers(struct host *h)
{
	struct world *w = h->world;
	uint64_t used = rte_mempool_in_use_count(h->pools.data);

	for (unsigned i = 0; i < w->plan.drought_count; i++) {
		if (w->held[i] != NULL && w->plan.droughts[i].host == h->index)
			return; /* the drought holds them */
	}
	if (used > buffers_allowed(h))
		world_fail(w, "host %u: %llu buffers are out, %llu are accounted for", h->index,
		    (unsigned long long)used, (unsigned long long)buffers_allowed(h));
}

void
check_turn(struct host *h)
{
	const char *broken = tcp_broken_invariant(h->tcp);

	if (broken != NULL)
		world_fail(h->world, "host %u: broken: %s", h->index, broken);
	watch_turn(h);
	if (h->world->turns % BUFFERS_EVERY == 0)
		check_buffers(h);
}

/*
 * What acknowledges a cookie or a SYN-ACK that is not sent often may be lost, and then one side is
 * open and the other knows nothing of it (RFC 4987 §3.6). Not on a calm link.
 */
static bool
is_forgotten_half_open(const struct world *w, unsigned conn)
{
	const struct user *u = w->users[conn];

	return plan_has_cookies(&w->plan, u[1].host) && u[0].opened && !u[1].opened &&
	       u[0].since.ns < world_time(w, w->plan.calm_at).ns;
}

/* Both sides did all that their plans say, as far as neither was cut short for a reason. */
static bool
is_excused(const struct world *w, unsigned conn)
{
	const struct user *u = w->users[conn];

	return w->plan.may_time_out || is_forgotten_half_open(w, conn) || u[0].aborted ||
	       u[1].aborted || u[0].dropped || u[1].dropped || u[0].discards || u[1].discards;
}

static bool
is_over(const struct world *w, unsigned conn)
{
	return w->users[conn][0].released &&
	       (w->users[conn][1].released || !w->users[conn][1].opened);
}

/* A way that loses nothing, applications that wait for nothing, and yet nothing moves. */
void
check_progress(struct world *w)
{
	struct mono calm = world_time(w, w->plan.calm_at);

	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		struct user *u = w->users[i];
		struct mono last = w->progress_at[i].ns > calm.ns ? w->progress_at[i] : calm;

		if (!u[0].started || is_over(w, i) || is_excused(w, i))
			continue;
		if (user_wakes_at(&u[0]).ns != MONO_NEVER.ns ||
		    user_wakes_at(&u[1]).ns != MONO_NEVER.ns)
			w->progress_at[i] = w->now;
		else if (w->now.ns > last.ns + (uint64_t)seconds(STALL_SECONDS).ns)
			world_fail(w,
			    "connection %u: no progress for %d s (%llu of %llu, %llu of %llu "
			    "bytes)",
			    i, STALL_SECONDS, (unsigned long long)u[1].received,
			    (unsigned long long)u[0].written, (unsigned long long)u[0].received,
			    (unsigned long long)u[1].written);
	}
	if (w->turns > WORLD_TURNS_MAX || w->now.ns > calm.ns + (uint64_t)seconds(REST_SECONDS).ns)
		world_fail(w, "does not come to rest (%llu turns)", (unsigned long long)w->turns);
}

/*
 * Nothing will happen any more. Who waits for a peer that is gone without a word (its RST was lost,
 * and keepalive is off) gives up; without such a reason nobody may be left waiting.
 */
bool
check_waiting(struct world *w)
{
	bool gave_up = false;

	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		struct user *u = w->users[i];

		if (u[0].tcp == NULL && u[1].tcp == NULL)
			continue;
		if (!is_excused(w, i))
			world_fail(w, "connection %u: waits for ever", i);
		for (unsigned side = 0; side < 2; side++) {
			tcp_begin(
			    w->hosts[u[side].host].tcp, world_host_time(&w->hosts[u[side].host]));
			user_give_up(&u[side]);
		}
		gave_up = true;
	}
	return gave_up;
}

/* What one side wrote reached the other whole, and its FIN, unless somebody cut it short. */
static void
check_delivery(struct world *w, unsigned conn, unsigned from)
{
	const struct user *writer = &w->users[conn][from], *reader = &w->users[conn][1 - from];
	bool reads_on =
	    reader->plan->ending != PLAN_LET_GO && !reader->dropped && !reader->discards;

	if (w->plan.may_time_out || writer->aborted || reader->aborted || !reads_on ||
	    is_forgotten_half_open(w, conn))
		return;
	if (writer->dropped && (!writer->opened || !reader->opened))
		return; /* a SYN that is let go of is forgotten without a word */
	if (reader->received != writer->written)
		world_fail(w, "connection %u: side %u read %llu of %llu bytes", conn, 1 - from,
		    (unsigned long long)reader->received, (unsigned long long)writer->written);
	if (!reader->saw_close)
		world_fail(w, "connection %u: side %u saw no FIN", conn, 1 - from);
	if (!writer->dropped && !reader->dropped && writer->written != writer->plan->bytes)
		world_fail(w, "connection %u: side %u wrote %llu of %u bytes", conn, from,
		    (unsigned long long)writer->written, writer->plan->bytes);
}

void
check_end(struct world *w)
{
	for (unsigned i = 0; i < w->plan.conn_count; i++) {
		if (!w->users[i][0].started || w->skipped[i])
			continue;
		check_delivery(w, i, 0);
		check_delivery(w, i, 1);
	}
	for (unsigned i = 0; i < 2; i++) {
		if (tcp_connection_count(w->hosts[i].tcp) != 0)
			world_fail(w, "host %u: %u connections were not forgotten", i,
			    tcp_connection_count(w->hosts[i].tcp));
	}
}
