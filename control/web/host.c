/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/host.h"

/* Without ":PORT" where that is at its end; the colons in [::1] are no such end. */
static struct span
without_port(struct span host)
{
	size_t bytes = host.bytes;

	while (bytes > 0 && host.data[bytes - 1] >= '0' && host.data[bytes - 1] <= '9')
		bytes--;
	return bytes > 0 && host.data[bytes - 1] == ':' ? span_first(host, bytes - 1) : host;
}

bool
host_is_local(struct span host)
{
	struct span name = without_port(host);
	struct ip_address address;

	if (span_is_nocase(name, "localhost"))
		return true;
	if (name.bytes > 2 && name.data[0] == '[' && name.data[name.bytes - 1] == ']')
		name = span_of(name.data + 1, name.bytes - 2);
	return address_parse(name, &address) == 0;
}

bool
host_address_is_loopback(const struct ip_address *a)
{
	static const struct ip_address v6 = { .bytes = { [15] = 1 } };

	return address_is_v4(a) ? a->bytes[12] == 127 : address_equal(a, &v6);
}
