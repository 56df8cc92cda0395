/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds by themselves: only scan.c asks whether the processor can run them. */
#ifndef SLUICE_HTTP_SCAN_KINDS_H
#define SLUICE_HTTP_SCAN_KINDS_H

#include "dataplane/http/scan.h"

extern const struct http_scan http_scan_scalar, http_scan_sse42, http_scan_avx2;

#endif
