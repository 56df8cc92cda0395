/* SPDX-License-Identifier: BSD-3-Clause */
/* A fleet that cannot be is refused with a reason. */
#include "bench/fleet-sim/plan.h"

#include "tests/unit/harness.h"

static bool
parse(const char *text, struct fleet_plan *p, bool *help)
{
	char line[256], *words[32] = { (char *)(uintptr_t) "sluice-bench-fleet" }, *word;
	char *at = line;
	int count = 1;

	snprintf(line, sizeof(line), "%s", text);
	while ((word = strsep(&at, " ")) != NULL) {
		if (*word != 0)
			words[count++] = word;
	}
	return plan_parse(count, words, p, help);
}

TEST(what_is_asked_for)
{
	struct fleet_plan p;
	bool help;

	CHECK(parse("", &p, &help) && !help && p.nodes == 10 && p.connections == 640 && p.share);
	CHECK(parse("--nodes 1000 --cache 1024 --zipf 1.1 --no-share --json", &p, &help));
	CHECK(p.nodes == 1000 && p.cache_entries == 1024 && !p.share && p.json);
	CHECK(p.zipf > 1.09 && p.zipf < 1.11 && p.connections == 64000);
	CHECK(parse("--sandbox-percent 50 --balance tcp --seed 18446744073709551615", &p, &help));
	CHECK(p.sandbox_share > 0.49 && p.sandbox_share < 0.51 && p.balance == BALANCE_TCP);
	CHECK(p.seed == UINT64_MAX);
	CHECK(parse("--help", &p, &help) && help);
}

TEST(what_cannot_be)
{
	static const char *const rows[] = { "--nodes 0", "--nodes 1001", "--nodes 1.5", "--nodes x",
		"--nodes", "--zipf 0", "--zipf nan", "--zipf inf", "--objects -1",
		"--objects 1e300", "--population 16777217", "--balance random", "--seed -1",
		"--seed 1x", "--cache 63", "--sandbox-percent 101", "--share-ms -1", "--seconds 0",
		"--nodes 1000 --cache 1048576", "--objects 1e8 --seconds 86400",
		"--nodes 1 --failures 1", "more", "--nothing" };
	struct fleet_plan p;
	bool help;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i], !parse(rows[i], &p, &help));
}
