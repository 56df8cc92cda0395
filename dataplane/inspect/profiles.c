/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/inspect/profiles.h"

#include <stdio.h>

static_assert(CONFIG_PROFILES_MAX == ICAP_PROFILES_MAX, "both forms hold the same profiles");
static_assert(CONFIG_PROFILE_RULES_MAX == ICAP_RULES_MAX, "both forms hold the same rules");
static_assert(CONFIG_HEADER_NAME_MAX == ICAP_NAME_MAX, "names fit both forms");
static_assert(CONFIG_RULE_TEXT_MAX == 2 * ICAP_NAME_MAX, "texts of rules fit both forms");

static uint32_t
or_usual(uint32_t set, uint32_t usual)
{
	return set != CONFIG_UNSET ? set : usual;
}

static void
take_profile(const struct config *c, const struct config_profile *p, struct icap_profile *out)
{
	static const enum icap_clean clean[] = { [CLEAN_AS_ALLOWED] = ICAP_CLEAN_AS_ALLOWED,
		[CLEAN_204] = ICAP_CLEAN_204,
		[CLEAN_OBJECT] = ICAP_CLEAN_OBJECT };

	*out = (struct icap_profile){
		.preview = p->preview,
		.offer_204 = p->offer_204,
		.allow_out = p->allow_out,
		.by_path = { p->methods != METHODS_RESPMOD, p->methods != METHODS_REQMOD },
		.one_reply_a_segment = p->one_reply_a_segment,
		.clean = clean[p->clean],
		.preview_bytes = or_usual(p->preview_bytes, c->icap.preview_bytes),
		.options_ttl_seconds = or_usual(p->options_ttl_s, c->icap.options_ttl_s),
		.connections_max = or_usual(p->connections_max, c->icap.connections_max),
		.busy_status = (uint16_t)p->busy_status,
	};
	snprintf(out->include, sizeof(out->include), "%s%s%s", p->client_ip_header,
	    p->client_ip_header[0] != 0 && p->user_headers[0] != 0 ? ", " : "", p->user_headers);
	memcpy(out->infection_header, p->infection_header, sizeof(out->infection_header));
	memcpy(out->virus_header, p->virus_header, sizeof(out->virus_header));
}

void
profiles_for_icap(
    const struct config *c, const struct config_profiles *from, struct icap_profiles *out)
{
	static const enum icap_rule_kind kinds[] = { [RULE_SOURCE] = ICAP_BY_SOURCE,
		[RULE_PATH] = ICAP_BY_PATH,
		[RULE_AGENT] = ICAP_BY_AGENT };

	memset(out, 0, sizeof(*out));
	out->count = from->count;
	out->fallback = from->fallback;
	out->rule_count = from->rule_count;
	for (unsigned i = 0; i < from->count; i++)
		take_profile(c, &from->list[i], &out->list[i]);
	for (unsigned i = 0; i < from->rule_count; i++) {
		const struct config_profile_rule *r = &from->rules[i];

		out->rules[i].kind = kinds[r->kind];
		out->rules[i].profile = r->profile;
		out->rules[i].subnet = r->subnet;
		memcpy(out->rules[i].text, r->text, sizeof(out->rules[i].text));
	}
}
