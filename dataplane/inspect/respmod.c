/* SPDX-License-Identifier: BSD-3-Clause */
/* RESPMOD: the answer's body is judged; its URL was, by the REQMOD before it. */
#include "dataplane/inspect/object.h"

void
respmod_outcome(struct inspect_object *o, enum verdict v, enum source s, const char *threat)
{
	o->outcome.site = RECORD_SITE_RESPMOD;
	o->outcome.site_line = __LINE__;
	outcome_set(&o->outcome, v, s, threat);
}
