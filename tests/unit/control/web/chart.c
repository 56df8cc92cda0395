/* SPDX-License-Identifier: BSD-3-Clause */
/* Drawings: scaled to the largest, gaps where nothing is known, and nothing odd for no values. */
#include "control/web/chart.h"

#include <stdlib.h>

#include "tests/unit/harness.h"

static void
check(const char *name, void (*draw)(struct text *, const double *, unsigned, const char *),
    const double *values, unsigned count, const char *holds, unsigned paths)
{
	struct text t = { 0 };
	unsigned found = 0;
	size_t bytes;
	char *svg;

	draw(&t, values, count, "a \"<label>\"");
	text_put(&t, "\n"); /* and a byte for the NUL below */
	svg = text_take(&t, &bytes);
	svg[bytes - 1] = 0;
	CHECK_ROW(name, strstr(svg, "aria-label=\"a &quot;&lt;label&gt;&quot;\"") != NULL);
	CHECK_ROW(name, strstr(svg, holds) != NULL);
	CHECK_ROW(name, strstr(svg, "nan") == NULL && strstr(svg, "inf") == NULL);
	for (const char *at = svg; (at = strstr(at, "class=\"curve\"")) != NULL; at++)
		found++;
	CHECK_ROW(name, found == paths);
	free(svg);
}

TEST(curves)
{
	static const double some[] = { 0, 50, 100, 25 }, zeros[] = { 0, 0 };
	static const double gaps[] = { -1, 1, 1, -1, -1, 2, -1 }, none[] = { -1, -1 };

	check("some", chart_curve, some, 4, "d=\"M5,100.0L15,52.0L25,4.0L35,76.0\"", 1);
	check("an area below", chart_curve, some, 4, "L35,76.0L35,100Z\"", 1);
	check("zeros", chart_curve, zeros, 2, "d=\"M5,100.0L15,100.0\"", 1);
	check("gaps", chart_curve, gaps, 7, "d=\"M55,4.0\"", 2);
	check("nothing known", chart_curve, none, 2, "viewBox=\"0 0 20 100\"", 0);
	check("no values", chart_curve, none, 0, "viewBox=\"0 0 0 100\"", 0);
}

TEST(bars)
{
	static const double some[] = { 0, 4, -1, 1 };

	check("some", chart_bars, some, 4,
	    "<rect class=\"bar\" x=\"11\" y=\"4.0\" width=\"8\" height=\"96.0\"/>"
	    "<rect class=\"bar\" x=\"31\" y=\"76.0\" width=\"8\" height=\"24.0\"/></svg>",
	    0);
}
