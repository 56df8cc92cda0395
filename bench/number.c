/* SPDX-License-Identifier: BSD-3-Clause */
#include "bench/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool
number_parse(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	unsigned long long n;
	unsigned shift;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 0;
	end += shift > 0;
	if (*text < '0' || *text > '9' || *end != 0 || errno != 0 || n > high >> shift ||
	    n << shift < low)
		return false;
	*out = (uint64_t)n << shift;
	return true;
}

uint64_t
number_argument(
    const char *program, const char *option, const char *text, uint64_t low, uint64_t high)
{
	uint64_t n;

	if (number_parse(text, low, high, &n))
		return n;
	fprintf(stderr, "%s: --%s '%s': expected %llu to %llu\n", program, option, text,
	    (unsigned long long)low, (unsigned long long)high);
	exit(2);
}
