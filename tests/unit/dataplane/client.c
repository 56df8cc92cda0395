/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients of one core: what a turn takes from each, who has to wait, who goes when there is no
 * place left, and how a connection ends.
 */
#include "dataplane/client.h"

#include "tests/unit/dataplane/pipeline.h"
#include "tests/unit/harness.h"

#define SHARED_SLICE_BYTES 16384
#define LARGE_BYTES        (200u * 1024)
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
