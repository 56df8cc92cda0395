/* SPDX-License-Identifier: BSD-3-Clause */
/* 7z archives that libarchive fails at, read by our own walk of them: whole, cut, and hostile. */
#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/control/deepscan/seven_samples.h"
#include "tests/unit/harness.h"

TEST(a_7z_by_each_method_and_filter_is_judged)
{
	for (size_t i = 0; i < COUNT_OF(seven_samples); i++) {
		const char *name = seven_samples[i].name;
		const struct deepscan *d = packer_judge(seven_samples[i].bytes, &packer_limits);

		CHECK_ROW(name, d->verdict == VERDICT_BAD);
		CHECK_ROW(name, strcmp(d->layer, "7z:a.com") == 0);
	}
}

TEST(files_of_a_7z_that_is_read_anew_are_counted_once)
{
	struct deepscan_limits few = packer_limits;

	for (size_t i = 0; i < COUNT_OF(seven_samples); i++) {
		const char *name = seven_samples[i].name;

		few.members_max = 14; /* libarchive tells those of no bytes first */
		CHECK_ROW(name, packer_judge(seven_samples[i].bytes, &few)->members == 1);
		few.members_max = 1;
		CHECK_ROW(
		    name, packer_judge(seven_samples[i].bytes, &few)->source == SOURCE_OVERSIZE);
	}
}

TEST(a_7z_that_is_cut_or_changed_is_corrupt_or_bad)
{
	static uint8_t bytes[1024];

	for (size_t i = 0; i < COUNT_OF(seven_samples); i++) {
		struct span whole = seven_samples[i].bytes;

		for (size_t end = 8; end < whole.bytes; end++) {
			const struct deepscan *d =
			    packer_judge(span_first(whole, end), &packer_limits);

			CHECK_SEED(end, d->verdict == VERDICT_CLEAN && d->source == SOURCE_CORRUPT);
		}
		/* a packed byte, so that no checksum holds */
		memcpy(bytes, whole.data, whole.bytes);
		bytes[40] ^= 0x10;
		CHECK_ROW(seven_samples[i].name,
		    packer_judge(span_of(bytes, whole.bytes), &packer_limits)->source !=
			SOURCE_SANDBOX);
	}
}

TEST(what_a_7z_unpacks_to_is_bounded)
{
	struct deepscan_limits small = packer_limits;

	for (size_t i = 0; i < COUNT_OF(seven_samples); i++) {
		const struct deepscan *d;

		small.unpacked_bytes_max = 100;
		d = packer_judge(seven_samples[i].bytes, &small);
		CHECK_ROW(seven_samples[i].name, d->source == SOURCE_OVERSIZE);
		CHECK_ROW(seven_samples[i].name, d->unpacked_bytes <= 100);
	}
}
