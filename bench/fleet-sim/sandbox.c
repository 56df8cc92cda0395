/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/sandbox.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

int
sandboxes_init(struct sandboxes *s, uint32_t nodes, uint32_t slots, double job_s)
{
	*s = (struct sandboxes){ .job_s = job_s,
		.slots = slots,
		.node_count = nodes,
		.nodes = calloc(nodes, sizeof(*s->nodes)),
		.running = calloc((size_t)nodes * slots, sizeof(*s->running)),
		.waiting = calloc(SANDBOX_WAITING_MAX, sizeof(*s->waiting)),
		.free = 1 };
	if (s->nodes == NULL || s->running == NULL || s->waiting == NULL ||
	    in_flight_init(&s->in_flight, SANDBOX_WAITING_MAX + nodes * slots) != 0) {
		sandboxes_fini(s);
		return -ENOMEM;
	}
	for (uint32_t i = 1; i + 1 < SANDBOX_WAITING_MAX; i++)
		s->waiting[i].next = i + 1;
	return 0;
}

void
sandboxes_fini(struct sandboxes *s)
{
	free(s->nodes);
	free(s->running);
	free(s->waiting);
	in_flight_fini(&s->in_flight);
}

static void
heap_push(struct sandboxes *s, const struct sandbox_job *job)
{
	uint32_t at = s->running_count++;

	for (; at > 0 && s->running[(at - 1) / 2].ends > job->ends; at = (at - 1) / 2)
		s->running[at] = s->running[(at - 1) / 2];
	s->running[at] = *job;
}

static struct sandbox_job
heap_pop(struct sandboxes *s)
{
	struct sandbox_job first = s->running[0], last = s->running[--s->running_count];
	uint32_t at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= s->running_count)
			break;
		if (child + 1 < s->running_count &&
		    s->running[child + 1].ends < s->running[child].ends)
			child++;
		if (s->running[child].ends >= last.ends)
			break;
		s->running[at] = s->running[child];
		at = child;
	}
	s->running[at] = last;
	return first;
}

static void
begin(struct sandboxes *s, struct sandbox_job *job, double now)
{
	job->begun = now;
	job->ends = now + s->job_s;
	s->nodes[job->node].running++;
	heap_push(s, job);
}

bool
sandboxes_have(const struct sandboxes *s, uint16_t node, uint32_t object)
{
	return in_flight_has(&s->in_flight, node, object);
}

bool
sandboxes_ask(struct sandboxes *s, uint16_t node, uint32_t object, uint16_t generation, double now,
    double *wait_s)
{
	struct sandbox_node *n = &s->nodes[node];
	struct sandbox_job job = { .begun = now,
		.object = object,
		.node = node,
		.life = n->life,
		.generation = generation };
	uint32_t place = s->free;

	*wait_s = 0;
	if (n->running < s->slots) {
		in_flight_add(&s->in_flight, node, object);
		begin(s, &job, now);
		return true;
	}
	*wait_s = -1;
	if (place == 0)
		return false;
	in_flight_add(&s->in_flight, node, object);
	s->free = s->waiting[place].next;
	s->waiting[place] = job;
	if (n->last != 0)
		s->waiting[n->last].next = place;
	else
		n->first = place;
	n->last = place;
	return true;
}

double
sandboxes_end(const struct sandboxes *s)
{
	return s->running_count > 0 ? s->running[0].ends : INFINITY;
}

static struct sandbox_job
take_waiting(struct sandboxes *s, struct sandbox_node *n)
{
	uint32_t place = n->first;
	struct sandbox_job job = s->waiting[place];

	n->first = job.next;
	if (n->first == 0)
		n->last = 0;
	s->waiting[place].next = s->free;
	s->free = place;
	return job;
}

double
sandboxes_next(struct sandboxes *s, struct sandbox_job *out)
{
	struct sandbox_node *n;
	struct sandbox_job job;
	double wait_s;

	*out = heap_pop(s);
	in_flight_remove(&s->in_flight, out->node, out->object);
	n = &s->nodes[out->node];
	n->running--;
	if (n->first == 0)
		return -1;
	job = take_waiting(s, n);
	wait_s = out->ends - job.begun;
	begin(s, &job, out->ends);
	return wait_s;
}

void
sandboxes_lose(struct sandboxes *s, uint16_t node)
{
	struct sandbox_node *n = &s->nodes[node];
	uint32_t count = s->running_count;

	while (n->first != 0) {
		struct sandbox_job job = take_waiting(s, n);

		in_flight_remove(&s->in_flight, node, job.object);
	}
	n->running = 0;
	n->life++;
	s->running_count = 0;
	for (uint32_t i = 0; i < count; i++) { /* the others make the heap anew, in its own place */
		struct sandbox_job job = s->running[i];

		if (job.node != node)
			heap_push(s, &job);
		else
			in_flight_remove(&s->in_flight, node, job.object);
	}
}

double
sandboxes_busy(const struct sandboxes *s, double now, double from)
{
	double sum = 0;

	for (uint32_t i = 0; i < s->running_count; i++)
		sum += now - (s->running[i].begun > from ? s->running[i].begun : from);
	return sum;
}

uint16_t
sandboxes_life(const struct sandboxes *s, uint16_t node)
{
	return s->nodes[node].life;
}
