/* SPDX-License-Identifier: BSD-3-Clause */
#include "common/config/cpus.h"

unsigned
cpus_of_cores(const struct config *c, const cpu_set_t *allowed, int *cpus)
{
	unsigned count = (unsigned)CPU_COUNT(allowed);
	int cpu = c->dataplane.first_cpu;

	if (cpu >= CPU_SETSIZE || !CPU_ISSET(cpu, allowed))
		return 0;
	for (unsigned i = 0; i < c->dataplane.cores; i++) {
		cpus[i] = cpu;
		do
			cpu = (cpu + 1) % CPU_SETSIZE;
		while (!CPU_ISSET(cpu, allowed));
	}
	return count;
}

cpu_set_t
cpus_beside_cores(const struct config *c, const cpu_set_t *allowed)
{
	int cpus[CPU_SETSIZE];
	cpu_set_t others = *allowed;

	if (cpus_of_cores(c, allowed, cpus) == 0)
		return *allowed;
	for (unsigned i = 0; i < c->dataplane.cores; i++)
		CPU_CLR(cpus[i], &others);
	return CPU_COUNT(&others) > 0 ? others : *allowed;
}
