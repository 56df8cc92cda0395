/* SPDX-License-Identifier: BSD-3-Clause */
/* The operations, a function each; every one checks that the stack did them all. */
#include "bench/tcp/cases.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "bench/tcp/rig.h"
#include "common/base/tcp_counters.h"

#define REQUEST_BYTES 1024
#define ANSWER_BYTES  200

static const struct {
	const char *name, *what;
} cases[] = {
#define X(id, name, what) { name, what },
	CASES(X)
#undef X
};

const char *
case_name(enum case_id id)
{
	return cases[id].name;
}

const char *
case_what(enum case_id id)
{
	return cases[id].what;
}

bool
case_find(const char *name, enum case_id *out)
{
	for (unsigned i = 0; i < CASE_COUNT; i++) {
		if (strcmp(name, cases[i].name) == 0) {
			*out = (enum case_id)i;
			return true;
		}
	}
	return false;
}

/* How many flows a turn hears of. */
static uint32_t
batch_of(const struct rig *r)
{
	return r->config.flows < RIG_BATCH ? r->config.flows : RIG_BATCH;
}

/* The next flows in turn, so many segments of each, the last one pushed. */
static void
stage_batch(struct rig *r, uint32_t *flow, unsigned segments, uint16_t bytes)
{
	for (uint32_t i = 0; i < batch_of(r); i++) {
		for (unsigned n = 1; n <= segments; n++)
			rig_stage(r, *flow, n < segments ? RIG_ACK : RIG_ACK | RIG_PSH, bytes);
		*flow = *flow + 1 < r->config.flows ? *flow + 1 : 0;
	}
}

/*
 * data: two segments of each flow, which one ACK answers. request: one, that acknowledges the
 * response before it, as a client that has more to ask does. Each flow is heard of once before
 * anything is counted, so that none is at its first, however many there are.
 */
static uint64_t
run_upload(struct rig *r, uint64_t count, unsigned segments, uint16_t bytes)
{
	uint32_t flow = 0;
	uint64_t done = 0;

	for (uint32_t heard = 0; heard < r->config.flows; heard += batch_of(r)) {
		stage_batch(r, &flow, segments, bytes);
		rig_unmeasured(r);
	}
	r->received_bytes = flow = 0;
	for (; done < count; done += segments * batch_of(r)) {
		stage_batch(r, &flow, segments, bytes);
		rig_measured(r);
	}
	return r->received_bytes == done * bytes ? done : 0;
}

/* Connections that come and go beside those that stay: SYN, ACK, FIN, the ACK of ours. */
static uint64_t
run_open(struct rig *r, uint64_t count)
{
	static const uint8_t steps[] = { RIG_SYN, RIG_ACK, RIG_FIN | RIG_ACK, RIG_ACK };
	uint64_t done = 0;

	for (; done < count; done += RIG_BATCH) {
		for (uint32_t i = 0; i < RIG_BATCH; i++)
			rig_renew_peer(r, r->config.flows + i);
		for (unsigned step = 0; step < sizeof(steps); step++) {
			for (uint32_t i = 0; i < RIG_BATCH; i++)
				rig_stage(r, r->config.flows + i, steps[step], 0);
			rig_measured(r);
		}
	}
	return r->closed == done ? done : 0;
}

/*
 * The next strangers in turn: a SYN of each from a new port, or a segment that nobody waits for.
 * Beyond a million and a half SYNs those of a second are more than a stranger may (backlog.c).
 */
static uint64_t
run_flood(struct rig *r, uint64_t count, bool syn)
{
	uint32_t first = r->peer_count - RIG_STRANGERS, stranger = 0;
	uint64_t done = 0;

	for (; done < count; done += RIG_BATCH) {
		for (uint32_t i = 0; i < RIG_BATCH; i++) {
			rig_renew_peer(r, first + stranger);
			rig_stage(r, first + stranger, syn ? RIG_SYN : RIG_ACK, syn ? 0 : 100);
			stranger = (stranger + 1) % RIG_STRANGERS;
		}
		rig_measured(r);
	}
	return syn || r->refused == done ? done : 0;
}

/* One segment for each flow that a turn hears of, as somebody sends who does not see it. */
static uint64_t
run_blind(struct rig *r, uint64_t count)
{
	const uint64_t *outside = &tcp_counters(r->tcp)[TCP_COUNTER_OUT_OF_WINDOW];
	uint32_t flow = 0;
	uint64_t done = 0;

	for (; done < count; done += batch_of(r)) {
		for (uint32_t i = 0; i < batch_of(r); i++) {
			rig_stage_blind(r, flow, RIG_ACK, 100);
			flow = flow + 1 < r->config.flows ? flow + 1 : 0;
		}
		rig_measured(r);
	}
	return *outside == done && r->received_bytes == 0 ? done : 0;
}

static uint64_t
run_idle(struct rig *r, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		rig_measured(r);
	return r->measured_turns;
}

/*
 * Not of a connection but of the wheel: 200 ms ahead each time, as an RTO is, and 10 us between two
 * turns. What comes up before it is moved again is put on by the wheel. callgrind knows it by name.
 */
RIG_COUNTED uint64_t
case_collect_timers(struct wheel *w, struct wheel_timer *timers, uint32_t flows, uint64_t count)
{
	struct mono now = { w->tick << WHEEL_TICK_BITS };
	uint64_t done = 0, fired = 0;
	uint32_t flow = 0;

	while (done < count) {
		for (uint32_t i = 0; i < RIG_BATCH; i++, done++) {
			wheel_arm(w, &timers[flow], mono_add(now, milliseconds(200)));
			flow = flow + 1 < flows ? flow + 1 : 0;
		}
		now = mono_add(now, microseconds(10));
		wheel_advance(w, now);
		while (wheel_take_expired(w) != NULL)
			fired++;
	}
	return fired == 0 ? done : 0;
}

static int
run_timer(uint32_t flows, uint64_t count, struct case_result *out)
{
	struct wheel_timer *timers = calloc(flows, sizeof(*timers));
	struct wheel wheel;
	struct mono before;

	if (timers == NULL)
		return -ENOMEM;
	wheel_init(&wheel, (struct mono){ 1000000000 });
	for (uint32_t i = 0; i < flows; i++) { /* armed once: the first time is dearer */
		wheel_timer_init(&timers[i]);
		wheel_arm(&wheel, &timers[i], (struct mono){ 1000000000 + 200000000 });
	}
	before = mono_now();
	out->operations = case_collect_timers(&wheel, timers, flows, count);
	out->ns = (uint64_t)mono_since(mono_now(), before).ns;
	free(timers);
	return out->operations > 0 ? 0 : -EPROTO;
}

static uint64_t
memory_used(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

static uint64_t
run_in_rig(enum case_id id, struct rig *r, uint64_t count)
{
	switch (id) {
	case CASE_DATA:
		return run_upload(r, count, 2, RIG_DATA_BYTES);
	case CASE_REQUEST:
		return run_upload(r, count, 1, REQUEST_BYTES);
	case CASE_OPEN:
	case CASE_COOKIE:
		return run_open(r, count);
	case CASE_SYN:
	case CASE_STRAY:
		return run_flood(r, count, id == CASE_SYN);
	case CASE_BLIND:
		return run_blind(r, count);
	default:
		return run_idle(r, count);
	}
}

int
case_run(enum case_id id, uint32_t flows, uint64_t count, bool checksum, struct case_result *out)
{
	struct rig_config config = { .flows = flows,
		.caller = id == CASE_REQUEST ? RIG_ANSWERS : RIG_TAKES,
		.answer_bytes = ANSWER_BYTES,
		.cookies = id == CASE_COOKIE || id == CASE_SYN,
		.flooded = id == CASE_SYN || id == CASE_STRAY,
		.checksum = checksum };
	uint64_t before = memory_used();
	const uint64_t *counters;
	struct rig *r;
	int rc;

	*out = (struct case_result){ 0 };
	if (id == CASE_TIMER)
		return run_timer(flows, count, out);
	rc = rig_create(&config, &r);
	if (rc != 0)
		return rc;
	out->bytes_per_connection =
	    (memory_used() - before - r->peer_count * sizeof(struct rig_peer) -
		tcp_places(r->tcp) * sizeof(struct tcp_ledger_entry)) /
	    flows;
	out->operations = run_in_rig(id, r, count);
	out->ns = r->measured_ns;
	if (out->operations == 0 || r->lost != 0)
		rc = -EPROTO;
	counters = tcp_counters(r->tcp);
	if (config.cookies &&
	    counters[TCP_COUNTER_SYN_COOKIES_SENT] + counters[TCP_COUNTER_STRANGER_DROPS] <
		flows + out->operations)
		rc = -EPROTO;
	rig_destroy(r);
	return rc;
}
