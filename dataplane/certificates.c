/* SPDX-License-Identifier: BSD-3-Clause */
/* One pointer, swapped; see certificates.h. */
#include "dataplane/certificates.h"

#include <stdio.h>

#include <urcu/urcu-qsbr.h>

int
certificates_load(
    struct certificates *certificates, const struct config *c, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct tls_settings settings = {
		.certificate = c->icaps.certificate,
		.key = c->icaps.key,
		.client_ca = c->icaps.client_ca,
		.client_names = c->icaps.client_names,
		.client_names_count = c->icaps.client_names_count,
		.only_tls13 = c->icaps.version_min == TLS_VERSION_1_3,
	};
	struct tls_context *old = certificates->current, *new;
	char sentence[TLS_ERROR_MAX];
	int rc;

	if (c->icaps.port == 0)
		return 0;
	rc = tls_context_create(&settings, old, &new, sentence);
	if (rc != 0) {
		snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s", sentence);
		return rc;
	}
	__atomic_store_n(&certificates->current, new, __ATOMIC_RELEASE);
	if (old != NULL)
		urcu_qsbr_synchronize_rcu();
	tls_context_free(old);
	return 0;
}

void
certificates_free(struct certificates *certificates)
{
	tls_context_free(certificates->current);
	certificates->current = NULL;
}
