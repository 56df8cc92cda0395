/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An operator's file, judged as the sandbox judges an object: by a jailed worker, under the current
 * generation, whether a dataplane runs or not. The descriptor is taken out of the process that
 * asks, so that control opens nothing that the asker could not. SCANS_MAX at once.
 */
#ifndef SLUICE_CONTROL_SCAN_H
#define SLUICE_CONTROL_SCAN_H

#include <sys/types.h>

#include "control/worker.h"

#define SCANS_MAX           4
#define SCAN_ERROR_TEXT_MAX 160

typedef void (*scan_done)(void *arg, const struct worker_answer *answer);

/* `name` is what the file is called, or empty. `done` comes from the loop, once. -errno, with a
 * sentence in `error`, where none is begun. */
int scan_start(struct control *c, pid_t peer, int peer_fd, struct span name, scan_done done,
    void *arg, char error[SCAN_ERROR_TEXT_MAX]);

#endif
