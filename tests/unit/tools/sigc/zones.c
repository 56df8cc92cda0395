/* SPDX-License-Identifier: BSD-3-Clause */
/* Block lists as DNS servers read them: each line, and the names that it blocks. */
#include "tests/unit/tools/sigc/made.h"

static const struct {
	const char *line, *names; /* with blanks between; "": none, "!": left out and named */
} cases[] = {
	{ "address=/a.example/0.0.0.0", "a.example" },
	{ "address=/a.example/b.example/::", "a.example b.example" },
	{ "address=/a.example/127.0.0.1", "a.example" },
	{ "address=/a.example/", "a.example" },
	{ "address=/a.example/#", "a.example" },
	{ "address=/a.example/ # said", "a.example" },
	{ "server=/a.example/", "a.example" },
	{ "local=/a.example/", "a.example" },
	{ "address=/nas.example/192.0.2.9", "!" },
	{ "server=/a.example/192.0.2.9", "!" },
	{ "server=/a.example/#", "!" },
	{ "address=/#/", "!" },
	{ "address=/a.example", "!" },
	{ "address=/", "!" },
	{ "local-zone: \"a.example\" always_nxdomain", "a.example" },
	{ "  local-zone: 'a.example.' refuse # said", "a.example" },
	{ "local-zone: a.example static", "a.example" },
	{ "local-zone: \"a.example\" transparent", "!" },
	{ "local-zone: \"a.example\"", "!" },
	{ "local-data: \"a.example A 0.0.0.0\"", "a.example" },
	{ "local-data: \"a.example. 60 IN AAAA ::\"", "a.example" },
	{ "local-data: \"a.example A 192.0.2.9\"", "!" },
	{ "local-data: \"a.example TXT x\"", "!" },
	{ "local-data: \"\"", "!" },
	{ "server:", "" },
	{ "$TTL 60", "" },
	{ "$ORIGIN rpz.example.", "" },
	{ "$INCLUDE other", "!" },
	{ "@ IN SOA localhost. root.localhost. 1 2 3 4 5", "" },
	{ "  IN NS localhost.", "" },
	{ "\tNS localhost.", "" },
	{ "a.example CNAME .", "a.example" },
	{ "a.example CNAME . ; said, see https://b.example/", "a.example" },
	{ "*.a.example 60 IN CNAME *.", "a.example" },
	{ "a.example IN 1h30m CNAME rpz-drop.", "a.example" },
	{ "a.example A 0.0.0.0", "a.example" },
	{ "a.example A 192.0.2.9", "!" },
	{ "a.example CNAME rpz-passthru.", "!" },
	{ "a.example CNAME safe.example.", "!" },
	{ "a.example TXT \"b.example\"", "!" },
	{ "32.9.2.0.192.rpz-ip CNAME .", "!" },
	{ "ns.a.example.RPZ-NSDNAME CNAME .", "!" },
};

/* Whether the list has these names and no more. */
static bool
has_names(const struct made *m, const char *names)
{
	const struct url_entry *e = (const void *)m->sigc.urls.bytes;
	struct span rest = span_text(names);
	size_t n = 0;

	for (; rest.bytes > 0; n++) {
		struct span name = sigc_take_field(&rest, ' ');

		if ((n + 1) * sizeof(*e) > m->sigc.urls.used ||
		    !span_equal(name, span_of(m->sigc.url_keys.bytes + e[n].key, e[n].key_bytes)))
			return false;
	}
	return n * sizeof(*e) == m->sigc.urls.used;
}

TEST(a_dns_servers_line_blocks_what_the_server_would)
{
	for (unsigned i = 0; i < COUNT_OF(cases); i++) {
		struct made m;
		bool left_out = strcmp(cases[i].names, "!") == 0;

		made_begin(&m);
		CHECK_ROW(
		    m.sigc.error, made_list(&m, "a.conf", cases[i].line, REPUTATION_BAD) == 0);
		CHECK_ROW(cases[i].line, has_names(&m, left_out ? "" : cases[i].names));
		CHECK_ROW(cases[i].line, m.sigc.skipped[SKIP_RESOLVER] == left_out);
		made_end(&m);
	}
}

/* Names are the zone's own where it says its name, and a record goes on in parentheses. */
TEST(a_zone_file_is_read_as_a_whole)
{
	static const struct {
		const char *zone, *names;
	} zones[] = {
		{ "$ORIGIN rpz.example.\n$TTL 1h\n@ SOA a. b. (\n\t2024010101 ; number\n\t1h 15m "
		  "30d "
		  "2h )\n  NS localhost.\n; said\na.example CNAME .\nb.example.rpz.example. cname "
		  ".\n",
		    "a.example b.example" },
		{ "rpz.example.\t60\tIN\tSOA a. b. 1 2 3 4 5\nrpz.example. 60 IN NS a.\n"
		  "*.a.example.RPZ.example.\t60\tIN\tCNAME\t.\na.rpz.example.b.example CNAME .\n",
		    "a.example a.rpz.example.b.example" },
		{ "http://a.example/SOA(x\nb.example\n", "a.example/SOA(x b.example" },
		{ "$TTL 60\na.example TXT \"(\"\nb.example CNAME .\n", "b.example" },
		{ "$TTL 60\na.example a 0.0.0.0\n\ta 0.0.0.0\nb.example hinfo x y\n", "a.example" },
	};

	for (unsigned i = 0; i < COUNT_OF(zones); i++) {
		struct made m;

		made_begin(&m);
		CHECK_ROW(
		    m.sigc.error, made_list(&m, "a.zone", zones[i].zone, REPUTATION_BAD) == 0);
		CHECK_ROW(zones[i].zone, has_names(&m, zones[i].names));
		made_end(&m);
	}
}

/* Else all that follows would be lost in silence. */
TEST(a_parenthesis_that_is_not_closed_is_told)
{
	struct made m;

	made_begin(&m);
	CHECK(
	    made_list(&m, "a.zone", "@ SOA a. b. (\n1\na.example CNAME .\n", REPUTATION_BAD) != 0);
	CHECK_ROW(m.sigc.error,
	    strstr(m.sigc.error, "a.zone:3: a record whose parenthesis is not closed") != NULL);
	made_end(&m);
}

/* What a list kept does not reach into the next. */
TEST(a_zone_ends_with_its_file)
{
	struct made m;

	made_begin(&m);
	CHECK(made_list(&m, "a.zone", "$TTL 60\na.example CNAME .\n", REPUTATION_BAD) == 0);
	CHECK(made_list(&m, "b.txt", "b.example cname\n", REPUTATION_BAD) == 0);
	CHECK(has_names(&m, "a.example b.example"));
	made_end(&m);
}
