/* SPDX-License-Identifier: BSD-3-Clause */
/* A core's pipeline: its pools, its timers, and what comes from control. */
#include "dataplane/inspect/inspect.h"

#include <stdlib.h>

#include "dataplane/inspect/object.h"

#define ROOMS_MAX 128 /* br and zstd bodies at once; address space, not memory, of 36 MiB each */

static bool
create_pools(struct inspect *i)
{
	const struct inspect_config *c = &i->config;

	i->cache = cache_create(c->cache_entries);
	i->blocks = blocks_create(i->channel, c->arena_blocks);
	i->guard = guard_create();
	i->waits = waits_create();
	i->decoders = decode_pool_create(
	    c->decoders_max, c->decoders_max < ROOMS_MAX ? c->decoders_max : ROOMS_MAX);
	i->objects = calloc(c->objects_max, sizeof(*i->objects));
	i->jobs = calloc(c->jobs_max, sizeof(*i->jobs));
	i->free_jobs = calloc(c->jobs_max, sizeof(*i->free_jobs));
	if (hashing_init(&i->hashing, c->digests) != 0 || uuid_open(&i->uuids, c->uuid_key) != 0)
		return false;
	return parts_pool_create(i, c->part_levels_max) && i->guard != NULL && i->waits != NULL &&
	       i->cache != NULL && i->blocks != NULL && i->decoders != NULL && i->objects != NULL &&
	       i->jobs != NULL && i->free_jobs != NULL;
}

struct inspect *
inspect_create(const struct inspect_config *config)
{
	struct inspect *i = calloc(1, sizeof(*i));

	if (i == NULL)
		return NULL;
	i->config = *config;
	i->channel = region_core(config->region, config->core);
	i->stats = channel_stats(i->channel);
	i->keep_budget.mbufs_max = config->keep_mbufs_max;
	list_init(&i->free_objects);
	list_init(&i->parked);
	list_init(&i->settled);
	if (!create_pools(i)) {
		inspect_destroy(i);
		return NULL;
	}
	for (uint32_t n = 0; n < config->objects_max; n++) {
		list_append(&i->free_objects, &i->objects[n].node);
		list_init(&i->objects[n].settled);
		list_init(&i->objects[n].unscanned);
		wheel_timer_init(&i->objects[n].timer);
		wheel_timer_init(&i->objects[n].look);
	}
	for (uint32_t n = 0; n < config->jobs_max; n++)
		i->free_jobs[i->free_job_count++] = config->jobs_max - 1 - n;
	i->ticks = ticks_of(config->counter_hz);
	wheel_init(&i->wheel, mono_now());
	wheel_init(&i->looks, mono_now());
	return i;
}

void
inspect_destroy(struct inspect *i)
{
	if (i == NULL)
		return;
	cache_destroy(i->cache);
	guard_destroy(i->guard);
	waits_destroy(i->waits);
	blocks_destroy(i->blocks);
	if (i->decoders != NULL)
		decode_pool_destroy(i->decoders);
	parts_pool_destroy(i);
	hashing_fini(&i->hashing);
	uuid_close(&i->uuids);
	free(i->objects);
	free(i->jobs);
	free(i->free_jobs);
	free(i);
}

const uint32_t *
inspect_publication_users(const struct inspect *i)
{
	return i->users;
}

void
inspect_begin(struct inspect *i, struct mono now, struct mono turn_at, int64_t wall_ns)
{
	i->turn++;
	i->now = now;
	i->turn_at = turn_at;
	i->wall_ns = wall_ns;
	ticks_begin(&i->ticks, turn_at);
}

/* An object's time is over: what that means depends on what it was waiting for. */
static void
expire(struct inspect_object *o)
{
	struct inspect *i = o->inspect;
	bool allowed = policy_allows(object_policy(o), SOURCE_TIMEOUT);

	switch (o->state) {
	case OBJECT_READING:
		object_outcome(o, allowed ? VERDICT_CLEAN : VERDICT_BAD, SOURCE_TIMEOUT, "");
		object_give_up_later(o);
		break;
	case OBJECT_HELD:
		count(i->stats, COUNTER_HELD_TIMEOUT, 1);
		sandbox_leave(o);
		object_outcome(o, allowed ? VERDICT_CLEAN : VERDICT_BAD, SOURCE_TIMEOUT, "");
		object_finish_later(o);
		break;
	case OBJECT_PARKED:
		deliver_error(o, 503);
		count(i->stats, COUNTER_OVERLOADS, 1);
		list_unlink(&o->node); /* parked no more */
		o->state = OBJECT_DROPPED;
		object_settled(o);
		break;
	case OBJECT_FREE:
	case OBJECT_HASHING:
	case OBJECT_PASSING:
	case OBJECT_DROPPED:
		break;
	}
}

/* Control remembers what a sandbox said. */
static void
remember_answer(struct inspect *i, const struct command *c)
{
	struct cache_verdict said = cache_verdict_of(c->verdict, c->threat, true);

	if (cache_put(i->cache, c->sha256, c->generation, &said))
		count(i->stats, COUNTER_CACHE_EVICTIONS, 1);
}

void
inspect_command(struct inspect *i, const struct command *c)
{
	switch (c->kind) {
	case COMMAND_ANSWER:
		sandbox_answer(i, c);
		break;
	case COMMAND_CACHE_PUT:
		remember_answer(i, c);
		break;
	case COMMAND_CACHE_CLEAR:
		cache_clear(i->cache);
		break;
	case COMMAND_GUARD_PUT:
		early_guard_put(i, c->sha256, c->threat);
		break;
	default:
		break;
	}
}

/* Bad verdicts that control could not be told of: as many as there is room for now. */
static void
retry_parked(struct inspect *i)
{
	struct list *node = i->parked.next;

	while (node != &i->parked) {
		struct inspect_object *o = LIST_ITEM(node, struct inspect_object, node);

		node = node->next;
		object_finish_later(o);
		if (o->state == OBJECT_PARKED)
			return;
	}
}

void
inspect_tick(struct inspect *i)
{
	struct wheel_timer *t;

	retry_parked(i);
	wheel_advance(&i->wheel, i->now);
	while ((t = wheel_take_expired(&i->wheel)) != NULL)
		expire(LIST_ITEM(t, struct inspect_object, timer));
	wheel_advance(&i->looks, i->now);
	while ((t = wheel_take_expired(&i->looks)) != NULL)
		early_look(LIST_ITEM(t, struct inspect_object, look));
}

struct mono
inspect_next_deadline(const struct inspect *i)
{
	return mono_earlier(wheel_next(&i->wheel), wheel_next(&i->looks));
}

void *
inspect_next_settled(struct inspect *i, bool *done)
{
	struct list *node = list_take_first(&i->settled);
	struct inspect_object *o;
	void *user;

	if (node == NULL)
		return NULL;
	o = LIST_ITEM(node, struct inspect_object, settled);
	user = o->user;
	*done = o->state == OBJECT_DROPPED;
	if (*done)
		object_free(o);
	return user;
}

uint64_t
inspect_fed_bytes(const struct inspect *i)
{
	return i->fed_bytes;
}

uint32_t
inspect_objects_now(const struct inspect *i)
{
	return i->objects_now;
}

bool
inspect_lacks_decoders(const struct inspect *i)
{
	return decode_pool_is_out(i->decoders);
}

uint32_t
inspect_held_now(const struct inspect *i)
{
	return i->held_now;
}

uint32_t
inspect_cache_entries(const struct inspect *i)
{
	return cache_entries(i->cache);
}
