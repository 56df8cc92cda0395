/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions that have each received one request, and read it up to the object's announcement. */
#ifndef SLUICE_BENCH_PARSE_REQUEST_H
#define SLUICE_BENCH_PARSE_REQUEST_H

#include <stdbool.h>

#include "common/base/span.h"
#include "dataplane/http/scan.h"

#define REQUESTS_AT_ONCE 32

/* Of functions that callgrind knows by name: each stands once, under that name. */
#ifdef __clang__
#define PARSE_COUNTED __attribute__((noinline))
#else
#define PARSE_COUNTED __attribute__((noinline, noclone))
#endif

struct requests; /* one at a time; cases_start() comes first */

struct requests *requests_create(enum http_scan_kind scan);
void requests_destroy(struct requests *r);
/* A session that has these bytes, in buffers as a port gives them; not counted. -ENOMEM. */
int requests_stage(struct requests *r, struct span bytes);
/* What callgrind counts: all that were staged. False: one did not come to its announcement. */
bool case_collect_requests(struct requests *r);
/* Ends the sessions; not counted. */
void requests_end(struct requests *r);

#endif
