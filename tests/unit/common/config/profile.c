/* SPDX-License-Identifier: BSD-3-Clause */
/* Profiles: those we ship, one's keys, files of a directory, the rules, and the words of refusals.
 */
#include "common/config/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define BASE "dataplane: {port: {interface: eth1}, addresses: [10.9.0.2/24]}\n"

static int
load(const char *settings, struct config_profiles **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct config *c = NULL;
	char text[2048];
	int rc;

	*out = NULL;
	snprintf(text, sizeof(text), BASE "profiles: {%s}\n", settings);
	rc = config_load_text(span_text(text), "t.yaml", NULL, 0, &c, error);
	if (rc == 0)
		rc = config_profiles_load(c, out, error);
	config_free(c);
	return rc;
}

static const struct config_profile *
find(const struct config_profiles *p, const char *name)
{
	for (unsigned i = 0; p != NULL && i < p->count; i++) {
		if (strcmp(p->list[i].name, name) == 0)
			return &p->list[i];
	}
	return NULL;
}

TEST(shipped_profiles_load)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config_profiles *p;
	struct config_profile usual;

	CHECK_ROW(error, load("", &p, error) == 0);
	if (p == NULL)
		return;
	CHECK(strcmp(p->list[p->fallback].name, "generic") == 0 && p->rule_count == 0);
	config_profile_init(&usual, "generic");
	CHECK(memcmp(&usual, find(p, "generic"), sizeof(usual)) == 0);
	CHECK(find(p, "trafficserver")->clean == CLEAN_OBJECT);
	CHECK(find(p, "trafficserver")->busy_status == 506);
	CHECK(find(p, "illumos")->violations == VIOLATIONS_RECORDS);
	CHECK(find(p, "f5")->one_reply_a_segment && find(p, "checkpoint")->page_version == 1);
	CHECK(find(p, "nextcloud")->unjudged == UNJUDGED_CODE && !find(p, "nextcloud")->preview);
	config_profiles_free(p);
}

/* Each shipped profile and each key stands in the manual, the key with its default. */
TEST(the_manual_names_profiles_and_keys)
{
	char *manual = calloc(1, 1 << 16), row[160];
	FILE *f = fopen("docs/profiles.md", "r");
	struct config_shipped_profile file;
	const char *key, *fallback;

	CHECK(f != NULL && fread(manual, 1, (1 << 16) - 1, f) > 0);
	if (f != NULL)
		fclose(f);
	for (unsigned n = 0; (file = config_shipped_profile(n)).name != NULL; n++) {
		snprintf(row, sizeof(row), "| [`%s`](clients/%s.md) |", file.name, file.name);
		CHECK_ROW(
		    file.name, strcmp(file.name, "generic") == 0 || strstr(manual, row) != NULL);
		snprintf(row, sizeof(row), "docs/clients/%s.md", file.name);
		CHECK_ROW(row, strcmp(file.name, "generic") == 0 || access(row, R_OK) == 0);
	}
	for (unsigned n = 0; (key = config_profile_key(n, &fallback)) != NULL; n++) {
		snprintf(row, sizeof(row), fallback != NULL ? "| `%s` | `%s` |" : "| `%s` | |", key,
		    fallback);
		CHECK_ROW(key, strstr(manual, row) != NULL);
	}
	free(manual);
}

TEST(one_profile_refusals)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "previw: no",
		    "p:1: previw: no such key; expected one of preview, preview_bytes" },
		{ "clean: never", "p:1: clean: 'never' is not one of as_allowed, 204, object" },
		{ "preview: 5", "p:1: preview: '5' is not true or false" },
		{ "a: 1\nclean: x", "p:1: a: no such key" },
		{ "clean: [204]", "p:1: clean: expected one value" },
		{ "busy_status: 404", "p:1: busy_status: '404' is not a number from 500 to 599" },
		{ "virus_header: 'X-A: b'", "p:1: virus_header: 'X-A: b' is not a header's name" },
		{ "virus_header: \"X\\r\\n\"",
		    "p:1: virus_header: 'X\\x0d\\x0a' is not a header's name" },
		{ "client_ip_header: A, B",
		    "p:1: client_ip_header: 'A, B' is not a header's name" },
		{ "preview: no\npreview: no",
		    "p:2: preview: is given a second time (first in line 1)" },
		{ "- a", "p:1: expected keys and values" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char error[CONFIG_ERROR_TEXT_MAX] = "";
		struct config_profile p;

		config_profile_init(&p, "p");
		CHECK_ROW(cases[i].text,
		    config_profile_parse(span_text(cases[i].text), "p", &p, error) == -EINVAL);
		CHECK_ROW(error, strncmp(error, cases[i].error, strlen(cases[i].error)) == 0);
	}
}

TEST(one_profile_values)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config_profile p;
	static const char text[] = "preview_bytes: 0\nclean: 204\nuser_headers: X-A, X-B\n"
				   "virus_header: ''\nforwarded_for: last\nhold_timeout_s: 7\n";

	config_profile_init(&p, "p");
	CHECK(p.preview_bytes == CONFIG_UNSET && p.hold_timeout_s == CONFIG_UNSET);
	CHECK_ROW(error, config_profile_parse(span_text(text), "p", &p, error) == 0);
	CHECK(p.preview_bytes == 0 && p.clean == CLEAN_204 && p.hold_timeout_s == 7);
	CHECK(strcmp(p.user_headers, "X-A, X-B") == 0 && p.virus_header[0] == 0);
	CHECK(p.forwarded_for == FORWARDED_LAST &&
	      strcmp(p.infection_header, "X-Infection-Found") == 0);
}

TEST(rules_load_in_their_order)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config_profiles *p;

	CHECK_ROW(
	    error, load("fallback: squid, sources: [10.0.0.0/8 f5, '2001:db8::/32  squid'], "
			"paths: [/avscan trafficserver, / f5], agents: ['Forti OS* fortigate']",
		       &p, error) == 0);
	if (p == NULL)
		return;
	CHECK(strcmp(p->list[p->fallback].name, "squid") == 0 && p->rule_count == 5);
	CHECK(p->rules[0].kind == RULE_PATH && strcmp(p->rules[0].text, "avscan") == 0);
	CHECK(p->rules[1].kind == RULE_PATH && p->rules[1].text[0] == 0);
	CHECK(p->rules[2].kind == RULE_SOURCE && p->rules[2].subnet.prefix_bits == 104);
	CHECK(strcmp(p->list[p->rules[2].profile].name, "f5") == 0);
	CHECK(strcmp(p->list[p->rules[3].profile].name, "squid") == 0);
	CHECK(p->rules[4].kind == RULE_AGENT && strcmp(p->rules[4].text, "Forti OS*") == 0);
	config_profiles_free(p);
}

TEST(rule_refusals)
{
	static const struct {
		const char *settings, *error;
	} cases[] = {
		{ "fallback: squib", "profiles.fallback: 'squib', expected the name of a profile" },
		{ "sources: [10.0.0.0/8]", "profiles.sources: '10.0.0.0/8', expected what to go "
					   "by, a blank, and a profile" },
		{ "sources: [10.0.0.0/99 f5]",
		    "profiles.sources: '10.0.0.0/99 f5', expected an address or subnet" },
		{ "sources: [10.0.0.0/8 f6]", "profiles.sources: '10.0.0.0/8 f6', expected the "
					      "name of a profile at its end" },
		{ "paths: [avscan f5]",
		    "profiles.paths: 'avscan f5', expected a path, as /avscan" },
		{ "paths: ['/av?x=y f5']",
		    "profiles.paths: '/av?x=y f5', expected a path, as /avscan" },
		{ "paths: ['/av scan f5']",
		    "profiles.paths: '/av scan f5', expected a path, as /avscan" },
		{ "agents: ['* ']", "profiles.agents: '* ', expected the name of a profile" },
		{ "directory: /nonexistent",
		    "profiles.directory: '/nonexistent', expected a directory" },
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char error[CONFIG_ERROR_TEXT_MAX] = "";
		struct config_profiles *p;

		CHECK_ROW(cases[i].settings, load(cases[i].settings, &p, error) == -EINVAL);
		CHECK_ROW(error, strncmp(error, cases[i].error, strlen(cases[i].error)) == 0);
	}
}

static void
write_file(const char *directory, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	CHECK(f != NULL && fputs(text, f) >= 0);
	if (f != NULL)
		fclose(f);
}

TEST(a_directory_adds_and_replaces)
{
	char place[] = "/tmp/sluice-profiles-XXXXXX", settings[128], path[128];
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config_profiles *p;

	CHECK(mkdtemp(place) != NULL);
	write_file(place, "mine.yaml", "clean: object\n");
	write_file(place, "f5.yaml", "# nothing set\n");
	write_file(place, "notes.txt", "not one of them");
	snprintf(settings, sizeof(settings), "directory: %s, fallback: mine", place);
	CHECK_ROW(error, load(settings, &p, error) == 0);
	if (p != NULL) {
		CHECK(find(p, "mine")->clean == CLEAN_OBJECT);
		CHECK(!find(p, "f5")->one_reply_a_segment && find(p, "notes") == NULL);
	}
	config_profiles_free(p);
	write_file(place, "mine.yaml", "clean: of course\n");
	CHECK(load(settings, &p, error) == -EINVAL && strstr(error, "mine.yaml:1: clean:") != NULL);
	write_file(place, "mine.yaml", "");
	write_file(place, "Bad Name.yaml", "");
	CHECK(load(settings, &p, error) == -EINVAL && strstr(error, "Bad Name.yaml") != NULL);
	static const char *const files[] = { "mine.yaml", "f5.yaml", "notes.txt", "Bad Name.yaml" };
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", place, files[i]);
		CHECK(unlink(path) == 0);
	}
	CHECK(rmdir(place) == 0);
}
