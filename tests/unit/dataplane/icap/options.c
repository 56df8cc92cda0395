/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers to OPTIONS are kept: which of them, for how long, and that nobody gets another's. */
#include "dataplane/icap/icap.h"

#include "dataplane/icap/internal.h"
#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

#define KINDS (OPTIONS_KEPT + 4)

/* A path and an X-Include of its own for each kind of client. */
static const struct icap_profiles *
profiles(const char *include)
{
	static struct icap_profiles p;

	p = (struct icap_profiles){ .count = KINDS, .rule_count = KINDS };
	for (unsigned i = 0; i < KINDS; i++) {
		p.list[i] = (struct icap_profile){
			.by_path = { false, true }, .connections_max = 5, .busy_status = 503
		};
		snprintf(p.list[i].include, sizeof(p.list[i].include), "%s-%u", include, i);
		p.rules[i] = (struct icap_rule){ .kind = ICAP_BY_PATH, .profile = i };
		snprintf(p.rules[i].text, sizeof(p.rules[i].text), "kind/%u", i);
	}
	return &p;
}

static struct icap *
make(void)
{
	struct icap_config c = { .sessions_max = 1,
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "test",
		.idle_timeout = seconds(1),
		.pools = *sim_pools() };
	struct icap *i = icap_create(&c);

	icap_begin(i, (struct mono){ 1 });
	icap_set_istag(i, span_text("one"));
	icap_set_date(i, 1000000000);
	icap_set_profiles(i, profiles("X"));
	return i;
}

/* The answer on a connection of its own, NUL-terminated. */
static const char *
asked(struct icap *i, const char *path, const char *fields)
{
	static char reply[4096];
	struct icap_session *s = icap_session_create(i);
	struct chain bytes = CHAIN_EMPTY, out = CHAIN_EMPTY;
	char text[256];
	size_t n;

	snprintf(text, sizeof(text), "OPTIONS icap://h/%s ICAP/1.0\r\n%s\r\n", path, fields);
	CHECK(chain_append_copy(&bytes, sim_pools(), text, strlen(text)) == 0);
	icap_input(s, &bytes);
	while (icap_next(s) != ICAP_MORE && s->state != SESSION_OVER)
		continue;
	icap_take_output(s, &out);
	n = chain_copy_out(&out, 0, reply, sizeof(reply) - 1);
	reply[n] = 0;
	chain_free(&out);
	icap_session_destroy(s);
	return reply;
}

TEST(each_gets_its_own_also_where_there_are_more_kinds_than_kept)
{
	struct icap *i = make();
	char path[32], include[32];

	for (unsigned n = 0; n < 5 * KINDS; n++) {
		unsigned kind = n * 5 % KINDS;

		snprintf(path, sizeof(path), "kind/%u", kind);
		snprintf(include, sizeof(include), "X-Include: X-%u\r\n", kind);
		CHECK_SEED(n, strstr(asked(i, path, ""), include) != NULL);
		CHECK_SEED(n, i->options_kept == (n < OPTIONS_KEPT ? n + 1 : OPTIONS_KEPT));
	}
	icap_destroy(i);
	CHECK(sim_pools_used() == 0);
}

TEST(one_is_made_once_until_something_it_tells_changes)
{
	struct icap *i = make();
	char first[4096];

	snprintf(first, sizeof(first), "%s", asked(i, "kind/1", ""));
	CHECK(strstr(first, "ISTag: \"one\"\r\nDate: Sun, 09 Sep 2001 01:46:40 GMT\r\n") != NULL);
	CHECK(strcmp(asked(i, "kind/1", "User-Agent: another\r\n"), first) == 0);
	CHECK(i->options_kept == 1);
	icap_set_date(i, 1000000001);
	CHECK(strstr(asked(i, "kind/1", ""), "Date: Sun, 09 Sep 2001 01:46:41 GMT\r\n") != NULL);
	icap_set_istag(i, span_text("two"));
	CHECK(strstr(asked(i, "kind/1", ""), "ISTag: \"two\"\r\n") != NULL);
	icap_set_profiles(i, profiles("Y"));
	CHECK(strstr(asked(i, "kind/1", ""), "X-Include: Y-1\r\n") != NULL);
	CHECK(i->options_kept == 1);
	icap_destroy(i);
}

/* One profile, three sets of methods. */
TEST(the_methods_are_those_of_the_path)
{
	static const struct {
		const char *path, *methods;
	} cases[] = { { "av/reqmod", "Methods: REQMOD\r\n" },
		{ "av/respmod", "Methods: RESPMOD\r\n" }, { "kind/0", "Methods: RESPMOD\r\n" } };
	struct icap *i = make();

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned n = 0; n < COUNT_OF(cases); n++)
			CHECK_ROW(cases[n].path,
			    strstr(asked(i, cases[n].path, ""), cases[n].methods) != NULL);
	}
	icap_destroy(i);
}

TEST(the_last_of_a_connection_says_so_and_is_not_kept)
{
	struct icap *i = make();

	CHECK(strstr(asked(i, "kind/1", "Connection: close\r\n"), "Connection: close\r\n") != NULL);
	CHECK(i->options_kept == 0);
	CHECK(strstr(asked(i, "kind/1", ""), "Connection: close\r\n") == NULL);
	CHECK(strstr(asked(i, "kind/1", "Connection: close\r\n"), "Connection: close\r\n") != NULL);
	icap_destroy(i);
}
