/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/fleet-sim/balance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE UINT16_MAX

/* Where a flow's hash leads among the nodes there are. */
static uint16_t
by_hash(const struct balancer *b, uint64_t flow)
{
	return b->up[(chance_mix(flow) >> 32) * b->up_count >> 32];
}

static uint16_t
least_loaded(const struct balancer *b)
{
	uint16_t best = b->up[0];

	for (uint32_t i = 1; i < b->up_count; i++) {
		if (b->load[b->up[i]] < b->load[best])
			best = b->up[i];
	}
	return best;
}

static void
place(struct balancer *b, uint32_t connection, uint16_t node)
{
	if (b->nodes[connection] != NOWHERE)
		b->load[b->nodes[connection]]--;
	b->nodes[connection] = node;
	b->load[node]++;
}

static uint16_t
choose(const struct balancer *b, uint32_t connection)
{
	return b->kind == BALANCE_TCP ? least_loaded(b) : by_hash(b, b->flows[connection]);
}

int
balancer_init(struct balancer *b, const struct fleet_plan *plan, struct chance *chance)
{
	*b = (struct balancer){ .kind = plan->balance,
		.node_count = plan->nodes,
		.connection_count = plan->connections,
		.up_count = plan->nodes,
		.flows = calloc(plan->connections, sizeof(*b->flows)),
		.nodes = calloc(plan->connections, sizeof(*b->nodes)),
		.up = calloc(plan->nodes, sizeof(*b->up)),
		.load = calloc(plan->nodes, sizeof(*b->load)) };
	if (b->flows == NULL || b->nodes == NULL || b->up == NULL || b->load == NULL) {
		balancer_fini(b);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < plan->nodes; i++)
		b->up[i] = (uint16_t)i;
	for (uint32_t i = 0; i < plan->connections; i++) {
		b->nodes[i] = NOWHERE;
		balancer_reopen(b, i, chance);
	}
	return 0;
}

void
balancer_fini(struct balancer *b)
{
	free(b->flows);
	free(b->nodes);
	free(b->up);
	free(b->load);
}

void
balancer_reopen(struct balancer *b, uint32_t connection, struct chance *chance)
{
	b->flows[connection] = chance_next(chance);
	if (b->nodes[connection] != NOWHERE) { /* it has left before a new place is looked for */
		b->load[b->nodes[connection]]--;
		b->nodes[connection] = NOWHERE;
	}
	place(b, connection, choose(b, connection));
}

static void
move(struct balancer *b, uint32_t connection, uint16_t node)
{
	if (b->nodes[connection] == node)
		return;
	place(b, connection, node);
	b->moved++;
}

void
balancer_lose(struct balancer *b, uint16_t node)
{
	uint32_t at = 0;

	while (b->up[at] != node)
		at++;
	b->up_count--;
	memmove(b->up + at, b->up + at + 1, (b->up_count - at) * sizeof(*b->up));
	for (uint32_t i = 0; i < b->connection_count; i++) {
		if (b->nodes[i] == node || b->kind == BALANCE_ECMP)
			move(b, i, choose(b, i));
	}
}

/*
 * ECMP hashes over one node more; a resilient table gives it its share of buckets; to a balancer's
 * connections nothing happens: the node fills with those that are opened from now on.
 */
void
balancer_regain(struct balancer *b, uint16_t node)
{
	uint32_t at = b->up_count++;

	for (; at > 0 && b->up[at - 1] > node; at--)
		b->up[at] = b->up[at - 1];
	b->up[at] = node;
	for (uint32_t i = 0; i < b->connection_count; i++) {
		if (b->kind == BALANCE_ECMP)
			move(b, i, choose(b, i));
		else if (b->kind == BALANCE_RESILIENT &&
			 (chance_mix(b->flows[i] ^ node) >> 32) * b->up_count >> 32 == 0)
			move(b, i, node);
	}
}
