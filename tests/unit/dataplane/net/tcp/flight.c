/* SPDX-License-Identifier: BSD-3-Clause */
/* Flight recorders: what they keep, who has one, and when one is reported. And the walk over all
 * connections that `sluicectl tcp` makes. */
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define CONFIG ((struct tcp_config){ .checksum_offload_rx = true })

static struct tcp_flight_event events[TCP_FLIGHT_EVENTS];
static struct tcp_flight_report report;

static unsigned
next_flight(struct rig *r)
{
	return tcp_next_flight(r->tcp, &report, events);
}

/* The n-th connection beside the rig's own: another port of the peer's. */
static void
open_another(struct rig *r, uint16_t port)
{
	r->endpoints.remote_port = port;
	r->saw_syn = false;
	rig_accept(r, false);
}

TEST(a_reset_in_mid_object_shows_what_came_before)
{
	struct rig r;
	unsigned n;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	tcp_set_label(r.conn, 77);
	rig_in(&r, (struct rig_segment){ ACK | PSH, 1, 1, RIG_WINDOW, 100, false, 0, 0 });
	rig_send(&r, 300);
	rig_in(&r, (struct rig_segment){ RST, 101, 0, 0, 0, false, 0, 0 });
	CHECK(tcp_events(r.conn) & TCP_EVENT_ENDED);
	n = next_flight(&r);
	CHECK(n == 6); /* opened, the handshake's ACK, data, ours given and sent, RST */
	CHECK(report.fault == TCP_FAULT_RESET && report.info.label == 77 && report.events == n);
	CHECK(report.info.state_id == TCP_STATE_ESTABLISHED && report.info.send_queue_bytes == 300);
	CHECK(report.endpoints.remote_port == r.endpoints.remote_port);
	CHECK(report.irs == r.peer_iss && report.iss == r.iss);
	CHECK(events[0].kind == TCP_FLIGHT_OPENED && events[0].seq == r.peer_iss);
	CHECK(events[1].kind == TCP_FLIGHT_IN && events[1].length == 0);
	CHECK(events[2].kind == TCP_FLIGHT_IN && events[2].length == 100);
	CHECK(events[2].seq == r.peer_iss + 1 && events[2].ack == r.iss + 1);
	CHECK(events[2].flags == (ACK | PSH) && events[2].window == RIG_WINDOW);
	CHECK(events[3].kind == TCP_FLIGHT_SEND && events[3].length == 300);
	CHECK(events[4].kind == TCP_FLIGHT_OUT && events[4].length == 300);
	CHECK(events[4].seq == r.iss + 1 && events[4].ack == r.peer_iss + 101);
	CHECK(events[5].kind == TCP_FLIGHT_IN && events[5].flags == RST);
	CHECK(events[5].state == TCP_STATE_ESTABLISHED);
	for (unsigned i = 1; i < n; i++)
		CHECK(events[i].at >= events[i - 1].at);
	CHECK(next_flight(&r) == 0);
	tcp_report(r.conn, TCP_FAULT_CUT); /* told already */
	CHECK(next_flight(&r) == 0);
	tcp_release(r.conn);
	CHECK(rig_fini(&r));
}

/* Nothing of ours was under way: whether it matters is for the user to say, even afterwards. */
TEST(a_reset_between_objects_is_reported_where_the_user_says_so)
{
	struct rig r;

	for (unsigned says = 0; says < 2; says++) {
		rig_init(&r, CONFIG);
		rig_accept(&r, false);
		rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 100, false, 0, 0 });
		rig_in(&r, (struct rig_segment){ RST, 101, 0, 0, 0, false, 0, 0 });
		CHECK(tcp_events(r.conn) & TCP_EVENT_ENDED);
		if (says == 1)
			tcp_report(r.conn, TCP_FAULT_CUT);
		CHECK((next_flight(&r) > 0) == (says == 1));
		CHECK(says == 0 ||
		      (report.fault == TCP_FAULT_RESET && report.info.receive_queue_bytes == 100));
		tcp_release(r.conn);
		CHECK(rig_fini(&r));
	}
}

TEST(only_the_last_events_are_kept_in_order)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	for (uint32_t i = 0; i < 100; i++)
		rig_in(&r, (struct rig_segment){ ACK, 1 + i, 1, RIG_WINDOW, 1, false, 0, 0 });
	tcp_report(r.conn, TCP_FAULT_STALLED);
	CHECK(next_flight(&r) == TCP_FLIGHT_EVENTS);
	CHECK(report.fault == TCP_FAULT_STALLED && report.events > 100);
	CHECK(report.info.receive_queue_bytes == 100 && report.info.received_bytes == 100);
	for (unsigned i = 1; i < TCP_FLIGHT_EVENTS; i++)
		CHECK_SEED(
		    i, events[i].seq >= events[i - 1].seq || events[i].kind != events[i - 1].kind);
	for (unsigned i = TCP_FLIGHT_EVENTS; i-- > 0;) {
		if (events[i].kind != TCP_FLIGHT_IN)
			continue;
		CHECK(events[i].seq == r.peer_iss + 100);
		break;
	}
	CHECK(rig_fini(&r));
}

TEST(who_is_given_up_is_reported_with_its_retransmissions)
{
	struct rig r;
	unsigned n, rto = 0, again = 0;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_send(&r, 500);
	for (unsigned i = 0; i < 1300 && (tcp_events(r.conn) & TCP_EVENT_ENDED) == 0; i++)
		rig_turn(&r, milliseconds(100));
	CHECK(tcp_events(r.conn) & TCP_EVENT_ENDED);
	n = next_flight(&r);
	for (unsigned i = 0; i < n; i++) {
		rto += events[i].kind == TCP_FLIGHT_RTO;
		again += events[i].kind == TCP_FLIGHT_AGAIN;
	}
	CHECK(report.fault == TCP_FAULT_NO_PROGRESS && rto >= 5 && again >= rto);
	CHECK(report.info.retransmitted_segments == again);
	CHECK(events[n - 1].kind == TCP_FLIGHT_OUT && events[n - 1].flags == (RST | ACK));
	CHECK(rig_fini(&r));
}

TEST(a_peer_that_is_silent_is_reported_when_its_probes_are_not_answered)
{
	struct rig r;
	unsigned n, probes = 0;

	rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true,
			 .keepalive = seconds(10),
			 .keepalive_interval = seconds(1),
			 .keepalive_probes = 3 });
	rig_accept(&r, false);
	for (unsigned i = 0; i < 40; i++)
		rig_turn(&r, milliseconds(500));
	n = next_flight(&r);
	for (unsigned i = 0; i < n; i++)
		probes += events[i].kind == TCP_FLIGHT_KEEPALIVE;
	CHECK(report.fault == TCP_FAULT_KEEPALIVE && probes == 3);
	CHECK(rig_fini(&r));
}

TEST(a_flood_outside_the_window_is_reported_once_and_the_connection_goes_on)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	for (unsigned i = 0; i < 2500; i++) {
		rig_in(&r, (struct rig_segment){ ACK, 0x40000000, 1, RIG_WINDOW, 1, false, 0, 0 });
		CHECK_SEED(i, (next_flight(&r) != 0) == (i == 999));
	}
	CHECK(report.fault == TCP_FAULT_FLOOD && strcmp(rig_state(&r), "ESTABLISHED") == 0);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 10, false, 0, 0 });
	CHECK(tcp_receivable(r.conn) == 10);
	CHECK(rig_fini(&r));
}

/* A peer that sends again what has arrived is answered, and is no flood. */
TEST(late_copies_are_no_flood)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 100, false, 0, 0 });
	for (unsigned i = 0; i < 1500; i++)
		rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 100, false, 0, 0 });
	CHECK(rig_counter(&r, TCP_COUNTER_OUT_OF_WINDOW) == 1500 && next_flight(&r) == 0);
	CHECK(rig_fini(&r));
}

/* A SYN costs no recorder; an orderly end none either. */
TEST(what_ends_in_order_is_not_reported)
{
	struct rig r;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
	tcp_release(r.conn);
	rig_turn(&r, microseconds(10));
	rig_in(&r, (struct rig_segment){ ACK, 2, 2, RIG_WINDOW, 0, false, 0, 0 });
	CHECK(tcp_connection_count(r.tcp) == 0 && next_flight(&r) == 0);
	CHECK(rig_fini(&r));
}

TEST(recorders_go_to_who_moves)
{
	struct rig r;
	struct tcp_conn *conns[4];

	rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true, .flights_max = 2 });
	for (uint16_t i = 0; i < 3; i++) {
		open_another(&r, (uint16_t)(50000 + i));
		conns[i] = r.conn;
	}
	tcp_report(conns[2], TCP_FAULT_CUT); /* all were busy: it has none */
	CHECK(next_flight(&r) == 0);
	rig_turn(&r, seconds(2));
	open_another(&r, 50003); /* takes that of one that has been idle */
	conns[3] = r.conn;
	tcp_report(conns[3], TCP_FAULT_CUT);
	CHECK(next_flight(&r) > 0 && report.endpoints.remote_port == 50003);
	tcp_report(conns[0], TCP_FAULT_CUT);
	CHECK(next_flight(&r) == 0); /* the first to be asked was the first to lose its own */
	tcp_report(conns[1], TCP_FAULT_CUT);
	CHECK(next_flight(&r) > 0 && report.endpoints.remote_port == 50001);
	CHECK(rig_fini(&r));
}

TEST(reports_that_nobody_takes_are_bounded)
{
	struct rig r;
	unsigned n = 0;

	rig_init(&r, (struct tcp_config){
			 .checksum_offload_rx = true, .connections_max = 64, .flights_max = 32 });
	for (uint16_t i = 0; i < 32; i++) {
		open_another(&r, (uint16_t)(50000 + i));
		tcp_report(r.conn, TCP_FAULT_CUT);
	}
	while (next_flight(&r) > 0)
		n++;
	CHECK(n == 16 && tcp_take_dropped_flights(r.tcp) == 16); /* FLIGHT_REPORTS_MAX */
	CHECK(tcp_take_dropped_flights(r.tcp) == 0);
	CHECK(rig_fini(&r));
}

TEST(without_recorders_everything_goes_on)
{
	struct rig r;

	rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true, .no_flights = true });
	rig_accept(&r, false);
	rig_send(&r, 300);
	rig_in(&r, (struct rig_segment){ RST, 1, 0, 0, 0, false, 0, 0 });
	tcp_report(r.conn, TCP_FAULT_CUT);
	CHECK(next_flight(&r) == 0);
	CHECK(rig_fini(&r));
}

TEST(info_tells_how_it_stands)
{
	struct rig r;
	struct tcp_info i;

	rig_init(&r, CONFIG);
	rig_accept(&r, true);
	tcp_set_label(r.conn, 5);
	rig_turn(&r, milliseconds(1500));
	rig_send(&r, 700);
	tcp_info(r.conn, &i);
	CHECK(i.state_id == TCP_STATE_ESTABLISHED && strcmp(i.state, "ESTABLISHED") == 0);
	CHECK(i.has_timestamps && !i.has_sack && !i.has_scale && !i.has_ecn && !i.is_active);
	CHECK(i.label == 5 && i.age_ms >= 1500 && i.age_ms < 1600);
	CHECK(i.in_flight_bytes == 700 && i.send_queue_bytes == 700);
	CHECK(i.timer == TCP_TIMER_TAIL_PROBE || i.timer == TCP_TIMER_RTO);
	rig_turn(&r, seconds(100));
	tcp_info(r.conn, &i);
	CHECK(i.retransmitted_segments > 0 && i.timer == TCP_TIMER_RTO);
	CHECK(rig_fini(&r));
}

TEST(a_walk_meets_each_connection_once)
{
	struct rig r;
	struct tcp_endpoints e;
	struct duration left;
	unsigned found = 0, waiting = 0;

	rig_init(&r, CONFIG);
	for (uint16_t i = 0; i < 5; i++)
		open_another(&r, (uint16_t)(50000 + i));
	tcp_abort(r.conn); /* ended, and not released */
	r.endpoints.remote_port = 50003;
	for (uint32_t i = 0; i < tcp_places(r.tcp); i++) {
		const struct tcp_conn *c = tcp_conn_at(r.tcp, i);

		if (c != NULL)
			found += tcp_endpoints(c)->remote_port >= 50000;
	}
	CHECK(found == 4);
	CHECK(tcp_conn_at(r.tcp, tcp_places(r.tcp)) == NULL);
	for (uint32_t i = 0; i <= tcp_time_wait_places(r.tcp); i++)
		waiting += tcp_time_wait_at(r.tcp, i, &e, &left);
	CHECK(waiting == 0);
	CHECK(rig_fini(&r));
}

TEST(a_walk_meets_those_in_time_wait)
{
	struct rig r;
	struct tcp_endpoints e;
	struct duration left = { 0 };
	unsigned waiting = 0;

	rig_init(&r, CONFIG);
	rig_accept(&r, false);
	tcp_shutdown(r.conn);
	rig_turn(&r, microseconds(10));
	rig_in(&r, (struct rig_segment){ ACK | FIN, 1, 2, RIG_WINDOW, 0, false, 0, 0 });
	for (uint32_t i = 0; i < tcp_time_wait_places(r.tcp); i++) {
		if (!tcp_time_wait_at(r.tcp, i, &e, &left))
			continue;
		waiting++;
		CHECK(e.remote_port == r.endpoints.remote_port);
		CHECK(left.ns > seconds(59).ns && left.ns <= seconds(60).ns);
	}
	CHECK(waiting == 1);
	tcp_release(r.conn);
	r.saw_syn = false;
	rig_in(&r, (struct rig_segment){ SYN, 5000, 0, RIG_WINDOW, 0, false, 0, 0 }); /* again */
	for (uint32_t i = 0; i < tcp_time_wait_places(r.tcp); i++)
		CHECK(!tcp_time_wait_at(r.tcp, i, &e, &left));
	CHECK(rig_fini(&r));
}
