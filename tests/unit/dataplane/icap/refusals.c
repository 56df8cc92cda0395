/* SPDX-License-Identifier: BSD-3-Clause */
/* What is refused is told with its status and its own cause, so that a client can be mended. */
#include "tests/unit/dataplane/icap/rig.h"

#define LINE_REQ  "REQMOD icap://h/av/reqmod ICAP/1.0\r\n"
#define LINE_RESP "RESPMOD icap://h/av/respmod ICAP/1.0\r\n"
#define HEAD_RESP "HTTP/1.1 200 OK\r\n\r\n"

static const struct {
	const char *request;
	int status;
	const char *cause;
} rows[] = {
	{ "\x16\x03\x01", 400, "a method of ICAP" },
	{ "OPTIONS\r\n\r\n", 400, "METHOD URI ICAP/1.0" },
	{ "OPTIONS icap://h/av/reqmod HTTP/1.1\r\n\r\n", 400, "METHOD URI ICAP/1.0" },
	{ "OPTIONS icap://h/av/reqmod ICAP/1.1\r\n\r\n", 505, "a version" },
	{ "PROPFIND icap://h/av/reqmod ICAP/1.0\r\n\r\n", 501, "a method other" },
	{ "OPTIONS icap://h/av/rqmod ICAP/1.0\r\n\r\n", 404, "has that path" },
	{ "REQMOD icap://h/av/respmod ICAP/1.0\r\n\r\n", 405, "other method" },
	{ LINE_REQ "A: b\r\n c\r\n\r\n", 400, "folded" },
	{ LINE_REQ "Host h\r\n\r\n", 400, "without colon" },
	{ LINE_REQ "Preview: 1k\r\n\r\n", 400, "Preview" },
	{ LINE_REQ "Preview: 1\r\nPreview: 2\r\n\r\n", 400, "Preview" },
	{ LINE_REQ "Host: h\r\n\r\n", 400, "no Encapsulated" },
	{ LINE_REQ "Encapsulated: req-hdr=0\r\n\r\n", 400, "no list" },
	{ LINE_REQ "Encapsulated: req-hdr=4, null-body=9\r\n\r\n", 400, "no list" },
	{ LINE_REQ "Encapsulated: null-body=0\r\nEncapsulated: null-body=0\r\n\r\n", 400, "two" },
	{ LINE_REQ "Encapsulated: req-hdr=0, res-body=9\r\n\r\n", 400, "has parts" },
	{ LINE_RESP "Encapsulated: res-hdr=0, req-hdr=19, res-body=38\r\n\r\n", 400, "has parts" },
	{ LINE_RESP "Encapsulated: res-hdr=0, res-body=999999\r\n\r\n", 400,
	    "an encapsulated head above" },
	{ LINE_RESP "Encapsulated: res-hdr=0, res-body=18\r\n\r\n" HEAD_RESP, 400, "does not end" },
};

static void
check_told(struct rig *r, const char *name, int status, const char *cause)
{
	struct icap_refusal told;
	char line[32];

	CHECK_ROW(name, icap_take_refusal(r->s, &told));
	CHECK_ROW(name, told.status == status);
	CHECK_ROW(name, strstr(told.cause, cause) != NULL);
	CHECK_ROW(name, !icap_take_refusal(r->s, &told));
	snprintf(line, sizeof(line), "ICAP/1.0 %d ", status);
	CHECK_ROW(name, strstr(rig_reply(r), line) != NULL);
}

TEST(each_fault_is_told_by_its_own_cause)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct rig r;

		rig_open(&r);
		rig_put(&r, rows[i].request);
		while (icap_next(r.s) != ICAP_CLOSE)
			continue;
		check_told(&r, rows[i].request, rows[i].status, rows[i].cause);
		rig_close(&r);
	}
}

TEST(a_late_head_is_told_so)
{
	struct rig r;

	rig_open(&r);
	rig_put(&r, LINE_REQ);
	CHECK(icap_next(r.s) == ICAP_MORE);
	rig_at(&r, 1000);
	CHECK(icap_next(r.s) == ICAP_CLOSE);
	check_told(&r, "late", 408, "in time");
	rig_close(&r);
}

TEST(a_body_that_breaks_is_told_after_its_object)
{
	struct rig r;

	rig_open(&r);
	rig_put(&r, LINE_RESP "Encapsulated: res-hdr=0, res-body=19\r\n\r\n" HEAD_RESP "x\r\n");
	CHECK(icap_next(r.s) == ICAP_REQUEST);
	CHECK(icap_next(r.s) == ICAP_ABORTED);
	CHECK(icap_next(r.s) == ICAP_CLOSE);
	check_told(&r, "chunks", 400, "not chunked");
	rig_close(&r);
}

TEST(what_was_served_is_no_refusal)
{
	struct icap_refusal told;
	struct rig r;

	rig_open(&r);
	rig_put(&r, "OPTIONS icap://h/av/reqmod ICAP/1.0\r\n\r\n");
	CHECK(icap_next(r.s) == ICAP_MORE);
	CHECK(!icap_take_refusal(r.s, &told));
	rig_reply(&r);
	rig_close(&r);
}
