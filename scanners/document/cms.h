/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cryptographic Message Syntax (RFC 5652; `.p7m`, `application/pkcs7-mime`), in DER or in BER with
 * lengths told and untold: what is only signed, digested, compressed (RFC 3274) or authenticated
 * carries its content in clear; what is enveloped or encrypted (also RFC 5083) does not. Neither
 * signatures nor algorithms are looked at. Pure functions over spans, linear; nothing is allocated.
 */
#ifndef SLUICE_DOCUMENT_CMS_H
#define SLUICE_DOCUMENT_CMS_H

#include "common/base/span.h"

struct cms {
	bool is_encrypted;
	struct span content; /* as it is coded, for cms_content(); empty: there is none */
	size_t end;          /* of all, or of the file */
};

/* False: it is none. */
bool cms_read(struct span file, struct cms *out);
/* The content, in as many pieces as it was coded in. */
void cms_content(const struct cms *c, span_sink sink, void *arg);

#endif
