/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Objects for the unpacker, with small limits: whatever they are, the result is one of the known
 * ones, no more is unpacked than allowed, nothing leaks.
 */
/* fuzz-links: control/deepscan scanners/regex scanners/signature scanners/reputation */
/* fuzz-links: scanners/decode scanners/archive scanners/document scanners/format */
/* fuzz-links: scanners/digest common/channel common/base */
#include <assert.h>
#include <stdlib.h>

#include "control/deepscan/deepscan.h"

static const struct deepscan_limits limits = {
	.depth_max = 4, .members_max = 64, .unpacked_bytes_max = 1u << 18
};

/* libarchive asks for what a header says; a real worker's memory limit says no. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=256";
}

static void
check(const struct deepscan *d)
{
	assert(d->unpacked_bytes <= limits.unpacked_bytes_max);
	assert(d->members <= limits.members_max + 1);
	assert(d->source < SOURCE_COUNT && d->verdict < VERDICT_COUNT);
	assert(strlen(d->layer) < sizeof(d->layer));
	if (d->verdict == VERDICT_BAD) {
		assert(d->source == SOURCE_SANDBOX && d->threat[0] != 0);
		return;
	}
	assert(d->threat[0] == 0);
	assert(d->source == SOURCE_SANDBOX || d->source >= SOURCE_FIRST_BY_POLICY);
	if (d->is_spent)
		assert(d->source != SOURCE_SANDBOX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static struct deepscan d;
	static struct generation *g;
	char error[SIGNATURE_ERROR_TEXT_MAX];

	if (g == NULL &&
	    (generation_open_builtin(&g, error) != 0 || deepscan_init(&d, g, &limits) != 0))
		abort();
	deepscan_judge(&d, span_of(data, bytes), span_of(NULL, 0));
	check(&d);
	return 0;
}
