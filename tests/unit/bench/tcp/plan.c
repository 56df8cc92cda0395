/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of sluice-bench-tcp: what is taken, and what is refused. */
#include "bench/tcp/plan.h"

#include "bench/tcp/cases.h"
#include "tests/unit/harness.h"

#define ARGUMENTS_MAX 6

struct plan_case {
	const char *name;
	const char *arguments[ARGUMENTS_MAX];
	bool taken;
	uint32_t flows;
	uint64_t count;
	int only;
};

TEST(arguments)
{
	static const struct plan_case cases[] = {
		{ "none", { NULL }, true, 1000, 100000, -1 },
		{ "both numbers", { "--flows", "7", "--count", "2K" }, true, 7, 2048, -1 },
		{ "the most", { "--flows", "100000" }, true, 100000, 100000, -1 },
		{ "a case", { "--case", "open" }, true, 1000, 100000, CASE_OPEN },
		{ "the last one counts", { "--flows=3", "--flows=4" }, true, 4, 100000, -1 },
		{ "no such case", { "--case", "none" }, false, 0, 0, 0 },
		{ "no flow", { "--flows", "0" }, false, 0, 0, 0 },
		{ "a flow too many", { "--flows", "100001" }, false, 0, 0, 0 },
		{ "no number", { "--count", "x" }, false, 0, 0, 0 },
		{ "no value", { "--count" }, false, 0, 0, 0 },
		{ "no option", { "--fast" }, false, 0, 0, 0 },
		{ "a word", { "more" }, false, 0, 0, 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		char *argv[ARGUMENTS_MAX + 2] = { "sluice-bench-tcp" };
		struct plan p;
		int argc = 1;

		for (; cases[i].arguments[argc - 1] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)cases[i].arguments[argc - 1];
		CHECK_ROW(cases[i].name, plan_parse(argc, argv, &p) == cases[i].taken);
		if (!cases[i].taken)
			continue;
		CHECK_ROW(cases[i].name, p.flows == cases[i].flows && p.count == cases[i].count);
		CHECK_ROW(cases[i].name, p.only == cases[i].only);
	}
}

TEST(switches)
{
	char *argv[] = { "sluice-bench-tcp", "--json", "--checksum", "--help", NULL };
	struct plan p;

	CHECK(plan_parse(1, argv, &p) && !p.json && !p.checksum && !p.help);
	CHECK(plan_parse(4, argv, &p) && p.json && p.checksum && p.help);
}
