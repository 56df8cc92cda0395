/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects from their request to their answer: clean and bad ones, a ring that is full. */
#include <isa-l/igzip_lib.h>

#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"

static const char eicar[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}"
			    "$EICAR-STANDARD-"
			    "ANTIVIRUS-TEST-FILE!$H+H*";

TEST(clean_is_204_and_bad_is_a_page)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct notice n;

	rig_respmod(c, "", "hello", 5);
	rig_until(c, 1);
	CHECK(strncmp(c->output, "ICAP/1.0 204", 12) == 0);
	c->output_bytes = 0;
	rig_respmod(c, "", eicar, sizeof(eicar) - 1);
	rig_until(c, 1);
	CHECK(strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(strstr(c->output, "X-Virus-ID: Eicar-Test-Signature") != NULL);
	CHECK(rig_notice(r, &n) && n.kind == NOTICE_BAD);
	rig_destroy(r);
}

/* A verdict that waits for the ring is one object that met a full ring, however often it is tried.
 */
TEST(a_full_ring_is_counted_once_an_object)
{
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct notice n;

	while (notice_reserve(r->channel) != NULL) {
		memset(notice_reserve(r->channel), 0, sizeof(n));
		notice_commit(r->channel);
	}
	rig_respmod(c, "", eicar, sizeof(eicar) - 1);
	for (unsigned turn = 0; turn < 20; turn++)
		rig_turn(r);
	CHECK(c->output_bytes == 0);
	CHECK(r->stats->counters[COUNTER_NOTICES_FULL] == 1);
	while (rig_notice(r, &n))
		continue;
	rig_turn(r);
	CHECK(strncmp(c->output, "ICAP/1.0 200", 12) == 0);
	CHECK(r->stats->counters[COUNTER_NOTICES_FULL] == 1);
	rig_destroy(r);
}

/* The object of a client whose request was sent, before its body is looked at. */
static struct inspect_object *
begin(struct rig_client *c, const char *head, const void *body, size_t bytes)
{
	rig_respmod(c, head, body, bytes);
	icap_begin(c->rig->icap, c->rig->now);
	CHECK(icap_next(c->session) == ICAP_REQUEST);
	return inspect_request(c->rig->inspect, c->session, &(struct inspect_peer){ 0 }, c);
}

static size_t
pack(const void *bytes, size_t count, uint8_t *out, size_t room)
{
	struct isal_zstream z;

	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)bytes;
	z.avail_in = (uint32_t)count;
	z.next_out = out;
	z.avail_out = (uint32_t)room;
	z.end_of_stream = 1;
	return isal_deflate_stateless(&z) == COMP_OK ? z.total_out : 0;
}

/* Which body is one buffer: a short one is, and one that needs a second mbuf is not. */
TEST(one_buffer_is_scanned_in_block_mode)
{
	static uint8_t text[5000], packed[5000];
	struct rig *r = rig_create(NULL);
	struct rig_client *c = rig_client(r);
	struct inspect_object *o;
	size_t n;

	memset(text, 'a', sizeof(text));
	o = begin(c, "", text, 300);
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	CHECK(signature_block_bytes(o->raw.scan) == 300);
	CHECK(icap_next(c->session) == ICAP_BODY_END && inspect_end(o));

	c = rig_client(r);
	o = begin(c, "", text, sizeof(text));
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	CHECK(o->raw.bytes == sizeof(text) && signature_block_bytes(o->raw.scan) == 0);
	CHECK(icap_next(c->session) == ICAP_BODY_END && inspect_end(o));

	c = rig_client(r);
	n = pack(text, sizeof(text), packed, sizeof(packed));
	o = begin(c, "Content-Encoding: gzip\r\n", packed, n);
	CHECK(icap_next(c->session) == ICAP_BODY && !inspect_body(o));
	CHECK(signature_block_bytes(o->raw.scan) == n);
	CHECK(signature_block_bytes(o->decoded.scan) == sizeof(text));
	CHECK(icap_next(c->session) == ICAP_BODY_END && inspect_end(o));
	rig_destroy(r);
}
