/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: common/channel common/base
 *
 * The shared region under a hostile other side: the input is a program of steps, some of which
 * write bytes anywhere in the region, the others let dataplane or control do what they do. Whatever
 * was written, what comes out must be sound, reads must end, and nothing outside may be touched.
 */
#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/channel/view.h"

#define STEPS_MAX 64

struct program {
	struct span left;
	struct region *dataplane, *control;
};

static const struct region_shape shape = {
	.cores = 1, .notices = 4, .records = 2, .commands = 4, .observations = 4, .arena_blocks = 3
};

/* The next `bytes` (at most 8) of the input as a number, zero past its end. */
static uint64_t
draw(struct program *p, unsigned bytes)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < bytes && p->left.bytes > 0; i++) {
		n |= (uint64_t)p->left.data[0] << (8 * i);
		p->left = span_from(p->left, 1);
	}
	return n;
}

/* Where lies are worth most: the ring words, the start of each slot, the arena's headers. */
static void
step_write(struct program *p)
{
	struct channel_core *c = region_core(p->dataplane, 0);
	uint8_t *const places[] = { (uint8_t *)c->notices.ring, (uint8_t *)c->records.ring,
		(uint8_t *)c->commands.ring, c->notices.slots, c->records.slots, c->commands.slots,
		c->told, c->arena, c->arena + ARENA_BLOCK_BYTES,
		(uint8_t *)p->dataplane->control_words };
	uint8_t *place = places[draw(p, 1) % (sizeof(places) / sizeof(places[0]))];
	size_t offset = draw(p, 2) % 512, bytes = draw(p, 1) % 64;

	for (size_t i = 0; i < bytes; i++)
		place[offset + i] = (uint8_t)draw(p, 1);
}

static void
check_record(const struct record_slot *slot)
{
	assert(record_is_sound(slot));
	for (unsigned i = 0; i < RECORD_TEXT_COUNT; i++) {
		struct span text = record_text_get(slot, (enum record_text)i);

		assert((const char *)text.data >= slot->text);
		assert((const char *)text.data + text.bytes <= slot->text + RECORD_TEXT_ROOM);
	}
}

static void
read_object(struct channel_core *reader, uint32_t first, uint64_t job, uint64_t bytes)
{
	struct arena_reader r;
	struct span part;
	unsigned parts = 0;
	volatile uint8_t sink;

	arena_read_begin(reader, first, job, bytes, &r);
	while (arena_read_next(&r, &part)) {
		assert(++parts <= shape.arena_blocks && part.bytes <= ARENA_PAYLOAD_BYTES);
		sink = part.data[part.bytes - 1];
	}
	(void)sink;
}

/* A turn of control: everything that waits, then everything that is lent. */
static void
step_control(struct program *p)
{
	struct channel_core *c = region_core(p->control, 0);
	struct record_slot record;
	struct notice notice;
	static struct observation observation;
	uint32_t at = 0;
	unsigned turns = 0;

	while (turns++ < 8 && notice_peek(c, &notice)) {
		check_record(&notice.object);
		if (notice.kind == NOTICE_SANDBOX)
			read_object(c, notice.first_block, notice.job, notice.job_bytes);
		notice_done(c);
	}
	while (turns++ < 16 && record_peek(c, &record)) {
		check_record(&record);
		record_done(c);
	}
	while (turns++ < 24 && observation_peek(c, &observation)) {
		assert(observation_is_sound(&observation));
		observation_done(c);
	}
	while (arena_find_lent(c, &at, &notice)) {
		check_record(&notice.object);
		read_object(c, notice.first_block, notice.job, notice.job_bytes);
	}
	assert(region_mode(p->control) < MODE_COUNT);
}

static void
step_core(struct program *p)
{
	struct channel_core *c = region_core(p->dataplane, 0);
	struct notice *notice = notice_reserve(c);
	struct record_slot *record = record_reserve(c);
	struct observation *seen = observation_room(c) > 0 ? observation_reserve(c) : NULL;
	struct command command;
	unsigned turns = 0;

	if (notice != NULL) {
		uint32_t block = arena_take(c);

		memset(notice, 0, sizeof(*notice));
		notice->kind = block != ARENA_NONE ? NOTICE_SANDBOX : NOTICE_BAD;
		notice->job = draw(p, 1) + 1;
		notice->job_bytes = 100;
		notice->first_block = block;
		if (block != ARENA_NONE) {
			arena_link(c, block, ARENA_NONE, 100);
			arena_lend(c, block, notice->job, notice);
		}
		notice_commit(c);
	}
	if (record != NULL) {
		memset(record, 0, sizeof(*record));
		record_commit(c);
	}
	if (seen != NULL) {
		memset(seen, 0, sizeof(*seen));
		observation_commit(c);
	}
	while (turns++ < 8 && command_take(c, &command)) {
		assert(command.kind < COMMAND_KIND_COUNT);
		if (command_observes(&command)) /* it has neither source nor threat */
			continue;
		assert(command.source < SOURCE_COUNT);
		assert(strlen(command.threat) < COMMAND_THREAT_MAX);
	}
	assert(arena_free_blocks(c) <= shape.arena_blocks);
}

static void
step_command(struct program *p)
{
	struct command command = { .kind = (uint32_t)draw(p, 1), .job = draw(p, 1) };

	command_send(region_core(p->control, 0), &command);
}

/* Control dies and attaches again, as far as it is let. */
static void
step_restart(struct program *p)
{
	int fd = dup(region_fd(p->dataplane));
	struct region *again;

	if (region_attach(fd, &again) != 0) {
		close(fd);
		return;
	}
	region_close(p->control);
	p->control = again;
	channel_mend_consumer(region_core(again, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static void (*const steps[])(
	    struct program *) = { step_write, step_control, step_core, step_command, step_restart };
	struct program p = { .left = span_of(data, bytes) };

	if (region_create(&shape, &p.dataplane) != 0 ||
	    region_attach(dup(region_fd(p.dataplane)), &p.control) != 0)
		abort();
	step_core(&p);
	for (unsigned i = 0; i < STEPS_MAX && p.left.bytes > 0; i++)
		steps[draw(&p, 1) % (sizeof(steps) / sizeof(steps[0]))](&p);
	step_control(&p);
	region_close(p.control);
	region_close(p.dataplane);
	return 0;
}
