/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/everywhere.h"

static struct waiting_command *
waiting_at(struct everywhere *e, unsigned i)
{
	return &e->waiting[(e->first + i) % EVERYWHERE_MAX];
}

/* To those of `cores` whose rings have room; the others are returned. */
static uint64_t
tell(struct region *region, uint64_t cores, const struct command *command)
{
	uint64_t left = 0;

	for (uint32_t i = 0; i < region_cores(region); i++) {
		if ((cores >> i & 1) != 0 && command_send(region_core(region, i), command) != 0)
			left |= 1ull << i;
	}
	return left;
}

void
everywhere_retry(struct everywhere *e, struct region *region)
{
	uint64_t full = 0; /* cores: what follows waits behind what they did not take */

	if (region == NULL)
		return;
	for (unsigned i = 0; i < e->count; i++) {
		struct waiting_command *w = waiting_at(e, i);

		w->cores = (w->cores & full) | tell(region, w->cores & ~full, &w->command);
		full |= w->cores;
	}
	while (e->count > 0 && e->waiting[e->first].cores == 0) {
		e->first = (e->first + 1) % EVERYWHERE_MAX;
		e->count--;
	}
}

void
everywhere_tell(struct everywhere *e, struct region *region, const struct command *command)
{
	uint64_t behind = 0, left;

	if (region == NULL)
		return;
	for (unsigned i = 0; i < e->count; i++)
		behind |= waiting_at(e, i)->cores;
	left = UINT64_MAX >> (64 - region_cores(region));
	left = (left & behind) | tell(region, left & ~behind, command);
	if (left == 0)
		return;
	if (e->count == EVERYWHERE_MAX) {
		e->lost += (unsigned)__builtin_popcountll(left);
		return;
	}
	*waiting_at(e, e->count++) = (struct waiting_command){ *command, left };
}

void
everywhere_forget_verdicts(struct everywhere *e)
{
	for (unsigned i = 0; i < e->count; i++) {
		if (waiting_at(e, i)->command.kind == COMMAND_CACHE_PUT)
			waiting_at(e, i)->cores = 0;
	}
}

void
everywhere_detached(struct everywhere *e)
{
	e->first = e->count = 0;
}
