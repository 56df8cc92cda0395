/* SPDX-License-Identifier: BSD-3-Clause */
/* ICAP sessions and the pools they read from; see request.h. */
#include "bench/parse/request.h"

#include <errno.h>
#include <stdlib.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "bench/parse/cases.h"
#include "dataplane/icap/icap.h"

#define BUFFERS       8191
#define PIECE         1448   /* of a segment */
#define REQUEST_BYTES 65536u /* no more of a request is staged: heads are all that is read */

struct requests {
	struct icap *icap;
	struct icap_session *sessions[REQUESTS_AT_ONCE];
	unsigned count;
};

/* One a process, as EAL is. */
static struct chain_pools pools;

int
cases_start(void)
{
	static char program[] = "sluice-bench-parse", no_huge[] = "--no-huge",
		    no_pci[] = "--no-pci", no_shconf[] = "--no-shconf",
		    no_telemetry[] = "--no-telemetry", m[] = "-m", memory[] = "64", l[] = "-l",
		    core[] = "0", log[] = "--log-level=*:error";
	char *arguments[] = { program, no_huge, no_pci, no_shconf, no_telemetry, m, memory, l, core,
		log, NULL };

	if (rte_eal_init(10, arguments) < 0)
		return -ENODEV;
	pools.data = rte_pktmbuf_pool_create(
	    "data", BUFFERS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	pools.refs = rte_pktmbuf_pool_create("refs", 1023, 256, 0, 0, SOCKET_ID_ANY);
	return pools.data != NULL && pools.refs != NULL ? 0 : -ENOMEM;
}

struct requests *
requests_create(enum http_scan_kind scan)
{
	struct icap_config c = { .sessions_max = REQUESTS_AT_ONCE,
		.preview_bytes = 1024,
		.options_ttl_seconds = 3600,
		.connections_max = 100,
		.head_timeout = seconds(10),
		.body_timeout = seconds(10),
		.idle_timeout = seconds(10),
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "bench",
		.scan = scan,
		.pools = pools };
	struct requests *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->icap = icap_create(&c);
	if (r->icap == NULL) {
		free(r);
		return NULL;
	}
	icap_begin(r->icap, (struct mono){ 1 });
	return r;
}

void
requests_destroy(struct requests *r)
{
	requests_end(r);
	icap_destroy(r->icap);
	free(r);
}

int
requests_stage(struct requests *r, struct span bytes)
{
	struct icap_session *s = icap_session_create(r->icap);
	struct chain received = CHAIN_EMPTY;
	int rc = 0;

	if (s == NULL)
		return -ENOMEM;
	r->sessions[r->count++] = s;
	bytes = span_first(bytes, REQUEST_BYTES);
	for (size_t at = 0; rc == 0 && at < bytes.bytes; at += PIECE) {
		struct span piece = span_first(span_from(bytes, at), PIECE);
		struct chain one = CHAIN_EMPTY;

		rc = chain_append_copy(&one, &pools, piece.data, piece.bytes);
		if (rc == 0)
			chain_append_chain(&received, &one);
	}
	icap_input(s, &received);
	return rc;
}

PARSE_COUNTED bool
case_collect_requests(struct requests *r)
{
	bool good = true;

	for (unsigned i = 0; i < r->count; i++)
		good &= icap_next(r->sessions[i]) == ICAP_REQUEST;
	return good;
}

void
requests_end(struct requests *r)
{
	while (r->count > 0)
		icap_session_destroy(r->sessions[--r->count]);
}
