/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules of exclusion in a core's statistics: counted by key, bounded, and summed over cores. */
#include <string.h>

#include "common/channel/channel.h"
#include "tests/unit/harness.h"

TEST(rules_are_counted_by_their_key)
{
	static struct core_stats s;

	memset(&s, 0, sizeof(s));
	channel_count_rule(&s, 7);
	channel_count_rule(&s, 9);
	channel_count_rule(&s, 7);
	CHECK(channel_rule_hits(&s, 7) == 2 && channel_rule_hits(&s, 9) == 1);
	CHECK(channel_rule_hits(&s, 8) == 0);
}

TEST(what_has_no_place_is_counted_together)
{
	static struct core_stats s;

	memset(&s, 0, sizeof(s));
	for (uint64_t key = 1; key <= 2 * RULE_HITS_MAX; key++)
		channel_count_rule(&s, key);
	CHECK(channel_rule_hits(&s, 1) == 1 && channel_rule_hits(&s, RULE_HITS_MAX - 1) == 1);
	CHECK(channel_rule_hits(&s, RULE_HITS_MAX) == 0);
	CHECK(s.rules[RULE_HITS_MAX - 1].count == 2 * RULE_HITS_MAX - (RULE_HITS_MAX - 1));
}

/* Two cores meet rules in an order of their own. */
TEST(rules_of_cores_are_summed)
{
	static struct core_stats sum, one, two;

	memset(&sum, 0, sizeof(sum));
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	channel_count_rule(&one, 7);
	channel_count_rule(&one, 9);
	channel_count_rule(&two, 9);
	channel_count_rule(&two, 5);
	two.rules[RULE_HITS_MAX - 1].count = 3;
	channel_stats_add(&sum, &one);
	channel_stats_add(&sum, &two);
	CHECK(channel_rule_hits(&sum, 7) == 1 && channel_rule_hits(&sum, 9) == 2);
	CHECK(channel_rule_hits(&sum, 5) == 1 && sum.rules[RULE_HITS_MAX - 1].count == 3);
}
