/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is measured: each case takes its parts of the messages and parses them over and over.
 * callgrind collects inside case_collect() and case_collect_requests() alone (--toggle-collect).
 */
#ifndef SLUICE_BENCH_PARSE_CASES_H
#define SLUICE_BENCH_PARSE_CASES_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/parse/messages.h"
#include "dataplane/http/scan.h"

/* The name on the command line, and what one operation is. */
#define CASES(X)                                                                             \
	X(ICAP_HEAD, "icap-head", "an ICAP head: its end, its strict lines")                 \
	X(HTTP_HEAD, "http-head", "an encapsulated head")                                    \
	X(FIELDS, "fields", "six fields of an encapsulated head, by name")                   \
	X(LARGE, "large", "a head of 64 KiB, of 1,600 fields")                               \
	X(CROWDED, "crowded", "a head of 64 KiB, of 16,000 fields, and what is asked of it") \
	X(LINE_ENDS, "line-ends", "a head of 64 KiB, of nothing but LF")                     \
	X(CHUNKED, "chunked", "the chunks of a body")                                        \
	X(MULTIPART, "multipart", "the parts of a form, its fields and a file")              \
	X(URL, "url", "a target taken apart, and as the log shows it")                       \
	X(REQUEST, "request",                                                                \
	    "ICAP session: from a request's first byte to the object's "                     \
	    "announcement")

enum case_id {
#define X(id, name, what) CASE_##id,
	CASES(X)
#undef X
	CASE_COUNT
};

struct case_result {
	uint64_t operations, bytes, ns; /* bytes of all operations; ns of this thread's CPU */
};

/* Starts EAL and the pools, which CASE_REQUEST needs. 0 or -errno. */
int cases_start(void);

const char *case_name(enum case_id id);
const char *case_what(enum case_id id);
/* False: no case has that name. */
bool case_find(const char *name, enum case_id *out);

/*
 * At least `count` operations, of heads of 64 KiB a 256th, the messages' parts in turn. -ENOENT: no
 * message has such a part; -EPROTO: a parser refused one; -ENOMEM, -ENOTSUP.
 */
int case_run(const struct messages *m, enum case_id id, enum http_scan_kind scan, uint64_t count,
    struct case_result *out);

#endif
