/* SPDX-License-Identifier: BSD-3-Clause */
/* What a peer counts up by its ACKs stays within what counts it. */
#include "dataplane/net/tcp/conn.h"
#include "tests/unit/dataplane/net/tcp/rig.h"
#include "tests/unit/harness.h"

/* Without SACK each duplicate says that a segment has left, and a thousand of them no less than
 * that: a count that began anew would have all fly once more. */
TEST(rfc5681_3_2_the_count_of_duplicates_stays_at_its_most)
{
	struct rig r;
	struct tcp_conn *c;
	uint8_t before = 0;

	rig_init(&r, (struct tcp_config){ .checksum_offload_rx = true });
	rig_accept(&r, false);
	c = r.conn;
	CHECK(!c->use_sack);
	rig_send(&r, 100);
	for (unsigned i = 0; i < 1000; i++) {
		rig_in(&r, (struct rig_segment){ ACK, 1, 1, RIG_WINDOW, 0, false, 0, 0 });
		CHECK_SEED(i, c->dup_acks >= before);
		before = c->dup_acks;
	}
	CHECK(before == UINT8_MAX && recovery_pipe(c) == 0);
	CHECK(rig_fini(&r));
}
