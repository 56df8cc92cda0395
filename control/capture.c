/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture: the cores' frames into a pcapng file that the asker opened. One at a time. It ends by
 * itself at its count, its time, its size, when the file can't be written, when the asker leaves or
 * the dataplane does; then every core is told, says how much it saw and lost, and the asker is
 * answered.
 *
 *     RUNS  --count, time, size, …-->  ENDS (COMMAND_CAPTURE_END sent again until it was taken)
 *     ENDS  --every core has said so, or CAPTURE_END_TIMEOUT_MS-->  answered
 *
 * Blocks gather in memory and are written once a turn of the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/version.h"
#include "control/answer.h"
#include "control/filter.h"
#include "control/observe.h"
#include "control/pcapng.h"

#define BUFFER_BYTES (4u << 20) /* a turn's worth of full rings, twice; more is written at once */

struct core_part {
	uint8_t bytes[OBSERVE_SNAPLEN_MAX]; /* of the frame whose parts come */
	uint32_t have;
	uint64_t seen, lost;
	bool ended;
};

struct capture {
	struct observed_by by;
	int fd;
	uint32_t serial, snaplen, cores;
	uint64_t count_max, frames, file_bytes, lost;
	uint64_t begun_ms, seconds, ended_ms;
	const char *ended_by; /* NULL: it runs */
	bool end_owed;        /* a core's command ring was full */
	int error;            /* of the file */
	size_t used;
	char *buffer;
	struct core_part *core;
};

static int64_t
wall_ns_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void
end(struct capture *c, uint64_t now_ms, const char *why)
{
	if (c->ended_by != NULL)
		return;
	c->ended_by = why;
	c->ended_ms = now_ms;
	c->end_owed = true;
}

/* Writes what has gathered; a file that takes no more ends the capture. */
static void
flush(struct capture *c)
{
	size_t done = 0;

	while (done < c->used && c->error == 0) {
		ssize_t n = write(c->fd, c->buffer + done, c->used - done);

		if (n < 0 && errno != EINTR)
			c->error = errno;
		done += n > 0 ? (size_t)n : 0;
	}
	c->file_bytes += done;
	c->used = 0;
}

static char *
room_for(struct capture *c, size_t bytes)
{
	if (BUFFER_BYTES - c->used < bytes)
		flush(c);
	return c->buffer + c->used;
}

static void
write_heads(struct capture *c)
{
	char name[32], description[64];

	c->used += pcapng_section(
	    "sluicectl capture, Sluice " SLUICE_VERSION, room_for(c, PCAPNG_HEAD_BYTES_MAX));
	for (uint32_t i = 0; i < c->cores; i++) {
		snprintf(name, sizeof(name), "core%u", i);
		snprintf(description, sizeof(description), "queue of dataplane core %u", i);
		c->used += pcapng_interface(
		    name, description, c->snaplen, room_for(c, PCAPNG_HEAD_BYTES_MAX));
	}
}

static void
destroy(struct capture *c)
{
	if (c->fd >= 0)
		close(c->fd);
	free(c->buffer);
	free(c->core);
	free(c);
}

/* The last blocks, the answer, and nothing more of it. */
static void
finish(struct observe *o)
{
	struct capture *c = o->capture;
	uint64_t seen = 0, lost = 0;
	json_t *out;

	for (uint32_t i = 0; i < c->cores; i++) {
		seen += c->core[i].seen;
		lost += c->core[i].lost;
		c->used += pcapng_statistics(i, wall_ns_now(), c->core[i].seen, c->core[i].lost,
		    room_for(c, PCAPNG_HEAD_BYTES_MAX));
	}
	flush(c);
	if (c->error != 0) {
		char why[160];

		snprintf(why, sizeof(why), "the file can't be written: %s; %llu frames are in it",
		    strerror(c->error), (unsigned long long)c->frames);
		out = answer_unavailable(why);
	} else {
		out = json_pack("{s:b, s:I, s:I, s:I, s:I, s:s}", "ok", 1, "frames",
		    (json_int_t)c->frames, "matched", (json_int_t)seen, "lost", (json_int_t)lost,
		    "file_bytes", (json_int_t)c->file_bytes, "ended_by", c->ended_by);
	}
	o->capture = NULL;
	c->by.done(c->by.arg, out);
	destroy(c);
}

static void
take_frame(struct capture *c, uint32_t core, const struct observed_frame *f, uint64_t now_ms)
{
	struct core_part *p = &c->core[core];

	if (f->at != p->have && f->at != 0) { /* its beginning was not seen */
		p->have = 0;
		return;
	}
	memcpy(p->bytes + f->at, f->bytes, f->part_bytes);
	p->have = f->at + f->part_bytes;
	if (p->have < f->kept_bytes)
		return;
	p->have = 0;
	c->used += pcapng_packet(core, f->wall_ns,
	    f->direction == OBSERVED_IN ? PCAPNG_INBOUND : PCAPNG_OUTBOUND, p->bytes, f->kept_bytes,
	    f->frame_bytes, room_for(c, f->kept_bytes + PCAPNG_PACKET_OVERHEAD));
	c->frames++;
	if (c->frames == c->count_max)
		end(c, now_ms, "count");
	else if (c->file_bytes + c->used >= CAPTURE_BYTES_MAX)
		end(c, now_ms, "size");
}

void
capture_take(struct observe *o, uint32_t core, const struct observation *seen)
{
	struct capture *c = o->capture;

	if (c == NULL || seen->serial != c->serial || core >= c->cores)
		return;
	if (seen->kind == OBSERVATION_CAPTURE_END) {
		c->core[core].seen = seen->capture_end.seen;
		c->core[core].lost = seen->capture_end.lost;
		c->core[core].ended = true;
	} else if (c->ended_by == NULL) {
		take_frame(c, core, &seen->frame, uv_now(&o->control->loop));
	}
}

static bool
every_core_ended(const struct capture *c)
{
	for (uint32_t i = 0; i < c->cores; i++) {
		if (!c->core[i].ended)
			return false;
	}
	return true;
}

void
capture_tick(struct observe *o)
{
	struct capture *c = o->capture;
	uint64_t now = uv_now(&o->control->loop);
	struct command command = { .kind = COMMAND_CAPTURE_END };

	if (c == NULL)
		return;
	flush(c);
	if (c->error != 0)
		end(c, now, "error");
	if (o->control->region == NULL)
		end(c, now, "dataplane");
	if (now - c->begun_ms >= c->seconds * 1000)
		end(c, now, "seconds");
	if (c->end_owed) {
		command.observe.serial = c->serial;
		c->end_owed = observe_send(o, &command) == -EAGAIN;
	}
	if (c->ended_by != NULL && (o->control->region == NULL || every_core_ended(c) ||
				       now - c->ended_ms > CAPTURE_END_TIMEOUT_MS))
		finish(o);
}

void
capture_leave(struct observe *o, void *arg)
{
	if (o->capture != NULL && o->capture->by.arg == arg)
		end(o->capture, uv_now(&o->control->loop), "client");
}

void
capture_end_now(struct observe *o, const char *why)
{
	struct command command = { .kind = COMMAND_CAPTURE_END };

	if (o->capture == NULL)
		return;
	end(o->capture, 0, why);
	command.observe.serial = o->capture->serial;
	observe_send(o, &command);
	finish(o);
}

static bool
take_number(
    const json_t *request, const char *key, json_int_t least, json_int_t most, json_int_t *out)
{
	const json_t *v = json_object_get(request, key);

	if (v == NULL)
		return true;
	*out = json_integer_value(v);
	return json_is_integer(v) && *out >= least && *out <= most;
}

/* A regular file that may be written. */
static const char *
check_file(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return "the file is not a regular one: a capture never waits for who reads it";
	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY ? NULL
							     : "the file is not open for writing";
}

static struct capture *
create(struct observe *o, int fd, struct observed_by by)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->by = by;
	c->fd = fd;
	c->cores = region_cores(o->control->region);
	c->buffer = malloc(BUFFER_BYTES);
	c->core = calloc(c->cores, sizeof(*c->core));
	if (c->buffer != NULL && c->core != NULL)
		return c;
	c->fd = -1; /* still the caller's */
	destroy(c);
	return NULL;
}

/* What is asked, checked, in `command`; NULL, or why not. */
static const char *
read_request(const json_t *request, struct command *command, json_int_t *count, json_int_t *seconds,
    char error[FILTER_ERROR_MAX])
{
	const json_t *filter = json_object_get(request, "filter");
	json_int_t snaplen = OBSERVE_SNAPLEN_MAX;

	if (filter != NULL && !json_is_string(filter))
		return "expected \"filter\" to be a string";
	if (!take_number(request, "count", 1, INT32_MAX, count))
		return "count: expected a number from 1 to 2147483647";
	if (!take_number(request, "seconds", 1, CAPTURE_SECONDS_MAX, seconds))
		return "seconds: expected a number from 1 to 86400";
	if (!take_number(request, "snaplen", 14, OBSERVE_SNAPLEN_MAX, &snaplen))
		return "snaplen: expected a number of bytes from 14 to 65535";
	command->kind = COMMAND_CAPTURE;
	command->observe.limit = (uint32_t)snaplen;
	if (filter != NULL &&
	    filter_parse(json_string_value(filter), false, &command->observe.filter, error) != 0)
		return error;
	return NULL;
}

json_t *
capture_begin(struct observe *o, const json_t *request, int fd, struct observed_by by)
{
	struct command command = { 0 };
	json_int_t count = 0, seconds = CAPTURE_SECONDS_DEFAULT;
	char error[FILTER_ERROR_MAX];
	const char *why = read_request(request, &command, &count, &seconds, error);
	struct capture *c = NULL;

	if (why == NULL)
		why = check_file(fd);
	if (why != NULL) {
		close(fd);
		return answer_refusal(why);
	}
	if (o->control->region == NULL)
		why = ANSWER_NO_DATAPLANE;
	else if (o->capture != NULL)
		why = "another capture runs";
	else if (ftruncate(fd, 0) != 0) /* not before: one that is refused leaves what was there */
		why = "the file can't be emptied";
	else if ((c = create(o, fd, by)) == NULL)
		why = "out of memory";
	if (why != NULL) {
		close(fd);
		return answer_unavailable(why);
	}
	c->serial = command.observe.serial = observe_next_serial(o);
	c->snaplen = command.observe.limit;
	c->count_max = (uint64_t)count;
	c->seconds = (uint64_t)seconds;
	c->begun_ms = uv_now(&o->control->loop);
	write_heads(c);
	o->capture = c;
	if (observe_send(o, &command) != 0) {
		command.kind = COMMAND_CAPTURE_END;
		observe_send(o, &command);
		o->capture = NULL;
		destroy(c);
		return answer_unavailable("a core's command ring is full; try again");
	}
	return NULL;
}
