/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the processes would find out one after the other: keys and values, profiles, pages, and each
 * file that is named. Whether a certificate fits its key, or a signature compiles, is not asked.
 */
#include "tools/sluicectl/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/config/profile.h"
#include "common/page/page.h"

static int
check_file(const char *key, const char *file, char *error)
{
	if (file == NULL || file[0] == 0 || access(file, R_OK) == 0)
		return 0;
	snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s: '%.200s': %s", key, file, strerror(errno));
	return -EINVAL;
}

static int
check_list(const char *key, char *const *files, unsigned count, char *error)
{
	int rc = 0;

	for (unsigned i = 0; i < count && rc == 0; i++)
		rc = check_file(key, files[i], error);
	return rc;
}

static int
check_files(const struct config *c, char *error)
{
	int rc = check_file("icaps.certificate", c->icaps.certificate, error);

	rc = rc != 0 ? rc : check_file("icaps.key", c->icaps.key, error);
	rc = rc != 0 ? rc : check_file("icaps.client_ca", c->icaps.client_ca, error);
	rc = rc != 0 ? rc : check_file("sandbox.passwords", c->sandbox.passwords, error);
	rc = rc != 0 ? rc
		     : check_list("signatures.sources", c->signatures.sources,
			   c->signatures.sources_count, error);
	rc = rc != 0
		 ? rc
		 : check_list("reputation.bad", c->reputation.bad, c->reputation.bad_count, error);
	return rc != 0 ? rc
		       : check_list("reputation.good", c->reputation.good, c->reputation.good_count,
			     error);
}

int
check_configuration(const char *file, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct config_profiles *profiles = NULL;
	struct pages *pages = NULL;
	struct config *c = NULL;
	int rc = config_load(file, NULL, 0, &c, error);

	if (rc != 0)
		return rc;
	rc = config_profiles_load(c, &profiles, error);
	if (rc == 0)
		rc = pages_load(c, &pages, error);
	if (rc == 0)
		rc = check_files(c, error);
	config_profiles_free(profiles);
	pages_free(pages);
	config_free(c);
	if (rc != 0)
		config_locate(file, NULL, 0, error);
	return rc;
}
