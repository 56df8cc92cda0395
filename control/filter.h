/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What an operator types to choose connections or frames, as a filter of the channel:
 *
 *     FILTER = TERM { "and" TERM }      TERM = host ADDRESS | net ADDRESS/LENGTH | port NUMBER
 *                                            | state WORD [, WORD …]
 *
 * tcpdump's words where it has them. An address or a port is that of either end. `state` is for
 * connections alone: the words of RFC 9293 in either case (established, time-wait), several
 * separated by commas. Empty: everything.
 */
#ifndef SLUICE_CONTROL_FILTER_H
#define SLUICE_CONTROL_FILTER_H

#include "common/base/span.h"
#include "common/channel/observe.h"

#define FILTER_ERROR_MAX 200
#define FILTER_TEXT_MAX  512

/* -EINVAL with a sentence that names the word that is wrong. */
int filter_parse(
    const char *text, bool with_states, struct observe_filter *out, char error[FILTER_ERROR_MAX]);

#endif
