/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections and TCP's counters as people read them: in the manner of ss -ti and nstat. */
#ifndef SLUICE_SLUICECTL_PRINT_TCP_H
#define SLUICE_SLUICECTL_PRINT_TCP_H

#include <jansson.h>

/* Lists of an answer to `tcp`; to stdout. */
void print_connections(const json_t *list);
/* `list`: of the connections that were shown, or NULL: none was asked for. */
void print_tcp_summary(const json_t *summary, const json_t *list);
void print_tcp_counters(const json_t *list);

#endif
