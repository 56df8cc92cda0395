/* SPDX-License-Identifier: BSD-3-Clause */
/* Room for heads: lent from a request's first byte to its answer's end, and refused where there is
 * none. */
#include "dataplane/icap/internal.h"
#include "tests/unit/dataplane/icap/rig.h"

/* All that is free, as if others had been lent it; how many to give back. */
static uint32_t
take_all(struct rig *r)
{
	uint32_t others = r->icap->free_heads_count;

	r->icap->free_heads_count = 0;
	return others;
}

TEST(heads_are_held_within_a_request_alone)
{
	struct rig r;

	rig_open(&r);
	CHECK(!icap_holds_heads(r.s) && !icap_lacks_heads(r.s) && icap_is_idle(r.s));
	rig_put(&r, "REQMOD icap://h/av/re");
	CHECK(!icap_holds_heads(r.s) && !icap_lacks_heads(r.s));
	CHECK(icap_next(r.s) == ICAP_MORE);
	CHECK(icap_holds_heads(r.s) && icap_awaits_head(r.s));
	rig_put(&r,
	    "qmod ICAP/1.0\r\nAllow: 204\r\nEncapsulated: req-hdr=0, null-body=24\r\n\r\nGET / ");
	CHECK(icap_next(r.s) == ICAP_MORE && icap_awaits_head(r.s));
	rig_put(&r, "HTTP/1.1\r\nA: b\r\n\r\n");
	CHECK(icap_next(r.s) == ICAP_REQUEST);
	CHECK(icap_holds_heads(r.s) && !icap_awaits_head(r.s));
	CHECK(icap_next(r.s) == ICAP_BODY_END);
	CHECK(icap_answer(r.s, &(struct icap_answer){ .kind = ICAP_ANSWER_NO_CONTENT }) == 0);
	CHECK(icap_next(r.s) == ICAP_MORE);
	CHECK(!icap_holds_heads(r.s) && icap_is_idle(r.s));
	rig_reply(&r);
	rig_close(&r);
}

TEST(who_lacks_heads_is_refused_unless_some_come_free)
{
	for (unsigned come = 0; come < 2; come++) {
		struct rig r;
		uint32_t others;

		rig_open(&r);
		others = take_all(&r);
		CHECK(!icap_lacks_heads(r.s)); /* it needs none */
		rig_put(&r, "OPTIONS icap://h/av/reqmod ICAP/1.0\r\n\r\n");
		CHECK(icap_lacks_heads(r.s));
		if (come == 1) {
			r.icap->free_heads_count = others;
			CHECK(!icap_lacks_heads(r.s));
			CHECK(icap_next(r.s) == ICAP_MORE);
			CHECK(strncmp(rig_reply(&r), "ICAP/1.0 200 ", 13) == 0);
		} else {
			CHECK(icap_next(r.s) == ICAP_CLOSE);
			CHECK(strncmp(rig_reply(&r), "ICAP/1.0 503 ", 13) == 0);
			r.icap->free_heads_count = others;
		}
		rig_close(&r);
	}
}
