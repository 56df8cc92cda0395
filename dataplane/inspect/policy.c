/* SPDX-License-Identifier: BSD-3-Clause */
/* Built once from the configuration; every list is bounded by EXCLUSIONS_MAX. */
#include "dataplane/inspect/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/letters.h"
#include "common/base/mask.h"
#include "common/base/siphash.h"
#include "dataplane/inspect/identity.h"

/* Each rule with the key that its hits are counted under. */
struct masks {
	unsigned count;
	struct mask_rule {
		char *text;
		uint64_t key;
	} * rules;
};

struct subnet_rule {
	struct ip_subnet subnet;
	uint64_t key;
};

struct md5_rule {
	uint8_t md5[16];
	uint64_t key;
};

/* A rule as people know it: "url *.example.org/x". */
struct named_rule {
	uint64_t key;
	char *text;
};

struct policy {
	struct policy_limits limits;
	struct pages *pages;
	enum config_redirect_status redirect_status;
	struct config_profiles *profiles;
	struct icap_profiles *icap_profiles;
	uint32_t user_lengths[CONFIG_PROFILES_MAX];
	bool allows[SOURCE_COUNT];
	bool has_sandbox, sandboxes[FORMAT_COUNT];
	uint64_t excludes_format[FORMAT_COUNT]; /* the rule's key; 0: none */
	bool has_format_rules;
	struct masks urls, user_agents;
	unsigned subnet_count, md5_count;
	struct subnet_rule *subnets;
	struct md5_rule *md5s; /* sorted */
	unsigned named_count;
	struct named_rule *named; /* all that are enabled, in their order */
	uint64_t stamp;
};

static int
fail(char *error, const char *what, const char *value, const char *expected)
{
	snprintf(error, CONFIG_ERROR_TEXT_MAX, "%s: '%s', expected %s", what, value, expected);
	return -EINVAL;
}

/* Marks one format, or all formats of a class, by the word that names it. */
static bool
mark_formats(bool marks[FORMAT_COUNT], const char *word)
{
	enum format f = format_by_word(span_text(word));
	enum format_class c = format_class_by_word(span_text(word));

	if (f != FORMAT_COUNT) {
		marks[f] = true;
		return true;
	}
	if (c == FORMAT_CLASS_COUNT)
		return false;
	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		if (format_class(i) == c)
			marks[i] = true;
	}
	return true;
}

static bool
parse_md5(const char *text, uint8_t out[16])
{
	if (strlen(text) != 32)
		return false;
	for (unsigned i = 0; i < 16; i++) {
		int byte = hex_pair((const uint8_t *)text + 2 * i);

		if (byte < 0)
			return false;
		out[i] = (uint8_t)byte;
	}
	return true;
}

static int
add_mask(struct masks *m, const char *text, uint64_t key)
{
	m->rules[m->count] = (struct mask_rule){ strdup(text), key };
	return m->rules[m->count].text != NULL ? (m->count++, 0) : -ENOMEM;
}

static bool
add_format(struct policy *p, const char *word, uint64_t key)
{
	bool marks[FORMAT_COUNT] = { false };

	if (!mark_formats(marks, word))
		return false;
	for (unsigned i = 0; i < FORMAT_COUNT; i++) {
		if (marks[i] && p->excludes_format[i] == 0)
			p->excludes_format[i] = key;
	}
	p->has_format_rules = true;
	return true;
}

static int
add_exclusion(struct policy *p, const struct config_exclusion *rule, char *error)
{
	uint64_t key = config_exclusion_key(rule);
	struct subnet_rule *subnet = &p->subnets[p->subnet_count];
	struct md5_rule *md5 = &p->md5s[p->md5_count];

	switch (rule->criterion) {
	case CRITERION_FORMAT:
		if (!add_format(p, rule->value, key))
			return fail(error, "exclusions: format", rule->value,
			    "a format word or class word of docs/formats.md");
		return 0;
	case CRITERION_USER_AGENT:
		return add_mask(&p->user_agents, rule->value, key);
	case CRITERION_URL:
		return add_mask(&p->urls, rule->value, key);
	case CRITERION_MD5:
		if (!parse_md5(rule->value, md5->md5))
			return fail(error, "exclusions: md5", rule->value, "32 hexadecimal digits");
		md5->key = key;
		p->md5_count++;
		return 0;
	case CRITERION_SOURCE:
		if (subnet_parse(span_text(rule->value), &subnet->subnet) != 0)
			return fail(
			    error, "exclusions: source", rule->value, "an address or subnet");
		subnet->key = key;
		p->subnet_count++;
		return 0;
	}
	return -EINVAL;
}

static int
add_name(struct policy *p, const struct config_exclusion *rule)
{
	const char *word = config_criterion_word(rule->criterion);
	size_t room = strlen(word) + strlen(rule->value) + 2;
	struct named_rule *named = &p->named[p->named_count];

	*named = (struct named_rule){ config_exclusion_key(rule), malloc(room) };
	if (named->text == NULL)
		return -ENOMEM;
	snprintf(named->text, room, "%s %s", word, rule->value);
	p->named_count++;
	return 0;
}

static int
compare_md5(const void *a, const void *b)
{
	return memcmp(a, b, 16);
}

static int
take_exclusions(struct policy *p, const struct config *c, char *error)
{
	size_t n = c->exclusions_count;

	if (n > EXCLUSIONS_MAX)
		return fail(error, "exclusions", "too many", "at most 4096 rules");
	p->urls.rules = calloc(n + 1, sizeof(*p->urls.rules));
	p->user_agents.rules = calloc(n + 1, sizeof(*p->user_agents.rules));
	p->subnets = calloc(n + 1, sizeof(*p->subnets));
	p->md5s = calloc(n + 1, sizeof(*p->md5s));
	p->named = calloc(n + 1, sizeof(*p->named));
	if (p->urls.rules == NULL || p->user_agents.rules == NULL || p->subnets == NULL ||
	    p->md5s == NULL || p->named == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct config_exclusion *rule = &c->exclusions[i];
		int rc = rule->enabled ? add_exclusion(p, rule, error) : 0;

		if (rc == 0 && rule->enabled)
			rc = add_name(p, rule);
		if (rc != 0)
			return rc;
	}
	qsort(p->md5s, p->md5_count, sizeof(*p->md5s), compare_md5);
	return 0;
}

static int
take_sandbox(struct policy *p, const struct config *c, char *error)
{
	p->has_sandbox = c->sandbox.kind != SANDBOX_NONE;
	if (!p->has_sandbox)
		return 0;
	for (unsigned i = 0; i < c->sandbox.formats_count; i++) {
		if (!mark_formats(p->sandboxes, c->sandbox.formats[i]))
			return fail(error, "sandbox.formats", c->sandbox.formats[i],
			    "a format word or class word of docs/formats.md");
	}
	return 0;
}

static void
take_limits(struct policy *p, const struct config *c)
{
	p->limits = (struct policy_limits){
		.object_bytes_max = c->limits.object_bytes_max,
		.sandbox_bytes_max = c->sandbox.object_bytes_max,
		.object_timeout = milliseconds(c->limits.object_timeout_ms),
		.hold_timeout = seconds(c->sandbox.hold_timeout_s),
		.delivery = { .kind = c->delivery.kind,
		    .after_bytes = c->delivery.after_bytes,
		    .hold_back_bytes = c->delivery.hold_back_bytes,
		    .stall = milliseconds(c->delivery.stall_ms),
		    .trickle_delay = milliseconds(c->delivery.trickle_delay_ms),
		    .trickle_bytes = c->delivery.trickle_bytes,
		    .guard_time = seconds(c->delivery.redownload_guard_s),
		    .page_after = milliseconds(c->delivery.page_after_ms),
		    .page_retry_s = c->delivery.page_retry_s,
		    .pages_max = c->delivery.pages_max },
		.decode = { .output_bytes_max = c->limits.decoded_bytes_max,
		    .ratio_max = c->limits.decode_ratio_max,
		    .ratio_from_bytes = 1 << 20 },
		.parts_max = c->limits.parts_max,
		.part_head_bytes_max = c->limits.part_head_bytes_max,
		.part_depth_max = c->limits.part_depth_max,
	};
	p->redirect_status = c->pages.redirect_status;
	p->allows[SOURCE_OVERSIZE] = c->policy.oversize == ACTION_ALLOW;
	p->allows[SOURCE_TIMEOUT] = c->policy.timeout == ACTION_ALLOW;
	p->allows[SOURCE_OVERLOAD] = c->policy.overload == ACTION_ALLOW;
	p->allows[SOURCE_ENCRYPTED] = c->policy.encrypted == ACTION_ALLOW;
	p->allows[SOURCE_CORRUPT] = c->policy.corrupt == ACTION_ALLOW;
	p->allows[SOURCE_UNSUPPORTED] = c->policy.unsupported == ACTION_ALLOW;
	p->allows[SOURCE_ERROR] = c->policy.error == ACTION_ALLOW;
}

static int
take_profiles(struct policy *p, const struct config *c, char *error)
{
	int rc = config_profiles_load(c, &p->profiles, error);

	if (rc != 0)
		return rc;
	p->icap_profiles = calloc(1, sizeof(*p->icap_profiles));
	if (p->icap_profiles == NULL)
		return -ENOMEM;
	profiles_for_icap(c, p->profiles, p->icap_profiles);
	for (unsigned i = 0; i < p->profiles->count; i++)
		p->user_lengths[i] = identity_user_lengths(&p->profiles->list[i]);
	return 0;
}

/*
 * The configuration's text decides it, and what the files of profiles and pages say: whatever
 * changes there makes clean verdicts old.
 */
static uint64_t
stamp_of(const struct policy *p, const struct config *c)
{
	static const struct siphash_key key = { 0x736c756963652d70, 0x6f6c696379000001 };
	char *text = config_print(c);
	uint64_t stamp = text != NULL ? siphash(&key, text, strlen(text)) : 0;

	free(text);
	return stamp ^ siphash(&key, p->profiles->list, sizeof(p->profiles->list)) ^
	       pages_stamp(p->pages);
}

int
policy_create(const struct config *c, struct policy **out, char error[CONFIG_ERROR_TEXT_MAX])
{
	struct policy *p = calloc(1, sizeof(*p));
	int rc;

	snprintf(error, CONFIG_ERROR_TEXT_MAX, "out of memory");
	if (p == NULL)
		return -ENOMEM;
	take_limits(p, c);
	rc = take_exclusions(p, c, error);
	if (rc == 0)
		rc = take_sandbox(p, c, error);
	if (rc == 0)
		rc = pages_load(c, &p->pages, error);
	if (rc == 0)
		rc = take_profiles(p, c, error);
	if (rc != 0) {
		policy_free(p);
		return rc;
	}
	p->stamp = stamp_of(p, c);
	*out = p;
	return 0;
}

static void
free_masks(struct masks *m)
{
	for (unsigned i = 0; i < m->count; i++)
		free(m->rules[i].text);
	free(m->rules);
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	free_masks(&p->urls);
	free_masks(&p->user_agents);
	free(p->subnets);
	free(p->md5s);
	for (unsigned i = 0; i < p->named_count; i++)
		free(p->named[i].text);
	free(p->named);
	pages_free(p->pages);
	config_profiles_free(p->profiles);
	free(p->icap_profiles);
	free(p);
}

const struct config_profile *
policy_profile(const struct policy *p, unsigned index)
{
	return &p->profiles->list[index < p->profiles->count ? index : p->profiles->fallback];
}

uint32_t
policy_user_lengths(const struct policy *p, const struct config_profile *of)
{
	return p->user_lengths[of - p->profiles->list];
}

const struct icap_profiles *
policy_icap_profiles(const struct policy *p)
{
	return p->icap_profiles;
}

const struct policy_limits *
policy_limits(const struct policy *p)
{
	return &p->limits;
}

const struct pages *
policy_pages(const struct policy *p)
{
	return p->pages;
}

enum config_redirect_status
policy_redirect_status(const struct policy *p)
{
	return p->redirect_status;
}

bool
policy_allows(const struct policy *p, enum source class)
{
	return p->allows[class];
}

bool
policy_has_sandbox(const struct policy *p)
{
	return p->has_sandbox;
}

bool
policy_sandboxes(const struct policy *p, enum format f)
{
	return p->sandboxes[f];
}

uint64_t
policy_excludes_source(const struct policy *p, const struct ip_address *client)
{
	for (unsigned i = 0; i < p->subnet_count; i++) {
		if (subnet_holds(&p->subnets[i].subnet, client))
			return p->subnets[i].key;
	}
	return 0;
}

static uint64_t
first_match(const struct masks *m, struct span text)
{
	for (unsigned i = 0; i < m->count; i++) {
		if (mask_matches(span_text(m->rules[i].text), text))
			return m->rules[i].key;
	}
	return 0;
}

uint64_t
policy_excludes_user_agent(const struct policy *p, struct span user_agent)
{
	return first_match(&p->user_agents, user_agent);
}

uint64_t
policy_excludes_url(const struct policy *p, struct span url)
{
	return first_match(&p->urls, url);
}

uint64_t
policy_excludes_format(const struct policy *p, enum format f)
{
	return p->excludes_format[f];
}

uint64_t
policy_excludes_md5(const struct policy *p, const uint8_t md5[16])
{
	struct md5_rule *rule = NULL, wanted;

	if (p->md5_count == 0)
		return 0;
	memcpy(wanted.md5, md5, 16);
	rule = bsearch(&wanted, p->md5s, p->md5_count, sizeof(wanted), compare_md5);
	return rule != NULL ? rule->key : 0;
}

const char *
policy_exclusion(const struct policy *p, uint64_t key)
{
	for (unsigned i = 0; i < p->named_count; i++) {
		if (p->named[i].key == key)
			return p->named[i].text;
	}
	return "";
}

bool
policy_has_format_rules(const struct policy *p)
{
	return p->has_format_rules;
}

uint64_t
policy_stamp(const struct policy *p)
{
	return p->stamp;
}
