/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Starting DPDK's environment from the product's configuration: the user never writes an EAL flag.
 *
 * lcore 0 is the main one: it runs the attendant, does not poll, and may run on every CPU we may
 * use. lcores 1..cores are the poll-mode cores, pinned to first_cpu, first_cpu + 1, … and around,
 * so that more cores than CPUs share them. Memory is anonymous (--in-memory): nothing stays behind
 * in hugetlbfs or /run/dpdk when the process is killed, and hugepages need no mount.
 */
#ifndef SLUICE_DATAPLANE_EAL_H
#define SLUICE_DATAPLANE_EAL_H

#include "dataplane/eal_arguments.h"

/*
 * Checks what can be checked before (privileges, hugepages, the port), then starts EAL. Call it
 * once, before threads. -errno with one sentence in `error`.
 */
int eal_start(const struct config *c, const struct config_paths *paths, char error[EAL_ERROR_MAX]);

/* Gives EAL's resources back; after the cores stopped and the port is closed. */
void eal_stop(void);

#endif
