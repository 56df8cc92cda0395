/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients of one core: what a turn takes from each, who has to wait, who goes when there is no
 * place left, and how a connection ends.
 */
#include "dataplane/client.h"

#include <stdlib.h>

#include <isa-l/igzip_lib.h>

#include "tests/unit/dataplane/pipeline.h"
#include "tests/unit/harness.h"

#define SHARED_SLICE_BYTES 16384
#define LARGE_BYTES        (200u * 1024)
#define LARGE_FROM_BYTES   (256u << 10) /* is large, and has slices of LARGE_SLICE_BYTES at least */
#define LARGE_SLICE_BYTES  4096
#define SMALL_BYTES        1000

#define MAY_204  "Allow: 204\r\n"
#define SAID_200 "ICAP/1.0 200 "
#define SAID_204 "ICAP/1.0 204 "

static const struct duration a_while = { 1000000 };

static void
turns(struct pipeline *p, unsigned n)
{
	while (n-- > 0)
		pipeline_turn(p, a_while);
}

/* The large body is scanned in more turns, and a small one beside it is answered in its own. */
TEST(a_large_body_leaves_the_turn_to_others)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *large = peer_connect(p), *small = peer_connect(p);
	unsigned answered = 0, shared = 0;
	bool left = false;

	peer_say_head(large, MAY_204, LARGE_BYTES);
	peer_say_request(small, MAY_204, SMALL_BYTES);
	pipeline_turn(p, a_while);
	CHECK(peer_count_of(small, SAID_204) == ++answered);
	peer_say_body(large, LARGE_BYTES);
	do {
		peer_say_request(small, MAY_204, SMALL_BYTES);
		pipeline_turn(p, a_while);
		CHECK(peer_count_of(small, SAID_204) == ++answered);
		CHECK(large->taken_bytes <= SHARED_SLICE_BYTES);
		shared += large->taken_bytes == SHARED_SLICE_BYTES;
		CHECK(p->behind == left);
		left = peer_waiting_bytes(large) > 0;
	} while (left && answered < 100);
	CHECK(shared == LARGE_BYTES / SHARED_SLICE_BYTES);
	peer_say_end(large);
	turns(p, 2);
	CHECK(!p->behind);
	CHECK(peer_count_of(large, SAID_204) == 1);
	CHECK(pipeline_destroy(p));
}

/* What has come for long takes less where small ones begin, and as others where none did. */
TEST(a_body_that_is_large_by_now_leaves_them_more)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *large = peer_connect(p), *small[PIPELINE_PEERS_MAX - 1];
	size_t came = 0;

	for (unsigned i = 0; i < COUNT_OF(small); i++)
		small[i] = peer_connect(p);
	peer_say_head(large, MAY_204, 2 * LARGE_FROM_BYTES);
	turns(p, 1);
	for (unsigned turn = 0; turn < 60; turn++) {
		if (peer_waiting_bytes(large) < 4 * SHARED_SLICE_BYTES)
			peer_say_body(large, 4 * SHARED_SLICE_BYTES);
		for (unsigned i = 0; i < COUNT_OF(small); i++)
			peer_say_request(small[i], MAY_204, SMALL_BYTES);
		pipeline_turn(p, a_while);
		if (turn > 0)
			CHECK(large->taken_bytes ==
			      (came < LARGE_FROM_BYTES ? SHARED_SLICE_BYTES : LARGE_SLICE_BYTES));
		came += large->taken_bytes;
	}
	CHECK(came > LARGE_FROM_BYTES);
	turns(p, 2);
	CHECK(large->taken_bytes == SHARED_SLICE_BYTES);
	CHECK(pipeline_destroy(p));
}

/* Others came just now, and may come again while it is scanned: not at once the whole slice. */
TEST(alone_for_a_moment_it_has_no_more)
{
	static const struct duration moment = { 120000 };
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *large = peer_connect(p), *small = peer_connect(p);
	unsigned short_turns = 0;

	peer_say_head(large, MAY_204, 4 * LARGE_BYTES);
	turns(p, 1);
	peer_say_body(large, 2 * LARGE_BYTES);
	peer_say_request(small, MAY_204, SMALL_BYTES);
	pipeline_turn(p, moment);
	CHECK(peer_count_of(small, SAID_204) == 1);
	do {
		pipeline_turn(p, moment);
		short_turns += large->taken_bytes == SHARED_SLICE_BYTES;
	} while (large->taken_bytes == SHARED_SLICE_BYTES);
	CHECK(short_turns == 6); /* from that of the small one's last ACK on */
	CHECK(large->taken_bytes >= ICAP_SLICE_BYTES);
	CHECK(pipeline_destroy(p));
}

/* All heads come first, then what is made of them; all within the turn. */
TEST(heads_are_parsed_before_objects_begin)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *peers[PIPELINE_PEERS_MAX];

	for (unsigned i = 0; i < PIPELINE_PEERS_MAX; i++) {
		peers[i] = peer_connect(p);
		peer_say_request(peers[i], MAY_204, SMALL_BYTES);
	}
	pipeline_turn(p, a_while);
	CHECK(p->begun_with_heads == 0);
	for (unsigned i = 0; i < PIPELINE_PEERS_MAX; i++)
		CHECK(peer_count_of(peers[i], SAID_204) == 1);
	CHECK(pipeline_destroy(p));
}

/* Nobody waits for it: as much as may be scanned before frames are looked for again. */
TEST(alone_it_has_the_whole_slice)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *large = peer_connect(p);
	unsigned whole = 0, n = 0;

	peer_say_head(large, MAY_204, LARGE_BYTES);
	pipeline_turn(p, a_while);
	peer_say_body(large, LARGE_BYTES);
	do {
		pipeline_turn(p, a_while);
		CHECK(large->taken_bytes <= 2 * ICAP_SLICE_BYTES);
		whole += large->taken_bytes >= ICAP_SLICE_BYTES;
		CHECK(!p->behind);
	} while (peer_waiting_bytes(large) > 0 && ++n < 100);
	CHECK(whole > 0 && whole >= n);
	peer_say_end(large);
	turns(p, 2);
	CHECK(peer_count_of(large, SAID_204) == 1);
	CHECK(pipeline_destroy(p));
}

/* Says a body of so many bytes, packed, but for its end. Not zeros alone: those are near a bomb. */
static void
say_packed(struct peer *peer, size_t bytes)
{
	uint8_t *plain = calloc(1, bytes), *packed = malloc(bytes / 8);
	struct isal_zstream z;

	for (size_t i = 0; i < bytes; i += 4096)
		plain[i] = (uint8_t)(i / 4096 * 151);
	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = plain;
	z.avail_in = (uint32_t)bytes;
	z.next_out = packed;
	z.avail_out = (uint32_t)bytes / 8;
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	peer->fields = "Content-Encoding: gzip\r\n";
	CHECK(z.total_out < SHARED_SLICE_BYTES);
	peer_say_head(peer, MAY_204, z.total_out);
	peer_say(peer, (const char *)packed, z.total_out);
	free(packed);
	free(plain);
}

/* Others are answered meanwhile, and its deadline does not count what we took our time for. */
TEST(what_decodes_to_much_has_its_share_of_many_turns)
{
	enum {
		BYTES = 1 << 20,
		LEAST_TURNS = BYTES / (2 * ICAP_SLICE_BYTES)
	};
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *packed = peer_connect(p), *small = peer_connect(p);
	uint64_t fed = 0, before = 0;
	unsigned n = 0;

	say_packed(packed, BYTES);
	do {
		before = inspect_fed_bytes(p->inspect);
		peer_say_request(small, MAY_204, SMALL_BYTES);
		pipeline_turn(p, seconds(8));
		CHECK(peer_count_of(small, SAID_204) == ++n);
		fed = inspect_fed_bytes(p->inspect) - before;
		CHECK(fed <= 2 * ICAP_SLICE_BYTES + SMALL_BYTES);
	} while (fed > SMALL_BYTES && n < 1000);
	CHECK(n > LEAST_TURNS && inspect_fed_bytes(p->inspect) >= BYTES);
	peer_say_end(packed);
	turns(p, 2);
	CHECK(peer_count_of(packed, SAID_204) == 1);
	CHECK(pipeline_destroy(p));
}

/* Its answers wait, so its requests do: where they wait, its window shuts. */
TEST(a_slow_reader_stops_input)
{
	enum {
		REQUESTS = 100,
		BYTES = 8192,
		QUEUE = 32768
	};
	struct pipeline *p = pipeline_create((struct pipeline_shape){ .send_queue_bytes = QUEUE });
	struct peer *slow = peer_connect(p);
	size_t taken = 0;

	slow->stopped_reading = true;
	for (unsigned i = 0; i < REQUESTS; i++)
		peer_say_request(slow, "", BYTES);
	for (unsigned i = 0; i < 2 * REQUESTS; i++) {
		pipeline_turn(p, a_while);
		taken += slow->taken_bytes;
	}
	CHECK(slow->unsent_bytes == 0);
	CHECK(slow->text_bytes == 0);
	CHECK(slow->taken_bytes == 0);
	CHECK(taken > QUEUE && taken < REQUESTS * BYTES / 2);
	CHECK(peer_waiting_bytes(slow) > REQUESTS * BYTES / 2);
	slow->stopped_reading = false;
	slow->owes_ack = true;
	turns(p, 2 * REQUESTS);
	CHECK(peer_count_of(slow, SAID_200) == REQUESTS);
	CHECK(pipeline_destroy(p));
}

/* No place is left: who has been silent longest goes, if that is a second; else nobody does. */
TEST(a_newcomer_gets_the_place_of_who_is_idle)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ .clients_max = 2 });
	struct peer *served = peer_connect(p), *idle = peer_connect(p), *came, *late;

	pipeline_turn(p, seconds(2));
	peer_say_request(served, MAY_204, SMALL_BYTES);
	pipeline_turn(p, a_while);
	came = peer_connect(p);
	turns(p, 2);
	CHECK(pipeline_counter(p, COUNTER_CONNECTIONS_EVICTED) == 1);
	CHECK(idle->got_fin && !idle->got_rst);
	CHECK(!served->got_fin && clients_now(p->clients) == 2);
	peer_say_request(came, MAY_204, SMALL_BYTES);
	pipeline_turn(p, a_while);
	CHECK(peer_count_of(came, SAID_204) == 1);

	late = peer_connect(p);
	turns(p, 2);
	CHECK(pipeline_counter(p, COUNTER_CONNECTIONS_EVICTED) == 1);
	CHECK(pipeline_counter(p, COUNTER_CONNECTIONS_REFUSED) == 1);
	CHECK(peer_count_of(late, "ICAP/1.0 503 ") == 1 && late->got_fin);
	CHECK(!served->got_fin && !came->got_fin && clients_now(p->clients) == 2);
	CHECK(pipeline_destroy(p));
}

/* One in the middle of a request has ten seconds from when it last sent 512 bytes of it. */
TEST(a_request_in_progress_keeps_its_place_while_it_moves)
{
	static const struct {
		const char *name;
		size_t sent_bytes; /* after 6 s */
		int64_t then_s;    /* until the newcomer */
		bool gives_way;
	} rows[] = {
		{ "silent for 9 s", 0, 3, false },
		{ "silent for 11 s", 0, 5, true },
		{ "511 bytes in 11 s", 511, 5, true },
		{ "512 bytes 5 s ago", 512, 5, false },
		{ "512 bytes 11 s ago", 512, 11, true },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct pipeline *p = pipeline_create((struct pipeline_shape){ .clients_max = 1 });
		struct peer *busy = peer_connect(p), *came;

		peer_say_head(busy, "", LARGE_BYTES);
		peer_say_body(busy, 4096);
		pipeline_turn(p, a_while);
		pipeline_turn(p, seconds(6));
		peer_say_body(busy, rows[i].sent_bytes);
		pipeline_turn(p, a_while);
		pipeline_turn(p, seconds(rows[i].then_s));
		came = peer_connect(p);
		turns(p, 2);
		CHECK_ROW(rows[i].name, busy->got_rst == rows[i].gives_way);
		CHECK_ROW(rows[i].name, came->got_fin == !rows[i].gives_way);
		CHECK_ROW(rows[i].name, clients_now(p->clients) == 1);
		CHECK(pipeline_destroy(p));
	}
}

/* However few bytes they are: a request's head begins its ten seconds, its end the idle second. */
TEST(a_request_and_its_end_are_progress)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ .clients_max = 1 });
	struct peer *busy = peer_connect(p), *came;

	pipeline_turn(p, seconds(6));
	peer_say_head(busy, MAY_204, 100);
	CHECK(busy->unsent_bytes < 512);
	pipeline_turn(p, a_while);
	pipeline_turn(p, seconds(5));
	came = peer_connect(p);
	turns(p, 2);
	CHECK(came->got_fin && !busy->got_rst);

	pipeline_turn(p, seconds(4));
	peer_say_body(busy, 100);
	peer_say_end(busy);
	pipeline_turn(p, a_while);
	CHECK(peer_count_of(busy, SAID_204) == 1);
	pipeline_turn(p, milliseconds(500));
	came = peer_connect(p);
	turns(p, 2);
	CHECK(came->got_fin && !busy->got_fin);
	pipeline_turn(p, milliseconds(500));
	came = peer_connect(p);
	turns(p, 2);
	CHECK(!came->got_fin && busy->got_fin);
	CHECK(pipeline_destroy(p));
}

/* Who is in a request gets its answer first; who is not goes at once, and nobody comes. */
TEST(a_drain_ends_each_after_its_answer)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *busy = peer_connect(p), *idle = peer_connect(p), *came;

	peer_say_head(busy, MAY_204, SMALL_BYTES);
	peer_say_body(busy, SMALL_BYTES / 2);
	turns(p, 2);
	clients_drain(p->clients);
	CHECK(clients_now(p->clients) == 1);
	came = peer_connect(p);
	CHECK(idle->got_fin && idle->text_bytes == 0);
	CHECK(came->got_fin && peer_count_of(came, "ICAP/1.0 503 ") == 1);
	CHECK(!busy->got_fin && clients_now(p->clients) == 1);
	peer_say_body(busy, SMALL_BYTES / 2);
	peer_say_end(busy);
	turns(p, 2);
	CHECK(peer_count_of(busy, SAID_204) == 1);
	CHECK(peer_count_of(busy, "Connection: close") == 1);
	CHECK(busy->got_fin && !busy->got_rst);
	CHECK(clients_now(p->clients) == 0);
	CHECK(pipeline_destroy(p));
}

/* What came before the peer's FIN is answered, then ours goes. */
TEST(the_peers_end_waits_for_the_answer)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *peer = peer_connect(p);

	peer_say_request(peer, MAY_204, SMALL_BYTES);
	peer_say_request(peer, MAY_204, SMALL_BYTES);
	peer_close(peer);
	turns(p, 3);
	CHECK(peer_count_of(peer, SAID_204) == 2);
	CHECK(peer->got_fin && !peer->got_rst);
	CHECK(clients_now(p->clients) == 0);
	CHECK(pipeline_destroy(p));
}

TEST(a_reset_lets_go_of_the_object)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *peer = peer_connect(p);

	peer_say_head(peer, "", LARGE_BYTES);
	peer_say_body(peer, LARGE_BYTES / 2);
	pipeline_turn(p, a_while);
	CHECK(inspect_objects_now(p->inspect) == 1);
	peer_reset(peer);
	pipeline_turn(p, a_while);
	CHECK(inspect_objects_now(p->inspect) == 0);
	CHECK(clients_now(p->clients) == 0);
	CHECK(pipeline_counter(p, COUNTER_CONNECTIONS_CLOSED) == 1);
	CHECK(pipeline_destroy(p));
}

/* ICAP's deadlines are kept here: a body that stopped is told so, and its object let go of. */
TEST(a_body_that_stops_ends_by_its_deadline)
{
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *peer = peer_connect(p);

	peer_say_head(peer, "", LARGE_BYTES);
	peer_say_body(peer, 4096);
	pipeline_turn(p, a_while);
	CHECK(mono_before(clients_next_deadline(p->clients), mono_add(p->now, seconds(61))));
	pipeline_turn(p, seconds(59));
	CHECK(inspect_objects_now(p->inspect) == 1);
	pipeline_turn(p, seconds(2));
	turns(p, 2);
	CHECK(peer_count_of(peer, "ICAP/1.0 408 ") == 1);
	CHECK(peer->got_fin && inspect_objects_now(p->inspect) == 0);
	CHECK(clients_now(p->clients) == 0);
	CHECK(pipeline_destroy(p));
}

/* Our error would be lost with a RST: what the peer still sends is taken and dropped. */
TEST(a_peer_in_error_is_told_and_drained)
{
	enum {
		WINDOW = 1 << 20
	};
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *peer = peer_connect(p);

	peer_say(peer, "NONSENSE\r\n\r\n", 12);
	for (unsigned i = 0; i < 3; i++) {
		peer_say_body(peer, WINDOW / 2);
		turns(p, 3);
	}
	CHECK(peer->unsent_bytes == 0);
	CHECK(peer_count_of(peer, "ICAP/1.0 400 ") == 1);
	CHECK(
	    pipeline_counter(p, COUNTER_ANSWERS_ERROR) == 1); /* its record has a test of its own */
	CHECK(peer->got_fin && !peer->got_rst);
	CHECK(clients_now(p->clients) == 0);
	CHECK(pipeline_destroy(p));
}

TEST(who_is_not_on_the_list_is_told_so)
{
	static char subnet[] = "198.51.100.0/24";
	char *const texts[] = { subnet };
	struct pipeline *p = pipeline_create((struct pipeline_shape){ 0 });
	struct peer *peer;

	CHECK(access_list_init(&p->access, texts, 1) == 0);
	peer = peer_connect(p);
	peer_say_request(peer, MAY_204, SMALL_BYTES);
	turns(p, 3);
	CHECK(peer_count_of(peer, "ICAP/1.0 403 ") == 1);
	CHECK(peer_count_of(peer, SAID_204) == 0);
	CHECK(peer->got_fin && clients_now(p->clients) == 0);
	access_list_fini(&p->access);
	CHECK(pipeline_destroy(p));
}
