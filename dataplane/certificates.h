/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The TLS context that serves ICAPS: made at the start, made anew at each `sluicectl reload`, so
 * that a renewed certificate serves the next connection and no other is touched. The attendant's
 * thread loads; cores read.
 */
#ifndef SLUICE_CERTIFICATES_H
#define SLUICE_CERTIFICATES_H

#include "common/config/config.h"
#include "dataplane/tls/tls.h"

struct certificates {
	struct tls_context *current; /* NULL: no ICAPS */
};

/*
 * Reads the files that `c` names and puts the new context in the place of the old one, which is
 * freed once no core looks at it. On an error the old one stays. Nothing where icaps.port is 0.
 */
int certificates_load(
    struct certificates *certificates, const struct config *c, char error[CONFIG_ERROR_TEXT_MAX]);
/* No core may run any more. */
void certificates_free(struct certificates *certificates);

/* On a core, within a turn. */
static inline const struct tls_context *
certificates_current(const struct certificates *certificates)
{
	return __atomic_load_n(&certificates->current, __ATOMIC_ACQUIRE);
}

#endif
