/* SPDX-License-Identifier: BSD-3-Clause */
/* EAL's arguments, and the checks before them; see eal.h. */
#include "dataplane/eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_mbuf.h>

#include "dataplane/port.h"

#define ARGUMENTS_MAX     (24 + 2 * PORT_QUEUES_MAX)
#define ARGUMENT_TEXT_MAX 512
#define LAST_LINE_MAX     256

/* What EAL itself, rings, tables of mempools and devices take. */
#define MEMORY_BASE_MIB 128u
/* mbuf, mempool object's head, and padding: beside the data room of each buffer. */
#define BUFFER_HEAD_BYTES 320u
/* References without a data room that may exist for each buffer. */
#define REFERENCES_PER_BUFFER 2u

struct arguments {
	int count;
	char text[ARGUMENTS_MAX][ARGUMENT_TEXT_MAX];
	char *vector[ARGUMENTS_MAX + 1];
};

/* EAL's log goes through here while and after it starts: it has one process-wide stream. */
static struct {
	char line[LAST_LINE_MAX];
	size_t bytes;
	char last[LAST_LINE_MAX];
} log_line;

static void
log_line_end(void)
{
	log_line.line[log_line.bytes] = 0;
	if (log_line.bytes > 0) {
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

__attribute__((format(printf, 2, 3))) static void
add(struct arguments *a, const char *format, ...)
{
	va_list ap;

	if (a->count == ARGUMENTS_MAX)
		return;
	va_start(ap, format);
	vsnprintf(a->text[a->count], ARGUMENT_TEXT_MAX, format, ap);
	va_end(ap);
	a->vector[a->count] = a->text[a->count];
	a->count++;
}

uint32_t
eal_memory_mib(const struct config *c)
{
	uint64_t each = port_data_room_for(c) + BUFFER_HEAD_BYTES +
			REFERENCES_PER_BUFFER * (uint64_t)BUFFER_HEAD_BYTES;
	uint64_t bytes = (uint64_t)c->dataplane.cores * c->dataplane.buffers * each;

	if (c->dataplane.memory_mib != 0)
		return c->dataplane.memory_mib;
	return MEMORY_BASE_MIB + (uint32_t)(bytes >> 20) + (uint32_t)(bytes >> 23);
}

unsigned
eal_lcore_of(unsigned index)
{
	return index + 1;
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

/* Free hugepages of every size, in MiB. */
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

static int
add_memory(struct arguments *a, const struct config *c, char error[EAL_ERROR_MAX])
{
	uint32_t need = eal_memory_mib(c);
	uint64_t free_mib = hugepages_free_mib();
	bool huge = c->dataplane.hugepages != HUGEPAGES_OFF && free_mib >= need;

	if (c->dataplane.hugepages == HUGEPAGES_ON && !huge) {
		snprintf(error, EAL_ERROR_MAX,
		    "hugepages: %u MiB are needed and %llu MiB are free; reserve them with "
		    "'sysctl -w vm.nr_hugepages=%u', or set dataplane.hugepages to auto",
		    need, (unsigned long long)free_mib, (need + 1) / 2);
		return -ENOMEM;
	}
	/* Without hugepages EAL's memory is anonymous by itself, and it refuses the two together.
	 */
	add(a, huge ? "--in-memory" : "--no-huge");
	if (!huge)
		add(a, "--no-shconf");
	else if (c->dataplane.port.kind == PORT_VIRTIO)
		add(a, "--single-file-segments"); /* vhost-user passes few descriptors */
	add(a, "-m");
	add(a, "%u", need);
	return 0;
}

/* "0@(0,1),1@0,2@1": see eal.h. */
static int
add_lcores(struct arguments *a, const struct config *c, char error[EAL_ERROR_MAX])
{
	char map[ARGUMENT_TEXT_MAX] = "0@(";
	size_t at = strlen(map);
	int cpus[CPU_SETSIZE], count = 0, first = -1;
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		if (cpu == c->dataplane.first_cpu)
			first = count;
		cpus[count++] = cpu;
	}
	if (first < 0) {
		snprintf(error, EAL_ERROR_MAX,
		    "dataplane.first_cpu: CPU %u is not one this process may run on",
		    c->dataplane.first_cpu);
		return -EINVAL;
	}
	for (int i = 0; i < count && at < sizeof(map) - 16; i++)
		at += (size_t)snprintf(map + at, sizeof(map) - at, "%s%d", i ? "," : "", cpus[i]);
	at += (size_t)snprintf(map + at, sizeof(map) - at, ")");
	for (unsigned i = 0; i < c->dataplane.cores && at < sizeof(map) - 16; i++)
		at += (size_t)snprintf(map + at, sizeof(map) - at, ",%u@%d", eal_lcore_of(i),
		    cpus[(first + (int)i) % count]);
	add(a, "--lcores=%s", map);
	add(a, "--main-lcore=0");
	return 0;
}

static void
add_devices(struct arguments *a, const struct config *c)
{
	static char devices[PORT_QUEUES_MAX][PORT_DEVICE_TEXT_MAX];
	unsigned count = port_devices(c, c->dataplane.cores, devices);

	if (c->dataplane.port.kind == PORT_PCI) {
		add(a, "-a");
		add(a, "%s", c->dataplane.port.pci);
		return;
	}
	add(a, "--no-pci");
	add(a, "--iova-mode=va");
	for (unsigned i = 0; i < count; i++) {
		add(a, "--vdev");
		add(a, "%s", devices[i]);
	}
}

/* mkdir -p of an absolute path. */
static int
make_directories(const char *path)
{
	char part[256];

	for (size_t i = 1; i < sizeof(part) && i <= strlen(path); i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		if (mkdir(part, 0755) != 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

/*
 * One dataplane per instance: a lock on a file in the run directory, held as long as we live. The
 * descriptor stays open on purpose and is closed on exec.
 */
static int
lock_instance(const struct config_paths *paths, char error[EAL_ERROR_MAX])
{
	char path[300];
	int fd, rc = make_directories(paths->run_directory);

	snprintf(path, sizeof(path), "%s/dataplane.lock", paths->run_directory);
	fd = rc == 0 ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
	if (fd < 0) {
		rc = rc != 0 ? rc : -errno;
		snprintf(error, EAL_ERROR_MAX, "%s: %s", path, strerror(-rc));
		return rc;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(fd);
	snprintf(error, EAL_ERROR_MAX, "instance '%s' is running already (process %ld)",
	    paths->instance, read_number(paths->dataplane_pid));
	return -EALREADY;
}

int
eal_start(const struct config *c, const struct config_paths *paths, char error[EAL_ERROR_MAX])
{
	static struct arguments a; /* EAL keeps pointers into it */
	int rc;

	rc = lock_instance(paths, error);
	if (rc == 0)
		rc = port_prepare(c, c->dataplane.cores, error);
	if (rc != 0)
		return rc;
	add(&a, "sluice-dataplane");
	add(&a, "--file-prefix=sluice-%s", paths->instance);
	add(&a, "--no-telemetry");
	add(&a, "--log-level=*:error");
	rc = add_lcores(&a, c, error);
	if (rc == 0)
		rc = add_memory(&a, c, error);
	if (rc != 0)
		return rc;
	add_devices(&a, c);
	log_open();
	if (rte_eal_init(a.count, a.vector) >= 0)
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
