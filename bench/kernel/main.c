/* SPDX-License-Identifier: BSD-3-Clause */
/* sluice-bench-kernel: arguments, a network namespace of its own, both processes, one line. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/kernel/kernel.h"
#include "bench/number.h"

#define NAME      "sluice-bench-kernel"
#define WARMUP_MS 100

static const char usage[] =
    "usage: " NAME " [options]\n"
    "What a new connection costs the kernel's TCP: a server and a client over kernel sockets on\n"
    "loopback, in a network namespace of their own, on one core. Needs root. Prints one JSON\n"
    "object; half_us is the processor time of both ends for each connection, halved.\n"
    "  --connections N   at once: 64\n"
    "  --milliseconds N  of measuring: 1000\n"
    "  --empty           connections that carry nothing; else one request and its answer\n"
    "  --cookies         every SYN is answered by a cookie (net.ipv4.tcp_syncookies=2)\n"
    "  --core N          0\n";

struct plan {
	struct kernel_plan load;
	bool cookies;
	unsigned core;
};

static const struct option options[] = { { "connections", required_argument, NULL, 'c' },
	{ "milliseconds", required_argument, NULL, 'm' }, { "empty", no_argument, NULL, 'e' },
	{ "cookies", no_argument, NULL, 'k' }, { "core", required_argument, NULL, 'o' },
	{ "help", no_argument, NULL, 'h' }, { 0 } };

static void
parse(int argc, char **argv, struct plan *p)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			p->load.connections = (unsigned)number_argument(
			    NAME, "connections", optarg, 1, KERNEL_CONNECTIONS_MAX);
			break;
		case 'm':
			p->load.length = milliseconds(
			    (int64_t)number_argument(NAME, "milliseconds", optarg, 1, 3600000));
			break;
		case 'e':
			p->load.empty = true;
			break;
		case 'k':
			p->cookies = true;
			break;
		case 'o':
			p->core =
			    (unsigned)number_argument(NAME, "core", optarg, 0, CPU_SETSIZE - 1);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind != argc) {
		fprintf(stderr, NAME ": %s: options only\n%s", argv[optind], usage);
		exit(2);
	}
}

static void
fail(const char *what)
{
	fprintf(stderr, NAME ": %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
pin(unsigned core)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	CPU_SET(core, &cores);
	if (sched_setaffinity(0, sizeof(cores), &cores) != 0)
		fail("--core");
}

/* Processor time of a process, which holds what its sending has the other end do. */
static double
cpu_us(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) != 0)
		fail("a process's clock");
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static pid_t
start_server(void)
{
	int listener = kernel_listen();
	pid_t parent = getpid(), pid;

	if (listener < 0)
		fail("listening");
	pid = fork();
	if (pid < 0)
		fail("a process");
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
			exit(1);
		kernel_serve(listener);
	}
	close(listener);
	return pid;
}

int
main(int argc, char **argv)
{
	struct plan p = { .load = { .connections = 64, .length = milliseconds(1000) } };
	struct kernel_plan warmup;
	struct kernel_result r;
	clockid_t clock;
	double server, client;
	struct mono begun;
	pid_t pid;
	int rc;

	parse(argc, argv, &p);
	rc = kernel_enter_namespace(p.cookies);
	if (rc != 0) {
		errno = -rc;
		fail("a network namespace");
	}
	pin(p.core);
	pid = start_server();
	if (clock_getcpuclockid(pid, &clock) != 0)
		fail("the server's clock");
	warmup = p.load;
	warmup.length = milliseconds(WARMUP_MS);
	kernel_load(&warmup, &r);
	server = cpu_us(clock);
	client = cpu_us(CLOCK_PROCESS_CPUTIME_ID);
	begun = mono_now();
	kernel_load(&p.load, &r);
	server = cpu_us(clock) - server;
	client = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - client;
	printf("{\"connections\": %llu, \"errors\": %llu, \"seconds\": %.3f, \"server_us\": %.3f, "
	       "\"client_us\": %.3f, \"half_us\": %.3f}\n",
	    (unsigned long long)r.connections, (unsigned long long)r.errors,
	    (double)mono_since(mono_now(), begun).ns / 1e9,
	    r.connections > 0 ? server / (double)r.connections : 0,
	    r.connections > 0 ? client / (double)r.connections : 0,
	    r.connections > 0 ? (server + client) / 2 / (double)r.connections : 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return r.errors > 0 || r.connections == 0;
}
