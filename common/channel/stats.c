/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters of a core. The core writes with plain stores; a reader takes word after word, each
 * whole, the set at slightly different instants: good for rates, and a sum may be off by what
 * happened in between.
 */
#include "common/channel/view.h"

struct core_stats *
channel_stats(struct channel_core *c)
{
	return c->stats;
}

void
channel_stats_read(const struct channel_core *c, struct core_stats *out)
{
	const uint64_t *from = (const uint64_t *)c->stats;
	uint64_t *to = (uint64_t *)out;

	for (size_t i = 0; i < sizeof(*out) / sizeof(*to); i++)
		to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
}

static void
add_rule(struct core_stats *s, uint64_t key, uint64_t count)
{
	unsigned i = 0;

	while (i < RULE_HITS_MAX - 1 && s->rules[i].key != key && s->rules[i].key != 0)
		i++;
	if (i < RULE_HITS_MAX - 1)
		s->rules[i].key = key;
	s->rules[i].count += count;
}

void
channel_count_rule(struct core_stats *s, uint64_t key)
{
	add_rule(s, key, 1);
}

uint64_t
channel_rule_hits(const struct core_stats *s, uint64_t key)
{
	for (unsigned i = 0; i < RULE_HITS_MAX - 1; i++) {
		if (s->rules[i].key == key)
			return s->rules[i].count;
	}
	return 0;
}

void
channel_stats_add(struct core_stats *sum, const struct core_stats *one)
{
	for (unsigned k = 0; k < COUNTER_COUNT; k++)
		sum->counters[k] += one->counters[k];
	for (unsigned i = 0; i < RULE_HITS_MAX - 1 && one->rules[i].key != 0; i++)
		add_rule(sum, one->rules[i].key, one->rules[i].count);
	sum->rules[RULE_HITS_MAX - 1].count += one->rules[RULE_HITS_MAX - 1].count;
	for (unsigned n = 0; n < VERDICT_COUNT * SOURCE_COUNT; n++)
		sum->verdicts[n / SOURCE_COUNT][n % SOURCE_COUNT] +=
		    one->verdicts[n / SOURCE_COUNT][n % SOURCE_COUNT];
#define X(field, help) histogram_merge(&sum->field, &one->field);
	HISTOGRAMS(X)
#undef X
	for (unsigned i = 0; i < TCP_COUNTER_COUNT; i++)
		sum->tcp[i] += one->tcp[i];
#define X(field, help) sum->field += one->field;
	GAUGES(X)
#undef X
}
