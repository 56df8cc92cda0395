/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IP address of either version in one form: IPv4 is held as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2),
 * so that tables, subnets and records know one kind of key.
 */
#ifndef SLUICE_BASE_ADDRESS_H
#define SLUICE_BASE_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/span.h"

#define ADDRESS_TEXT_MAX 46 /* INET6_ADDRSTRLEN */

struct ip_address {
	uint8_t bytes[16];
};

/* A subnet; `prefix_bits` counts over all 128 bits (an IPv4 /24 is 120). */
struct ip_subnet {
	struct ip_address base;
	uint8_t prefix_bits;
};

static const uint8_t address_v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/*
 * Written by one store: where it is read whole right afterwards, two would have to reach the cache
 * first.
 */
static inline struct ip_address
address_v4(const void *four_bytes)
{
	typedef uint32_t words __attribute__((vector_size(16)));
	struct ip_address a;
	uint32_t prefix[3], last;
	words all;

	memcpy(prefix, address_v4_prefix, sizeof(prefix));
	memcpy(&last, four_bytes, 4);
	all = (words){ prefix[0], prefix[1], prefix[2], last };
	memcpy(a.bytes, &all, 16);
	return a;
}

static inline struct ip_address
address_v6(const void *sixteen_bytes)
{
	struct ip_address a;

	memcpy(a.bytes, sixteen_bytes, 16);
	return a;
}

static inline bool
address_is_v4(const struct ip_address *a)
{
	return memcmp(a->bytes, address_v4_prefix, 12) == 0;
}

static inline bool
address_equal(const struct ip_address *a, const struct ip_address *b)
{
	return memcmp(a->bytes, b->bytes, 16) == 0;
}

/* All zero: "any" for a listener, "none" elsewhere. */
static inline bool
address_is_any(const struct ip_address *a)
{
	static const struct ip_address any;

	return address_equal(a, &any);
}

/* "10.0.0.1" or "2001:db8::1" (no brackets, no zone). -EINVAL when it is neither. */
int address_parse(struct span text, struct ip_address *out);

/* "10.0.0.0/8", "2001:db8::/32" or a plain address. -EINVAL when the text or the length is wrong.
 */
int subnet_parse(struct span text, struct ip_subnet *out);

/* "10.0.0.1:80" or "[2001:db8::1]:80", as RFC 3986 §3.2 writes them; a port from 1 to 65535.
 * -EINVAL.
 */
int address_parse_port(struct span text, struct ip_address *out, uint16_t *port);

bool subnet_holds(const struct ip_subnet *subnet, const struct ip_address *a);

/* Writes the usual text form, NUL-terminated, into `out` and returns it. */
const char *address_format(const struct ip_address *a, char out[ADDRESS_TEXT_MAX]);

#endif
