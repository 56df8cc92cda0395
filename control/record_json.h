/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A record as a JSON object with all its fields: sluice.jsonl, `explain`. Texts are escaped as in
 * sluice.log, so they are plain ASCII whatever the wire carried.
 */
#ifndef SLUICE_CONTROL_RECORD_JSON_H
#define SLUICE_CONTROL_RECORD_JSON_H

#include <jansson.h>

#include "control/line.h"

/* NULL when memory is short. The caller drops the reference. */
json_t *record_json(const struct record_slot *slot, const struct line_setting *setting);

/* "2026-11-25T09:35:14.691Z" into `out`, which is returned. */
#define RECORD_TIME_TEXT 32
char *record_time(int64_t wall_ns, char out[RECORD_TIME_TEXT]);
/* The text form of an address, empty for none. */
char *record_address(const struct ip_address *a, char out[ADDRESS_TEXT_MAX]);

#endif
