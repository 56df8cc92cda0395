/* SPDX-License-Identifier: BSD-3-Clause */
/* See regexes.h. A worker needs few of them, so each is compiled where it is asked for. */
#include "control/deepscan/regexes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scanners/regex/regex.h"

struct regexes {
	struct regex **compiled; /* by number; NULL: not yet */
	size_t count;
};

struct regexes *
regexes_create(void)
{
	return calloc(1, sizeof(struct regexes));
}

void
regexes_destroy(struct regexes *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->count; i++)
		regex_free(r->compiled[i]);
	free(r->compiled);
	free(r);
}

static bool
make_room(struct regexes *r, uint32_t id)
{
	size_t count = (size_t)id + 1;
	struct regex **larger;

	if (id < r->count)
		return true;
	larger = realloc(r->compiled, count * sizeof(struct regex *));
	if (larger == NULL)
		return false;
	memset(&larger[r->count], 0, (count - r->count) * sizeof(struct regex *));
	r->compiled = larger;
	r->count = count;
	return true;
}

int
regexes_search(void *regexes, const struct signature_regex *what, size_t *start, size_t *end)
{
	struct regexes *r = regexes;
	char error[REGEX_ERROR_MAX];
	struct regex_match match = { 0 };
	int rc = make_room(r, what->id) ? 0 : -ENOMEM;

	if (rc == 0 && r->compiled[what->id] == NULL)
		rc = regex_compile(what->text, what->options, &r->compiled[what->id], error);
	if (rc == 0)
		rc = regex_search(
		    r->compiled[what->id], what->bytes, what->from, what->is_anchored, &match);
	if (rc == 1) {
		*start = match.start;
		*end = match.end;
	}
	return rc;
}
