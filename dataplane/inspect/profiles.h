/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Profiles as the session asks them (struct icap_profiles), made from those of the configuration.
 * The pipeline itself reads the configuration's form; both have the same indices.
 */
#ifndef SLUICE_INSPECT_PROFILES_H
#define SLUICE_INSPECT_PROFILES_H

#include "common/config/profile.h"
#include "dataplane/icap/icap.h"

void profiles_for_icap(
    const struct config *c, const struct config_profiles *from, struct icap_profiles *out);

#endif
