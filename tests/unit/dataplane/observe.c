/* SPDX-License-Identifier: BSD-3-Clause */
/* What a core shows: lists over many turns and through a narrow ring, captures with their filters
 * and losses, flights within their rate; and that all of it ends with control. */
#include "dataplane/observe.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_tcp.h>

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

int
harness_setup(void)
{
	return sim_eal_init();
}

struct rig {
	struct region *dataplane, *control;
	struct channel_core *reader;
	struct tcp *tcp;
	struct observer o;
	struct mono now;
	uint64_t beat;
	uint32_t iss; /* of our last SYN */
};

static void
transmit(void *arg, struct rte_mbuf *m, const struct ip_address *source,
    const struct ip_address *destination, uint8_t ecn)
{
	const struct rte_tcp_hdr *h = rte_pktmbuf_mtod(m, const struct rte_tcp_hdr *);
	struct rig *r = arg;

	(void)source;
	(void)destination;
	(void)ecn;
	if (h->tcp_flags & RTE_TCP_SYN_FLAG)
		r->iss = ntohl(h->sent_seq);
	rte_pktmbuf_free(m);
}

static void
not_random(void *arg, void *out, size_t bytes)
{
	(void)arg;
	memset(out, 7, bytes);
}

static void
open_rig(struct rig *r, uint32_t slots, uint32_t connections)
{
	struct region_shape shape = { .cores = 1,
		.notices = 4,
		.records = 4,
		.commands = 4,
		.arena_blocks = 1,
		.observations = slots };
	struct tcp_config config = {
		.connections_max = connections, .time_wait_max = 8, .checksum_offload_rx = true
	};
	struct tcp_env env = { r, transmit, not_random, *sim_pools() };

	memset(r, 0, sizeof(*r));
	CHECK(region_create(&shape, &r->dataplane) == 0);
	CHECK(region_attach(dup(region_fd(r->dataplane)), &r->control) == 0);
	r->reader = region_core(r->control, 0);
	r->tcp = tcp_create(&config, &env);
	CHECK(r->tcp != NULL);
	r->now = (struct mono){ 1000000000000u };
	r->beat = r->now.ns;
	tcp_begin(r->tcp, r->now);
	observer_init(&r->o, region_core(r->dataplane, 0), r->tcp);
}

static void
close_rig(struct rig *r)
{
	tcp_destroy(r->tcp);
	region_close(r->control);
	region_close(r->dataplane);
	CHECK(sim_pools_used() == 0);
}

static unsigned
turn(struct rig *r)
{
	return observer_turn(&r->o, r->now, 5000, r->beat);
}

static void
ask(struct rig *r, uint32_t kind, struct observe_request request)
{
	struct command c = { .kind = kind, .observe = request };

	observer_command(&r->o, &c);
}

/* SYN-SENT is as good a connection as any. Peers are 10.0.x.y. */
static struct tcp_conn *
connect_one(struct rig *r, uint32_t n)
{
	struct tcp_endpoints e = { .local = address_v4((uint8_t[4]){ 192, 0, 2, 1 }),
		.remote = address_v4((uint8_t[4]){ 10, 0, (uint8_t)(n >> 8), (uint8_t)n }),
		.remote_port = 1344 };
	struct tcp_conn *c;

	CHECK(tcp_connect(r->tcp, &e, &c) == 0);
	tcp_set_label(c, n);
	return c;
}

/* Reads what waits; the sums, if they have come, and a bit for each label that was shown. */
static unsigned
read_list(struct rig *r, uint8_t *shown, struct observed_sums *sums, uint32_t serial)
{
	static struct observation o;
	unsigned ends = 0;

	while (observation_peek(r->reader, &o)) {
		CHECK(o.serial == serial);
		if (o.kind == OBSERVATION_SUMS) {
			*sums = o.sums;
			ends++;
		}
		for (uint32_t i = 0; o.kind == OBSERVATION_CONNECTIONS && i < o.connections.count;
		     i++)
			shown[o.connections.each[i].label]++;
		observation_done(r->reader);
	}
	return ends;
}

TEST(a_list_shows_each_connection_once_whatever_the_ring_holds)
{
	static uint8_t shown[500];

	for (uint32_t slots = 8; slots <= 64; slots *= 8) {
		struct observed_sums sums = { 0 };
		struct rig r;
		unsigned turns = 0, ends = 0;

		memset(shown, 0, sizeof(shown));
		open_rig(&r, slots, 1000);
		for (uint32_t n = 0; n < 500; n++)
			connect_one(&r, n);
		ask(&r, COMMAND_TCP_LIST, (struct observe_request){ .serial = 9, .limit = 1000 });
		for (; turns < 100 && ends == 0; turns++) {
			turn(&r);
			ends += read_list(&r, shown, &sums, 9);
		}
		CHECK(ends == 1 && turns >= 1000 / OBSERVE_PLACES_PER_TURN);
		for (unsigned n = 0; n < 500; n++)
			CHECK_SEED(n, shown[n] == 1);
		CHECK(sums.connections[TCP_STATE_SYN_SENT] == 500 && sums.recorders == 62);
		CHECK(turn(&r) == 0 && !r.o.capturing); /* nothing is left to do */
		close_rig(&r);
	}
}

TEST(a_list_that_nobody_reads_waits_and_ends_with_control)
{
	static uint8_t shown[500];
	struct observed_sums sums = { 0 };
	struct rig r;
	unsigned done = 0;

	open_rig(&r, 8, 500);
	for (uint32_t n = 0; n < 500; n++)
		connect_one(&r, n);
	ask(&r, COMMAND_TCP_LIST, (struct observe_request){ .serial = 9, .limit = 1000 });
	for (unsigned i = 0; i < 50; i++)
		done += turn(&r);
	CHECK(done < 4); /* a core that only waits may sleep */
	CHECK(r.o.list.request.serial == 9);
	r.now = mono_add(r.now, milliseconds(OBSERVE_BEAT_MS + 1));
	turn(&r);
	CHECK(r.o.list.request.serial == 0);
	read_list(&r, shown, &sums, 9);
	close_rig(&r);
}

TEST(a_list_is_filtered_and_limited_and_counts_all_that_pass)
{
	static uint8_t shown[500];
	static const struct {
		const char *name;
		struct observe_request request;
		unsigned shown, counted;
	} cases[] = {
		{ "all", { .serial = 1, .limit = 500 }, 300, 300 },
		{ "a limit", { .serial = 2, .limit = 7 }, 7, 300 },
		{ "sums alone", { .serial = 3 }, 0, 300 },
		{ "their subnet",
		    { .serial = 4,
			.limit = 500,
			.filter.terms[0] = { OBSERVE_TERM_NET, 120, 0,
			    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 1, 0 } } } },
		    44, 44 },
		{ "their port",
		    { .serial = 5,
			.limit = 500,
			.filter.terms[0] = { OBSERVE_TERM_PORT, 0, 1344, { { 0 } } } },
		    300, 300 },
		{ "another",
		    { .serial = 6,
			.limit = 500,
			.filter.terms[0] = { OBSERVE_TERM_PORT, 0, 1345, { { 0 } } } },
		    0, 0 },
		{ "their state",
		    { .serial = 7, .limit = 500, .filter.states = 1u << TCP_STATE_SYN_SENT }, 300,
		    300 },
		{ "another state",
		    { .serial = 8, .limit = 500, .filter.states = 1u << TCP_STATE_ESTABLISHED }, 0,
		    0 },
	};
	struct rig r;

	open_rig(&r, 64, 300);
	for (uint32_t n = 0; n < 300; n++)
		connect_one(&r, n);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct observed_sums sums = { 0 };
		unsigned n = 0, ends = 0;

		memset(shown, 0, sizeof(shown));
		ask(&r, COMMAND_TCP_LIST, cases[i].request);
		for (unsigned turns = 0; turns < 100 && ends == 0; turns++) {
			turn(&r);
			ends += read_list(&r, shown, &sums, cases[i].request.serial);
		}
		for (unsigned k = 0; k < 500; k++)
			n += shown[k];
		CHECK_ROW(cases[i].name, ends == 1 && n == cases[i].shown);
		CHECK_ROW(cases[i].name, sums.connections[TCP_STATE_SYN_SENT] == cases[i].counted);
	}
	close_rig(&r);
}

/* An IPv4 TCP frame from 10.0.0.2:port to 192.0.2.1:1344, `bytes` long, over two mbufs. */
static struct rte_mbuf *
make_frame(uint16_t port, uint32_t bytes)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data), *tail = m;
	uint8_t head[54] = { [12] = 0x08,
		[14] = 0x45,
		[23] = IPPROTO_TCP,
		[26] = 10,
		[29] = 2,
		[30] = 192,
		[32] = 2,
		[33] = 1,
		[36] = 1344 >> 8,
		[37] = 1344 & 0xff };

	head[34] = (uint8_t)(port >> 8);
	head[35] = (uint8_t)port;
	memcpy(rte_pktmbuf_append(m, 40), head, 40);
	for (uint32_t at = 40; at < bytes;) {
		uint32_t n = bytes - at < 1000 ? bytes - at : 1000;
		struct rte_mbuf *next = rte_pktmbuf_alloc(sim_pools()->data);
		char *p = rte_pktmbuf_append(next, (uint16_t)n);

		for (uint32_t i = 0; i < n; i++)
			p[i] = (char)(at + i < 54 ? head[at + i] : (at + i) % 251);
		tail->next = next;
		tail = next;
		m->nb_segs++;
		m->pkt_len += n;
		at += n;
	}
	return m;
}

static void
show_frame(struct rig *r, uint16_t port, uint32_t bytes)
{
	struct rte_mbuf *m = make_frame(port, bytes);

	observer_capture(&r->o, m, OBSERVED_OUT, 777);
	rte_pktmbuf_free(m);
}

TEST(frames_come_whole_in_parts_or_cut)
{
	static const struct {
		uint32_t bytes, snaplen, kept, parts;
	} cases[] = { { 60, 65535, 60, 1 }, { 1514, 65535, 1514, 1 }, { 1984, 65535, 1984, 1 },
		{ 1985, 65535, 1985, 2 }, { 9014, 65535, 9014, 5 }, { 9014, 96, 96, 1 },
		{ 60, 14, 14, 1 } };
	static struct observation o;
	struct rig r;

	open_rig(&r, 64, 16);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint32_t parts = 0, have = 0;

		ask(&r, COMMAND_CAPTURE,
		    (struct observe_request){ .serial = 3, .limit = cases[i].snaplen });
		CHECK(r.o.capturing);
		show_frame(&r, 4711, cases[i].bytes);
		for (; observation_peek(r.reader, &o); parts++) {
			CHECK_SEED(i, o.kind == OBSERVATION_FRAME && o.frame.at == have);
			CHECK_SEED(
			    i, o.frame.frame_bytes == cases[i].bytes && o.frame.wall_ns == 777);
			CHECK_SEED(i, o.frame.kept_bytes == cases[i].kept &&
					  o.frame.direction == OBSERVED_OUT);
			for (uint32_t k = 0; k < o.frame.part_bytes; k++)
				CHECK_SEED(
				    i, have + k < 54 || o.frame.bytes[k] == (have + k) % 251);
			have += o.frame.part_bytes;
			observation_done(r.reader);
		}
		CHECK_SEED(i, parts == cases[i].parts && have == cases[i].kept);
	}
	close_rig(&r);
}

TEST(frames_without_room_are_lost_and_counted)
{
	static struct observation o;
	const struct core_stats *stats;
	struct rig r;
	unsigned frames = 0;

	open_rig(&r, 32, 16);
	stats = channel_stats(r.o.channel);
	ask(&r, COMMAND_CAPTURE, (struct observe_request){ .serial = 3, .limit = 65535 });
	for (unsigned i = 0; i < 100; i++)
		show_frame(&r, 4711, 100);
	ask(&r, COMMAND_CAPTURE_END, (struct observe_request){ .serial = 2 }); /* another's */
	CHECK(r.o.capturing);
	ask(&r, COMMAND_CAPTURE_END, (struct observe_request){ .serial = 3 });
	CHECK(!r.o.capturing);
	turn(&r);
	while (observation_peek(r.reader, &o)) {
		frames += o.kind == OBSERVATION_FRAME;
		observation_done(r.reader);
	}
	CHECK(o.kind == OBSERVATION_CAPTURE_END && o.capture_end.seen == 100);
	CHECK(frames == 31 - OBSERVE_SPARE_SLOTS && o.capture_end.lost == 100 - frames);
	CHECK(stats->counters[COUNTER_FRAMES_CAPTURED] == frames);
	CHECK(stats->counters[COUNTER_CAPTURE_LOST] == 100 - frames);
	close_rig(&r);
}

TEST(a_capture_ends_with_control)
{
	struct rig r;

	open_rig(&r, 32, 16);
	ask(&r, COMMAND_CAPTURE, (struct observe_request){ .serial = 3, .limit = 65535 });
	turn(&r);
	CHECK(r.o.capturing);
	ask(&r, COMMAND_CAPTURE_END, (struct observe_request){ .serial = OBSERVE_ANY });
	CHECK(!r.o.capturing); /* a control that came anew */
	ask(&r, COMMAND_CAPTURE, (struct observe_request){ .serial = 4, .limit = 65535 });
	r.now = mono_add(r.now, milliseconds(OBSERVE_BEAT_MS + 1));
	turn(&r);
	CHECK(!r.o.capturing && !r.o.end_due);
	close_rig(&r);
}

TEST(frames_are_filtered_by_their_ends)
{
	struct rig r;
	struct observe_request port = { .serial = 3,
		.limit = 100,
		.filter.terms[0] = { OBSERVE_TERM_PORT, 0, 4711, { { 0 } } } };

	open_rig(&r, 32, 16);
	ask(&r, COMMAND_CAPTURE, port);
	show_frame(&r, 4711, 60);
	show_frame(&r, 4712, 60);
	CHECK(r.o.capture.seen == 1);
	close_rig(&r);
}

/* A frame made of its link header, what lies between, an IP header and ports. */
struct ends_case {
	const char *name;
	const char *hex;
	bool has_ends;
	uint16_t source_port, destination_port;
	uint8_t last; /* byte of the source address */
};

#define MACS    "010203040506010203040507"
#define V4_ENDS "0a000002c0000201"
#define V6_ENDS "fd000000000000000000000000000002fd000000000000000000000000000001"
#define PORTS   "12670540"

static const struct ends_case ends[] = {
	{ "TCP over IPv4",
	    MACS "0800"
		 "450000280000000040060000" V4_ENDS PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "with options",
	    MACS "0800"
		 "460000280000000040060000" V4_ENDS "01010101" PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "UDP",
	    MACS "0800"
		 "450000280000000040110000" V4_ENDS PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "ICMP",
	    MACS "0800"
		 "450000280000000040010000" V4_ENDS PORTS,
	    true, 0, 0, 2 },
	{ "a later fragment",
	    MACS "0800"
		 "450000280000000140060000" V4_ENDS PORTS,
	    true, 0, 0, 2 },
	{ "the first fragment",
	    MACS "0800"
		 "450000280000200040060000" V4_ENDS PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "no ports",
	    MACS "0800"
		 "450000280000000040060000" V4_ENDS "1267",
	    true, 0, 0, 2 },
	{ "cut IPv4",
	    MACS "0800"
		 "450000280000000040060000"
		 "0a000002c00002",
	    false, 0, 0, 0 },
	{ "a tag",
	    MACS "81000005"
		 "0800"
		 "450000280000000040060000" V4_ENDS PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "two tags",
	    MACS "88a80005"
		 "81000006"
		 "0800"
		 "450000280000000040060000" V4_ENDS PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "TCP over IPv6",
	    MACS "86dd"
		 "6000000000140640" V6_ENDS PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "with an extension",
	    MACS "86dd"
		 "6000000000140040" V6_ENDS "0600010400000000" PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "a later fragment of IPv6",
	    MACS "86dd"
		 "6000000000142c40" V6_ENDS "0600000800000001" PORTS,
	    true, 0, 0, 2 },
	{ "the first of IPv6",
	    MACS "86dd"
		 "6000000000142c40" V6_ENDS "0600000100000001" PORTS,
	    true, 0x1267, 0x540, 2 },
	{ "an extension that is cut",
	    MACS "86dd"
		 "6000000000140040" V6_ENDS "0600",
	    true, 0, 0, 2 },
	{ "an extension beyond the end",
	    MACS "86dd"
		 "6000000000140040" V6_ENDS "06ff010400000000" PORTS,
	    true, 0, 0, 2 },
	{ "cut IPv6",
	    MACS "86dd"
		 "6000000000140640"
		 "fd00",
	    false, 0, 0, 0 },
	{ "ARP",
	    MACS "0806"
		 "0001080006040001"
		 "010203040507"
		 "0a000002"
		 "000000000000"
		 "c0000201",
	    true, 0, 0, 2 },
	{ "cut ARP",
	    MACS "0806"
		 "0001080006040001"
		 "0102",
	    false, 0, 0, 0 },
	{ "something else",
	    MACS "88cc"
		 "0207",
	    false, 0, 0, 0 },
	{ "a cut tag",
	    MACS "8100"
		 "00",
	    false, 0, 0, 0 },
	{ "no type", MACS, false, 0, 0, 0 },
	{ "nothing", "", false, 0, 0, 0 },
};

TEST(ends_of_frames_of_every_kind)
{
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
		struct frame_ends e;
		unsigned byte;

		for (const char *h = ends[i].hex; *h != 0; h += 2) {
			CHECK(sscanf(h, "%2x", &byte) == 1);
			*rte_pktmbuf_append(m, 1) = (char)byte;
		}
		CHECK_ROW(ends[i].name, observe_frame_ends(m, &e) == ends[i].has_ends);
		if (ends[i].has_ends) {
			CHECK_ROW(ends[i].name,
			    e.source.bytes[15] == ends[i].last && e.destination.bytes[15] == 1);
			CHECK_ROW(ends[i].name, e.source_port == ends[i].source_port &&
						    e.destination_port == ends[i].destination_port);
		}
		rte_pktmbuf_free(m);
	}
}

/* An open connection, as a peer's handshake makes it; its end cuts something short. */
static void
fall(struct rig *r, uint16_t port)
{
	struct ip_address us = address_v4((uint8_t[4]){ 192, 0, 2, 1 });
	struct ip_address peer = address_v4((uint8_t[4]){ 10, 0, 0, 2 });
	struct tcp_endpoints e = { us, peer, 1344, port };
	struct tcp_conn *c;
	struct tcp_info info;

	CHECK(tcp_connect(r->tcp, &e, &c) == 0);
	for (unsigned step = 0; step < 2;
	     step++) { /* a simultaneous open needs no number of ours */
		struct rte_mbuf *m = rte_pktmbuf_alloc(sim_pools()->data);
		struct rte_tcp_hdr *h = (struct rte_tcp_hdr *)rte_pktmbuf_append(m, sizeof(*h));

		if (h == NULL)
			abort();
		memset(h, 0, sizeof(*h));
		h->src_port = htons(port);
		h->dst_port = htons(1344);
		h->sent_seq = htonl(step == 0 ? 100 : 101);
		h->recv_ack = step == 0 ? 0 : htonl(r->iss + 1);
		h->data_off = 5 << 4;
		h->tcp_flags = step == 0 ? RTE_TCP_SYN_FLAG : RTE_TCP_ACK_FLAG;
		h->rx_win = htons(1000);
		m->ol_flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		CHECK(tcp_input(r->tcp, m, &peer, &us, 0) == TCP_INPUT_TAKEN);
		tcp_flush(r->tcp);
	}
	tcp_info(c, &info);
	CHECK(info.state_id == TCP_STATE_ESTABLISHED);
	tcp_report(c, TCP_FAULT_CUT);
}

TEST(flights_are_told_up_to_their_rate)
{
	static struct observation o;
	const struct core_stats *stats;
	unsigned told = 0;
	struct rig r;

	open_rig(&r, 64, 256);
	stats = channel_stats(r.o.channel);
	for (uint16_t i = 0; i < 15; i++)
		fall(&r, (uint16_t)(2000 + i));
	turn(&r);
	for (; observation_peek(r.reader, &o); told++) {
		CHECK(o.kind == OBSERVATION_FLIGHT && o.serial == 0 && o.flight.kept >= 2);
		CHECK(o.flight.fault == TCP_FAULT_CUT && o.flight.wall_ns == 5000);
		CHECK(o.flight.connection.remote_port == 2000 + told);
		observation_done(r.reader);
	}
	CHECK(told == FLIGHTS_PER_SECOND && stats->counters[COUNTER_FLIGHTS] == told);
	CHECK(stats->counters[COUNTER_FLIGHTS_LOST] == 15 - told);
	r.now = mono_add(r.now, seconds(1));
	tcp_begin(r.tcp, r.now);
	fall(&r, 3000);
	turn(&r);
	CHECK(observation_peek(r.reader, &o) && o.flight.connection.remote_port == 3000);
	observation_done(r.reader);
	close_rig(&r);
}
