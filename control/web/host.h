/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SLUICE_WEB_HOST_H
#define SLUICE_WEB_HOST_H

#include "common/base/address.h"

/* Whether a Host header (RFC 9110 §7.2) is an address or "localhost", each with or without a port:
 * names that nobody else can make point here. */
bool host_is_local(struct span host);

/* 127.0.0.0/8 or ::1. */
bool host_address_is_loopback(const struct ip_address *a);

#endif
