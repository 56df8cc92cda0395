/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The steps of tcp_input's programs, and what a mutation of one is. A step has a fixed size, so
 * that whole ones can be put in, taken out, doubled and swapped, and its numbers are relative, so
 * that a change of one leaves the others what they were.
 */
#ifndef SLUICE_FUZZ_TCP_STEPS_H
#define SLUICE_FUZZ_TCP_STEPS_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define HEAD_BYTES 8
#define STEPS_MAX  192
#define PORTS      3 /* of the peer */

enum kind {
	STEP_FITTING, /* ACK, as a connection in order sends it; numbers off where `off` says so */
	STEP_SEGMENT, /* any flags */
	STEP_RAW,     /* no header to speak of */
	STEP_SYN,
	STEP_READ,
	STEP_SEND,
	STEP_SHUTDOWN,
	STEP_DISCARD,
	STEP_ABORT,
	STEP_RELEASE,
	STEP_TIME,
	STEP_ICMP,
	STEP_DROUGHT,
	STEP_KINDS
};

#define OFF_SEQ      0x01u
#define OFF_ACK      0x02u
#define OFF_TS       0x04u
#define OFF_WINDOW   0x08u
#define WITH_TS      0x10u
#define WITH_SACK    0x20u
#define IN_A_BURST   0x40u /* no turn before the next step */
#define FROM_EARLIER 0x80u /* seq counts from the begin of the connection */
#define ECN_STEP     PORTS /* `port` is one of the ports and so many times the ECN field */

/* As it stands in the input. */
struct step {
	uint8_t kind, flags, port, off;
	int32_t seq, ack;
	uint16_t length, value;
};

static_assert(sizeof(struct step) == 16, "the mutator moves whole steps");

/* What the IP header says to a segment of this step. */
static uint8_t
ecn_of(const struct step *s)
{
	return s->port / ECN_STEP & 3;
}

struct mutator {
	uint32_t random;
	struct step steps[STEPS_MAX];
	unsigned count;
};

static uint32_t
pick(struct mutator *m, uint32_t below)
{
	m->random = m->random * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)m->random * below >> 32);
}

/* What matters in a number: nothing, one, a segment, a window, the ends of the space. */
static int32_t
pick_delta(struct mutator *m, const struct step *before)
{
	static const uint32_t edges[] = { 0, 1, 2, 535, 536, 1460, 2920, 65535, 65536, 1u << 20,
		(1u << 30) - 1, 1u << 30, (1u << 31) - 1, 1u << 31 };
	uint32_t n = edges[pick(m, sizeof(edges) / sizeof(edges[0]))];

	switch (pick(m, 5)) {
	case 0: /* beside the step before, or within it, or around it */
		return (int32_t)((uint32_t)before->seq + before->length);
	case 1:
		return (int32_t)((uint32_t)before->seq + before->length / 2u);
	case 2:
		return (int32_t)((uint32_t)before->seq - pick(m, 3));
	case 3:
		return (int32_t)n;
	default:
		return (int32_t)(0u - n);
	}
}

static struct step
make_step(struct mutator *m, const struct step *before)
{
	static const uint8_t kinds[] = { STEP_FITTING, STEP_FITTING, STEP_FITTING, STEP_FITTING,
		STEP_SEGMENT, STEP_SEGMENT, STEP_READ, STEP_SEND, STEP_SEND, STEP_TIME };
	struct step s = { .kind = kinds[pick(m, sizeof(kinds))],
		.flags = (uint8_t)pick(m, 256),
		.port = (uint8_t)(pick(m, 8) == 0 ? pick(m, PORTS) : before->port),
		.off = (uint8_t)pick(m, 256),
		.length = (uint16_t)pick(m, pick(m, 2) ? 1461 : 20),
		.value = (uint16_t)pick(m, 65536) };

	if (pick(m, 6) == 0)
		s.kind = (uint8_t)pick(m, STEP_KINDS);
	if (pick(m, 4) == 0)
		s.port = (uint8_t)(s.port % PORTS + ECN_STEP * pick(m, 4));
	s.seq = pick_delta(m, before);
	s.ack = pick_delta(m, before);
	return s;
}

static void
insert(struct mutator *m, unsigned at, struct step s)
{
	if (m->count == STEPS_MAX)
		return;
	memmove(&m->steps[at + 1], &m->steps[at], (m->count - at) * sizeof(s));
	m->steps[at] = s;
	m->count++;
}

static void
change(struct mutator *m)
{
	static const struct step none;
	unsigned at = pick(m, m->count + 1), other = m->count > 0 ? pick(m, m->count) : 0;
	const struct step *before = at > 0 ? &m->steps[at - 1] : &none;
	struct step s = make_step(m, before), *here = &m->steps[other];

	if (m->count == 0 || pick(m, 3) == 0) {
		insert(m, at, s);
		return;
	}
	switch (pick(m, 8)) {
	case 0:
		memmove(here, here + 1, (--m->count - other) * sizeof(s));
		break;
	case 1:
		insert(m, at, *here); /* a copy, elsewhere */
		break;
	case 2:
		s = *here;
		*here = m->steps[m->count - 1];
		m->steps[m->count - 1] = s;
		break;
	case 3:
		for (unsigned n = pick(m, 12); n > 0; n--) /* a series */
			insert(m, other, m->steps[other]);
		break;
	case 4:
		here->seq = s.seq;
		here->off |= OFF_SEQ;
		break;
	case 5:
		here->ack = s.ack;
		here->off |= OFF_ACK;
		break;
	case 6:
		here->off ^= (uint8_t)(1u << pick(m, 8));
		break;
	default:
		here->length = s.length;
		here->value = s.value;
		break;
	}
}

/* Changes a program in place; its bytes now. Only where it has a head. */
static size_t
steps_mutate(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static struct mutator m;

	m.random = seed;
	m.count = (unsigned)((size - HEAD_BYTES) / sizeof(m.steps[0]));
	if (m.count > STEPS_MAX)
		m.count = STEPS_MAX;
	memcpy(m.steps, data + HEAD_BYTES, m.count * sizeof(m.steps[0]));
	for (unsigned n = 1 + pick(&m, 4); n > 0; n--)
		change(&m);
	while (HEAD_BYTES + m.count * sizeof(m.steps[0]) > max_size)
		m.count--;
	memcpy(data + HEAD_BYTES, m.steps, m.count * sizeof(m.steps[0]));
	return HEAD_BYTES + m.count * sizeof(m.steps[0]);
}

#endif
