/* SPDX-License-Identifier: BSD-3-Clause */
/* `sluicectl tcp` and `sluicectl capture`: words to requests. */
#ifndef SLUICE_CTL_OBSERVE_H
#define SLUICE_CTL_OBSERVE_H

#include <stdbool.h>

#include <jansson.h>

#define OBSERVE_FILTER_MAX 1024

/* "[--summary] [--limit N] [FILTER]". The caller's request, or NULL with what was expected in
 * *error. The filter's words may be one argument or several; control checks it. */
json_t *tcp_request(int argc, char *const *argv, const char **error);

/* "[FILTER] -o FILE [--count N] [--seconds N] [--snaplen N]"; *file is lent from argv. */
json_t *capture_request(int argc, char *const *argv, const char **file, const char **error);

/* The file to be written, as it is: control empties it once it takes the capture. -errno.
 * `*is_new`: it was made. */
int capture_open(const char *file, bool *is_new);
/* From now on SIGINT and SIGTERM shut our side of the socket, which ends a capture in order. */
void capture_end_on_signal(int socket);

#endif
