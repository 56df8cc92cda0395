/* SPDX-License-Identifier: BSD-3-Clause */
/* What each kind of client is answered: the same objects under different profiles. */
#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

/* What a client with that profile gets for a response; the caller destroys the rig. */
static struct rig_client *
answered(const char *const *set, const char *head, const char *body)
{
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);

	rig_respmod(c, head, body, strlen(body));
	rig_until(c, 1);
	return c;
}

static const struct {
	const char *profile, *head, *body, *status;
	const char *has[3], *lacks; /* NULL: nothing */
} cases[] = {
	{ "generic", "", "hello", "ICAP/1.0 204", { NULL }, "X-Response-Info" },
	{ "generic", "", eicar, "ICAP/1.0 200",
	    { "\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test-Signature;\r\n",
		"\r\nX-Response-Info: Blocked\r\n", "HTTP/1.1 403 Forbidden\r\n" },
	    "X-Error-Code" },
	{ "trafficserver", "", "hello", "ICAP/1.0 200", { "\r\n\r\n5\r\nhello\r\n0\r\n\r\n" },
	    NULL },
	{ "illumos", "", "hello", "ICAP/1.0 204", { NULL }, NULL },
	{ "illumos", "Content-Disposition: attachment; filename=\"a;b.com\"\r\n", eicar,
	    "ICAP/1.0 200",
	    { "\r\nX-Violations-Found: "
	      "1\r\n\ta_b.com\r\n\tEicar-Test-Signature\r\n\t0\r\n\t0\r\n" },
	    NULL },
	{ "checkpoint", "", eicar, "ICAP/1.0 200", { "\r\n\r\nHTTP/1.0 403 Forbidden\r\n" }, NULL },
	{ "nextcloud", "", eicar, "ICAP/1.0 200", { "X-Infection-Found: " }, "X-Error-Code" },
	{ "nextcloud", "Content-Encoding: gzip\r\n", "no gzip", "ICAP/1.0 500",
	    { "\r\nX-Error-Code: decode_error\r\n", "\r\nX-Response-Desc: Policy.Corrupt\r\n",
		"\r\nConnection: close\r\n" },
	    NULL },
	{ "generic", "Content-Encoding: gzip\r\n", "no gzip", "ICAP/1.0 200",
	    { "Threat=Policy.Corrupt;", "\r\nX-Error-Code: decode_error\r\n" }, NULL },
	{ "nextcloud", "Content-Encoding: hum\r\n", "hum", "ICAP/1.0 500",
	    { "\r\nX-Error-Code: unsupported_coding\r\n" }, NULL },
};

TEST(answers_differ_by_profile)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char fallback[64];
		const char *set[] = { fallback, "policy.corrupt=block", "policy.unsupported=block",
			NULL };
		struct rig_client *c;

		snprintf(fallback, sizeof(fallback), "profiles.fallback=%s", cases[i].profile);
		c = answered(set, cases[i].head, cases[i].body);
		CHECK_ROW(c->output, strncmp(c->output, cases[i].status, 12) == 0);
		for (unsigned n = 0; n < 3 && cases[i].has[n] != NULL; n++)
			CHECK_ROW(cases[i].has[n], strstr(c->output, cases[i].has[n]) != NULL);
		CHECK_ROW(cases[i].profile,
		    cases[i].lacks == NULL || strstr(c->output, cases[i].lacks) == NULL);
		rig_destroy(c->rig);
	}
}

/* A request without Allow: only what says "204" in any case gets one. */
TEST(illumos_gets_204_whatever_it_asks)
{
	static const char request[] = "RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n"
				      "Encapsulated: res-hdr=0, res-body=19\r\n\r\n"
				      "HTTP/1.1 200 OK\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
	const char *set[] = { "profiles.fallback=illumos", NULL };
	struct rig *r = rig_create(set);
	struct rig_client *c = rig_client(r);

	rig_send(c, request, sizeof(request) - 1);
	rig_until(c, 1);
	CHECK_ROW(c->output, strncmp(c->output, "ICAP/1.0 204", 12) == 0);
	rig_destroy(r);
}

/* A profile shortens a hold, and never makes it longer. */
TEST(holds_are_no_longer_than_either_says)
{
	static const struct {
		const char *setting;
		uint64_t seconds;
	} rows[] = { { "sandbox.hold_timeout_s=240", 12 }, { "sandbox.hold_timeout_s=5", 5 } };

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const char *set[] = { "profiles.fallback=ocis", rows[i].setting, NULL };
		struct rig *r = rig_create(set);
		struct rig_client *c = rig_client(r);

		rig_respmod(c, "", "hello", 5);
		icap_begin(r->icap, r->now);
		CHECK(icap_next(c->session) == ICAP_REQUEST);
		c->object = inspect_request(r->inspect, c->session, &(struct inspect_peer){ 0 }, c);
		CHECK_ROW(rows[i].setting,
		    object_hold_timeout(c->object).ns == seconds(rows[i].seconds).ns);
		rig_destroy(r);
	}
}
