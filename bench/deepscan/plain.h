/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The floor under a deep scan: libarchive reads every member of an object, libyara scans each and
 * the object itself, in the calling process. No jail, no start, no digests, no signatures but the
 * rules, nothing within a member, no PDF, no mail.
 */
#ifndef SLUICE_BENCH_DEEPSCAN_PLAIN_H
#define SLUICE_BENCH_DEEPSCAN_PLAIN_H

#include <stdbool.h>

#include "common/base/span.h"

struct plain;

/* YARA's text, from a file. NULL: it can't be read or compiled, as is said on standard error. */
struct plain *plain_create(const char *rules);
void plain_destroy(struct plain *p);

/* Whether libarchive knows an archive in it; of others the bytes alone are scanned. */
bool plain_is_archive(struct span object);
/* Bytes that were unpacked; -1: a rule holds, or a member can't be read. */
long plain_judge(struct plain *p, struct span object);

#endif
