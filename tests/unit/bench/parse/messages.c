/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests taken apart, and every case done to its end with each kind of scan. */
#include "bench/parse/messages.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/parse/cases.h"
#include "tests/unit/harness.h"

#define GET  "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
#define OK   "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
#define ICAP "RESPMOD icap://h/av/respmod ICAP/1.0\r\nEncapsulated: "

int
harness_setup(void)
{
	return cases_start();
}

TEST(a_message_is_taken_apart)
{
	static const char sent[] = ICAP "req-hdr=0, res-hdr=28, res-body=73\r\n\r\n" GET OK
					"3\r\nabc\r\n0\r\n\r\n2\r\nde\r\n0\r\n\r\n";
	static struct messages m;
	const struct message *one = &m.list[0];

	CHECK(messages_add(&m, span_text(sent)) == 0 && m.count == 1);
	CHECK(span_is(one->whole, sent));
	CHECK(span_is(one->icap_head, ICAP "req-hdr=0, res-hdr=28, res-body=73\r\n\r\n"));
	CHECK(span_is(one->heads[0], GET) && span_is(one->heads[1], OK));
	CHECK(span_is(one->target, "/a") && span_is(one->content_type, "text/plain"));
	CHECK(span_is(one->chunks, "3\r\nabc\r\n0\r\n\r\n2\r\nde\r\n0\r\n\r\n"));
	CHECK(span_is(one->body, "abcde"));
	messages_free(&m);
}

TEST(what_is_no_request_is_refused)
{
	static const char *const rows[] = { "", "hello", ICAP "req-hdr=0, null-body=28\r\n\r\n",
		ICAP "req-hdr=0, null-body=28\r\n\r\nGET /a HTTP/1.1\r\n",
		ICAP "req-hdr=99999999999999, null-body=28\r\n\r\n" GET,
		ICAP "req-hdr=0, req-body=28\r\n\r\n" GET,
		ICAP "req-hdr=0, req-body=28\r\n\r\n" GET "x\r\n" };
	static struct messages m;

	for (unsigned i = 0; i < COUNT_OF(rows); i++)
		CHECK_ROW(rows[i], messages_add(&m, span_text(rows[i])) == -EINVAL);
	CHECK(m.count == 0);
}

TEST(a_file_that_is_no_request_is_named)
{
	static struct messages m;
	char error[MESSAGE_ERROR_ROOM];

	CHECK(messages_read(&m, "/nonexistent/x.icap", error) == -ENOENT);
	CHECK(strcmp(error, "/nonexistent/x.icap: No such file or directory") == 0);
	CHECK(messages_read(&m, "/dev/null", error) == -EINVAL);
	CHECK(strcmp(error, "/dev/null: no whole ICAP request of at most 4 MiB") == 0);
	CHECK(m.count == 0);
}

TEST(every_case_runs_with_every_kind_of_scan)
{
	static struct messages m;
	struct case_result r;

	CHECK(messages_own(&m) == 0 && m.count == 3);
	for (enum http_scan_kind k = HTTP_SCAN_AUTO; k < HTTP_SCAN_KIND_COUNT; k++) {
		for (unsigned i = 0; i < CASE_COUNT; i++) {
			int rc = case_run(&m, (enum case_id)i, k, 3, &r);

			if (http_scan_of(k) == NULL) {
				CHECK_ROW(case_name(i), rc == -ENOTSUP);
				continue;
			}
			CHECK_ROW(case_name(i), rc == 0 && r.operations > 0);
			CHECK_ROW(case_name(i), r.bytes >= r.operations && r.ns > 0);
		}
	}
	messages_free(&m);
}

TEST(a_case_without_its_part_and_one_that_is_refused_say_so)
{
	static struct messages m;
	struct case_result r;

	CHECK(messages_add(&m, span_text(ICAP "req-hdr=0, null-body=28\r\n\r\n" GET)) == 0);
	CHECK(case_run(&m, CASE_MULTIPART, HTTP_SCAN_AUTO, 1, &r) == -ENOENT);
	CHECK(case_run(&m, CASE_CHUNKED, HTTP_SCAN_AUTO, 1, &r) == -ENOENT);
	messages_free(&m);
	CHECK(messages_add(
		  &m, span_text("RESPMOD icap://h/nowhere ICAP/1.0\r\nEncapsulated: req-hdr=0, "
				"null-body=28\r\n\r\n" GET)) == 0);
	CHECK(case_run(&m, CASE_REQUEST, HTTP_SCAN_AUTO, 1, &r) == -EPROTO);
	messages_free(&m);
}
