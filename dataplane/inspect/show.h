/* SPDX-License-Identifier: BSD-3-Clause */
/* What a user sees instead of an object: a page of the policy, or the way to one elsewhere. */
#ifndef SLUICE_INSPECT_SHOW_H
#define SLUICE_INSPECT_SHOW_H

#include "dataplane/inspect/object.h"

struct show {
	enum page_kind kind;
	const char *threat, *reason;
	uint32_t waited_s, retry_s; /* PAGE_SCANNING */
	struct span icap_headers;
};

/* Answers with a page in the client's language, or with a redirection where the policy has one and
 * the request is a GET or HEAD; short of buffers with a short page. -ENOBUFS: nothing was sent. */
int show_page(struct inspect_object *o, const struct show *what);

#endif
