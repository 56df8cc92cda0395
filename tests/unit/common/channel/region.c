/* SPDX-License-Identifier: BSD-3-Clause */
/* Making and attaching: what is accepted, what is refused, and the words both sides read. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/channel/layout.h"
#include "tests/unit/harness.h"

static const struct region_shape small = {
	.cores = 2, .notices = 8, .records = 4, .commands = 4, .observations = 4, .arena_blocks = 6
};

/* Both sides in one process; the attached one gets a descriptor of its own. */
static void
open_both(struct region **dataplane, struct region **control)
{
	CHECK(region_create(&small, dataplane) == 0);
	CHECK(region_attach(dup(region_fd(*dataplane)), control) == 0);
}

TEST(region_words_cross_over)
{
	struct region *d, *c;
	uint32_t kind, lanes_from;

	open_both(&d, &c);
	CHECK(region_boot_id(d) == region_boot_id(c) && region_boot_id(d) != 0);
	CHECK(region_cores(c) == 2);
	CHECK(region_dataplane_pid(c) == getpid());
	CHECK(region_core(c, 1) != NULL && region_core(c, 2) == NULL);
	CHECK(region_mode(d) == MODE_STANDARD);
	region_set_mode(c, MODE_ADVANCED);
	CHECK(region_mode(d) == MODE_ADVANCED);
	region_set_policy_epoch(c, 77);
	CHECK(region_policy_epoch(d) == 77);
	region_set_generation(d, 99);
	CHECK(region_generation(c) == 99);
	CHECK(region_shadow(c) == 0);
	region_set_shadow(d, 7);
	CHECK(region_shadow(c) == 7 && region_generation(c) == 99);
	region_set_digests(d, 4, 5);
	region_digests(c, &kind, &lanes_from);
	CHECK(kind == 4 && lanes_from == 5);
	region_beat(c, 123456789);
	CHECK(region_last_beat(d) == 123456789);
	region_set_mode(c, (enum mode)4000);
	CHECK(region_mode(d) == MODE_STANDARD);
	region_close(c);
	region_close(d);
}

TEST(region_refuses_shapes)
{
	static const struct {
		const char *name;
		struct region_shape shape;
	} cases[] = {
		{ "no core", { 0, 8, 8, 8, 4, 8 } },
		{ "too many cores", { CHANNEL_CORES_MAX + 1, 8, 8, 8, 4, 8 } },
		{ "notices not a power of two", { 1, 7, 8, 8, 4, 8 } },
		{ "no records", { 1, 8, 0, 8, 4, 8 } },
		{ "one command slot", { 1, 8, 8, 1, 4, 8 } },
		{ "too many slots", { 1, RING_SLOTS_MAX * 2, 8, 8, 4, 8 } },
		{ "observations not a power of two", { 1, 8, 8, 8, 4, 9 } },
		{ "no blocks", { 1, 8, 8, 8, 0, 8 } },
		{ "too many blocks", { 1, 8, 8, 8, ARENA_BLOCKS_MAX + 1, 8 } },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct region *r = NULL;

		CHECK_ROW(cases[i].name, region_create(&cases[i].shape, &r) == -EINVAL);
		CHECK_ROW(cases[i].name, r == NULL);
	}
}

TEST(region_is_sealed)
{
	struct region *d;
	struct stat st;

	CHECK(region_create(&small, &d) == 0);
	CHECK(fstat(region_fd(d), &st) == 0);
	CHECK(ftruncate(region_fd(d), 4096) == -1 && errno == EPERM);
	CHECK(ftruncate(region_fd(d), st.st_size + 4096) == -1 && errno == EPERM);
	CHECK(fcntl(region_fd(d), F_ADD_SEALS, F_SEAL_WRITE) == -1 && errno == EPERM);
	region_close(d);
}

TEST(region_attach_refuses_other_files)
{
	struct region_header header = { 0 };
	struct region *d, *c = NULL;
	int unsealed = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int pipes[2];

	CHECK(region_create(&small, &d) == 0);
	CHECK(pread(region_fd(d), &header, sizeof(header), 0) == (ssize_t)sizeof(header));
	CHECK(ftruncate(unsealed, (off_t)header.plan.bytes) == 0);
	CHECK(pwrite(unsealed, &header, sizeof(header), 0) == (ssize_t)sizeof(header));
	CHECK(region_attach(unsealed, &c) == -EPROTO);
	CHECK(pipe(pipes) == 0);
	CHECK(region_attach(pipes[0], &c) == -EPROTO);
	CHECK(region_attach(-1, &c) == -EPROTO);
	CHECK(c == NULL);
	CHECK(fcntl(unsealed, F_GETFD) != -1); /* refused: still the caller's */
	close(unsealed);
	close(pipes[0]);
	close(pipes[1]);
	region_close(d);
}

/* A change of any byte that means something is refused, and no change at all brings anyone down. */
TEST(region_attach_survives_any_header_byte)
{
	struct region *d;

	CHECK(region_create(&small, &d) == 0);
	for (size_t at = 0; at < sizeof(struct region_header); at++) {
		bool is_free = (at >= offsetof(struct region_header, dataplane_pid) &&
				   at < offsetof(struct region_header, layout_hash)) ||
			       (at >= offsetof(struct region_header, boot_id) &&
				   at < offsetof(struct region_header, shape));
		struct region *c = NULL;
		char name[32];
		uint8_t byte, other;
		int fd = dup(region_fd(d)), rc;

		snprintf(name, sizeof(name), "byte %zu", at);
		CHECK(pread(fd, &byte, 1, (off_t)at) == 1);
		other = byte ^ 0xff;
		CHECK(pwrite(fd, &other, 1, (off_t)at) == 1);
		rc = region_attach(fd, &c);
		CHECK_ROW(name, is_free ? rc == 0 : rc == -EPROTO);
		CHECK(pwrite(region_fd(d), &byte, 1, (off_t)at) == 1);
		if (rc == 0)
			region_close(c);
		else
			close(fd);
	}
	region_close(d);
}

TEST(layout_parts_never_overlap)
{
	struct region_plan p;

	CHECK(layout_plan(&small, &p) == 0);
	CHECK(p.notices_at == 0 && p.notices_at < p.records_at && p.records_at < p.commands_at);
	CHECK(p.commands_at < p.observations_at && p.observations_at < p.stats_at &&
	      p.stats_at + sizeof(struct core_stats) <= p.told_at);
	CHECK(p.told_at + 6 * RECORD_BYTES <= p.arena_at);
	CHECK(p.arena_at + 6 * ARENA_BLOCK_BYTES <= p.core_bytes);
	CHECK(p.bytes == p.cores_at + 2 * p.core_bytes);
	CHECK(layout_hash() == layout_hash() && layout_hash() != 0);
}
