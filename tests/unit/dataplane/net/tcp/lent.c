/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables for holes: lent when a connection's own few do not do, given back, and all gone. */
#include "dataplane/net/tcp/conn.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

#define PIECE 300u /* not so small that it is copied */

static void
begin(struct rig *r)
{
	rig_init(r, (struct tcp_config){ .checksum_offload_rx = true });
	rig_accept(r, true);
}

/* The bytes [at, at + PIECE), 0 being the first. */
static void
say(struct rig *r, uint32_t at)
{
	rig_in(r, (struct rig_segment){ ACK, 1 + at, 1, RIG_WINDOW, PIECE, true, 1000, 0 });
}

/* Every other piece, from the second on. */
static void
make_holes(struct rig *r, unsigned holes)
{
	for (unsigned i = 0; i < holes; i++)
		say(r, (2 * i + 1) * PIECE);
}

/* All that are free, as if others had been lent them; the list to put back. */
static struct lent_runs *
take_all_runs(struct tcp *t)
{
	struct lent_runs *all;

	for (; t->fresh_runs < lent_tables(t); t->fresh_runs++) {
		t->lent_runs[t->fresh_runs].next = t->free_runs;
		t->free_runs = &t->lent_runs[t->fresh_runs];
	}
	all = t->free_runs;
	t->free_runs = NULL;
	return all;
}

static struct lent_ranges *
take_all_ranges(struct tcp *t)
{
	struct lent_ranges *all;

	for (; t->fresh_ranges < lent_tables(t); t->fresh_ranges++) {
		t->lent_ranges[t->fresh_ranges].next = t->free_ranges;
		t->free_ranges = &t->lent_ranges[t->fresh_ranges];
	}
	all = t->free_ranges;
	t->free_ranges = NULL;
	return all;
}

TEST(a_table_of_runs_is_lent_and_given_back)
{
	struct rig r;
	struct tcp_conn *c;

	begin(&r);
	c = r.conn;
	make_holes(&r, REASM_RUNS_FEW);
	CHECK(c->runs == c->few_runs && c->run_count == REASM_RUNS_FEW);
	make_holes(&r, REASM_RUNS_MAX);
	CHECK(c->runs != c->few_runs && c->run_count == REASM_RUNS_MAX);
	CHECK(rig_counter(&r, TCP_COUNTER_OUT_OF_ORDER_DROPPED) == 0);
	say(&r, (2 * REASM_RUNS_MAX + 1) * PIECE); /* one hole too many */
	CHECK(rig_counter(&r, TCP_COUNTER_OUT_OF_ORDER_DROPPED) == 1);
	for (unsigned i = 0; i < REASM_RUNS_MAX; i++)
		say(&r, 2 * i * PIECE);
	CHECK(c->runs == c->few_runs && c->run_count == 0);
	CHECK(c->received_bytes == 2 * REASM_RUNS_MAX * PIECE);
	CHECK(rig_fini(&r));
}

/* Its own few are enough to go on with: the holes are filled in turn. */
/* Not one for each connection, or idle ones would cost what those with holes need. */
TEST(tables_are_for_a_quarter_of_all)
{
	static const struct {
		uint32_t connections, tables;
	} rows[] = { { 16, LENT_MIN }, { 4 * LENT_MIN, LENT_MIN }, { 1000, 250 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig r;
		uint32_t runs = 0, ranges = 0;

		rig_init(&r, (struct tcp_config){ .connections_max = rows[i].connections });
		for (struct lent_runs *l = take_all_runs(r.tcp); l != NULL; l = l->next)
			runs++;
		for (struct lent_ranges *l = take_all_ranges(r.tcp); l != NULL; l = l->next)
			ranges++;
		CHECK_SEED(i, runs == rows[i].tables && ranges == rows[i].tables);
		CHECK(rig_fini(&r));
	}
}

TEST(where_all_tables_are_lent_the_few_do)
{
	struct rig r;
	struct tcp_conn *c;
	struct lent_runs *others;

	begin(&r);
	c = r.conn;
	others = take_all_runs(r.tcp);
	for (unsigned i = 0; i < REASM_RUNS_FEW + 3; i++) {
		rig_add(&r, (struct rig_segment){ ACK, 1 + (2 * i + 1) * PIECE, 1, RIG_WINDOW,
				PIECE, true, 1000, 0 });
	}
	CHECK(c->run_count == REASM_RUNS_FEW && c->runs == c->few_runs);
	CHECK(rig_counter(&r, TCP_COUNTER_OUT_OF_ORDER_DROPPED) == 3);
	for (unsigned i = 0; i < 2 * (REASM_RUNS_FEW + 3); i++)
		rig_add(&r, (struct rig_segment){
				ACK, 1 + i * PIECE, 1, RIG_WINDOW, PIECE, true, 1000, 0 });
	CHECK(c->run_count == 0 && c->received_bytes == 2 * (REASM_RUNS_FEW + 3) * PIECE);
	r.tcp->free_runs = others;
	rig_turn(&r, milliseconds(1));
	CHECK(rig_fini(&r));
}

static void
sack_holes(struct tcp_conn *c, unsigned holes)
{
	static const struct tcp_options none;

	for (unsigned i = 0; i < holes; i++) {
		struct seq at = seq_add(c->snd_una, (2 * i + 1) * PIECE);

		scoreboard_sack(c, (struct seq_range){ at, seq_add(at, PIECE) }, &none);
	}
}

TEST(a_table_of_ranges_is_lent_and_given_back)
{
	struct rig r;
	struct tcp_conn *c;
	static const struct tcp_options none;
	struct lent_ranges *others;

	begin(&r);
	c = r.conn;
	scoreboard_sent(c, c->snd_nxt, seq_add(c->snd_nxt, 100 * PIECE));
	c->snd_nxt = seq_add(c->snd_nxt, 100 * PIECE);
	others = take_all_ranges(r.tcp);
	sack_holes(c, SENT_RANGES_MAX);
	CHECK(c->sent == c->few_sent && c->sent_count <= SENT_RANGES_FEW);
	CHECK(c->sacked_bytes >= (SENT_RANGES_FEW / 2 - 2) * PIECE && scoreboard_is_sound(c));
	r.tcp->free_ranges = others;
	sack_holes(c, SENT_RANGES_MAX);
	CHECK(c->sent != c->few_sent && c->sent_count > SENT_RANGES_MAX - 4);
	CHECK(c->sent_count <= SENT_RANGES_MAX && scoreboard_is_sound(c));
	scoreboard_acknowledge(c, seq_add(c->snd_una, 90 * PIECE), &none);
	CHECK(c->sent == c->few_sent && scoreboard_is_sound(c));
	scoreboard_acknowledge(c, c->snd_nxt, &none);
	CHECK(c->sent_count == 0 && scoreboard_is_sound(c));
	CHECK(rig_fini(&r));
}

/* Who is reset with a table gives it back, while its user still holds the connection. */
TEST(an_end_gives_tables_back)
{
	struct rig r;
	struct tcp_conn *c;

	begin(&r);
	c = r.conn;
	make_holes(&r, REASM_RUNS_FEW + 1);
	CHECK(c->runs != c->few_runs);
	rig_in(&r, (struct rig_segment){ RST | ACK, 1, 1, 0, 0, true, 1000, 0 });
	CHECK(c->state == TCP_CLOSED && c->runs == c->few_runs);
	CHECK(rig_fini(&r));
}

static bool
is_zero(const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	while (count > 0 && *at == 0) {
		at++;
		count--;
	}
	return count == 0;
}

/* So that the room for many connections takes no pages before there are holes. */
TEST(tables_that_were_never_lent_were_never_written_to)
{
	struct rig r;
	struct tcp *t;
	uint32_t all;

	begin(&r);
	t = r.tcp;
	all = lent_tables(t);
	CHECK(all > 2 && t->fresh_runs == 0 && t->fresh_ranges == 0);
	make_holes(&r, REASM_RUNS_FEW + 1);
	CHECK(t->fresh_runs == 1 && t->free_runs == NULL);
	CHECK(is_zero(&t->lent_runs[1], (all - 1) * sizeof(t->lent_runs[0])));
	CHECK(is_zero(t->lent_ranges, all * sizeof(t->lent_ranges[0])));
	for (unsigned i = 0; i <= REASM_RUNS_FEW; i++)
		say(&r, 2 * i * PIECE);
	CHECK(t->fresh_runs == 1 && t->free_runs == t->lent_runs);
	make_holes(&r, 3 * REASM_RUNS_FEW);
	CHECK(t->fresh_runs == 1 && t->free_runs == NULL); /* the same once more */
	CHECK(rig_fini(&r));
}
