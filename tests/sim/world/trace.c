/* SPDX-License-Identifier: BSD-3-Clause */
/* One line an event, for a person who replays a seed. */
#include "tests/sim/world/world.h"

double
world_seconds(const struct world *w)
{
	return (double)mono_since(w->now, w->start).ns / 1e9;
}

static uint32_t
relative(const struct flow *f, unsigned side, uint32_t number)
{
	return f->now.known[side] ? number - f->now.iss[side] : number;
}

void
trace_segment(const struct world *w, unsigned from, const char *how, const struct wire_segment *s)
{
	static const char names[] = "FSRP.U";
	char flags[8];
	unsigned n = 0, side = 0;
	int flow = watch_flow(&w->hosts[from], s, &side);
	const struct flow *f = flow >= 0 ? &w->flows[flow] : NULL;
	uint32_t seq = f != NULL ? relative(f, side, s->seq) : s->seq;

	if (w->trace == NULL)
		return;
	for (unsigned i = 0; i < 6; i++) {
		if (s->flags >> i & 1)
			flags[n++] = names[i];
	}
	flags[n] = '\0';
	fprintf(w->trace, "%12.6f %u%c%u flow %d %-3s %u:%u(%u)", world_seconds(w), from,
	    how[0] == '<' ? '>' : '-', 1 - from, flow, flags, seq, seq + s->length, s->length);
	if (s->flags & SEGMENT_ACK)
		fprintf(w->trace, " ack %u", f != NULL ? relative(f, 1 - side, s->ack) : s->ack);
	fprintf(w->trace, " win %u", s->window);
	if (s->has_ts)
		fprintf(w->trace, " ts %u ecr %u", s->ts_val, s->ts_ecr);
	for (unsigned i = 0; i < s->sack_count; i++)
		fprintf(w->trace, " sack %u:%u",
		    f != NULL ? relative(f, 1 - side, s->sacks[i][0]) : s->sacks[i][0],
		    f != NULL ? relative(f, 1 - side, s->sacks[i][1]) : s->sacks[i][1]);
	fprintf(w->trace, "%s%s%s %s\n", s->has_mss ? " mss" : "", s->has_scale ? " wscale" : "",
	    s->sack_ok ? " sackOK" : "", how);
}

void
trace_user(const struct user *u, const char *what)
{
	const struct world *w = u->world;

	if (w->trace == NULL)
		return;
	fprintf(w->trace, "%12.6f host %u connection %u side %u %s: wrote %llu, read %llu%s\n",
	    world_seconds(w), u->host, u->conn, u->side, what, (unsigned long long)u->written,
	    (unsigned long long)u->received, u->saw_close ? ", saw close" : "");
}
