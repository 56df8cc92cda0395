/* SPDX-License-Identifier: BSD-3-Clause */
/* `config check`: a configuration, and whether what it names is there. */
#ifndef SLUICE_SLUICECTL_CHECK_H
#define SLUICE_SLUICECTL_CHECK_H

#include "common/config/config.h"

/* 0, or -errno with where it stands and what is wrong in `error`. Asks no process. */
int check_configuration(const char *file, char error[CONFIG_ERROR_TEXT_MAX]);

#endif
