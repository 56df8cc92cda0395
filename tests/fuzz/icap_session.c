/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz-links: tests/talk tests/sim dataplane/icap dataplane/http
 * fuzz-links: dataplane/net/tcp dataplane/net common/base
 *
 * A client that sends anything: the input's first bytes choose the inspector's policy and how the
 * rest is cut. However it is cut, the reply and the objects are the same, and no buffer is lost.
 */
#include <assert.h>

#include "tests/sim/sim.h"
#include "tests/talk/talk.h"

#define CUTS 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return sim_eal_init();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk *whole, *cut;
	uint16_t cuts[CUTS];
	struct span bytes;
	enum talk_policy policy;

	if (size < 1 + CUTS || size > 100000)
		return -1;
	policy = data[0] % TALK_POLICIES;
	for (unsigned i = 0; i < CUTS; i++)
		cuts[i] = (uint16_t)(data[1 + i] * (i % 2 == 0 ? 1 : 97));
	bytes = span_of(data + 1 + CUTS, size - 1 - CUTS);
	whole = talk_run(sim_pools(), policy, bytes, NULL, 0, true);
	cut = talk_run(sim_pools(), policy, bytes, cuts, CUTS, true);
	assert(talk_is_same(whole, cut));
	talk_free(whole);
	talk_free(cut);
	assert(sim_pools_used() == 0);
	return 0;
}
