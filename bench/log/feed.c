/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/log/feed.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/channel/attend.h"

#define PAUSE_US     200 /* between looks at the clock: a burst of 20 records at 100,000/s */
#define SERVE_PAUSES 64  /* how often control is listened to */

struct feed {
	struct region *region;
	struct channel_core *core;
	int listener, control; /* -1: none */
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	uint64_t number; /* of the next record */
};

static int
listen_on(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), rc;

	if (fd < 0)
		return -errno;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	unlink(path);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 && listen(fd, 1) == 0)
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int
feed_open(const char *socket_path, struct feed **out)
{
	struct region_shape shape = { .cores = 1,
		.notices = 1024,
		.records = FEED_RING_SLOTS,
		.commands = 1024,
		.arena_blocks = 64,
		.observations = 1024 };
	struct feed *f = calloc(1, sizeof(*f));
	int rc;

	if (f == NULL)
		return -ENOMEM;
	f->listener = f->control = -1;
	rc = strlen(socket_path) < sizeof(f->path) ? 0 : -ENAMETOOLONG;
	if (rc == 0) {
		snprintf(f->path, sizeof(f->path), "%s", socket_path);
		rc = region_create(&shape, &f->region);
	}
	if (rc == 0) {
		f->core = region_core(f->region, 0);
		f->listener = listen_on(f->path);
		rc = f->listener < 0 ? f->listener : 0;
	}
	if (rc != 0) {
		feed_close(f);
		return rc;
	}
	*out = f;
	return 0;
}

void
feed_close(struct feed *f)
{
	if (f->control >= 0)
		close(f->control);
	if (f->listener >= 0) {
		close(f->listener);
		unlink(f->path);
	}
	if (f->region != NULL)
		region_close(f->region);
	free(f);
}

static void
pause_us(unsigned us)
{
	nanosleep(&(struct timespec){ .tv_nsec = (long)us * 1000 }, NULL);
}

/* Generations and policies are taken, as far as control can tell. */
void
feed_serve(struct feed *f)
{
	struct attend_message m, reply = { .version = ATTEND_VERSION, .kind = ATTEND_DONE };
	int fd = -1;

	if (f->control < 0 || attend_receive(f->control, &m, &fd) != 0)
		return;
	if (fd >= 0)
		close(fd);
	reply.serial = m.serial;
	reply.id = region_generation(f->region);
	reply.pid = getpid();
	attend_send(f->control, &reply, -1);
}

bool
feed_wait(struct feed *f, struct duration limit)
{
	struct attend_message hello = { .version = ATTEND_VERSION,
		.kind = ATTEND_HELLO,
		.id = region_boot_id(f->region),
		.pid = getpid() };
	struct mono end = mono_add(mono_now(), limit);

	while (f->control < 0) {
		f->control = accept4(f->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (f->control < 0 && !mono_before(mono_now(), end))
			return false;
		if (f->control < 0)
			pause_us(1000);
	}
	return attend_send(f->control, &hello, region_fd(f->region)) == 0;
}

void
feed_fill(struct record_slot *slot, uint64_t number)
{
	struct record *r = &slot->record;
	char url[96], name[32];
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	memset(r, 0, sizeof(*r));
	r->wall_ns = (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
	r->duration_ns = 9000;
	r->size = 1024;
	r->session = (uint32_t)number & 0x1f;
	r->site = RECORD_SITE_RESPMOD;
	r->site_line = 1;
	r->mode = MODE_STANDARD;
	r->verdict = VERDICT_CLEAN;
	r->source = SOURCE_SCANNED;
	r->flags = RECORD_FLAG_DELIVERED;
	r->http_status = 200;
	for (unsigned i = 0; i < sizeof(number); i++)
		r->uuid[i] = r->md5[i] = r->sha256[i] = (uint8_t)(number >> 8 * i);
	snprintf(url, sizeof(url), "www.bench.test/folder/object-%llu.html?page=%llu",
	    (unsigned long long)number, (unsigned long long)(number & 0xff));
	snprintf(name, sizeof(name), "object-%llu.html", (unsigned long long)number);
	record_text_put(slot, RECORD_TEXT_URL, span_text(url));
	record_text_put(slot, RECORD_TEXT_FILENAME, span_text(name));
}

static bool
put(struct feed *f)
{
	struct record_slot *slot = record_reserve(f->core);

	if (slot == NULL) {
		count(channel_stats(f->core), COUNTER_RECORDS_LOST, 1);
		return false;
	}
	feed_fill(slot, f->number++);
	record_commit(f->core);
	return true;
}

void
feed_run(struct feed *f, uint32_t rate, struct duration length, struct feed_result *out)
{
	struct mono begun = mono_now(), now = begun;
	uint64_t all = (uint64_t)length.ns / 1000 * rate / 1000000;
	unsigned pauses = 0;

	*out = (struct feed_result){ 0 };
	while (out->due < all) {
		uint64_t due = (uint64_t)mono_since(now, begun).ns / 1000 * rate / 1000000;

		for (; out->due < due && out->due < all; out->due++) {
			if (put(f))
				out->put++;
			else
				out->lost++;
		}
		if (pauses++ % SERVE_PAUSES == 0)
			feed_serve(f);
		pause_us(PAUSE_US);
		now = mono_now();
	}
	out->took = mono_since(now, begun);
}
