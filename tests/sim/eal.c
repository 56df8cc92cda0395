/* SPDX-License-Identifier: BSD-3-Clause */
/* EAL and mbuf pools for tests: no hugepages, no devices, no files. */
#include <rte_eal.h>

#include "tests/sim/sim.h"

#define POOL_MBUFS 8191

static struct chain_pools pools;

int
sim_eal_init(void)
{
	static char *arguments[] = { "sim", "--no-huge", "--no-pci", "--no-shconf",
		"--no-telemetry", "-m", "256", "-l", "0", "--log-level=*:error", NULL };

	if (rte_eal_init(10, arguments) < 0)
		return -1;
	pools.data = rte_pktmbuf_pool_create(
	    "sim_data", POOL_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	pools.refs = rte_pktmbuf_pool_create("sim_refs", POOL_MBUFS, 0, 0, 0, SOCKET_ID_ANY);
	return pools.data != NULL && pools.refs != NULL ? 0 : -1;
}

const struct chain_pools *
sim_pools(void)
{
	return &pools;
}

uint32_t
sim_pools_used(void)
{
	return rte_mempool_in_use_count(pools.data) + rte_mempool_in_use_count(pools.refs);
}
