/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays a dataplane of one core for control: a region, the socket that hands it over, and records
 * of clean objects into its ring at a set rate. A record that finds no room is counted as the
 * dataplane counts it (records_lost), and not tried again. One thread.
 */
#ifndef SLUICE_BENCH_LOG_FEED_H
#define SLUICE_BENCH_LOG_FEED_H

#include "common/base/mono.h"
#include "common/channel/channel.h"
#include "common/channel/record.h"

#define FEED_RING_SLOTS 4096 /* as dataplane/budget.c has it */

struct feed;

struct feed_result {
	uint64_t due, put, lost; /* due = put + lost */
	struct duration took;    /* until the last was put */
};

/* -errno. feed_close(). */
int feed_open(const char *socket_path, struct feed **out);
void feed_close(struct feed *f);
/* Waits for control and hands the region over. False: none came within `limit`. */
bool feed_wait(struct feed *f, struct duration limit);
/* What a record of that number says: an object of 1 KiB, its URL and digests its own. */
void feed_fill(struct record_slot *slot, uint64_t number);
/* Records at `rate` a second for `length`; answers control meanwhile. */
void feed_run(struct feed *f, uint32_t rate, struct duration length, struct feed_result *out);
/* Answers control where it asks something: generations and policies are taken. */
void feed_serve(struct feed *f);

#endif
