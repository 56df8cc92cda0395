/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What segments a path takes. A router says what is too big (RFC 8201), or eats it without a word:
 * then the third timeout in a row tries smaller ones (RFC 4821 §7.7). What was learned of an
 * address is kept for the connections after this one, or each would wait as long: ten minutes what
 * was told, one what was guessed, as a path that was down for a while looks alike. The table is
 * small: addresses that hash alike take each other's place. A connection's segments do not grow
 * again.
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

uint16_t
path_mss(struct tcp *t, const struct ip_address *remote)
{
	const struct path *p;

	if (!mono_before(t->now, t->paths_until))
		return UINT16_MAX;
	p = place_of(t, remote);
	return mono_before(t->now, p->until) && address_equal(&p->address, remote) ? p->mss
										   : UINT16_MAX;
}

static void
remember(struct tcp_conn *c, uint32_t ms)
{
	struct tcp *t = c->tcp;
	struct path *p = place_of(t, &c->endpoints.remote);

	p->address = c->endpoints.remote;
	p->mss = (uint16_t)(c->mss + option_bytes(c));
	p->until = mono_add(t->now, milliseconds(ms));
	if (mono_before(t->paths_until, p->until))
		t->paths_until = p->until;
}

/* `mss` as the option has it. */
static void
lower(struct tcp_conn *c, uint32_t mss)
{
	c->mss = (uint16_t)(mss - option_bytes(c));
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
		lower(c, mtu - head);
		remember(c, PATH_MS);
		recovery_resend_all(c);
		output_schedule(c);
	} else if (unreachable && c->state == TCP_SYN_SENT) {
		conn_end(c);
	}
}

/*
 * The next of usual sizes, Ethernet's, a tunnel's or two, the least, that is smaller than the first
 * segment that flies. 0: there is none.
 */
static uint32_t
next_smaller(const struct tcp_conn *c)
{
	uint32_t first = in_flight(c) < c->mss ? in_flight(c) : c->mss;
	static const uint16_t v4[] = { 1460, 1024, MSS_FLOOR }, v6[] = { 1440, 1220 };
	bool is_v4 = address_is_v4(&c->endpoints.local);
	const uint16_t *sizes = is_v4 ? v4 : v6;
	unsigned count = is_v4 ? sizeof(v4) / sizeof(v4[0]) : sizeof(v6) / sizeof(v6[0]);

	for (unsigned i = 0; i < count; i++) {
		if (sizes[i] < first + option_bytes(c))
			return sizes[i];
	}
	return 0;
}

void
path_take_timeout(struct tcp_conn *c)
{
	uint32_t smaller = next_smaller(c);

	if (c->backoff + 1 < BLACK_HOLE_TIMEOUTS || smaller == 0)
		return;
	tcp_count(c->tcp, TCP_COUNTER_BLACK_HOLES);
	lower(c, smaller);
	c->mss_is_tried = true;
}

void
path_proved(struct tcp_conn *c)
{
	if (c->mss_is_tried)
		remember(c, PATH_GUESS_MS);
	c->mss_is_tried = false;
}
