/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/eal_arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/config/cpus.h"

/* What EAL itself, rings, tables of mempools and devices take. */
#define MEMORY_BASE_MIB 128u
/* mbuf, mempool object's head, and padding: beside the data room of each buffer. */
#define BUFFER_HEAD_BYTES 320u
/* References without a data room that may exist for each buffer. */
#define REFERENCES_PER_BUFFER 2u

__attribute__((format(printf, 2, 3))) static void
add(struct eal_arguments *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->text[a->count], EAL_ARGUMENT_TEXT_MAX, format, ap);
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

static int
add_memory(struct eal_arguments *a, const struct config *c, uint64_t free_mib, char *error)
{
	uint32_t need = eal_memory_mib(c);

	a->hugepages = c->dataplane.hugepages != HUGEPAGES_OFF && free_mib >= need;
	if (c->dataplane.hugepages == HUGEPAGES_ON && !a->hugepages) {
		snprintf(error, EAL_ERROR_MAX,
		    "hugepages: %u MiB are needed and %llu MiB are free; reserve them with "
		    "'sysctl -w vm.nr_hugepages=%u', or set dataplane.hugepages to auto",
		    need, (unsigned long long)free_mib, (need + 1) / 2);
		return -ENOMEM;
	}
	/* Without hugepages EAL's memory is anonymous by itself, and it refuses the two together.
	 */
	add(a, a->hugepages ? "--in-memory" : "--no-huge");
	if (!a->hugepages)
		add(a, "--no-shconf");
	else if (c->dataplane.port.kind == PORT_VIRTIO)
		add(a, "--single-file-segments"); /* vhost-user passes few descriptors */
	add(a, "-m");
	add(a, "%u", need);
	return 0;
}

/* CPUs as EAL has them: "0-1,4". How many bytes. */
static size_t
put_cpus(char *map, size_t room, const cpu_set_t *set)
{
	size_t at = 0;

	for (int cpu = 0, end; cpu < CPU_SETSIZE; cpu = end) {
		end = cpu + 1;
		if (!CPU_ISSET(cpu, set))
			continue;
		while (end < CPU_SETSIZE && CPU_ISSET(end, set))
			end++;
		at += (size_t)snprintf(map + at, room - at, end - cpu > 1 ? "%s%d-%d" : "%s%d",
		    at > 0 ? "," : "", cpu, end - 1);
	}
	return at;
}

/*
 * "0@(1-3),1@0": each core on a CPU, and around; the main lcore, which only attends, on all others,
 * so that a generation that it opens takes no core's time. With no other, on any.
 */
static int
add_lcores(struct eal_arguments *a, const struct config *c, const cpu_set_t *allowed, char *error)
{
	char map[EAL_ARGUMENT_TEXT_MAX - 16] = "0@(";
	const cpu_set_t others = cpus_beside_cores(c, allowed);
	size_t at = strlen(map);
	int cpus[CPU_SETSIZE];

	if (cpus_of_cores(c, allowed, cpus) == 0) {
		snprintf(error, EAL_ERROR_MAX,
		    "dataplane.first_cpu: CPU %u is not one this process may run on",
		    c->dataplane.first_cpu);
		return -EINVAL;
	}
	at += put_cpus(map + at, sizeof(map) - at, &others);
	at += (size_t)snprintf(map + at, sizeof(map) - at, ")");
	for (unsigned i = 0; i < c->dataplane.cores; i++)
		at += (size_t)snprintf(
		    map + at, sizeof(map) - at, ",%u@%d", eal_lcore_of(i), cpus[i]);
	add(a, "--lcores=%s", map);
	add(a, "--main-lcore=0");
	return 0;
}

static void
add_devices(struct eal_arguments *a, const struct config *c)
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

int
eal_arguments_of(const struct config *c, const char *instance, const struct eal_facts *facts,
    struct eal_arguments *out, char error[EAL_ERROR_MAX])
{
	int rc;

	out->count = 0;
	add(out, "sluice-dataplane");
	add(out, "--file-prefix=sluice-%s", instance);
	add(out, "--no-telemetry");
	add(out, "--log-level=*:error");
	rc = add_lcores(out, c, &facts->cpus, error);
	if (rc == 0)
		rc = add_memory(out, c, facts->hugepages_free_mib, error);
	if (rc == 0)
		add_devices(out, c);
	out->vector[out->count] = NULL;
	return rc;
}
