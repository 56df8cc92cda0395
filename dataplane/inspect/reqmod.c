/* SPDX-License-Identifier: BSD-3-Clause */
/* REQMOD: the URL is judged first, by reputation; then a body like any other. */
#include <stdio.h>

#include "dataplane/inspect/object.h"
#include "scanners/reputation/reputation.h"

void
reqmod_outcome(struct inspect_object *o, enum verdict v, enum source s, const char *threat)
{
	o->outcome.site = RECORD_SITE_REQMOD;
	o->outcome.site_line = __LINE__;
	outcome_set(&o->outcome, v, s, threat);
}

/* Host, and path with query, of what is asked for; an origin-form target takes the host from its
 * header. */
static void
split_target(const struct http_head *head, struct span *host, struct span *path)
{
	struct http_url url;

	*host = *path = span_of(NULL, 0);
	if (http_url_parse(head->target, &url) == PARSE_DONE) {
		*host = url.host;
		*path = url.path;
		if (url.query.bytes > 0) /* behind the path, and the '?' */
			path->bytes = (size_t)(url.query.data + url.query.bytes - path->data);
	}
	if (host->bytes == 0) {
		struct http_url authority;

		if (http_url_parse(http_field(head, "Host"), &authority) == PARSE_DONE)
			*host = authority.host;
	}
}

bool
reqmod_begin(struct inspect_object *o)
{
	const struct http_head *head = icap_request(o->session)->request_head;
	const struct reputation_table *table =
	    generation_reputation(o->publication->loaded->generation);
	struct reputation_answer answer = { REPUTATION_UNKNOWN, NULL, 0 };
	struct span host, path;
	char threat[THREAT_BYTES_MAX];

	if (head == NULL || table == NULL)
		return false;
	split_target(head, &host, &path);
	if (host.bytes > 0)
		reputation_lookup(table, host, path, &answer);
	if (answer.kind != REPUTATION_BAD)
		return false;
	snprintf(threat, sizeof(threat), "%s:%u", answer.list, answer.line);
	o->flags |= RECORD_FLAG_URL_ONLY;
	return object_conclude(o, VERDICT_BAD, SOURCE_REPUTATION, threat);
}
