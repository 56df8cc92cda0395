/* SPDX-License-Identifier: BSD-3-Clause */
/* 802.1Q tags of Ethernet frames, as a switch puts them in and takes them out. */
#ifndef SLUICE_TAMPER_TAG_H
#define SLUICE_TAMPER_TAG_H

#include <stdint.h>

#define TAG_BYTES 4u
#define TAG_TYPE  0x8100u

/*
 * Puts a tag of this type and control word between the addresses and the type. The frame begins
 * TAG_BYTES earlier then, where there must be room. Returns its new beginning; one too short to
 * have addresses is left as it is.
 */
uint8_t *tag_push(uint8_t *frame, uint32_t *bytes, uint16_t type, uint16_t control);
/*
 * Takes out the tag of a frame of this VLAN: it begins TAG_BYTES later then. Returns its new
 * beginning; NULL for a frame without a tag, or of another VLAN.
 */
uint8_t *tag_pop(uint8_t *frame, uint32_t *bytes, uint16_t vlan);

#endif
