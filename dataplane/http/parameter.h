/* SPDX-License-Identifier: BSD-3-Clause */
/* Parameters of field values; of this folder. */
#ifndef SLUICE_HTTP_PARAMETER_H
#define SLUICE_HTTP_PARAMETER_H

#include "dataplane/http/http.h"

/*
 * What follows the equals sign of the first parameter of that name, to the end of the field; data
 * NULL: there is none. Looks for the name behind a ';' that is not quoted.
 */
struct span http_parameter(struct span value, const char *name);
/* A quoted string without quotes and escapes, or what is there up to the next semicolon. */
size_t http_parameter_value(struct span s, char *out, size_t room);

#endif
