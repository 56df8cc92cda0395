/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The answer to OPTIONS (RFC 3507 §4.10): what we serve, and how this kind of client had better
 * ask.
 *
 * Many clients open a connection for each OPTIONS, and while they look whether we are alive they
 * send nothing else, so the answers are kept, whole, as long as ISTag, Date and profiles are these:
 * one for each profile and set of methods that was asked for, the last OPTIONS_KEPT of them. One
 * that says Connection: close is made each time.
 */
#include <stdio.h>

#include "dataplane/icap/internal.h"

/* "Preview: n" and what needs it; nothing where the client does better without. */
static int
put_preview(const struct icap_profile *p, char *out, size_t room)
{
	return p->preview
		   ? snprintf(out, room, "Preview: %u\r\nTransfer-Preview: *\r\n", p->preview_bytes)
		   : 0;
}

/* The verdict headers we may send, for clients that read only what was announced. */
static int
put_allow_out(const struct icap_profile *p, char *out, size_t room)
{
	const char *infection = p->infection_header, *virus = p->virus_header;

	if (!p->allow_out)
		return 0;
	return snprintf(out, room, "X-Allow-Out: %s%s%s%sX-Violations-Found\r\n", infection,
	    infection[0] != 0 ? ", " : "", virus, virus[0] != 0 ? ", " : "");
}

/* The whole answer, where it is not the last of its connection. Returns the bytes. */
static int
make(const struct icap_session *s, char *out, size_t room)
{
	const struct icap_profile *p = &s->icap->profiles.list[s->profile];
	int n = respond_head(s->icap, 200, "OK", respond_will_close(s), out, room);

	n += snprintf(out + n, room - (size_t)n,
	    "Methods: %s%s%s\r\nService-ID: sluice\r\nMax-Connections: %u\r\n"
	    "Options-TTL: %u\r\n",
	    s->serves[0] ? "REQMOD" : "", s->serves[0] && s->serves[1] ? ", " : "",
	    s->serves[1] ? "RESPMOD" : "", p->connections_max, p->options_ttl_seconds);
	n += put_preview(p, out + n, room - (size_t)n);
	n += snprintf(out + n, room - (size_t)n, "%sX-Include: %s\r\n",
	    p->offer_204 ? "Allow: 204\r\n" : "", p->include);
	n += put_allow_out(p, out + n, room - (size_t)n);
	return n + snprintf(out + n, room - (size_t)n, "Encapsulated: null-body=0\r\n\r\n");
}

/* The kept answer for this session; made now where there is none, in the place of the oldest. */
static const struct kept_options *
kept(const struct icap_session *s)
{
	struct icap *i = s->icap;
	struct kept_options *k;

	for (unsigned n = 0; n < i->options_kept; n++) {
		k = &i->options[n];
		if (k->profile == s->profile && k->serves[0] == s->serves[0] &&
		    k->serves[1] == s->serves[1])
			return k;
	}
	k = &i->options[i->options_next];
	i->options_next = (i->options_next + 1) % OPTIONS_KEPT;
	if (i->options_kept < OPTIONS_KEPT)
		i->options_kept++;
	k->profile = s->profile;
	k->serves[0] = s->serves[0];
	k->serves[1] = s->serves[1];
	k->bytes = (uint32_t)make(s, k->text, sizeof(k->text));
	return k;
}

void
options_forget(struct icap *i)
{
	i->options_kept = i->options_next = 0;
}

void
options_respond(struct icap_session *s)
{
	char out[OPTIONS_BYTES_MAX];
	const struct kept_options *k;
	int rc;

	if (respond_will_close(s)) {
		rc = respond_put(s, out, (size_t)make(s, out, sizeof(out)));
	} else {
		k = kept(s);
		rc = respond_put(s, k->text, k->bytes);
	}
	if (rc != 0)
		icap_abandon(s);
	s->answered = true;
	s->dropping = true;
}
