/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/tamper/mark.h"

#define ETHERNET_BYTES 14u
#define TAG_BYTES      4u
#define TYPE_TAG       0x8100u
#define TYPE_IPV4      0x0800u
#define TYPE_IPV6      0x86ddu
#define IPV4_BYTES     20u
#define IPV6_BYTES     40u
#define IPV4_SUM_AT    10u
#define ECN_CE         3u

static uint32_t
word_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 8 | p[1];
}

static bool
may_be_marked(unsigned ecn)
{
	return ecn == 1 || ecn == 2;
}

/* RFC 1624: HC' = ~(~HC + ~m + m'), over the word that the field lies in. */
static bool
mark_ipv4(uint8_t *ip, uint32_t bytes)
{
	uint32_t before = word_at(ip), sum;

	if (bytes < IPV4_BYTES || ip[0] >> 4 != 4 || !may_be_marked(ip[1] & 3u))
		return false;
	ip[1] |= ECN_CE;
	sum = (~word_at(ip + IPV4_SUM_AT) & 0xffffu) + (~before & 0xffffu) + word_at(ip);
	sum = (sum & 0xffffu) + (sum >> 16);
	sum = ~((sum & 0xffffu) + (sum >> 16));
	ip[IPV4_SUM_AT] = (uint8_t)(sum >> 8);
	ip[IPV4_SUM_AT + 1] = (uint8_t)sum;
	return true;
}

static bool
mark_ipv6(uint8_t *ip, uint32_t bytes)
{
	if (bytes < IPV6_BYTES || ip[0] >> 4 != 6 || !may_be_marked(ip[1] >> 4 & 3u))
		return false;
	ip[1] |= (uint8_t)(ECN_CE << 4);
	return true;
}

bool
mark_congestion(uint8_t *frame, uint32_t bytes)
{
	uint32_t at = ETHERNET_BYTES, type;

	if (bytes < ETHERNET_BYTES)
		return false;
	type = word_at(frame + at - 2);
	if (type == TYPE_TAG && bytes >= at + TAG_BYTES) {
		at += TAG_BYTES;
		type = word_at(frame + at - 2);
	}
	if (type == TYPE_IPV4)
		return bytes >= at + 2 && mark_ipv4(frame + at, bytes - at);
	return type == TYPE_IPV6 && mark_ipv6(frame + at, bytes - at);
}
