/* SPDX-License-Identifier: BSD-3-Clause */
/* Who may speak to a listener. */
#include "dataplane/access.h"

#include <errno.h>

#include "tests/unit/harness.h"

static bool
allows(const struct access_list *list, const char *address)
{
	struct ip_address a;

	CHECK(address_parse(span_text(address), &a) == 0);
	return access_allows(list, &a);
}

TEST(an_empty_list_lets_everybody_in)
{
	struct access_list list;

	CHECK(access_list_init(&list, NULL, 0) == 0);
	CHECK(allows(&list, "192.0.2.1") && allows(&list, "2001:db8::1"));
	access_list_fini(&list);
}

TEST(a_list_lets_in_whom_it_names)
{
	static char subnet[] = "10.1.0.0/16", one[] = "192.0.2.7", six[] = "2001:db8::/32";
	char *texts[] = { subnet, one, six };
	struct access_list list;

	CHECK(access_list_init(&list, texts, 3) == 0);
	CHECK(allows(&list, "10.1.255.1") && allows(&list, "192.0.2.7") &&
	      allows(&list, "2001:db8::9"));
	CHECK(!allows(&list, "10.2.0.1") && !allows(&list, "192.0.2.8") &&
	      !allows(&list, "2001:db9::9"));
	CHECK(!allows(&list, "::a01:1")); /* not the IPv4 address in other clothes */
	access_list_fini(&list);
}

TEST(what_is_no_subnet_is_refused)
{
	static char good[] = "10.0.0.0/8", bad[] = "10.0.0.0/33";
	char *texts[] = { good, bad };
	struct access_list list;

	CHECK(access_list_init(&list, texts, 2) == -EINVAL);
	CHECK(list.subnets == NULL && list.count == 0);
}
