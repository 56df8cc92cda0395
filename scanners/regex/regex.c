/* SPDX-License-Identifier: BSD-3-Clause */
/* See regex.h. The interpreter alone: the sandbox's jail allows no memory that can be run. */
#include "scanners/regex/regex.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct regex {
	pcre2_code *code;
	pcre2_match_context *limits;
	pcre2_match_data *data;
};

static uint32_t
options_of(unsigned options)
{
	static const uint32_t of[] = { PCRE2_CASELESS, PCRE2_DOTALL, PCRE2_MULTILINE,
		PCRE2_EXTENDED, PCRE2_ANCHORED, PCRE2_DOLLAR_ENDONLY, PCRE2_UNGREEDY };
	uint32_t all = 0;

	for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		all |= options & 1u << i ? of[i] : 0;
	return all;
}

static int
compile_code(const char *text, unsigned options, struct regex *r, char *error)
{
	int why;
	PCRE2_SIZE at;
	PCRE2_UCHAR sentence[REGEX_ERROR_MAX - 32];

	r->code =
	    pcre2_compile((PCRE2_SPTR)text, strlen(text), options_of(options), &why, &at, NULL);
	if (r->code != NULL)
		return 0;
	if (pcre2_get_error_message(why, sentence, sizeof(sentence)) < 0)
		sentence[0] = 0; /* one that this library has no words for */
	snprintf(error, REGEX_ERROR_MAX, "%s, at %zu", (const char *)sentence, (size_t)at);
	return -EINVAL;
}

int
regex_compile(const char *text, unsigned options, struct regex **out, char error[REGEX_ERROR_MAX])
{
	struct regex *r = calloc(1, sizeof(*r));
	int rc = r != NULL ? compile_code(text, options, r, error) : -ENOMEM;

	if (rc == 0) {
		r->limits = pcre2_match_context_create(NULL);
		r->data = pcre2_match_data_create_from_pattern(r->code, NULL);
		if (r->limits == NULL || r->data == NULL)
			rc = -ENOMEM;
	}
	if (rc != 0) {
		regex_free(r);
		return rc;
	}
	pcre2_set_match_limit(r->limits, REGEX_MATCH_LIMIT);
	pcre2_set_depth_limit(r->limits, REGEX_DEPTH_LIMIT);
	*out = r;
	return 0;
}

void
regex_free(struct regex *r)
{
	if (r == NULL)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	pcre2_code_free(r->code);
	free(r);
}

int
regex_search(
    struct regex *r, struct span bytes, size_t from, bool is_anchored, struct regex_match *out)
{
	const PCRE2_SIZE *places;
	int rc;

	if (bytes.bytes > REGEX_BYTES_MAX)
		return -EFBIG;
	rc = pcre2_match(r->code, bytes.data, bytes.bytes, from, is_anchored ? PCRE2_ANCHORED : 0,
	    r->data, r->limits);
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT)
		return -EOVERFLOW;
	if (rc < 0)
		return -EIO;
	places = pcre2_get_ovector_pointer(r->data);
	*out = (struct regex_match){ places[0], places[1] };
	return 1;
}
