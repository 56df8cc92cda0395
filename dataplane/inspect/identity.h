/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who asks: the end user behind an ICAP client, from the headers that its profile names. The forms
 * of a user's name:
 *
 *     WinNT://DOMAIN/user          domain DOMAIN
 *     DOMAIN\user                  domain DOMAIN
 *     Local://user                 no domain
 *     LDAP://host/cn=user,…,dc=example,dc=test    domain example.test, "\," is a comma
 *     anything else                the name as it is
 *
 * What a peer says is shown, and exclusions by source believe its address; no verdict hangs on it.
 */
#ifndef SLUICE_INSPECT_IDENTITY_H
#define SLUICE_INSPECT_IDENTITY_H

#include "common/config/profile.h"
#include "dataplane/icap/icap.h"

#define IDENTITY_NAME_MAX 256 /* longer names and domains are cut */

struct identity {
	size_t user_bytes, domain_bytes;
	char user[IDENTITY_NAME_MAX], domain[IDENTITY_NAME_MAX];
};

/* The user that the request's headers name; empty: none. */
void identity_user(
    const struct config_profile *p, const struct icap_session *s, struct identity *out);
/*
 * The lengths of those headers' names (http_length_bit()): where icap_may_have() says that none is
 * so long, the request names no user.
 */
uint32_t identity_user_lengths(const struct config_profile *p);
/* A header's value, decoded as the profile says. */
void identity_parse(enum config_user_coding coding, struct span value, struct identity *out);
/*
 * The end user's address: the profile's header, else X-Forwarded-For of the encapsulated request
 * where the profile believes it. All zero: not told.
 */
void identity_client(
    const struct config_profile *p, const struct icap_session *s, struct ip_address *out);

#endif
