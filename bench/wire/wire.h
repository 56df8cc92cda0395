/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The generator's end of a wire, and one core's link and TCP on it. The fast wire is a vhost-user
 * socket (net_vhost) whose other end is the dataplane's virtio port: no kernel and no namespace.
 * Or it is a device of DPDK's, on a network with the dataplane. The generator answers ARP for its
 * own address, and asks for the server's.
 *
 * Starts EAL, so there is one a process. The calling thread polls.
 */
#ifndef SLUICE_BENCH_WIRE_H
#define SLUICE_BENCH_WIRE_H

#include "bench/wire/crowd.h"
#include "bench/wire/load.h"

#define WIRE_ERROR_BYTES 160

struct wire;

struct wire_config {
	const char *socket; /* is made; the dataplane connects to it; NULL: there is `device` */
	const char *device; /* as EAL's --vdev has it: "net_af_packet0,iface=eth1" */
	struct ip_subnet address; /* ours, with the length of its subnet */
	struct ip_address server;
	unsigned mtu;
	uint16_t queues; /* of the wire, one for each core of the dataplane, at most
			    BENCH_QUEUES_MAX */
	unsigned crowd;  /* connections that wire_crowd() opens, at most CROWD_MAX */
};

/* -errno and a sentence. wire_close(). */
int wire_open(const struct wire_config *config, struct wire **out, char error[WIRE_ERROR_BYTES]);
void wire_close(struct wire *w);

/* Whether a dataplane is at the other end, waited for at most `limit`. */
bool wire_wait(struct wire *w, struct duration limit);
/* Runs a plan to its end. -errno where nothing could be begun, with a sentence in first_error. */
int wire_run(struct wire *w, const struct bench_plan *plan, struct bench_result *out);
/*
 * Opens the crowd, the first time, and counts it: how many stand, and how many could not be opened
 * or were not answered. They stay open beside the plans that follow. -ENOMEM.
 */
int wire_crowd(struct wire *w, const struct bench_plan *plan, unsigned *standing, unsigned *failed);

#endif
