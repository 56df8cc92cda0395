/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An instance on this machine: its directories, and that each of its two processes runs once. What
 * marks a process is a lock on its pid file; it goes with the process, however that ends, so a file
 * left by a killed one stops nobody.
 */
#ifndef SLUICE_CONFIG_INSTANCE_H
#define SLUICE_CONFIG_INSTANCE_H

#include "common/config/config.h"

/*
 * --run-directory, --state-directory, --log-directory and --config of the command line: NULL leaves
 * the instance's own. What lies in the run directory (sockets, pid files) moves along.
 * -ENAMETOOLONG.
 */
int instance_move(struct config_paths *p, const char *run, const char *state, const char *log,
    const char *config_file);

/* As `mkdir -p`, mode 0755. -errno, with a sentence in `error`. */
int instance_make_directory(const char *path, char error[CONFIG_ERROR_TEXT_MAX]);

/*
 * Locks a pid file of the instance, whose directory is there, and writes our process id into it.
 * The descriptor is kept until the process ends. -EBUSY: another process holds it; else -errno;
 * with a sentence in `error` that names `what` runs already.
 */
int instance_lock(const struct config_paths *p, const char *pid_file, const char *what,
    char error[CONFIG_ERROR_TEXT_MAX]);

#endif
