/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The devices of an af_xdp port: one for each queue, because one device with several queues does
 * not start on veth interfaces. Copy mode: veth has no other, and it is what every driver can do.
 * The driver attaches a program of its own that takes every frame; ours, which lies in this binary,
 * replaces it and keeps its map of sockets.
 */
#include "dataplane/xdp.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/address.h"
#include "dataplane/port_kernel.h"
#include "dataplane/xdp_address.h"

#define OUR_PROGRAM     "sluice_xdp"
#define DRIVERS_PROGRAM "xsk_def_prog"
#define MAPS_MAX        8

/* xdp.bpf.c, compiled; the linker names its ends. */
extern const char _binary_xdp_bpf_o_start[], _binary_xdp_bpf_o_end[];

/* What is attached to an interface; `id` 0: nothing. */
struct attached {
	int interface;
	uint32_t id, flags; /* flags: XDP_FLAGS_*_MODE */
	char name[BPF_OBJ_NAME_LEN];
};

void
xdp_device(const struct config *c, unsigned queue, unsigned queues, char *out, size_t room)
{
	(void)queues;
	snprintf(out, room, "net_af_xdp%u,iface=%s,start_queue=%u,queue_count=1,force_copy=1",
	    queue, c->dataplane.port.interface, queue);
}

static int
find_attached(const char *interface, struct attached *a)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, now);
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);
	int rc, fd;

	*a = (struct attached){ 0 };
	rc = kernel_interface_index(interface, &a->interface);
	if (rc == 0)
		rc = bpf_xdp_query(a->interface, 0, &now);
	if (rc != 0 || now.prog_id == 0)
		return rc;
	a->id = now.prog_id;
	a->flags = now.attach_mode == XDP_ATTACHED_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	fd = bpf_prog_get_fd_by_id(a->id);
	if (fd < 0)
		return fd;
	rc = bpf_obj_get_info_by_fd(fd, &info, &size);
	if (rc == 0)
		memcpy(a->name, info.name, sizeof(a->name));
	close(fd);
	return rc;
}

int
xdp_prepare(const char *interface, char error[PORT_ERROR_MAX])
{
	struct attached a;
	int rc = find_attached(interface, &a);

	if (rc == 0 && strcmp(a.name, OUR_PROGRAM) == 0)
		rc = bpf_xdp_detach(a.interface, a.flags, NULL);
	else if (rc == 0 && a.id != 0 && strcmp(a.name, DRIVERS_PROGRAM) != 0)
		rc = -EBUSY;
	if (rc == -EBUSY)
		snprintf(error, PORT_ERROR_MAX,
		    "interface %s has the XDP program %s (id %u) on it; take it off with 'ip link "
		    "set %s xdp off', or use another interface",
		    interface, a.name, a.id, interface);
	else if (rc != 0)
		snprintf(
		    error, PORT_ERROR_MAX, "XDP on interface %s: %s", interface, strerror(-rc));
	return rc;
}

/* A descriptor of the map of that name which a program uses, or -errno. */
static int
map_of_program(int program, const char *name)
{
	uint32_t ids[MAPS_MAX], size;
	struct bpf_prog_info info = { .nr_map_ids = MAPS_MAX, .map_ids = (uintptr_t)ids };
	int rc;

	size = sizeof(info);
	rc = bpf_obj_get_info_by_fd(program, &info, &size);
	for (uint32_t i = 0; rc == 0 && i < info.nr_map_ids && i < MAPS_MAX; i++) {
		struct bpf_map_info map = { 0 };
		int fd = bpf_map_get_fd_by_id(ids[i]);

		size = sizeof(map);
		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &map, &size) == 0 &&
		    strcmp(map.name, name) == 0)
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return rc != 0 ? rc : -ENOENT;
}

static int
add_address(int map, const struct ip_address *a)
{
	struct xdp_address key;
	uint8_t value = 1;

	memcpy(key.bytes, a->bytes, sizeof(key.bytes));
	return bpf_map_update_elem(map, &key, &value, BPF_ANY);
}

/* The addresses, and of IPv6 ones the groups that neighbours ask for them in (RFC 4291 §2.7.1). */
static int
fill_addresses(int map, const struct config *c)
{
	static const struct ip_address every_ipv6;
	struct ip_address group = { { 0xff, 2, [11] = 1, [12] = 0xff } };
	int rc = 0;

	for (unsigned i = 0; rc == 0 && i < c->dataplane.addresses_count; i++) {
		struct ip_subnet s;

		rc = subnet_parse(span_text(c->dataplane.addresses[i]), &s);
		if (rc == 0)
			rc = add_address(map, &s.base);
		if (rc != 0 || address_is_v4(&s.base))
			continue;
		memcpy(group.bytes + 13, s.base.bytes + 13, 3);
		rc = add_address(map, &group);
	}
	if (rc == 0 && c->dataplane.router_advertisements)
		rc = add_address(map, &every_ipv6);
	return rc;
}

/* Loads the program with the sockets' map, and puts it where `old` is attached. */
static int
replace(
    struct bpf_object *o, const struct attached *a, int old, int sockets, const struct config *c)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, how, .old_prog_fd = old);
	struct bpf_program *program = bpf_object__find_program_by_name(o, OUR_PROGRAM);
	int rc = bpf_map__reuse_fd(bpf_object__find_map_by_name(o, "xsks_map"), sockets);

	if (rc == 0)
		rc = bpf_object__load(o);
	if (rc == 0)
		rc = fill_addresses(bpf_map__fd(bpf_object__find_map_by_name(o, "ours")), c);
	if (rc == 0)
		rc = bpf_xdp_attach(
		    a->interface, bpf_program__fd(program), a->flags | XDP_FLAGS_REPLACE, &how);
	return rc;
}

/* The program's file, unloaded; NULL and errno. The linker aligns it to nothing, libelf wants more.
 */
static struct bpf_object *
open_program(void)
{
	size_t bytes = (size_t)(_binary_xdp_bpf_o_end - _binary_xdp_bpf_o_start);
	void *file = malloc(bytes);
	struct bpf_object *o = NULL;

	if (file == NULL)
		return NULL;
	memcpy(file, _binary_xdp_bpf_o_start, bytes);
	o = bpf_object__open_mem(file, bytes, NULL);
	free(file);
	return o;
}

int
xdp_steer(const struct config *c, char error[PORT_ERROR_MAX])
{
	const char *interface = c->dataplane.port.interface;
	struct attached a;
	struct bpf_object *o = NULL;
	int old = -1, sockets = -1, rc = find_attached(interface, &a);

	if (rc == 0)
		rc = old = bpf_prog_get_fd_by_id(a.id);
	if (rc >= 0)
		rc = sockets = map_of_program(old, "xsks_map");
	if (rc >= 0) {
		o = open_program();
		rc = o != NULL ? replace(o, &a, old, sockets, c) : -errno;
	}
	bpf_object__close(o); /* the interface holds on to the program */
	if (sockets >= 0)
		close(sockets);
	if (old >= 0)
		close(old);
	if (rc != 0)
		snprintf(error, PORT_ERROR_MAX, "XDP on interface %s: our program: %s", interface,
		    strerror(-rc));
	return rc;
}

void
xdp_release(const char *interface)
{
	struct attached a;

	if (find_attached(interface, &a) == 0 && strcmp(a.name, OUR_PROGRAM) == 0)
		bpf_xdp_detach(a.interface, a.flags, NULL);
}
