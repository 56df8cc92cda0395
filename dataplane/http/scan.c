/* SPDX-License-Identifier: BSD-3-Clause */
/* Which kinds of scan there are, and which this processor can run. */
#include "dataplane/http/scan.h"

#include "dataplane/http/scan_kinds.h"

const char *const http_scan_kind_names[HTTP_SCAN_KIND_COUNT] = { "auto", "scalar", "sse4.2",
	"avx2" };

const struct http_scan *
http_scan_of(enum http_scan_kind kind)
{
	bool sse42 = __builtin_cpu_supports("sse4.2"),
	     avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");

	switch (kind) {
	case HTTP_SCAN_SCALAR:
		return &http_scan_scalar;
	case HTTP_SCAN_SSE42:
		return sse42 ? &http_scan_sse42 : NULL;
	case HTTP_SCAN_AVX2:
		return avx2 ? &http_scan_avx2 : NULL;
	default:
		return avx2 ? &http_scan_avx2 : sse42 ? &http_scan_sse42 : &http_scan_scalar;
	}
}

bool
http_scan_find(const char *name, enum http_scan_kind *out)
{
	for (enum http_scan_kind k = HTTP_SCAN_AUTO; k < HTTP_SCAN_KIND_COUNT; k++) {
		if (strcmp(name, http_scan_kind_names[k]) == 0) {
			*out = k;
			return http_scan_of(k) != NULL;
		}
	}
	return false;
}
