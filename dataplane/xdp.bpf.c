/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which frames of an af_xdp port's interface are ours: those for an address in `ours`, and the ARP
 * that such an address needs. The rest goes on to the kernel, so that the interface may have
 * addresses of the kernel's, too. Attached by xdp.c in the place of the driver's own program;
 * `xsks_map` is the driver's, a socket a queue.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "dataplane/xdp_address.h"

#define TYPE_OFFSET      12
#define VLAN_BYTES       4
#define ARP_SENDER       14 /* sender and target protocol address, RFC 826 */
#define ARP_TARGET       24
#define IPV4_DESTINATION 16
#define IPV6_DESTINATION 24

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} xsks_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XDP_ADDRESSES_MAX);
	__type(key, struct xdp_address);
	__type(value, __u8);
} ours SEC(".maps");

static __always_inline int
is_ours(const struct xdp_address *a)
{
	return bpf_map_lookup_elem(&ours, a) != (void *)0;
}

static __always_inline int
ipv4_is_ours(const __u8 *four, const __u8 *end)
{
	struct xdp_address a = { .bytes = { [10] = 0xff, [11] = 0xff } };

	if (four + 4 > end)
		return 0;
	__builtin_memcpy(a.bytes + 12, four, 4);
	return is_ours(&a);
}

static __always_inline int
ipv6_is_ours(const __u8 *sixteen, const __u8 *end)
{
	struct xdp_address a;
	const struct xdp_address every = { { 0 } };

	if (sixteen + 16 > end)
		return 0;
	__builtin_memcpy(a.bytes, sixteen, 16);
	return is_ours(&a) || is_ours(&every);
}

SEC("xdp")
int
sluice_xdp(struct xdp_md *frame)
{
	const __u8 *at = (const __u8 *)(long)frame->data,
		   *end = (const __u8 *)(long)frame->data_end;
	__u16 type;
	int mine = 0;

	if (at + ETH_HLEN + VLAN_BYTES > end)
		return XDP_PASS;
	type = *(const __u16 *)(at + TYPE_OFFSET);
	at += ETH_HLEN;
	if (type == bpf_htons(ETH_P_8021Q)) {
		type = *(const __u16 *)(at + 2);
		at += VLAN_BYTES;
	}
	if (type == bpf_htons(ETH_P_IP))
		mine = ipv4_is_ours(at + IPV4_DESTINATION, end);
	else if (type == bpf_htons(ETH_P_IPV6))
		mine = ipv6_is_ours(at + IPV6_DESTINATION, end);
	else if (type == bpf_htons(ETH_P_ARP))
		mine = ipv4_is_ours(at + ARP_TARGET, end) || ipv4_is_ours(at + ARP_SENDER, end);
	if (!mine)
		return XDP_PASS;
	/* Without a socket the frame is the kernel's: a dataplane that died takes nothing away. */
	return (int)bpf_redirect_map(&xsks_map, frame->rx_queue_index, XDP_PASS);
}

char _license[] SEC("license") = "BSD";
