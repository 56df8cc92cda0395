/* SPDX-License-Identifier: BSD-3-Clause */
/* What a configuration becomes: exclusions, formats for the sandbox, result classes, errors. */
#include "dataplane/inspect/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/harness.h"

static const char bare[] = "dataplane: {port: {interface: eth1}, addresses: [192.0.2.10/24]}";

static struct config *
config_of(const char *const *set, unsigned count)
{
	char error[CONFIG_ERROR_TEXT_MAX] = "";
	struct config *c = NULL;

	if (config_load_text(span_text(bare), "test", set, count, &c, error) != 0)
		fprintf(stderr, "  %s\n", error);
	return c;
}

/* The policy of a configuration whose exclusions are these, however they came there. */
static int
make(struct config_exclusion *rules, unsigned count, struct policy **p, char *error)
{
	struct config *c = config_of(NULL, 0);
	int rc;

	*p = NULL;
	error[0] = 0;
	c->exclusions = rules;
	c->exclusions_count = count;
	rc = policy_create(c, p, error);
	c->exclusions = NULL;
	c->exclusions_count = 0;
	config_free(c);
	return rc;
}

/* Whether the policy excludes what the criterion is about. */
static bool
excludes(const struct policy *p, enum config_criterion criterion, const char *what)
{
	static const uint8_t md5[16] = { 0xd4, 0x1d, 0x8c, 0xd9, 0x8f, 0x00, 0xb2, 0x04, 0xe9, 0x80,
		0x09, 0x98, 0xec, 0xf8, 0x42, 0x7e };
	uint8_t other[16] = { 0 };
	struct ip_subnet s;

	switch (criterion) {
	case CRITERION_FORMAT:
		return policy_excludes_format(p, format_by_word(span_text(what)));
	case CRITERION_USER_AGENT:
		return policy_excludes_user_agent(p, span_text(what));
	case CRITERION_URL:
		return policy_excludes_url(p, span_text(what));
	case CRITERION_MD5:
		return policy_excludes_md5(p, what[0] == '=' ? md5 : other);
	case CRITERION_SOURCE:
		CHECK_ROW(what, subnet_parse(span_text(what), &s) == 0);
		return policy_excludes_source(p, &s.base);
	}
	return false;
}

static const struct {
	enum config_criterion criterion;
	const char *rule, *in, *out;
} exclusions[] = {
	{ CRITERION_URL, "*.test/dir/*", "a.test/dir/x", "a.test/other" },
	{ CRITERION_URL, "a\\*b", "a*b", "axb" },
	{ CRITERION_URL, "a.test", "A.TEST", "a.test/" },
	{ CRITERION_USER_AGENT, "curl/*", "curl/7.88", "wget/1" },
	{ CRITERION_USER_AGENT, "*", "", NULL },
	{ CRITERION_SOURCE, "192.0.2.7", "192.0.2.7", "192.0.2.8" },
	{ CRITERION_SOURCE, "192.0.2.0/25", "192.0.2.127", "192.0.2.128" },
	{ CRITERION_SOURCE, "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
	{ CRITERION_SOURCE, "0.0.0.0/0", "198.51.100.1", "2001:db8::1" },
	{ CRITERION_MD5, "d41d8cd98f00b204e9800998ecf8427e", "=", "other" },
	{ CRITERION_MD5, "D41D8CD98F00B204E9800998ECF8427E", "=", "other" },
	{ CRITERION_FORMAT, "GeneralTxt", "GeneralTxt", "Zip" },
};

TEST(each_exclusion_holds_for_what_it_says)
{
	for (unsigned i = 0; i < COUNT_OF(exclusions); i++) {
		struct config_exclusion rule = { exclusions[i].criterion,
			(char *)(uintptr_t)exclusions[i].rule, true };
		char error[CONFIG_ERROR_TEXT_MAX];
		uint64_t key = config_exclusion_key(&rule);
		char name[64];
		struct policy *p;

		CHECK_ROW(exclusions[i].rule, make(&rule, 1, &p, error) == 0);
		if (p == NULL)
			continue;
		snprintf(
		    name, sizeof(name), "%s %s", config_criterion_word(rule.criterion), rule.value);
		CHECK_ROW(name, strcmp(policy_exclusion(p, key), name) == 0);
		CHECK_ROW(name, policy_exclusion(p, key + 1)[0] == 0);
		CHECK_ROW(exclusions[i].rule, excludes(p, rule.criterion, exclusions[i].in));
		if (exclusions[i].out != NULL)
			CHECK_ROW(
			    exclusions[i].rule, !excludes(p, rule.criterion, exclusions[i].out));
		CHECK_ROW(exclusions[i].rule,
		    policy_has_format_rules(p) == (rule.criterion == CRITERION_FORMAT));
		policy_free(p);

		rule.enabled = false;
		CHECK_ROW(exclusions[i].rule, make(&rule, 1, &p, error) == 0);
		CHECK_ROW(exclusions[i].rule, !excludes(p, rule.criterion, exclusions[i].in));
		CHECK_ROW(exclusions[i].rule, !policy_has_format_rules(p));
		CHECK_ROW(exclusions[i].rule, policy_exclusion(p, key)[0] == 0);
		policy_free(p);
	}
}

TEST(wrong_exclusions_are_refused_by_name)
{
	static const struct {
		enum config_criterion criterion;
		const char *rule;
	} rows[] = {
		{ CRITERION_FORMAT, "NoSuchFormat" },
		{ CRITERION_FORMAT, "" },
		{ CRITERION_MD5, "d41d8cd98f00b204e9800998ecf8427" },
		{ CRITERION_MD5, "d41d8cd98f00b204e9800998ecf8427e0" },
		{ CRITERION_MD5, "x41d8cd98f00b204e9800998ecf8427e" },
		{ CRITERION_SOURCE, "192.0.2.7/33" },
		{ CRITERION_SOURCE, "192.0.2" },
		{ CRITERION_SOURCE, "example.test" },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct config_exclusion rule = { rows[i].criterion, (char *)(uintptr_t)rows[i].rule,
			true };
		char error[CONFIG_ERROR_TEXT_MAX];
		struct policy *p;

		CHECK_ROW(rows[i].rule, make(&rule, 1, &p, error) == -EINVAL && p == NULL);
		CHECK_ROW(rows[i].rule, strncmp(error, "exclusions: ", 12) == 0);
		CHECK_ROW(rows[i].rule, strstr(error, rows[i].rule) != NULL);
		CHECK_ROW(rows[i].rule, strstr(error, "expected ") != NULL);
		rule.enabled = false; /* a rule that is off is not looked at */
		CHECK_ROW(rows[i].rule, make(&rule, 1, &p, error) == 0);
		policy_free(p);
	}
}

TEST(exclusions_have_a_bound)
{
	struct config_exclusion *rules = calloc(EXCLUSIONS_MAX + 1, sizeof(*rules));
	char error[CONFIG_ERROR_TEXT_MAX], last[] = "last.test";
	struct policy *p;

	for (unsigned i = 0; i <= EXCLUSIONS_MAX; i++)
		rules[i] = (struct config_exclusion){ CRITERION_URL, last, true };
	CHECK(make(rules, EXCLUSIONS_MAX, &p, error) == 0);
	CHECK(policy_excludes_url(p, span_text("last.test")));
	policy_free(p);
	CHECK(make(rules, EXCLUSIONS_MAX + 1, &p, error) == -EINVAL);
	CHECK(strstr(error, "4096") != NULL);
	free(rules);
}

TEST(classes_get_what_the_configuration_says)
{
	static const struct {
		const char *allow, *block;
		enum source class;
	} rows[] = {
		{ "policy.oversize=allow", "policy.oversize=block", SOURCE_OVERSIZE },
		{ "policy.timeout=allow", "policy.timeout=block", SOURCE_TIMEOUT },
		{ "policy.overload=allow", "policy.overload=block", SOURCE_OVERLOAD },
		{ "policy.encrypted=allow", "policy.encrypted=block", SOURCE_ENCRYPTED },
		{ "policy.corrupt=allow", "policy.corrupt=block", SOURCE_CORRUPT },
		{ "policy.unsupported=allow", "policy.unsupported=block", SOURCE_UNSUPPORTED },
		{ "policy.error=allow", "policy.error=block", SOURCE_ERROR },
	};

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		struct config *allow = config_of(&rows[i].allow, 1),
			      *block = config_of(&rows[i].block, 1);
		char error[CONFIG_ERROR_TEXT_MAX];
		struct policy *a, *b;

		CHECK_ROW(rows[i].allow, policy_create(allow, &a, error) == 0);
		CHECK_ROW(rows[i].allow, policy_create(block, &b, error) == 0);
		CHECK_ROW(rows[i].allow, policy_allows(a, rows[i].class));
		CHECK_ROW(rows[i].allow, !policy_allows(b, rows[i].class));
		CHECK_ROW(rows[i].allow, policy_stamp(a) != policy_stamp(b));
		policy_free(a);
		policy_free(b);
		config_free(allow);
		config_free(block);
	}
}

TEST(the_stamp_is_that_of_the_text)
{
	struct config *one = config_of(NULL, 0), *two = config_of(NULL, 0);
	char error[CONFIG_ERROR_TEXT_MAX];
	struct policy *a = NULL, *b = NULL;

	CHECK(policy_create(one, &a, error) == 0 && policy_create(two, &b, error) == 0);
	CHECK(policy_stamp(a) == policy_stamp(b) && policy_stamp(a) != 0);
	policy_free(a);
	policy_free(b);
	config_free(one);
	config_free(two);
}

TEST(formats_for_the_sandbox)
{
	char zip[] = "Zip", wrong[] = "NoSuchFormat";
	char *formats[] = { zip };
	struct config *c = config_of(NULL, 0);
	char **kept = c->sandbox.formats;
	unsigned kept_count = c->sandbox.formats_count;
	unsigned kind = c->sandbox.kind;
	char error[CONFIG_ERROR_TEXT_MAX];
	struct policy *p = NULL;

	c->sandbox.formats = formats;
	c->sandbox.formats_count = 1;
	CHECK(kind != SANDBOX_NONE && policy_create(c, &p, error) == 0);
	CHECK(policy_sandboxes(p, format_by_word(span_text("Zip"))));
	CHECK(!policy_sandboxes(p, format_by_word(span_text("GeneralTxt"))));
	policy_free(p);
	formats[0] = wrong;
	CHECK(policy_create(c, &p, error) == -EINVAL);
	CHECK(strstr(error, "sandbox.formats: 'NoSuchFormat'") != NULL);
	formats[0] = zip;
	c->sandbox.kind = SANDBOX_NONE;
	CHECK(policy_create(c, &p, error) == 0);
	CHECK(!policy_sandboxes(p, format_by_word(span_text("Zip"))));
	policy_free(p);
	c->sandbox.formats = kept;
	c->sandbox.formats_count = kept_count;
	config_free(c);
}

/* A directory of pages that is right, and one that is not there. */
TEST(pages)
{
	char path[] = "/tmp/sluice-page-XXXXXX", error[CONFIG_ERROR_TEXT_MAX], file[64];
	struct config *c = config_of(NULL, 0);
	char *kept = c->pages.directory;
	struct policy *p;
	uint64_t before;
	FILE *f;

	CHECK(mkdtemp(path) != NULL);
	c->pages.directory = path;
	CHECK(policy_create(c, &p, error) == 0);
	before = policy_stamp(p);
	policy_free(p);
	snprintf(file, sizeof(file), "%s/blocked.html", path);
	f = fopen(file, "w");
	fputs("<p>{{url}}", f);
	fclose(f);
	CHECK(policy_create(c, &p, error) == 0);
	CHECK(policy_stamp(p) != before && policy_pages(p) != NULL);
	policy_free(p);
	unlink(file);
	rmdir(path);
	CHECK(policy_create(c, &p, error) == -EINVAL);
	CHECK(strstr(error, "pages.directory") != NULL && strstr(error, path) != NULL);
	c->pages.directory = kept;
	config_free(c);
	policy_free(NULL);
}
