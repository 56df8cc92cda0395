/* SPDX-License-Identifier: BSD-3-Clause */
/* A core's libraries, made as the configuration and the budget say; and their end. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include <rte_cpuflags.h>
#include <rte_cycles.h>

#include "dataplane/core_internal.h"

static void
random_bytes(void *arg, void *out, size_t bytes)
{
	(void)arg;
	/* Only at start and for keys; the libraries stretch what they get. */
	if (getrandom(out, bytes, 0) != (ssize_t)bytes)
		abort();
}

/* "/av/reqmod" and "av/reqmod" are the same service. */
static const char *
without_slash(const char *path)
{
	return path + (path[0] == '/');
}

static int
create_icap(struct core *c)
{
	const struct config *f = c->config.config;
	struct icap_config ic = {
		.sessions_max = c->config.budget->connections_max,
		.preview_bytes = f->icap.preview_bytes,
		.options_ttl_seconds = f->icap.options_ttl_s,
		.connections_max = f->icap.connections_max,
		.head_timeout = milliseconds(f->icap.head_timeout_ms),
		.body_timeout = milliseconds(f->icap.body_timeout_ms),
		.idle_timeout = milliseconds(f->icap.idle_timeout_ms),
		.pools = c->config.pools,
	};

	snprintf(ic.reqmod_path, sizeof(ic.reqmod_path), "%s", without_slash(f->icap.reqmod_path));
	snprintf(
	    ic.respmod_path, sizeof(ic.respmod_path), "%s", without_slash(f->icap.respmod_path));
	snprintf(ic.service_name, sizeof(ic.service_name), "Sluice");
	c->icap = icap_create(&ic);
	return c->icap != NULL ? 0 : -ENOMEM;
}

/* 0 where the processor's counter stops or changes its pace. */
static uint64_t
counter_hz(void)
{
	return rte_cpu_get_flag_enabled(RTE_CPUFLAG_INVTSC) == 1 ? rte_get_tsc_hz() : 0;
}

static int
create_inspect(struct core *c)
{
	const struct budget *b = c->config.budget;
	struct inspect_config ic = {
		.core = c->config.core,
		.objects_max = b->objects_max,
		.jobs_max = b->jobs_max,
		.decoders_max = b->decoders_max,
		.part_levels_max = b->part_levels_max,
		.cache_entries = c->config.config->cache.entries,
		.keep_mbufs_max = b->keep_mbufs_max,
		.arena_blocks = b->arena_blocks,
		.region = c->config.region,
		.publisher = c->config.publisher,
		.icap = c->icap,
		.pools = c->config.pools,
		.digests = c->config.digests,
		.counter_hz = counter_hz(),
	};

	random_bytes(NULL, &ic.page_key, sizeof(ic.page_key));
	random_bytes(NULL, ic.uuid_key, sizeof(ic.uuid_key));
	c->inspect = inspect_create(&ic);
	if (c->inspect == NULL)
		return -ENOMEM;
	publisher_add_core(c->config.publisher, inspect_publication_users(c->inspect));
	return 0;
}

int
core_create(const struct core_config *config, struct core **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct core *c = calloc(1, sizeof(*c));

	snprintf(error, CONFIG_ERROR_TEXT_MAX, "no memory for a core's tables");
	if (c == NULL)
		return -ENOMEM;
	c->config = *config;
	c->channel = region_core(config->region, config->core);
	c->stats = channel_stats(c->channel);
	if (create_icap(c) != 0 || create_inspect(c) != 0) {
		core_destroy(c);
		return -ENOMEM;
	}
	*out = c;
	return 0;
}

/* Our addresses, each with the gateway of its family. */
static int
take_addresses(const struct config *f, struct link_config *lc, char *error)
{
	for (unsigned i = 0; i < f->dataplane.addresses_count; i++) {
		struct link_address *a = &lc->addresses[i];

		if (i == LINK_ADDRESSES_MAX ||
		    subnet_parse(span_text(f->dataplane.addresses[i]), &a->subnet) != 0) {
			snprintf(error, CONFIG_ERROR_TEXT_MAX,
			    "dataplane.addresses: '%s', expected at most %d of the form "
			    "ADDRESS/LENGTH",
			    f->dataplane.addresses[i], LINK_ADDRESSES_MAX);
			return -EINVAL;
		}
		for (unsigned g = 0; g < f->dataplane.gateways_count; g++) {
			struct ip_address gateway;

			if (address_parse(span_text(f->dataplane.gateways[g]), &gateway) == 0 &&
			    address_is_v4(&gateway) == address_is_v4(&a->subnet.base))
				a->gateway = gateway;
		}
		lc->address_count++;
	}
	return 0;
}

static int
create_link(struct core *c, char *error)
{
	const struct config *f = c->config.config;
	struct link_config lc = {
		.vlan = f->dataplane.vlan != 0 ? f->dataplane.vlan : LINK_VLAN_NONE,
		.mtu = port_mtu(c->port),
		.accept_router_advertisements = f->dataplane.router_advertisements,
		.duplicate_address_detection = f->dataplane.duplicate_address_detection,
		.leads = c->config.core == 0,
		.checksum_offload_rx = port_offloads(c->port).ip_checksum_rx,
		.checksum_offload_tx = port_offloads(c->port).ip_checksum_tx,
	};
	struct link_env env = { c, core_queue_frame, random_bytes, c->config.pools };
	int rc = take_addresses(f, &lc, error);

	if (rc != 0)
		return rc;
	memcpy(lc.mac, port_mac(c->port), sizeof(lc.mac));
	c->link = link_create(&lc, &env);
	return c->link != NULL ? 0 : -ENOMEM;
}

static int
create_tcp(struct core *c)
{
	const struct config *f = c->config.config;
	uint32_t of_source = f->icap.connections_per_source_max, cores = f->dataplane.cores;
	uint32_t half = c->config.budget->connections_max / 2; /* a flood must not take them all */
	struct tcp_config tc = {
		.connections_max = c->config.budget->places_max,
		.half_open_max = f->tcp.half_open_max < half ? f->tcp.half_open_max : half,
		.receive_window_bytes = f->tcp.receive_window_bytes,
		.connections_per_source_max = (of_source + cores - 1) / cores,
		.mss_max = (uint16_t)(port_mtu(c->port) - 40),
		.rto_min = milliseconds(f->tcp.rto_min_ms),
		.user_timeout = seconds(f->tcp.user_timeout_s),
		.keepalive = seconds(f->tcp.keepalive_idle_s),
		.keepalive_interval = seconds(f->tcp.keepalive_interval_s),
		.keepalive_probes = f->tcp.keepalive_probes,
		.ecn = f->tcp.ecn ? TCP_ECN_ACCEPT : TCP_ECN_OFF,
		.checksum_offload_rx = port_offloads(c->port).tcp_checksum_rx,
		.checksum_offload_tx = port_offloads(c->port).tcp_checksum_tx,
		.pool_reserve = c->config.budget->pool_reserve,
		.ledger = c->config.ledger,
	};
	struct tcp_env env = { c, core_queue_segment, random_bytes, c->config.pools };
	struct ip_address any = { { 0 } };
	int rc;

	c->tcp = tcp_create(&tc, &env);
	if (c->tcp == NULL)
		return -ENOMEM;
	rc = tcp_listen(c->tcp, &any, f->icap.port);
	if (rc == 0 && f->icaps.port != 0)
		rc = tcp_listen(c->tcp, &any, f->icaps.port);
	return rc;
}

int
core_attach_port(struct core *c, struct port *port, char error[CONFIG_ERROR_TEXT_MAX])
{
	const struct config *f = c->config.config;
	struct clients_config cc = {
		.core = c->config.core,
		.cores = f->dataplane.cores,
		.clients_max = c->config.budget->connections_max,
		.icap = c->icap,
		.inspect = c->inspect,
		.stats = c->stats,
		.pools = c->config.pools,
		.certificates = c->config.certificates,
		.tls_port = f->icaps.port,
		.handshake_timeout = milliseconds(f->icap.head_timeout_ms),
		.plain_access = c->config.plain_access,
		.tls_access = c->config.tls_access,
	};
	int rc;

	c->port = port;
	rc = create_link(c, error);
	if (rc != 0)
		return rc;
	snprintf(error, CONFIG_ERROR_TEXT_MAX, "no memory for a core's connections");
	rc = create_tcp(c);
	if (rc != 0)
		return rc;
	cc.tcp = c->tcp;
	observer_init(&c->observer, c->channel, c->tcp);
	leftovers_begin(
	    &c->asking, c->config.leftovers, c->stats, c->config.core, f->dataplane.cores);
	c->clients = clients_create(&cc);
	return c->clients != NULL ? 0 : -ENOMEM;
}

void
core_destroy(struct core *c)
{
	if (c == NULL)
		return;
	clients_destroy(c->clients);
	if (c->tcp != NULL)
		tcp_destroy(c->tcp);
	if (c->link != NULL)
		link_destroy(c->link);
	for (unsigned i = 0; i < c->transmit_count; i++)
		rte_pktmbuf_free(c->transmit[i]);
	inspect_destroy(c->inspect);
	if (c->icap != NULL)
		icap_destroy(c->icap);
	free(c);
}
