/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What wakes a sleeping core when a frame comes to its queue, for each way a driver offers. A core
 * arms its bell, looks at the queue once more, and then sleeps in ppoll() on the descriptor; when
 * it is up it disarms it. Opened by the main thread, then its core's alone.
 */
#ifndef SLUICE_DATAPLANE_BELL_H
#define SLUICE_DATAPLANE_BELL_H

#include <stdint.h>

enum bell_kind {
	BELL_NONE,      /* fd is -1: who sleeps must look by itself */
	BELL_PACKET,    /* a packet socket of ours beside the driver's ring; closed with the bell */
	BELL_SOCKET,    /* the driver's own socket: readable as long as its ring holds a frame */
	BELL_INTERRUPT, /* the driver's receive interrupt: armed for one frame */
};

struct bell {
	enum bell_kind kind;
	int fd;
	uint16_t device, queue; /* of DPDK, for the interrupt */
};

void bell_none(struct bell *b);
/* Of what comes in on a kernel interface. BELL_NONE where it can't be had. */
void bell_of_interface(struct bell *b, const char *name);
/* A socket that a driver opened, which stays the driver's. */
void bell_of_socket(struct bell *b, int fd);
/* Of a queue of a started device that was configured with intr_conf.rxq. BELL_NONE if it has none.
 */
void bell_of_queue(struct bell *b, uint16_t device, uint16_t queue);
void bell_close(struct bell *b);

/* From here on a frame makes fd readable; frames that came before may not. */
void bell_arm(const struct bell *b);
/* After a sleep: no interrupt is made while the core polls. */
void bell_disarm(const struct bell *b);

#endif
