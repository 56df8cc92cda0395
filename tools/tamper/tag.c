/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/tamper/tag.h"

#include <string.h>

#define ADDRESS_BYTES 12u
#define VLAN_MASK     0x0fffu

uint8_t *
tag_push(uint8_t *frame, uint32_t *bytes, uint16_t type, uint16_t control)
{
	uint8_t *start = frame - TAG_BYTES;

	if (*bytes < ADDRESS_BYTES)
		return frame;
	memmove(start, frame, ADDRESS_BYTES);
	start[ADDRESS_BYTES] = (uint8_t)(type >> 8);
	start[ADDRESS_BYTES + 1] = (uint8_t)type;
	start[ADDRESS_BYTES + 2] = (uint8_t)(control >> 8);
	start[ADDRESS_BYTES + 3] = (uint8_t)control;
	*bytes += TAG_BYTES;
	return start;
}

uint8_t *
tag_pop(uint8_t *frame, uint32_t *bytes, uint16_t vlan)
{
	const uint8_t *tag = frame + ADDRESS_BYTES;

	if (*bytes < ADDRESS_BYTES + TAG_BYTES || (tag[0] << 8 | tag[1]) != (int)TAG_TYPE ||
	    ((tag[2] << 8 | tag[3]) & (int)VLAN_MASK) != vlan)
		return NULL;
	memmove(frame + TAG_BYTES, frame, ADDRESS_BYTES);
	*bytes -= TAG_BYTES;
	return frame + TAG_BYTES;
}
