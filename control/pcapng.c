/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/pcapng.h"

#include <string.h>

#define BLOCK_SECTION    0x0a0d0d0au
#define BLOCK_INTERFACE  1u
#define BLOCK_STATISTICS 5u
#define BLOCK_PACKET     6u

#define BYTE_ORDER_MAGIC  0x1a2b3c4du
#define LINKTYPE_ETHERNET 1

#define OPTION_END         0
#define SECTION_USERAPPL   4
#define INTERFACE_NAME     2
#define INTERFACE_TEXT     3
#define INTERFACE_TSRESOL  9
#define PACKET_FLAGS       2
#define STATISTICS_DROPPED 5 /* isb_ifdrop */
#define STATISTICS_FILTER  6 /* isb_filteraccept */

#define TEXT_MAX 200

/* A block that is being written. */
struct block {
	char *at;
	size_t used;
};

static void
put(struct block *b, const void *bytes, size_t count)
{
	memcpy(b->at + b->used, bytes, count);
	b->used += count;
}

static void
put_u16(struct block *b, uint16_t v)
{
	put(b, &v, sizeof(v));
}

static void
put_u32(struct block *b, uint32_t v)
{
	put(b, &v, sizeof(v));
}

/* Everything stands at multiples of four. */
static void
pad(struct block *b)
{
	while (b->used % 4 != 0)
		b->at[b->used++] = 0;
}

static void
put_option(struct block *b, uint16_t code, const void *value, size_t bytes)
{
	put_u16(b, code);
	put_u16(b, (uint16_t)bytes);
	put(b, value, bytes);
	pad(b);
}

static void
put_text(struct block *b, uint16_t code, const char *text)
{
	size_t bytes = strlen(text);

	put_option(b, code, text, bytes < TEXT_MAX ? bytes : TEXT_MAX);
}

static struct block
begin(char *out, uint32_t type)
{
	struct block b = { out, 0 };

	put_u32(&b, type);
	put_u32(&b, 0); /* its length, once that is known */
	return b;
}

/* Ends the options and the block: its length stands at both ends. */
static size_t
finish(struct block *b)
{
	uint32_t length;

	put_u16(b, OPTION_END);
	put_u16(b, 0);
	length = (uint32_t)b->used + 4;
	put_u32(b, length);
	memcpy(b->at + 4, &length, sizeof(length));
	return length;
}

size_t
pcapng_section(const char *application, char out[PCAPNG_HEAD_BYTES_MAX])
{
	struct block b = begin(out, BLOCK_SECTION);

	put_u32(&b, BYTE_ORDER_MAGIC);
	put_u16(&b, 1); /* version 1.0 */
	put_u16(&b, 0);
	put_u32(&b, UINT32_MAX); /* the section's length is not told: 64 bits of ones */
	put_u32(&b, UINT32_MAX);
	put_text(&b, SECTION_USERAPPL, application);
	return finish(&b);
}

size_t
pcapng_interface(
    const char *name, const char *description, uint32_t snaplen, char out[PCAPNG_HEAD_BYTES_MAX])
{
	struct block b = begin(out, BLOCK_INTERFACE);
	uint8_t nanoseconds = 9; /* 10^-9 s */

	put_u16(&b, LINKTYPE_ETHERNET);
	put_u16(&b, 0);
	put_u32(&b, snaplen);
	put_text(&b, INTERFACE_NAME, name);
	put_text(&b, INTERFACE_TEXT, description);
	put_option(&b, INTERFACE_TSRESOL, &nanoseconds, 1);
	return finish(&b);
}

static void
put_time(struct block *b, int64_t wall_ns)
{
	put_u32(b, (uint32_t)((uint64_t)wall_ns >> 32));
	put_u32(b, (uint32_t)wall_ns);
}

size_t
pcapng_packet(uint32_t interface, int64_t wall_ns, enum pcapng_direction direction,
    const uint8_t *bytes, uint32_t kept_bytes, uint32_t frame_bytes, char *out)
{
	struct block b = begin(out, BLOCK_PACKET);
	uint32_t flags = direction;

	put_u32(&b, interface);
	put_time(&b, wall_ns);
	put_u32(&b, kept_bytes);
	put_u32(&b, frame_bytes);
	put(&b, bytes, kept_bytes);
	pad(&b);
	put_option(&b, PACKET_FLAGS, &flags, sizeof(flags));
	return finish(&b);
}

size_t
pcapng_statistics(uint32_t interface, int64_t wall_ns, uint64_t seen, uint64_t lost,
    char out[PCAPNG_HEAD_BYTES_MAX])
{
	struct block b = begin(out, BLOCK_STATISTICS);

	put_u32(&b, interface);
	put_time(&b, wall_ns);
	put_option(&b, STATISTICS_FILTER, &seen, sizeof(seen));
	put_option(&b, STATISTICS_DROPPED, &lost, sizeof(lost));
	return finish(&b);
}
