/* SPDX-License-Identifier: BSD-3-Clause */
/* Text forms of addresses and subnets, over inet_pton and inet_ntop. */
#include "common/base/address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>

int
address_parse(struct span text, struct ip_address *out)
{
	char z[ADDRESS_TEXT_MAX];
	uint8_t raw[16];

	if (text.bytes == 0 || text.bytes >= sizeof(z) || memchr(text.data, 0, text.bytes) != NULL)
		return -EINVAL;
	memcpy(z, text.data, text.bytes);
	z[text.bytes] = 0;
	if (inet_pton(AF_INET, z, raw) == 1)
		*out = address_v4(raw);
	else if (inet_pton(AF_INET6, z, raw) == 1)
		*out = address_v6(raw);
	else
		return -EINVAL;
	return 0;
}

/* One digit to `digits_max`, in value at most `max`; -EINVAL for anything else. */
static int
digits_parse(struct span digits, size_t digits_max, int max)
{
	int n = 0;

	if (digits.bytes == 0 || digits.bytes > digits_max)
		return -EINVAL;
	for (size_t i = 0; i < digits.bytes; i++) {
		if (digits.data[i] < '0' || digits.data[i] > '9')
			return -EINVAL;
		n = n * 10 + (digits.data[i] - '0');
	}
	return n <= max ? n : -EINVAL;
}

int
subnet_parse(struct span text, struct ip_subnet *out)
{
	const uint8_t *slash = text.bytes ? memchr(text.data, '/', text.bytes) : NULL;
	size_t address_bytes = slash ? (size_t)(slash - text.data) : text.bytes;
	int rc = address_parse(span_first(text, address_bytes), &out->base);
	int bits, shift;

	if (rc != 0)
		return rc;
	shift = address_is_v4(&out->base) ? 96 : 0;
	bits =
	    slash ? digits_parse(span_from(text, address_bytes + 1), 3, 128 - shift) : 128 - shift;
	if (bits < 0)
		return bits;
	out->prefix_bits = (uint8_t)(bits + shift);
	return 0;
}

int
address_parse_port(struct span text, struct ip_address *out, uint16_t *port)
{
	const uint8_t *colon = text.bytes ? memrchr(text.data, ':', text.bytes) : NULL;
	struct span host = span_first(text, colon != NULL ? (size_t)(colon - text.data) : 0);
	int number = digits_parse(span_from(text, host.bytes + 1), 5, UINT16_MAX);

	if (host.bytes > 2 && host.data[0] == '[' && host.data[host.bytes - 1] == ']')
		host = span_of(host.data + 1, host.bytes - 2);
	else if (host.bytes == 0 || memchr(host.data, ':', host.bytes) != NULL)
		return -EINVAL;
	*port = (uint16_t)number;
	return number > 0 ? address_parse(host, out) : -EINVAL;
}

bool
subnet_holds(const struct ip_subnet *subnet, const struct ip_address *a)
{
	unsigned bits = subnet->prefix_bits;
	uint64_t upper[2], lower[2], differs;

	memcpy(upper, subnet->base.bytes, 8);
	memcpy(upper + 1, a->bytes, 8);
	differs = be64toh(upper[0] ^ upper[1]);
	if (bits <= 64)
		return bits == 0 || differs >> (64 - bits) == 0;
	memcpy(lower, subnet->base.bytes + 8, 8);
	memcpy(lower + 1, a->bytes + 8, 8);
	return (differs | be64toh(lower[0] ^ lower[1]) >> (128 - bits)) == 0;
}

const char *
address_format(const struct ip_address *a, char out[ADDRESS_TEXT_MAX])
{
	if (address_is_v4(a))
		inet_ntop(AF_INET, a->bytes + 12, out, ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->bytes, out, ADDRESS_TEXT_MAX);
	return out;
}
