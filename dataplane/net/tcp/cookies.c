/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SYN cookies: when the half-open table is full, a SYN is answered and forgotten. What must be
 * known when the third segment comes is in our initial number, and in the timestamp that the peer
 * echoes.
 *
 *   number     27 bits of a keyed hash | 2 bits of the period | 3 bits: which MSS of the table
 *   timestamp  26 bits of the clock    | ECN | SACK | 4 bits: window scale, 15 for none
 *
 * The hash covers both ends, the peer's number, the period and the MSS, under a key of its own. A
 * cookie is good in its period and the next (30 to 60 s), and none is believed unless one was sent
 * that lately: a flood of ACKs can only be guessed with during a flood of SYNs, one in 2^27 each.
 * Without timestamps there is neither scale nor SACK. What the bits of the timestamp say is only
 * about the peer itself, so they are not signed. A cookie is not sent again (RFC 4987 §3.6).
 *
 * What overtakes the ACK of a cookie, or outlives a lost one, does not match: data, or the bare ACK
 * with which the peer meets a SYN-ACK that came twice. Where its source got a cookie lately it is
 * dropped and not reset, so that what is sent again can still open.
 *
 * A cookie opens once. Nothing in it says that it has: a late copy of the segment that opened would
 * open again once the connection is forgotten, and its bytes be taken twice. So what ends within
 * the life of its cookie leaves a mark, of bits of the hash that the number has no room for, in a
 * bucket of COOKIE_WAYS, the latest first. A mark holds for no other period, which is hashed, too,
 * so none need be taken out. Where more end than there is room for, the oldest mark gives way: then
 * a late copy may open again, but nobody is kept out; by chance, one honest peer in 2^23 is
 * refused.
 */
#include "dataplane/net/tcp/cookies.h"

#define PERIOD_NS  30000000000u
#define SCALE_NONE 15u
#define SACK_BIT   0x10u
#define ECN_BIT    0x20u
#define TS_BITS    0x3fu

/* The largest that is not above the peer's; Ethernet, tunnels, FDDI, jumbo over IPv6 and IPv4. */
static const uint16_t sizes[8] = { 536, 1220, 1360, 1440, 1460, 4312, 8940, 8960 };

struct hashed {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port;
	uint32_t irs;
	uint64_t period;
	uint64_t size;
};

/* What the number and its spent mark are made of. */
static uint64_t
hash_of(const struct tcp *t, const struct tcp_endpoints *e, struct seq irs, uint64_t period,
    unsigned size)
{
	struct hashed h = { .local_port = e->local_port,
		.remote_port = e->remote_port,
		.irs = irs.v,
		.period = period,
		.size = size };

	memcpy(h.local, e->local.bytes, 16);
	memcpy(h.remote, e->remote.bytes, 16);
	return siphash(&t->cookie_key, &h, sizeof(h));
}

static uint32_t
number_of(uint64_t hash, uint64_t period, unsigned size)
{
	return (uint32_t)hash << 5 | (uint32_t)(period & 3) << 3 | size;
}

static uint64_t
period_of(const struct tcp *t)
{
	return t->now.ns / PERIOD_NS;
}

/* Our timestamp, never later than the clock's: what we send afterwards must not look older. */
static uint32_t
pack_timestamp(uint32_t clock, const struct tcp_options *o, bool ecn)
{
	uint32_t bits = (o->has_scale ? o->scale : SCALE_NONE) | (o->sack_ok ? SACK_BIT : 0) |
			(ecn ? ECN_BIT : 0);
	uint32_t v = (clock & ~TS_BITS) | bits;

	return (int32_t)(v - clock) > 0 ? v - TS_BITS - 1 : v;
}

void
cookies_answer(struct tcp *t, const struct segment *s, const struct tcp_endpoints *e, uint8_t scale)
{
	const struct tcp_options *o = &s->options;
	uint16_t mss = tcp_peer_mss(e, o);
	uint32_t window = t->config.receive_window_bytes;
	bool ecn = o->has_ts && handshake_asks_ecn(t, s);
	struct tcp_options ours = { .has_mss = true,
		.mss = tcp_mss_of(t, e),
		.has_ts = o->has_ts,
		.sack_ok = o->has_ts && o->sack_ok,
		.has_scale = o->has_ts && o->has_scale,
		.scale = scale,
		.ts_ecr = o->ts_val };
	uint8_t bytes[OPTION_BYTES_MAX];
	unsigned size = 7;
	uint32_t number;

	while (size > 0 && sizes[size] > mss)
		size--;
	number = number_of(hash_of(t, e, s->seq, period_of(t), size), period_of(t), size);
	ours.ts_val = pack_timestamp(ts_clock(t) + table_ts_offset(t, e), o, ecn);
	tcp_count(t, TCP_COUNTER_SYN_COOKIES_SENT);
	t->cookie_period = period_of(t);
	backlog_note_cookie(t, &e->remote, period_of(t));
	output_stray(t, e, seq_of(number), seq_add(s->seq, 1),
	    (uint8_t)(FLAG_SYN | FLAG_ACK | (ecn ? FLAG_ECE : 0)), window < 65535 ? window : 65535,
	    bytes, options_build_syn(&ours, bytes));
}

/* Whether a number is a cookie of ours that is good now; its hash. */
static bool
find(const struct tcp *t, const struct tcp_endpoints *e, struct seq irs, struct seq iss,
    uint64_t *hash)
{
	for (uint64_t age = 0; age < 2; age++) {
		*hash = hash_of(t, e, irs, period_of(t) - age, iss.v & 7);
		if (number_of(*hash, period_of(t) - age, iss.v & 7) == iss.v)
			return true;
	}
	return false;
}

static uint32_t *
spent_bucket(struct tcp *t, uint64_t hash)
{
	return t->spent_cookies[(hash >> 27) % COOKIE_BUCKETS];
}

/* Never 0, which stands for no mark. */
static uint32_t
spent_mark(uint64_t hash)
{
	uint32_t mark = (uint32_t)(hash >> 32);

	return mark != 0 ? mark : 1;
}

static bool
is_spent(struct tcp *t, uint64_t hash)
{
	const uint32_t *bucket = spent_bucket(t, hash);

	for (unsigned i = 0; i < COOKIE_WAYS; i++) {
		if (bucket[i] == spent_mark(hash))
			return true;
	}
	return false;
}

void
cookies_spend(struct tcp_conn *c)
{
	uint64_t hash;
	uint32_t *bucket;

	if (!find(c->tcp, &c->endpoints, c->irs, c->iss, &hash) || is_spent(c->tcp, hash))
		return;
	bucket = spent_bucket(c->tcp, hash);
	memmove(bucket + 1, bucket, (COOKIE_WAYS - 1) * sizeof(*bucket));
	bucket[0] = spent_mark(hash);
}

bool
cookies_were_spent(struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack)
{
	uint64_t hash;

	return find(t, e, seq_add(seq, -1u), seq_add(ack, -1u), &hash) && is_spent(t, hash);
}

bool
cookies_are_out(const struct tcp *t)
{
	return t->counters[TCP_COUNTER_SYN_COOKIES_SENT] > 0 && period_of(t) - t->cookie_period < 2;
}

bool
cookies_may_follow(struct tcp *t, const struct tcp_endpoints *e)
{
	return cookies_are_out(t) && tcp_is_listening(t, e) &&
	       backlog_had_cookie(t, &e->remote, period_of(t));
}

bool
cookies_match(struct tcp *t, const struct tcp_endpoints *e, struct seq seq, struct seq ack)
{
	uint64_t hash;

	if (!find(t, e, seq_add(seq, -1u), seq_add(ack, -1u), &hash))
		tcp_count(t, TCP_COUNTER_SYN_COOKIES_FAILED);
	else if (is_spent(t, hash))
		tcp_count(t, TCP_COUNTER_SYN_COOKIES_SPENT);
	else
		return true;
	return false;
}

/* What the peer's SYN said, as far as the cookie and the echo of our timestamp remember. */
static struct tcp_options
unpack(const struct segment *s, uint16_t mss)
{
	uint32_t bits = s->options.ts_ecr & TS_BITS;
	struct tcp_options o = { .has_mss = true,
		.mss = mss,
		.has_ts = s->options.has_ts,
		.ts_val = s->options.ts_val };

	if (o.has_ts) {
		o.has_scale = (bits & SCALE_NONE) != SCALE_NONE;
		o.scale = o.has_scale ? bits & SCALE_NONE : 0;
		o.sack_ok = (bits & SACK_BIT) != 0;
	}
	return o;
}

void
cookies_take_over(struct tcp_conn *c)
{
	if (c->use_ts)
		return; /* what the SYN asked for is what the cookie offered */
	c->use_sack = c->use_ecn = false;
	c->snd_scale = c->rcv_scale = 0;
	tcp_forgo_scale(c);
}

struct tcp_conn *
cookies_open(struct tcp *t, const struct segment *s, const struct tcp_endpoints *e)
{
	struct seq iss = seq_add(s->ack, -1u), irs = seq_add(s->seq, -1u);
	struct tcp_options o = unpack(s, sizes[iss.v & 7]);
	struct tcp_conn *c = backlog_make_room(t, e) ? table_add(t, e) : NULL;

	if (c == NULL)
		return NULL;
	tcp_count(t, TCP_COUNTER_SYN_COOKIES_RECV);
	tcp_conn_init(c);
	handshake_take_syn(c, irs, &o);
	c->use_ecn = t->config.ecn != TCP_ECN_OFF && o.has_ts && (s->options.ts_ecr & ECN_BIT) != 0;
	c->iss = c->snd_una = iss;
	c->snd_nxt = s->ack;
	c->by_cookie = true;
	c->rcv_adv = seq_add(c->rcv_nxt, c->window_limit < 65535 ? c->window_limit : 65535);
	c->state = TCP_SYN_RECEIVED;
	backlog_join(c);
	backlog_half_open(c);
	return c;
}
