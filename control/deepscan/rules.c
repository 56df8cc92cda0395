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
	struct rules_found *out;
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
	bool by_name;

	(void)context;
	if (message == CALLBACK_MSG_TOO_MANY_MATCHES) {
		s->failed = true;
		return CALLBACK_ABORT;
	}
	if (message != CALLBACK_MSG_RULE_MATCHING || RULE_IS_PRIVATE(rule))
		return CALLBACK_CONTINUE;
	by_name = rule->ns->name[0] == SIGNATURE_BY_NAME;
	if (!s->found || !by_name) {
		snprintf(s->out->name, sizeof(s->out->name), "%s", rule->identifier);
		s->out->by_name = by_name;
	}
	s->found = true;
	return by_name ? CALLBACK_CONTINUE : CALLBACK_ABORT;
}

static int
scan(YR_SCANNER *scanner, struct span bytes, const struct signature_variables *called,
    struct search *s)
{
	for (unsigned v = 0; v < VARIABLE_COUNT; v++) {
		int rc = yr_scanner_define_string_variable(
		    scanner, signature_variable_word(v), (const char *)called->of[v].data);

		if (rc != ERROR_SUCCESS)
			return rc;
	}
	yr_scanner_set_callback(scanner, take_message, s);
	yr_scanner_set_flags(scanner, SCAN_FLAGS_NO_TRYCATCH | SCAN_FLAGS_REPORT_RULES_MATCHING);
	return yr_scanner_scan_mem(scanner, bytes.data, bytes.bytes);
}

enum rules_result
rules_match(struct rules *r, struct span bytes, const struct signature_variables *called,
    struct rules_found *out)
{
	struct search s = { .out = out };
	YR_SCANNER *scanner;
	int rc;

	if (r->saved.bytes == 0 || !load(r))
		return RULES_FAILED;
	if (yr_scanner_create(r->loaded, &scanner) != ERROR_SUCCESS)
		return RULES_FAILED;
	rc = scan(scanner, bytes, called, &s);
	yr_scanner_destroy(scanner);
	if (s.found)
		return RULES_MATCH;
	return rc != ERROR_SUCCESS || s.failed ? RULES_FAILED : RULES_NONE;
}
