/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings between two views and two processes: order, fullness, wrap, restarts, and corrupted words.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <rte_ring.h>

#include "tests/unit/common/channel/peer.h"

TEST(ring_notices_in_order)
{
	struct peers p;
	struct notice n;

	peers_open(&p);
	CHECK(!notice_peek(p.reader, &n));
	for (uint64_t round = 0; round < 100; round++) { /* wraps many times */
		for (uint64_t i = 1; i <= 3; i++)
			CHECK(peers_notify(p.core, round * 3 + i));
		for (uint64_t i = 1; i <= 3; i++) {
			CHECK(notice_peek(p.reader, &n));
			CHECK(n.job == round * 3 + i && n.serial == n.job);
			CHECK(
			    span_is(record_text_get(&n.object, RECORD_TEXT_URL), "example.test/a"));
			CHECK(
			    span_is(record_text_get(&n.object, RECORD_TEXT_THREAT), "Eicar-Test"));
			CHECK(record_text_get(&n.object, RECORD_TEXT_USER).bytes == 0);
			notice_done(p.reader);
		}
		CHECK(!notice_peek(p.reader, &n));
	}
	CHECK(channel_unsound(p.reader) == 0 && channel_unsound(p.core) == 0);
	peers_close(&p);
}

TEST(ring_full_is_told)
{
	struct peers p;
	struct notice n;
	struct command command = { .kind = COMMAND_CACHE_CLEAR };
	unsigned sent = 0, records = 0, commands = 0;

	peers_open(&p);
	while (peers_notify(p.core, sent + 1))
		sent++;
	CHECK(sent == peer_shape.notices - 1);
	CHECK(notice_peek(p.reader, &n) && n.job == 1);
	CHECK(notice_reserve(p.core) == NULL); /* only looked at */
	notice_done(p.reader);
	CHECK(peers_notify(p.core, ++sent));
	CHECK(notice_reserve(p.core) == NULL);
	for (struct record_slot *r; (r = record_reserve(p.core)) != NULL; records++) {
		r->record = (struct record){ .session = records };
		record_commit(p.core);
	}
	CHECK(records == peer_shape.records - 1);
	while (command_send(p.reader, &command) == 0)
		commands++;
	CHECK(commands == peer_shape.commands - 1);
	CHECK(command_send(p.reader, &command) == -EAGAIN);
	CHECK(command_take(p.core, &command));
	CHECK(command_send(p.reader, &command) == 0);
	peers_close(&p);
}

/* Positions are 32 bits and pass through zero. */
TEST(ring_positions_wrap)
{
	struct peers p;
	struct notice n;

	peers_open(&p);
	for (unsigned i = 0; i < 2; i++) {
		struct ring_end *e = i == 0 ? &p.core->notices : &p.reader->notices;

		e->position = e->other = e->refused = UINT32_MAX - 2;
	}
	p.core->notices.ring->prod.tail = p.core->notices.ring->cons.tail = UINT32_MAX - 2;
	for (uint64_t i = 1; i <= 7; i++)
		CHECK(peers_notify(p.core, i));
	CHECK(notice_reserve(p.core) == NULL);
	for (uint64_t i = 1; i <= 7; i++) {
		CHECK(notice_peek(p.reader, &n) && n.job == i);
		notice_done(p.reader);
	}
	CHECK(!notice_peek(p.reader, &n));
	CHECK(channel_unsound(p.reader) == 0 && channel_unsound(p.core) == 0);
	peers_close(&p);
}

/* The memory is a plain rte_ring: DPDK's own functions and ours take turns on it. */
TEST(ring_is_an_rte_ring)
{
	struct peers p;
	struct notice n;
	struct rte_ring *ring;
	struct rte_ring_zc_data room = { 0 };

	peers_open(&p);
	ring = p.core->notices.ring;
	for (uint64_t i = 1; i <= 20; i++) {
		CHECK(peers_notify(p.core, i));
		CHECK(rte_ring_count(ring) == 1);
		CHECK(rte_ring_dequeue_zc_bulk_elem_start(ring, RECORD_BYTES, 1, &room, NULL) == 1);
		CHECK(((struct notice *)room.ptr1)->job == i);
		rte_ring_dequeue_zc_elem_finish(ring, 1);
		CHECK(rte_ring_empty(ring));
	}
	CHECK(channel_unsound(p.core) == 0);
	ring = p.core->commands.ring;
	for (uint64_t i = 1; i <= 20; i++) {
		struct command taken, sent = { .kind = COMMAND_CACHE_CLEAR, .job = i };

		CHECK(
		    rte_ring_enqueue_zc_bulk_elem_start(ring, COMMAND_BYTES, 1, &room, NULL) == 1);
		memcpy(room.ptr1, &sent, sizeof(sent));
		rte_ring_enqueue_zc_elem_finish(ring, 1);
		CHECK(command_take(p.core, &taken) && taken.job == i);
	}
	CHECK(!notice_peek(p.reader, &n) || n.job != 0);
	peers_close(&p);
}

/* What control looked at and had not done with comes again; what was reserved never shows. */
TEST(ring_restart_shows_again)
{
	struct peers p;
	struct notice n;
	struct command command = { .kind = COMMAND_CACHE_CLEAR, .job = 5 };

	peers_open(&p);
	for (uint64_t i = 1; i <= 4; i++)
		CHECK(peers_notify(p.core, i));
	CHECK(notice_peek(p.reader, &n) && n.job == 1);
	notice_done(p.reader);
	CHECK(notice_peek(p.reader, &n) && n.job == 2);
	CHECK(command_send(p.reader, &command) == 0);
	peers_restart_control(&p);
	for (uint64_t i = 2; i <= 4; i++) {
		CHECK(notice_peek(p.reader, &n) && n.job == i && n.serial == i);
		notice_done(p.reader);
	}
	CHECK(!notice_peek(p.reader, &n));
	command.job = 6;
	CHECK(command_send(p.reader, &command) == 0);
	CHECK(command_take(p.core, &command) && command.job == 5);
	CHECK(command_take(p.core, &command) && command.job == 6);
	CHECK(!command_take(p.core, &command));
	CHECK(channel_unsound(p.reader) == 0 && channel_unsound(p.core) == 0);
	peers_close(&p);
}

/* Looks at one notice, tells which over the pipe, and waits to be killed. */
static void
look_and_wait(int region, int pipe_end)
{
	struct region *r;
	struct notice n;

	if (region_attach(region, &r) != 0 || !notice_peek(region_core(r, 0), &n))
		_exit(1);
	if (write(pipe_end, &n.job, sizeof(n.job)) != sizeof(n.job))
		_exit(1);
	pause();
	_exit(0);
}

TEST(ring_consumer_killed_between_peek_and_done)
{
	struct peers p;
	uint64_t job = 0;
	struct notice n;
	int ends[2];
	pid_t child;

	peers_open(&p);
	CHECK(peers_notify(p.core, 41) && peers_notify(p.core, 42));
	CHECK(pipe(ends) == 0);
	child = fork();
	if (child == 0)
		look_and_wait(region_fd(p.dataplane), ends[1]);
	CHECK(read(ends[0], &job, sizeof(job)) == sizeof(job) && job == 41);
	kill(child, SIGKILL);
	CHECK(waitpid(child, NULL, 0) == child);
	peers_restart_control(&p);
	CHECK(notice_peek(p.reader, &n) && n.job == 41);
	notice_done(p.reader);
	CHECK(notice_peek(p.reader, &n) && n.job == 42);
	close(ends[0]);
	close(ends[1]);
	peers_close(&p);
}

#define EXCHANGES 20000

/* The other process: answers each notice with a command, checks that none is missing. */
static void
answer_all(int region)
{
	struct region *r;
	struct channel_core *c;
	struct notice n;
	uint64_t expected = 1;

	if (region_attach(region, &r) != 0)
		_exit(1);
	c = region_core(r, 0);
	while (expected <= EXCHANGES) {
		struct command answer = { .kind = COMMAND_ANSWER, .source = SOURCE_SANDBOX };

		if (!notice_peek(c, &n)) {
			usleep(10);
			continue;
		}
		if (n.serial != expected || n.job != expected)
			_exit(2);
		answer.job = n.job;
		while (command_send(c, &answer) == -EAGAIN)
			usleep(10);
		notice_done(c);
		expected++;
	}
	_exit(channel_unsound(c) == 0 ? 0 : 3);
}

/* Takes what is there; returns the number of the last answer, which must be the next each time. */
static uint64_t
take_answers(struct channel_core *core, uint64_t answered)
{
	struct command c;

	while (command_take(core, &c)) {
		answered++;
		CHECK(c.job == answered);
	}
	return answered;
}

TEST(ring_two_processes)
{
	struct peers p;
	uint64_t sent = 0, answered = 0;
	int status = 0;
	pid_t child;

	peers_open(&p);
	child = fork();
	if (child == 0)
		answer_all(region_fd(p.dataplane));
	while (waitpid(child, &status, WNOHANG) == 0) {
		while (sent < EXCHANGES && peers_notify(p.core, sent + 1))
			sent++;
		answered = take_answers(p.core, answered);
		usleep(10);
	}
	answered = take_answers(p.core, answered);
	CHECK(answered == EXCHANGES);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(channel_unsound(p.core) == 0);
	peers_close(&p);
}

/* Garbage in the words of a ring: nothing new, nothing outside, and healed by the next commit. */
TEST(ring_corrupt_words)
{
	static const uint32_t garbage[] = { 9, 8, 1000, 0x80000000u, UINT32_MAX, UINT32_MAX - 7 };

	for (size_t i = 0; i < COUNT_OF(garbage); i++) {
		struct peers p;
		struct notice n;
		struct command c = { .kind = COMMAND_CACHE_CLEAR };
		struct rte_ring *ring;

		peers_open(&p);
		ring = p.core->notices.ring;
		ring->prod.tail = garbage[i];
		CHECK(!notice_peek(p.reader, &n));
		CHECK(!notice_peek(p.reader, &n));
		CHECK(channel_unsound(p.reader) == 1); /* the same lie counts once */
		CHECK(peers_notify(p.core, 1));
		CHECK(notice_peek(p.reader, &n) && n.job == 1);
		notice_done(p.reader);
		ring->cons.tail = garbage[i];
		for (unsigned sent = 0; sent < 20; sent++)
			peers_notify(p.core, sent);
		CHECK(p.core->notices.position - 1 <= 8);
		CHECK(channel_unsound(p.core) == 1);
		p.core->commands.ring->prod.tail = garbage[i];
		CHECK(!command_take(p.core, &c));
		CHECK(command_send(p.reader, &c) == 0);
		CHECK(command_take(p.core, &c));
		peers_close(&p);
	}
}

/* Masks, sizes and sync types in shared memory are nobody's business after the attach. */
TEST(ring_header_is_not_believed)
{
	struct peers p;
	struct notice n;

	peers_open(&p);
	for (uint64_t i = 1; i <= 30; i++) {
		struct rte_ring *ring = p.core->notices.ring;

		ring->mask = ring->size = ring->capacity = (uint32_t)i * 0x01010101u;
		ring->prod.sync_type = ring->cons.sync_type = RTE_RING_SYNC_MT_HTS;
		ring->prod.head = ring->cons.head = (uint32_t)i << 20;
		CHECK(peers_notify(p.core, i));
		CHECK(notice_peek(p.reader, &n) && n.job == i);
		notice_done(p.reader);
	}
	region_close(p.control);
	p.control = NULL;
	CHECK(region_attach(region_fd(p.dataplane), &p.control) == -EPROTO);
	peers_close(&p);
}

TEST(ring_resume_from_garbage)
{
	struct peers p;
	struct notice n;
	struct command c = { .kind = COMMAND_CACHE_CLEAR };

	peers_open(&p);
	CHECK(peers_notify(p.core, 1));
	p.core->notices.ring->cons.tail = 0x12345678;
	p.core->commands.ring->prod.tail = 0x9abcdef0;
	peers_restart_control(&p);
	CHECK(channel_unsound(p.reader) == 2);
	CHECK(!notice_peek(p.reader, &n));
	CHECK(peers_notify(p.core, 2));
	CHECK(notice_peek(p.reader, &n) && n.job == 2);
	CHECK(command_send(p.reader, &c) == 0);
	CHECK(command_take(p.core, &c));
	peers_close(&p);
}
