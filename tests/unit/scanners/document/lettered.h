/* SPDX-License-Identifier: BSD-3-Clause */
/* Readers of files that are written in letters within a text: what each must find. */
#ifndef SLUICE_TESTS_DOCUMENT_LETTERED_H
#define SLUICE_TESTS_DOCUMENT_LETTERED_H

#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/scanners/document/sink.h"

struct lettered {
	bool (*next)(struct span text, size_t *at, struct span *raw);
	void (*decode)(struct span raw, span_sink sink, void *arg);
};

struct lettered_case {
	const char *name, *text, *first, *second; /* NULL: there is none */
};

static inline bool
lettered_is_next(const struct lettered *way, struct span text, size_t *at, const char *right)
{
	struct sink out = { .room = sizeof(out.bytes) };
	struct span raw;

	if (!way->next(text, at, &raw))
		return right == NULL && *at == text.bytes;
	way->decode(raw, sink_take, &out);
	return right != NULL && span_is(span_of(out.bytes, out.used), right);
}

/* Found and decoded, and no more of it. */
static inline void
lettered_check(const struct lettered *way, const struct lettered_case *c)
{
	struct span text = span_text(c->text);
	size_t at = 0;

	CHECK_ROW(c->name, lettered_is_next(way, text, &at, c->first));
	CHECK_ROW(c->name, lettered_is_next(way, text, &at, c->second));
}

/* Cut anywhere it is not read beyond. */
static inline void
lettered_check_cut(const struct lettered *way, const struct lettered_case *c)
{
	for (size_t bytes = 1; bytes < strlen(c->text); bytes++) {
		char *cut = malloc(bytes); /* so that a byte too far is seen */
		struct sink out = { .room = sizeof(out.bytes) };
		struct span raw;
		size_t at = 0;

		memcpy(cut, c->text, bytes);
		while (way->next(span_of(cut, bytes), &at, &raw))
			way->decode(raw, sink_take, &out);
		CHECK_SEED(bytes, at == bytes && out.used <= bytes);
		free(cut);
	}
}

#endif
