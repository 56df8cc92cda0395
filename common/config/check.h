/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The checks of a configuration, in two steps: each value by itself against the table of fields,
 * before libcyaml loads it; then, over the whole, what a schema can't say.
 */
#ifndef SLUICE_CONFIG_CHECK_H
#define SLUICE_CONFIG_CHECK_H

#include "common/config/scan.h"

int check_nodes(const struct scan *s);
int check_config(const struct scan *s, const struct config *c);

#endif
