/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a client's bytes are cut says nothing of the answer, from the first byte to the verdict:
 * whole conversations cut at each byte, and at pairs of places, are answered byte for byte alike,
 * but for the date, the time and the incident's number. tests/unit/dataplane/icap cuts what no scan
 * is needed for.
 */
#include "tests/unit/dataplane/icap/cuts.h"
#include "dataplane/inspect/object.h"
#include "tests/unit/dataplane/inspect/rig.h"

#define EICAR_1 "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-"
#define EICAR_2 "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
#define EICAR_BASE64                                                                               \
	"WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FS\r\nLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUh" \
	"JEgrSCo="
#define RESPMOD_HEAD(fields, parts)                                                         \
	"RESPMOD icap://h/av/respmod ICAP/1.0\r\nHost: h\r\n" fields "Encapsulated: " parts \
	"\r\n\r\n"
#define REQMOD_HEAD(fields, parts)                                                                 \
	"REQMOD icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n" fields "Encapsulated: " parts "\r\n\r" \
	"\n"
#define ALLOW   "Allow: 204\r\n"
#define GET     "GET http://h/ HTTP/1.1\r\n\r\n" /* 26 bytes */
#define OK      "HTTP/1.1 200 OK\r\n\r\n"        /* 19 */
#define PLAIN   RESPMOD_HEAD(ALLOW, "res-hdr=0, res-body=19") OK
#define CHUNKS  "22\r\n" EICAR_1 "\r\n22\r\n" EICAR_2 "\r\n"
#define UPGRADE "GET /chat HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" /* 63 */
#define SWITCH  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"          /* 56 */
#define FORM                                                                                 \
	"POST /up HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=xYz\r\n\r\n" /* 72 \
											*/
#define FIELD "--xYz\r\nContent-Disposition: form-data; name=v\r\n\r\n--xY\r\n"        /* 55 */
#define FILE_HEAD                                                                   \
	"--xYz\r\nContent-Disposition: form-data; name=f;\r\n filename=\"a b\"\r\n" \
	"Content-Transfer-Encoding: base64\r\n\r\n"

static const struct {
	const char *name, *sent;
	const char *statuses; /* of the answers, a blank behind each */
	const char *contains;
} conversations[] = {
	{ "OPTIONS", "OPTIONS icap://h/av/reqmod ICAP/1.0\r\nHost: h\r\n\r\n", "200 ",
	    "Methods: REQMOD" },
	{ "an upgrade", REQMOD_HEAD("", "req-hdr=0, null-body=63") UPGRADE, "200 ", UPGRADE },
	{ "an upgrade that is agreed to",
	    RESPMOD_HEAD("", "req-hdr=0, res-hdr=63, null-body=119") UPGRADE SWITCH, "200 ",
	    SWITCH },
	{ "EICAR in two chunks", PLAIN CHUNKS "0\r\n\r\n", "200 ", "HTTP/1.1 403 Forbidden" },
	{ "EICAR, an extension, a trailer",
	    PLAIN "22;a=\"b;c\"\r\n" EICAR_1 "\r\n0022\r\n" EICAR_2 "\r\n0\r\nX-A: b\r\n\r\n" PLAIN
		  "0\r\n\r\n",
	    "200 204 ", "HTTP/1.1 403 Forbidden" },
	{ "EICAR in a preview that is all",
	    RESPMOD_HEAD("Preview: 100\r\n", "res-hdr=0, res-body=19") OK CHUNKS "0; ieof\r\n\r\n",
	    "200 ", "HTTP/1.1 403 Forbidden" },
	{ "EICAR behind a preview",
	    RESPMOD_HEAD("Preview: 34\r\n", "res-hdr=0, res-body=19") OK
	    "22\r\n" EICAR_1 "\r\n0\r\n\r\n22\r\n" EICAR_2 "\r\n0\r\n\r\n",
	    "100 200 ", "HTTP/1.1 403 Forbidden" },
	{ "an object that comes back, and the next",
	    RESPMOD_HEAD("", "res-hdr=0, res-body=19") OK
	    "5\r\nhello\r\n0\r\n\r\n" PLAIN
	    "5\r\nworld\r\n0\r\n\r\n" REQMOD_HEAD(ALLOW, "req-hdr=0, null-body=26") GET,
	    "200 204 204 ", "5\r\nhello\r\n0\r\n\r\n" },
	{ "a form that comes back",
	    REQMOD_HEAD("", "req-hdr=0, req-body=70") FORM "37\r\n" FIELD
							   "\r\n7\r\n--xYz--\r\n0\r\n\r\n",
	    "200 ", FIELD },
	{ "a form with EICAR in base64",
	    REQMOD_HEAD(ALLOW, "req-hdr=0, req-body=70") FORM
	    "37\r\n" FIELD "\r\ncf\r\n" FILE_HEAD EICAR_BASE64 "\r\n--xYz--\r\n\r\n0\r\n\r\n",
	    "200 ", "HTTP/1.1 403 Forbidden" },
	{ "what is no gzip",
	    RESPMOD_HEAD(ALLOW, "res-hdr=0, res-body=43") "HTTP/1.1 200 OK\r\nContent-Encoding: "
							  "gzip\r\n\r\n7\r\nno gzip\r\n0\r\n\r\n",
	    "200 ", "Policy.Corrupt" },
	{ "a chunk longer than its size", PLAIN "3\r\nabcd\r\n0\r\n\r\n", "400 ",
	    "Connection: close" },
};

/* Takes out what differs from one answer to the next: up to the end of its line or element. */
static void
mask(char *text, const char *behind)
{
	for (char *at = text; (at = strstr(at, behind)) != NULL;) {
		at += strlen(behind);
		for (; *at != 0 && *at != '\r' && *at != '<'; at++)
			*at = 'x';
	}
}

/*
 * What is answered to the message in pieces, each looked at before the next; the same rig serves
 * all of them. The caller frees it.
 */
static char *
answer(struct rig **r, struct span sent, size_t first, size_t second)
{
	const size_t ends[] = { first, second, sent.bytes };
	struct rig_client *c;
	struct record_slot record;
	struct notice notice;
	size_t at = 0;
	char *text;

	if ((*r)->client_count == RIG_CLIENTS_MAX) {
		const char *set[] = { "policy.corrupt=block", NULL };

		rig_destroy(*r);
		*r = rig_create(set);
	}
	c = rig_client(*r);
	for (unsigned i = 0; i < COUNT_OF(ends); i++) {
		if (ends[i] > at)
			rig_send(c, sent.data + at, ends[i] - at);
		at = ends[i] > at ? ends[i] : at;
		for (unsigned turn = 0; turn < (i == 2 ? 12u : 2u); turn++) {
			rig_turn(*r);
			while (rig_record(*r, &record) || rig_notice(*r, &notice))
				continue;
		}
	}
	text = strdup(c->output);
	mask(text, "Date: ");
	mask(text, "<dt>Incident</dt><dd>");
	mask(text, "<dt>Time</dt><dd>");
	return text;
}

/* The codes of all answers; those of a body's bytes are none of them. */
static void
statuses(const char *text, char *out, size_t room)
{
	size_t n = 0;

	out[0] = 0;
	for (; (text = strstr(text, "ICAP/1.0 ")) != NULL && n + 5 < room; text += 9)
		n += (size_t)snprintf(out + n, room - n, "%.3s ", text + 9);
}

TEST(answers_are_the_same_however_the_bytes_are_cut)
{
	const char *set[] = { "policy.corrupt=block", NULL };
	unsigned stride = cuts_stride() == CUTS_STRIDE ? 997 : cuts_stride(), pair = 0;
	struct rig *r = rig_create(set);

	CHECK(stride > 0);
	for (size_t i = 0; i < COUNT_OF(conversations) && stride > 0; i++) {
		const char *name = conversations[i].name;
		struct span sent = span_text(conversations[i].sent);
		char *whole = answer(&r, sent, 0, 0), codes[64];

		statuses(whole, codes, sizeof(codes));
		CHECK_ROW(name, strcmp(codes, conversations[i].statuses) == 0);
		CHECK_ROW(name, strstr(whole, conversations[i].contains) != NULL);
		CHECK_ROW(name, sent.bytes <= CUTS_BYTES_MAX);
		for (size_t a = 1; a < sent.bytes; a++) {
			for (size_t b = a; b < sent.bytes; b++) {
				char *cut;

				if (b > a && pair++ % stride != 0)
					continue;
				cut = answer(&r, sent, a, b);
				CHECK_ROW(name, strcmp(whole, cut) == 0);
				free(cut);
			}
		}
		free(whole);
	}
	rig_destroy(r);
}
