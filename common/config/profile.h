/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Profiles: how one kind of ICAP client is spoken to. A profile sets what OPTIONS offers, the form
 * of answers, header names and the coding of user names; never a verdict. Those we ship are part of
 * the program (config/profiles/NAME.yaml, by .incbin); files of profiles.directory add to them, or
 * stand in the place of one of the same name. docs/profiles.md is the manual.
 *
 * Rules of sluice.yaml say which client gets which: by service path, else by source subnet, else by
 * the User-Agent of its ICAP requests, else profiles.fallback. Within a kind the first rule wins.
 *
 * Plain values: immutable after config_profiles_load(), owned by its caller.
 */
#ifndef SLUICE_CONFIG_PROFILE_H
#define SLUICE_CONFIG_PROFILE_H

#include "common/base/address.h"
#include "common/config/config.h"

#define CONFIG_PROFILES_MAX      48
#define CONFIG_PROFILE_RULES_MAX 256
#define CONFIG_PROFILE_NAME_MAX  32
#define CONFIG_HEADER_NAME_MAX   64
#define CONFIG_RULE_TEXT_MAX     128
#define CONFIG_UNSET             UINT32_MAX /* as sluice.yaml says */

enum config_methods {
	METHODS_BOTH,
	METHODS_REQMOD,
	METHODS_RESPMOD
};
enum config_clean {
	CLEAN_AS_ALLOWED, /* 204 where the request permits it, else the object */
	CLEAN_204,        /* always 204 */
	CLEAN_OBJECT      /* always the object */
};
enum config_violations {
	VIOLATIONS_COUNT,   /* X-Violations-Found: 1 */
	VIOLATIONS_RECORDS, /* with the four lines of draft-stecher-icap-subid folded behind it */
	VIOLATIONS_NONE
};
enum config_response_info {
	RESPONSE_INFO_BLOCKED, /* X-Response-Info and X-Response-Desc on blocks */
	RESPONSE_INFO_ALWAYS,  /* on every answer */
	RESPONSE_INFO_NONE
};
enum config_unjudged {
	UNJUDGED_PAGE, /* a class that its policy blocks gets the page, as a threat does */
	UNJUDGED_CODE  /* … gets ICAP 500 with X-Error-Code */
};
enum config_page_version {
	PAGE_HTTP_1_1,
	PAGE_HTTP_1_0
};
enum config_user_coding {
	USER_DETECT, /* base64 where that gives one of the forms of identity.h */
	USER_PLAIN,
	USER_BASE64
};
enum config_forwarded_for {
	FORWARDED_IGNORE,
	FORWARDED_FIRST,
	FORWARDED_LAST
};
enum config_profile_delivery {
	PROFILE_DELIVERY_CONFIGURED, /* as delivery.kind says */
	PROFILE_DELIVERY_HOLD,
	PROFILE_DELIVERY_STREAM,
	PROFILE_DELIVERY_TRICKLE
};

/* Words are of the enum above that has their name. */
struct config_profile {
	char name[CONFIG_PROFILE_NAME_MAX];
	/* what OPTIONS tells */
	bool preview;
	uint32_t preview_bytes, options_ttl_s, connections_max; /* CONFIG_UNSET: icap.… */
	bool offer_204, allow_out;
	uint32_t methods; /* of a service path that a rule names */
	/* how answers look */
	uint32_t clean;
	bool one_reply_a_segment;
	char infection_header[CONFIG_HEADER_NAME_MAX], virus_header[CONFIG_HEADER_NAME_MAX];
	uint32_t violations, response_info, unjudged, page_version, busy_status;
	/* who asks */
	char client_ip_header[CONFIG_HEADER_NAME_MAX];
	char user_headers[2 * CONFIG_HEADER_NAME_MAX]; /* comma-separated, the first present wins */
	uint32_t user_coding, forwarded_for;
	/* when bytes go out */
	uint32_t delivery, hold_timeout_s; /* CONFIG_UNSET: sandbox.hold_timeout_s */
};

enum config_rule_kind {
	RULE_SOURCE,
	RULE_PATH,
	RULE_AGENT
};

struct config_profile_rule {
	enum config_rule_kind kind;
	unsigned profile;                /* index into config_profiles.list */
	struct ip_subnet subnet;         /* RULE_SOURCE */
	char text[CONFIG_RULE_TEXT_MAX]; /* RULE_PATH: without its slash; RULE_AGENT: a mask */
};

struct config_profiles {
	unsigned count, fallback, rule_count;
	struct config_profile list[CONFIG_PROFILES_MAX];
	struct config_profile_rule rules[CONFIG_PROFILE_RULES_MAX];
};

/* A profile that sets nothing. */
void config_profile_init(struct config_profile *out, const char *name);
/*
 * Reads one profile's text; `name` is what messages call it: "FILE:LINE: KEY: what, expected what".
 * -EINVAL.
 */
int config_profile_parse(struct span text, const char *name, struct config_profile *out,
    char error[CONFIG_ERROR_TEXT_MAX]);
/* All profiles and rules of a configuration; reads the files of its directory. -EINVAL, -ENOMEM. */
int config_profiles_load(
    const struct config *c, struct config_profiles **out, char error[CONFIG_ERROR_TEXT_MAX]);
void config_profiles_free(struct config_profiles *p);

/* profile_files.c: the n-th shipped profile's name and text; name NULL past the last. */
struct config_shipped_profile {
	const char *name;
	struct span text;
};
struct config_shipped_profile config_shipped_profile(unsigned n);

/* For the manual's test: the n-th key and what it is when nobody says; NULL past the last. */
const char *config_profile_key(unsigned n, const char **fallback);

#endif
