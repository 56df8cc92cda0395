/* SPDX-License-Identifier: BSD-3-Clause */
/* What is fed are records that control takes for sound, and what found no room is counted. */
#include "bench/log/feed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/channel/attend.h"
#include "tests/unit/harness.h"

TEST(a_record_is_sound_and_of_its_number)
{
	static struct record_slot a, b;

	feed_fill(&a, 7);
	feed_fill(&b, 8);
	CHECK(record_is_sound(&a) && record_is_sound(&b));
	CHECK(a.record.verdict == VERDICT_CLEAN && a.record.size == 1024);
	CHECK(memcmp(a.record.sha256, b.record.sha256, 32) != 0);
	CHECK(memcmp(a.record.uuid, b.record.uuid, 16) != 0);
	CHECK(span_equal(record_text_get(&a, RECORD_TEXT_FILENAME), span_text("object-7.html")));
}

/* As control does: connects, takes the region, reads. */
TEST(what_finds_no_room_is_lost_and_counted)
{
	char path[64];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	static struct record_slot slot;
	static struct core_stats stats;
	struct attend_message m;
	struct feed_result r;
	struct region *region;
	struct feed *f;
	unsigned taken = 0;
	int fd, region_fd;

	snprintf(path, sizeof(path), "/tmp/sluice-feed-%d.sock", (int)getpid());
	CHECK(feed_open(path, &f) == 0);
	CHECK(!feed_wait(f, milliseconds(1)));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	CHECK(feed_wait(f, seconds(5)));
	CHECK(attend_receive(fd, &m, &region_fd) == 0 && m.kind == ATTEND_HELLO);
	CHECK(region_attach(region_fd, &region) == 0);
	m = (struct attend_message){
		.version = ATTEND_VERSION, .kind = ATTEND_POLICY, .serial = 5
	};
	CHECK(attend_send(fd, &m, -1) == 0);
	feed_serve(f);
	CHECK(attend_receive(fd, &m, &region_fd) == 0 && m.kind == ATTEND_DONE && m.serial == 5);
	feed_run(f, 1000000, milliseconds(10), &r);
	CHECK(r.due == 10000 && r.put + r.lost == r.due);
	CHECK(r.put > FEED_RING_SLOTS / 2 && r.put <= FEED_RING_SLOTS);
	channel_stats_read(region_core(region, 0), &stats);
	CHECK(stats.counters[COUNTER_RECORDS_LOST] == r.lost);
	for (; record_peek(region_core(region, 0), &slot); taken++)
		record_done(region_core(region, 0));
	CHECK(taken == r.put && channel_unsound(region_core(region, 0)) == 0);
	feed_run(f, 1000, milliseconds(10), &r);
	CHECK(r.due == 10 && r.lost == 0);
	region_close(region);
	close(fd);
	feed_close(f);
	CHECK(access(path, F_OK) != 0);
	CHECK(feed_open("/none/dataplane.sock", &f) == -ENOENT);
}
