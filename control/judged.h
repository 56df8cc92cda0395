/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a remembered verdict came from. The verdict cache keeps no more than the verdict, so that
 * an entry stays small; what control stores tells which object was judged.
 */
#ifndef SLUICE_CONTROL_JUDGED_H
#define SLUICE_CONTROL_JUDGED_H

#include <jansson.h>

#include "control/control.h"

/*
 * Of a record whose verdict was remembered: time, uuid, source and url of the last object before it
 * whose same bytes were judged with that verdict, from recent objects or else alerts. The caller's;
 * NULL: none is known any more, or memory is short. Reads the store for up to some tenths of a
 * second; control's own thread.
 */
json_t *judged_json(struct control *c, const struct record *r);

#endif
