/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/floor/lanes.h"

#include "common/base/thread_cpu.h"
#include "scanners/digest/engine.h"
#include "scanners/digest/queue.h"

static double
measure(struct digest_queue *q, const struct corpus *corpus, size_t bytes, double length,
    struct digest_values *last)
{
	struct digest_values values[LANES_FLIGHT];
	struct digest digests[LANES_FLIGHT];
	double begun = thread_cpu_seconds(), took;
	uint64_t objects = 0;

	do {
		for (unsigned i = 0; i < LANES_FLIGHT; i++) {
			digest_init(&digests[i]);
			digest_queue_add(q, &digests[i], corpus_body(corpus, objects++, bytes));
			digest_queue_finish(q, &digests[i], &values[i]);
		}
		digest_queue_run(q);
		took = thread_cpu_seconds() - begun;
	} while (took < length);
	*last = values[LANES_FLIGHT - 1];
	return took * 1e6 / (double)objects;
}

double
lanes_measure(
    const struct corpus *corpus, size_t bytes, struct duration length, struct digest_values *last)
{
	char text[DIGEST_ENGINE_TEXT_MAX];
	struct digest_engine *engine;
	struct digest_queue *queue;
	double us = -1;

	if (digest_engine_create(DIGEST_AUTO, &engine, text) != 0)
		return us;
	queue = digest_queue_create(engine);
	if (queue != NULL)
		us = measure(queue, corpus, bytes, (double)length.ns / 1e9, last);
	digest_queue_destroy(queue);
	digest_engine_destroy(engine);
	return us;
}
