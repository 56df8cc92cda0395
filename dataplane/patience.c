/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/patience.h"

struct mono
patience_turn(struct patience *p, struct mono now)
{
	int64_t beyond = mono_since(now, p->turn_at).ns - milliseconds(PATIENCE_TURN_MS).ns;

	if (mono_is_set(p->turn_at) && beyond > 0)
		p->stood_ns += beyond;
	p->turn_at = now;
	return mono_add(now, nanoseconds(-p->stood_ns));
}

struct mono
patience_due(const struct patience *p, struct mono deadline)
{
	return deadline.ns == MONO_NEVER.ns ? MONO_NEVER
					    : mono_add(deadline, nanoseconds(p->stood_ns));
}
