/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of the process that asks: their descriptors are taken out of it, so that control opens
 * nothing that the asker could not. */
#ifndef SLUICE_CONTROL_PEER_H
#define SLUICE_CONTROL_PEER_H

#include <sys/types.h>

/* Who is at the other end of a socket; -1: the kernel does not say. */
pid_t peer_of(int socket);
/* A copy of another process's descriptor, the caller's; -errno. Needs its privileges, or
 * CAP_SYS_PTRACE. */
int peer_take_descriptor(pid_t peer, int peer_fd);

#endif
