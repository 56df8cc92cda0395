/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Parameters of field values (RFC 9110 §5.6.6, RFC 2045 §5.1): `; name=value`, the value a token or
 * quoted; and in the two forms of RFC 2231 (RFC 8187): coded, `name*=charset'language'%41`, and in
 * sections, `name*0="a"; name*1*=%62`. What is found in the field is read too: blanks around the
 * equals sign, a quote that is never closed, a first parameter with nothing in front of it.
 */
#ifndef SLUICE_BASE_PARAMETER_H
#define SLUICE_BASE_PARAMETER_H

#include "common/base/span.h"

#define PARAMETER_SECTIONS_MAX 64

/* Where a parameter's values stand, lent by the field; data NULL: there is none. */
struct parameter {
	struct span plain, coded; /* the first of each */
	struct span sections[PARAMETER_SECTIONS_MAX];
	uint64_t coded_sections; /* one bit each */
	bool repeated; /* told twice in one form with values that differ, or in sections of which
			  some are not there */
};

/* All that a field says of the parameter of that name: one walk, linear in the field. */
void parameter_find(struct span field, const char *name, struct parameter *out);

/* Their values, bytes written. A quoted one comes without quotes and escapes, another one ends at
 * the next semicolon. */
size_t parameter_plain(const struct parameter *p, char *out, size_t room);
/* Behind charset and language, percent-decoded; no charset is converted. */
size_t parameter_coded(const struct parameter *p, char *out, size_t room);
/* The sections from 0 on, up to the first that is not there. */
size_t parameter_joined(const struct parameter *p, char *out, size_t room);
/* The value of a span that begins behind an equals sign, as parameter_plain() has it. */
size_t parameter_value(struct span s, char *out, size_t room);

/* `%41` and the like decoded; what is no such code stands for itself. Bytes written. */
size_t percent_decode(struct span s, char *out, size_t room);

#endif
