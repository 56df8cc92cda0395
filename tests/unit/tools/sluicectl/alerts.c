/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/sluicectl/alerts.h"

#include "tests/unit/harness.h"

#define NOW_NS (1764063314LL * 1000000000)

struct asked {
	const char *name, *words[4];
	long long limit, since_s; /* -1: not in the request */
	bool refused;
};

static const struct asked asked[] = {
	{ "nothing", { NULL }, -1, -1, false },
	{ "a limit", { "50" }, 50, -1, false },
	{ "the largest", { "1000" }, 1000, -1, false },
	{ "one more", { "1001" }, -1, -1, true },
	{ "none at all", { "0" }, -1, -1, true },
	{ "an age", { "--since", "2h" }, -1, 7200, false },
	{ "both", { "--since", "90s", "5" }, 5, 90, false },
	{ "days", { "7", "--since", "7d" }, 7, 604800, false },
	{ "before 1970", { "--since", "36000d" }, -1, 1764063314, false },
	{ "a word", { "all" }, 0, 0, true },
	{ "half a number", { "5x" }, 0, 0, true },
	{ "less than none", { "-1" }, 0, 0, true },
	{ "too large", { "99999999999" }, 0, 0, true },
	{ "no age", { "--since" }, 0, 0, true },
	{ "no unit", { "--since", "5" }, 0, 0, true },
	{ "another unit", { "--since", "5w" }, 0, 0, true },
	{ "two units", { "--since", "5hh" }, 0, 0, true },
	{ "an age that overflows", { "--since", "9999999999d" }, 0, 0, true },
	{ "an age of a hundred years", { "--since", "36501d" }, 0, 0, true },
};

static long long
number_at(const json_t *o, const char *key)
{
	const json_t *n = json_object_get(o, key);

	return n != NULL ? json_integer_value(n) : -1;
}

TEST(words_to_a_request)
{
	for (size_t i = 0; i < COUNT_OF(asked); i++) {
		const struct asked *a = &asked[i];
		const char *error;
		int words = 0;
		json_t *r;

		while (words < 4 && a->words[words] != NULL)
			words++;
		r = alerts_request(words, (char *const *)a->words, NOW_NS, &error);
		CHECK_ROW(a->name, (r == NULL) == a->refused && (error != NULL) == a->refused);
		if (r == NULL)
			continue;
		CHECK_ROW(a->name, number_at(r, "limit") == a->limit);
		CHECK_ROW(a->name, number_at(r, "since_ns") ==
				       (a->since_s < 0 ? -1 : NOW_NS - a->since_s * 1000000000LL));
		json_decref(r);
	}
}

TEST(who_asked_is_the_user_else_the_icap_client)
{
	static const struct {
		const char *client, *peer, *who;
	} rows[] = { { "192.0.2.7", "10.0.0.9", "192.0.2.7" }, { "", "10.0.0.9", "10.0.0.9" },
		{ "", "", "-" } };
	json_t *none = json_object();

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		json_t *a = json_pack("{s:s, s:s}", "client", rows[i].client, "peer", rows[i].peer);

		CHECK_ROW(rows[i].who, strcmp(alerts_who(a), rows[i].who) == 0);
		json_decref(a);
	}
	CHECK(strcmp(alerts_who(none), "-") == 0);
	json_decref(none);
}

TEST(what_was_found_is_the_threat_else_the_class)
{
	static const struct {
		const char *threat, *source, *shown;
	} rows[] = { { "A.Threat", "scanned", "A.Threat" }, { "", "encrypted", "(encrypted)" } };
	json_t *none = json_object();
	char class[ALERTS_CLASS_MAX];

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		json_t *a =
		    json_pack("{s:s, s:s}", "threat", rows[i].threat, "source", rows[i].source);

		CHECK_ROW(rows[i].shown, strcmp(alerts_threat(a, class), rows[i].shown) == 0);
		json_decref(a);
	}
	CHECK(strcmp(alerts_threat(none, class), "(-)") == 0);
	json_decref(none);
}
