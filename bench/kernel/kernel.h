/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * New connections a second of the kernel's TCP, beside ours: a server and a client over kernel
 * sockets on loopback, as event loops without a copy or a lookup more than they need. Loopback has
 * no driver, no sums and no wire: it is the best that the kernel can do. Its receiving end works in
 * the time of whoever sends, so the processor time of the two processes tells only together what a
 * connection costs: half of it is one end's.
 */
#ifndef SLUICE_BENCH_KERNEL_H
#define SLUICE_BENCH_KERNEL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/base/mono.h"

#define KERNEL_PORT            1344
#define KERNEL_CONNECTIONS_MAX 1024

/* The request and its answer, as long as ours: see server.c. */
extern const char kernel_request[], kernel_answer[];

/* Leaves the process in a fresh network namespace, where `cookies` answer every SYN or only those
 * beyond the backlog. Negative errno: not root, mostly. */
int kernel_enter_namespace(bool cookies);

/* A listening socket on every address of this network namespace; -1 with errno. */
int kernel_listen(void);
/* Serves until it is killed: reads a request if one comes, answers, closes after its peer. */
_Noreturn void kernel_serve(int listener);

struct kernel_plan {
	unsigned connections; /* at once, at most KERNEL_CONNECTIONS_MAX */
	bool empty;           /* they carry nothing */
	struct duration length;
};

/* Opens, uses and closes connections for so long, then waits for those under way. */
struct kernel_result {
	uint64_t connections, errors;
};
void kernel_load(const struct kernel_plan *plan, struct kernel_result *out);

#endif
