/* SPDX-License-Identifier: BSD-3-Clause */
/* Installers: scripts with a compressed stream behind their lines, and what is not read. */
#include <stdio.h>

#include "tests/unit/control/deepscan/packer.h"
#include "tests/unit/harness.h"

#define HEAD "#!/bin/sh\ntail -n +3 $0 | unpack; exit\n\n"

static struct packed made, tar;

static void
add_tar(const char *filter, struct span bytes)
{
	const struct packer_member m = { "m", bytes };

	CHECK_ROW(filter, packer_write(&tar, "ustar", filter, NULL, &m, 1));
	packer_add(&made, packer_span(&tar));
}

static void
begin(const char *text)
{
	made.used = 0;
	packer_add(&made, span_text(text));
}

static void
check_bad(const char *layer)
{
	const struct deepscan *d = packer_judge(packer_span(&made), &packer_limits);

	CHECK_ROW(d->layer, d->verdict == VERDICT_BAD);
	CHECK_ROW(d->layer, strcmp(d->layer, layer) == 0);
}

static void
check_clean(const char *what, enum source source)
{
	const struct deepscan *d = packer_judge(packer_span(&made), &packer_limits);

	CHECK_ROW(what, d->verdict == VERDICT_CLEAN && d->source == source);
}

/* The harmless ones come first; so does what only begins like one. */
TEST(streams_behind_a_script_are_unpacked)
{
	static const struct {
		const char *filter, *kind;
	} rows[] = { { "gzip", "gz" }, { "bzip2", "bz2" }, { "xz", "xz" }, { "lzip", "lz" },
		{ "zstd", "zst" }, { "lz4", "lz4" } };
	char layer[64];

	for (unsigned i = 0; i < COUNT_OF(rows); i++) {
		begin(HEAD "BZh is how one kind begins\n");
		add_tar("gzip", span_text("nothing"));
		packer_add(&made, span_text("between"));
		snprintf(layer, sizeof(layer), "at:%zu->%s->tar:m->gz", made.used, rows[i].kind);
		add_tar(rows[i].filter, packer_hidden());
		check_bad(layer);
	}
}

TEST(a_stream_within_is_taken_for_one_where_a_script_is)
{
	static char words[4096];

	for (unsigned i = 0; i + 1 < sizeof(words); i++)
		words[i] = (char)('a' + i * i % 26);
	begin("a\1b ");
	add_tar("gzip", packer_eicar());
	check_clean("no script", SOURCE_SANDBOX);
	begin(HEAD);
	add_tar("gzip", span_text(words));
	check_clean("whole", SOURCE_SANDBOX);
	made.used -= 6;
	check_clean("cut", SOURCE_CORRUPT);
}

/* Marks without a stream cost their limit and say nothing. */
TEST(marks_of_streams_alone_say_nothing)
{
	begin(HEAD);
	for (unsigned i = 0; i < 1000; i++)
		packer_add(&made, span_of("\x1f\x8b\x08zz\x28\xb5\x2f\xfdzz", 11));
	check_clean("marks", SOURCE_SANDBOX);
}
