/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is taken out when all has been read and numbered: patterns close over the gaps, rules keep
 * their places but lose their triggers, or are asked always no more, so that they are never asked;
 * a pattern that only such rules count is of no use and would only make the database larger.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/sigc/sigc.h"

static void *
zeroed(size_t count)
{
	void *p = calloc(count + 1, 1);

	if (p == NULL) {
		fprintf(stderr, "sluice-sigc: the memory limit is reached\n");
		exit(1);
	}
	return p;
}

/* A byte for each rule: it is asked. The caller's. */
static uint8_t *
live_rules(const struct sigc *s)
{
	const struct sigc_trigger *t = (const struct sigc_trigger *)(const void *)s->triggers.bytes;
	uint8_t *live = zeroed(s->rules.used / sizeof(struct generation_rule));

	for (size_t i = 0; i < s->triggers.used / sizeof(*t); i++)
		live[t[i].rule] = 1;
	for (size_t i = 0; i < s->always.used / sizeof(uint32_t); i++)
		live[((const uint32_t *)(const void *)s->always.bytes)[i]] = 1;
	return live;
}

void
sigc_sweep(struct sigc *s)
{
	const struct generation_rule *r =
	    (const struct generation_rule *)(const void *)s->rules.bytes;
	const uint32_t *parts = (const uint32_t *)(const void *)s->rule_parts.bytes;
	struct pattern *p = (struct pattern *)(void *)s->patterns.bytes;
	uint8_t *live = live_rules(s),
		*used = zeroed(s->parts.used / sizeof(struct generation_part));
	size_t kept = 0;

	for (size_t i = 0; i < s->rules.used / sizeof(*r); i++) {
		for (unsigned k = 0; live[i] && k < r[i].part_count; k++)
			used[parts[r[i].parts + k]] = 1;
	}
	for (size_t i = 0; i < s->patterns.used / sizeof(*p); i++) {
		uint32_t part = p[i].whole;

		if (part == GENERATION_NO_PART || used[part])
			p[kept++] = p[i];
	}
	s->patterns.used = kept * sizeof(*p);
	free(live);
	free(used);
}

void
sigc_keep_always(struct sigc *s, const uint8_t *live)
{
	uint32_t *always = (uint32_t *)(void *)s->always.bytes;
	size_t n = s->always.used / sizeof(*always), kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (live[always[i]])
			always[kept++] = always[i];
	}
	s->always.used = kept * sizeof(*always);
}

/* Rules that have one of these parts are named and lose their triggers. */
static void
drop_rules_of(struct sigc *s, const uint8_t *failed_parts)
{
	const struct generation_rule *r =
	    (const struct generation_rule *)(const void *)s->rules.bytes;
	const uint32_t *parts = (const uint32_t *)(const void *)s->rule_parts.bytes;
	struct sigc_trigger *t = (struct sigc_trigger *)(void *)s->triggers.bytes;
	const struct sigc_origin *origins =
	    (const struct sigc_origin *)(const void *)s->rule_origins.bytes;
	size_t n = s->triggers.used / sizeof(*t), kept = 0;
	uint8_t *live = live_rules(s);

	for (size_t i = 0; i < s->rules.used / sizeof(*r); i++) {
		bool fails = false;

		for (unsigned k = 0; live[i] && k < r[i].part_count; k++)
			fails |= failed_parts[parts[r[i].parts + k]];
		if (!fails)
			continue;
		live[i] = 0;
		sigc_skip_later(
		    s, origins[i], span_text((const char *)s->names.bytes + r[i].name), SKIP_PROOF);
	}
	for (size_t i = 0; i < n; i++) {
		if (live[t[i].rule])
			t[kept++] = t[i];
	}
	s->triggers.used = kept * sizeof(*t);
	sigc_keep_always(s, live);
	free(live);
}

void
sigc_drop_failed(struct sigc *s, const uint8_t *failed)
{
	struct pattern *p = (struct pattern *)(void *)s->patterns.bytes;
	size_t n = s->patterns.used / sizeof(*p), kept = 0;
	uint8_t *failed_parts = zeroed(s->parts.used / sizeof(struct generation_part));

	for (size_t i = 0; i < n; i++) {
		uint32_t part = p[i].whole;

		if (!failed[i]) {
			p[kept++] = p[i];
		} else if (part != GENERATION_NO_PART) {
			failed_parts[part] = 1;
		} else {
			sigc_skip_later(s, p[i].origin,
			    span_text((const char *)s->names.bytes + p[i].name), SKIP_PROOF);
		}
	}
	s->patterns.used = kept * sizeof(*p);
	drop_rules_of(s, failed_parts);
	sigc_forget_deep(s);
	sigc_sweep(s);
	free(failed_parts);
}
