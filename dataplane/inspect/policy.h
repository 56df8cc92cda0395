/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the configuration says about objects, in the form the pipeline asks: limits, what each
 * result class gets, exclusions, which formats a sandbox judges, pages, profiles. Made
 * outside the hot path, immutable, published together with a generation (publication.h).
 */
#ifndef SLUICE_INSPECT_POLICY_H
#define SLUICE_INSPECT_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/address.h"
#include "common/base/mono.h"
#include "common/channel/words.h"
#include "common/config/profile.h"
#include "common/page/page.h"
#include "dataplane/inspect/profiles.h"
#include "scanners/decode/decode.h"
#include "scanners/format/format.h"

#define EXCLUSIONS_MAX 4096

struct policy;

struct policy_limits {
	uint64_t object_bytes_max;
	uint64_t sandbox_bytes_max;
	struct duration object_timeout;
	struct duration hold_timeout;
	struct policy_delivery {
		enum config_delivery kind;
		uint64_t after_bytes, hold_back_bytes;
		struct duration stall; /* a body that stands still so long is streamed */
		struct duration trickle_delay;
		uint32_t trickle_bytes; /* each second */
		struct duration guard_time;
		struct duration page_after; /* 0: no page */
		uint32_t page_retry_s, pages_max;
	} delivery;
	struct decode_limits decode;
	uint32_t parts_max, part_head_bytes_max, part_depth_max; /* of multipart bodies */
};

/* -EINVAL with "what, expected what" in `error`, -ENOMEM. Reads the files of pages.directory
 * and profiles.directory. */
int policy_create(const struct config *c, struct policy **out, char error[CONFIG_ERROR_TEXT_MAX]);
void policy_free(struct policy *p);

const struct policy_limits *policy_limits(const struct policy *p);
/* How the client with that profile is spoken to; the fallback where there is no such index. */
const struct config_profile *policy_profile(const struct policy *p, unsigned index);
/* identity_user_lengths() of a profile that policy_profile() told. */
uint32_t policy_user_lengths(const struct policy *p, const struct config_profile *of);
/* The same profiles, for icap_set_profiles(). */
const struct icap_profiles *policy_icap_profiles(const struct policy *p);
const struct pages *policy_pages(const struct policy *p);
enum config_redirect_status policy_redirect_status(const struct policy *p);

/* What an object gets whose result is one of the classes from SOURCE_FIRST_BY_POLICY on. */
bool policy_allows(const struct policy *p, enum source class);

bool policy_has_sandbox(const struct policy *p);
/* Whether unknown objects of this format go to a sandbox; never when there is none. */
bool policy_sandboxes(const struct policy *p, enum format f);

/* Exclusions, each as early as it can be asked: the key of the rule that matched, which its hits
 * are counted under (config_exclusion_key()); 0: none. */
uint64_t policy_excludes_source(const struct policy *p, const struct ip_address *client);
uint64_t policy_excludes_user_agent(const struct policy *p, struct span user_agent);
uint64_t policy_excludes_url(const struct policy *p, struct span url);
uint64_t policy_excludes_format(const struct policy *p, enum format f);
uint64_t policy_excludes_md5(const struct policy *p, const uint8_t md5[16]);
/* The rule of that key, its criterion and its value, lent by the policy; empty: none. */
const char *policy_exclusion(const struct policy *p, uint64_t key);
/* Whether any rule by format stands: only then is the format asked for early. */
bool policy_has_format_rules(const struct policy *p);

/* A value that differs when what it decides differs: a part of the generation stamp. */
uint64_t policy_stamp(const struct policy *p);

#endif
