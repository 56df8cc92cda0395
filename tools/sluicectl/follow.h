/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `sluicectl log -f`: the log's last lines and each that comes, through rotations. A file that was
 * renamed PATH.N is read to its end, then PATH.N-1 … PATH.1, then PATH, so that no line is passed
 * over however fast it is rotated; one that was moved elsewhere is read to its end, then PATH.
 */
#ifndef SLUICE_CTL_FOLLOW_H
#define SLUICE_CTL_FOLLOW_H

/* Runs until stdout is closed or a signal ends it. Returns the exit code: 1, with a line on stderr
 * when there is no such file yet. `lines`: how many of the last to begin with. */
int follow(const char *path, unsigned lines);

#endif
