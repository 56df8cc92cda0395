/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/dataplane/net/link/wire.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

const uint8_t wire_our_mac[6] = { 2, 0, 0, 0, 0, 2 }, wire_peer_mac[6] = { 2, 0, 0, 0, 0, 1 };
const uint8_t wire_us4[4] = { 192, 0, 2, 2 }, wire_peer4[4] = { 192, 0, 2, 1 };
const uint8_t wire_us6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 2 };
const uint8_t wire_peer6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };

int
harness_setup(void)
{
	return sim_eal_init();
}

static void
keep_sent(void *arg, struct rte_mbuf *frame)
{
	struct link_wire *w = arg;

	if (w->sent_count == WIRE_SENT_MAX)
		abort();
	w->sent[w->sent_count++] = frame;
}

static void
no_random(void *arg, void *out, size_t bytes)
{
	(void)arg;
	memset(out, 7, bytes);
}

static void
learn_peer(struct link_wire *w)
{
	uint8_t arp[46] = { 0 }, na[86] = { 0 }, message[32] = { 136, 0, 0, 0, 0x60 };
	size_t n;

	memcpy(arp, wire_our_mac, 6);
	memcpy(arp + 6, wire_peer_mac, 6);
	memcpy(arp + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10);
	memcpy(arp + 22, wire_peer_mac, 6);
	memcpy(arp + 28, wire_peer4, 4);
	memcpy(arp + 38, wire_us4, 4);
	wire_give(w, arp, sizeof(arp));
	message[0] = 135;
	message[4] = 0;
	memcpy(message + 8, wire_us6, 16);
	memcpy(message + 24, "\1\1", 2);
	memcpy(message + 26, wire_peer_mac, 6);
	n = wire_icmp6(na, wire_peer6, wire_us6, message, sizeof(message));
	wire_give_ip(w, na, n);
	wire_forget_sent(w);
}

struct link_wire *
wire_create(void (*tweak)(struct link_config *c))
{
	struct link_wire *w = calloc(1, sizeof(*w));
	struct link_config c = {
		.vlan = LINK_VLAN_NONE, .mtu = 1500, .address_count = 2, .leads = true
	};
	struct link_env env = { w, keep_sent, no_random, *sim_pools() };

	memcpy(c.mac, wire_our_mac, 6);
	c.addresses[0].subnet = (struct ip_subnet){ address_v4(wire_us4), 120 };
	c.addresses[1].subnet = (struct ip_subnet){ address_v6(wire_us6), 64 };
	if (tweak != NULL)
		tweak(&c);
	w->now.ns = 1000000000;
	w->link = link_create(&c, &env);
	if (w->link == NULL)
		abort();
	link_begin(w->link, w->now);
	if (tweak == NULL)
		learn_peer(w);
	return w;
}

void
wire_forget_sent(struct link_wire *w)
{
	for (unsigned i = 0; i < w->sent_count; i++)
		rte_pktmbuf_free(w->sent[i]);
	w->sent_count = 0;
}

bool
wire_destroy(struct link_wire *w)
{
	wire_forget_sent(w);
	link_destroy(w->link);
	free(w);
	return sim_pools_used() == 0;
}

void
wire_pass(struct link_wire *w, struct duration d)
{
	for (int64_t ns = 0; ns < d.ns; ns += 100000000) {
		w->now = mono_add(w->now, milliseconds(100));
		link_begin(w->link, w->now);
		link_run_timers(w->link);
	}
}

enum link_result
wire_give(struct link_wire *w, const uint8_t *frame, size_t bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);

	if (m == NULL || bytes > rte_pktmbuf_tailroom(m))
		abort();
	memcpy(rte_pktmbuf_append(m, (uint16_t)bytes), frame, bytes);
	return link_input(w->link, m, &w->packet);
}

enum link_result
wire_give_ip(struct link_wire *w, const uint8_t *packet, size_t bytes)
{
	uint8_t frame[2048];

	memcpy(frame, wire_our_mac, 6);
	memcpy(frame + 6, wire_peer_mac, 6);
	memcpy(frame + 12, packet[0] >> 4 == 4 ? "\x08\0" : "\x86\xdd", 2);
	memcpy(frame + 14, packet, bytes);
	return wire_give(w, frame, bytes + 14 < 60 ? 60 : bytes + 14); /* Ethernet pads */
}

uint64_t
wire_count(const struct link_wire *w, enum link_counter which)
{
	return link_counters(w->link)[which];
}

const uint8_t *
wire_sent_ip(const struct link_wire *w, unsigned i, size_t *bytes)
{
	static uint8_t flat[4][16384];
	static unsigned next;
	uint8_t *out = flat[next++ % 4];

	if (i >= w->sent_count)
		abort();
	*bytes = w->sent[i]->pkt_len - 14;
	return rte_pktmbuf_read(w->sent[i], 14, (uint32_t)*bytes, out);
}

uint16_t
wire_sum(const void *bytes, size_t count, uint32_t start)
{
	const uint8_t *p = bytes;
	uint64_t sum = start;

	for (size_t i = 0; i < count; i++)
		sum += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
put16(uint8_t *at, unsigned n)
{
	at[0] = (uint8_t)(n >> 8);
	at[1] = (uint8_t)n;
}

size_t
wire_ip4(
    uint8_t *out, uint8_t protocol, uint16_t id, uint16_t where, const void *payload, size_t bytes)
{
	memset(out, 0, 20);
	out[0] = 0x45;
	put16(out + 2, (unsigned)(20 + bytes));
	put16(out + 4, id);
	put16(out + 6, where);
	out[8] = 64;
	out[9] = protocol;
	memcpy(out + 12, wire_peer4, 4);
	memcpy(out + 16, wire_us4, 4);
	put16(out + 10, wire_sum(out, 20, 0));
	memcpy(out + 20, payload, bytes);
	return 20 + bytes;
}

size_t
wire_ip6(uint8_t *out, uint8_t next, const void *payload, size_t bytes)
{
	memset(out, 0, 40);
	out[0] = 0x60;
	put16(out + 4, (unsigned)bytes);
	out[6] = next;
	out[7] = 255;
	memcpy(out + 8, wire_peer6, 16);
	memcpy(out + 24, wire_us6, 16);
	memcpy(out + 40, payload, bytes);
	return 40 + bytes;
}

size_t
wire_icmp6(uint8_t *out, const uint8_t source[16], const uint8_t destination[16], uint8_t *message,
    size_t bytes)
{
	uint8_t pseudo[40] = { 0 };

	memcpy(pseudo, source, 16);
	memcpy(pseudo + 16, destination, 16);
	put16(pseudo + 34, (unsigned)bytes);
	pseudo[39] = 58;
	put16(message + 2, 0);
	put16(
	    message + 2, wire_sum(message, bytes, (uint16_t)~wire_sum(pseudo, sizeof(pseudo), 0)));
	bytes = wire_ip6(out, 58, message, bytes);
	memcpy(out + 8, source, 16);
	memcpy(out + 24, destination, 16);
	return bytes;
}
