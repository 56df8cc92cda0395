/* SPDX-License-Identifier: BSD-3-Clause */
/* What EAL is told, for configurations and machines of every shape. */
#include "dataplane/eal_arguments.h"

#include <errno.h>

#include "tests/unit/harness.h"

#define INTERFACE "dataplane: {addresses: [192.0.2.1/24], port: {interface: eth9}}\n"

static struct config *
configured(const char *const *sets, unsigned count)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config *c = NULL;

	config_load_text(span_text(INTERFACE), "test", sets, count, &c, error);
	CHECK_ROW(error, c != NULL);
	return c;
}

static struct eal_facts
machine(unsigned first_cpu, unsigned cpus, uint64_t free_mib)
{
	struct eal_facts f = { .hugepages_free_mib = free_mib };

	CPU_ZERO(&f.cpus);
	for (unsigned i = 0; i < cpus; i++)
		CPU_SET(first_cpu + i, &f.cpus);
	return f;
}

/* All arguments behind the program's name, a blank between two. */
static const char *
joined(const struct eal_arguments *a)
{
	static char text[EAL_ARGUMENT_TEXT_MAX * 4];
	size_t at = 0;

	text[0] = 0;
	for (int i = 1; i < a->count; i++)
		at += (size_t)snprintf(
		    text + at, sizeof(text) - at, "%s%s", i > 1 ? " " : "", a->vector[i]);
	return text;
}

struct told {
	const char *name;
	const char *sets[6];
	unsigned first_cpu, cpus;
	uint64_t free_mib;
	const char *has[4], *lacks[2];
};

static const struct told told[] = {
	{ "one core on one CPU", { NULL }, 0, 1, 0,
	    { "--lcores=0@(0),1@0 --main-lcore=0", "--file-prefix=sluice-x", "--no-telemetry",
		"--no-huge --no-shconf -m " },
	    { "--in-memory" } },
	{ "who attends keeps off the core's CPU", { "dataplane.first_cpu=1" }, 0, 4, 0,
	    { "--lcores=0@(0,2-3),1@1 " }, { NULL } },
	{ "three cores around two CPUs", { "dataplane.cores=3" }, 0, 2, 0,
	    { "--lcores=0@(0-1),1@0,2@1,3@0 " }, { NULL } },
	{ "from a CPU in the middle", { "dataplane.cores=2", "dataplane.first_cpu=6" }, 4, 4, 0,
	    { "--lcores=0@(4-5),1@6,2@7 " }, { NULL } },
	{ "hugepages, as there are enough", { "dataplane.memory_mib=512" }, 0, 1, 512,
	    { "--in-memory -m 512" }, { "--no-huge", "--single-file-segments" } },
	{ "a MiB too few", { "dataplane.memory_mib=512" }, 0, 1, 511, { "--no-huge", "-m 512" },
	    { "--in-memory" } },
	{ "hugepages off", { "dataplane.memory_mib=512", "dataplane.hugepages=off" }, 0, 1, 9999,
	    { "--no-huge" }, { "--in-memory" } },
	{ "af_packet", { "dataplane.cores=2", "dataplane.port.mtu=1500" }, 0, 2, 0,
	    { "--no-pci --iova-mode=va --vdev net_af_packet0,iface=eth9,qpairs=2,blocksz=12288,"
	      "framesz=12288,framecnt=4096" },
	    { " -a " } },
	{ "af_packet, long frames", { "dataplane.port.mtu=9216" }, 0, 1, 0,
	    { "blocksz=12288,framesz=12288" }, { NULL } },
	{ "af_xdp: a device a queue", { "dataplane.port.kind=af_xdp", "dataplane.cores=2" }, 0, 2,
	    0,
	    { "--vdev net_af_xdp0,iface=eth9,start_queue=0,queue_count=1",
		"--vdev net_af_xdp1,iface=eth9,start_queue=1,queue_count=1" },
	    { "net_af_xdp2" } },
	{ "tap: the kernel's side gets no address of ours",
	    { "dataplane.port.kind=tap", "dataplane.port.mac=02:00:00:00:00:09" }, 0, 1, 0,
	    { "--vdev net_tap0,iface=eth9" }, { "mac=" } },
	{ "virtio",
	    { "dataplane.port.kind=virtio", "dataplane.port.socket=/run/v.sock",
		"dataplane.port.mac=02:00:00:00:00:09", "dataplane.cores=2",
		"dataplane.memory_mib=64" },
	    0, 2, 64,
	    { "net_virtio_user0,path=/run/v.sock,server=0,queues=2,queue_size=1024,"
	      "mac=02:00:00:00:00:09",
		"--in-memory --single-file-segments" },
	    { NULL } },
	{ "a physical device", { "dataplane.port.kind=pci", "dataplane.port.pci=0000:03:00.0" }, 0,
	    1, 0, { "-a 0000:03:00.0" }, { "--no-pci", "--vdev" } },
};

TEST(what_eal_is_told)
{
	static struct eal_arguments a;
	char error[EAL_ERROR_MAX];

	for (size_t i = 0; i < COUNT_OF(told); i++) {
		const struct told *t = &told[i];
		struct eal_facts facts = machine(t->first_cpu, t->cpus, t->free_mib);
		unsigned sets = 0;
		struct config *c;

		while (sets < COUNT_OF(t->sets) && t->sets[sets] != NULL)
			sets++;
		c = configured(t->sets, sets);
		CHECK_ROW(t->name, eal_arguments_of(c, "x", &facts, &a, error) == 0);
		for (size_t k = 0; k < COUNT_OF(t->has) && t->has[k] != NULL; k++)
			CHECK_ROW(t->has[k], strstr(joined(&a), t->has[k]) != NULL);
		for (size_t k = 0; k < COUNT_OF(t->lacks) && t->lacks[k] != NULL; k++)
			CHECK_ROW(t->lacks[k], strstr(joined(&a), t->lacks[k]) == NULL);
		CHECK_ROW(t->name, a.vector[a.count] == NULL && a.count < EAL_ARGUMENTS_MAX);
		config_free(c);
	}
}

TEST(every_cpu_of_a_large_machine_fits)
{
	static struct eal_arguments a;
	const char *sets[] = { "dataplane.cores=32", "dataplane.first_cpu=1000",
		"dataplane.port.kind=af_xdp" };
	struct eal_facts facts = machine(0, CPU_SETSIZE, 0);
	char error[EAL_ERROR_MAX];
	struct config *c = configured(sets, 3);

	CHECK(eal_arguments_of(c, "x", &facts, &a, error) == 0);
	CHECK(strstr(joined(&a), "=0@(8-999),1@1000,") != NULL);
	CHECK(strstr(joined(&a), ",25@0,") != NULL && strstr(joined(&a), ",32@7 ") != NULL);
	CHECK(strstr(joined(&a), "net_af_xdp31,") != NULL);
	for (unsigned cpu = 1; cpu < CPU_SETSIZE; cpu += 2) /* the longest: no two in a row */
		CPU_CLR(cpu, &facts.cpus);
	CHECK(eal_arguments_of(c, "x", &facts, &a, error) == 0);
	CHECK(strstr(joined(&a), "=0@(40,42,") != NULL);
	CHECK(strstr(joined(&a), ",996,998),1@1000,2@1002,") != NULL);
	CHECK(strstr(joined(&a), ",32@38 ") != NULL);
	config_free(c);
}

TEST(what_the_machine_lacks_is_told)
{
	static struct eal_arguments a;
	const char *on[] = { "dataplane.hugepages=on", "dataplane.memory_mib=512" };
	const char *far[] = { "dataplane.first_cpu=2" };
	struct eal_facts facts = machine(0, 2, 511);
	char error[EAL_ERROR_MAX] = "";
	struct config *c = configured(on, 2);

	CHECK(eal_arguments_of(c, "x", &facts, &a, error) == -ENOMEM);
	CHECK(strstr(error, "512 MiB are needed and 511 MiB are free") != NULL);
	CHECK(strstr(error, "vm.nr_hugepages=256'") != NULL);
	config_free(c);
	c = configured(far, 1);
	CHECK(eal_arguments_of(c, "x", &facts, &a, error) == -EINVAL);
	CHECK(strstr(error, "CPU 2 is not one") != NULL);
	config_free(c);
}

/* The frame, with the tag, and what the driver puts around it; one page where af_xdp needs that. */
TEST(buffers_hold_what_the_port_receives)
{
	static const struct {
		const char *kind, *mtu;
		uint16_t room;
	} cases[] = {
		{ "dataplane.port.kind=af_packet", "dataplane.port.mtu=1500", 12256 + 128 },
		{ "dataplane.port.kind=af_packet", "dataplane.port.mtu=9000", 12256 + 128 },
		{ "dataplane.port.kind=af_xdp", "dataplane.port.mtu=1500", 2048 + 128 },
		{ "dataplane.port.kind=af_xdp", "dataplane.port.mtu=3000", 4096 - 64 - 128 },
		{ "dataplane.port.kind=tap", "dataplane.port.mtu=1500", 2048 + 128 },
		{ "dataplane.port.kind=tap", "dataplane.port.mtu=9000", 9018 + 128 },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const char *sets[] = { cases[i].kind, cases[i].mtu };
		struct config *c = configured(sets, 2);

		CHECK_ROW(cases[i].kind, port_data_room_for(c) == cases[i].room);
		config_free(c);
	}
}
