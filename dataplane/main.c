/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-dataplane: process life. Reads its arguments and the configuration, takes the instance's
 * lock, starts EAL, makes pools, region, port and cores, launches them, and ends after a drain.
 * Every failure on the way is one line and a non-zero exit.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_mbuf.h>

#include "common/base/version.h"
#include "common/channel/channel.h"
#include "common/config/instance.h"
#include "dataplane/attendant.h"
#include "dataplane/budget.h"
#include "dataplane/core.h"
#include "dataplane/eal.h"
#include "dataplane/exchange.h"
#include "dataplane/ledger.h"
#include "dataplane/leftovers.h"
#include "dataplane/port.h"

#define OVERRIDES_MAX    64
#define POOL_CACHE       256
#define SCANS_PER_OBJECT 2 /* as sent, and behind a coding */
#define SCANS_PER_LEVEL  2 /* the same of the part that is open */

static const char usage[] =
    "usage: sluice-dataplane [OPTION]...\n"
    "The poll-mode process: receives, scans and answers. Runs in the foreground.\n\n"
    "  --instance NAME         another instance's sockets, state and logs (default: default)\n"
    "  --config FILE           configuration (default: /etc/sluice/sluice.yaml)\n"
    "  --set KEY=VALUE         override one setting, as --set icap.port=11344; repeatable\n"
    "  --run-directory DIR     sockets and pid file (default: /run/sluice)\n"
    "  --state-directory DIR   what outlives a restart (default: /var/lib/sluice)\n"
    "  --log-directory DIR     accepted for symmetry with sluice-control; nothing is written "
    "there\n"
    "  --version, --help\n\n"
    "SIGTERM and SIGINT: finish the answers in progress (5 s at most), then end.\n";

struct options {
	struct config_paths paths;
	const char *overrides[OVERRIDES_MAX];
	unsigned override_count;
};

struct dataplane {
	struct config *config;
	struct budget budget;
	struct region *region;
	struct publisher publisher;
	struct exchange exchange;
	struct certificates certificates;
	struct access_list plain_access, tls_access;
	struct digest_engine *digests;
	char digests_text[DIGEST_ENGINE_TEXT_MAX]; /* what they are made with */
	struct ledger *ledger;                     /* NULL: it can't be kept */
	struct leftovers *leftovers; /* NULL: nobody was left, or there is no memory to ask them */
	struct port *port;
	struct attendant *attendant;
	struct core *cores[CHANNEL_CORES_MAX];
	struct chain_pools pools[CHANNEL_CORES_MAX];
	bool stop;
};

static int
fatal(const char *what)
{
	fprintf(stderr, "sluice-dataplane: %s\n", what);
	return 1;
}

/* 0: go on; 1: a usage error was told; 2: --help or --version did it all. */
static int
parse_arguments(int argc, char **argv, struct options *o)
{
	enum {
		INSTANCE = 1,
		CONFIG,
		SET,
		RUN,
		STATE,
		LOG,
		VERSION,
		HELP
	};
	static const struct option known[] = { { "instance", 1, NULL, INSTANCE },
		{ "config", 1, NULL, CONFIG }, { "set", 1, NULL, SET },
		{ "run-directory", 1, NULL, RUN }, { "state-directory", 1, NULL, STATE },
		{ "log-directory", 1, NULL, LOG }, { "version", 0, NULL, VERSION },
		{ "help", 0, NULL, HELP }, { 0 } };
	const char *instance = NULL, *config = NULL, *run = NULL, *state = NULL, *log = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case INSTANCE:
			instance = optarg;
			break;
		case CONFIG:
			config = optarg;
			break;
		case SET:
			if (o->override_count == OVERRIDES_MAX)
				return fatal("too many --set");
			o->overrides[o->override_count++] = optarg;
			break;
		case RUN:
			run = optarg;
			break;
		case STATE:
			state = optarg;
			break;
		case LOG:
			log = optarg;
			break;
		case VERSION:
			puts("sluice-dataplane " SLUICE_VERSION);
			return 2;
		case HELP:
			fputs(usage, stdout);
			return 2;
		default:
			return fatal("see --help");
		}
	}
	if (optind < argc)
		return fatal("no argument expected, see --help");
	if (config_paths_of(instance, &o->paths) != 0)
		return fatal("--instance: expected 1 to 32 of a-z, 0-9 and '-'");
	if (instance_move(&o->paths, run, state, log, config) != 0)
		return fatal("a path of the command line is too long");
	return 0;
}

static int
create_pools(struct dataplane *d, char *error)
{
	for (unsigned i = 0; i < d->config->dataplane.cores; i++) {
		char name[32];

		snprintf(name, sizeof(name), "data_%u", i);
		d->pools[i].data = rte_pktmbuf_pool_create(name, d->budget.data_mbufs, POOL_CACHE,
		    RTE_ALIGN(sizeof(struct exchange_note), RTE_MBUF_PRIV_ALIGN),
		    port_data_room_for(d->config), SOCKET_ID_ANY);
		snprintf(name, sizeof(name), "refs_%u", i);
		d->pools[i].refs = rte_pktmbuf_pool_create(
		    name, d->budget.ref_mbufs, POOL_CACHE, 0, 0, SOCKET_ID_ANY);
		if (d->pools[i].data == NULL || d->pools[i].refs == NULL) {
			snprintf(error, CONFIG_ERROR_TEXT_MAX,
			    "no memory for %u buffers a core: %s (dataplane.buffers, "
			    "dataplane.memory_mib)",
			    d->budget.data_mbufs, rte_strerror(rte_errno));
			return -ENOMEM;
		}
	}
	return 0;
}

static int
create_cores(struct dataplane *d, char *error)
{
	struct rte_mempool *pools[CHANNEL_CORES_MAX] = { NULL };
	unsigned cores = d->config->dataplane.cores;
	int rc = 0;

	for (unsigned i = 0; i < cores && rc == 0; i++) {
		struct core_config cc = {
			.core = (uint16_t)i,
			.config = d->config,
			.budget = &d->budget,
			.region = d->region,
			.publisher = &d->publisher,
			.exchange = &d->exchange,
			.certificates = &d->certificates,
			.plain_access = &d->plain_access,
			.tls_access = &d->tls_access,
			.pools = d->pools[i],
			.digests = d->digests,
			.ledger = ledger_of_core(d->ledger, i),
			.leftovers = d->leftovers,
			.stop = &d->stop,
		};

		pools[i] = d->pools[i].data;
		rc = core_create(&cc, &d->cores[i], error);
	}
	if (rc == 0)
		rc = port_open(d->config, cores, pools, &d->port, error);
	for (unsigned i = 0; i < cores && rc == 0; i++)
		rc = core_attach_port(d->cores[i], d->port, error);
	return rc;
}

static int
choose_digests(struct dataplane *d, char *error)
{
	int rc;

	static_assert((int)DIGESTS_AUTO == (int)DIGEST_AUTO &&
			  (int)DIGESTS_SINGLE == (int)DIGEST_SINGLE &&
			  (int)DIGESTS_AVX512 == (int)DIGEST_AVX512,
	    "the configuration's words are the kinds");
	rc = digest_engine_create(
	    (enum digest_kind)d->config->dataplane.digests, &d->digests, d->digests_text);
	if (rc != 0)
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "dataplane.digests: %s", d->digests_text);
	return rc;
}

/* Who may come, and the certificate that is shown to them. */
static int
load_listeners(struct dataplane *d, char *error)
{
	const struct config *c = d->config;
	int rc = certificates_load(&d->certificates, c, error);

	if (rc != 0)
		return rc;
	rc = access_list_init(&d->plain_access, c->icap.allow, c->icap.allow_count);
	if (rc == 0)
		rc = access_list_init(&d->tls_access, c->icaps.allow, c->icaps.allow_count);
	if (rc != 0)
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "no memory for access lists");
	return rc;
}

/* What a core found and may not write itself. The first core's word is enough. */
static void
look_at_cores(void *arg)
{
	struct dataplane *d = arg;
	struct ip_address a;
	char text[ADDRESS_TEXT_MAX];
	uint32_t found, reset;

	if (d->cores[0] != NULL && core_take_duplicate(d->cores[0], &a))
		fprintf(stderr, "WRN address %s is in use by another host on this link: not used\n",
		    address_format(&a, text));
	if (d->leftovers != NULL && leftovers_take_outcome(d->leftovers, &found, &reset))
		fprintf(stderr,
		    "INF of %u connections that were left %u were reset; the others were gone, or "
		    "did not answer\n",
		    found, reset);
}

/* Who is connected, and who was when the process before died: it serves without either. */
static void
open_ledger(struct dataplane *d, const struct config_paths *paths)
{
	char path[sizeof(paths->run_directory) + 16], why[CONFIG_ERROR_TEXT_MAX];
	struct tcp_ledger_entry *left;
	uint32_t count;

	snprintf(path, sizeof(path), "%s/connections", paths->run_directory);
	if (ledger_open(path, d->config->dataplane.cores, d->budget.places_max, &d->ledger, why) !=
	    0) {
		fprintf(stderr, "WRN %s\n", why);
		return;
	}
	left = ledger_left(d->ledger, &count);
	if (count == 0)
		return;
	fprintf(stderr, "INF the process before left %u connections: they are reset\n", count);
	d->leftovers = leftovers_create(left, count, d->config->dataplane.cores);
	if (d->leftovers == NULL)
		fprintf(stderr, "WRN no memory to ask the clients whose connections were left\n");
}

static int
start(struct dataplane *d, struct options *o, char *error)
{
	struct attendant_config ac = {
		.paths = &o->paths,
		.publisher = &d->publisher,
		.certificates = &d->certificates,
		.stop = &d->stop,
		.look = look_at_cores,
		.look_arg = d,
	};
	int rc = instance_make_directory(o->paths.run_directory, error);

	if (rc == 0)
		rc = instance_make_directory(o->paths.state_directory, error);
	if (rc == 0)
		rc = instance_lock(&o->paths, o->paths.dataplane_pid, "dataplane", error);
	if (rc == 0)
		rc = config_load(
		    o->paths.config_file, o->overrides, o->override_count, &d->config, error);
	if (rc == 0)
		rc = choose_digests(d, error);
	if (rc == 0)
		rc = load_listeners(d, error);
	if (rc == 0)
		rc = eal_start(d->config, &o->paths, error);
	if (rc != 0)
		return rc;
	budget_compute(d->config, &d->budget);
	publisher_init(&d->publisher);
	rc = region_create(&d->budget.shape, &d->region);
	if (rc == 0)
		rc = exchange_init(&d->exchange, d->config->dataplane.cores);
	if (rc != 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "no memory for the shared region: %s",
		    strerror(-rc));
		return rc;
	}
	region_set_digests(
	    d->region, digest_engine_kind(d->digests), digest_engine_lanes_from(d->digests));
	ac.region = d->region;
	ac.cores = d->config->dataplane.cores;
	ac.scans_max =
	    d->budget.objects_max * SCANS_PER_OBJECT + d->budget.part_levels_max * SCANS_PER_LEVEL;
	open_ledger(d, &o->paths);
	rc = create_pools(d, error);
	if (rc == 0)
		rc = attendant_create(&ac, &d->attendant, error);
	if (rc == 0)
		rc = attendant_publish_first(d->attendant, d->config, error);
	return rc == 0 ? create_cores(d, error) : rc;
}

static void
run(struct dataplane *d)
{
	for (unsigned i = 0; i < d->config->dataplane.cores; i++)
		rte_eal_remote_launch(core_run, d->cores[i], eal_lcore_of(i));
	attendant_run(d->attendant);
	rte_eal_mp_wait_lcore();
}

static void
stop(struct dataplane *d, const struct options *o)
{
	for (unsigned i = 0; i < CHANNEL_CORES_MAX; i++)
		core_destroy(d->cores[i]);
	if (d->port != NULL)
		port_close(d->port);
	ledger_close(d->ledger);
	leftovers_destroy(d->leftovers);
	exchange_fini(&d->exchange);
	publisher_fini(&d->publisher);
	attendant_destroy(d->attendant);
	digest_engine_destroy(d->digests);
	certificates_free(&d->certificates);
	access_list_fini(&d->plain_access);
	access_list_fini(&d->tls_access);
	if (d->region != NULL)
		region_close(d->region);
	unlink(o->paths.dataplane_pid);
	eal_stop();
	config_free(d->config);
}

int
main(int argc, char **argv)
{
	static struct dataplane d;
	static struct options o;
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	int rc = parse_arguments(argc, argv, &o);

	if (rc != 0)
		return rc == 2 ? 0 : 1;
	attendant_block_signals();
	if (start(&d, &o, error) != 0) {
		config_locate(o.paths.config_file, o.overrides, o.override_count, error);
		return fatal(error);
	}
	fprintf(stderr,
	    "sluice-dataplane: %s\nsluice-dataplane %s: instance %s, %u core%s, ready\n",
	    d.digests_text, SLUICE_VERSION, o.paths.instance, d.config->dataplane.cores,
	    d.config->dataplane.cores == 1 ? "" : "s");
	run(&d);
	stop(&d, &o);
	return 0;
}
