/* SPDX-License-Identifier: BSD-3-Clause */
#include "control/web/human.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

const char *
human_count(uint64_t n, char out[HUMAN_TEXT])
{
	char digits[24];
	size_t bytes = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), used = 0;

	for (size_t i = 0; i < bytes; i++) {
		if (i > 0 && (bytes - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = 0;
	return out;
}

/* Three digits that mean something: "1.23" would be one too many. */
static const char *
short_number(double n, const char *unit, char out[HUMAN_TEXT])
{
	snprintf(out, HUMAN_TEXT, n < 9.95 ? "%.1f%s" : "%.0f%s", n, unit);
	return out;
}

const char *
human_rate(double per_s, char out[HUMAN_TEXT])
{
	if (!(per_s >= 0.05))
		return memcpy(out, "0", 2);
	if (per_s >= 1000 && per_s < 1e18)
		return human_count((uint64_t)(per_s + 0.5), out);
	snprintf(out, HUMAN_TEXT, per_s < 99.95 ? "%.1f" : "%.0f", per_s);
	return out;
}

const char *
human_bytes(double bytes, char out[HUMAN_TEXT])
{
	static const char *const units[] = { " kB", " MB", " GB", " TB", " PB" };
	unsigned unit = 0;

	if (!(bytes >= 0.5))
		return memcpy(out, "0 B", 4);
	if (bytes < 999.5) {
		snprintf(out, HUMAN_TEXT, "%.0f B", bytes);
		return out;
	}
	for (bytes /= 1000; bytes >= 999.5 && unit + 1 < COUNT_OF(units); unit++)
		bytes /= 1000;
	return short_number(bytes, units[unit], out);
}

const char *
human_duration(uint64_t ns, char out[HUMAN_TEXT])
{
	double n = (double)ns;

	if (n < 1e3) {
		snprintf(out, HUMAN_TEXT, "%" PRIu64 " ns", ns);
		return out;
	}
	if (n < 999.5e3)
		return short_number(n / 1e3, " µs", out);
	if (n < 999.5e6)
		return short_number(n / 1e6, " ms", out);
	if (n < 120e9)
		return short_number(n / 1e9, " s", out);
	return short_number(n / 60e9, " min", out);
}

const char *
human_age(uint64_t seconds, char out[HUMAN_TEXT])
{
	static const struct {
		uint64_t seconds;
		const char *unit, *smaller;
		uint64_t smaller_seconds;
	} units[] = { { 86400, "d", "h", 3600 }, { 3600, "h", "min", 60 }, { 60, "min", "s", 1 } };

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (seconds < units[i].seconds)
			continue;
		snprintf(out, HUMAN_TEXT, "%" PRIu64 " %s %" PRIu64 " %s",
		    seconds / units[i].seconds, units[i].unit,
		    seconds % units[i].seconds / units[i].smaller_seconds, units[i].smaller);
		return out;
	}
	snprintf(out, HUMAN_TEXT, "%" PRIu64 " s", seconds);
	return out;
}
