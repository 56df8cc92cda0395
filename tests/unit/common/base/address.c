/* SPDX-License-Identifier: BSD-3-Clause */
/* Addresses and subnets from text and back. */
#include "common/base/address.h"

#include <errno.h>

#include "tests/unit/harness.h"

TEST(addresses)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
		bool is_v4;
	} cases[] = {
		{ "10.0.0.1", "10.0.0.1", true },
		{ "0.0.0.0", "0.0.0.0", true },
		{ "255.255.255.255", "255.255.255.255", true },
		{ "2001:DB8::1", "2001:db8::1", false },
		{ "::", "::", false },
		{ "::ffff:10.0.0.1", "10.0.0.1", true }, /* one form for one address */
		{ "fe80:0:0:0:0:0:0:1", "fe80::1", false },
		{ "", NULL, false },
		{ "10.0.0", NULL, false },
		{ "10.0.0.256", NULL, false },
		{ "010.0.0.1", NULL, false },
		{ "10.0.0.1 ", NULL, false },
		{ "[::1]", NULL, false },
		{ "fe80::1%eth0", NULL, false },
		{ "1:2:3:4:5:6:7:8:9", NULL, false },
		{ "name.example", NULL, false },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:00", NULL, false },
	};
	struct ip_address a;
	char out[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int rc = address_parse(span_text(cases[i].text), &a);

		CHECK_ROW(cases[i].text, rc == (cases[i].printed != NULL ? 0 : -EINVAL));
		if (rc != 0 || cases[i].printed == NULL)
			continue;
		CHECK_ROW(cases[i].text, strcmp(address_format(&a, out), cases[i].printed) == 0);
		CHECK_ROW(cases[i].text, address_is_v4(&a) == cases[i].is_v4);
	}
	CHECK(address_parse(span_of("10.0.0.1\0x", 10), &a) == -EINVAL);
	CHECK(address_parse(span_of("10.0.0.123", 8), &a) == 0); /* no further than the span */
	CHECK(strcmp(address_format(&a, out), "10.0.0.1") == 0);
}

TEST(addresses_with_ports)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
		uint16_t port;
	} cases[] = {
		{ "127.0.0.1:8344", "127.0.0.1", 8344 },
		{ "[::1]:65535", "::1", 65535 },
		{ "0.0.0.0:1", "0.0.0.0", 1 },
		{ "", NULL, 0 },
		{ ":", NULL, 0 },
		{ ":80", NULL, 0 },
		{ "8344", NULL, 0 },
		{ "127.0.0.1", NULL, 0 },
		{ "127.0.0.1:", NULL, 0 },
		{ "127.0.0.1:0", NULL, 0 },
		{ "127.0.0.1:65536", NULL, 0 },
		{ "127.0.0.1:+80", NULL, 0 },
		{ "127.0.0.1:80 ", NULL, 0 },
		{ "::1:80", NULL, 0 },
		{ "[]:80", NULL, 0 },
		{ "[::1:80", NULL, 0 },
		{ "[::1]80", NULL, 0 },
		{ "localhost:80", NULL, 0 },
	};
	struct ip_address a;
	char out[ADDRESS_TEXT_MAX];
	uint16_t port;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		int rc = address_parse_port(span_text(cases[i].text), &a, &port);

		CHECK_ROW(cases[i].text, rc == (cases[i].printed != NULL ? 0 : -EINVAL));
		if (rc != 0 || cases[i].printed == NULL)
			continue;
		CHECK_ROW(cases[i].text, strcmp(address_format(&a, out), cases[i].printed) == 0);
		CHECK_ROW(cases[i].text, port == cases[i].port);
	}
}

TEST(subnets)
{
	static const struct {
		const char *subnet, *address;
		int rc;
		bool holds;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", 0, true },
		{ "10.0.0.0/8", "11.0.0.1", 0, false },
		{ "10.9.0.2/24", "10.9.0.99", 0,
		    true }, /* bits behind the prefix are of no effect */
		{ "10.9.0.2/31", "10.9.0.3", 0, true },
		{ "10.9.0.2/31", "10.9.0.4", 0, false },
		{ "10.9.0.2", "10.9.0.2", 0, true },
		{ "10.9.0.2", "10.9.0.3", 0, false },
		{ "10.9.0.2/32", "10.9.0.2", 0, true },
		{ "0.0.0.0/0", "1.2.3.4", 0, true },
		{ "0.0.0.0/0", "2001:db8::1", 0, false }, /* all of IPv4, and only that */
		{ "::/0", "2001:db8::1", 0, true },
		{ "2001:db8::/33", "2001:db8:7fff::1", 0, true },
		{ "2001:db8::/33", "2001:db8:8000::1", 0, false },
		{ "2001:db8::/63", "2001:db8:0:1:ffff::1", 0, true },
		{ "2001:db8::/63", "2001:db8:0:2::", 0, false },
		{ "2001:db8::/64", "2001:db8::ffff:0:0:1", 0, true },
		{ "2001:db8::/64", "2001:db8:0:1::", 0, false },
		{ "2001:db8::/65", "2001:db8::7fff:0:0:1", 0, true },
		{ "2001:db8::/65", "2001:db8::8000:0:0:1", 0, false },
		{ "2001:db8::/65", "2001:db8:0:1::", 0, false },
		{ "fd00::1", "fd00::1", 0, true },
		{ "fd00::1", "fd00::2", 0, false },
		{ "fd00::1", "fe00::1", 0, false },
		{ "10.0.0.0/33", "", -EINVAL, false },
		{ "fd00::/129", "", -EINVAL, false },
		{ "10.0.0.0/", "", -EINVAL, false },
		{ "10.0.0.0/-1", "", -EINVAL, false },
		{ "10.0.0.0/8x", "", -EINVAL, false },
		{ "10.0.0.0/0008", "", -EINVAL, false },
		{ "/8", "", -EINVAL, false },
		{ "", "", -EINVAL, false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip_subnet s;
		struct ip_address a;

		CHECK_ROW(
		    cases[i].subnet, subnet_parse(span_text(cases[i].subnet), &s) == cases[i].rc);
		if (cases[i].rc != 0)
			continue;
		CHECK_ROW(cases[i].address, address_parse(span_text(cases[i].address), &a) == 0);
		CHECK_ROW(cases[i].subnet, subnet_holds(&s, &a) == cases[i].holds);
	}
}
