/* SPDX-License-Identifier: BSD-3-Clause */
/* Which ICMP errors are told: those about TCP segments that may have been ours. */
#include <string.h>

#include "tests/unit/dataplane/net/link/wire.h"
#include "tests/unit/harness.h"

#define PORT 1344
#define SEQ  0x01020304u

/* What an error quotes: an IP header from us to the peer, and the first 8 bytes of TCP. */
static size_t
quote(bool v4, uint8_t *out)
{
	static const uint8_t tcp[8] = { 5, 0x40, 0x30, 0x39, 1, 2, 3, 4 };

	if (v4) {
		wire_ip4(out, 6, 0, 0x4000, tcp, sizeof(tcp));
		memcpy(out + 12, wire_us4, 4);
		memcpy(out + 16, wire_peer4, 4);
		return 28;
	}
	wire_ip6(out, 6, tcp, sizeof(tcp));
	memcpy(out + 8, wire_us6, 16);
	memcpy(out + 24, wire_peer6, 16);
	return 48;
}

/* One byte of the quoted packet or of the sum is another. */
struct change {
	const char *name;
	bool v4;
	unsigned at; /* in the message; the quoted packet stands at 8 */
	uint8_t value;
	bool resum;
	enum link_counter dropped; /* LINK_COUNTER_COUNT: it is told */
};

static const struct change changes[] = {
	{ "right", true, 8, 0x45, true, LINK_COUNTER_COUNT },
	{ "right, 6", false, 8, 0x60, true, LINK_COUNTER_COUNT },
	{ "a wrong sum", true, 2, 0xaa, false, LINK_COUNTER_IN_BAD_HEADER },
	{ "a wrong sum, 6", false, 2, 0xaa, false, LINK_COUNTER_IN_BAD_HEADER },
	{ "about another's packet", true, 8 + 15, 99, true, LINK_COUNTER_IN_BAD_SOURCE },
	{ "about another's packet, 6", false, 8 + 23, 99, true, LINK_COUNTER_IN_BAD_SOURCE },
	{ "about UDP", true, 8 + 9, 17, true, LINK_COUNTER_IN_UNKNOWN },
	{ "about UDP, 6", false, 8 + 6, 17, true, LINK_COUNTER_IN_UNKNOWN },
	{ "a quoted header of 16 bytes", true, 8, 0x44, true, LINK_COUNTER_IN_UNKNOWN },
	{ "a quoted header past the end", true, 8, 0x4f, true, LINK_COUNTER_IN_UNKNOWN },
	{ "a redirect", true, 0, 5, true, LINK_COUNTER_IN_UNKNOWN },
	{ "a redirect, 6", false, 0, 137, true, LINK_COUNTER_IN_UNKNOWN },
	{ "source quench", true, 0, 4, true, LINK_COUNTER_IN_UNKNOWN },
};

TEST(errors_are_told_of_our_segments_only)
{
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		const struct change *c = &changes[i];
		struct link_wire *w = wire_create(NULL);
		uint8_t message[64] = { c->v4 ? 3 : 1, c->v4 ? 1 : 0 }, packet[128];
		size_t bytes = 8 + quote(c->v4, message + 8), n;
		bool told;

		if (c->resum)
			message[c->at] = c->value;
		if (c->v4) {
			uint16_t sum = wire_sum(message, bytes, 0);

			message[2] = (uint8_t)(sum >> 8);
			message[3] = (uint8_t)sum;
			n = wire_ip4(packet, 1, 1, 0, message, bytes);
		} else {
			n = wire_icmp6(packet, wire_peer6, wire_us6, message, bytes);
		}
		if (!c->resum)
			packet[(c->v4 ? 20 : 40) + c->at] ^= c->value;
		told = wire_give_ip(w, packet, n) == LINK_ICMP_ERROR;
		CHECK_ROW(c->name, told == (c->dropped == LINK_COUNTER_COUNT));
		if (told) {
			CHECK_ROW(c->name, w->packet.quoted_source_port == PORT);
			CHECK_ROW(c->name, w->packet.quoted_seq == SEQ && w->packet.unreachable);
		} else {
			CHECK_ROW(c->name, wire_count(w, c->dropped) == 1 && w->sent_count == 0);
		}
		CHECK_ROW(c->name, wire_destroy(w));
	}
}
