/* SPDX-License-Identifier: BSD-3-Clause */
/* Which Host headers a listener on the loopback answers, and what the loopback is. */
#include "control/web/host.h"

#include "tests/unit/harness.h"

TEST(hosts_that_nobody_else_can_make)
{
	static const struct {
		const char *host;
		bool local;
	} cases[] = {
		{ "localhost", true },
		{ "LocalHost:8344", true },
		{ "127.0.0.1", true },
		{ "127.0.0.1:8344", true },
		{ "192.0.2.1:80", true },
		{ "[::1]", true },
		{ "[::1]:8344", true },
		{ "localhost:", true }, /* RFC 3986 §3.2.3: a port may be empty */
		{ "", false },
		{ ":8344", false },
		{ "example.test", false },
		{ "example.test:8344", false },
		{ "localhost.example.test", false },
		{ "localhost@example.test", false },
		{ "127.0.0.1.example.test", false },
		{ "127.0.0.1:8344:8344", false },
		{ "[::1", false },
		{ "[]", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		CHECK_ROW(cases[i].host, host_is_local(span_text(cases[i].host)) == cases[i].local);
}

TEST(the_loopback)
{
	static const struct {
		const char *address;
		bool loopback;
	} cases[] = {
		{ "127.0.0.1", true },
		{ "127.255.0.9", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "0.0.0.0", false },
		{ "::", false },
		{ "128.0.0.1", false },
		{ "fd00::1", false },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct ip_address a;

		CHECK(address_parse(span_text(cases[i].address), &a) == 0);
		CHECK_ROW(cases[i].address, host_address_is_loopback(&a) == cases[i].loopback);
	}
}
