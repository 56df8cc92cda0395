/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libyara in the jail: rules come out of mapped memory, objects are one block of it, and no signal
 * is caught (its handlers would be system calls that the jail forbids; a layer is memory that we
 * own). Time is the process's own limit; a string that matches more often than libyara keeps is a
 * failure, for what it asks of the rest is then not known.
 */
#include "control/deepscan/rules.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <yara.h>

struct rules {
	struct span saved;
	size_t used; /* of `saved`, while it is loaded */
	YR_RULES *loaded;
};

struct search {
	char *name;
	size_t room;
	bool found, failed;
};

struct rules *
rules_create(struct span saved)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->saved = saved;
	if (saved.bytes > 0 && (yr_initialize() != ERROR_SUCCESS ||
				   OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)) {
		free(r);
		return NULL;
	}
	return r;
}

void
rules_destroy(struct rules *r)
{
	if (r == NULL)
		return;
	if (r->loaded != NULL)
		yr_rules_destroy(r->loaded);
	if (r->saved.bytes > 0)
		yr_finalize();
	free(r);
}

/* As fread(). */
static size_t
read_saved(void *to, size_t size, size_t count, void *from)
{
	struct rules *r = from;
	size_t left = r->saved.bytes - r->used;

	if (size == 0 || count > left / size)
		return 0;
	memcpy(to, r->saved.data + r->used, size * count);
	r->used += size * count;
	return count;
}

static bool
load(struct rules *r)
{
	YR_STREAM in = { .user_data = r, .read = read_saved };

	r->used = 0;
	return r->loaded != NULL || yr_rules_load_stream(&in, &r->loaded) == ERROR_SUCCESS;
}

static int
take_message(YR_SCAN_CONTEXT *context, int message, void *data, void *user)
{
	struct search *s = user;
	const YR_RULE *rule = data;

	(void)context;
	if (message == CALLBACK_MSG_TOO_MANY_MATCHES) {
		s->failed = true;
		return CALLBACK_ABORT;
	}
	if (message != CALLBACK_MSG_RULE_MATCHING || RULE_IS_PRIVATE(rule))
		return CALLBACK_CONTINUE;
	snprintf(s->name, s->room, "%s", rule->identifier);
	s->found = true;
	return CALLBACK_ABORT;
}

enum rules_result
rules_match(struct rules *r, struct span bytes, char *name, size_t room)
{
	struct search s = { .name = name, .room = room };
	int rc;

	if (r->saved.bytes == 0 || !load(r))
		return RULES_FAILED;
	rc = yr_rules_scan_mem(r->loaded, bytes.data, bytes.bytes,
	    SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING, take_message, &s, 0);
	if (s.found)
		return RULES_MATCH;
	return rc != ERROR_SUCCESS || s.failed ? RULES_FAILED : RULES_NONE;
}
