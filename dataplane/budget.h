/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may hold how much: the division of a core's buffers and tables, computed once from the
 * configuration. The parts of the mbuf pool add up to less than the whole, so that receive rings
 * and transmit always find some, whatever objects and connections hold.
 */
#ifndef SLUICE_BUDGET_H
#define SLUICE_BUDGET_H

#include <stdint.h>

#include "common/channel/channel.h"
#include "common/config/config.h"

struct budget {
	uint32_t connections_max; /* of one core */
	uint32_t places_max;      /* in TCP's table: with those that are being refused */
	uint32_t objects_max;     /* being judged or held at once */
	uint32_t decoders_max;
	uint32_t part_levels_max; /* of multipart bodies */
	uint32_t jobs_max;
	uint32_t data_mbufs;     /* of the pool */
	uint32_t ref_mbufs;      /* references: slices, transmit, arena blocks */
	uint32_t keep_mbufs_max; /* received mbufs that kept objects may pin */
	uint32_t pool_reserve;   /* below it new connections are refused */
	uint32_t arena_blocks;
	struct region_shape shape; /* of the whole region */
};

void budget_compute(const struct config *c, struct budget *out);

#endif
