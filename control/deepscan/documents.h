/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents that are no archives, as views of a layer (layer.h). Each judges what it finds; false:
 * nothing could be read of it, as is noted.
 */
#ifndef SLUICE_DEEPSCAN_DOCUMENTS_H
#define SLUICE_DEEPSCAN_DOCUMENTS_H

#include "control/deepscan/layer.h"

bool document_unpack_ole(struct deepscan *d, const struct layer *l);

#endif
