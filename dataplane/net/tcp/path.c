/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What segments a path takes. A router says what is too big (RFC 8201), or eats it without a word:
 * then the third timeout in a row tries smaller ones (RFC 4821 §7.7). What was learned of an
 * address is kept for the connections after this one, or each would wait as long: ten minutes what
 * was told, one what was guessed, as a path that was down for a while looks alike. The table is
 * small: addresses that hash alike take each other's place.
 *
 * After as long a connection itself tries the next larger size (RFC 4821 §7, RFC 8899's raise
 * timer), by one segment of its data that is so much larger: acknowledged, it is the size from then
 * on, and the next larger is tried at once; sent again, it said no, and ten minutes pass. A probe
 * that alone is lost is no congestion (RFC 4821 §3), and only SACK tells that it is alone: without,
 * segments do not grow again.
 */
#include "dataplane/net/tcp/conn.h"

static unsigned
option_bytes(const struct tcp_conn *c)
{
	return c->use_ts ? TS_OPTION_BYTES : 0;
}

static struct path *
place_of(struct tcp *t, const struct ip_address *remote)
{
	return &t->paths[siphash(&t->flow_key, remote->bytes, sizeof(remote->bytes)) % PATHS];
}

/* What is known of the path to this address; NULL: nothing. */
static struct path *
find(struct tcp *t, const struct ip_address *remote)
{
	struct path *p;

	if (!mono_before(t->now, t->paths_until))
		return NULL;
	p = place_of(t, remote);
	return mono_before(t->now, p->until) && address_equal(&p->address, remote) ? p : NULL;
}

void
path_begin(struct tcp_conn *c, uint16_t mss)
{
	const struct path *p = find(c->tcp, &c->endpoints.remote);

	c->mss_most = mss;
	c->mss_is_low = p != NULL && p->mss < mss;
	if (c->mss_is_low) {
		mss = p->mss;
		c->mtu_raise_at = p->until;
	}
	c->mss = (uint16_t)(mss - option_bytes(c));
}

/* So long a size is believed that was guessed. */
static struct duration
guess_memory(const struct tcp *t)
{
	return nanoseconds(t->config.path_memory.ns / PATH_GUESS_SHARE);
}

static void
remember(struct tcp_conn *c, struct duration memory)
{
	struct tcp *t = c->tcp;
	struct path *p = place_of(t, &c->endpoints.remote);

	p->address = c->endpoints.remote;
	p->mss = (uint16_t)(c->mss + option_bytes(c));
	p->until = mono_add(t->now, memory);
	if (mono_before(t->paths_until, p->until))
		t->paths_until = p->until;
}

/* `mss` as the option has it. */
static void
lower(struct tcp_conn *c, uint32_t mss, struct duration memory)
{
	c->mss = (uint16_t)(mss - option_bytes(c));
	c->mss_is_low = true;
	c->mtu_raise_at = mono_add(c->tcp->now, memory);
	congestion_set_mss(&c->congestion, c->mss);
}

void
tcp_icmp(struct tcp *t, const struct tcp_endpoints *endpoints, uint32_t quoted_seq,
    bool unreachable, uint32_t mtu)
{
	struct tcp_conn *c = table_find(t, endpoints);
	uint32_t head = address_is_v4(&endpoints->local) ? 40 : 60;

	/* RFC 5927 §4: the quoted number must be one that flies. Hard errors are soft once open. */
	if (c == NULL || seq_before(seq_of(quoted_seq), c->snd_una) ||
	    !seq_before(seq_of(quoted_seq), c->snd_nxt))
		return;
	if (mtu != 0 && mono_before(t->now, c->mtu_lower_at))
		return; /* what is too big still is told of again when it goes again */
	if (mtu != 0 && mtu >= head + MSS_FLOOR && mtu - head < c->mss + option_bytes(c)) {
		c->mtu_lower_at = mono_add(t->now, milliseconds(MTU_LOWER_MS));
		lower(c, mtu - head, t->config.path_memory);
		remember(c, t->config.path_memory);
		recovery_resend_all(c);
		output_schedule(c);
	} else if (unreachable && c->state == TCP_SYN_SENT) {
		conn_end(c);
	}
}

/* Ethernet's size, a tunnel's or two, the least; 0 ends them. */
static const uint16_t *
usual_sizes(const struct tcp_conn *c)
{
	static const uint16_t v4[] = { 1460, 1024, MSS_FLOOR, 0 }, v6[] = { 1440, 1220, 0 };

	return address_is_v4(&c->endpoints.local) ? v4 : v6;
}

/* The next usual size that is smaller than the first segment that flies. 0: there is none. */
static uint32_t
next_smaller(const struct tcp_conn *c)
{
	uint32_t first = in_flight(c) < c->mss ? in_flight(c) : c->mss;
	const uint16_t *size = usual_sizes(c);

	while (*size != 0 && *size >= first + option_bytes(c))
		size++;
	return *size;
}

/* The next one above the size we have, or all that both sides take. */
static uint32_t
next_larger(const struct tcp_conn *c)
{
	uint32_t larger = c->mss_most;

	for (const uint16_t *size = usual_sizes(c); *size > c->mss + option_bytes(c); size++) {
		if (*size < larger)
			larger = *size;
	}
	return larger;
}

void
path_take_timeout(struct tcp_conn *c)
{
	uint32_t smaller = next_smaller(c);

	if (c->backoff + 1 < BLACK_HOLE_TIMEOUTS || smaller == 0)
		return;
	tcp_count(c->tcp, TCP_COUNTER_BLACK_HOLES);
	lower(c, smaller, guess_memory(c->tcp));
	c->mss_is_tried = true;
}

static struct seq
probe_end(const struct tcp_conn *c)
{
	return seq_add(c->mtu_probe, c->mtu_probe_bytes);
}

/* A segment of that size arrived. */
static void
grow(struct tcp_conn *c)
{
	struct path *p = find(c->tcp, &c->endpoints.remote);

	c->mss = c->mtu_probe_bytes;
	c->mtu_probe_bytes = 0;
	c->mss_is_low = c->mss + option_bytes(c) < c->mss_most;
	congestion_set_mss(&c->congestion, c->mss);
	tcp_count(c->tcp, TCP_COUNTER_MTU_RAISED);
	if (p != NULL && p->mss < c->mss + option_bytes(c))
		p->mss = (uint16_t)(c->mss + option_bytes(c));
}

void
path_take_ack(struct tcp_conn *c)
{
	if (c->mss_is_tried)
		remember(c, guess_memory(c->tcp));
	c->mss_is_tried = false;
	if (c->mtu_probe_bytes != 0 && !seq_before(c->snd_una, probe_end(c)))
		grow(c);
}

/*
 * Only where all goes well, and where enough follows for its loss to be told by SACK instead of a
 * timeout (RFC 4821 §7.4).
 */
uint32_t
path_probe(const struct tcp_conn *c)
{
	uint32_t bytes = next_larger(c) - option_bytes(c), all = bytes + DUP_THRESHOLD * c->mss;
	uint32_t flight = in_flight(c), pipe = recovery_pipe(c), cwnd = c->congestion.cwnd;

	if (mono_before(c->tcp->now, c->mtu_raise_at) || c->mtu_probe_bytes != 0 || !c->use_sack ||
	    c->in_recovery || c->in_loss || c->reducing || c->sacked_bytes + c->lost_bytes > 0)
		return 0;
	return c->snd.bytes >= flight + all && c->snd_wnd >= flight + all && cwnd >= all &&
		       cwnd >= pipe + bytes
		   ? bytes
		   : 0;
}

void
path_probe_sent(struct tcp_conn *c, struct seq start, uint32_t bytes)
{
	c->mtu_probe = start;
	c->mtu_probe_bytes = (uint16_t)bytes;
}

void
path_resent(struct tcp_conn *c, struct seq start, struct seq end)
{
	if (c->mtu_probe_bytes == 0 || !seq_before(start, probe_end(c)) ||
	    !seq_after(end, c->mtu_probe))
		return;
	c->mtu_probe_bytes = 0;
	c->mtu_raise_at = mono_add(c->tcp->now, c->tcp->config.path_memory);
}

bool
path_alone_is_lost(const struct tcp_conn *c)
{
	return c->mtu_probe_bytes != 0 &&
	       scoreboard_lost_lies_in(c, (struct seq_range){ c->mtu_probe, probe_end(c) });
}
