/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/filter.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

struct good {
	const char *text;
	unsigned terms;
	uint32_t states;
};

static const struct good good[] = {
	{ "", 0, 0 },
	{ "   ", 0, 0 },
	{ "host 10.0.0.1", 1, 0 },
	{ "host fd00::1 and port 1344", 2, 0 },
	{ "net 10.0.0.0/8", 1, 0 },
	{ "net 10.0.0.1", 1, 0 }, /* a subnet of one */
	{ "  port   65535\t", 1, 0 },
	{ "port 1 and port 2 and port 3 and port 4", 4, 0 },
	{ "state established", 0, 1u << TCP_STATE_ESTABLISHED },
	{ "state TIME-WAIT,syn-received and host 10.0.0.1", 1,
	    1u << TCP_STATE_TIME_WAIT | 1u << TCP_STATE_SYN_RECEIVED },
};

TEST(filters_that_are_right)
{
	struct observe_filter f;
	char error[FILTER_ERROR_MAX];

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		unsigned terms = 0;

		CHECK_ROW(good[i].text, filter_parse(good[i].text, true, &f, error) == 0);
		for (unsigned k = 0; k < OBSERVE_TERMS_MAX; k++)
			terms += f.terms[k].kind != OBSERVE_TERM_NONE;
		CHECK_ROW(good[i].text, terms == good[i].terms && f.states == good[i].states);
		CHECK_ROW(good[i].text,
		    (filter_parse(good[i].text, false, &f, error) == 0) == (good[i].states == 0));
	}
	CHECK(filter_parse("net 10.1.0.0/16 and port 80", false, &f, error) == 0);
	CHECK(f.terms[0].kind == OBSERVE_TERM_NET && f.terms[0].prefix_bits == 112);
	CHECK(f.terms[0].base.bytes[12] == 10 && f.terms[0].base.bytes[13] == 1);
	CHECK(f.terms[1].kind == OBSERVE_TERM_PORT && f.terms[1].port == 80);
}

struct bad {
	const char *text, *error;
};

static const struct bad bad[] = {
	{ "10.0.0.1", "'10.0.0.1' in the filter: expected host, net or port" },
	{ "host", "the filter ends where an IPv4 or IPv6 address is expected" },
	{ "host example.test", "'example.test' in the filter: expected an IPv4 or IPv6 address" },
	{ "host 10.0.0.0/8", "expected an IPv4 or IPv6 address" },
	{ "net 10.0.0.0/33", "expected a subnet such as 10.0.0.0/8" },
	{ "port", "the filter ends where a port from 1 to 65535" },
	{ "port 0", "'0' in the filter: expected a port" },
	{ "port 65536", "expected a port" },
	{ "port 99999999999999999999", "expected a port" },
	{ "port http", "expected a port" },
	{ "port 80 port 81", "'port' in the filter: expected 'and'" },
	{ "port 80 or port 81", "'or' in the filter: expected 'and'" },
	{ "port 80 and", "the filter ends where host, net or port" },
	{ "and port 80", "'and' in the filter: expected host, net or port" },
	{ "not port 80", "'not' in the filter" },
	{ "state established", "'state' in the filter: expected host, net or port" },
	{ "port 1 and port 2 and port 3 and port 4 and port 5", "at most four" },
	{ "hostaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "...' in the" },
};

TEST(filters_that_are_wrong_are_told_where)
{
	struct observe_filter f;
	char error[FILTER_ERROR_MAX], *text;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		error[0] = 0;
		CHECK_ROW(bad[i].text, filter_parse(bad[i].text, false, &f, error) != 0);
		CHECK_ROW(bad[i].text, strstr(error, bad[i].error) != NULL);
	}
	CHECK(filter_parse("state", true, &f, error) != 0 && strstr(error, "a state such") != NULL);
	CHECK(filter_parse("state established,", true, &f, error) == 0);
	CHECK(filter_parse("state open", true, &f, error) != 0 && strstr(error, "'open'") != NULL);
	CHECK(filter_parse("state ,", true, &f, error) != 0);
	text = calloc(1, 4096);
	memset(text, 'a', 4095);
	CHECK(filter_parse(text, true, &f, error) != 0 && strstr(error, "longer than") != NULL);
	free(text);
}
