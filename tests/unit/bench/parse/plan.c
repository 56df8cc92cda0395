/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of sluice-bench-parse: what is taken, and what is refused. */
#include "bench/parse/plan.h"

#include "bench/parse/cases.h"
#include "tests/unit/harness.h"

#define ARGUMENTS_MAX 6

struct plan_case {
	const char *name;
	const char *arguments[ARGUMENTS_MAX];
	bool taken;
	uint64_t count;
	int only;
	enum http_scan_kind scan;
	int files;
};

TEST(arguments)
{
	static const struct plan_case cases[] = {
		{ "none", { NULL }, true, 100000, -1, HTTP_SCAN_AUTO, 0 },
		{ "a number", { "--count", "2K" }, true, 2048, -1, HTTP_SCAN_AUTO, 0 },
		{ "a case", { "--case", "url" }, true, 100000, CASE_URL, HTTP_SCAN_AUTO, 0 },
		{ "a scan", { "--scan", "scalar" }, true, 100000, -1, HTTP_SCAN_SCALAR, 0 },
		{ "files", { "--count=3", "a", "b" }, true, 3, -1, HTTP_SCAN_AUTO, 2 },
		{ "no such case", { "--case", "none" }, false, 0, 0, 0, 0 },
		{ "no such scan", { "--scan", "mmx" }, false, 0, 0, 0, 0 },
		{ "no operation", { "--count", "0" }, false, 0, 0, 0, 0 },
		{ "no number", { "--count", "x" }, false, 0, 0, 0, 0 },
		{ "no value", { "--count" }, false, 0, 0, 0, 0 },
		{ "no option", { "--fast" }, false, 0, 0, 0, 0 },
	};

	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		char *argv[ARGUMENTS_MAX + 2] = { "sluice-bench-parse" };
		struct plan p;
		int argc = 1;

		for (; cases[i].arguments[argc - 1] != NULL; argc++)
			argv[argc] = (char *)(uintptr_t)cases[i].arguments[argc - 1];
		CHECK_ROW(cases[i].name, plan_parse(argc, argv, &p) == cases[i].taken);
		if (!cases[i].taken)
			continue;
		CHECK_ROW(cases[i].name, p.count == cases[i].count && p.only == cases[i].only);
		CHECK_ROW(cases[i].name, p.scan == cases[i].scan);
		CHECK_ROW(cases[i].name, argc - p.files == cases[i].files);
		CHECK_ROW(cases[i].name, !p.json && !p.help);
	}
}

TEST(switches)
{
	char *argv[] = { "sluice-bench-parse", "--json", "--help", NULL };
	struct plan p;

	CHECK(plan_parse(3, argv, &p) && p.json && p.help);
}
