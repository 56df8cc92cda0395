/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever has a connection is told of each news, and what the news is stands in its state. */
#include "dataplane/net/tcp/conn.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define FULL 1400u /* what the short way of the usual segment takes (predicted.c) */

/* A connection that has sent 100 bytes and read nothing. */
static struct tcp_conn *
begin(struct rig *r, bool ts)
{
	rig_init(r, (struct tcp_config){ .checksum_offload_rx = true });
	rig_accept(r, ts);
	rig_send(r, 100);
	return r->conn;
}

TEST(each_news_is_told)
{
	static const struct {
		const char *name;
		struct rig_segment s;
		uint32_t event;
	} rows[] = {
		{ "a full segment", { ACK, 1, 1, RIG_WINDOW, FULL, false, 0, 0 },
		    TCP_EVENT_READABLE },
		{ "a small one", { ACK | PSH, 1, 1, RIG_WINDOW, 10, false, 0, 0 },
		    TCP_EVENT_READABLE },
		{ "one that acknowledges", { ACK, 1, 101, RIG_WINDOW, FULL, false, 0, 0 },
		    TCP_EVENT_READABLE | TCP_EVENT_SENT_ALL },
		{ "an ACK", { ACK, 1, 101, RIG_WINDOW, 0, false, 0, 0 }, TCP_EVENT_SENT_ALL },
		{ "a FIN", { ACK | FIN, 1, 1, RIG_WINDOW, 0, false, 0, 0 }, TCP_EVENT_PEER_CLOSED },
		{ "data and FIN", { ACK | FIN, 1, 1, RIG_WINDOW, 10, false, 0, 0 },
		    TCP_EVENT_READABLE },
		{ "a RST", { RST, 1, 1, 0, 0, false, 0, 0 }, TCP_EVENT_ENDED },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig r;
		struct tcp_conn *c = begin(&r, false);

		r.conn = NULL; /* the turn notes whom it was told of */
		rig_in(&r, rows[i].s);
		CHECK_ROW(rows[i].name, r.conn == c);
		CHECK_ROW(rows[i].name, (tcp_events(c) & rows[i].event) == rows[i].event);
		r.conn = c;
		CHECK(rig_fini(&r));
	}
}

/* Predicted segments one after the other, none of them read: each is told of again, and so is what
 * fills a hole. */
TEST(what_waits_is_told_again_with_all_that_comes)
{
	struct rig r;
	struct tcp_conn *c = begin(&r, false);
	uint32_t at = 1;

	rig_in(&r, (struct rig_segment){ ACK, 1, 101, RIG_WINDOW, 0, false, 0, 0 });
	for (unsigned i = 0; i < 8; i++, at += FULL) {
		r.conn = NULL;
		rig_in(&r, (struct rig_segment){ ACK, at, 101, RIG_WINDOW, FULL, false, 0, 0 });
		CHECK_SEED(i, r.conn == c && tcp_receivable(c) == at - 1 + FULL);
	}
	rig_in(&r, (struct rig_segment){ ACK, at + FULL, 101, RIG_WINDOW, FULL, false, 0, 0 });
	CHECK(tcp_receivable(c) == at - 1);
	r.conn = NULL;
	rig_in(&r, (struct rig_segment){ ACK, at, 101, RIG_WINDOW, FULL, false, 0, 0 });
	CHECK(r.conn == c && tcp_receivable(c) == at - 1 + 2 * FULL);
	CHECK((tcp_events(c) & TCP_EVENT_READABLE) != 0);
	r.conn = NULL; /* nothing came: who has not asked to be told again is not */
	rig_turn(&r, milliseconds(1));
	CHECK(r.conn == NULL);
	tcp_make_ready(c);
	rig_turn(&r, milliseconds(1));
	CHECK(r.conn == c);
	CHECK(rig_fini(&r));
}
