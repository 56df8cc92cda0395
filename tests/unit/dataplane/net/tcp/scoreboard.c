/* SPDX-License-Identifier: BSD-3-Clause */
/* The scoreboard against a byte-by-byte account of the same, and at the bound of its table. */
#include "dataplane/net/tcp/conn.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define CONFIG ((struct tcp_config){ .checksum_offload_rx = true })
#define FLIGHT 100000u

static const struct tcp_options no_options;

/* A connection that has sent `bytes`, as if cwnd had let it. */
static struct tcp_conn *
with_flight(struct rig *r, uint32_t bytes)
{
	struct tcp_conn *c;

	rig_init(r, CONFIG);
	rig_accept(r, false);
	c = r->conn;
	c->use_sack = true;
	scoreboard_sent(c, c->snd_nxt, seq_add(c->snd_nxt, bytes));
	c->snd_nxt = seq_add(c->snd_nxt, bytes);
	return c;
}

/* So that the connection can be let go: nothing flies. */
static bool
end(struct rig *r)
{
	r->conn->snd_nxt = r->conn->snd_una;
	scoreboard_clear(r->conn);
	return rig_fini(r);
}

static struct seq_range
range(const struct tcp_conn *c, uint32_t from, uint32_t to)
{
	return (struct seq_range){ seq_add(c->snd_una, from), seq_add(c->snd_una, to) };
}

struct sack_case {
	const char *name;
	uint32_t from, to; /* after [2000, 3000) and [5000, 6000) */
	uint32_t news;
	unsigned ranges;
};

TEST(rfc2018_5_blocks_are_taken_once)
{
	static const struct sack_case cases[] = {
		{ "between", 3500, 4000, 500, 7 },
		{ "the same again", 2000, 3000, 0, 5 },
		{ "within", 2100, 2900, 0, 5 },
		{ "joins on the right", 3000, 4000, 1000, 5 },
		{ "joins on the left", 1000, 2000, 1000, 5 },
		{ "overlaps", 2500, 3500, 500, 5 },
		{ "fills the hole between", 3000, 5000, 2000, 3 },
		{ "over both", 1000, 7000, 4000, 3 },
		{ "to the end", 6000, FLIGHT, FLIGHT - 6000, 4 },
		{ "all but the first byte", 1, FLIGHT, FLIGHT - 2001, 2 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct rig r;
		struct tcp_conn *c = with_flight(&r, FLIGHT);

		CHECK(scoreboard_sack(c, range(c, 2000, 3000), &no_options) == 1000);
		CHECK(scoreboard_sack(c, range(c, 5000, 6000), &no_options) == 1000);
		CHECK_ROW(cases[i].name, scoreboard_sack(c, range(c, cases[i].from, cases[i].to),
					     &no_options) == cases[i].news);
		CHECK_ROW(cases[i].name, c->sent_count == cases[i].ranges);
		CHECK_ROW(cases[i].name, c->sacked_bytes == 2000 + cases[i].news);
		CHECK_ROW(cases[i].name, scoreboard_is_sound(c));
		CHECK_ROW(cases[i].name, end(&r));
	}
}

/* More holes than there is room for: the later are not believed, and everything else still works.
 */
TEST(cve_2019_11477_holes_without_end)
{
	struct rig r;
	struct tcp_conn *c = with_flight(&r, FLIGHT);
	struct seq_range lost;

	for (uint32_t at = 100; at + 100 <= FLIGHT; at += 200)
		scoreboard_sack(c, range(c, at, at + 100), &no_options);
	CHECK(c->sent_count <= SENT_RANGES_MAX);
	CHECK(c->sacked_bytes >= 100 * (SENT_RANGES_MAX / 2 - 2));
	CHECK(scoreboard_is_sound(c));
	scoreboard_lose_all(c);
	while (scoreboard_next_lost(c, &lost)) {
		scoreboard_sent(c, lost.start, seq_earlier(lost.end, seq_add(lost.start, 50)));
		CHECK(scoreboard_is_sound(c));
		CHECK(c->sent_count <= SENT_RANGES_MAX);
		r.now = mono_add(r.now, milliseconds(1));
		tcp_begin(r.tcp, r.now);
	}
	CHECK(c->lost_bytes == 0);
	for (unsigned i = 0; i < 10; i++) { /* new data in any case */
		scoreboard_sent(c, c->snd_nxt, seq_add(c->snd_nxt, 10));
		c->snd_nxt = seq_add(c->snd_nxt, 10);
		scoreboard_sack(
		    c, (struct seq_range){ seq_add(c->snd_nxt, -5u), c->snd_nxt }, &no_options);
		CHECK(scoreboard_is_sound(c));
	}
	CHECK(end(&r));
}

/* New data in a full table: flying neighbours make room, and it joins the last or follows it. */
TEST(a_full_table_takes_new_data)
{
	struct rig r;
	struct tcp_conn *c = with_flight(&r, 4);

	for (unsigned i = 0; i < 3 * SENT_RANGES_MAX; i++) {
		r.now = mono_add(r.now, seconds(1));
		tcp_begin(r.tcp, r.now);
		/* every other time a long round trip lets it join what was sent a second ago */
		c->srtt_ns = c->sent_count == SENT_RANGES_MAX && i % 2 ? 32000000000 : 0;
		scoreboard_sent(c, c->snd_nxt, seq_add(c->snd_nxt, 4));
		c->snd_nxt = seq_add(c->snd_nxt, 4);
		CHECK(scoreboard_is_sound(c));
		CHECK(c->sent[c->sent_count - 1].sent_us == now_us(c->tcp));
	}
	CHECK(c->sent_count <= SENT_RANGES_MAX);
	CHECK(end(&r));
}

/* Any sequence of events: the sums are those of the bytes, and what was SACKed never goes again. */
TEST(rfc8985_5_2_random_events)
{
	uint64_t random = 1;

	for (unsigned seed = 0; seed < 200; seed++) {
		struct rig r;
		struct tcp_conn *c = with_flight(&r, 1000);

		for (unsigned step = 0; step < 300; step++) {
			uint32_t flight = in_flight(c), a, b;
			struct seq_range lost;

			random = random * 6364136223846793005u + 1442695040888963407u;
			a = (uint32_t)(random >> 33) % (flight + 1);
			b = (uint32_t)(random >> 13) % (flight + 1);
			switch (random >> 60) {
			case 0:
			case 1:
			case 2:
			case 3:
				if (a < b && a > 0)
					scoreboard_sack(c, range(c, a, b), &no_options);
				break;
			case 4:
				scoreboard_acknowledge(c, seq_add(c->snd_una, a), &no_options);
				break;
			case 5:
				scoreboard_lose_first(c);
				break;
			case 6:
				scoreboard_lose_all(c);
				break;
			case 7:
				rack_detect_loss(c);
				break;
			case 8:
			case 9:
				if (scoreboard_next_lost(c, &lost))
					scoreboard_sent(c, lost.start, lost.end);
				break;
			case 10:
				scoreboard_forget_sacks(c);
				break;
			default:
				r.now = mono_add(r.now, microseconds(b));
				tcp_begin(r.tcp, r.now);
				scoreboard_sent(c, c->snd_nxt, seq_add(c->snd_nxt, b % 500 + 1));
				c->snd_nxt = seq_add(c->snd_nxt, b % 500 + 1);
				break;
			}
			CHECK_SEED(seed, scoreboard_is_sound(c));
		}
		CHECK_SEED(seed, end(&r));
	}
}
