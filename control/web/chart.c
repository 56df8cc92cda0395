/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/chart.h"

#define STEP   10 /* units of the drawing from one value to the next */
#define HEIGHT 100
#define TOP    4 /* room for the curve's width */

static double
largest(const double *values, unsigned count)
{
	double most = 0;

	for (unsigned i = 0; i < count; i++)
		most = values[i] > most ? values[i] : most;
	return most;
}

static double
height_of(double value, double most)
{
	return most > 0 ? HEIGHT - value / most * (HEIGHT - TOP) : HEIGHT;
}

static void
begin(struct text *out, unsigned count, const char *label)
{
	text_format(out,
	    "<svg viewBox=\"0 0 %u %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
	    count * STEP, HEIGHT);
	text_html(out, label);
	text_format(out, "\"><line class=\"ground\" x1=\"0\" y1=\"%d\" x2=\"%u\" y2=\"%d\"/>",
	    HEIGHT, count * STEP, HEIGHT);
}

/* Values that follow one another without a gap. */
static void
put_run(struct text *out, const double *values, unsigned from, unsigned to, double most)
{
	text_put(out, "<path class=\"curve\" d=\"");
	for (unsigned i = from; i < to; i++)
		text_format(out, "%c%u,%.1f", i == from ? 'M' : 'L', i * STEP + STEP / 2,
		    height_of(values[i], most));
	text_format(out, "\"/><path class=\"area\" d=\"M%u,%d", from * STEP + STEP / 2, HEIGHT);
	for (unsigned i = from; i < to; i++)
		text_format(out, "L%u,%.1f", i * STEP + STEP / 2, height_of(values[i], most));
	text_format(out, "L%u,%dZ\"/>", (to - 1) * STEP + STEP / 2, HEIGHT);
}

void
chart_curve(struct text *out, const double *values, unsigned count, const char *label)
{
	double most = largest(values, count);

	begin(out, count, label);
	for (unsigned i = 0; i < count; i++) {
		unsigned from = i;

		while (i < count && values[i] >= 0)
			i++;
		if (i > from)
			put_run(out, values, from, i, most);
	}
	text_put(out, "</svg>\n");
}

void
chart_bars(struct text *out, const double *values, unsigned count, const char *label)
{
	double most = largest(values, count);

	begin(out, count, label);
	for (unsigned i = 0; i < count; i++) {
		double y = height_of(values[i], most);

		if (values[i] > 0)
			text_format(out,
			    "<rect class=\"bar\" x=\"%u\" y=\"%.1f\" width=\"%d\" "
			    "height=\"%.1f\"/>",
			    i * STEP + 1, y, STEP - 2, HEIGHT - y);
	}
	text_put(out, "</svg>\n");
}
