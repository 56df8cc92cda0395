/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks: each form of a user's name, plain and in base64, and where a client's address is from.
 */
#include "dataplane/inspect/identity.h"

#include "tests/unit/dataplane/inspect/rig.h"

static const struct {
	const char *name;
	enum config_user_coding coding;
	const char *value, *domain, *user;
} cases[] = {
	{ "plain", USER_DETECT, "anna", "", "anna" },
	{ "WinNT", USER_DETECT, "WinNT://CORP/anna", "CORP", "anna" },
	{ "letter case of a scheme", USER_DETECT, "winnt://CORP/anna", "CORP", "anna" },
	{ "WinNT, no domain", USER_DETECT, "WinNT://anna", "", "anna" },
	{ "backslash", USER_DETECT, "CORP\\anna", "CORP", "anna" },
	{ "at sign", USER_DETECT, "anna@corp.test", "", "anna@corp.test" },
	{ "Local", USER_DETECT, "Local://anna", "", "anna" },
	{ "LDAP", USER_DETECT, "LDAP://10.0.0.1/CN=Anna B,OU=x,DC=corp,DC=test", "corp.test",
	    "Anna B" },
	{ "LDAP, uid, no host", USER_DETECT, "LDAP:///uid=anna,dc=a", "a", "anna" },
	{ "LDAP, quoted comma", USER_DETECT, "LDAP://h/cn=B\\, Anna,dc=a", "a", "B, Anna" },
	{ "LDAP, a comma as two digits", USER_DETECT, "LDAP://h/cn=B\\2c Anna\\C3\\A4,dc=a", "a",
	    "B, Anna\u00e4" },
	{ "LDAP, no two digits", USER_DETECT, "LDAP://h/cn=\\2,dc=a", "a", "2" },
	{ "LDAP, several of a level", USER_DETECT, "LDAP://h/ou=x+cn=Anna\\+B,dc=a", "a",
	    "Anna+B" },
	{ "LDAP, no name in it", USER_DETECT, "LDAP://h/anna", "", "anna" },
	{ "WinNT in base64", USER_DETECT, "V2luTlQ6Ly9DT1JQL2FubmE=", "CORP", "anna" },
	{ "Local in base64", USER_BASE64, "TG9jYWw6Ly9hbm5h", "", "anna" },
	{ "a name in base64", USER_BASE64, "YW5uYQ==", "", "anna" },
	{ "a name in base64 is not detected", USER_DETECT, "YW5uYQ==", "", "YW5uYQ==" },
	{ "plain says plain", USER_PLAIN, "TG9jYWw6Ly9hbm5h", "", "TG9jYWw6Ly9hbm5h" },
	{ "base64 by chance", USER_BASE64, "anna", "", "jy\xda" },
	{ "not decodable stays", USER_BASE64, "anna!", "", "anna!" },
	{ "empty", USER_BASE64, "", "", "" },
	{ "scheme alone", USER_DETECT, "WinNT://", "", "" },
	{ "LDAP alone", USER_DETECT, "LDAP://", "", "" },
	{ "LDAP ends in a backslash", USER_DETECT, "LDAP://h/cn=a\\", "", "a\\" },
};

TEST(forms_of_a_user)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct identity who;

		identity_parse(cases[i].coding, span_text(cases[i].value), &who);
		CHECK_ROW(cases[i].name, span_is(span_of(who.user, who.user_bytes), cases[i].user));
		CHECK_ROW(
		    cases[i].name, span_is(span_of(who.domain, who.domain_bytes), cases[i].domain));
	}
}

TEST(long_names_are_cut)
{
	char value[4000];
	struct identity who;

	memset(value, 'a', sizeof(value));
	value[2000] = '\\';
	identity_parse(USER_DETECT, span_of(value, sizeof(value)), &who);
	CHECK(who.user_bytes == IDENTITY_NAME_MAX && who.domain_bytes == IDENTITY_NAME_MAX);
}

/* A REQMOD with these ICAP headers and X-Forwarded-For; its record's user, domain and client. */
static void
ask(const char *setting, const char *icap, const char *forwarded, struct record_slot *out)
{
	const char *set[] = { setting, NULL };
	struct rig *r = rig_create(setting != NULL ? set : NULL);
	struct rig_client *c = rig_client(r);
	char head[512], text[1024];
	int m = snprintf(head, sizeof(head), "GET http://a.test/ HTTP/1.1\r\n%s\r\n", forwarded);

	snprintf(text, sizeof(text),
	    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\nAllow: 204\r\n%s"
	    "Encapsulated: req-hdr=0, null-body=%d\r\n\r\n%s",
	    icap, m, head);
	rig_send(c, text, strlen(text));
	rig_until(c, 1);
	CHECK_ROW(icap, rig_record(r, out));
	rig_destroy(r);
}

static bool
is_from(const struct record_slot *slot, const char *address)
{
	char text[ADDRESS_TEXT_MAX];

	if (address[0] == 0)
		return address_is_any(&slot->record.client);
	return strcmp(address_format(&slot->record.client, text), address) == 0;
}

TEST(a_record_says_who_asked)
{
	struct record_slot slot;

	ask(NULL, "X-Client-IP: 10.1.1.1\r\nX-Client-Username: CORP\\anna\r\n",
	    "X-Forwarded-For: 192.0.2.1\r\n", &slot);
	CHECK(span_is(record_text_get(&slot, RECORD_TEXT_USER), "anna"));
	CHECK(span_is(record_text_get(&slot, RECORD_TEXT_DOMAIN), "CORP"));
	CHECK(is_from(&slot, "10.1.1.1"));
	ask(NULL, "X-Client-IP: [2001:db8::7]:80\r\n", "", &slot);
	CHECK(is_from(&slot, "2001:db8::7"));
	ask(NULL, "X-Authenticated-User: V2luTlQ6Ly9DT1JQL2FubmE=\r\n",
	    "X-Forwarded-For: 192.0.2.1\r\n", &slot);
	CHECK(span_is(record_text_get(&slot, RECORD_TEXT_DOMAIN), "CORP") && is_from(&slot, ""));
	ask(NULL, "X-Authenticated-User:\r\nX-Client-Username: anna\r\n", "", &slot);
	CHECK(span_is(record_text_get(&slot, RECORD_TEXT_USER), "anna"));
	ask("profiles.fallback=squid", "X-Authenticated-User: anna\r\n", "", &slot);
	CHECK(record_text_get(&slot, RECORD_TEXT_USER).bytes == 0);
}

TEST(lengths_of_the_names_of_headers)
{
	static const struct {
		const char *names;
		uint32_t lengths;
	} rows[] = {
		{ "", 0 },
		{ "X-User", 1u << 6 },
		{ " X-User ,, X-Name-Of-It,", 1u << 6 | 1u << 12 },
		{ "X-A-Name-Of-Thirty-One-Letters-", 1u << 31 },
		{ "X-A-Name-Of-More-Than-Thirty-One-Letters", 1u << 31 },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct config_profile p = { 0 };

		snprintf(p.user_headers, sizeof(p.user_headers), "%s", rows[i].names);
		CHECK_ROW(rows[i].names, identity_user_lengths(&p) == rows[i].lengths);
	}
}

TEST(forwarded_for_is_believed_where_the_profile_says)
{
	static const struct {
		uint32_t policy;
		const char *list, *address;
	} rows[] = {
		{ FORWARDED_IGNORE, "192.0.2.1, 192.0.2.2", "" },
		{ FORWARDED_FIRST, "192.0.2.1, 192.0.2.2", "192.0.2.1" },
		{ FORWARDED_LAST, "192.0.2.1, 192.0.2.2", "192.0.2.2" },
		{ FORWARDED_LAST, "2001:db8::1", "2001:db8::1" },
		{ FORWARDED_LAST, "192.0.2.1,", "" },
		{ FORWARDED_LAST, "192.0.2.1\r\nX-Forwarded-For: 192.0.2.3, 192.0.2.2",
		    "192.0.2.2" },
		{ FORWARDED_FIRST, "192.0.2.1\r\nX-Forwarded-For: 192.0.2.3, 192.0.2.2",
		    "192.0.2.1" },
		{ FORWARDED_LAST, "192.0.2.1\r\nX-Forwarded-For:", "" },
		{ FORWARDED_FIRST, "192.0.2.1:4711, 192.0.2.2", "192.0.2.1" },
		{ FORWARDED_LAST, "192.0.2.1, [2001:db8::2]:4711", "2001:db8::2" },
		{ FORWARDED_LAST, "\"[2001:db8::2]\"", "2001:db8::2" },
		{ FORWARDED_LAST, "fe80::1%eth0", "fe80::1" },
		{ FORWARDED_LAST, "::ffff:192.0.2.9", "192.0.2.9" },
		{ FORWARDED_LAST, "[2001:db8::2", "" },
		{ FORWARDED_LAST, "\"", "" },
		{ FORWARDED_LAST, "[", "" },
		{ FORWARDED_LAST, ":", "" },
		{ FORWARDED_LAST, "1.2.3:4", "" },
		{ FORWARDED_FIRST, "unknown, 192.0.2.2", "" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig *r = rig_create(NULL);
		struct rig_client *c = rig_client(r);
		struct config_profile p;
		struct record_slot slot = { 0 };
		char head[256], text[512];
		int m = snprintf(head, sizeof(head),
		    "GET / HTTP/1.1\r\nX-Forwarded-For: %s\r\n\r\n", rows[i].list);

		config_profile_init(&p, "p");
		p.forwarded_for = rows[i].policy;
		snprintf(text, sizeof(text),
		    "REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n"
		    "Encapsulated: req-hdr=0, null-body=%d\r\n\r\n%s",
		    m, head);
		rig_send(c, text, strlen(text));
		icap_begin(r->icap, r->now);
		CHECK(icap_next(c->session) == ICAP_REQUEST);
		identity_client(&p, c->session, &slot.record.client);
		CHECK_ROW(rows[i].list, is_from(&slot, rows[i].address));
		rig_destroy(r);
	}
}
