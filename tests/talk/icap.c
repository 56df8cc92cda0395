/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>

#include "tests/talk/talk.h"

struct icap *
talk_icap(const struct chain_pools *pools, enum http_scan_kind scan)
{
	static struct icap *i;
	struct icap_config c = { .sessions_max = 1,
		.preview_bytes = 1024,
		.options_ttl_seconds = 3600,
		.connections_max = 100,
		.head_timeout = seconds(10),
		.body_timeout = seconds(10),
		.idle_timeout = seconds(10),
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "test",
		.scan = scan,
		.pools = *pools };

	if (i != NULL)
		return i;
	i = icap_create(&c);
	if (i == NULL)
		abort();
	icap_set_istag(i, span_text("T-1"));
	icap_set_date(i, 0);
	icap_begin(i, (struct mono){ 1 });
	return i;
}
