/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects from their request to their answer: clean and bad ones, a ring that is full. */
#include "tests/unit/dataplane/inspect/rig.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

TEST(clean_is_204_and_bad_is_a_page)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct notice n;

	rig_respmod(c, "", "hello", 5);
	rig_until(c, 1);
	CHECK(strncmp(c->output, "ICAP/1.0 204", 12) == 0);
	c->output_bytes = 0;
	rig_respmod(c, "", eicar, sizeof(eicar) - 1);
	rig_until(c, 1);
	CHECK(strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(strstr(c->output, "X-Virus-ID: Eicar-Test-Signature") != NULL);
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_BAD);
	rig_destroy(r);
}

/* A verdict that waits for the ring is one object that met a full ring, however often it is tried.
 */
TEST(a_full_ring_is_counted_once_an_object)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct notice n;

	while (notice_reserve(r->channel) != NULL) {
		memset(notice_reserve(r->channel), 0, sizeof(n));
		notice_commit(r->channel);
	}
	rig_respmod(c, "", eicar, sizeof(eicar) - 1);
	for (unsigned turn = 0; turn < 20; turn++)
		rig_turn(r);
	CHECK(c->output_bytes == 0);
	CHECK(r->stats->counters[COUNTER_NOTICES_FULL] == 1);
	while (rig_notice(r, &n))
		continue;
	rig_turn(r);
	CHECK(strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(r->stats->counters[COUNTER_NOTICES_FULL] == 1);
	rig_destroy(r);
}
