/* SPDX-License-Identifier: BSD-3-Clause */
/* A router's word for "nearly full": Congestion Experienced (RFC 3168 §5) in a frame's IP header.
 */
#ifndef SLUICE_TAMPER_MARK_H
#define SLUICE_TAMPER_MARK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Sets CE in an Ethernet frame, tagged or not, over IPv4 or IPv6, and mends IPv4's checksum. False,
 * and nothing changed: no such frame, cut short, or one that may not be marked (not ECT, CE
 * already).
 */
bool mark_congestion(uint8_t *frame, uint32_t bytes);

#endif
