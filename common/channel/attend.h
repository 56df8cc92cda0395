/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What control and the dataplane's attendant thread say to each other on the Unix socket
 * (SOCK_SEQPACKET, RUN/dataplane.sock; the dataplane listens, one control at a time, a newcomer
 * replaces the old one). Packets of one size; descriptors ride along (SCM_RIGHTS).
 *
 *     control → dataplane                 dataplane → control
 *     (connects)                          ATTEND_HELLO + region descriptor
 *     ATTEND_GENERATION + file descriptor ATTEND_DONE or ATTEND_FAILED, same serial
 *     ATTEND_POLICY + YAML descriptor     ATTEND_DONE or ATTEND_FAILED, same serial
 *     ATTEND_SHADOW + file descriptor     the same: a generation that is only tried; without a
 *                                         descriptor none is any more
 */
#ifndef SLUICE_CHANNEL_ATTEND_H
#define SLUICE_CHANNEL_ATTEND_H

#include <stdint.h>

#define ATTEND_TEXT_MAX 480
#define ATTEND_VERSION  1

enum attend_kind {
	ATTEND_HELLO = 1,
	ATTEND_GENERATION,
	ATTEND_POLICY,
	ATTEND_DONE,
	ATTEND_FAILED,
	ATTEND_SHADOW,
};

struct attend_message {
	uint32_t version; /* ATTEND_VERSION */
	uint32_t kind;
	uint64_t serial; /* an answer repeats its question's */
	uint64_t id;     /* HELLO: boot id. DONE: the generation in use */
	int64_t pid;
	char text[ATTEND_TEXT_MAX]; /* FAILED: a sentence */
};

/* Sends one message, with a descriptor unless fd is -1 (not closed). 0 or -errno. */
int attend_send(int socket, const struct attend_message *m, int fd);
/* Receives one; *fd is -1 or the caller's. -EPROTO: not such a message, -EAGAIN, -EPIPE at the end.
 */
int attend_receive(int socket, struct attend_message *m, int *fd);

#endif
