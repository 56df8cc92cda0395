/* SPDX-License-Identifier: BSD-3-Clause */
/* See one.h. */
#include "tests/engines/one.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scanners/digest/digest.h"

static const struct deepscan_limits limits = {
	.depth_max = 5, .members_max = 1000, .unpacked_bytes_max = 64 << 20
};

/* Whole files, in memory of their own. */
static int
read_back(const char *path, struct sigc_table *out)
{
	static uint8_t piece[1 << 16];
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		return -errno;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		table_add(out, piece, n);
	fclose(f);
	return 0;
}

int
one_begin(struct one *o, const char *source, const char *scratch)
{
	int rc;

	memset(o, 0, sizeof(*o));
	o->sigc.has_sandbox = true;
	sigc_add_built_in(&o->sigc);
	rc = sigc_read(&o->sigc, source);
	rc = rc != 0 ? rc : sigc_build(&o->sigc, scratch);
	if (rc != 0)
		return -EINVAL;
	rc = read_back(scratch, &o->file);
	unlink(scratch);
	rc = rc != 0 ? rc
		     : generation_open(
			   span_of(o->file.bytes, o->file.used), &o->generation, o->sigc.error);
	return rc != 0 ? rc : deepscan_init(&o->deep, o->generation, &limits);
}

void
one_end(struct one *o)
{
	if (o->deep.core != NULL)
		deepscan_fini(&o->deep);
	if (o->generation != NULL)
		generation_close(o->generation);
	free(o->file.bytes);
	sigc_free(&o->sigc);
}

void
one_judge(struct one *o, struct span object)
{
	deepscan_judge(&o->deep, object, span_of(NULL, 0));
}

static bool
is_listed(const struct one *o, struct span object)
{
	struct digest_values v;
	struct digest d;

	digest_init(&d);
	digest_feed(&d, object);
	digest_finish(&d, &v);
	return generation_bad_digest(o->generation, v.md5, v.sha256, object.bytes) != NULL;
}

enum seen
one_scan(struct one *o, struct span object, size_t first, size_t step)
{
	struct signature_scan *scan = signature_open(o->deep.core, o->generation);
	enum seen seen;
	int rc = 0;

	for (size_t at = 0, n = first; at < object.bytes && rc >= 0; at += n, n = at ? step : first)
		rc = signature_feed(
		    scan, span_first(span_from(object, at), n), at == 0 && n >= object.bytes);
	rc = rc < 0 ? rc : signature_finish(scan);
	seen = rc < 0                           ? SEEN_FAILED
	       : rc > 0 || is_listed(o, object) ? SEEN_BAD
	       : signature_wants_deep(scan)     ? SEEN_FOR_SANDBOX
						: SEEN_NOTHING;
	signature_close(scan);
	return seen;
}
