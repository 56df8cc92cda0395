/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/fleet.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "bench/fleet-sim/balance.h"
#include "bench/fleet-sim/chance.h"
#include "bench/fleet-sim/sandbox.h"
#include "bench/fleet-sim/verdicts.h"

#define SALT_SANDBOX 0x53616e64u
#define SALT_THREAT  0x54687265u

/* What the shared store holds of an object; without sharing, what an onlooker knows of it. */
struct shared {
	double seen_from;                /* by the other nodes */
	double bad_since;                /* when the first node knew; 0: no node does */
	uint16_t node, life, generation; /* of a word that a sandbox has it */
	uint8_t verdict;
};

struct node {
	struct verdicts cache;
	double busy_s, down_s, down_since; /* since the warm-up; down_since 0: up */
	uint16_t generation;
	double next_generation; /* when it gets it; infinity: never */
};

/* A node goes, or comes back. */
struct change {
	double at;
	uint16_t node;
	bool comes;
};

struct fleet {
	const struct fleet_plan *plan;
	struct fleet_result *result;
	struct chance chance;
	struct zipf zipf;
	struct balancer balancer;
	struct sandboxes sandboxes;
	struct node *nodes;
	struct shared *store; /* by rank */
	struct change *changes;
	uint32_t change_count, change_next;
	double now, end;
	bool counts; /* the warm-up is over */
	double sandbox_s;
};

static bool
has_trait(const struct fleet *f, uint32_t object, uint32_t salt, double share)
{
	uint64_t drawn = chance_mix(chance_mix(f->plan->seed ^ salt) ^ object);

	return (double)(drawn >> 11) / 9007199254740992.0 < share;
}

static bool
goes_to_sandbox(const struct fleet *f, uint32_t object)
{
	return has_trait(f, object, SALT_SANDBOX, f->plan->sandbox_share);
}

static bool
is_threat(const struct fleet *f, uint32_t object)
{
	return goes_to_sandbox(f, object) &&
	       has_trait(f, object, SALT_THREAT, f->plan->threat_share);
}

/* When new signatures are there: evenly over the counted time. */
static double
generation_at(const struct fleet *f, unsigned number)
{
	return f->plan->warmup_s + f->plan->length_s * number / ((double)f->plan->generations + 1);
}

static unsigned
newest_generation(const struct fleet *f)
{
	unsigned n = 0;

	while (n < f->plan->generations && generation_at(f, n + 1) <= f->now)
		n++;
	return n;
}

static void
plan_generation(struct fleet *f, struct node *n)
{
	n->next_generation = INFINITY;
	if (n->generation < f->plan->generations)
		n->next_generation = generation_at(f, n->generation + 1u) +
				     chance_fraction(&f->chance) * f->plan->spread_s;
}

static void
publish(struct fleet *f, uint32_t object, uint16_t node, uint16_t generation, enum verdict verdict)
{
	struct shared *s = &f->store[object];

	if (s->verdict == VERDICT_BAD)
		return;
	f->result->writes += f->counts && f->plan->share;
	s->seen_from = f->now + f->plan->share_ms / 1e3;
	s->verdict = (uint8_t)verdict;
	s->node = node;
	s->life = sandboxes_life(&f->sandboxes, node);
	s->generation = generation;
	if (verdict == VERDICT_BAD)
		s->bad_since = f->now;
}

/* Whether a word of the store's holds for this generation, seen or not: somebody has judged it. */
static bool
is_known(const struct fleet *f, uint32_t object, uint16_t generation)
{
	const struct shared *s = &f->store[object];

	return s->verdict == VERDICT_BAD ||
	       (s->verdict == VERDICT_CLEAN && s->generation == generation) ||
	       (s->verdict == VERDICT_PENDING && s->generation == generation &&
		   s->life == sandboxes_life(&f->sandboxes, s->node));
}

static void
note_wait(struct fleet *f, double wait_s)
{
	if (f->counts && wait_s >= 0)
		histogram_add(&f->result->wait_us, (uint64_t)(wait_s * 1e6));
}

static enum verdict
judge(struct fleet *f, uint16_t node, uint32_t object)
{
	struct node *n = &f->nodes[node];
	enum verdict verdict = VERDICT_CLEAN;
	double wait_s;

	f->result->judged += f->counts;
	f->result->twice += f->counts && is_known(f, object, n->generation);
	if (sandboxes_have(&f->sandboxes, node, object)) {
		verdict = VERDICT_PENDING; /* the cache forgot it meanwhile */
	} else if (goes_to_sandbox(f, object)) {
		if (sandboxes_ask(&f->sandboxes, node, object, n->generation, f->now, &wait_s)) {
			verdict = VERDICT_PENDING;
			note_wait(f, wait_s);
			f->result->jobs += f->counts;
		} else {
			f->result->jobs_refused += f->counts;
			return VERDICT_NONE; /* delivered, and not remembered */
		}
	}
	verdicts_put(&n->cache, object, n->generation, verdict);
	if (!is_known(f, object, n->generation) || verdict == VERDICT_CLEAN)
		publish(f, object, node, n->generation, verdict);
	return verdict;
}

/* What the store tells this node of it now. */
static enum verdict
ask_store(struct fleet *f, uint16_t node, uint32_t object)
{
	const struct shared *s = &f->store[object];

	if (!f->plan->share)
		return VERDICT_NONE;
	f->result->reads += f->counts;
	if (s->seen_from > f->now || !is_known(f, object, f->nodes[node].generation))
		return VERDICT_NONE;
	return (enum verdict)s->verdict;
}

static void
note_delivery(struct fleet *f, uint32_t object, enum verdict verdict)
{
	struct fleet_result *r = f->result;
	double since = f->store[object].bad_since;

	r->threats++;
	if (verdict == VERDICT_BAD) {
		r->blocked++;
	} else if (since > 0 && since <= f->now) {
		r->stale++;
		if (f->now - since > r->stale_longest_s)
			r->stale_longest_s = f->now - since;
	} else {
		r->unknown++;
	}
}

static void
take_object(struct fleet *f, uint16_t node, uint32_t object)
{
	struct node *n = &f->nodes[node];
	struct verdict_entry *e;
	enum verdict verdict = VERDICT_NONE;
	bool known;

	while (n->next_generation <= f->now) {
		n->generation++;
		plan_generation(f, n);
	}
	e = verdicts_find(&n->cache, object);
	if (e != NULL && (e->verdict == VERDICT_BAD || e->generation == n->generation))
		verdict = (enum verdict)e->verdict;
	known = verdict != VERDICT_NONE;
	if (known)
		f->result->local += f->counts;
	if (!known || verdict == VERDICT_PENDING) { /* pending: has its verdict come? */
		enum verdict told = ask_store(f, node, object);

		if (told != VERDICT_NONE && told != verdict) {
			verdicts_put(&n->cache, object, n->generation, told);
			f->result->shared += f->counts && !known;
			verdict = told;
		}
	}
	if (verdict == VERDICT_NONE) {
		verdict = judge(f, node, object);
		known = false;
	} else {
		known = true;
	}
	if (!f->counts)
		return;
	f->result->objects++;
	f->result->old_generation += n->generation < newest_generation(f);
	n->busy_s += (known ? f->plan->known_us : f->plan->judged_us) / 1e6;
	if (is_threat(f, object))
		note_delivery(f, object, verdict);
}

static void
end_job(struct fleet *f)
{
	struct sandbox_job job;

	f->now = sandboxes_end(&f->sandboxes);
	note_wait(f, sandboxes_next(&f->sandboxes, &job));
	if (f->now > f->plan->warmup_s)
		f->sandbox_s += fmin(f->plan->sandbox_s, f->now - f->plan->warmup_s);
	if (is_threat(f, job.object)) {
		verdicts_put(&f->nodes[job.node].cache, job.object, job.generation, VERDICT_BAD);
		publish(f, job.object, job.node, job.generation, VERDICT_BAD);
	} else {
		verdicts_put(&f->nodes[job.node].cache, job.object, job.generation, VERDICT_CLEAN);
		publish(f, job.object, job.node, job.generation, VERDICT_CLEAN);
	}
}

static void
make_change(struct fleet *f, const struct change *c)
{
	struct node *n = &f->nodes[c->node];

	f->now = c->at;
	if (c->comes) {
		if (n->down_since <= 0)
			return;
		n->down_s += f->now - n->down_since;
		n->down_since = 0;
		balancer_regain(&f->balancer, c->node);
	} else if (n->down_since <= 0 && f->balancer.up_count > 1) {
		n->down_since = f->now;
		verdicts_clear(&n->cache);
		sandboxes_lose(&f->sandboxes, c->node);
		balancer_lose(&f->balancer, c->node);
	}
}

static int
by_time(const void *a, const void *b)
{
	const struct change *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (int)x->node - (int)y->node;
}

static void
plan_changes(struct fleet *f)
{
	for (uint32_t i = 0; i < f->plan->failures; i++) {
		struct change *c = &f->changes[2 * i];

		c[0].at = f->plan->warmup_s + chance_fraction(&f->chance) * f->plan->length_s;
		c[0].node = (uint16_t)chance_below(&f->chance, f->plan->nodes);
		c[1] = (struct change){ c[0].at + f->plan->down_s, c[0].node, true };
	}
	f->change_count = 2 * f->plan->failures;
	if (f->change_count > 0)
		qsort(f->changes, f->change_count, sizeof(*f->changes), by_time);
}

/* Everything that happens before `next`. */
static void
catch_up(struct fleet *f, double next)
{
	for (;;) {
		double job = sandboxes_end(&f->sandboxes), change = INFINITY;

		if (f->change_next < f->change_count)
			change = f->changes[f->change_next].at;
		if (job > next && change > next)
			return;
		if (job <= change)
			end_job(f);
		else
			make_change(f, &f->changes[f->change_next++]);
	}
}

static void
run(struct fleet *f)
{
	const struct fleet_plan *p = f->plan;
	double next = 0;

	for (;;) {
		uint32_t connection;

		next += chance_interval(&f->chance, 1 / p->objects);
		catch_up(f, next < f->end ? next : f->end);
		if (next >= f->end)
			return;
		f->now = next;
		f->counts = next >= p->warmup_s;
		connection = chance_below(&f->chance, p->connections);
		if (chance_fraction(&f->chance) * p->objects_per_connection < 1)
			balancer_reopen(&f->balancer, connection, &f->chance);
		take_object(f, f->balancer.nodes[connection], zipf_draw(&f->zipf, &f->chance));
	}
}

static void
sum_up(struct fleet *f)
{
	struct fleet_result *r = f->result;

	for (uint32_t i = 0; i < f->plan->nodes; i++) {
		struct node *n = &f->nodes[i];
		double up = f->plan->length_s - n->down_s, load;

		if (n->down_since > 0)
			up -= f->end - n->down_since;
		load = up > 0 ? n->busy_s / up : 0;
		r->load_mean += load / f->plan->nodes;
		r->load_max = load > r->load_max ? load : r->load_max;
		r->nodes_above += load > 1;
	}
	r->sandbox_busy =
	    f->sandbox_s / (f->plan->length_s * f->plan->nodes * f->plan->sandbox_slots);
	r->moved = f->balancer.moved;
}

static int
open_nodes(struct fleet *f)
{
	int rc = 0;

	for (uint32_t i = 0; i < f->plan->nodes && rc == 0; i++) {
		rc = verdicts_init(&f->nodes[i].cache, f->plan->cache_entries);
		plan_generation(f, &f->nodes[i]);
	}
	return rc;
}

int
fleet_run(const struct fleet_plan *p, struct fleet_result *out)
{
	struct fleet f = { .plan = p,
		.result = out,
		.chance = { chance_mix(p->seed) },
		.end = p->warmup_s + p->length_s,
		.nodes = calloc(p->nodes, sizeof(*f.nodes)),
		.store = calloc((size_t)p->population + 1, sizeof(*f.store)),
		.changes = calloc(2 * (size_t)p->failures + 1, sizeof(*f.changes)) };
	int rc = -ENOMEM;

	*out = (struct fleet_result){ 0 };
	zipf_init(&f.zipf, p->population, p->zipf);
	if (f.nodes != NULL && f.store != NULL && f.changes != NULL)
		rc = sandboxes_init(&f.sandboxes, p->nodes, p->sandbox_slots, p->sandbox_s);
	if (rc == 0)
		rc = balancer_init(&f.balancer, p, &f.chance);
	if (rc == 0)
		rc = open_nodes(&f);
	if (rc == 0) {
		plan_changes(&f);
		run(&f);
		sum_up(&f);
		balancer_fini(&f.balancer);
		sandboxes_fini(&f.sandboxes);
	}
	for (uint32_t i = 0; f.nodes != NULL && i < p->nodes; i++)
		verdicts_fini(&f.nodes[i].cache);
	free(f.nodes);
	free(f.store);
	free(f.changes);
	return rc;
}
