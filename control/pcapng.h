/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcapng (draft-ietf-opsawg-pcapng), only what we write: a section header, an interface a core with
 * times in nanoseconds, enhanced packets with their direction, and statistics at the end. Blocks in
 * memory, in this machine's byte order, as the format allows; who calls writes them to a file.
 */
#ifndef SLUICE_CONTROL_PCAPNG_H
#define SLUICE_CONTROL_PCAPNG_H

#include <stddef.h>
#include <stdint.h>

#define PCAPNG_HEAD_BYTES_MAX  1024 /* of a section or an interface */
#define PCAPNG_PACKET_OVERHEAD 64   /* what a packet's block has beyond its bytes */

enum pcapng_direction {
	PCAPNG_INBOUND = 1,
	PCAPNG_OUTBOUND = 2
};

/* Each writes one block to `out` and returns its length. Texts are cut at 200 bytes. */
size_t pcapng_section(const char *application, char out[PCAPNG_HEAD_BYTES_MAX]);
size_t pcapng_interface(
    const char *name, const char *description, uint32_t snaplen, char out[PCAPNG_HEAD_BYTES_MAX]);
/* `out` has room for PCAPNG_PACKET_OVERHEAD + kept_bytes. */
size_t pcapng_packet(uint32_t interface, int64_t wall_ns, enum pcapng_direction direction,
    const uint8_t *bytes, uint32_t kept_bytes, uint32_t frame_bytes, char *out);
/* Frames that passed the filter on this interface, and those the file lacks. */
size_t pcapng_statistics(uint32_t interface, int64_t wall_ns, uint64_t seen, uint64_t lost,
    char out[PCAPNG_HEAD_BYTES_MAX]);

#endif
