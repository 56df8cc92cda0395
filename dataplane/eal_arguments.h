/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * EAL's arguments as a function of the configuration and of what the machine has: nothing is asked
 * and nothing is changed here, so that a table of cases can test it.
 */
#ifndef SLUICE_DATAPLANE_EAL_ARGUMENTS_H
#define SLUICE_DATAPLANE_EAL_ARGUMENTS_H

#include <sched.h>
#include <stdint.h>

#include "common/config/config.h"
#include "dataplane/port.h"

#define EAL_ERROR_MAX         512
#define EAL_ARGUMENTS_MAX     (24 + 2 * PORT_QUEUES_MAX)
#define EAL_ARGUMENT_TEXT_MAX 4096 /* --lcores: runs of up to CPU_SETSIZE CPUs, and our cores */

/* What was found on the machine. */
struct eal_facts {
	cpu_set_t cpus;              /* that this process may run on */
	uint64_t hugepages_free_mib; /* of every size together */
};

/* EAL keeps pointers into it and reorders the vector: as long-lived as the process. */
struct eal_arguments {
	int count;
	bool hugepages;
	char text[EAL_ARGUMENTS_MAX][EAL_ARGUMENT_TEXT_MAX];
	char *vector[EAL_ARGUMENTS_MAX + 1];
};

/* 0; -ENOMEM: too few hugepages, -EINVAL: a CPU that is not ours; with one sentence in `error`. */
int eal_arguments_of(const struct config *c, const char *instance, const struct eal_facts *facts,
    struct eal_arguments *out, char error[EAL_ERROR_MAX]);

/* MiB that the pools of this configuration need, with room to spare: what EAL reserves. */
uint32_t eal_memory_mib(const struct config *c);

/* The lcore that is to run core `index` (0 … cores - 1). */
unsigned eal_lcore_of(unsigned index);

#endif
