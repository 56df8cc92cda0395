/* SPDX-License-Identifier: BSD-3-Clause */
/* Which profile a request gets, and what of it the session itself does. */
#include "dataplane/icap/internal.h"

#include "tests/sim/sim.h"
#include "tests/unit/harness.h"

enum {
	USUAL,
	BY_PATH,
	BY_SOURCE,
	BY_AGENT,
	KINDS
};

static struct icap_profiles
profiles(void)
{
	static struct icap_profiles p;

	p = (struct icap_profiles){ .count = KINDS, .rule_count = 5 };
	for (unsigned i = 0; i < KINDS; i++)
		p.list[i] = (struct icap_profile){ .preview = true,
			.offer_204 = true,
			.allow_out = true,
			.by_path = { false, true },
			.preview_bytes = 100 + i,
			.options_ttl_seconds = 60,
			.connections_max = 5,
			.busy_status = 503,
			.include = "X-A",
			.infection_header = "X-I",
			.virus_header = "X-V" };
	p.list[BY_PATH].offer_204 = p.list[BY_PATH].preview = p.list[BY_PATH].allow_out = false;
	p.list[BY_SOURCE].clean = ICAP_CLEAN_204;
	p.list[BY_SOURCE].busy_status = 506;
	p.list[BY_AGENT].one_reply_a_segment = true;
	p.rules[0] =
	    (struct icap_rule){ .kind = ICAP_BY_PATH, .profile = BY_PATH, .text = "avscan" };
	p.rules[1] = (struct icap_rule){ .kind = ICAP_BY_SOURCE, .profile = BY_SOURCE };
	CHECK(subnet_parse(span_text("10.0.0.0/8"), &p.rules[1].subnet) == 0);
	p.rules[2] =
	    (struct icap_rule){ .kind = ICAP_BY_AGENT, .profile = BY_AGENT, .text = "forti*" };
	p.rules[3] = (struct icap_rule){ .kind = ICAP_BY_AGENT, .profile = USUAL, .text = "*" };
	p.rules[4] = (struct icap_rule){ .kind = ICAP_BY_PATH, .profile = BY_PATH, .text = "" };
	return p;
}

static struct icap *
make(void)
{
	struct icap_config c = { .sessions_max = 1,
		.connections_max = 1,
		.reqmod_path = "av/reqmod",
		.respmod_path = "av/respmod",
		.service_name = "test",
		.idle_timeout = seconds(1),
		.pools = *sim_pools() };
	struct icap_profiles p = profiles();
	struct icap *i = icap_create(&c);

	icap_set_profiles(i, &p);
	icap_begin(i, (struct mono){ 1 });
	return i;
}

static void
put(struct icap_session *s, const char *text)
{
	struct chain bytes = CHAIN_EMPTY;

	CHECK(chain_append_copy(&bytes, sim_pools(), text, strlen(text)) == 0);
	icap_input(s, &bytes);
}

/* What was sent so far, NUL-terminated. */
static const char *
taken(struct icap_session *s)
{
	static char text[4096];
	struct chain out = CHAIN_EMPTY;
	size_t n;

	icap_take_output(s, &out);
	n = chain_copy_out(&out, 0, text, sizeof(text) - 1);
	text[n] = 0;
	chain_free(&out);
	return text;
}

TEST(a_profile_is_chosen_by_path_then_source_then_agent)
{
	static const struct {
		const char *path, *peer, *agent;
		unsigned expected;
	} rows[] = {
		{ "av/respmod", "192.0.2.1", "", USUAL },
		{ "avscan", "10.0.0.1", "FortiOS", BY_PATH },
		{ "av/respmod", "10.0.0.1", "FortiOS", BY_SOURCE },
		{ "av/respmod", "192.0.2.1", "FortiOS v7", BY_AGENT },
		{ "av/respmod?x=avscan", "192.0.2.1", "Other", USUAL },
		{ "avscan?allow204=on", "192.0.2.1", "", BY_PATH },
		{ "", "10.0.0.1", "", BY_PATH },
		{ "?allow204=on", "10.0.0.1", "", BY_PATH },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct icap *icap = make();
		struct icap_session *s = icap_session_create(icap);
		struct ip_address peer;
		char text[512], preview[32];

		CHECK(address_parse(span_text(rows[i].peer), &peer) == 0);
		icap_session_set_peer(s, &peer);
		snprintf(text, sizeof(text), "OPTIONS icap://h/%s ICAP/1.0\r\n%s%s%s\r\n",
		    rows[i].path, rows[i].agent[0] != 0 ? "User-Agent: " : "", rows[i].agent,
		    rows[i].agent[0] != 0 ? "\r\n" : "");
		put(s, text);
		CHECK(icap_next(s) == ICAP_MORE);
		CHECK_ROW(text, icap_session_profile(s) == rows[i].expected);
		snprintf(preview, sizeof(preview), "Preview: %u\r\n", 100 + rows[i].expected);
		CHECK_ROW(
		    text, (strstr(taken(s), preview) != NULL) == (rows[i].expected != BY_PATH));
		icap_session_destroy(s);
		icap_destroy(icap);
	}
}

/* A URI that is sent again is asked for by what holds then, and by the method that sends it. */
TEST(what_a_path_serves_is_what_profiles_say_now)
{
	static const char options[] = "OPTIONS icap://h/avscan ICAP/1.0\r\n\r\n";
	struct icap_profiles none = { .count = 1 };
	struct icap *icap = make();
	struct icap_session *s = icap_session_create(icap);

	for (unsigned i = 0; i < 2; i++) {
		put(s, options);
		CHECK(icap_next(s) == ICAP_MORE && icap_session_profile(s) == BY_PATH);
		CHECK(strncmp(taken(s), "ICAP/1.0 200", 12) == 0);
	}
	put(s, "OPTIONS icap://h/avscam ICAP/1.0\r\n\r\n");
	CHECK(icap_next(s) == ICAP_CLOSE && strncmp(taken(s), "ICAP/1.0 404", 12) == 0);
	icap_session_destroy(s);

	s = icap_session_create(icap);
	put(s, "REQMOD icap://h/avscan ICAP/1.0\r\nEncapsulated: null-body=0\r\n\r\n");
	CHECK(icap_next(s) == ICAP_CLOSE && strncmp(taken(s), "ICAP/1.0 405", 12) == 0);
	icap_session_destroy(s);

	none.list[0] = icap->profiles.list[USUAL];
	icap_set_profiles(icap, &none);
	s = icap_session_create(icap);
	put(s, options);
	CHECK(icap_next(s) == ICAP_CLOSE && strncmp(taken(s), "ICAP/1.0 404", 12) == 0);
	icap_session_destroy(s);
	icap_destroy(icap);
}

/* OPTIONS names the client; what follows on the connection need not. */
TEST(an_agent_named_once_stays_for_the_connection)
{
	struct icap *icap = make();
	struct icap_session *s = icap_session_create(icap);

	put(s, "OPTIONS icap://h/av/respmod ICAP/1.0\r\nUser-Agent: FortiOS\r\n\r\n");
	CHECK(icap_next(s) == ICAP_MORE && icap_session_profile(s) == BY_AGENT);
	icap_all_sent(s);
	put(s, "OPTIONS icap://h/av/respmod ICAP/1.0\r\n\r\n");
	CHECK(icap_next(s) == ICAP_MORE && icap_session_profile(s) == BY_AGENT);
	icap_session_destroy(s);
	icap_destroy(icap);
}

TEST(options_tell_what_the_profile_offers)
{
	struct icap *icap = make();
	struct icap_session *s = icap_session_create(icap);
	const char *text;

	put(s,
	    "OPTIONS icap://h/avscan ICAP/1.0\r\n\r\nOPTIONS icap://h/av/reqmod ICAP/1.0\r\n\r\n");
	CHECK(icap_next(s) == ICAP_MORE);
	text = taken(s);
	CHECK(strstr(text, "\r\nMethods: RESPMOD\r\n") != NULL);
	CHECK(strstr(text, "\r\nMethods: REQMOD\r\n") != NULL);
	CHECK(strstr(text, "\r\nX-Allow-Out: X-I, X-V, X-Violations-Found\r\n") != NULL);
	text = strstr(text + 5, "ICAP/1.0 200"); /* the second: the usual profile */
	CHECK(text != NULL && strstr(text, "\r\nAllow: 204\r\n") != NULL);
	put(s, "OPTIONS icap://h/avscan ICAP/1.0\r\n\r\n");
	CHECK(icap_next(s) == ICAP_MORE);
	text = taken(s);
	CHECK(strstr(text, "Allow: 204") == NULL && strstr(text, "Preview") == NULL);
	CHECK(strstr(text, "X-Allow-Out") == NULL);
	icap_session_destroy(s);
	icap_destroy(icap);
}

TEST(a_path_of_a_rule_serves_what_its_profile_says)
{
	struct icap *icap = make();
	struct icap_session *s = icap_session_create(icap);

	put(s, "REQMOD icap://h/avscan ICAP/1.0\r\nEncapsulated: null-body=0\r\n\r\n");
	CHECK(icap_next(s) == ICAP_CLOSE);
	CHECK(strncmp(taken(s), "ICAP/1.0 405", 12) == 0);
	icap_session_destroy(s);
	icap_destroy(icap);
}

/* Whoever finds no place is told so in its own profile's words, framed as any answer. */
TEST(a_refusal_goes_by_the_address)
{
	static const struct {
		const char *peer, *says;
	} rows[] = { { "10.0.0.1", "ICAP/1.0 506 Server too busy\r\n" },
		{ "192.0.2.1", "ICAP/1.0 503 Service overloaded\r\n" } };
	struct icap *icap = make();

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct chain out = CHAIN_EMPTY;
		struct ip_address peer;
		char text[1024];
		size_t n;

		CHECK(address_parse(span_text(rows[i].peer), &peer) == 0);
		CHECK(icap_refusal(icap, &peer, &out) == 0);
		n = chain_copy_out(&out, 0, text, sizeof(text) - 1);
		text[n] = 0;
		chain_free(&out);
		CHECK_ROW(rows[i].peer, strncmp(text, rows[i].says, strlen(rows[i].says)) == 0);
		CHECK_ROW(rows[i].peer, strstr(text, "\r\nConnection: close\r\n") != NULL);
		CHECK_ROW(rows[i].peer, strstr(text, "\r\nISTag: ") != NULL);
		CHECK_ROW(rows[i].peer,
		    n > 31 && strcmp(text + n - 29, "Encapsulated: null-body=0\r\n\r\n") == 0);
	}
	icap_destroy(icap);
	CHECK(sim_pools_used() == 0);
}

/* One reply, and no more until the peer has it all; then the next, and so on. */
TEST(one_reply_a_segment)
{
	static const char request[] =
	    "OPTIONS icap://h/av/respmod ICAP/1.0\r\nUser-Agent: FortiOS\r\n\r\n";
	struct icap *icap = make();
	struct icap_session *s = icap_session_create(icap);

	for (unsigned i = 0; i < 3; i++)
		put(s, request);
	for (unsigned i = 0; i < 3; i++) {
		const char *text;

		CHECK(!icap_waits_for_sent(s));
		CHECK(icap_next(s) == ICAP_MORE && icap_waits_for_sent(s));
		text = taken(s);
		CHECK(
		    strncmp(text, "ICAP/1.0 200", 12) == 0 && strstr(text + 5, "ICAP/1.0") == NULL);
		CHECK(icap_next(s) == ICAP_MORE && taken(s)[0] == 0);
		icap_all_sent(s);
	}
	CHECK(icap_next(s) == ICAP_MORE && taken(s)[0] == 0);
	icap_session_destroy(s);
	icap_destroy(icap);
	CHECK(sim_pools_used() == 0);
}
