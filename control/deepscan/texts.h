/* SPDX-License-Identifier: BSD-3-Clause */
/* Text as a layer: texts.c; and what stands in it: inlays.c. */
#ifndef SLUICE_DEEPSCAN_TEXTS_H
#define SLUICE_DEEPSCAN_TEXTS_H

#include "control/deepscan/layer.h"

/* Text of more bytes is matched as it is, and that is all. */
#define TEXTS_BYTES_MAX (16u << 20)

/* Whether what it is told to be is a text. */
bool texts_is_one(enum format format);

/* Judges the forms in which signatures for text know it; nothing where it is no text. */
void texts_judge(struct deepscan *d, const struct layer *l, enum format format);

/* Judges the files that stand in it, in URIs and in runs of base64 or hex. */
void inlays_judge(struct deepscan *d, const struct layer *l, enum format format);

#endif
