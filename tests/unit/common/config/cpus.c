/* SPDX-License-Identifier: BSD-3-Clause */
/* Which CPUs poll, and which are left. */
#include "common/config/cpus.h"

#include "tests/unit/harness.h"

static cpu_set_t
set_of(const char *cpus)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (unsigned i = 0; cpus[i] != 0; i++)
		CPU_SET(cpus[i] - '0', &set);
	return set;
}

static const struct {
	const char *name, *allowed, *polls; /* of each core, in order; CPUs are digits */
	const char *beside;
	uint16_t first_cpu, cores;
} rows[] = {
	{ "one of four", "0123", "0", "123", 0, 1 },
	{ "two from the middle, and around", "0123", "30", "12", 3, 2 },
	{ "what is not allowed is passed over", "0257", "57", "02", 5, 2 },
	{ "all poll: none is spared", "01", "10", "01", 1, 2 },
	{ "more cores than CPUs", "01", "010", "01", 0, 3 },
	{ "the first is not ours", "12", "", "12", 0, 1 },
	{ "beyond any machine", "12", "", "12", 4095, 1 },
};

TEST(cores_poll_on_their_cpus_and_the_rest_is_beside)
{
	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct config c = { .dataplane.first_cpu = rows[i].first_cpu,
			.dataplane.cores = rows[i].cores };
		cpu_set_t allowed = set_of(rows[i].allowed), wanted = set_of(rows[i].beside),
			  beside = cpus_beside_cores(&c, &allowed);
		int cpus[8] = { 0 };
		unsigned count = cpus_of_cores(&c, &allowed, cpus);

		CHECK_ROW(
		    rows[i].name, count == (rows[i].polls[0] != 0 ? strlen(rows[i].allowed) : 0));
		for (unsigned k = 0; rows[i].polls[k] != 0; k++)
			CHECK_ROW(rows[i].name, cpus[k] == rows[i].polls[k] - '0');
		CHECK_ROW(rows[i].name, CPU_EQUAL(&beside, &wanted));
	}
}
