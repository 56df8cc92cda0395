/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * When a core sleeps. No time is measured: the clock is the test's, and a bell that has rung, or a
 * deadline that is due, ends a sleep at once.
 */
#include "dataplane/idle.h"

#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static const struct mono never = { INT64_MAX };

static struct mono
at_us(int64_t us)
{
	return (struct mono){ us * 1000 };
}

/* A bell whose other end the test holds. */
static int
bell_make(struct bell *b)
{
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0);
	*b = (struct bell){ .kind = BELL_PACKET, .fd = ends[0] };
	return ends[1];
}

static struct idle
idle_of(enum config_idle how, const struct bell *b)
{
	struct config c = { .dataplane = { .idle = how } };
	struct idle i;

	idle_init(&i, &c, b);
	return i;
}

TEST(spinning_never_sleeps)
{
	struct bell none;
	struct idle i;

	bell_none(&none);
	i = idle_of(IDLE_SPIN, &none);
	for (unsigned t = 0; t < 100; t++)
		idle_turn(&i, false, at_us(t * 1000), never);
	CHECK(idle_sleeps(&i) == 0);
}

TEST(a_core_sleeps_after_a_while_without_work_and_one_more_look)
{
	struct bell b;
	int other = bell_make(&b);
	struct idle i = idle_of(IDLE_ADAPTIVE, &b);

	idle_turn(&i, true, at_us(1000), never);
	idle_turn(&i, false, at_us(1000 + IDLE_AFTER_US - 1), never);
	CHECK(idle_sleeps(&i) == 0 && !i.armed);
	idle_turn(&i, false, at_us(1000 + IDLE_AFTER_US), never);
	CHECK(idle_sleeps(&i) == 0 && i.armed); /* looks once more, now that the bell rings */
	idle_turn(&i, false, at_us(1000 + IDLE_AFTER_US), never);
	CHECK(idle_sleeps(&i) == 1 && !i.armed);
	bell_close(&b);
	close(other);
}

TEST(what_came_during_the_last_look_is_worked_on_first)
{
	struct bell b;
	int other = bell_make(&b);
	struct idle i = idle_of(IDLE_ADAPTIVE, &b);

	idle_turn(&i, false, at_us(1000), never);
	CHECK(i.armed);
	idle_turn(&i, true, at_us(1001), never);
	CHECK(idle_sleeps(&i) == 0 && !i.armed);
	idle_turn(&i, false, at_us(1001 + IDLE_AFTER_US - 1), never);
	CHECK(!i.armed); /* and the wait begins anew */
	bell_close(&b);
	close(other);
}

/* What rang while the core was awake is taken out before it counts on the bell. */
TEST(arming_takes_old_rings_out)
{
	struct bell b;
	int other = bell_make(&b);
	struct idle i = idle_of(IDLE_ADAPTIVE, &b);
	char byte = 0;

	for (unsigned n = 0; n < 5; n++)
		CHECK(send(other, &byte, 1, 0) == 1);
	idle_turn(&i, false, at_us(1000), never);
	CHECK(recv(b.fd, &byte, 1, MSG_DONTWAIT) < 0);
	CHECK(send(other, &byte, 1, 0) == 1);
	idle_turn(&i, false, at_us(1000), never);
	CHECK(idle_sleeps(&i) == 1); /* woken: the ring is still in it */
	CHECK(recv(b.fd, &byte, 1, MSG_DONTWAIT) == 1);
	bell_close(&b);
	close(other);
}

TEST(a_deadline_that_is_due_lets_nobody_sleep)
{
	struct bell none;
	struct idle i;

	bell_none(&none);
	i = idle_of(IDLE_ADAPTIVE, &none);
	for (unsigned t = 1; t < 100; t++)
		idle_turn(&i, false, at_us(t * 1000), at_us(t * 1000));
	CHECK(idle_sleeps(&i) == 0);
}
