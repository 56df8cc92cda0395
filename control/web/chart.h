/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Small drawings over time as SVG, which a browser shows without a script: oldest value left, the
 * largest at the top. A value below 0 is not known and leaves a gap.
 */
#ifndef SLUICE_WEB_CHART_H
#define SLUICE_WEB_CHART_H

#include "control/web/text.h"

/* `label` is read out instead of the drawing; it is escaped here. */
void chart_curve(struct text *out, const double *values, unsigned count, const char *label);
void chart_bars(struct text *out, const double *values, unsigned count, const char *label);

#endif
