/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Takes back what a recovery cost that repaired nothing: the path had put segments in another
 * order. The proofs: the echo (Eifel, RFC 3522), an ACK that covers all that was sent again and
 * answers something older than the first of it; DSACKs (RFC 3708), every byte that was sent again
 * is told to have arrived twice; or nothing was sent again, as a later ACK of the same turn told of
 * what had counted as lost. Then the windows are what they were (RFC 4015), and RACK knows that the
 * path reorders: what else counts as lost, and was not sent again yet, it judges anew. DSACKs come
 * a round trip late, often after the recovery: the chance stays until the next reduction. What a
 * peer can gain by a lie is the window it had.
 */
#include "dataplane/net/tcp/conn.h"

void
undo_begin(struct tcp_conn *c)
{
	c->undo = (struct undo){ .possible = true, .by_echo = c->use_ts };
}

void
undo_forget(struct tcp_conn *c)
{
	c->undo.possible = false;
}

void
undo_note_resent(struct tcp_conn *c, struct seq start, struct seq end)
{
	struct undo *u = &c->undo;

	if (!u->possible || !c->in_recovery)
		return;
	if (u->resent_bytes == 0) {
		u->first = start;
		u->end = end;
		u->ts_val = ts_clock(c->tcp) + c->ts_offset;
	}
	u->first = seq_earlier(u->first, start);
	u->end = seq_later(u->end, end);
	u->resent_bytes += (uint32_t)seq_diff(end, start);
	u->unproved_bytes += (uint32_t)seq_diff(end, start);
}

/* RFC 3522 §3.2: does it answer what was sent before all that was sent again? */
static bool
echo_proves(struct tcp_conn *c, const struct segment *s)
{
	struct undo *u = &c->undo;

	if (!u->by_echo || !s->options.has_ts)
		return false;
	if ((int32_t)(s->options.ts_ecr - u->ts_val) >= 0) {
		u->by_echo =
		    seq_before(c->snd_una, u->first); /* something sent again was missing */
		return false;
	}
	return !seq_before(c->snd_una, u->end);
}

static void
take_dsack(struct undo *u, struct seq_range twice)
{
	uint32_t bytes;

	if (!seq_before(twice.start, u->end) || !seq_after(twice.end, u->first))
		return;
	bytes = (uint32_t)seq_diff(twice.end, twice.start);
	u->unproved_bytes -= bytes < u->unproved_bytes ? bytes : u->unproved_bytes;
}

void
undo_take_ack(struct tcp_conn *c, const struct segment *s, bool advances, bool dsack)
{
	bool proved;

	if (!c->undo.possible)
		return;
	if (dsack)
		take_dsack(&c->undo, s->options.sacks[0]);
	/* Where nothing was sent again yet, what counted as lost came by itself: no longer lost. */
	proved = c->undo.resent_bytes > 0 ? c->undo.unproved_bytes == 0 : c->lost_bytes == 0;
	if (advances && c->undo.resent_bytes > 0 && echo_proves(c, s))
		proved = true;
	if (!proved || (c->lost_bytes > 0 && !(c->in_recovery && c->use_sack)))
		return;
	undo_forget(c);
	tcp_count(c->tcp, TCP_COUNTER_SPURIOUS_RECOVERIES);
	congestion_undo(&c->congestion);
	c->rack.reorders = true;
	c->in_recovery = c->cwr_due = false;
	scoreboard_doubt_losses(c);
}
