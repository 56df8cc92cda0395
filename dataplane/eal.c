/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine has, EAL's start, and its log on our stderr; see eal.h. */
#include "dataplane/eal.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "dataplane/port.h"

#define LAST_LINE_MAX 256

/* EAL's log goes through here while and after it starts: it has one process-wide stream. */
static struct {
	char line[LAST_LINE_MAX];
	size_t bytes;
	char last[LAST_LINE_MAX];
} log_line;

/*
 * Lines that drivers log as errors and that are none for us: the tap driver tells DPDK's secondary
 * processes, which we never have, of its queues, and wants a queue discipline for flow rules, which
 * we do not use.
 */
static bool
is_idle_talk(const char *line)
{
	static const char *const words[] = { "tap_mp_req_on_rxtx()", "multiq qdisc",
		"qdisc kind is unknown", "No valid MAC in devargs", "Disabling rte flow support" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strstr(line, words[i]) != NULL)
			return true;
	}
	return false;
}

static void
log_line_end(void)
{
	log_line.line[log_line.bytes] = 0;
	if (log_line.bytes > 0 && !is_idle_talk(log_line.line)) {
		memcpy(log_line.last, log_line.line, log_line.bytes + 1);
		fprintf(stderr, "sluice-dataplane: dpdk: %s\n", log_line.line);
	}
	log_line.bytes = 0;
}

static ssize_t
log_write(void *cookie, const char *text, size_t bytes)
{
	(void)cookie;
	for (size_t i = 0; i < bytes; i++) {
		if (text[i] == '\n')
			log_line_end();
		else if (log_line.bytes < LAST_LINE_MAX - 1)
			log_line.line[log_line.bytes++] = text[i];
	}
	return (ssize_t)bytes;
}

static void
log_open(void)
{
	FILE *f = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = log_write });

	if (f == NULL)
		return;
	setvbuf(f, NULL, _IOLBF, LAST_LINE_MAX);
	rte_openlog_stream(f);
}

static long
read_number(const char *path)
{
	long n = 0;
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld", &n) != 1)
		n = 0;
	fclose(f);
	return n;
}

static uint64_t
hugepages_free_mib(void)
{
	static const char root[] = "/sys/kernel/mm/hugepages";
	DIR *d = opendir(root);
	struct dirent *e;
	uint64_t kib = 0;

	if (d == NULL)
		return 0;
	while ((e = readdir(d)) != NULL) {
		char path[512];
		unsigned long size;

		if (sscanf(e->d_name, "hugepages-%lukB", &size) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", root, e->d_name);
		kib += size * (uint64_t)read_number(path);
	}
	closedir(d);
	return kib >> 10;
}

int
eal_start(const struct config *c, const struct config_paths *paths, char error[EAL_ERROR_MAX])
{
	static struct eal_arguments arguments; /* EAL keeps pointers into it */
	struct eal_facts facts = { .hugepages_free_mib = hugepages_free_mib() };
	int rc = port_prepare(c, c->dataplane.cores, error);

	if (rc != 0)
		return rc;
	if (sched_getaffinity(0, sizeof(facts.cpus), &facts.cpus) != 0) {
		snprintf(error, EAL_ERROR_MAX, "the CPUs of this process: %s", strerror(errno));
		return -errno;
	}
	rc = eal_arguments_of(c, paths->instance, &facts, &arguments, error);
	if (rc != 0)
		return rc;
	log_open();
	if (rte_eal_init(arguments.count, arguments.vector) >= 0)
		return 0;
	rc = rte_errno != 0 ? -rte_errno : -EIO;
	snprintf(error, EAL_ERROR_MAX, "DPDK does not start: %s",
	    log_line.last[0] != 0 ? log_line.last : strerror(-rc));
	return rc;
}

void
eal_stop(void)
{
	rte_eal_cleanup();
}
