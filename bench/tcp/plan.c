/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments; see plan.h. */
#include "bench/tcp/plan.h"

#include <getopt.h>
#include <stdio.h>

#include "bench/number.h"
#include "bench/tcp/cases.h"

static const struct option options[] = { { "case", required_argument, NULL, 'c' },
	{ "flows", required_argument, NULL, 'f' }, { "count", required_argument, NULL, 'n' },
	{ "checksum", no_argument, NULL, 's' }, { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' }, { 0 } };

static bool
take_case(struct plan *p, const char *name)
{
	enum case_id id;

	if (!case_find(name, &id)) {
		fprintf(stderr, "sluice-bench-tcp: --case '%s': --help lists them\n", name);
		return false;
	}
	p->only = (int)id;
	return true;
}

static bool
take_number(const char *option, const char *text, uint64_t most, uint64_t *out)
{
	if (number_parse(text, 1, most, out))
		return true;
	fprintf(stderr, "sluice-bench-tcp: --%s '%s': a number from 1 to %llu\n", option, text,
	    (unsigned long long)most);
	return false;
}

static bool
take_option(struct plan *p, int option)
{
	uint64_t flows;

	switch (option) {
	case 'c':
		return take_case(p, optarg);
	case 'f':
		if (!take_number("flows", optarg, PLAN_FLOWS_MAX, &flows))
			return false;
		p->flows = (uint32_t)flows;
		return true;
	case 'n':
		return take_number("count", optarg, PLAN_COUNT_MAX, &p->count);
	case 's':
		p->checksum = true;
		return true;
	case 'j':
		p->json = true;
		return true;
	case 'h':
		p->help = true;
		return true;
	default:
		return false;
	}
}

bool
plan_parse(int argc, char **argv, struct plan *out)
{
	int option;

	*out = (struct plan){ .flows = 1000, .count = 100000, .only = -1 };
	optind = 0; /* anew: tests call it more than once */
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (!take_option(out, option))
			return false;
	}
	if (optind == argc)
		return true;
	fprintf(stderr, "sluice-bench-tcp: '%s' is no option\n", argv[optind]);
	return false;
}
