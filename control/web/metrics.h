/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prometheus' text format (version 0.0.4) of everything that is counted: each counter, gauge and
 * histogram of common/channel's tables for each core, and control's own. docs/metrics.md lists
 * them. Names are sluice_WORD, the words those of `sluicectl stats`; what counts up ends in _total,
 * times are in seconds.
 */
#ifndef SLUICE_WEB_METRICS_H
#define SLUICE_WEB_METRICS_H

#include "control/web/facts.h"
#include "control/web/text.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Without a dataplane the cores' families are left out: what is not known is not 0. */
void metrics_write(const struct web_facts *f, struct text *out);

#endif
