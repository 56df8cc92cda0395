/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which profile a request gets: by the path it asks for, else by the peer's address, else by the
 * User-Agent that it or an earlier request of the connection named, else the fallback. What the
 * answer needs of it is copied to the session, so that profiles may change while it is at work.
 */
#include "dataplane/icap/internal.h"

#include "common/base/mask.h"

static const struct icap_rule *
rule_of(const struct icap_profiles *p, enum icap_rule_kind kind, struct span text,
    const struct ip_address *peer)
{
	for (unsigned i = 0; i < p->rule_count; i++) {
		const struct icap_rule *r = &p->rules[i];

		if (r->kind != kind)
			continue;
		if (kind == ICAP_BY_SOURCE ? subnet_holds(&r->subnet, peer)
		    : kind == ICAP_BY_PATH ? span_is(text, r->text)
					   : mask_matches(span_text(r->text), text))
			return r;
	}
	return NULL;
}

static const struct icap_rule *
rule_for(const struct icap_session *s, enum icap_rule_kind kind, struct span text)
{
	return rule_of(&s->icap->profiles, kind, text, &s->peer);
}

const struct icap_profile *
profile_of_peer(const struct icap *i, const struct ip_address *peer)
{
	const struct icap_rule *r = rule_of(&i->profiles, ICAP_BY_SOURCE, span_of(NULL, 0), peer);

	return &i->profiles.list[r != NULL ? r->profile : i->profiles.fallback];
}

const struct icap_profile *
profile_of_path(const struct icap_session *s, struct span path)
{
	const struct icap_rule *r = rule_for(s, ICAP_BY_PATH, path);

	return r != NULL ? &s->icap->profiles.list[r->profile] : NULL;
}

void
profile_choose(struct icap_session *s, struct span path)
{
	const struct icap_profiles *p = &s->icap->profiles;
	struct span agent = icap_field(s, "User-Agent");
	const struct icap_rule *r = rule_for(s, ICAP_BY_PATH, path);

	if (r == NULL && !address_is_any(&s->peer))
		r = rule_for(s, ICAP_BY_SOURCE, path);
	if (r == NULL && agent.bytes > 0)
		r = rule_for(s, ICAP_BY_AGENT, agent);
	if (r != NULL && r->kind == ICAP_BY_AGENT)
		s->agent_profile = r->profile + 1;
	s->profile = r != NULL                                              ? r->profile
		     : s->agent_profile > 0 && s->agent_profile <= p->count ? s->agent_profile - 1
									    : p->fallback;
	s->clean = p->list[s->profile].clean;
	s->lone = p->list[s->profile].one_reply_a_segment;
	s->busy_status = p->list[s->profile].busy_status;
}

/* For who sets none: what the configuration of icap.h says. */
void
profile_set_usual(struct icap *i)
{
	struct icap_profile *p = &i->profiles.list[0];

	i->profiles.count = 1;
	*p = (struct icap_profile){
		.preview = true,
		.offer_204 = true,
		.allow_out = true,
		.by_path = { true, true },
		.preview_bytes = i->config.preview_bytes,
		.options_ttl_seconds = i->config.options_ttl_seconds,
		.connections_max = i->config.connections_max,
		.busy_status = 503,
		.include = "X-Client-IP, X-Client-Username, X-Authenticated-User",
		.infection_header = "X-Infection-Found",
		.virus_header = "X-Virus-ID",
	};
}

void
icap_set_profiles(struct icap *i, const struct icap_profiles *profiles)
{
	i->profiles = *profiles;
	options_forget(i);
	parse_forget(i);
}

unsigned
icap_session_profile(const struct icap_session *s)
{
	return s->profile;
}

void
icap_session_set_peer(struct icap_session *s, const struct ip_address *peer)
{
	s->peer = *peer;
}

bool
icap_waits_for_sent(const struct icap_session *s)
{
	return s->waits_for_sent;
}

void
icap_all_sent(struct icap_session *s)
{
	s->waits_for_sent = false;
}
