/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Conditions of a logical signature, KEY:VALUE with ',' between them: on ClamAV's engine, on the
 * object's target and size, and, for the sandbox, on what it lies in and on a program's headers.
 * Each range is MIN-MAX, and either may be missing.
 */
#include <errno.h>

#include "tools/sigc/sigc.h"

static bool
read_range(struct span text, uint64_t *min, uint64_t *max)
{
	sigc_take_number(&text, min);
	if (text.bytes == 0 || text.data[0] != '-')
		return false;
	text = span_from(text, 1);
	sigc_take_number(&text, max);
	return text.bytes == 0;
}

/* CL_TYPE_…; false: none that a layer is told to lie in. */
static bool
find_container(struct span type, uint32_t *out)
{
	static const char *const words[] = {
#define X(id, word) [CONTAINER_##id] = "CL_TYPE_" word,
		GENERATION_CONTAINERS(X)
#undef X
	};

	for (*out = 0; *out < CONTAINER_COUNT; ++*out) {
		if (span_is(type, words[*out]))
			return true;
	}
	return false;
}

/* -ENOTSUP: not a condition on those, or of a kind that is not known. */
static int
read_surroundings(struct sigc_surroundings *a, struct span key, struct span value)
{
	if (span_is(key, "Container")) {
		a->has_container = true;
		return find_container(value, &a->container) ? 0 : -ENOTSUP;
	}
	if (span_is(key, "NumberOfSections")) {
		a->has_sections = true;
		a->sections_max = UINT64_MAX;
		return read_range(value, &a->sections_min, &a->sections_max) ? 0 : -EINVAL;
	}
	if (span_is(key, "EntryPoint")) {
		a->has_entry = true;
		a->entry_max = UINT64_MAX;
		return read_range(value, &a->entry_min, &a->entry_max) ? 0 : -EINVAL;
	}
	return -ENOTSUP;
}

static int
read_condition(const struct sigc *s, struct generation_rule *r, struct sigc_surroundings *around,
    struct span key, struct span value, enum skip_reason *why)
{
	uint64_t min = 0, max = UINT64_MAX;

	if (span_is(key, "Engine")) {
		*why = SKIP_LEVEL;
		if (!read_range(value, &min, &max))
			return -EINVAL;
		return min <= CLAMAV_LEVEL && max >= CLAMAV_LEVEL ? 0 : -ENOTSUP;
	}
	if (span_is(key, "FileSize"))
		return read_range(value, &r->size_min, &r->size_max) ? 0 : -EINVAL;
	if (span_is(key, "Target")) {
		if (!sigc_take_number(&value, &min) || value.bytes > 0)
			return -EINVAL;
		r->target = (uint16_t)min;
		*why = sigc_target_refused(s, min);
		return *why == SKIP_COUNT ? 0 : -ENOTSUP;
	}
	*why = SKIP_CONDITION;
	return s->has_sandbox ? read_surroundings(around, key, value) : -ENOTSUP;
}

int
sigc_read_conditions(const struct sigc *s, struct span text, struct generation_rule *r,
    struct sigc_surroundings *around, enum skip_reason *why)
{
	int rc = 0;

	while (rc == 0 && text.bytes > 0) {
		struct span one = sigc_take_field(&text, ',');
		struct span key = sigc_take_field(&one, ':');

		rc = read_condition(s, r, around, key, one, why);
	}
	return rc;
}

static void
add_step(struct sigc *s, struct generation_rule *r, uint16_t kind, uint64_t value)
{
	struct generation_step step = { kind, 0, (uint32_t)value, (uint32_t)(value >> 32) };

	table_add(&s->steps, &step, sizeof(step));
	r->step_count++;
}

/* AND the number that `kind` pushes is within; numbers are signed. */
static void
add_range(struct sigc *s, struct generation_rule *r, uint16_t kind, uint64_t min, uint64_t max)
{
	add_step(s, r, kind, 0);
	add_step(s, r, STEP_NUMBER, min < INT64_MAX ? min : INT64_MAX);
	add_step(s, r, STEP_COMPARE, COMPARE_FROM);
	add_step(s, r, STEP_AND, 0);
	if (max > INT64_MAX)
		return;
	add_step(s, r, kind, 0);
	add_step(s, r, STEP_NUMBER, max);
	add_step(s, r, STEP_COMPARE, COMPARE_UPTO);
	add_step(s, r, STEP_AND, 0);
}

bool
sigc_add_surroundings(
    struct sigc *s, struct generation_rule *r, const struct sigc_surroundings *around)
{
	if (around->has_container) {
		add_step(s, r, STEP_CONTAINER, around->container);
		add_step(s, r, STEP_AND, 0);
	}
	if (around->has_sections)
		add_range(s, r, STEP_SECTIONS, around->sections_min, around->sections_max);
	if (around->has_entry)
		add_range(s, r, STEP_ENTRY, around->entry_min, around->entry_max);
	return around->has_container || around->has_sections || around->has_entry;
}
